/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "endpoint.h"

G_BEGIN_DECLS

typedef enum {
  AGENT_CHECK_FAILED,
  AGENT_CHECK_PASSED,
  AGENT_CHECK_UNKNOWN, /* nobody says */
} AgentCheckResult;

typedef struct {
  const char *name;
  AgentCheckResult result;
  char *text; /* what was found, and what to do */
} AgentCheck;

/* Whether a start would work. Changes nothing, neither in the firmware nor on the server.
 * @endpoint: (nullable). Returns: (element-type AgentCheck): one for each thing that is looked at
 */
GPtrArray *amt_prov_agent_check (AgentFirmware *firmware, AgentEndpoint *endpoint);

G_END_DECLS
