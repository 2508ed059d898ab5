/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "firmware.h"

/* The waits for a busy or resetting firmware are in them. */
#define OPEN_MS 40000
/* What LMS gives (heci.md §1.2). */
#define SEND_MS    5000
#define RECEIVE_MS 15000

#define MAX_RESETS 3

struct _AgentFirmware {
  AmtProvTransport *transport;
  char *uri;
  GMainContext *context;
  GCancellable *cancellable;
  AmtProvMessageChannel *channel;
  AmtProvHeciClient client; /* of the channel */
  guint n_ahead;            /* requests on the channel that nobody has asked for yet */
  gboolean one_by_one;      /* firmware has lost what was sent ahead */
};

AgentFirmware *
amt_prov_agent_firmware_new (AmtProvTransport *transport,
                             const char *uri,
                             GMainContext *context,
                             GCancellable *cancellable)
{
  AgentFirmware *self = g_new0 (AgentFirmware, 1);

  self->transport = g_object_ref (transport);
  self->uri = g_strdup (uri);
  self->context = g_main_context_ref (context);
  self->cancellable = g_object_ref (cancellable);
  return self;
}

void
amt_prov_agent_firmware_close (AgentFirmware *self)
{
  if (self->channel != NULL)
    amt_prov_message_channel_close (self->channel);
  g_clear_object (&self->channel);
  self->n_ahead = 0;
}

void
amt_prov_agent_firmware_free (AgentFirmware *self)
{
  amt_prov_agent_firmware_close (self);
  g_object_unref (self->transport);
  g_object_unref (self->cancellable);
  g_main_context_unref (self->context);
  g_free (self->uri);
  g_free (self);
}

static void
on_result (GObject *source, GAsyncResult *result, gpointer data)
{
  *(GAsyncResult **)data = g_object_ref (result);
}

/* Ends what began with pushing the context. */
static GAsyncResult *
wait_for (AgentFirmware *self, GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (self->context, TRUE);
  g_main_context_pop_thread_default (self->context);
  return *result;
}

gboolean
amt_prov_agent_firmware_open (AgentFirmware *self, AmtProvHeciClient client, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  if (self->channel != NULL && self->client == client)
    return TRUE;
  amt_prov_agent_firmware_close (self);
  g_main_context_push_thread_default (self->context);
  amt_prov_transport_open_messages_async (self->transport, self->uri,
                                          amt_prov_heci_client_get_guid (client), OPEN_MS,
                                          self->cancellable, on_result, &result);
  self->channel =
      amt_prov_transport_open_messages_finish (self->transport, wait_for (self, &result), error);
  self->client = client;
  return self->channel != NULL;
}

static gboolean
send_message (AgentFirmware *self, GBytes *bytes, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  g_main_context_push_thread_default (self->context);
  amt_prov_message_channel_send_async (self->channel, bytes, SEND_MS, self->cancellable, on_result,
                                       &result);
  return amt_prov_message_channel_send_finish (self->channel, wait_for (self, &result), error);
}

static GBytes *
receive_message (AgentFirmware *self, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  g_main_context_push_thread_default (self->context);
  amt_prov_message_channel_receive_async (self->channel, RECEIVE_MS, self->cancellable, on_result,
                                          &result);
  return amt_prov_message_channel_receive_finish (self->channel, wait_for (self, &result), error);
}

static AmtProvHeciMessage *
exchange (AgentFirmware *self, AmtProvHeciMessage *request, GBytes *bytes, GError **error)
{
  g_autoptr (GBytes) answer = NULL;

  if (!amt_prov_agent_firmware_open (self, amt_prov_heci_message_get_client (request), error))
    return NULL;
  if (self->n_ahead > 0)
    self->n_ahead--;
  else if (!send_message (self, bytes, error))
    return NULL;
  answer = receive_message (self, error);
  if (answer == NULL)
    return NULL;
  if (g_bytes_get_size (answer) > 0)
    return amt_prov_heci_message_decode_response (amt_prov_heci_message_get_command (request),
                                                  answer, error);
  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_WRONG_STATE,
               "the firmware answers nothing: AMT is disabled. Enable it in the BIOS or in the "
               "MEBx; where the firmware allows it, \"amtprov-agent start\" does it");
  return NULL;
}

