/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <amtprov/error.h>
#include <amtprov/message-channel.h>

#include "base/operation-private.h"
#include "base/vfunc-private.h"

/**
 * AmtProvMessageChannel:
 *
 * A conversation of whole messages, as with a firmware client over MEI. A message has a beginning,
 * an end and no limit that the core knows, and may be empty. Comes from a transport
 * (amt_prov_transport_open_messages_async()). Sending and receiving each do one thing at a time.
 *
 * Since: 0.1
 */
G_DEFINE_INTERFACE (AmtProvMessageChannel, amt_prov_message_channel, G_TYPE_OBJECT)

/* A script may leave a function out. */
static gboolean
cannot_send (AmtProvMessageChannel *self,
             GBytes *message,
             AmtProvOperation *operation,
             GError **error)
{
  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PLUGIN_FAILED,
               "the message channel %s has no function send", G_OBJECT_TYPE_NAME (self));
  return FALSE;
}

static gboolean
cannot_receive (AmtProvMessageChannel *self, AmtProvOperation *operation, GError **error)
{
  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PLUGIN_FAILED,
               "the message channel %s has no function receive", G_OBJECT_TYPE_NAME (self));
  return FALSE;
}

static void
need_not_close (AmtProvMessageChannel *self)
{
}

static void
amt_prov_message_channel_default_init (AmtProvMessageChannelInterface *iface)
{
  iface->send = cannot_send;
  iface->receive = cannot_receive;
  iface->close = need_not_close;
}

/**
 * amt_prov_message_channel_send_async:
 * @self: a channel
 * @message: one whole message
 * @timeout: time limit in milliseconds
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when done
 * @user_data: data for @callback
 *
 * Sends one message.
 *
 * Since: 0.1
 */
void
amt_prov_message_channel_send_async (AmtProvMessageChannel *self,
                                     GBytes *message,
                                     guint timeout,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  g_autoptr (AmtProvOperation) operation = NULL;
  gint64 began = g_get_monotonic_time ();
  GError *error = NULL;
  gboolean started;

  g_return_if_fail (AMT_PROV_IS_MESSAGE_CHANNEL (self));
  g_return_if_fail (message != NULL);

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, amt_prov_message_channel_send_async);
  operation = amt_prov_operation_new (task, timeout, "sending a message");
  amt_prov_operation_expect (operation, G_TYPE_NONE, TRUE);
  started = AMT_PROV_MESSAGE_CHANNEL_GET_IFACE (self)->send (self, message, operation, &error);
  amt_prov_vfunc_check (self, self, "message channel", G_OBJECT_TYPE_NAME (self), "send", began);
  amt_prov_operation_conclude (operation, started, error);
}

/**
 * amt_prov_message_channel_send_finish:
 * @self: a channel
 * @result: the result given to the callback
 * @error: return location for an error
 *
 * Ends amt_prov_message_channel_send_async().
 *
 * Returns: %TRUE when the message was sent; %FALSE with the error of the channel,
 * %AMT_PROV_ERROR_PLUGIN_FAILED, %AMT_PROV_ERROR_TIMEOUT or %G_IO_ERROR_CANCELLED
 * Since: 0.1
 */
gboolean
amt_prov_message_channel_send_finish (AmtProvMessageChannel *self,
                                      GAsyncResult *result,
                                      GError **error)
{
  GError *found = NULL;

  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  g_task_propagate_pointer (G_TASK (result), &found);
  if (found == NULL)
    return TRUE;
  g_propagate_error (error, found);
  return FALSE;
}

/**
 * amt_prov_message_channel_receive_async:
 * @self: a channel
 * @timeout: time limit in milliseconds
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when done
 * @user_data: data for @callback
 *
 * Waits for one message.
 *
 * Since: 0.1
 */
void
amt_prov_message_channel_receive_async (AmtProvMessageChannel *self,
                                        guint timeout,
                                        GCancellable *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  g_autoptr (AmtProvOperation) operation = NULL;
  gint64 began = g_get_monotonic_time ();
  GError *error = NULL;
  gboolean started;

  g_return_if_fail (AMT_PROV_IS_MESSAGE_CHANNEL (self));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, amt_prov_message_channel_receive_async);
  operation = amt_prov_operation_new (task, timeout, "waiting for a message");
  amt_prov_operation_expect (operation, G_TYPE_VARIANT, FALSE);
  started = AMT_PROV_MESSAGE_CHANNEL_GET_IFACE (self)->receive (self, operation, &error);
  amt_prov_vfunc_check (self, self, "message channel", G_OBJECT_TYPE_NAME (self), "receive", began);
  amt_prov_operation_conclude (operation, started, error);
}

/**
 * amt_prov_message_channel_receive_finish:
 * @self: a channel
 * @result: the result given to the callback
 * @error: return location for an error
 *
 * Ends amt_prov_message_channel_receive_async().
 *
 * Returns: (transfer full): the message, which may be empty; %NULL with the error of the channel,
 * %AMT_PROV_ERROR_PLUGIN_FAILED, %AMT_PROV_ERROR_TIMEOUT or %G_IO_ERROR_CANCELLED
 * Since: 0.1
 */
GBytes *
amt_prov_message_channel_receive_finish (AmtProvMessageChannel *self,
                                         GAsyncResult *result,
                                         GError **error)
{
  g_autoptr (GVariant) message = NULL;

  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  message = g_task_propagate_pointer (G_TASK (result), error);
  if (message == NULL)
    return NULL;
  if (g_variant_is_of_type (message, G_VARIANT_TYPE_BYTESTRING))
    return g_variant_get_data_as_bytes (message);
  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PLUGIN_FAILED,
               "the message channel %s answered with a variant of type %s where ay is needed",
               G_OBJECT_TYPE_NAME (self), g_variant_get_type_string (message));
  return NULL;
}

/**
 * amt_prov_message_channel_close:
 * @self: a channel
 *
 * Ends the conversation, so that others can have the partner. Happens by itself when the last
 * reference goes.
 *
 * Since: 0.1
 */
void
amt_prov_message_channel_close (AmtProvMessageChannel *self)
{
  g_return_if_fail (AMT_PROV_IS_MESSAGE_CHANNEL (self));

  AMT_PROV_MESSAGE_CHANNEL_GET_IFACE (self)->close (self);
}
