/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/amtprov.h>

G_BEGIN_DECLS

typedef enum {
  AGENT_STATE_PRE,
  AGENT_STATE_IN,
  AGENT_STATE_POST,
} AgentState;

/* What an agent says of its machine (docs/agent-api.yaml); texts may be NULL. */
typedef struct {
  char *uuid; /* lower case, never zeros nor ones only */
  AmtProvVersion *release;
  AgentState state;
  char *suffix;
  char *domain;      /* what DHCP gives, which counts where there is no suffix */
  GPtrArray *roots;  /* of AmtProvCertHash, the active ones; NULL: not told */
  GHashTable *facts; /* name of a fact of the machine → text */
} AgentReport;

AgentReport *amt_prov_agent_report_parse (const char *text, gsize length, GError **error);
void amt_prov_agent_report_free (AgentReport *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AgentReport, amt_prov_agent_report_free)

G_END_DECLS
