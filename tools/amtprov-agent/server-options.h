/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "machine/start.h"
#include "tool.h"

G_BEGIN_DECLS

/* What the commands that talk to a server take. */
typedef struct {
  char *mei;
  char *server;
  char *token_file;
  char *fingerprint;
  char *certificate;
  char *key;
  gboolean json;
  int timeout;
} AgentServerOptions;

#define AGENT_DEFAULT_TIMEOUT 3600

/* As amtprov_parse_options(), with the options of the command besides those that are shared; they
 * end with G_OPTION_ENTRY_NULL. */
gboolean agent_server_options_parse (AgentServerOptions *self,
                                     const AmtprovUsage *usage,
                                     const GOptionEntry *own,
                                     int *argc,
                                     char ***argv);
void agent_server_options_clear (AgentServerOptions *self);
/* @need_token: whether it is an error that there is none */
AgentEndpoint *agent_server_options_open (AgentServerOptions *self,
                                          AgentTool *tool,
                                          gboolean need_token,
                                          GError **error);
void agent_say (const char *text, gpointer data);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (AgentServerOptions, agent_server_options_clear)

G_END_DECLS
