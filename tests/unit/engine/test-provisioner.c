/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "plugin-folder.h"
#include "site-folder.h"

/* What callers of the provisioner are told when no session comes about. */

#define UUID "d2ffc23e-9dd1-412d-860a-54b2039b72ff"
#define SITE SITE_TLS_ON "[match]\nsubnets=192.0.2.0/24\n"

typedef struct {
  GMainContext *context;
  SiteFolder *folder;
  AmtProvProvisioner *provisioner;
} House;

static House *
house_new_with (const char *plugins, const char *folder, const char *groups)
{
  const char *const folders[] = {g_getenv ("AMT_PROV_TEST_PLUGINS"), folder, NULL};
  g_autoptr (GError) error = NULL;
  House *house = g_new0 (House, 1);

  house->context = g_main_context_new ();
  g_main_context_push_thread_default (house->context);
  house->folder = site_folder_new_with_store (plugins, folders, groups);
  house->provisioner = amt_prov_provisioner_new (house->folder->config, &error);
  g_assert_no_error (error);
  return house;
}

static void
house_free (House *house)
{
  g_object_unref (house->provisioner);
  site_folder_free (house->folder);
  g_main_context_pop_thread_default (house->context);
  g_main_context_unref (house->context);
  g_free (house);
}

static House *
house_new (void)
{
  return house_new_with ("psk;pki;sqlite", NULL, SITE);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (House, house_free)

static void
keep_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **kept = user_data;

  g_assert_null (*kept);
  *kept = g_object_ref (result);
}

static AmtProvDevice *
provision (House *house, GError **error)
{
  g_autoptr (AmtProvHello) hello = amt_prov_hello_new_pki (UUID, TRUE, 0, NULL);
  g_autoptr (GAsyncResult) result = NULL;

  amt_prov_provisioner_provision_async (house->provisioner, "127.0.0.1", hello, NULL, keep_result,
                                        &result);
  while (result == NULL)
    g_main_context_iteration (house->context, TRUE);
  return amt_prov_provisioner_provision_finish (house->provisioner, result, error);
}

/* The second caller hears the same as the first. */
static void
test_no_site_twice (void)
{
  g_autoptr (House) house = house_new ();

  for (guint i = 0; i < 2; i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (provision (house, &error));
    g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_BLOCKED);
  }
}

