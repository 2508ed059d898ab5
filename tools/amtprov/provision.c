/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "commands.h"
#include "command/open-database.h"
#include "command/psk-store.h"

#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* A machine whose UUID is not known before it has been asked. */
#define UNKNOWN_UUID "00000000-0000-0000-0000-000000000000"

typedef struct {
  GMainLoop *loop;
  AmtProvDevice *device;
  GError *error;
  char *last;
  gboolean terminal;
} Progress;

static void
show (Progress *progress, const char *text)
{
  if (g_strcmp0 (progress->last, text) == 0)
    return;
  g_free (progress->last);
  progress->last = g_strdup (text);
  if (progress->terminal)
    g_printerr ("\r\033[K%s", text);
  else
    g_printerr ("%s\n", text);
}

static void
on_device_changed (AmtProvProvisioner *provisioner, AmtProvDevice *device, gpointer user_data)
{
  const char *step = amt_prov_device_get_fact (device, "step");
  const char *method = amt_prov_device_get_fact (device, "method");
  g_autofree char *text =
      g_strdup_printf ("%s %s%s%s%s%s", amt_prov_device_get_uuid (device),
                       amt_prov_device_state_to_string (amt_prov_device_get_state (device)),
                       method != NULL ? " " : "", method != NULL ? method : "",
                       step != NULL ? ": " : "", step != NULL ? step : "");

  show (user_data, text);
}

static void
on_provisioned (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Progress *progress = user_data;

  progress->device = amt_prov_provisioner_provision_finish (AMT_PROV_PROVISIONER (source), result,
                                                            &progress->error);
  g_main_loop_quit (progress->loop);
}

static gboolean
on_interrupt (gpointer user_data)
{
  g_cancellable_cancel (user_data);
  return G_SOURCE_CONTINUE;
}

static GSource *
watch_signal (int number, GCancellable *cancellable, GMainContext *context)
{
  GSource *source = g_unix_signal_source_new (number);

  g_source_set_callback (source, on_interrupt, cancellable, NULL);
  g_source_attach (source, context);
  return source;
}

static int
finish (Progress *progress)
{
  if (progress->terminal && progress->last != NULL)
    g_printerr ("\n");
  if (progress->error != NULL)
    return amtprov_report (progress->error);
  AmtProvDeviceState state = amt_prov_device_get_state (progress->device);
  const char *error = amt_prov_device_get_fact (progress->device, "error");
  const char *name = amt_prov_device_state_to_string (state);
  if (state == AMT_PROV_DEVICE_STATE_OPERATIONAL) {
    g_print ("%s %s\n", amt_prov_device_get_uuid (progress->device), name);
    return AMTPROV_EXIT_DONE;
  }
  g_printerr ("%s: %s is %s: %s\n", g_get_prgname (), amt_prov_device_get_uuid (progress->device),
              name, error != NULL ? error : "no reason was given");
  return state == AMT_PROV_DEVICE_STATE_BLOCKED ? AMTPROV_EXIT_BLOCKED : AMTPROV_EXIT_FAILED;
}

static int
run (AmtProvProvisioner *provisioner, const char *address, AmtProvHello *hello)
{
  GMainContext *context = g_main_context_get_thread_default ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (context, FALSE);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GSource) interrupt = watch_signal (SIGINT, cancellable, context);
  g_autoptr (GSource) terminate = watch_signal (SIGTERM, cancellable, context);
  Progress progress = {.loop = loop};
  int code;

  progress.terminal = isatty (STDERR_FILENO);
  g_signal_connect (provisioner, "device-changed", G_CALLBACK (on_device_changed), &progress);
  amt_prov_provisioner_provision_async (provisioner, address, hello, cancellable, on_provisioned,
                                        &progress);
  g_main_loop_run (loop);
  g_signal_handlers_disconnect_by_data (provisioner, &progress);
  g_source_destroy (interrupt);
  g_source_destroy (terminate);
  code = finish (&progress);
  g_clear_object (&progress.device);
  g_clear_error (&progress.error);
  g_free (progress.last);
  return code;
}

/* A pair on the command line: known ones stay as they are, a new one is stored first. */
static gboolean
store_pair (AmtProvDatabase *database, const char *text, char **pid, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, ":", 2);
  g_autoptr (GPtrArray) rows = amtprov_psk_rows_new ();
  g_autoptr (AmtProvPsk) psk = NULL;
  gboolean found = FALSE;

  if (g_strv_length (parts) != 2) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
                 "--psk takes PID:PPS, the colon is missing");
    return FALSE;
  }
  psk = amt_prov_psk_new (parts[0], parts[1], error);
  if (psk == NULL)
    return FALSE;
  *pid = g_strdup (amt_prov_psk_get_pid (psk));
  if (!amtprov_psk_store_has (database, *pid, &found, error))
    return FALSE;
  if (found)
    return TRUE;
  amtprov_psk_rows_add (rows, 1, psk, NULL);
  return amtprov_psk_store_add (database, rows, error);
}

static int
provision (const char *config_path, const char *address, const char *psk)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (AmtProvConfig) config = amtprov_load_config (config_path, &error);
  g_autoptr (AmtProvProvisioner) provisioner = NULL;
  g_autoptr (AmtProvHello) hello = NULL;
  g_autofree char *pid = NULL;

  if (config == NULL)
    return amtprov_report (error);
  provisioner = amt_prov_provisioner_new (config, &error);
  if (provisioner == NULL)
    return amtprov_report (error);
  if (psk != NULL) {
    if (!store_pair (amt_prov_provisioner_get_database (provisioner), psk, &pid, &error))
      return amtprov_report (error);
    hello = amt_prov_hello_new_psk (UNKNOWN_UUID, TRUE, 0, pid);
  }
  return run (provisioner, address, hello);
}

/* amtprov provision ADDRESS [--psk PID:PPS] [--config FILE] */
int
amtprov_provision (int argc, char **argv)
{
  static const AmtprovUsage usage = {
      "ADDRESS",
      "Brings one machine to operational, in this process and without the daemon. Its passwords "
      "go\n"
      "into the store of the configuration.",
      "amtprov provision 192.0.2.17 --config /etc/amtprov/amtprov.conf", 1, 1};
  g_autofree char *config_path = NULL, *psk = NULL;
  const GOptionEntry entries[] = {
      {"config", 0, 0, G_OPTION_ARG_FILENAME, &config_path, "The configuration file", "FILE"},
      {"psk", 0, 0, G_OPTION_ARG_STRING, &psk, "The pair typed into the machine", "PID:PPS"},
      G_OPTION_ENTRY_NULL};
  g_autoptr (GMainContext) context = NULL;
  int code;

  if (!amtprov_parse_options (&usage, entries, &argc, &argv))
    return AMTPROV_EXIT_USAGE;
  if (config_path == NULL)
    config_path = amt_prov_config_dup_default_path ();
  if (!g_file_test (config_path, G_FILE_TEST_EXISTS)) {
    g_printerr ("%s: there is no configuration %s, and without a store the new password of the "
                "machine would be lost: name one with --config\n",
                g_get_prgname (), config_path);
    return AMTPROV_EXIT_FAILED;
  }
  signal (SIGPIPE, SIG_IGN);
  context = g_main_context_new ();
  g_main_context_push_thread_default (context);
  code = provision (config_path, argv[1], psk);
  g_main_context_pop_thread_default (context);
  if (psk != NULL)
    memset (psk, 0, strlen (psk));
  return code;
}
