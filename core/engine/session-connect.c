/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <amtprov/error.h>

#include "channel/channel-private.h"
#include "engine/session-private.h"
#include "site/site-private.h"

/* RFC 5246 §7.2: what firmware answers that mixed up the versions of the key exchange
 * (tls-http.md §6.4). */
#define ALERT_BAD_RECORD_MAC 20

/* RFC 5246 §7.2: there is no version that both sides allow. */
#define ALERT_PROTOCOL_VERSION 70

typedef struct {
  AmtProvTlsPolicy *policy;
  GPtrArray *passwords;
  AmtProvAction *question;
  guint16 port;
  gboolean limited;
} ConnectData;

static void
connect_data_free (ConnectData *data)
{
  g_clear_pointer (&data->policy, amt_prov_tls_policy_unref);
  g_clear_pointer (&data->passwords, g_ptr_array_unref);
  g_clear_object (&data->question);
  g_free (data);
}

static void try_connect (GTask *task);

static void
limit_to_tls10 (ConnectData *data)
{
  AmtProvTlsPolicy *limited =
      amt_prov_tls_policy_copy_limited (data->policy, AMT_PROV_TLS_VERSION_1_0);

  amt_prov_tls_policy_unref (data->policy);
  data->policy = limited;
  data->limited = TRUE;
}

static gboolean
may_retry (ConnectData *data, GError *error)
{
  return data->policy != NULL && !data->limited &&
         amt_prov_error_get_tls_alert (error) == ALERT_BAD_RECORD_MAC &&
         amt_prov_tls_policy_get_min_version (data->policy) == AMT_PROV_TLS_VERSION_1_0 &&
         amt_prov_tls_policy_get_max_version (data->policy) > AMT_PROV_TLS_VERSION_1_0;
}

/* As long as the release is unknown only the handshake tells that the machine needs old TLS. */
static GError *
explain_versions (AmtProvSession *self, GError *error)
{
  g_autoptr (AmtProvRule) rule = NULL;
  g_autofree char *place = NULL;
  GError *blocked;

  if (amt_prov_error_get_tls_alert (error) != ALERT_PROTOCOL_VERSION ||
      amt_prov_site_get_legacy_tls (self->site) != AMT_PROV_LEGACY_TLS_DENY)
    return error;
  rule = amt_prov_site_dup_rule (self->site, "security", "legacy-tls");
  place = rule != NULL ? amt_prov_rule_to_string (rule) : g_strdup ("[security] legacy-tls");
  blocked = g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_BLOCKED,
                         "the machine does not speak TLS 1.2, and legacy-tls=deny (%s) forbids "
                         "what is older: set legacy-tls=auto for a site that must keep such "
                         "machines (%s)",
                         place, error->message);
  g_error_free (error);
  return blocked;
}

static void
opened (GObject *source, GAsyncResult *result, gpointer user_data)
{
  AmtProvChannel *channel = AMT_PROV_CHANNEL (source);
  g_autoptr (GTask) task = user_data;
  ConnectData *data = g_task_get_task_data (task);
  AmtProvSession *self = g_task_get_source_object (task);
  g_autoptr (GError) error = NULL;

  if (amt_prov_channel_open_finish (channel, result, &error)) {
    if (data->limited)
      amt_prov_session_set_fact (self, "tls-max", "1.0");
    g_task_return_pointer (task, g_object_ref (channel), g_object_unref);
    return;
  }
  amt_prov_channel_close (channel);
  /* Anybody can make us remember a limit; one that does not help is forgotten. */
  if (data->limited && g_error_matches (error, AMT_PROV_ERROR, AMT_PROV_ERROR_TLS))
    amt_prov_session_set_fact (self, "tls-max", NULL);
  if (!may_retry (data, error)) {
    g_task_return_error (task, explain_versions (self, g_steal_pointer (&error)));
    return;
  }
  limit_to_tls10 (data);
  try_connect (task);
}

/* The configuration was refused if no plugin had a transport for the scheme; but its code may have
 * failed to load. */