static void
test_provision_while_draining (void)
{
  g_autoptr (House) house = house_new ();
  g_autoptr (GAsyncResult) drained = NULL;
  g_autoptr (GError) error = NULL;

  amt_prov_provisioner_drain_async (house->provisioner, NULL, keep_result, &drained);
  g_assert_null (provision (house, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  while (drained == NULL)
    g_main_context_iteration (house->context, TRUE);
  g_assert_true (amt_prov_provisioner_drain_finish (house->provisioner, drained, &error));
  g_assert_no_error (error);
}

/* A machine in work holds the drain; who does not want to wait gets away at once. */
static void
test_drain_given_up (void)
{
  g_autoptr (House) house = house_new ();
  g_autoptr (AmtProvHello) hello = amt_prov_hello_new_psk (UUID, TRUE, 0, "0000037M");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) drained = NULL;
  g_autoptr (GAsyncResult) waited = NULL;
  g_autoptr (GError) error = NULL;

  amt_prov_provisioner_handle_hello (house->provisioner, hello, "127.0.0.1");
  g_assert_cmpuint (amt_prov_provisioner_get_session_count (house->provisioner), ==, 1);
  g_cancellable_cancel (cancellable);
  amt_prov_provisioner_drain_async (house->provisioner, NULL, keep_result, &waited);
  amt_prov_provisioner_drain_async (house->provisioner, cancellable, keep_result, &drained);
  while (waited == NULL || drained == NULL)
    g_main_context_iteration (house->context, TRUE);
  g_assert_true (amt_prov_provisioner_drain_finish (house->provisioner, waited, &error));
  g_assert_no_error (error);
  g_assert_false (amt_prov_provisioner_drain_finish (house->provisioner, drained, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
look_up (AmtProvProvisioner *provisioner, const char *uuid, const char *text, gpointer user_data)
{
  AmtProvDatabase *database = amt_prov_provisioner_get_database (provisioner);
  g_autoptr (AmtProvQuery) query = amt_prov_query_new (AMT_PROV_KIND_DEVICE);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) records = NULL;

  amt_prov_query_set_key (query, uuid);
  records = amt_prov_database_query (database, query, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (records->len, ==, 1);
  g_assert_cmpstr (amt_prov_record_get_state (records->pdata[0]), ==, "blocked");
  *(gboolean *)user_data = TRUE;
}

/* Who hears that a machine is blocked finds it in the store. */
static void
test_event_of_blocked (void)
{
  g_autoptr (House) house = house_new_with (
      "psk;pki;sqlite", NULL, SITE_TLS_ON "[admission]\npolicy=any\n[methods]\norder=psk\n");
  g_autoptr (GError) error = NULL;
  gboolean seen = FALSE;

  g_signal_connect (house->provisioner, "event", G_CALLBACK (look_up), &seen);
  g_assert_null (provision (house, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_BLOCKED);
  while (!seen)
    g_main_context_iteration (house->context, TRUE);
}

/* Why no session got through to a machine at a site that reaches its machines by "jump". */
static void
check_transport (gboolean has_module, int code, const char *text)
{
  g_autoptr (PluginFolder) plugins = plugin_folder_new ();
  g_autoptr (House) house = NULL;
  g_autoptr (GError) error = NULL;

  plugin_folder_add (plugins, "oem", has_module ? "oem" : NULL,
                     ABI "X-AmtProvProvides=method:oem;transport:jump\n");
  plugin_folder_write (
      plugins, "oem.schema",
      "[jump]\nsince=0.1\nhelp=A way over ports\n\n"
      "[jump ports]\nsince=0.1\ntype=int\nallowed=0..1\ndefault=0\nhelp=How many\n");
  house = house_new_with ("psk;pki;sqlite;oem", plugins->path,
                          SITE_TLS_ON SITE_PKI "[device]\ntransport=jump\nport=1\n");
  g_assert_null (provision (house, &error));
  g_assert_error (error, AMT_PROV_ERROR, code);
  if (strstr (error->message, text) == NULL)
    g_error ("\"%s\" does not say \"%s\"", error->message, text);
}

static void
test_transport_not_loaded (void)
{
  /* That the plugin is not loaded is a warning. */
  GLogLevelFlags fatal = g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);

  check_transport (
      FALSE, AMT_PROV_ERROR_BLOCKED,
      "lab.conf:10: [device] transport), but no plugin that provides transport:jump is "
      "loaded");
  g_log_set_always_fatal (fatal);
}

static void
test_error_of_transport (void)
{
  check_transport (TRUE, AMT_PROV_ERROR_CONNECTION, "Connection refused");
}

/* ---- windows ---- */

static void
put_machine (House *house, const char *uuid, AmtProvDeviceState state, gint64 seconds)
{
  g_autoptr (AmtProvDevice) device = amt_prov_device_new (uuid);
  g_autoptr (GPtrArray) changes =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_change_unref);
  g_autoptr (AmtProvRecord) record = NULL;
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autoptr (GDateTime) closes = g_date_time_add_seconds (now, (double)seconds);
  g_autofree char *text = g_date_time_format_iso8601 (closes);
  g_autoptr (GError) error = NULL;

  amt_prov_device_set_state (device, state);
  amt_prov_device_set_fact (device, "window-closes", text);
  record = amt_prov_device_to_record (device);
  g_ptr_array_add (changes,
                   amt_prov_change_new (AMT_PROV_VERB_PUT, record, AMT_PROV_CONDITION_ABSENT));
  amt_prov_database_apply (amt_prov_provisioner_get_database (house->provisioner), changes, &error);
  g_assert_no_error (error);
}

static void
count_waiting (AmtProvProvisioner *provisioner, AmtProvDevice *device, gpointer user_data)
{
  g_assert_cmpint (amt_prov_device_get_state (device), ==, AMT_PROV_DEVICE_STATE_WAITING);
  g_ptr_array_add (user_data, g_strdup (amt_prov_device_get_uuid (device)));
}

static AmtProvDeviceState
read_state (House *house, const char *uuid)
{
  g_autoptr (AmtProvQuery) query = amt_prov_query_new (AMT_PROV_KIND_DEVICE);
  g_autoptr (GPtrArray) records = NULL;
  g_autoptr (AmtProvDevice) device = NULL;

  amt_prov_query_set_key (query, uuid);
  records =
      amt_prov_database_query (amt_prov_provisioner_get_database (house->provisioner), query, NULL);
  device = amt_prov_device_new_from_record (records->pdata[0]);
  return amt_prov_device_get_state (device);
}

/* Windows that have closed while no daemon ran, and one that closes now; in the order of time. */
static void
test_windows_after_a_restart (void)
{
  static const struct {
    const char *uuid;
    AmtProvDeviceState state;
    gint64 seconds;
    AmtProvDeviceState then;
  } machines[] = {
      {"00000000-0000-0000-0000-000000000001", AMT_PROV_DEVICE_STATE_HELLO, 2,
       AMT_PROV_DEVICE_STATE_WAITING},
      {"00000000-0000-0000-0000-000000000002", AMT_PROV_DEVICE_STATE_BLOCKED, 1,
       AMT_PROV_DEVICE_STATE_WAITING},
      {"00000000-0000-0000-0000-000000000003", AMT_PROV_DEVICE_STATE_FAILED, -3600,
       AMT_PROV_DEVICE_STATE_WAITING},
      {"00000000-0000-0000-0000-000000000004", AMT_PROV_DEVICE_STATE_FAILED, 3600,
       AMT_PROV_DEVICE_STATE_FAILED},
      {"00000000-0000-0000-0000-000000000005", AMT_PROV_DEVICE_STATE_BLOCKED, 3600,
       AMT_PROV_DEVICE_STATE_BLOCKED},
      {"00000000-0000-0000-0000-000000000006", AMT_PROV_DEVICE_STATE_OPERATIONAL, -3600,
       AMT_PROV_DEVICE_STATE_OPERATIONAL},
  };
  g_autoptr (House) house = house_new_with ("psk;pki;sqlite", NULL, SITE);
  g_autoptr (GPtrArray) waiting = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (machines); i++)
    put_machine (house, machines[i].uuid, machines[i].state, machines[i].seconds);
  g_signal_connect (house->provisioner, "device-changed", G_CALLBACK (count_waiting), waiting);
  amt_prov_provisioner_listen (house->provisioner, &error);
  g_assert_no_error (error);
  while (waiting->len < 3)
    g_main_context_iteration (house->context, TRUE);
  for (guint i = 0; i < 3; i++)
    g_assert_cmpstr (waiting->pdata[2 - i], ==, machines[i].uuid);
  for (guint i = 0; i < G_N_ELEMENTS (machines); i++)
    g_assert_cmpint (read_state (house, machines[i].uuid), ==, machines[i].then);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/provisioner/no-site-twice", test_no_site_twice);
  g_test_add_func ("/provisioner/provision-while-draining", test_provision_while_draining);
  g_test_add_func ("/provisioner/drain-given-up", test_drain_given_up);
  g_test_add_func ("/provisioner/event-of-blocked", test_event_of_blocked);
  g_test_add_func ("/provisioner/transport-not-loaded", test_transport_not_loaded);
  g_test_add_func ("/provisioner/error-of-transport", test_error_of_transport);
  g_test_add_func ("/provisioner/windows-after-a-restart", test_windows_after_a_restart);
  return g_test_run ();
}
