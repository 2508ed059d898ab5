/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "server-options.h"

void
agent_server_options_clear (AgentServerOptions *self)
{
  g_free (self->mei);
  g_free (self->server);
  g_free (self->token_file);
  g_free (self->fingerprint);
}

AgentEndpoint *
agent_server_options_open (AgentServerOptions *self,
                           AgentTool *tool,
                           gboolean need_token,
                           GError **error)
{
  g_autoptr (AmtProvSecret) token = NULL;

  if (self->token_file == NULL && need_token) {
    g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFIG,
                         "--token-file is missing: \"amtprov agent token add\" on the server makes "
                         "a token");
    return NULL;
  }
  if (self->token_file != NULL) {
    token = amt_prov_secret_new_from_file (self->token_file, error);
    if (token == NULL)
      return NULL;
  }
  return amt_prov_agent_endpoint_new (self->server, token, self->fingerprint, tool->firmware,
                                      error);
}

/* On stderr: stdout is for the outcome. */
void
agent_say (const char *text, gpointer data)
{
  g_printerr ("%s\n", text);
}
