/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "refusal.h"
#include "start.h"

/* Milliseconds between two looks; the last one stays. */
static const guint16 waits[] = {250, 500, 1000, 2000, 5000};

typedef struct {
  AgentFirmware *firmware;
  AgentEndpoint *endpoint;
  const char *path;
  const AgentStartOptions *options;
  char *said;
} Follow;

/* Each thing once, until another one comes. */
static void
say (Follow *self, char *text)
{
  if (g_strcmp0 (text, self->said) != 0)
    self->options->say (text, self->options->say_data);
  g_free (self->said);
  self->said = text;
}

/* FALSE: it will come to nothing. A server that is not there for a while may be there again. */
static gboolean
look_at_server (Follow *self, gboolean *operational, GError **error)
{
  GError *why = NULL;
  g_autoptr (AgentProgress) progress = NULL;
  g_autofree char *text = NULL;

  if (self->endpoint == NULL || self->path == NULL)
    return TRUE;
  progress = amt_prov_agent_endpoint_follow (self->endpoint, self->path, &why);
  if (progress == NULL && (g_error_matches (why, AMT_PROV_ERROR, AMT_PROV_ERROR_CONNECTION) ||
                           g_error_matches (why, AMT_PROV_ERROR, AMT_PROV_ERROR_TIMEOUT))) {
    say (self, g_strdup (why->message));
    g_error_free (why);
    return TRUE;
  }
  if (progress == NULL) {
    g_propagate_error (error, why);
    return FALSE;
  }
  *operational = progress->operational;
  text = amt_prov_agent_progress_to_text (progress);
  say (self, g_strconcat ("the server says: ", text, NULL));
  if (g_strcmp0 (progress->state, "blocked") == 0)
    return amt_prov_agent_refuse (error, "the server cannot set the machine up: %s",
                                  progress->message != NULL ? progress->message : "see its log");
  return TRUE;
}

/* The firmware may reset when its setup is committed. */
static void
look_at_firmware (Follow *self, gboolean *operational)
{
  g_autoptr (GError) why = NULL;
  g_autoptr (AmtProvHeciMessage) answer =
      amt_prov_agent_firmware_ask (self->firmware, "get-provisioning-state", &why);

  if (answer == NULL)
    say (self, g_strdup (why->message));
  else
    *operational = amt_prov_heci_message_get_number (answer, "state") == AGENT_PT_STATE_POST;
}

/* In milliseconds: what the server wants, but not beyond the end. */
static guint
get_wait (Follow *self, guint wait, gint64 end)
{
  guint retry = self->endpoint != NULL ? amt_prov_agent_endpoint_get_retry (self->endpoint) : 0;
  gint64 left = (end - g_get_monotonic_time ()) / 1000;

  return retry > wait ? (guint)CLAMP (left, 0, retry) : wait;
}

/* Until both the firmware and the server, where it is asked, say that it is operational. */
static gboolean
follow (Follow *self, GError **error)
{
  gint64 end = g_get_monotonic_time () + (gint64)self->options->timeout * G_USEC_PER_SEC;

  for (gsize i = 0;; i = MIN (i + 1, G_N_ELEMENTS (waits) - 1)) {
    gboolean operational = FALSE;
    gboolean confirmed = self->endpoint == NULL || self->path == NULL;

    look_at_firmware (self, &operational);
    amt_prov_agent_firmware_close (self->firmware);
    if (!look_at_server (self, &confirmed, error))
      return FALSE;
    if (operational && confirmed)
      return TRUE;
    if (g_get_monotonic_time () > end) {
      g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_TIMEOUT,
                           "the machine is not operational in the time of --timeout; see the "
                           "server's log, and \"amtprov-agent check\"");
      return FALSE;
    }
    if (!amt_prov_agent_firmware_wait (self->firmware, get_wait (self, waits[i], end), error))
      return FALSE;
  }
}

gboolean
amt_prov_agent_follow (AgentFirmware *firmware,
                       AgentEndpoint *endpoint,
                       const char *path,
                       const AgentStartOptions *options,
                       GError **error)
{
  Follow self = {.firmware = firmware, .endpoint = endpoint, .path = path, .options = options};
  gboolean done = follow (&self, error);

  g_free (self.said);
  return done;
}
