/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "psk-commands.h"

#include "command/command.h"
#include "command/open-database.h"
#include "command/psk-booking.h"
#include "command/psk-store.h"

#include <string.h>

static AmtProvPsk *
generate_unused (AmtProvDatabase *database, GHashTable *used, GError **error)
{
  while (TRUE) {
    g_autoptr (AmtProvPsk) psk = amt_prov_psk_generate ();
    const char *pid = amt_prov_psk_get_pid (psk);
    gboolean found = FALSE;

    if (g_hash_table_contains (used, pid))
      continue;
    if (database != NULL && !amtprov_psk_store_has (database, pid, &found, error))
      return NULL;
    if (found)
      continue;
    g_hash_table_add (used, g_strdup (pid));
    return g_steal_pointer (&psk);
  }
}

static GPtrArray *
generate (AmtProvDatabase *database, int count, GError **error)
{
  g_autoptr (GPtrArray) rows = amtprov_psk_rows_new ();
  g_autoptr (GHashTable) used = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (int i = 0; i < count; i++) {
    g_autoptr (AmtProvPsk) psk = generate_unused (database, used, error);
    if (psk == NULL)
      return NULL;
    amtprov_psk_rows_add (rows, i + 1, psk, NULL);
  }
  if (database != NULL && !amtprov_psk_store_add (database, rows, error))
    return NULL;
  return g_steal_pointer (&rows);
}

static void
print_csv (GPtrArray *rows)
{
  g_print ("pid,pps\n");
  for (guint i = 0; i < rows->len; i++) {
    AmtprovPskRow *row = rows->pdata[i];
    g_autofree char *pid = amt_prov_psk_dup_dashed_pid (row->psk);
    g_autoptr (AmtProvSecret) pps = amt_prov_psk_dup_dashed_pps (row->psk);
    g_print ("%s,%s\n", pid, amt_prov_secret_peek_text (pps));
  }
}

static void
print_json (GPtrArray *rows)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_array (builder);
  for (guint i = 0; i < rows->len; i++) {
    AmtprovPskRow *row = rows->pdata[i];
    g_autofree char *pid = amt_prov_psk_dup_dashed_pid (row->psk);
    g_autoptr (AmtProvSecret) pps = amt_prov_psk_dup_dashed_pps (row->psk);
    json_builder_begin_object (builder);
    json_builder_set_member_name (builder, "pid");
    json_builder_add_string_value (builder, pid);
    json_builder_set_member_name (builder, "pps");
    json_builder_add_string_value (builder, amt_prov_secret_peek_text (pps));
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
  amtprov_print_json (builder);
}

/* amtprov psk generate --count N [--format csv|json] [--config FILE] */
int
amtprov_psk_generate (int argc, char **argv)
{
  static const AmtprovUsage usage = {
      "--count N",
      "Makes new random PID/PPS pairs and prints them as pid,pps. With --config they are also put\n"
      "into the store, before they are printed.",
      "amtprov psk generate --count 20 --config /etc/amtprov/amtprov.conf > pairs.csv", 0, 0};
  int count = 0;
  g_autofree char *format = NULL, *config_path = NULL;
  const GOptionEntry entries[] = {
      {"count", 0, 0, G_OPTION_ARG_INT, &count, "How many pairs, 1 to 100000", "N"},
      {"format", 0, 0, G_OPTION_ARG_STRING, &format, "How they are printed; csv is the default",
       "csv|json"},
      {"config", 0, 0, G_OPTION_ARG_FILENAME, &config_path,
       "Also put the pairs into the store of this configuration", "FILE"},
      G_OPTION_ENTRY_NULL};
  g_autoptr (AmtProvDatabase) database = NULL;
  g_autoptr (GPtrArray) rows = NULL;
  g_autoptr (GError) error = NULL;
  gboolean json;

  if (!amtprov_parse_options (&usage, entries, &argc, &argv))
    return AMTPROV_EXIT_USAGE;
  json = g_strcmp0 (format, "json") == 0;
  if (format != NULL && !json && !g_str_equal (format, "csv"))
    return amtprov_usage_error ("--format is csv or json, not “%s”", format);
  if (count < 1 || count > AMTPROV_PSK_MAX_COUNT)
    return amtprov_usage_error ("--count is a number from 1 to %d", AMTPROV_PSK_MAX_COUNT);
  if (config_path != NULL) {
    database = amtprov_open_database (config_path, &error);
    if (database == NULL)
      return amtprov_report (error);
  }
  rows = generate (database, count, &error);
  if (rows == NULL)
    return amtprov_report (error);
  if (json)
    print_json (rows);
  else
    print_csv (rows);
  return AMTPROV_EXIT_DONE;
}

