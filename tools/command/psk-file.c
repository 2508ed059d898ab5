/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "psk-file.h"

#include <string.h>

static void
row_free (gpointer data)
{
  AmtprovPskRow *row = data;

  amt_prov_psk_unref (row->psk);
  g_clear_pointer (&row->password, amt_prov_secret_unref);
  g_free (row);
}

GPtrArray *
amtprov_psk_rows_new (void)
{
  return g_ptr_array_new_with_free_func (row_free);
}

void
amtprov_psk_rows_add (GPtrArray *rows, guint line, AmtProvPsk *psk, AmtProvSecret *password)
{
  AmtprovPskRow *row = g_new0 (AmtprovPskRow, 1);

  row->line = line;
  row->psk = amt_prov_psk_ref (psk);
  row->password = password != NULL ? amt_prov_secret_ref (password) : NULL;
  g_ptr_array_add (rows, row);
}

static gboolean
is_header (const char *line)
{
  return g_ascii_strcasecmp (line, "pid,pps") == 0 ||
         g_ascii_strcasecmp (line, "pid,pps,password") == 0;
}

static gboolean
parse_password (const char *text, AmtProvSecret **password, GError **error)
{
  g_autoptr (AmtProvSecret) secret = NULL;

  if (text == NULL || *text == '\0')
    return TRUE;
  secret = amt_prov_secret_new_text (text);
  /* A machine whose password was never changed still has this one, which breaks the rule. */
  if (!g_str_equal (text, "admin") && !amt_prov_secret_check_password (secret, error))
    return FALSE;
  *password = g_steal_pointer (&secret);
  return TRUE;
}

static gboolean
parse_row (const char *text, guint line, GPtrArray *rows, GError **error)
{
  g_auto (GStrv) cells = g_strsplit (text, ",", -1);
  guint n = g_strv_length (cells);
  g_autoptr (AmtProvSecret) password = NULL;
  g_autoptr (AmtProvPsk) psk = NULL;
  gboolean ok = n == 2 || n == 3;

  if (!ok)
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
                 "%u columns, a row has two or three: pid,pps[,password]", n);
  if (ok)
    psk = amt_prov_psk_new (g_strstrip (cells[0]), g_strstrip (cells[1]), error);
  ok = psk != NULL && parse_password (cells[2], &password, error);
  if (ok)
    amtprov_psk_rows_add (rows, line, psk, password);
  for (guint i = 0; i < n; i++)
    memset (cells[i], 0, strlen (cells[i]));
  return ok;
}

static void
add_problem (GPtrArray *problems, guint line, const char *text)
{
  g_ptr_array_add (problems, g_strdup_printf ("line %u: %s", line, text));
}

static void
find_twins (GPtrArray *rows, GPtrArray *problems)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < rows->len; i++) {
    AmtprovPskRow *row = rows->pdata[i];
    const char *pid = amt_prov_psk_get_pid (row->psk);
    AmtprovPskRow *first = g_hash_table_lookup (seen, pid);
    if (first == NULL) {
      g_hash_table_insert (seen, (gpointer)pid, row);
    } else {
      g_autofree char *text =
          g_strdup_printf ("PID %s stands in line %u already", pid, first->line);
      add_problem (problems, row->line, text);
    }
  }
}

/*
 * amtprov_psk_file_parse:
 * @bytes: CSV with the columns `pid,pps[,password]`, with or without a line that says so
 * @problems: (element-type utf8): every bad line is added here as `line N: what is wrong`
 *
 * Reads a list of pairs, with or without dashes. Empty lines are skipped. There is no quoting,
 * because the rules of AMT allow neither comma nor quotation mark in a password.
 *
 * Returns: (transfer full): the good rows
 */
GPtrArray *
amtprov_psk_file_parse (GBytes *bytes, GPtrArray *problems)
{
  gsize length;
  const char *data = g_bytes_get_data (bytes, &length);
  g_autofree char *text = g_strndup (data != NULL ? data : "", length);
  g_auto (GStrv) lines = NULL;
  g_autoptr (GPtrArray) rows = amtprov_psk_rows_new ();
  gboolean first = TRUE;

  if (strlen (text) != length || !g_utf8_validate (text, -1, NULL)) {
    add_problem (problems, 1, "the file is not text");
    return g_steal_pointer (&rows);
  }
  lines = g_strsplit (g_str_has_prefix (text, "\xef\xbb\xbf") ? text + 3 : text, "\n", -1);
  memset (text, 0, length);
  for (guint i = 0; lines[i] != NULL; i++) {
    g_autoptr (GError) error = NULL;
    char *line = lines[i];
    if (g_str_has_suffix (line, "\r"))
      line[strlen (line) - 1] = '\0';
    if (*line == '\0')
      continue;
    if (!(first && is_header (line)) && !parse_row (line, i + 1, rows, &error))
      add_problem (problems, i + 1, error->message);
    first = FALSE;
    memset (line, 0, strlen (line));
  }
  find_twins (rows, problems);
  return g_steal_pointer (&rows);
}
