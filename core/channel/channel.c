/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/channel-private.h"

#include <amtprov/error.h>

#include "channel/call-private.h"
#include "channel/eoi-private.h"
#include "channel/wsman-private.h"

/**
 * AmtProvChannel:
 *
 * An authenticated way to one machine: steps ask for actions, and the channel speaks whatever
 * interface the machine has. It does its work on the thread-default main context of its maker, one
 * request at a time.
 *
 * Since: 0.1
 */
struct _AmtProvChannel {
  GObject parent_instance;
  AmtProvHttp *http;
  AmtProvCapabilities *capabilities;
  const AmtProvInterface *interface;
  gpointer memory;
  GError *not_wsman; /* why WS-Man was given up */
  gboolean tls;
  gboolean busy;
};

G_DEFINE_FINAL_TYPE (AmtProvChannel, amt_prov_channel, G_TYPE_OBJECT)

static void
use_interface (AmtProvChannel *self, const AmtProvInterface *interface)
{
  if (self->memory != NULL)
    g_rc_box_release_full (self->memory, self->interface->memory_clear);
  self->interface = interface;
  self->memory = interface->memory_new ();
}

static void
amt_prov_channel_finalize (GObject *object)
{
  AmtProvChannel *self = AMT_PROV_CHANNEL (object);

  g_clear_object (&self->http);
  g_clear_error (&self->not_wsman);
  g_clear_pointer (&self->capabilities, amt_prov_capabilities_unref);
  g_rc_box_release_full (self->memory, self->interface->memory_clear);
  G_OBJECT_CLASS (amt_prov_channel_parent_class)->finalize (object);
}

static void
amt_prov_channel_class_init (AmtProvChannelClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = amt_prov_channel_finalize;
}

static void
amt_prov_channel_init (AmtProvChannel *self)
{
  use_interface (self, amt_prov_wsman_get_interface ());
}

/**
 * amt_prov_channel_new:
 * @address: IPv4 or IPv6 address, or a host name
 * @port: TCP port: 16993 with TLS, 16992 without
 * @policy: (nullable): how to use TLS; %NULL speaks plain HTTP
 * @capabilities: (nullable): what the release can do, %NULL while unknown
 *
 * Makes a channel; nothing is sent yet.
 *
 * Returns: (transfer full): the channel
 *
 * Since: 0.1
 */
AmtProvChannel *
amt_prov_channel_new (const char *address,
                      guint16 port,
                      AmtProvTlsPolicy *policy,
                      AmtProvCapabilities *capabilities)
{
  g_return_val_if_fail (address != NULL, NULL);

  AmtProvChannel *self = g_object_new (AMT_PROV_TYPE_CHANNEL, NULL);
  self->http = amt_prov_http_new (address, port, policy);
  self->tls = policy != NULL;
  amt_prov_channel_set_capabilities (self, capabilities);
  return self;
}

/**
 * amt_prov_channel_new_over:
 * @transport: how the machine is reached
 * @scheme: the scheme of @transport to use
 * @site: the site of the machine
 * @address: IPv4 or IPv6 address, or a host name
 * @port: port of the machine: 16993 with TLS, 16992 without
 * @policy: (nullable): how to use TLS; %NULL speaks plain HTTP
 * @capabilities: (nullable): what the release can do, %NULL while unknown
 *
 * Makes a channel that goes over a transport instead of TCP; nothing is sent yet. For each new
 * connection the transport is asked for a stream to `SCHEME:ADDRESS:PORT`. When it has none, the
 * action fails with the error of the transport.
 *
 * Returns: (transfer full): the channel
 *
 * Since: 0.1
 */
AmtProvChannel *
amt_prov_channel_new_over (AmtProvTransport *transport,
                           const char *scheme,
                           AmtProvSite *site,
                           const char *address,
                           guint16 port,
                           AmtProvTlsPolicy *policy,
                           AmtProvCapabilities *capabilities)
{
  g_return_val_if_fail (AMT_PROV_IS_TRANSPORT (transport), NULL);
  g_return_val_if_fail (scheme != NULL, NULL);
  g_return_val_if_fail (AMT_PROV_IS_SITE (site), NULL);
  g_return_val_if_fail (address != NULL, NULL);

  AmtProvChannel *self = amt_prov_channel_new (address, port, policy, capabilities);
  amt_prov_http_set_transport (self->http, transport, scheme, site);
  return self;
}

