/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verdict-text.h"

#include <string.h>

static void
add_rule (JsonBuilder *builder, AmtProvRule *rule)
{
  json_builder_set_member_name (builder, "rule");
  if (rule == NULL) {
    json_builder_add_null_value (builder);
    return;
  }
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "file");
  json_builder_add_string_value (builder, amt_prov_rule_get_file (rule));
  json_builder_set_member_name (builder, "group");
  json_builder_add_string_value (builder, amt_prov_rule_get_group (rule));
  json_builder_set_member_name (builder, "key");
  json_builder_add_string_value (builder, amt_prov_rule_get_key (rule));
  json_builder_end_object (builder);
}

static void
add_verdict (JsonBuilder *builder, AmtProvVerdict *verdict)
{
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "id");
  json_builder_add_string_value (builder, amt_prov_verdict_get_method (verdict));
  json_builder_set_member_name (builder, "usable");
  json_builder_add_boolean_value (builder, amt_prov_verdict_get_usable (verdict));
  json_builder_set_member_name (builder, "rank");
  json_builder_add_int_value (builder, amt_prov_verdict_get_rank (verdict));
  json_builder_set_member_name (builder, "reason");
  json_builder_add_string_value (builder, amt_prov_verdict_get_reason (verdict));
  add_rule (builder, amt_prov_verdict_get_rule (verdict));
  json_builder_end_object (builder);
}

void
amtprov_verdicts_add (JsonBuilder *builder, GPtrArray *verdicts)
{
  json_builder_begin_array (builder);
  for (guint i = 0; i < verdicts->len; i++)
    add_verdict (builder, verdicts->pdata[i]);
  json_builder_end_array (builder);
}

void
amtprov_verdicts_print (GPtrArray *verdicts, int indent)
{
  gsize width = 0;

  for (guint i = 0; i < verdicts->len; i++)
    width = MAX (width, strlen (amt_prov_verdict_get_method (verdicts->pdata[i])));
  for (guint i = 0; i < verdicts->len; i++) {
    AmtProvVerdict *verdict = verdicts->pdata[i];
    AmtProvRule *rule = amt_prov_verdict_get_rule (verdict);
    g_print ("%*s%-*s  %-7s  %s", indent, "", (int)width, amt_prov_verdict_get_method (verdict),
             amt_prov_verdict_get_usable (verdict) ? "usable" : "blocked",
             amt_prov_verdict_get_reason (verdict));
    if (rule != NULL)
      g_print (" (%s [%s] %s)", amt_prov_rule_get_file (rule), amt_prov_rule_get_group (rule),
               amt_prov_rule_get_key (rule));
    g_print ("\n");
  }
}
