/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store-changes.h"

AmtProvChange *
put_new (AmtProvKind kind,
         const char *key,
         const char *owner,
         const char *state,
         AmtProvCondition condition,
         guint group)
{
  g_autoptr (AmtProvRecord) record = amt_prov_record_new (kind, key);
  AmtProvChange *change;

  amt_prov_record_set_owner (record, owner);
  amt_prov_record_set_state (record, state);
  change = amt_prov_change_new (AMT_PROV_VERB_PUT, record, condition);
  amt_prov_change_set_group (change, group);
  return change;
}

GPtrArray *
changes_new (AmtProvChange *first, ...)
{
  GPtrArray *changes = g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_change_unref);
  va_list rest;

  va_start (rest, first);
  for (AmtProvChange *change = first; change != NULL; change = va_arg (rest, AmtProvChange *))
    g_ptr_array_add (changes, change);
  va_end (rest);
  return changes;
}

AmtProvQuery *
query_new (AmtProvKind kind, const char *key, const char *owner, const char *state)
{
  AmtProvQuery *query = amt_prov_query_new (kind);

  amt_prov_query_set_key (query, key);
  amt_prov_query_set_owner (query, owner);
  amt_prov_query_set_state (query, state);
  return query;
}
