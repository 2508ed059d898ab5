/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <amtprov/message-channel.h>
#include <amtprov/operation.h>
#include <amtprov/site.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_TRANSPORT (amt_prov_transport_get_type ())

AMT_PROV_EXPORT
G_DECLARE_INTERFACE (AmtProvTransport, amt_prov_transport, AMT_PROV, TRANSPORT, GObject)

/**
 * AmtProvTransportInterface:
 * @parent_iface: the parent
 * @get_schemes: the URI schemes that the transport serves, lower case. Always the same ones. Since:
 * 0.1
 * @open_stream: answer with a #GIOStream to the machine. Since: 0.1
 * @open_messages: answer with an #AmtProvMessageChannel to a partner inside the machine. Since: 0.1
 *
 * The functions that a transport implements.
 *
 * Since: 0.1
 */
/**
 * AmtProvTransportInterface::open_stream:
 * @self: a transport
 * @uri: the machine and its port, as `SCHEME:ADDRESS:PORT`; an IPv6 address stands in brackets
 * @site: the site of the machine, for settings of the transport
 * @operation: takes the answer
 * @error: return location for an error
 *
 * Answers @operation with a #GIOStream to the machine. The core speaks TLS and HTTP over it and
 * closes it. Asked again for each new connection. An error in the domain `AMT_PROV_ERROR` reaches
 * the caller of the channel as it is. One of any other domain, and one that the open stream gives,
 * counts as %AMT_PROV_ERROR_CONNECTION. Must not block.
 *
 * Returns: %TRUE when @operation is or will be answered; %FALSE with @error set is an answer too
 * Since: 0.1
 */
/**
 * AmtProvTransportInterface::open_messages:
 * @self: a transport
 * @uri: where the partner is, as `SCHEME:` with what the transport adds to it
 * @service: which partner; for `mei:` the GUID of a firmware client
 * @operation: takes the answer
 * @error: return location for an error
 *
 * Answers @operation with an #AmtProvMessageChannel. Must not block.
 *
 * Returns: %TRUE when @operation is or will be answered; %FALSE with @error set is an answer too
 * Since: 0.1
 */
struct _AmtProvTransportInterface {
  GTypeInterface parent_iface;
  const char *const *(*get_schemes) (AmtProvTransport *self);
  gboolean (*open_stream) (AmtProvTransport *self,
                           const char *uri,
                           AmtProvSite *site,
                           AmtProvOperation *operation,
                           GError **error);
  gboolean (*open_messages) (AmtProvTransport *self,
                             const char *uri,
                             const char *service,
                             AmtProvOperation *operation,
                             GError **error);
  /*< private >*/
  gpointer padding[7];
};

AMT_PROV_EXPORT const char *const *amt_prov_transport_get_schemes (AmtProvTransport *self);
AMT_PROV_EXPORT void amt_prov_transport_open_stream_async (AmtProvTransport *self,
                                                           const char *uri,
                                                           AmtProvSite *site,
                                                           guint timeout,
                                                           GCancellable *cancellable,
                                                           GAsyncReadyCallback callback,
                                                           gpointer user_data);
AMT_PROV_EXPORT GIOStream *amt_prov_transport_open_stream_finish (AmtProvTransport *self,
                                                                  GAsyncResult *result,
                                                                  GError **error);
AMT_PROV_EXPORT void amt_prov_transport_open_messages_async (AmtProvTransport *self,
                                                             const char *uri,
                                                             const char *service,
                                                             guint timeout,
                                                             GCancellable *cancellable,
                                                             GAsyncReadyCallback callback,
                                                             gpointer user_data);
AMT_PROV_EXPORT AmtProvMessageChannel *amt_prov_transport_open_messages_finish (
    AmtProvTransport *self, GAsyncResult *result, GError **error);

G_END_DECLS
