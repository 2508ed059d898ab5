/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "info.h"
#include "local.h"

G_BEGIN_DECLS

/* The server that machines are reported to (docs/agent-api.yaml). */
typedef struct _AgentEndpoint AgentEndpoint;

typedef enum {
  AGENT_INSTRUCTION_GO,
  AGENT_INSTRUCTION_WAIT,
  AGENT_INSTRUCTION_DONE,
} AgentInstructionOrder;

typedef struct {
  AgentInstructionOrder order;
  char *site;
  char *reason;
  AmtProvSecret *otp; /* NULL: the site uses none */
  char *suffix;       /* NULL: leave what is set */
  char *follow;
  guint retry_after; /* seconds until it is worth reporting again; 0: nobody knows */
} AgentInstruction;

typedef struct {
  char *state;
  char *step;
  char *message;
  gboolean operational;
} AgentProgress;

/* @url: https://HOST[:PORT]; @token: (nullable): none asks nothing but whether the server is there;
 * @fingerprint: (nullable): SHA-256 of the server's certificate; without it the certificate must
 * be signed by one of the authorities that are set. */
AgentEndpoint *amt_prov_agent_endpoint_new (const char *url,
                                            AmtProvSecret *token,
                                            const char *fingerprint,
                                            AgentFirmware *firmware,
                                            GError **error);
/* The certificate of this machine, for a server that wants one: files in PEM form. @key:
 * (nullable): it is in the same file */
void amt_prov_agent_endpoint_set_certificate (AgentEndpoint *self,
                                              const char *certificate,
                                              const char *key);
/* Before the first request: the CAs by which a server is accepted. @file: (nullable): in PEM form;
 * @folder: (nullable): as "openssl rehash" makes it */
void
amt_prov_agent_endpoint_set_authorities (AgentEndpoint *self, const char *file, const char *folder);
void amt_prov_agent_endpoint_free (AgentEndpoint *self);

/* NULL with AMT_PROV_ERROR_REFUSED when the server refuses, TLS for its certificate, CONNECTION
 * when it is not there. @suffix: (nullable): the PKI suffix that is going to be set */
AgentInstruction *amt_prov_agent_endpoint_enrol (
    AgentEndpoint *self, AgentInfo *info, AgentLocal *local, const char *suffix, GError **error);
/* What it would answer to a report; nothing comes of it. */
AgentInstruction *amt_prov_agent_endpoint_check (AgentEndpoint *self,
                                                 AgentInfo *info,
                                                 AgentLocal *local,
                                                 GError **error);
AgentProgress *
amt_prov_agent_endpoint_follow (AgentEndpoint *self, const char *path, GError **error);
/* For people: the state, and what is being done or went wrong. */
char *amt_prov_agent_progress_to_text (AgentProgress *self);
/* Whether it answers under its certificate, whatever it answers. */
gboolean amt_prov_agent_endpoint_reach (AgentEndpoint *self, GError **error);
gboolean amt_prov_agent_endpoint_has_token (AgentEndpoint *self);

/* Milliseconds until the server wants to be asked again, when it was too busy for what was asked
 * last; 0: it did not say. Random, up to half more than it said: others were told the same. */
guint amt_prov_agent_endpoint_get_retry (AgentEndpoint *self);

void amt_prov_agent_instruction_free (AgentInstruction *self);
void amt_prov_agent_progress_free (AgentProgress *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AgentEndpoint, amt_prov_agent_endpoint_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AgentInstruction, amt_prov_agent_instruction_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AgentProgress, amt_prov_agent_progress_free)

G_END_DECLS
