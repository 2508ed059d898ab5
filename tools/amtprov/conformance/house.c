/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "house.h"

#define MOMENT_MS   100
#define PATIENCE_MS 10000

typedef struct {
  House *house;
  GCancellable *cancellable;
  gboolean ended;
  GError *error;
} Provisioning;

static void
keep_session (AmtProvProvisioner *provisioner, AmtProvSession *session, Provisioning *provisioning)
{
  if (provisioning->house->session == NULL)
    provisioning->house->session = g_object_ref (session);
  g_cancellable_cancel (provisioning->cancellable);
}

static void
on_ended (GObject *source, GAsyncResult *result, gpointer data)
{
  Provisioning *provisioning = data;
  g_autoptr (AmtProvDevice) device = amt_prov_provisioner_provision_finish (
      AMT_PROV_PROVISIONER (source), result, &provisioning->error);

  provisioning->ended = TRUE;
}

/* The provisioner makes the session as for any machine. Before that has read anything of the
 * machine it is stopped, and then the session is the check's alone. */
static gboolean
find_session (Check *check, House *house, Subject *subject)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Provisioning provisioning = {.house = house, .cancellable = cancellable};
  g_autoptr (GError) error = NULL;
  gulong handler;

  check_stage (check, "a session was made");
  handler = g_signal_connect (house->provisioner, "session-started", G_CALLBACK (keep_session),
                              &provisioning);
  amt_prov_provisioner_provision_async (house->provisioner, MACHINE_ADDRESS, subject->hello,
                                        cancellable, on_ended, &provisioning);
  while (!provisioning.ended)
    g_main_context_iteration (house->context, TRUE);
  g_signal_handler_disconnect (house->provisioner, handler);
  error = provisioning.error;
  if (house->session == NULL)
    check_fail (check,
                "no session comes about for a machine at " MACHINE_ADDRESS
                ": %s. %s must have a site that matches this address and allows the method",
                error->message, subject->config);
  return house->session != NULL;
}

static AmtProvConfig *
load_config (Check *check, Subject *subject)
{
  g_autoptr (GError) error = NULL;
  AmtProvConfig *config;

  check_stage (check, "the plugins were loaded");
  config =
      amt_prov_config_load (subject->config, (const char *const *)subject->plugin_dirs, &error);
  if (config == NULL)
    check_fail (check, "%s", error->message);
  return config;
}

#define HOW_TO_LOAD                                                                                \
  "name one in [amtprov] plugins of %s; “amtprov plugins” tells why one is refused"

static gboolean
furnish_for_method (Check *check, House *house, Subject *subject)
{
  g_autoptr (AmtProvConfig) config = load_config (check, subject);
  g_autoptr (GError) error = NULL;

  if (config == NULL)
    return FALSE;
  house->function = "open()";
  house->provisioner = amt_prov_provisioner_new (config, &error);
  if (house->provisioner == NULL) {
    check_fail (check, "%s", error->message);
    return FALSE;
  }
  house->method = amt_prov_plugin_set_find_method (
      amt_prov_provisioner_get_plugins (house->provisioner), subject->id);
  if (house->method == NULL) {
    check_fail (check, "no loaded plugin has the method %s: " HOW_TO_LOAD, subject->id,
                subject->config);
    return FALSE;
  }
  if (!find_session (check, house, subject))
    return FALSE;
  house->site = g_object_ref (amt_prov_session_get_site (house->session));
  return TRUE;
}

/* Settings of the transport are those of the machine's site. */
static AmtProvSite *
find_site (AmtProvConfig *config)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (MACHINE_ADDRESS);

  return amt_prov_config_match_site (config, address, NULL, NULL);
}

