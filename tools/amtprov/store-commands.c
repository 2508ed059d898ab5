/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "commands.h"
#include "command/open-database.h"
#include "record-text.h"

/* Rows read at a time: a store with a million machines must not be held in memory. */
#define PAGE 1000

static GPtrArray *
read_records (
    AmtProvDatabase *database, AmtProvKind kind, const char *key, const char *owner, GError **error)
{
  g_autoptr (AmtProvQuery) query = amt_prov_query_new (kind);

  amt_prov_query_set_key (query, key);
  amt_prov_query_set_owner (query, owner);
  return amt_prov_database_query (database, query, error);
}

/* Prints all records of a kind, and in a state unless that is NULL, after a place; tells the place
 * of the last one. */
static gboolean
print_after (AmtProvDatabase *database,
             AmtProvKind kind,
             const char *state,
             guint64 *after,
             void (*print) (AmtProvRecord *record, gpointer data),
             gpointer data,
             GError **error)
{
  for (;;) {
    g_autoptr (AmtProvQuery) query = amt_prov_query_new (kind);
    g_autoptr (GPtrArray) records = NULL;

    amt_prov_query_set_state (query, state);
    amt_prov_query_set_after (query, *after);
    amt_prov_query_set_limit (query, PAGE);
    records = amt_prov_database_query (database, query, error);
    if (records == NULL)
      return FALSE;
    if (records->len == 0)
      return TRUE;
    for (guint i = 0; i < records->len; i++) {
      print (records->pdata[i], data);
      *after = amt_prov_record_get_sequence (records->pdata[i]);
    }
  }
}

static void
print_device_row (AmtProvRecord *record, gpointer data)
{
  g_autoptr (AmtProvDevice) device = amt_prov_device_new_from_record (record);
  const char *amt = amt_prov_device_get_fact (device, "amt");
  const char *site = amt_prov_device_get_fact (device, "site");
  const char *method = amt_prov_device_get_fact (device, "method");
  const char *problem = amt_prov_device_get_fact (device, "error");

  g_print ("%-36s  %-8s  %-12s  %-8s  %-12s  %s\n", amt_prov_device_get_uuid (device),
           amt != NULL ? amt : "-", site != NULL ? site : "-", method != NULL ? method : "-",
           amt_prov_device_state_to_string (amt_prov_device_get_state (device)),
           problem != NULL ? problem : "");
}

static const char *
find_host (AmtProvDevice *device)
{
  static const char *const facts[] = {"hostname", "fqdn", "report-host", "report-fqdn"};
  const char *host = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (facts) && host == NULL; i++)
    host = amt_prov_device_get_fact (device, facts[i]);
  return host;
}

/* A machine that says no hello any more: where to find it, since when, what chose its method, and
 * what went wrong. */
static void
print_waiting_row (AmtProvRecord *record, gpointer data)
{
  g_autoptr (AmtProvDevice) device = amt_prov_device_new_from_record (record);
  const char *host = find_host (device);
  const char *address = amt_prov_device_get_fact (device, "address");
  const char *closed = amt_prov_device_get_fact (device, "window-closes");
  const char *why = amt_prov_device_get_fact (device, "why");
  const char *problem = amt_prov_device_get_fact (device, "error");

  g_print ("%-36s  %-16s  %-16s  %-20s  %s%s%s\n", amt_prov_device_get_uuid (device),
           host != NULL ? host : "-", address != NULL ? address : "-",
           closed != NULL ? closed : "-", why != NULL ? why : "",
           why != NULL && problem != NULL ? "; " : "", problem != NULL ? problem : "");
}

static int
not_a_uuid (const char *text)
{
  g_printerr ("%s: “%s” is no UUID\n", g_get_prgname (), text);
  return AMTPROV_EXIT_FAILED;
}

static void
build_device (AmtProvRecord *record, gpointer data)
{
  static const char *const facts[] = {"amt",     "site", "method",       "medium",
                                      "state",   "step", "error",        "address",
                                      "updated", "why",  "window-closes"};
  g_autoptr (AmtProvDevice) device = amt_prov_device_new_from_record (record);
  JsonBuilder *builder = data;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "uuid");
  json_builder_add_string_value (builder, amt_prov_device_get_uuid (device));
  for (guint i = 0; i < G_N_ELEMENTS (facts); i++) {
    const char *value = g_str_equal (facts[i], "state")
                            ? amt_prov_device_state_to_string (amt_prov_device_get_state (device))
                            : amt_prov_device_get_fact (device, facts[i]);

    json_builder_set_member_name (builder, facts[i]);
    if (value != NULL)
      json_builder_add_string_value (builder, value);
    else
      json_builder_add_null_value (builder);
  }
  json_builder_set_member_name (builder, "host");
  if (find_host (device) != NULL)
    json_builder_add_string_value (builder, find_host (device));
  else
    json_builder_add_null_value (builder);
  json_builder_end_object (builder);
}

