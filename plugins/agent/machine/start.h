/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "endpoint.h"

G_BEGIN_DECLS

/* Says what is being done, in a few words. */
typedef void (*AgentSay) (const char *text, gpointer data);

typedef enum {
  AGENT_OUTCOME_OPERATIONAL,
  AGENT_OUTCOME_STARTED,
  AGENT_OUTCOME_WAITING, /* the server has to finish something first */
} AgentOutcome;

typedef struct {
  const char *suffix; /* the PKI suffix to set; NULL: the server's */
  gboolean wait;      /* until the machine is operational */
  guint timeout;      /* seconds to wait at most */
  AgentSay say;
  gpointer say_data;
} AgentStartOptions;

typedef struct {
  AgentOutcome outcome;
  char *uuid;
  char *site;
  char *reason;
} AgentResult;

/* Brings the machine to the server, in the order of heci.md §11.3. A configuration that was begun
 * and cannot be completed is stopped again. NULL with REFUSED when the firmware or the server
 * refuses, with what to do. */
AgentResult *amt_prov_agent_start (AgentFirmware *firmware,
                                   AgentEndpoint *endpoint,
                                   const AgentStartOptions *options,
                                   GError **error);
void amt_prov_agent_result_free (AgentResult *self);
const char *amt_prov_agent_outcome_to_string (AgentOutcome outcome);

/* Ends a setup that is under way. @stopped: whether there was one */
gboolean amt_prov_agent_stop (AgentFirmware *firmware, gboolean *stopped, GError **error);

/* Enables AMT where it is disabled and the firmware allows it. @enabled: whether it did so now. */
gboolean amt_prov_agent_enable (AgentFirmware *firmware, gboolean *enabled, GError **error);

/* Follows a machine until it is operational. @path: (nullable): where the server says how it goes
 */
gboolean amt_prov_agent_follow (AgentFirmware *firmware,
                                AgentEndpoint *endpoint,
                                const char *path,
                                const AgentStartOptions *options,
                                GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AgentResult, amt_prov_agent_result_free)

G_END_DECLS