static gboolean
furnish_for_transport (Check *check, House *house, Subject *subject)
{
  g_autoptr (AmtProvConfig) config = load_config (check, subject);
  AmtProvSite *site;

  if (config == NULL)
    return FALSE;
  house->function = "open_stream()";
  house->plugins = amt_prov_plugin_set_new_for_config (config);
  house->transport = amt_prov_plugin_set_find_transport (house->plugins, subject->id);
  if (house->transport == NULL) {
    check_fail (check, "no loaded plugin has a transport for %s: " HOW_TO_LOAD, subject->id,
                subject->config);
    return FALSE;
  }
  site = find_site (config);
  if (site == NULL) {
    check_fail (check, "%s has no site that matches " MACHINE_ADDRESS, subject->config);
    return FALSE;
  }
  house->site = g_object_ref (site);
  house->uri =
      g_strdup_printf ("%s:" MACHINE_ADDRESS ":%u", subject->id, amt_prov_site_get_port (site));
  return TRUE;
}

House *
house_new (Check *check, Subject *subject)
{
  House *house = g_new0 (House, 1);

  house->context = g_main_context_new ();
  g_main_context_push_thread_default (house->context);
  if (subject->hello != NULL ? furnish_for_method (check, house, subject)
                             : furnish_for_transport (check, house, subject))
    return house;
  house_free (house);
  return NULL;
}

void
house_free (House *house)
{
  g_clear_object (&house->session);
  g_clear_object (&house->site);
  g_clear_object (&house->plugins);
  g_clear_object (&house->provisioner);
  while (g_main_context_iteration (house->context, FALSE))
    ;
  g_main_context_pop_thread_default (house->context);
  g_main_context_unref (house->context);
  g_free (house->uri);
  g_free (house);
}

static gboolean
set_flag (gpointer data)
{
  *(gboolean *)data = TRUE;
  return G_SOURCE_REMOVE;
}

static GSource *
start_timer (House *house, guint milliseconds, gboolean *over)
{
  GSource *timer = g_timeout_source_new (milliseconds);

  g_source_set_callback (timer, set_flag, over, NULL);
  g_source_attach (timer, house->context);
  return timer;
}

/* That something does not come cannot be awaited. */
void
house_settle (House *house)
{
  gboolean over = FALSE;
  g_autoptr (GSource) timer = start_timer (house, MOMENT_MS, &over);

  while (!over)
    g_main_context_iteration (house->context, TRUE);
}

gboolean
house_wait (House *house, gboolean (*done) (gpointer data), gpointer data)
{
  gboolean over = FALSE;
  g_autoptr (GSource) timer = start_timer (house, PATIENCE_MS, &over);
  gboolean reached;

  while (!(reached = done (data)) && !over)
    g_main_context_iteration (house->context, TRUE);
  g_source_destroy (timer);
  return reached;
}

Peer *
house_start_peer (Check *check, House *house, PeerBehaviour behaviour)
{
  guint16 port = amt_prov_site_get_port (house->site);
  g_autoptr (GError) error = NULL;
  Peer *peer = peer_new (MACHINE_ADDRESS, port, behaviour, &error);

  if (peer == NULL)
    check_fail (check,
                "no machine can be played on " MACHINE_ADDRESS
                ":%u: %s. Set [device] port of the site to a free one",
                port, error->message);
  return peer;
}

/* GLib's own descriptor, by which other threads wake the context, is there in any case. */
gboolean
host_context_is_idle (void)
{
  GMainContext *context = g_main_context_default ();
  GPollFD fds[2];
  gboolean ready;
  int priority, timeout, n_fds;

  if (!g_main_context_acquire (context))
    return FALSE;
  ready = g_main_context_prepare (context, &priority);
  n_fds = g_main_context_query (context, G_MAXINT, &timeout, fds, G_N_ELEMENTS (fds));
  g_main_context_check (context, priority, fds, MIN (n_fds, (int)G_N_ELEMENTS (fds)));
  g_main_context_release (context);
  return !ready && timeout < 0 && n_fds <= 1;
}

guint
count_descriptors (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint count = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    count++;
  return count;
}

gboolean
is_gone (gpointer data)
{
  return *(gpointer *)data == NULL;
}
