/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <amtprov/error.h>
#include <amtprov/hello-listener.h>

#include "engine/intake.h"
#include "engine/provisioner-private.h"
#include "engine/session-private.h"
#include "site/plugin-private.h"

/**
 * AmtProvProvisioner:
 *
 * The whole: takes hellos in, selects a method for each machine and runs sessions. A process may
 * have several, each on its own main context.
 *
 * To be rid of one, wait for amt_prov_provisioner_drain_async() and drop the last reference: then
 * nothing of it is left. When the last reference is dropped while sessions are in work, they are
 * cut off, and what they hold is released by the next turns of the main context.
 *
 * Since: 0.1
 */
G_DEFINE_FINAL_TYPE (AmtProvProvisioner, amt_prov_provisioner, G_TYPE_OBJECT)

/* So many machines can wait for a session; the others say hello again. */
#define MAX_WAITING 65536

enum { SIGNAL_DEVICE_CHANGED, SIGNAL_EVENT, SIGNAL_SESSION_STARTED, N_SIGNALS };

static guint signals[N_SIGNALS];

static void refuse_waiting (AmtProvProvisioner *self);

static void
stop_taking_in (AmtProvProvisioner *self)
{
  self->draining = TRUE;
  amt_prov_provisioner_stop_services (self);
  g_clear_pointer (&self->windows, amt_prov_windows_free);
  if (self->listener != NULL)
    amt_prov_hello_listener_stop (self->listener);
  refuse_waiting (self);
  g_hash_table_remove_all (self->verifications);
}

static void
for_all_in_work (AmtProvProvisioner *self, void (*func) (AmtProvIntake *))
{
  GHashTableIter iter;
  gpointer intake;

  g_hash_table_iter_init (&iter, self->in_work);
  while (g_hash_table_iter_next (&iter, NULL, &intake))
    func (intake);
}

static void
amt_prov_provisioner_dispose (GObject *object)
{
  AmtProvProvisioner *self = AMT_PROV_PROVISIONER (object);

  stop_taking_in (self);
  g_clear_object (&self->listener);
  g_cancellable_cancel (self->cancellable);
  for_all_in_work (self, amt_prov_intake_orphan);
  g_hash_table_remove_all (self->in_work);
  G_OBJECT_CLASS (amt_prov_provisioner_parent_class)->dispose (object);
}

static void
amt_prov_provisioner_finalize (GObject *object)
{
  AmtProvProvisioner *self = AMT_PROV_PROVISIONER (object);

  g_clear_object (&self->config);
  g_clear_object (&self->selector);
  g_clear_object (&self->database);
  g_clear_object (&self->plugins);
  g_clear_object (&self->registry);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->lease_owner, g_free);
  g_clear_pointer (&self->in_work, g_hash_table_unref);
  g_clear_pointer (&self->in_line, g_hash_table_unref);
  g_clear_pointer (&self->verifications, g_hash_table_unref);
  g_clear_pointer (&self->unadmitted, g_hash_table_unref);
  g_queue_clear_full (&self->waiting, (GDestroyNotify)amt_prov_intake_free);
  g_clear_pointer (&self->drains, g_ptr_array_unref);
  G_OBJECT_CLASS (amt_prov_provisioner_parent_class)->finalize (object);
}

static void
amt_prov_provisioner_class_init (AmtProvProvisionerClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = amt_prov_provisioner_dispose;
  G_OBJECT_CLASS (klass)->finalize = amt_prov_provisioner_finalize;

  /**
   * AmtProvProvisioner::device-changed:
   * @self: the provisioner
   * @device: the machine
   *
   * A machine has a new state or step, and the store has it.
   *
   * Since: 0.1
   */
  signals[SIGNAL_DEVICE_CHANGED] =
      g_signal_new ("device-changed", AMT_PROV_TYPE_PROVISIONER, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                    NULL, G_TYPE_NONE, 1, AMT_PROV_TYPE_DEVICE);
  /**
   * AmtProvProvisioner::event:
   * @self: the provisioner
   * @uuid: the machine
   * @text: what happened
   *
   * Something that an operator may want to read.
   *
   * Since: 0.1
   */
  signals[SIGNAL_EVENT] =
      g_signal_new ("event", AMT_PROV_TYPE_PROVISIONER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_STRING);
  /**
   * AmtProvProvisioner::session-started:
   * @self: the provisioner
   * @session: the session
   *
   * A machine has its site and its method, and a session with it begins. Nothing has been sent to
   * it yet, and no lease is held. Whoever keeps @session keeps what it works on alive.
   *
   * Since: 0.1
   */
  signals[SIGNAL_SESSION_STARTED] =
      g_signal_new ("session-started", AMT_PROV_TYPE_PROVISIONER, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                    NULL, G_TYPE_NONE, 1, AMT_PROV_TYPE_SESSION);
}