/**
 * amt_prov_channel_set_passwords:
 * @self: a channel
 * @user: user name, usually `admin`
 * @passwords: (element-type AmtProvSecret): the passwords to try, in this order, each once
 *
 * Sets what the channel answers when the device asks for a log-in. The first request goes out
 * without; a device may let us in on our certificate alone (wsman.md §3).
 *
 * Since: 0.1
 */
void
amt_prov_channel_set_passwords (AmtProvChannel *self, const char *user, GPtrArray *passwords)
{
  g_return_if_fail (AMT_PROV_IS_CHANNEL (self));
  g_return_if_fail (user != NULL);
  amt_prov_http_set_passwords (self->http, user, passwords);
}

/**
 * amt_prov_channel_set_capabilities:
 * @self: a channel
 * @capabilities: (nullable): what the release can do, once it is known
 *
 * Sets the capabilities that later actions go by.
 *
 * Since: 0.1
 */
void
amt_prov_channel_set_capabilities (AmtProvChannel *self, AmtProvCapabilities *capabilities)
{
  g_return_if_fail (AMT_PROV_IS_CHANNEL (self));

  AmtProvCapabilities *old = self->capabilities;
  self->capabilities = capabilities == NULL ? NULL : amt_prov_capabilities_ref (capabilities);
  g_clear_pointer (&old, amt_prov_capabilities_unref);
  amt_prov_http_set_keeps_log_in (
      self->http,
      capabilities == NULL || amt_prov_capabilities_get_boolean (capabilities, "keeps-log-in"));
}

/* After an ACL change the device drops its sessions (wsman.md §1): the new password counts from
 * now on, and the one before it is kept for firmware that takes its time. */
static void
use_new_password (AmtProvChannel *self, AmtProvAction *action)
{
  g_autoptr (GPtrArray) passwords =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_secret_unref);
  AmtProvSecret *password = amt_prov_action_get_secret (action, "password");
  AmtProvSecret *old = amt_prov_http_get_password (self->http);

  g_ptr_array_add (passwords, amt_prov_secret_ref (password));
  if (old != NULL && !amt_prov_secret_equal (old, password))
    g_ptr_array_add (passwords, amt_prov_secret_ref (old));
  amt_prov_http_set_passwords (self->http, amt_prov_action_get_string (action, "user"), passwords);
}

/* The channel before led to the same machine and is done: what it knew for the log-in need not be
 * asked for again (wsman.md §1). */
void
amt_prov_channel_follow (AmtProvChannel *self, AmtProvChannel *before)
{
  amt_prov_http_take_nonce (self->http, before->http);
}

/* While the release is unknown every interface may be. */
static gboolean
may_speak (AmtProvChannel *self, const AmtProvInterface *interface)
{
  g_auto (GStrv) known = NULL;

  if (self->capabilities == NULL)
    return TRUE;
  known = amt_prov_capabilities_get_list (self->capabilities, "interfaces");
  return g_strv_contains ((const char *const *)known, interface->name);
}

/* The newer one where there is a choice (eoi.md §4.3). */
static void
choose_interface (AmtProvChannel *self)
{
  const AmtProvInterface *eoi = amt_prov_eoi_get_interface ();
  const AmtProvInterface *wsman = amt_prov_wsman_get_interface ();

  g_clear_error (&self->not_wsman);
  use_interface (self, may_speak (self, wsman) || !may_speak (self, eoi) ? wsman : eoi);
}

static gboolean
try_older_interface (AmtProvChannel *self, GTask *task, GError *error)
{
  const AmtProvInterface *eoi = amt_prov_eoi_get_interface ();

  if (g_task_get_source_tag (task) != amt_prov_channel_open_async || self->interface == eoi ||
      !may_speak (self, eoi) ||
      !g_error_matches (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_SUPPORTED))
    return FALSE;
  self->not_wsman = g_error_copy (error);
  use_interface (self, eoi);
  return TRUE;
}