static void
set_no_transport (AmtProvSession *self, const char *scheme, GError **error)
{
  g_autoptr (AmtProvRule) rule = amt_prov_site_dup_rule (self->site, "device", "transport");
  g_autofree char *place = amt_prov_rule_to_string (rule);

  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_BLOCKED,
               "site %s reaches its machines by %s (%s), but no plugin that provides transport:%s "
               "is loaded: amtprov plugins says why",
               amt_prov_site_get_name (self->site), scheme, place, scheme);
}

static AmtProvChannel *
make_channel (AmtProvSession *self, ConnectData *data, GError **error)
{
  const char *scheme = amt_prov_site_get_transport (self->site);
  AmtProvTransport *transport;

  if (g_str_equal (scheme, AMT_PROV_TRANSPORT_TCP))
    return amt_prov_channel_new (self->address, data->port, data->policy, self->capabilities);
  transport = amt_prov_plugin_set_find_transport (self->plugins, scheme);
  if (transport != NULL)
    return amt_prov_channel_new_over (transport, scheme, self->site, self->address, data->port,
                                      data->policy, self->capabilities);
  set_no_transport (self, scheme, error);
  return NULL;
}

static void
try_connect (GTask *task)
{
  AmtProvSession *self = g_task_get_source_object (task);
  ConnectData *data = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (AmtProvChannel) channel = make_channel (self, data, &error);

  if (channel == NULL) {
    g_task_return_error (task, error);
    return;
  }
  amt_prov_channel_set_passwords (channel, "admin", data->passwords);
  if (self->channel != NULL)
    amt_prov_channel_follow (channel, self->channel);
  amt_prov_channel_open_with_async (channel, data->question, g_task_get_cancellable (task), opened,
                                    g_object_ref (task));
}

/**
 * amt_prov_session_connect_async:
 * @self: a session
 * @policy: (nullable): how to use TLS, %NULL for plain HTTP
 * @port: the port
 * @passwords: (element-type AmtProvSecret): administrator passwords, each tried once in this order,
 *   after an attempt without any
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when done
 * @user_data: data for @callback
 *
 * Opens a channel to the session's machine, by the transport that the site names, and logs in. When
 * no loaded plugin has it, that is %AMT_PROV_ERROR_BLOCKED. Firmware that answers the handshake
 * with alert 20 is tried once more with TLS 1.0 only, and remembered (tls-http.md §6.4).
 *
 * Since: 0.1
 */
void
amt_prov_session_connect_async (AmtProvSession *self,
                                AmtProvTlsPolicy *policy,
                                guint16 port,
                                GPtrArray *passwords,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  g_autoptr (AmtProvAction) question = amt_prov_action_new (AMT_PROV_ACTION_READ_GENERAL);

  g_return_if_fail (AMT_PROV_IS_SESSION (self));

  amt_prov_session_connect_with_async (self, policy, port, passwords, question, cancellable,
                                       callback, user_data);
}

/* Opens the channel with a question of the caller's, which must do no harm. */
void
amt_prov_session_connect_with_async (AmtProvSession *self,
                                     AmtProvTlsPolicy *policy,
                                     guint16 port,
                                     GPtrArray *passwords,
                                     AmtProvAction *question,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  ConnectData *data;

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, amt_prov_session_connect_async);
  data = g_new0 (ConnectData, 1);
  data->policy = policy != NULL ? amt_prov_tls_policy_ref (policy) : NULL;
  data->passwords = g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_secret_unref);
  g_ptr_array_extend (data->passwords, passwords, (GCopyFunc)amt_prov_secret_ref, NULL);
  data->question = g_object_ref (question);
  data->port = port;
  g_task_set_task_data (task, data, (GDestroyNotify)connect_data_free);
  if (policy != NULL &&
      g_strcmp0 (amt_prov_device_get_fact (self->device, "tls-max"), "1.0") == 0 &&
      amt_prov_tls_policy_get_min_version (policy) == AMT_PROV_TLS_VERSION_1_0)
    limit_to_tls10 (data);
  try_connect (task);
}

/**
 * amt_prov_session_connect_finish:
 * @self: a session
 * @result: the result given to the callback
 * @error: return location for an error
 *
 * Ends amt_prov_session_connect_async().
 *
 * Returns: (transfer full): the open channel, or %NULL with @error set
 * Since: 0.1
 */
AmtProvChannel *
amt_prov_session_connect_finish (AmtProvSession *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
