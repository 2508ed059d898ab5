/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "records.h"

#include "store-changes.h"

GPtrArray *
read_all (
    AmtProvStore *store, AmtProvKind kind, const char *key, const char *owner, const char *state)
{
  g_autoptr (AmtProvQuery) query = query_new (kind, key, owner, state);
  g_autoptr (GError) error = NULL;
  GPtrArray *records = amt_prov_store_query (store, query, &error);

  g_assert_no_error (error);
  g_assert_nonnull (records);
  g_ptr_array_set_free_func (records, (GDestroyNotify)amt_prov_record_unref);
  return records;
}