/* A device that has neither interface is told so for both. */
static GError *
explain_interfaces (AmtProvChannel *self, GError *error)
{
  if (self->not_wsman != NULL &&
      g_error_matches (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_SUPPORTED))
    g_prefix_error (&error, "%s; ", self->not_wsman->message);
  return error;
}

static void perform (AmtProvChannel *self, GTask *task);

static void
on_done (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  AmtProvChannel *self = g_task_get_source_object (task);
  g_autoptr (GError) error = NULL;
  gboolean log_in_again = FALSE;

  self->busy = FALSE;
  if (!amt_prov_call_run_finish (AMT_PROV_HTTP (source), result, &log_in_again, &error)) {
    if (try_older_interface (self, task, error))
      perform (self, task);
    else
      g_task_return_error (task, explain_interfaces (self, g_steal_pointer (&error)));
    return;
  }
  g_clear_error (&self->not_wsman);
  if (log_in_again)
    use_new_password (self, g_task_get_task_data (task));
  g_task_return_boolean (task, TRUE);
}

static void
perform (AmtProvChannel *self, GTask *task)
{
  AmtProvAction *action = g_task_get_task_data (task);

  if (self->busy) {
    g_task_return_new_error (task, AMT_PROV_ERROR, AMT_PROV_ERROR_WRONG_STATE,
                             "an action is under way on this channel; devices take one at a time");
    return;
  }
  self->busy = TRUE;
  amt_prov_call_run_async (self->http, self->interface, self->memory, action, self->capabilities,
                           g_task_get_cancellable (task), on_done, g_object_ref (task));
}

/**
 * amt_prov_channel_open_async:
 * @self: a channel
 * @cancellable: (nullable): a cancellable
 * @callback: called when the device has let us in or not
 * @user_data: for @callback
 *
 * Connects and asks one harmless question, so that TLS and the log-in are proven. The capability
 * `interfaces` says which interface is spoken; where it leaves a choice WS-Man is, and EOI when the
 * device does not have it.
 *
 * Since: 0.1
 */
void
amt_prov_channel_open_async (AmtProvChannel *self,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_return_if_fail (AMT_PROV_IS_CHANNEL (self));

  g_autoptr (AmtProvAction) question = amt_prov_action_new (AMT_PROV_ACTION_READ_GENERAL);
  amt_prov_channel_open_with_async (self, question, cancellable, callback, user_data);
}

/* Opens it with a question of the caller's, which must do no harm. */
void
amt_prov_channel_open_with_async (AmtProvChannel *self,
                                  AmtProvAction *question,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, amt_prov_channel_open_async);
  g_task_set_task_data (task, g_object_ref (question), g_object_unref);
  if (!self->busy)
    choose_interface (self);
  perform (self, task);
}

/**
 * amt_prov_channel_open_finish:
 * @self: a channel
 * @result: the result
 * @error: return location
 *
 * Ends amt_prov_channel_open_async().
 *
 * Returns: %TRUE when the device has let us in; else %AMT_PROV_ERROR_CONNECTION,
 * %AMT_PROV_ERROR_TIMEOUT, %AMT_PROV_ERROR_TLS, %AMT_PROV_ERROR_AUTH_FAILED,
 * %AMT_PROV_ERROR_NOT_SUPPORTED (no interface that we speak), %AMT_PROV_ERROR_REFUSED,
 * %AMT_PROV_ERROR_PROTOCOL or %G_IO_ERROR_CANCELLED
 *
 * Since: 0.1
 */
gboolean
amt_prov_channel_open_finish (AmtProvChannel *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * amt_prov_channel_perform_async:
 * @self: a channel
 * @action: what to do; its answers are put into it
 * @cancellable: (nullable): a cancellable
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Does an action. One at a time: a second one fails with %AMT_PROV_ERROR_WRONG_STATE. After
 * amt_prov_channel_close() it connects again.
 *
 * Since: 0.1
 */
void
amt_prov_channel_perform_async (AmtProvChannel *self,
                                AmtProvAction *action,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  g_return_if_fail (AMT_PROV_IS_CHANNEL (self));
  g_return_if_fail (AMT_PROV_IS_ACTION (action));

  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, amt_prov_channel_perform_async);
  g_task_set_task_data (task, g_object_ref (action), g_object_unref);
  perform (self, task);
}

