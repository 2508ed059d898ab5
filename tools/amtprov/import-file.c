/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "import-file.h"

#include <string.h>

/* wsman.md and heci.md: 8 to 32 ASCII characters. */
#define OTP_MINIMUM 8
#define OTP_MAXIMUM 32

static const char *const names[N_IMPORT_COLUMNS] = {
    [IMPORT_UUID] = "uuid", [IMPORT_AMT] = "amt",       [IMPORT_HOSTNAME] = "hostname",
    [IMPORT_SITE] = "site", [IMPORT_SUFFIX] = "suffix", [IMPORT_OTP] = "otp",
};

const char *
amtprov_import_column_name (ImportColumn column)
{
  return names[column];
}

static void
import_row_free (ImportRow *row)
{
  for (guint i = 0; i < N_IMPORT_COLUMNS; i++)
    g_free (row->cells[i]);
  g_free (row);
}

static void complain (GPtrArray *problems, guint line, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

static void
complain (GPtrArray *problems, guint line, const char *format, ...)
{
  g_autofree char *what = NULL;
  va_list args;

  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);
  g_ptr_array_add (problems, g_strdup_printf ("line %u: %s", line, what));
}

static int
find_column (const char *name)
{
  for (int i = 0; i < N_IMPORT_COLUMNS; i++) {
    if (g_ascii_strcasecmp (name, names[i]) == 0)
      return i;
  }
  return -1;
}

/* Which column of the inventory stands at each place of a line; NULL when the header is wrong. */
static GArray *
read_columns (AmtprovCsv *csv, GPtrArray *problems)
{
  GPtrArray *names_found = amtprov_csv_get_columns (csv);
  g_autoptr (GArray) columns = g_array_new (FALSE, FALSE, sizeof (int));
  guint before = problems->len;

  for (guint i = 0; i < names_found->len; i++) {
    int column = find_column (names_found->pdata[i]);

    if (column < 0)
      complain (problems, 1,
                "unknown column “%s”; allowed are uuid, amt, hostname, site, suffix, otp",
                (const char *)names_found->pdata[i]);
    g_array_append_val (columns, column);
  }
  if (amtprov_csv_find_column (csv, names[IMPORT_UUID]) < 0)
    complain (problems, 1, "the first line must name the columns, and “uuid” is missing");
  return problems->len == before ? g_steal_pointer (&columns) : NULL;
}

static gboolean
is_dns_name (const char *text, gboolean dots)
{
  gsize label = 0;

  if (strlen (text) > 253)
    return FALSE;
  for (const char *p = text;; p++) {
    if (*p == '.' || *p == '\0') {
      if (label == 0 || label > 63 || p[-1] == '-')
        return FALSE;
      if (*p == '\0')
        return TRUE;
      if (!dots)
        return FALSE;
      label = 0;
    } else if (g_ascii_isalnum (*p) || *p == '_' || (*p == '-' && label > 0)) {
      label++;
    } else {
      return FALSE;
    }
  }
}

static gboolean
is_printable (const char *text)
{
  for (; *text != '\0'; text++) {
    if (*text < 0x20 || *text > 0x7e)
      return FALSE;
  }
  return TRUE;
}

static void
check_names (ImportRow *row, AmtProvConfig *config, GPtrArray *problems)
{
  const char *const *cells = (const char *const *)row->cells;

  if (cells[IMPORT_HOSTNAME] != NULL && !is_dns_name (cells[IMPORT_HOSTNAME], FALSE))
    complain (problems, row->line,
              "“%s” is no host name: letters, digits and dashes, at most 63, no dot",
              cells[IMPORT_HOSTNAME]);
  if (cells[IMPORT_SUFFIX] != NULL && !is_dns_name (cells[IMPORT_SUFFIX], TRUE))
    complain (problems, row->line, "“%s” is no DNS suffix, such as example.com",
              cells[IMPORT_SUFFIX]);
  if (cells[IMPORT_SITE] != NULL && amt_prov_config_find_site (config, cells[IMPORT_SITE]) == NULL)
    complain (problems, row->line, "there is no site “%s”", cells[IMPORT_SITE]);
}

static void
check_row (ImportRow *row, AmtProvConfig *config, GPtrArray *problems)
{
  char *uuid = row->cells[IMPORT_UUID];
  const char *otp = row->cells[IMPORT_OTP];
  g_autoptr (AmtProvVersion) release = NULL;
  g_autoptr (GError) error = NULL;

  row->cells[IMPORT_UUID] = uuid != NULL ? amt_prov_uuid_normalize (uuid) : NULL;
  if (row->cells[IMPORT_UUID] == NULL)
    complain (problems, row->line, "“%s” is no UUID", uuid != NULL ? uuid : "");
  g_free (uuid);
  if (row->cells[IMPORT_AMT] != NULL) {
    release = amt_prov_version_parse (row->cells[IMPORT_AMT], &error);
    if (release == NULL)
      complain (problems, row->line, "%s", error->message);
  }
  /* The text of a one-time password stays out of messages. */
  if (otp != NULL &&
      (strlen (otp) < OTP_MINIMUM || strlen (otp) > OTP_MAXIMUM || !is_printable (otp)))
    complain (problems, row->line,
              "the one-time password must have %d to %d printable ASCII characters", OTP_MINIMUM,
              OTP_MAXIMUM);
  check_names (row, config, problems);
}

static ImportRow *
take_row (const AmtprovCsvRow *from, GArray *columns)
{
  ImportRow *row = g_new0 (ImportRow, 1);

  row->line = from->line;
  for (guint i = 0; i < columns->len; i++)
    row->cells[g_array_index (columns, int, i)] = g_strdup (from->cells->pdata[i]);
  return row;
}

static void
add_row (GPtrArray *rows, GHashTable *lines, ImportRow *row, GPtrArray *problems)
{
  const char *uuid = row->cells[IMPORT_UUID];

  g_ptr_array_add (rows, row);
  if (uuid == NULL)
    return;
  if (g_hash_table_contains (lines, uuid))
    complain (problems, row->line, "%s stands in line %u already", uuid,
              GPOINTER_TO_UINT (g_hash_table_lookup (lines, uuid)));
  else
    g_hash_table_insert (lines, (gpointer)uuid, GUINT_TO_POINTER (row->line));
}

GPtrArray *
amtprov_import_read (AmtprovCsv *csv, AmtProvConfig *config, GPtrArray *problems, GError **error)
{
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify)import_row_free);
  g_autoptr (GHashTable) line_of = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GArray) columns = read_columns (csv, problems);
  g_autoptr (GError) broken = NULL;
  const AmtprovCsvRow *from;

  while (columns != NULL && (from = amtprov_csv_next (csv, &broken)) != NULL) {
    ImportRow *row;

    if (from->problem != NULL) {
      complain (problems, from->line, "%s", from->problem);
      continue;
    }
    row = take_row (from, columns);
    check_row (row, config, problems);
    add_row (rows, line_of, row, problems);
  }
  if (broken == NULL)
    return g_steal_pointer (&rows);
  g_propagate_error (error, g_steal_pointer (&broken));
  return NULL;
}
