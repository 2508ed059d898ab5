/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Why the server says no: the domain of its errors. */
#define AGENT_REFUSAL (amt_prov_agent_refusal_quark ())

typedef enum {
  AGENT_REFUSAL_MALFORMED,
  AGENT_REFUSAL_BAD_UUID,
  AGENT_REFUSAL_UNAUTHORIZED,
  AGENT_REFUSAL_WRONG_SITE,
  AGENT_REFUSAL_NOT_FOUND,
  AGENT_REFUSAL_NO_SUCH_METHOD,
  AGENT_REFUSAL_OPERATIONAL,
  AGENT_REFUSAL_REFUSED,
  AGENT_REFUSAL_NO_LENGTH,
  AGENT_REFUSAL_TOO_LARGE,
  AGENT_REFUSAL_UNKNOWN_RELEASE,
  AGENT_REFUSAL_TOO_MANY,
  AGENT_REFUSAL_UNAVAILABLE,
} AgentRefusal;

GQuark amt_prov_agent_refusal_quark (void);
/* The HTTP status and the word for programs (docs/agent-api.yaml). Errors of other domains are the
 * server's own trouble. */
guint amt_prov_agent_refusal_get_status (const GError *error);
const char *amt_prov_agent_refusal_get_code (const GError *error);

G_END_DECLS
