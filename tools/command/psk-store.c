/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "psk-store.h"

/* Any group but the one of changes that stand for themselves. */
#define ALL_OR_NOTHING 1

static GPtrArray *
query_pid (AmtProvDatabase *database, const char *pid, GError **error)
{
  g_autoptr (AmtProvQuery) query = amt_prov_query_new (AMT_PROV_KIND_CREDENTIAL);
  g_autofree char *key = g_strconcat ("psk:", pid, NULL);

  amt_prov_query_set_key (query, key);
  return amt_prov_database_query (database, query, error);
}

gboolean
amtprov_psk_store_has (AmtProvDatabase *database, const char *pid, gboolean *found, GError **error)
{
  g_autoptr (GPtrArray) records = query_pid (database, pid, error);

  if (records == NULL)
    return FALSE;
  *found = records->len > 0;
  return TRUE;
}

static AmtProvChange *
change_new (AmtProvDatabase *database, AmtprovPskRow *row, GError **error)
{
  const char *pid = amt_prov_psk_get_pid (row->psk);
  g_autoptr (AmtProvCredential) credential = amt_prov_credential_new ("psk", pid, NULL, "free");
  g_autoptr (AmtProvRecord) record = NULL;
  AmtProvChange *change;

  amt_prov_credential_set_value (credential, "pps", amt_prov_psk_get_pps (row->psk));
  if (row->password != NULL)
    amt_prov_credential_set_value (credential, "password", row->password);
  record = amt_prov_database_seal (database, credential, error);
  if (record == NULL)
    return NULL;
  change = amt_prov_change_new (AMT_PROV_VERB_PUT, record, AMT_PROV_CONDITION_ABSENT);
  amt_prov_change_set_group (change, ALL_OR_NOTHING);
  return change;
}

/*
 * amtprov_psk_store_add:
 * @rows: (element-type AmtprovPskRow): the pairs
 *
 * Stores pairs as free, all of them or none.
 *
 * Returns: FALSE with %AMT_PROV_ERROR_CONFLICT when a PID is in the store already
 */
gboolean
amtprov_psk_store_add (AmtProvDatabase *database, GPtrArray *rows, GError **error)
{
  g_autoptr (GPtrArray) changes =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_change_unref);

  for (guint i = 0; i < rows->len; i++) {
    AmtProvChange *change = change_new (database, rows->pdata[i], error);
    if (change == NULL)
      return FALSE;
    g_ptr_array_add (changes, change);
  }
  if (changes->len == 0)
    return TRUE;
  if (!amt_prov_database_apply (database, changes, error))
    return FALSE;
  if (!amt_prov_change_is_applied (changes->pdata[0])) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFLICT,
                 "one of the PIDs has been stored meanwhile, nothing was stored: try again");
    return FALSE;
  }
  return TRUE;
}

/*
 * amtprov_psk_store_list:
 *
 * Returns: (transfer full) (element-type AmtProvCredential): all pairs, in the order they came
 */
GPtrArray *
amtprov_psk_store_list (AmtProvDatabase *database, GError **error)
{
  g_autoptr (AmtProvQuery) query = amt_prov_query_new (AMT_PROV_KIND_CREDENTIAL);
  g_autoptr (GPtrArray) records = amt_prov_database_query (database, query, error);
  g_autoptr (GPtrArray) pairs =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_credential_unref);

  if (records == NULL)
    return NULL;
  for (guint i = 0; i < records->len; i++) {
    const char *key = amt_prov_record_get_key (records->pdata[i]);
    if (key == NULL || !g_str_has_prefix (key, "psk:"))
      continue;
    AmtProvCredential *pair = amt_prov_database_unseal (database, records->pdata[i], error);
    if (pair == NULL)
      return NULL;
    g_ptr_array_add (pairs, pair);
  }
  return g_steal_pointer (&pairs);
}

/*
 * amtprov_psk_store_find:
 * @pid: a PID without dashes
 *
 * Returns: (transfer full): the pair, NULL with %AMT_PROV_ERROR_NOT_FOUND when there is none
 */
AmtProvCredential *
amtprov_psk_store_find (AmtProvDatabase *database, const char *pid, GError **error)
{
  g_autoptr (GPtrArray) records = query_pid (database, pid, error);

  if (records == NULL)
    return NULL;
  if (records->len > 0)
    return amt_prov_database_unseal (database, records->pdata[0], error);
  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_FOUND, "PID %s is not in the store", pid);
  return NULL;
}

/*
 * amtprov_psk_store_update:
 * @pairs: (element-type AmtProvCredential): pairs that were read and changed
 *
 * Stores pairs, all of them or none.
 *
 * Returns: FALSE with %AMT_PROV_ERROR_CONFLICT when one was changed since it was read
 */
gboolean
amtprov_psk_store_update (AmtProvDatabase *database, GPtrArray *pairs, GError **error)
{
  g_autoptr (GPtrArray) changes =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_change_unref);

  for (guint i = 0; i < pairs->len; i++) {
    g_autoptr (AmtProvRecord) record = amt_prov_database_seal (database, pairs->pdata[i], error);
    AmtProvChange *change;

    if (record == NULL)
      return FALSE;
    change = amt_prov_change_new (AMT_PROV_VERB_PUT, record, AMT_PROV_CONDITION_REVISION);
    amt_prov_change_set_group (change, ALL_OR_NOTHING);
    g_ptr_array_add (changes, change);
  }
  return changes->len == 0 || amt_prov_database_apply (database, changes, error);
}
