/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How many requests came from whom in this minute. */
typedef struct {
  GHashTable *counts;
  guint most;
  gint64 from;
} AgentRate;

void amt_prov_agent_rate_init (AgentRate *self, guint most);
void amt_prov_agent_rate_clear (AgentRate *self);
/* Counts a request, FALSE when there were too many. @now: microseconds of a monotonic clock. */
gboolean amt_prov_agent_rate_take (AgentRate *self, const char *whom, gint64 now);
/* The same without counting. TRUE: there were too many. */
gboolean amt_prov_agent_rate_is_used_up (AgentRate *self, const char *whom, gint64 now);

G_END_DECLS
