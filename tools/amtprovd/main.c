/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <amtprov/amtprov.h>
#include <glib-unix.h>
#include <locale.h>
#include <signal.h>
#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

typedef struct {
  AmtProvProvisioner *provisioner;
  GMainLoop *loop;
  GCancellable *cancellable; /* of the draining; NULL before it begins */
} Daemon;

static void
notify_systemd (const char *state)
{
#ifdef HAVE_SYSTEMD
  sd_notify (0, state);
#endif
}

/* A step of a machine in work is news only for who looks for something. */
static GLogLevelFlags
level_of (AmtProvDevice *device)
{
  return amt_prov_device_get_state (device) == AMT_PROV_DEVICE_STATE_PROVISIONING &&
                 amt_prov_device_get_fact (device, "step") != NULL
             ? G_LOG_LEVEL_DEBUG
             : G_LOG_LEVEL_MESSAGE;
}

static void
on_device_changed (AmtProvProvisioner *provisioner, AmtProvDevice *device, gpointer user_data)
{
  const char *uuid = amt_prov_device_get_uuid (device);
  AmtProvDeviceState state = amt_prov_device_get_state (device);
  const char *site = amt_prov_device_get_fact (device, "site");
  const char *method = amt_prov_device_get_fact (device, "method");
  const char *step = amt_prov_device_get_fact (device, "step");
  const char *error = amt_prov_device_get_fact (device, "error");
  g_autoptr (GString) line = NULL;

  if (g_log_writer_default_would_drop (level_of (device), G_LOG_DOMAIN))
    return;
  line = g_string_new (uuid);
  g_string_append_printf (line, ": %s", amt_prov_device_state_to_string (state));
  if (site != NULL)
    g_string_append_printf (line, ", site %s", site);
  if (method != NULL)
    g_string_append_printf (line, ", method %s", method);
  if (step != NULL && state != AMT_PROV_DEVICE_STATE_OPERATIONAL)
    g_string_append_printf (line, ", step %s", step);
  if (error != NULL &&
      (state == AMT_PROV_DEVICE_STATE_FAILED || state == AMT_PROV_DEVICE_STATE_BLOCKED))
    g_string_append_printf (line, ": %s", error);
  g_log_structured (G_LOG_DOMAIN, level_of (device), "AMTPROV_DEVICE", uuid, "AMTPROV_STATE",
                    amt_prov_device_state_to_string (state), "MESSAGE", "%s", line->str);
}

static void
on_event (AmtProvProvisioner *provisioner, const char *uuid, const char *text, gpointer user_data)
{
  if (uuid != NULL && *uuid != '\0')
    g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, "AMTPROV_DEVICE", uuid, "MESSAGE",
                      "%s: %s", uuid, text);
  else
    g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, "MESSAGE", "%s", text);
}

static void
on_drained (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Daemon *daemon = user_data;
  g_autoptr (GError) error = NULL;

  if (!amt_prov_provisioner_drain_finish (AMT_PROV_PROVISIONER (source), result, &error))
    g_warning ("sessions were cut off: %s", error->message);
  g_main_loop_quit (daemon->loop);
}

/* The first signal drains, the second one does not wait any more. */
static gboolean
on_signal (gpointer user_data)
{
  Daemon *daemon = user_data;

  if (daemon->cancellable != NULL) {
    g_cancellable_cancel (daemon->cancellable);
    return G_SOURCE_CONTINUE;
  }
  daemon->cancellable = g_cancellable_new ();
  notify_systemd ("STOPPING=1");
  g_message ("stopping, %u sessions in work",
             amt_prov_provisioner_get_session_count (daemon->provisioner));
  amt_prov_provisioner_drain_async (daemon->provisioner, daemon->cancellable, on_drained, daemon);
  return G_SOURCE_CONTINUE;
}

static GSource *
watch_signal (Daemon *daemon, int number, GMainContext *context)
{
  GSource *source = g_unix_signal_source_new (number);

  g_source_set_callback (source, on_signal, daemon, NULL);
  g_source_attach (source, context);
  return source;
}