static void
drop_source (GSource *source)
{
  g_source_destroy (source);
  g_source_unref (source);
}

static void
amt_prov_provisioner_init (AmtProvProvisioner *self)
{
  self->cancellable = g_cancellable_new ();
  self->windows = amt_prov_windows_new (self);
  self->in_work = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->in_line = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->verifications =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)drop_source);
  self->unadmitted = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->drains = g_ptr_array_new_with_free_func (g_object_unref);
}

void
amt_prov_provisioner_emit_event (AmtProvProvisioner *self, const char *uuid, const char *text)
{
  g_signal_emit (self, signals[SIGNAL_EVENT], 0, uuid, text);
}

void
amt_prov_provisioner_emit_changed (AmtProvProvisioner *self, AmtProvDevice *device)
{
  g_signal_emit (self, signals[SIGNAL_DEVICE_CHANGED], 0, device);
}

void
amt_prov_provisioner_emit_session (AmtProvProvisioner *self, AmtProvSession *session)
{
  g_signal_emit (self, signals[SIGNAL_SESSION_STARTED], 0, session);
}

/* ---- putting it together ---- */

static gboolean
check_plugins (AmtProvProvisioner *self, GError **error)
{
  GPtrArray *plugins = amt_prov_plugin_set_get_plugins (self->plugins);

  for (guint i = 0; i < plugins->len; i++) {
    AmtProvPlugin *plugin = plugins->pdata[i];

    if (plugin->enabled && plugin->refusal != NULL)
      g_warning ("plugin %s is not loaded: %s", plugin->name, plugin->refusal);
  }
  if (amt_prov_plugin_set_get_methods (self->plugins)->len > 0)
    return TRUE;
  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFIG,
               "%s: [amtprov] plugins: no plugin with a method could be loaded",
               amt_prov_config_get_path (self->config));
  return FALSE;
}

/* Nobody else has it: a command and the daemon must not work on the same machine. */
static char *
make_lease_owner (void)
{
  g_autofree char *id = g_uuid_string_random ();

  return g_strdup_printf ("%s:%s", g_get_host_name (), id);
}

/* A daemon that was killed and starts again takes its own leases over at once. The port for hellos
 * sees to it that there is one only. */
static char *
make_daemon_lease_owner (AmtProvConfig *config)
{
  g_autofree char *path = g_canonicalize_filename (amt_prov_config_get_path (config), NULL);

  return g_strdup_printf ("%s:%s", g_get_host_name (), path);
}

/**
 * amt_prov_provisioner_new:
 * @config: the configuration
 * @error: return location for an error
 *
 * Loads what the configuration names and opens the store. Blocks for as long as the store takes to
 * open. Everything else happens on the thread-default main context of the calling thread, which
 * must be the one that uses the provisioner.
 *
 * Returns: (transfer full): a provisioner, or %NULL with @error set
 * Since: 0.1
 */
AmtProvProvisioner *
amt_prov_provisioner_new (AmtProvConfig *config, GError **error)
{
  g_autoptr (AmtProvProvisioner) self = NULL;
  g_auto (GStrv) directories = NULL;
  AmtProvSettings *limits;

  g_return_val_if_fail (AMT_PROV_IS_CONFIG (config), NULL);

  self = g_object_new (AMT_PROV_TYPE_PROVISIONER, NULL);
  self->config = g_object_ref (config);
  directories = amt_prov_config_get_default_capability_dirs ();
  self->registry = amt_prov_capability_registry_new ((const char *const *)directories, error);
  if (self->registry == NULL)
    return NULL;
  self->plugins = amt_prov_plugin_set_new_for_config (config);
  if (!check_plugins (self, error))
    return NULL;
  self->database = amt_prov_plugin_set_open_database (self->plugins, config, error);
  if (self->database == NULL)
    return NULL;
  self->selector = amt_prov_selector_new_for_plugins (self->registry, self->plugins);
  limits = amt_prov_config_get_settings (config, "limits");
  self->max_sessions = (guint)amt_prov_settings_get_int (limits, "sessions");
  self->step_seconds = (guint)amt_prov_settings_get_int (limits, "step-seconds");
  self->lease_owner = make_lease_owner ();
  return g_steal_pointer (&self);
}

/**
 * amt_prov_provisioner_get_config:
 * @self: a provisioner
 *
 * The configuration that it was made with.
 *
 * Returns: (transfer none): the configuration
 * Since: 0.1
 */
AmtProvConfig *
amt_prov_provisioner_get_config (AmtProvProvisioner *self)
{
  g_return_val_if_fail (AMT_PROV_IS_PROVISIONER (self), NULL);

  return self->config;
}

/**
 * amt_prov_provisioner_get_registry:
 * @self: a provisioner
 *
 * The capabilities of the AMT releases, with the site's overlays.
 *
 * Returns: (transfer none): the registry
 * Since: 0.1
 */