static gboolean
print_devices (AmtProvDatabase *database, const char *state, gboolean json, GError **error)
{
  g_autoptr (JsonBuilder) builder = NULL;
  guint64 after = 0;

  if (!json && state == NULL) {
    g_print ("%-36s  %-8s  %-12s  %-8s  %-12s  %s\n", "UUID", "AMT", "SITE", "METHOD", "STATE",
             "ERROR");
    return print_after (database, AMT_PROV_KIND_DEVICE, NULL, &after, print_device_row, NULL,
                        error);
  }
  if (!json) {
    g_print ("%-36s  %-16s  %-16s  %-20s  %s\n", "UUID", "HOST", "ADDRESS", "CLOSED",
             "RULE; ERROR");
    return print_after (database, AMT_PROV_KIND_DEVICE, state, &after, print_waiting_row, NULL,
                        error);
  }
  builder = json_builder_new ();
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "devices");
  json_builder_begin_array (builder);
  if (!print_after (database, AMT_PROV_KIND_DEVICE, state, &after, build_device, builder, error))
    return FALSE;
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  amtprov_print_json (builder);
  return TRUE;
}

/* amtprov devices [--waiting] [--json] [--config FILE] */
int
amtprov_devices (int argc, char **argv)
{
  static const AmtprovUsage usage = {"", "Lists the machines in the store and where they stand.",
                                     "amtprov devices --config /etc/amtprov/amtprov.conf", 0, 0};
  g_autofree char *config_path = NULL;
  gboolean json = FALSE, waiting = FALSE;
  const GOptionEntry entries[] = {
      {"config", 0, 0, G_OPTION_ARG_FILENAME, &config_path, "The configuration file", "FILE"},
      {"json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON", NULL},
      {"waiting", 0, 0, G_OPTION_ARG_NONE, &waiting,
       "Only machines whose setup window has closed, and where to find them", NULL},
      G_OPTION_ENTRY_NULL};
  const char *state;
  g_autoptr (AmtProvDatabase) database = NULL;
  g_autoptr (GError) error = NULL;

  if (!amtprov_parse_options (&usage, entries, &argc, &argv))
    return AMTPROV_EXIT_USAGE;
  state = waiting ? amt_prov_device_state_to_string (AMT_PROV_DEVICE_STATE_WAITING) : NULL;
  database = amtprov_open_database (config_path, &error);
  if (database == NULL || !print_devices (database, state, json, &error))
    return amtprov_report (error);
  return AMTPROV_EXIT_DONE;
}

static void
print_journal (AmtProvRecord *record)
{
  const char *step, *time, *state, *reason;
  GVariantIter iter;
  GVariant *value;

  g_variant_iter_init (&iter, amt_prov_record_get_body (record));
  while (g_variant_iter_loop (&iter, "{&sv}", &step, &value)) {
    if (!g_variant_is_of_type (value, G_VARIANT_TYPE ("(sss)")))
      continue;
    g_variant_get (value, "(&s&s&s)", &time, &state, &reason);
    g_print ("  %s: %s %s%s%s\n", step, time, state, *reason == '\0' ? "" : " reason=", reason);
  }
}

static AmtProvRecord *
read_device (AmtProvDatabase *database, const char *uuid, GError **error)
{
  g_autoptr (GPtrArray) devices = read_records (database, AMT_PROV_KIND_DEVICE, uuid, NULL, error);

  if (devices == NULL)
    return NULL;
  if (devices->len > 0)
    return amt_prov_record_ref (devices->pdata[0]);
  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_FOUND,
               "the store knows no machine %s; see: amtprov devices", uuid);
  return NULL;
}

static gboolean
print_device (AmtProvDatabase *database, const char *uuid, GError **error)
{
  g_autoptr (AmtProvRecord) record = read_device (database, uuid, error);
  g_autoptr (GPtrArray) journals = NULL;

  if (record == NULL)
    return FALSE;
  g_print ("uuid: %s\nstate: %s\n", uuid, amt_prov_record_get_state (record));
  amtprov_print_facts (record);
  journals = read_records (database, AMT_PROV_KIND_JOURNAL, uuid, NULL, error);
  if (journals == NULL)
    return FALSE;
  g_print ("journal:\n");
  if (journals->len > 0)
    print_journal (journals->pdata[0]);
  return TRUE;
}