/**
 * amt_prov_channel_perform_finish:
 * @self: a channel
 * @result: the result
 * @error: return location
 *
 * Ends amt_prov_channel_perform_async().
 *
 * Returns: %TRUE when the device did it; else an error as for amt_prov_channel_open_finish(), or
 * %AMT_PROV_ERROR_NOT_SUPPORTED where release or interface cannot do it,
 * %AMT_PROV_ERROR_NOT_FOUND where an instance is missing, and %AMT_PROV_ERROR_REFUSED with the PT
 * status where the device says no
 *
 * Since: 0.1
 */
gboolean
amt_prov_channel_perform_finish (AmtProvChannel *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * amt_prov_channel_is_tls:
 * @self: a channel
 *
 * Tells whether the channel is encrypted.
 *
 * Returns: %TRUE with TLS
 *
 * Since: 0.1
 */
gboolean
amt_prov_channel_is_tls (AmtProvChannel *self)
{
  g_return_val_if_fail (AMT_PROV_IS_CHANNEL (self), FALSE);
  return self->tls;
}

/**
 * amt_prov_channel_get_interface:
 * @self: a channel
 *
 * Gets the name of the interface spoken, as the key `interfaces` of the capability files has it.
 *
 * Returns: (transfer none): `wsman` or `eoi`
 *
 * Since: 0.1
 */
const char *
amt_prov_channel_get_interface (AmtProvChannel *self)
{
  g_return_val_if_fail (AMT_PROV_IS_CHANNEL (self), NULL);
  return self->interface->name;
}

/**
 * amt_prov_channel_get_password:
 * @self: a channel
 *
 * Gets the password that let us in.
 *
 * Returns: (transfer none) (nullable): the password, %NULL when the device never asked for one or
 * has not let us in
 *
 * Since: 0.1
 */
AmtProvSecret *
amt_prov_channel_get_password (AmtProvChannel *self)
{
  g_return_val_if_fail (AMT_PROV_IS_CHANNEL (self), NULL);
  return amt_prov_http_get_password (self->http);
}

/**
 * amt_prov_channel_get_peer_certificate:
 * @self: a channel
 *
 * Gets the certificate that the device showed last.
 *
 * Returns: (transfer none) (nullable): its DER form, %NULL without TLS or with TLS-PSK
 *
 * Since: 0.1
 */
GBytes *
amt_prov_channel_get_peer_certificate (AmtProvChannel *self)
{
  g_return_val_if_fail (AMT_PROV_IS_CHANNEL (self), NULL);
  return amt_prov_http_get_peer_certificate (self->http);
}

/**
 * amt_prov_channel_get_request_count:
 * @self: a channel
 *
 * Gets how many requests were sent. One that was answered with a challenge and repeated with the
 * log-in counts once per password.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint
amt_prov_channel_get_request_count (AmtProvChannel *self)
{
  g_return_val_if_fail (AMT_PROV_IS_CHANNEL (self), 0);
  return amt_prov_http_get_request_count (self->http);
}

/**
 * amt_prov_channel_close:
 * @self: a channel
 *
 * Drops the connection and what was read over it. An action under way fails with
 * %AMT_PROV_ERROR_CONNECTION; the next one connects again.
 *
 * Since: 0.1
 */
void
amt_prov_channel_close (AmtProvChannel *self)
{
  g_return_if_fail (AMT_PROV_IS_CHANNEL (self));
  use_interface (self, self->interface);
  amt_prov_http_close (self->http);
}

void
amt_prov_channel_set_limits (AmtProvChannel *self,
                             gsize max_answer,
                             guint connect_milliseconds,
                             guint answer_milliseconds)
{
  amt_prov_http_set_limits (self->http, max_answer, connect_milliseconds, answer_milliseconds);
}