AmtProvCapabilityRegistry *
amt_prov_provisioner_get_registry (AmtProvProvisioner *self)
{
  g_return_val_if_fail (AMT_PROV_IS_PROVISIONER (self), NULL);

  return self->registry;
}

/**
 * amt_prov_provisioner_get_plugins:
 * @self: a provisioner
 *
 * The plugins.
 *
 * Returns: (transfer none): the plugin set
 * Since: 0.1
 */
AmtProvPluginSet *
amt_prov_provisioner_get_plugins (AmtProvProvisioner *self)
{
  g_return_val_if_fail (AMT_PROV_IS_PROVISIONER (self), NULL);

  return self->plugins;
}

/**
 * amt_prov_provisioner_get_database:
 * @self: a provisioner
 *
 * The store with its secrets.
 *
 * Returns: (transfer none): the database
 * Since: 0.1
 */
AmtProvDatabase *
amt_prov_provisioner_get_database (AmtProvProvisioner *self)
{
  g_return_val_if_fail (AMT_PROV_IS_PROVISIONER (self), NULL);

  return self->database;
}

/* ---- hellos ---- */

static void
on_hello (AmtProvHelloListener *listener,
          AmtProvHello *hello,
          const char *address,
          AmtProvProvisioner *self)
{
  amt_prov_provisioner_handle_hello (self, hello, address);
}

/**
 * amt_prov_provisioner_listen:
 * @self: a provisioner
 * @error: return location for an error
 *
 * Listens for hellos where the configuration says, starts the services of plugins, and verifies
 * machines whose setup was committed when an earlier daemon stopped: they do not say hello any
 * more.
 *
 * Returns: %TRUE when it listens
 * Since: 0.1
 */
gboolean
amt_prov_provisioner_listen (AmtProvProvisioner *self, GError **error)
{
  AmtProvSettings *limits;
  g_auto (GStrv) addresses = NULL;

  g_return_val_if_fail (AMT_PROV_IS_PROVISIONER (self), FALSE);
  g_return_val_if_fail (self->listener == NULL, FALSE);

  limits = amt_prov_config_get_settings (self->config, "limits");
  addresses =
      amt_prov_settings_get_list (amt_prov_config_get_settings (self->config, "hello"), "listen");
  self->listener = amt_prov_hello_listener_new (
      (const char *const *)addresses, (guint)amt_prov_settings_get_int (limits, "connections"),
      (guint)amt_prov_settings_get_int (limits, "hellos-per-source"));
  g_signal_connect_object (self->listener, "hello", G_CALLBACK (on_hello), self, 0);
  if (!amt_prov_hello_listener_start (self->listener, error) ||
      !amt_prov_provisioner_start_services (self, error)) {
    amt_prov_provisioner_stop_services (self);
    g_clear_object (&self->listener);
    return FALSE;
  }
  g_free (self->lease_owner);
  self->lease_owner = make_daemon_lease_owner (self->config);
  amt_prov_provisioner_resume (self);
  return TRUE;
}

/**
 * amt_prov_provisioner_get_addresses:
 * @self: a provisioner
 *
 * Where it listens for hellos.
 *
 * Returns: (transfer full) (array zero-terminated=1): `ADDRESS:PORT` each, with the real ports
 * Since: 0.1
 */
char **
amt_prov_provisioner_get_addresses (AmtProvProvisioner *self)
{
  g_return_val_if_fail (AMT_PROV_IS_PROVISIONER (self), NULL);

  if (self->listener == NULL)
    return g_new0 (char *, 1);
  return amt_prov_hello_listener_get_addresses (self->listener);
}

static void
finish_drains (AmtProvProvisioner *self)
{
  g_autoptr (GPtrArray) drains = NULL;

  if (g_hash_table_size (self->in_work) > 0)
    return;
  drains = g_steal_pointer (&self->drains);
  self->drains = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < drains->len; i++)
    g_task_return_boolean (drains->pdata[i], TRUE);
}

static gboolean
drain_cancelled (GCancellable *cancellable, gpointer user_data)
{
  for_all_in_work (g_task_get_source_object (user_data), amt_prov_intake_stop);
  return G_SOURCE_REMOVE;
}

static void
watch_drain (GTask *task)
{
  GCancellable *cancellable = g_task_get_cancellable (task);
  GSource *source;

  if (cancellable == NULL)
    return;
  source = g_cancellable_source_new (cancellable);
  g_source_set_callback (source, G_SOURCE_FUNC (drain_cancelled), task, NULL);
  g_source_attach (source, g_task_get_context (task));
  g_task_set_task_data (task, source, (GDestroyNotify)drop_source);
}

static void start_waiting (AmtProvProvisioner *self);

