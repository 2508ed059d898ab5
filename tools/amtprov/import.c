/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "commands.h"
#include "import-file.h"
#include "command/open-database.h"

static AmtProvDevice *
find_or_make (AmtProvDatabase *database,
              const char *uuid,
              AmtProvCondition *condition,
              GError **error)
{
  g_autoptr (AmtProvQuery) query = amt_prov_query_new (AMT_PROV_KIND_DEVICE);
  g_autoptr (GPtrArray) records = NULL;

  amt_prov_query_set_key (query, uuid);
  records = amt_prov_database_query (database, query, error);
  if (records == NULL)
    return NULL;
  if (records->len == 0) {
    *condition = AMT_PROV_CONDITION_ABSENT;
    return amt_prov_device_new (uuid);
  }
  *condition = AMT_PROV_CONDITION_REVISION;
  return amt_prov_device_new_from_record (records->pdata[0]);
}

static AmtProvChange *
device_change (AmtProvDatabase *database, ImportRow *row, GError **error)
{
  static const ImportColumn facts[] = {IMPORT_AMT, IMPORT_HOSTNAME, IMPORT_SITE, IMPORT_SUFFIX};
  AmtProvCondition condition;
  g_autoptr (AmtProvDevice) device =
      find_or_make (database, row->cells[IMPORT_UUID], &condition, error);
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *updated = g_date_time_format_iso8601 (now);
  g_autoptr (AmtProvRecord) record = NULL;

  if (device == NULL)
    return NULL;
  for (guint i = 0; i < G_N_ELEMENTS (facts); i++) {
    if (row->cells[facts[i]] != NULL)
      amt_prov_device_set_fact (device, amtprov_import_column_name (facts[i]),
                                row->cells[facts[i]]);
  }
  if (row->cells[IMPORT_OTP] != NULL)
    amt_prov_device_set_fact (device, "otp-set", "yes");
  amt_prov_device_set_fact (device, "updated", updated);
  record = amt_prov_device_to_record (device);
  return amt_prov_change_new (AMT_PROV_VERB_PUT, record, condition);
}

static AmtProvChange *
otp_change (AmtProvDatabase *database, ImportRow *row, GError **error)
{
  const char *uuid = row->cells[IMPORT_UUID];
  g_autoptr (AmtProvCredential) credential = amt_prov_credential_new ("otp", uuid, uuid, "current");
  g_autoptr (AmtProvSecret) value = amt_prov_secret_new_text (row->cells[IMPORT_OTP]);
  g_autoptr (AmtProvRecord) record = NULL;

  amt_prov_credential_set_value (credential, "otp", value);
  record = amt_prov_database_seal (database, credential, error);
  return record != NULL ? amt_prov_change_new (AMT_PROV_VERB_PUT, record, AMT_PROV_CONDITION_NONE)
                        : NULL;
}

static gboolean
store_rows (AmtProvDatabase *database, GPtrArray *rows, GError **error)
{
  g_autoptr (GPtrArray) changes =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_change_unref);

  for (guint i = 0; i < rows->len; i++) {
    ImportRow *row = rows->pdata[i];
    AmtProvChange *change = device_change (database, row, error);

    if (change == NULL)
      return FALSE;
    g_ptr_array_add (changes, change);
    if (row->cells[IMPORT_OTP] == NULL)
      continue;
    change = otp_change (database, row, error);
    if (change == NULL)
      return FALSE;
    g_ptr_array_add (changes, change);
  }
  if (amt_prov_database_apply (database, changes, error))
    return TRUE;
  if (error != NULL && g_error_matches (*error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFLICT))
    g_prefix_error (error, "a machine of the file changed meanwhile, nothing was imported, try "
                           "again: ");
  return FALSE;
}

static int
import (const char *config_path, const char *file)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (AmtprovCsv) csv = NULL;
  g_autoptr (AmtProvConfig) config = amtprov_load_config (config_path, &error);
  g_autoptr (AmtProvDatabase) database = NULL;
  g_autoptr (GPtrArray) rows = NULL;

  if (config == NULL || (csv = amtprov_csv_open (file, &error)) == NULL)
    return amtprov_report (error);
  rows = amtprov_import_read (csv, config, problems, &error);
  for (guint i = 0; i < problems->len; i++)
    g_printerr ("%s: %s\n", file, (const char *)problems->pdata[i]);
  if (error != NULL)
    amtprov_report (error);
  if (error != NULL || problems->len > 0) {
    g_printerr ("%s: nothing was imported\n", g_get_prgname ());
    return AMTPROV_EXIT_FAILED;
  }
  database = amtprov_open_config_database (config, &error);
  if (database == NULL || !store_rows (database, rows, &error))
    return amtprov_report (error);
  g_print ("%u machine%s imported\n", rows->len, rows->len == 1 ? "" : "s");
  return AMTPROV_EXIT_DONE;
}

/* amtprov import FILE.csv [--config FILE] */
int
amtprov_import (int argc, char **argv)
{
  static const AmtprovUsage usage = {
      "FILE.csv",
      "Puts machines into the store, all of them or none. The first line names the columns: uuid,\n"
      "and any of amt, hostname, site, suffix, otp. A machine that is known gets the new facts "
      "and\n"
      "keeps its state; an empty cell changes nothing.",
      "amtprov import inventory.csv --config /etc/amtprov/amtprov.conf", 1, 1};
  g_autofree char *config_path = NULL;
  const GOptionEntry entries[] = {
      {"config", 0, 0, G_OPTION_ARG_FILENAME, &config_path, "The configuration file", "FILE"},
      G_OPTION_ENTRY_NULL};

  if (!amtprov_parse_options (&usage, entries, &argc, &argv))
    return AMTPROV_EXIT_USAGE;
  return import (config_path, argv[1]);
}
