/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "caller.h"

#include <string.h>

#include "mei/mei-transport.h"

#define LIMIT_MS 20000

void
caller_set_up (Caller *self, gconstpointer data)
{
  self->context = g_main_context_new ();
  self->transport = g_object_new (AMT_PROV_TYPE_MEI_TRANSPORT, NULL);
}

void
caller_tear_down (Caller *self, gconstpointer data)
{
  g_object_unref (self->transport);
  while (g_main_context_iteration (self->context, FALSE))
    ;
  g_main_context_unref (self->context);
}

static void
on_result (GObject *source, GAsyncResult *result, gpointer data)
{
  *(GAsyncResult **)data = g_object_ref (result);
}

static GAsyncResult *
wait_for (Caller *self, GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (self->context, TRUE);
  g_main_context_pop_thread_default (self->context);
  return *result;
}

AmtProvMessageChannel *
caller_open (Caller *self, const char *uri, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  g_main_context_push_thread_default (self->context);
  amt_prov_transport_open_messages_async (self->transport, uri,
                                          amt_prov_heci_client_get_guid (AMT_PROV_HECI_CLIENT_PTHI),
                                          LIMIT_MS, NULL, on_result, &result);
  return amt_prov_transport_open_messages_finish (self->transport, wait_for (self, &result), error);
}

AmtProvMessageChannel *
caller_open_well (Caller *self, const char *uri)
{
  g_autoptr (GError) error = NULL;
  AmtProvMessageChannel *channel = caller_open (self, uri, &error);

  g_assert_no_error (error);
  return channel;
}

gboolean
caller_send (Caller *self, AmtProvMessageChannel *channel, GBytes *message, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  g_main_context_push_thread_default (self->context);
  amt_prov_message_channel_send_async (channel, message, LIMIT_MS, NULL, on_result, &result);
  return amt_prov_message_channel_send_finish (channel, wait_for (self, &result), error);
}

gboolean
caller_begin_send (Caller *self, AmtProvMessageChannel *channel, GBytes *message)
{
  g_main_context_push_thread_default (self->context);
  amt_prov_message_channel_send_async (channel, message, LIMIT_MS, NULL, on_result, &self->sent);
  g_main_context_pop_thread_default (self->context);
  while (g_main_context_iteration (self->context, FALSE))
    ;
  if (self->sent == NULL)
    return FALSE;
  g_assert_true (caller_end_send (self, channel, NULL));
  return TRUE;
}

gboolean
caller_end_send (Caller *self, AmtProvMessageChannel *channel, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  while (self->sent == NULL)
    g_main_context_iteration (self->context, TRUE);
  result = g_steal_pointer (&self->sent);
  return amt_prov_message_channel_send_finish (channel, result, error);
}

GBytes *
caller_receive (Caller *self, AmtProvMessageChannel *channel, guint timeout, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  g_main_context_push_thread_default (self->context);
  amt_prov_message_channel_receive_async (channel, timeout, NULL, on_result, &result);
  return amt_prov_message_channel_receive_finish (channel, wait_for (self, &result), error);
}

char *
caller_ask (Caller *self, AmtProvMessageChannel *channel, const char *text, GError **error)
{
  g_autoptr (GBytes) message = g_bytes_new (text, strlen (text));
  g_autoptr (GBytes) answer = NULL;

  if (!caller_send (self, channel, message, error))
    return NULL;
  answer = caller_receive (self, channel, LIMIT_MS, error);
  return answer != NULL ? g_strndup (g_bytes_get_data (answer, NULL), g_bytes_get_size (answer))
                        : NULL;
}
