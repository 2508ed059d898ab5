/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

#include "rate.h"
#include "server.h"

G_BEGIN_DECLS

/* The largest report: 33 root hashes and some names are a few kB. */
#define AGENT_MAX_BODY 65536

struct _AmtProvAgentServer {
  GObject parent_instance;
  AmtProvProvisioner *provisioner; /* unowned; NULL when it does not run */
  AmtProvSelector *selector;
  SoupServer *soup;
  GCancellable *cancellable;
  AgentRate sources;
  AgentRate tokens;
};

/* request.c: everything from a complete request to its answer. */
void amt_prov_agent_server_handle (AmtProvAgentServer *self,
                                   SoupServerMessage *message,
                                   const char *path);
/* Ends a request at once. */
void amt_prov_agent_server_refuse (SoupServerMessage *message, const GError *error);

G_END_DECLS
