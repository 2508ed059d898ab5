/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <amtprov/error.h>
#include <amtprov/transport.h>

#include "base/operation-private.h"
#include "base/vfunc-private.h"

/**
 * AmtProvTransport:
 *
 * A way to reach machines that is not TCP, usually from a plugin: a tunnel, a gateway, a serial
 * line. A site names it by one of its URI schemes in `[device] transport`. The scheme `tcp` is what
 * the core does itself.
 *
 * Since: 0.1
 */
G_DEFINE_INTERFACE (AmtProvTransport, amt_prov_transport, G_TYPE_OBJECT)

/* A script may leave a function out. */
static const char *const *
have_no_schemes (AmtProvTransport *self)
{
  static const char *const none[] = {NULL};

  return none;
}

static gboolean
have_no_stream (AmtProvTransport *self,
                const char *uri,
                AmtProvSite *site,
                AmtProvOperation *operation,
                GError **error)
{
  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PLUGIN_FAILED,
               "the transport for %s has no function open_stream", uri);
  return FALSE;
}

static gboolean
have_no_messages (AmtProvTransport *self,
                  const char *uri,
                  const char *service,
                  AmtProvOperation *operation,
                  GError **error)
{
  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PLUGIN_FAILED,
               "the transport for %s has no function open_messages", uri);
  return FALSE;
}

static void
amt_prov_transport_default_init (AmtProvTransportInterface *iface)
{
  iface->get_schemes = have_no_schemes;
  iface->open_stream = have_no_stream;
  iface->open_messages = have_no_messages;
}

/**
 * amt_prov_transport_get_schemes:
 * @self: a transport
 *
 * The URI schemes that the transport serves.
 *
 * Returns: (transfer none) (array zero-terminated=1): the schemes, lower case
 * Since: 0.1
 */
const char *const *
amt_prov_transport_get_schemes (AmtProvTransport *self)
{
  g_return_val_if_fail (AMT_PROV_IS_TRANSPORT (self), NULL);

  return AMT_PROV_TRANSPORT_GET_IFACE (self)->get_schemes (self);
}

/* Opening something takes time, whatever it is. @what: (transfer full): says it in errors. */
static AmtProvOperation *
begin (AmtProvTransport *self,
       char *what,
       GType type,
       guint timeout,
       GCancellable *cancellable,
       GAsyncReadyCallback callback,
       gpointer user_data)
{
  g_autofree char *name = what;
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  AmtProvOperation *operation = amt_prov_operation_new (task, timeout, name);

  g_task_set_source_tag (task, begin);
  amt_prov_operation_expect (operation, type, FALSE);
  return operation;
}

/* What is not in the library's words says only that nobody was reached. Takes error. */
static GError *
translate (GTask *task, GError *error)
{
  g_autoptr (GError) foreign = error;

  if (error->domain == AMT_PROV_ERROR || g_cancellable_is_cancelled (g_task_get_cancellable (task)))
    return g_steal_pointer (&foreign);
  return g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_CONNECTION, "%s failed: %s (%s)",
                      g_task_get_name (task), error->message, g_quark_to_string (error->domain));
}

static gpointer
end (AmtProvTransport *self, GAsyncResult *result, GError **error)
{
  GError *failure = NULL;
  gpointer opened;

  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  opened = g_task_propagate_pointer (G_TASK (result), &failure);
  if (failure != NULL)
    g_propagate_error (error, translate (G_TASK (result), failure));
  return opened;
}

/**
 * amt_prov_transport_open_stream_async:
 * @self: a transport
 * @uri: the machine and its port, as `SCHEME:ADDRESS:PORT`; an IPv6 address stands in brackets
 * @site: the site of the machine, for settings of the transport
 * @timeout: time limit in milliseconds
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when done
 * @user_data: data for @callback
 *
 * Opens a stream of bytes to a machine.
 *
 * Since: 0.1
 */