static gboolean
start (AmtProvProvisioner *provisioner, GError **error)
{
  g_auto (GStrv) addresses = NULL;
  g_autofree char *joined = NULL;

  if (!amt_prov_provisioner_listen (provisioner, error))
    return FALSE;
  addresses = amt_prov_provisioner_get_addresses (provisioner);
  joined = g_strjoinv (",", addresses);
  g_printerr ("amtprovd: ready, hello on %s\n", joined);
  notify_systemd ("READY=1");
  return TRUE;
}

static int
serve (const char *path, GMainContext *context)
{
  g_auto (GStrv) plugin_dirs = amt_prov_config_get_default_plugin_dirs ();
  g_autoptr (GError) error = NULL;
  g_autoptr (AmtProvConfig) config =
      amt_prov_config_load (path, (const char *const *)plugin_dirs, &error);
  g_autoptr (AmtProvProvisioner) provisioner = NULL;
  g_autoptr (GMainLoop) loop = g_main_loop_new (context, FALSE);
  Daemon daemon = {.loop = loop};

  if (config != NULL)
    provisioner = amt_prov_provisioner_new (config, &error);
  daemon.provisioner = provisioner;
  if (provisioner != NULL) {
    g_signal_connect (provisioner, "device-changed", G_CALLBACK (on_device_changed), NULL);
    g_signal_connect (provisioner, "event", G_CALLBACK (on_event), NULL);
  }

  /* Whoever has read that the daemon is ready may stop it. */
  g_autoptr (GSource) terminate = watch_signal (&daemon, SIGTERM, context);
  g_autoptr (GSource) interrupt = watch_signal (&daemon, SIGINT, context);
  gboolean started = provisioner != NULL && start (provisioner, &error);
  if (started)
    g_main_loop_run (loop);
  else
    g_printerr ("amtprovd: %s\n", error->message);
  g_source_destroy (terminate);
  g_source_destroy (interrupt);
  g_clear_object (&daemon.cancellable);
  return started ? EXIT_DONE : EXIT_FAILED;
}

int
main (int argc, char **argv)
{
  g_autofree char *path = NULL;
  gboolean version = FALSE;
  const GOptionEntry entries[] = {
      {"config", 0, 0, G_OPTION_ARG_FILENAME, &path, "The configuration file", "FILE"},
      {"version", 0, 0, G_OPTION_ARG_NONE, &version, "Print the version", NULL},
      G_OPTION_ENTRY_NULL};
  g_autoptr (GOptionContext) options = g_option_context_new (NULL);
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GError) error = NULL;
  int code;

  setlocale (LC_ALL, "");
  g_log_writer_default_set_use_stderr (TRUE);
  g_option_context_set_summary (
      options, "Waits for the hellos of Intel AMT machines and brings them to operational.");
  g_option_context_set_description (
      options, "Example:\n  amtprovd --config /etc/amtprov/amtprov.conf\n\n"
               "SIGTERM and SIGINT let the sessions in work finish; a second one cuts them off.");
  g_option_context_add_main_entries (options, entries, NULL);
  if (!g_option_context_parse (options, &argc, &argv, &error)) {
    g_printerr ("amtprovd: %s\nTry “amtprovd --help”.\n", error->message);
    return EXIT_USAGE;
  }
  if (argc > 1) {
    g_printerr ("amtprovd: “%s” is one argument too many\nTry “amtprovd --help”.\n", argv[1]);
    return EXIT_USAGE;
  }
  if (version) {
    g_print ("amtprovd %s\n", AMT_PROV_VERSION);
    return EXIT_DONE;
  }
  if (path == NULL)
    path = amt_prov_config_dup_default_path ();
  signal (SIGPIPE, SIG_IGN);
  g_main_context_push_thread_default (context);
  code = serve (path, context);
  g_main_context_pop_thread_default (context);
  return code;
}
