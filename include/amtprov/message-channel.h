/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <amtprov/operation.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_MESSAGE_CHANNEL (amt_prov_message_channel_get_type ())

AMT_PROV_EXPORT
G_DECLARE_INTERFACE (
    AmtProvMessageChannel, amt_prov_message_channel, AMT_PROV, MESSAGE_CHANNEL, GObject)

/**
 * AmtProvMessageChannelInterface:
 * @parent_iface: the parent
 * @send: send one message. Since: 0.1
 * @receive: wait for one message. Since: 0.1
 * @close: give the partner free. Since: 0.1
 *
 * The functions that a message channel implements.
 *
 * Since: 0.1
 */
/**
 * AmtProvMessageChannelInterface::send:
 * @self: a channel
 * @message: one whole message; it may hold secrets
 * @operation: takes the answer, a %NULL variant
 * @error: return location for an error
 *
 * Sends one message. Must not block.
 *
 * Returns: %TRUE when @operation is or will be answered; %FALSE with @error set is an answer too
 * Since: 0.1
 */
/**
 * AmtProvMessageChannelInterface::receive:
 * @self: a channel
 * @operation: takes the answer, a variant of type `ay`
 * @error: return location for an error
 *
 * Answers @operation with the next whole message, which may be empty. Must not block.
 *
 * Returns: %TRUE when @operation is or will be answered; %FALSE with @error set is an answer too
 * Since: 0.1
 */
/**
 * AmtProvMessageChannelInterface::close:
 * @self: a channel
 *
 * Ends the conversation. What comes after is answered with %AMT_PROV_ERROR_CONNECTION.
 *
 * Since: 0.1
 */
struct _AmtProvMessageChannelInterface {
  GTypeInterface parent_iface;
  gboolean (*send) (AmtProvMessageChannel *self,
                    GBytes *message,
                    AmtProvOperation *operation,
                    GError **error);
  gboolean (*receive) (AmtProvMessageChannel *self, AmtProvOperation *operation, GError **error);
  void (*close) (AmtProvMessageChannel *self);
  /*< private >*/
  gpointer padding[8];
};

AMT_PROV_EXPORT void amt_prov_message_channel_send_async (AmtProvMessageChannel *self,
                                                          GBytes *message,
                                                          guint timeout,
                                                          GCancellable *cancellable,
                                                          GAsyncReadyCallback callback,
                                                          gpointer user_data);
AMT_PROV_EXPORT gboolean amt_prov_message_channel_send_finish (AmtProvMessageChannel *self,
                                                               GAsyncResult *result,
                                                               GError **error);
AMT_PROV_EXPORT void amt_prov_message_channel_receive_async (AmtProvMessageChannel *self,
                                                             guint timeout,
                                                             GCancellable *cancellable,
                                                             GAsyncReadyCallback callback,
                                                             gpointer user_data);
AMT_PROV_EXPORT GBytes *amt_prov_message_channel_receive_finish (AmtProvMessageChannel *self,
                                                                 GAsyncResult *result,
                                                                 GError **error);
AMT_PROV_EXPORT void amt_prov_message_channel_close (AmtProvMessageChannel *self);

G_END_DECLS