static gboolean
find_stored (AmtProvDatabase *database, GPtrArray *rows, GPtrArray *problems, GError **error)
{
  for (guint i = 0; i < rows->len; i++) {
    AmtprovPskRow *row = rows->pdata[i];
    const char *pid = amt_prov_psk_get_pid (row->psk);
    gboolean found = FALSE;
    if (!amtprov_psk_store_has (database, pid, &found, error))
      return FALSE;
    if (found)
      g_ptr_array_add (problems,
                       g_strdup_printf ("line %u: PID %s is in the store already", row->line, pid));
  }
  return TRUE;
}

/* amtprov psk import FILE [--config FILE] */
int
amtprov_psk_import (int argc, char **argv)
{
  static const AmtprovUsage usage = {
      "FILE|-",
      "Puts the pairs of a CSV file (columns pid,pps[,password], with or without dashes) into the\n"
      "store: all of them, or none when a line is bad.",
      "amtprov psk import --config /etc/amtprov/amtprov.conf pairs.csv", 1, 1};
  g_autofree char *config_path = NULL;
  const GOptionEntry entries[] = {
      {"config", 0, 0, G_OPTION_ARG_FILENAME, &config_path, "The configuration file", "FILE"},
      G_OPTION_ENTRY_NULL};
  g_autoptr (GBytes) input = NULL;
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) rows = NULL;
  g_autoptr (AmtProvDatabase) database = NULL;
  g_autoptr (GError) error = NULL;

  if (!amtprov_parse_options (&usage, entries, &argc, &argv))
    return AMTPROV_EXIT_USAGE;
  input = amtprov_read_input (argv[1], &error);
  if (input == NULL)
    return amtprov_report (error);
  rows = amtprov_psk_file_parse (input, problems);
  database = amtprov_open_database (config_path, &error);
  if (database == NULL || !find_stored (database, rows, problems, &error)) {
    for (guint i = 0; i < problems->len; i++)
      g_printerr ("%s: %s\n", argv[1], (char *)problems->pdata[i]);
    return amtprov_report (error);
  }
  if (problems->len > 0) {
    for (guint i = 0; i < problems->len; i++)
      g_printerr ("%s: %s\n", argv[1], (char *)problems->pdata[i]);
    g_printerr ("%s: nothing was imported\n", g_get_prgname ());
    return AMTPROV_EXIT_FAILED;
  }
  if (!amtprov_psk_store_add (database, rows, &error))
    return amtprov_report (error);
  g_print ("%u %s imported\n", rows->len, rows->len == 1 ? "pair" : "pairs");
  return AMTPROV_EXIT_DONE;
}

/* amtprov psk check PID [PPS] */
int
amtprov_psk_check (int argc, char **argv)
{
  static const AmtprovUsage usage = {"PID [PPS]",
                                     "Checks form and check characters, with or without dashes.",
                                     "amtprov psk check 0000-037M", 1, 2};
  g_autofree char *pid = NULL;
  g_autoptr (AmtProvSecret) pps = NULL;
  g_autoptr (GError) pid_error = NULL;
  g_autoptr (GError) pps_error = NULL;

  if (!amtprov_parse_options (&usage, NULL, &argc, &argv))
    return AMTPROV_EXIT_USAGE;
  pid = amt_prov_psk_parse_pid (argv[1], &pid_error);
  if (argc > 2)
    pps = amt_prov_psk_parse_pps (argv[2], &pps_error);
  if (pid_error != NULL)
    amtprov_report (pid_error);
  if (pps_error != NULL)
    amtprov_report (pps_error);
  if (pid_error != NULL || pps_error != NULL)
    return AMTPROV_EXIT_FAILED;
  g_print (argc > 2 ? "PID and PPS are well formed\n" : "PID is well formed\n");
  return AMTPROV_EXIT_DONE;
}
