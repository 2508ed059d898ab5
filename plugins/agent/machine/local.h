/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* What the operating system knows of the machine. */
typedef struct {
  char *host;
  char *fqdn; /* NULL: no domain is known */
  char *os;
  char *os_version;
  char *asset;          /* the asset tag of the maker or the owner, or NULL */
  GPtrArray *addresses; /* of text */
} AgentLocal;

AgentLocal *amt_prov_agent_local_read (void);
void amt_prov_agent_local_free (AgentLocal *self);
void amt_prov_agent_local_add_report (AgentLocal *self, JsonBuilder *builder);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AgentLocal, amt_prov_agent_local_free)

G_END_DECLS