void
amt_prov_provisioner_leave (AmtProvProvisioner *self, const char *uuid)
{
  g_hash_table_remove (self->in_work, uuid);
  start_waiting (self);
  finish_drains (self);
}

static void
start_waiting (AmtProvProvisioner *self)
{
  while (!self->draining && g_hash_table_size (self->in_work) < self->max_sessions &&
         !g_queue_is_empty (&self->waiting)) {
    AmtProvIntake *intake = g_queue_pop_head (&self->waiting);

    g_hash_table_remove (self->in_line, amt_prov_intake_get_uuid (intake));
    g_hash_table_insert (self->in_work, g_strdup (amt_prov_intake_get_uuid (intake)), intake);
    amt_prov_intake_start (intake);
  }
}

static GError *
refuse_entry (AmtProvProvisioner *self, const char *uuid)
{
  if (self->draining)
    return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED,
                                "the provisioner is stopping and takes nothing in");
  if (g_hash_table_contains (self->in_work, uuid) || g_hash_table_contains (self->in_line, uuid))
    return g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_CONFLICT, "%s is in work already", uuid);
  if (g_queue_get_length (&self->waiting) >= MAX_WAITING)
    return g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_FAILED,
                        "%d machines are waiting for a session already: raise [limits] sessions, "
                        "or find out who says so many hellos",
                        MAX_WAITING);
  return NULL;
}

/* Takes a machine in, now or when a session is free. */
void
amt_prov_provisioner_enter (AmtProvProvisioner *self, AmtProvIntake *intake)
{
  const char *uuid = amt_prov_intake_get_uuid (intake);
  g_autoptr (GError) error = refuse_entry (self, uuid);

  if (error != NULL) {
    amt_prov_intake_refuse (intake, error);
    return;
  }
  g_hash_table_add (self->in_line, g_strdup (uuid));
  g_queue_push_tail (&self->waiting, intake);
  start_waiting (self);
  if (g_queue_peek_tail (&self->waiting) == intake)
    amt_prov_provisioner_mark_in_line (self, uuid);
}

/**
 * amt_prov_provisioner_handle_hello:
 * @self: a provisioner
 * @hello: the message
 * @address: where it came from
 *
 * Does what the listener does for a hello that arrived on another way. Hellos of a machine that is
 * in work, or waits for its turn, are merged.
 *
 * Since: 0.1
 */
void
amt_prov_provisioner_handle_hello (AmtProvProvisioner *self,
                                   AmtProvHello *hello,
                                   const char *address)
{
  g_return_if_fail (AMT_PROV_IS_PROVISIONER (self));
  g_return_if_fail (hello != NULL);
  g_return_if_fail (address != NULL);

  amt_prov_provisioner_enter (self, amt_prov_intake_new (self, hello, address, NULL));
}

/**
 * amt_prov_provisioner_get_session_count:
 * @self: a provisioner
 *
 * How many machines are in work.
 *
 * Returns: the number
 * Since: 0.1
 */
guint
amt_prov_provisioner_get_session_count (AmtProvProvisioner *self)
{
  g_return_val_if_fail (AMT_PROV_IS_PROVISIONER (self), 0);

  return g_hash_table_size (self->in_work);
}

static void
refuse_waiting (AmtProvProvisioner *self)
{
  AmtProvIntake *intake;

  g_hash_table_remove_all (self->in_line);
  while ((intake = g_queue_pop_head (&self->waiting)) != NULL) {
    g_autoptr (GError) error = refuse_entry (self, amt_prov_intake_get_uuid (intake));

    amt_prov_intake_refuse (intake, error);
  }
}

/**
 * amt_prov_provisioner_drain_async:
 * @self: a provisioner
 * @cancellable: (nullable): cuts off the sessions in work; the next hellos of their machines go on
 * @callback: (scope async): called when no session is in work any more
 * @user_data: data for @callback
 *
 * Takes no more hellos and waits for the sessions in work.
 *
 * Since: 0.1
 */
void
amt_prov_provisioner_drain_async (AmtProvProvisioner *self,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (AMT_PROV_IS_PROVISIONER (self));

  stop_taking_in (self);
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, amt_prov_provisioner_drain_async);
  watch_drain (task);
  g_ptr_array_add (self->drains, g_steal_pointer (&task));
  finish_drains (self);
}

/**
 * amt_prov_provisioner_drain_finish:
 * @self: a provisioner
 * @result: the result given to the callback
 * @error: return location for an error
 *
 * Ends amt_prov_provisioner_drain_async(). Whatever it returns, no session is in work.
 *
 * Returns: %TRUE when all sessions came to their end, %FALSE with %G_IO_ERROR_CANCELLED when they
 * were cut off
 * Since: 0.1
 */
gboolean
amt_prov_provisioner_drain_finish (AmtProvProvisioner *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
