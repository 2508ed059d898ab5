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
  gboolean json;
  int timeout;
} AgentServerOptions;

#define AGENT_DEFAULT_TIMEOUT 3600

#define AGENT_SERVER_ENTRIES(options)                                                              \
  {"mei",                                                                                          \
   0,                                                                                              \
   0,                                                                                              \
   G_OPTION_ARG_STRING,                                                                            \
   &(options).mei,                                                                                 \
   "The device file of the firmware, or unix:SOCKET of a simulator",                               \
   "DEVICE"},                                                                                      \
      {"server",                                                                                   \
       0,                                                                                          \
       0,                                                                                          \
       G_OPTION_ARG_STRING,                                                                        \
       &(options).server,                                                                          \
       "The provisioning server, https://HOST[:PORT]",                                             \
       "URL"},                                                                                     \
      {"token-file",                                                                               \
       0,                                                                                          \
       0,                                                                                          \
       G_OPTION_ARG_FILENAME,                                                                      \
       &(options).token_file,                                                                      \
       "The file with the token of the site (amtprov agent token add)",                            \
       "FILE"},                                                                                    \
      {"fingerprint",                                                                              \
       0,                                                                                          \
       0,                                                                                          \
       G_OPTION_ARG_STRING,                                                                        \
       &(options).fingerprint,                                                                     \
       "The SHA-256 of the server's certificate, in place of a CA",                                \
       "SHA256"},                                                                                  \
  {                                                                                                \
    "json", 0, 0, G_OPTION_ARG_NONE, &(options).json, "Print JSON", NULL                           \
  }

void agent_server_options_clear (AgentServerOptions *self);
/* @need_token: whether it is an error that there is none */
AgentEndpoint *agent_server_options_open (AgentServerOptions *self,
                                          AgentTool *tool,
                                          gboolean need_token,
                                          GError **error);
void agent_say (const char *text, gpointer data);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (AgentServerOptions, agent_server_options_clear)

G_END_DECLS
