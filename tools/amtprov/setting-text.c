/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "setting-text.h"

#include <string.h>

#define WIDTH 98

char *
amtprov_setting_dup_facts (AmtProvSettingInfo *info)
{
  const char *fallback = amt_prov_setting_info_get_default (info);
  g_autofree char *allowed = g_strjoinv (", ", (char **)amt_prov_setting_info_get_allowed (info));

  return g_strdup_printf ("%s: %s%s%s%s", amt_prov_setting_info_get_type_name (info), allowed,
                          fallback != NULL ? "; default " : "", fallback != NULL ? fallback : "",
                          amt_prov_setting_info_get_required (info) ? "; required" : "");
}

void
amtprov_add_lines (GString *text, const char *prefix, const char *sentence)
{
  g_auto (GStrv) words = g_strsplit (sentence, " ", -1);
  gsize column = 0;

  for (guint i = 0; words[i] != NULL; i++) {
    gsize length = strlen (words[i]);

    if (column == 0 || column + 1 + length > WIDTH) {
      g_string_append_printf (text, "%s%s%s", column > 0 ? "\n" : "", prefix, words[i]);
      column = strlen (prefix) + length;
    } else {
      g_string_append_printf (text, " %s", words[i]);
      column += 1 + length;
    }
  }
  g_string_append_c (text, '\n');
}