/* Its passwords stay: the next session tries them, too. */
static gboolean
take_for_unprovisioned (AmtProvDatabase *database, const char *uuid, GError **error)
{
  g_autoptr (AmtProvRecord) record = read_device (database, uuid, error);
  g_autoptr (AmtProvDevice) device = NULL;
  g_autoptr (AmtProvRecord) changed = NULL;
  g_autoptr (GPtrArray) changes =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_change_unref);

  if (record == NULL)
    return FALSE;
  device = amt_prov_device_new_from_record (record);
  if (amt_prov_device_get_state (device) != AMT_PROV_DEVICE_STATE_OPERATIONAL) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_WRONG_STATE,
                 "the store has %s as %s: only a machine that it has as operational needs this",
                 uuid, amt_prov_record_get_state (record));
    return FALSE;
  }
  amt_prov_device_set_state (device, AMT_PROV_DEVICE_STATE_KNOWN);
  changed = amt_prov_device_to_record (device);
  g_ptr_array_add (changes,
                   amt_prov_change_new (AMT_PROV_VERB_PUT, changed, AMT_PROV_CONDITION_REVISION));
  g_ptr_array_add (changes, amt_prov_change_new_event (uuid, "unprovisioned",
                                                       "taken for unprovisioned by a person"));
  return amt_prov_database_apply (database, changes, error);
}

/* amtprov device UUID [--unprovisioned] [--config FILE] */
int
amtprov_device (int argc, char **argv)
{
  static const AmtprovUsage usage = {
      "UUID", "Shows all that is known of one machine, and the journal of its sessions.",
      "amtprov device 4c4c4544-0036-4a10-8052-b4c04f563233", 1, 1};
  g_autofree char *config_path = NULL, *uuid = NULL;
  gboolean unprovisioned = FALSE;
  const GOptionEntry entries[] = {
      {"config", 0, 0, G_OPTION_ARG_FILENAME, &config_path, "The configuration file", "FILE"},
      {"unprovisioned", 0, 0, G_OPTION_ARG_NONE, &unprovisioned,
       "Say that an operational machine was unprovisioned, so that an agent may start it again",
       NULL},
      G_OPTION_ENTRY_NULL};
  g_autoptr (AmtProvDatabase) database = NULL;
  g_autoptr (GError) error = NULL;

  if (!amtprov_parse_options (&usage, entries, &argc, &argv))
    return AMTPROV_EXIT_USAGE;
  uuid = amt_prov_uuid_normalize (argv[1]);
  if (uuid == NULL)
    return not_a_uuid (argv[1]);
  database = amtprov_open_database (config_path, &error);
  if (database == NULL || (unprovisioned && !take_for_unprovisioned (database, uuid, &error)) ||
      !print_device (database, uuid, &error))
    return amtprov_report (error);
  return AMTPROV_EXIT_DONE;
}

static AmtProvSecret *
find_password (AmtProvDatabase *database, const char *type, const char *uuid, GError **error)
{
  g_autofree char *key = g_strdup_printf ("%s:%s/current", type, uuid);
  g_autoptr (GPtrArray) records =
      read_records (database, AMT_PROV_KIND_CREDENTIAL, key, NULL, error);
  g_autoptr (AmtProvCredential) credential = NULL;
  AmtProvSecret *password;

  if (records == NULL)
    return NULL;
  if (records->len == 0) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_FOUND,
                 "the store has no current %s password of %s: it has not been set by amtprov, or "
                 "the session that sets it is not done",
                 g_str_equal (type, "mebx") ? "MEBx" : "admin", uuid);
    return NULL;
  }
  credential = amt_prov_database_unseal (database, records->pdata[0], error);
  if (credential == NULL)
    return NULL;
  password = amt_prov_credential_get_value (credential, "password");
  if (password == NULL) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_STORE, "the credential %s has no password",
                 key);
    return NULL;
  }
  return amt_prov_secret_ref (password);
}

static gboolean
write_event (AmtProvDatabase *database, const char *uuid, const char *type, GError **error)
{
  g_autoptr (GPtrArray) changes =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_change_unref);
  g_autofree char *text =
      g_strdup_printf ("the %s password was shown to %s",
                       g_str_equal (type, "mebx") ? "MEBx" : "admin", g_get_user_name ());

  g_ptr_array_add (changes, amt_prov_change_new_event (uuid, "password-shown", text));
  return amt_prov_database_apply (database, changes, error);
}

