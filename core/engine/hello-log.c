/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "engine/hello-listener-private.h"

/* Reasons are logged once per source and reason; the table of those is bounded. */
#define MAX_LOGGED 4096

void
amt_prov_hello_log_once (GHashTable *logged, const char *peer, const char *reason)
{
  g_autofree char *key = g_strdup_printf ("%s %s", peer, reason);

  if (g_hash_table_contains (logged, key))
    return;
  if (g_hash_table_size (logged) >= MAX_LOGGED)
    g_hash_table_remove_all (logged);
  g_hash_table_add (logged, g_steal_pointer (&key));
  g_message ("hello from %s: %s", peer, reason);
}
