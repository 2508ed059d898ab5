/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <gio/gio.h>

#include <amtprov/suffix.h>

#define LABELS_RESOURCE "/amtprov/suffix-labels.conf"

static char *
normalize (const char *name)
{
  char *lower = g_ascii_strdown (name, -1);
  gsize length = strlen (lower);

  if (length > 0 && lower[length - 1] == '.')
    lower[length - 1] = '\0';
  return lower;
}

static gboolean
list_contains (const char *list, const char *end, const char *wanted)
{
  gsize length = strlen (wanted);

  while (list < end) {
    const char *stop = memchr (list, ';', end - list);

    if (stop == NULL)
      stop = end;
    if ((gsize)(stop - list) == length && memcmp (list, wanted, length) == 0)
      return TRUE;
    list = stop + 1;
  }
  return FALSE;
}

/* How many labels of a name under this top-level domain count, 0 when the table has none. Selection
 * asks for every certificate, and GKeyFile would take most of its time: the lines COUNT=TLD;TLD are
 * read in place. */
static guint
labels_for (const char *tld)
{
  g_autoptr (GBytes) bytes =
      g_resources_lookup_data (LABELS_RESOURCE, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  gsize size = 0;
  const char *line = bytes ? g_bytes_get_data (bytes, &size) : NULL;
  const char *end = line + size;

  while (line < end) {
    const char *stop = memchr (line, '\n', end - line);

    if (stop == NULL)
      stop = end;
    if (stop - line > 2 && g_ascii_isdigit (line[0]) && line[1] == '=' &&
        list_contains (line + 2, stop, tld))
      return line[0] - '0';
    line = stop + 1;
  }
  return 0;
}

/* The last count labels of a name, or all of it when it has fewer. */
static const char *
last_labels (const char *name, guint count)
{
  const char *p = name + strlen (name);

  while (p > name) {
    if (p[-1] == '.' && --count == 0)
      return p;
    p--;
  }
  return name;
}

static gboolean
is_child_or_equal (const char *suffix, const char *base)
{
  gsize suffix_length = strlen (suffix), base_length = strlen (base);

  if (!g_str_has_suffix (suffix, base))
    return FALSE;
  return suffix_length == base_length || suffix[suffix_length - base_length - 1] == '.';
}

static gboolean
matches_table (const char *cn, const char *suffix)
{
  const char *dot = strrchr (cn, '.');
  guint count = labels_for (dot ? dot + 1 : cn);

  return count > 0 && is_child_or_equal (suffix, last_labels (cn, count));
}

/**
 * amt_prov_suffix_matches:
 * @common_name: (nullable): the common name of a provisioning certificate
 * @suffix: (nullable): the DNS suffix of the device: the one set in MEBx, else the one from DHCP
 * @rule: how the device's release compares
 *
 * Decides whether a device takes a certificate for its DNS suffix, as `pki.md §6.2` puts it: the
 * suffix is the name itself, or its domain part, or (by the table of top-level domains) equal to or
 * below the last two or three labels. Case, a dot at the end and a leading `*.` of the name do not
 * matter.
 *
 * Returns: %TRUE when they match; %FALSE also for an empty or unknown name or suffix
 *
 * Since: 0.1
 */
gboolean
amt_prov_suffix_matches (const char *common_name, const char *suffix, AmtProvSuffixRule rule)
{
  g_autofree char *name = normalize (common_name ? common_name : "");
  g_autofree char *wanted = normalize (suffix ? suffix : "");
  const char *cn = g_str_has_prefix (name, "*.") ? name + 2 : name;
  const char *dot = strchr (cn, '.');

  if (*cn == '\0' || *wanted == '\0')
    return FALSE;
  if (g_str_equal (wanted, cn) || (dot && g_str_equal (wanted, dot + 1)))
    return TRUE;
  return rule == AMT_PROV_SUFFIX_RULE_TABLE && matches_table (cn, wanted);
}