/* amtprov password UUID [--mebx] [--config FILE] */
int
amtprov_password (int argc, char **argv)
{
  static const AmtprovUsage usage = {
      "UUID",
      "Prints the current admin password of a machine alone on one line; an event records it.",
      "amtprov password 4c4c4544-0036-4a10-8052-b4c04f563233", 1, 1};
  g_autofree char *config_path = NULL, *uuid = NULL;
  gboolean mebx = FALSE;
  const GOptionEntry entries[] = {
      {"config", 0, 0, G_OPTION_ARG_FILENAME, &config_path, "The configuration file", "FILE"},
      {"mebx", 0, 0, G_OPTION_ARG_NONE, &mebx, "The MEBx password instead", NULL},
      G_OPTION_ENTRY_NULL};
  g_autoptr (AmtProvDatabase) database = NULL;
  g_autoptr (AmtProvSecret) password = NULL;
  g_autoptr (GError) error = NULL;
  const char *type;

  if (!amtprov_parse_options (&usage, entries, &argc, &argv))
    return AMTPROV_EXIT_USAGE;
  uuid = amt_prov_uuid_normalize (argv[1]);
  if (uuid == NULL)
    return not_a_uuid (argv[1]);
  type = mebx ? "mebx" : "admin";
  database = amtprov_open_database (config_path, &error);
  if (database == NULL || (password = find_password (database, type, uuid, &error)) == NULL)
    return amtprov_report (error);
  /* Recorded first: nobody sees a password without a trace. */
  if (!write_event (database, uuid, type, &error))
    return amtprov_report (error);
  g_print ("%s\n", amt_prov_secret_peek_text (password));
  return AMTPROV_EXIT_DONE;
}

typedef struct {
  AmtProvDatabase *database;
  GMainLoop *loop;
  gboolean json;
  guint64 after;
  GError *error;
} Follow;

static void
print_event (AmtProvRecord *record, gpointer data)
{
  Follow *follow = data;
  g_autofree char *line =
      follow->json ? amtprov_record_to_json (record) : amtprov_record_to_line (record);

  g_print ("%s\n", line);
}

static gboolean
print_new_events (Follow *follow)
{
  return print_after (follow->database, AMT_PROV_KIND_EVENT, NULL, &follow->after, print_event,
                      follow, &follow->error);
}

static void
on_store_changed (Follow *follow)
{
  if (!print_new_events (follow))
    g_main_loop_quit (follow->loop);
}

/* The store writes files of its folder with every commit; only then is there something to read. */
static int
follow_events (Follow *follow, const char *store_path)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GFile) file = g_file_new_for_path (store_path);
  g_autoptr (GFile) folder = g_file_get_parent (file);
  g_autoptr (GFileMonitor) monitor = NULL;

  g_main_context_push_thread_default (context);
  monitor = g_file_monitor_directory (folder, G_FILE_MONITOR_NONE, NULL, &follow->error);
  if (monitor != NULL) {
    follow->loop = g_main_loop_new (context, FALSE);
    g_signal_connect_swapped (monitor, "changed", G_CALLBACK (on_store_changed), follow);
    if (print_new_events (follow))
      g_main_loop_run (follow->loop);
    g_main_loop_unref (follow->loop);
  }
  g_clear_object (&monitor);
  g_main_context_pop_thread_default (context);
  return amtprov_report (follow->error);
}

/* amtprov events [--follow] [--json] [--config FILE] */
int
amtprov_events (int argc, char **argv)
{
  static const AmtprovUsage usage = {
      "", "Prints what happened, oldest first; with --json one object per line.",
      "amtprov events --follow --config /etc/amtprov/amtprov.conf", 0, 0};
  g_autofree char *config_path = NULL, *store_path = NULL;
  gboolean keep_on = FALSE;
  Follow follow = {NULL};
  const GOptionEntry entries[] = {
      {"config", 0, 0, G_OPTION_ARG_FILENAME, &config_path, "The configuration file", "FILE"},
      {"follow", 0, 0, G_OPTION_ARG_NONE, &keep_on, "Go on with new events until stopped", NULL},
      {"json", 0, 0, G_OPTION_ARG_NONE, &follow.json, "Print JSON", NULL},
      G_OPTION_ENTRY_NULL};
  g_autoptr (AmtProvConfig) config = NULL;
  g_autoptr (AmtProvDatabase) database = NULL;
  g_autoptr (GError) error = NULL;
  int code = AMTPROV_EXIT_DONE;

  if (!amtprov_parse_options (&usage, entries, &argc, &argv))
    return AMTPROV_EXIT_USAGE;
  config = amtprov_load_config (config_path, &error);
  if (config == NULL || (database = amtprov_open_config_database (config, &error)) == NULL)
    return amtprov_report (error);
  follow.database = database;
  store_path = amtprov_dup_store_path (config);
  if (keep_on)
    code = follow_events (&follow, store_path);
  else if (!print_new_events (&follow))
    code = amtprov_report (follow.error);
  g_clear_error (&follow.error);
  return code;
}
