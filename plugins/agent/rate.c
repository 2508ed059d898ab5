/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rate.h"

#define PERIOD (60 * G_USEC_PER_SEC)

/* As many are counted in a period; then the count begins anew, so that nobody fills the memory. */
#define MAX_COUNTS 65536

void
amt_prov_agent_rate_init (AgentRate *self, guint most)
{
  self->counts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->most = most;
  self->from = 0;
}

void
amt_prov_agent_rate_clear (AgentRate *self)
{
  g_clear_pointer (&self->counts, g_hash_table_unref);
}

static guint
get_count (AgentRate *self, const char *whom)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (self->counts, whom));
}

gboolean
amt_prov_agent_rate_is_used_up (AgentRate *self, const char *whom, gint64 now)
{
  if (now - self->from >= PERIOD || g_hash_table_size (self->counts) >= MAX_COUNTS) {
    g_hash_table_remove_all (self->counts);
    self->from = now;
  }
  return get_count (self, whom) >= self->most;
}

gboolean
amt_prov_agent_rate_take (AgentRate *self, const char *whom, gint64 now)
{
  if (amt_prov_agent_rate_is_used_up (self, whom, now))
    return FALSE;
  g_hash_table_replace (self->counts, g_strdup (whom),
                        GUINT_TO_POINTER (get_count (self, whom) + 1));
  return TRUE;
}