void
amt_prov_transport_open_stream_async (AmtProvTransport *self,
                                      const char *uri,
                                      AmtProvSite *site,
                                      guint timeout,
                                      GCancellable *cancellable,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data)
{
  g_autoptr (AmtProvOperation) operation = NULL;
  gint64 began = g_get_monotonic_time ();
  GError *error = NULL;
  gboolean started;

  g_return_if_fail (AMT_PROV_IS_TRANSPORT (self));
  g_return_if_fail (uri != NULL);
  g_return_if_fail (AMT_PROV_IS_SITE (site));

  operation = begin (self, g_strdup_printf ("opening a stream to %s", uri), G_TYPE_IO_STREAM,
                     timeout, cancellable, callback, user_data);
  started = AMT_PROV_TRANSPORT_GET_IFACE (self)->open_stream (self, uri, site, operation, &error);
  amt_prov_vfunc_check (self, self, "transport", uri, "open_stream", began);
  amt_prov_operation_conclude (operation, started, error);
}

/**
 * amt_prov_transport_open_stream_finish:
 * @self: a transport
 * @result: the result given to the callback
 * @error: return location for an error
 *
 * Ends amt_prov_transport_open_stream_async(). An error of the transport that is of another domain
 * than `AMT_PROV_ERROR` is %AMT_PROV_ERROR_CONNECTION here, with its text and the name of its
 * domain.
 *
 * Returns: (transfer full): the open stream, or %NULL with the error of the transport,
 * %AMT_PROV_ERROR_PLUGIN_FAILED, %AMT_PROV_ERROR_TIMEOUT or %G_IO_ERROR_CANCELLED
 * Since: 0.1
 */
GIOStream *
amt_prov_transport_open_stream_finish (AmtProvTransport *self, GAsyncResult *result, GError **error)
{
  return end (self, result, error);
}

/**
 * amt_prov_transport_open_messages_async:
 * @self: a transport
 * @uri: where the partner is, as `SCHEME:` with what the transport adds to it
 * @service: which partner; for `mei:` the GUID of a firmware client
 * @timeout: time limit in milliseconds
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when done
 * @user_data: data for @callback
 *
 * Begins a conversation of whole messages.
 *
 * Since: 0.1
 */
void
amt_prov_transport_open_messages_async (AmtProvTransport *self,
                                        const char *uri,
                                        const char *service,
                                        guint timeout,
                                        GCancellable *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data)
{
  g_autoptr (AmtProvOperation) operation = NULL;
  gint64 began = g_get_monotonic_time ();
  GError *error = NULL;
  gboolean started;

  g_return_if_fail (AMT_PROV_IS_TRANSPORT (self));
  g_return_if_fail (uri != NULL && service != NULL);

  operation = begin (self, g_strdup_printf ("opening %s", uri), AMT_PROV_TYPE_MESSAGE_CHANNEL,
                     timeout, cancellable, callback, user_data);
  started =
      AMT_PROV_TRANSPORT_GET_IFACE (self)->open_messages (self, uri, service, operation, &error);
  amt_prov_vfunc_check (self, self, "transport", uri, "open_messages", began);
  amt_prov_operation_conclude (operation, started, error);
}

/**
 * amt_prov_transport_open_messages_finish:
 * @self: a transport
 * @result: the result given to the callback
 * @error: return location for an error
 *
 * Ends amt_prov_transport_open_messages_async(). Errors are those of
 * amt_prov_transport_open_stream_finish().
 *
 * Returns: (transfer full): the channel, or %NULL with the error of the transport,
 * %AMT_PROV_ERROR_PLUGIN_FAILED, %AMT_PROV_ERROR_TIMEOUT or %G_IO_ERROR_CANCELLED
 * Since: 0.1
 */
AmtProvMessageChannel *
amt_prov_transport_open_messages_finish (AmtProvTransport *self,
                                         GAsyncResult *result,
                                         GError **error)
{
  return end (self, result, error);
}