static AmtProvHeciMessage *
call (AgentFirmware *self, AmtProvHeciMessage *request, guint max_resets, GError **error)
{
  g_autoptr (GBytes) bytes = amt_prov_heci_message_encode (request, error);

  for (guint resets = 0; bytes != NULL; resets++) {
    GError *why = NULL;
    gboolean ahead = self->n_ahead > 0;
    g_autoptr (AmtProvHeciMessage) response = exchange (self, request, bytes, &why);

    if (response != NULL)
      return amt_prov_heci_message_check_status (response, error) ? g_steal_pointer (&response)
                                                                  : NULL;
    /* What comes late would be taken for the answer to the next request. */
    amt_prov_agent_firmware_close (self);
    self->one_by_one |= ahead;
    if (!ahead && (resets >= max_resets ||
                   !g_error_matches (why, AMT_PROV_ERROR, AMT_PROV_ERROR_CONNECTION))) {
      g_propagate_error (error, why);
      return NULL;
    }
    g_error_free (why);
  }
  return NULL;
}

AmtProvHeciMessage *
amt_prov_agent_firmware_call (AgentFirmware *self, AmtProvHeciMessage *request, GError **error)
{
  return call (self, request, MAX_RESETS, error);
}

AmtProvHeciMessage *
amt_prov_agent_firmware_call_once (AgentFirmware *self, AmtProvHeciMessage *request, GError **error)
{
  return call (self, request, 0, error);
}

AmtProvHeciMessage *
amt_prov_agent_firmware_ask (AgentFirmware *self, const char *command, GError **error)
{
  g_autoptr (AmtProvHeciMessage) request = amt_prov_heci_message_new_request (command);

  return amt_prov_agent_firmware_call (self, request, error);
}

static AmtProvHeciMessage *
new_request (const char *command, const char *name, guint32 number)
{
  AmtProvHeciMessage *self = amt_prov_heci_message_new_request (command);

  amt_prov_heci_message_set_value (self, name, g_variant_new_uint32 (number));
  return self;
}

AmtProvHeciMessage *
amt_prov_agent_firmware_ask_number (
    AgentFirmware *self, const char *command, const char *name, guint32 number, GError **error)
{
  g_autoptr (AmtProvHeciMessage) request = new_request (command, name, number);

  return amt_prov_agent_firmware_call (self, request, error);
}

void
amt_prov_agent_firmware_send_number_ahead (AgentFirmware *self,
                                           const char *command,
                                           const char *name,
                                           guint32 number)
{
  g_autoptr (AmtProvHeciMessage) request = new_request (command, name, number);
  g_autoptr (GBytes) bytes = amt_prov_heci_message_encode (request, NULL);

  if (self->one_by_one || bytes == NULL ||
      !amt_prov_agent_firmware_open (self, amt_prov_heci_message_get_client (request), NULL))
    return;
  if (send_message (self, bytes, NULL))
    self->n_ahead++;
  else
    amt_prov_agent_firmware_close (self);
}

gboolean
amt_prov_agent_firmware_is_lost (const GError *error)
{
  static const int harmless[] = {AMT_PROV_ERROR_REFUSED, AMT_PROV_ERROR_INVALID_DATA,
                                 AMT_PROV_ERROR_NOT_FOUND, AMT_PROV_ERROR_NOT_SUPPORTED};

  for (gsize i = 0; i < G_N_ELEMENTS (harmless); i++)
    if (g_error_matches (error, AMT_PROV_ERROR, harmless[i]))
      return FALSE;
  return TRUE;
}

void
amt_prov_agent_firmware_shield (AgentFirmware *self)
{
  g_object_unref (self->cancellable);
  self->cancellable = g_cancellable_new ();
}

static gboolean
on_time (gpointer data)
{
  *(gboolean *)data = TRUE;
  return G_SOURCE_REMOVE;
}

gboolean
amt_prov_agent_firmware_wait (AgentFirmware *self, guint milliseconds, GError **error)
{
  g_autoptr (GSource) source = g_timeout_source_new (milliseconds);
  gboolean over = FALSE;

  g_source_set_callback (source, on_time, &over, NULL);
  g_source_attach (source, self->context);
  while (!over && !g_cancellable_is_cancelled (self->cancellable))
    g_main_context_iteration (self->context, TRUE);
  g_source_destroy (source);
  return !g_cancellable_set_error_if_cancelled (self->cancellable, error);
}

gboolean
amt_prov_agent_firmware_is_cancelled (AgentFirmware *self)
{
  g_main_context_iteration (self->context, FALSE);
  return g_cancellable_is_cancelled (self->cancellable);
}
