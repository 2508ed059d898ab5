/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <amtprov/database.h>

#include <amtprov/error.h>
#include "engine/credential-private.h"
#include "engine/store-thread-private.h"
#include "engine/vault-private.h"

#define CHECK_KEY  "vault"
#define CHECK_TEXT "amtprov"

struct _AmtProvDatabase {
  GObject parent_instance;
  AmtProvStoreThread *thread;
  AmtProvVault *vault;
};

/**
 * AmtProvDatabase:
 *
 * A store with its key. It seals secrets before the store sees them, and hands all calls to the
 * one thread that the store works on; what waits there is committed together. The functions with
 * `_async` answer on the thread-default main context of the caller, those without block.
 *
 * Since: 0.1
 */
G_DEFINE_FINAL_TYPE (AmtProvDatabase, amt_prov_database, G_TYPE_OBJECT)

static void
amt_prov_database_dispose (GObject *object)
{
  AmtProvDatabase *self = AMT_PROV_DATABASE (object);

  if (self->thread != NULL)
    amt_prov_store_thread_stop (self->thread);
  G_OBJECT_CLASS (amt_prov_database_parent_class)->dispose (object);
}

static void
amt_prov_database_finalize (GObject *object)
{
  AmtProvDatabase *self = AMT_PROV_DATABASE (object);

  g_clear_pointer (&self->thread, amt_prov_store_thread_free);
  g_clear_pointer (&self->vault, amt_prov_vault_free);
  G_OBJECT_CLASS (amt_prov_database_parent_class)->finalize (object);
}

static void
amt_prov_database_class_init (AmtProvDatabaseClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = amt_prov_database_dispose;
  G_OBJECT_CLASS (klass)->finalize = amt_prov_database_finalize;
}

static void
amt_prov_database_init (AmtProvDatabase *self)
{
}

static gboolean
find_check (AmtProvDatabase *self, AmtProvRecord **check, GError **error)
{
  g_autoptr (AmtProvQuery) query = amt_prov_query_new (AMT_PROV_KIND_META);
  g_autoptr (GPtrArray) records = NULL;

  amt_prov_query_set_key (query, CHECK_KEY);
  records = amt_prov_database_query (self, query, error);
  if (records == NULL)
    return FALSE;
  *check = records->len > 0 ? amt_prov_record_ref (records->pdata[0]) : NULL;
  return TRUE;
}

/* A record with the key CHECK_KEY that only the right key of the store opens. */
static gboolean
write_check (AmtProvDatabase *self, GError **error)
{
  g_autoptr (AmtProvRecord) record = amt_prov_record_new (AMT_PROV_KIND_META, CHECK_KEY);
  g_autoptr (AmtProvSecret) text = amt_prov_secret_new_text (CHECK_TEXT);
  g_autoptr (GPtrArray) changes =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_change_unref);
  g_autoptr (GBytes) sealed = NULL;

  sealed = amt_prov_vault_seal (self->vault, AMT_PROV_KIND_META, CHECK_KEY, text, error);
  if (sealed == NULL)
    return FALSE;
  amt_prov_record_set_sealed (record, sealed);
  g_ptr_array_add (changes,
                   amt_prov_change_new (AMT_PROV_VERB_PUT, record, AMT_PROV_CONDITION_ABSENT));
  return amt_prov_database_apply (self, changes, error);
}

static gboolean
verify_check (AmtProvDatabase *self,
              AmtProvRecord *check,
              const char *location,
              const char *key_file,
              GError **error)
{
  GBytes *sealed = amt_prov_record_get_sealed (check);
  g_autoptr (AmtProvSecret) expected = amt_prov_secret_new_text (CHECK_TEXT);
  g_autoptr (AmtProvSecret) text = NULL;

  if (sealed != NULL)
    text = amt_prov_vault_unseal (self->vault, AMT_PROV_KIND_META, CHECK_KEY, sealed, NULL);
  if (text != NULL && amt_prov_secret_equal (text, expected))
    return TRUE;
  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_STORE,
               "the key in %s does not open the store %s; nothing was changed. Put back the key "
               "file that belongs to this store, or correct store and store-key-file in [amtprov]",
               key_file, location);
  return FALSE;
}

static gboolean
open_vault (AmtProvDatabase *self, const char *location, const char *key_file, GError **error)
{
  g_autoptr (AmtProvRecord) check = NULL;
  g_autoptr (GError) cause = NULL;

  if (!find_check (self, &check, error))
    return FALSE;
  if (check != NULL && !g_file_test (key_file, G_FILE_TEST_EXISTS)) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_STORE,
                 "the key file %s is missing, but the store %s holds secrets that only its key "
                 "opens; no new key was made. Put back the key file from a backup",
                 key_file, location);
    return FALSE;
  }
  self->vault = amt_prov_vault_new (key_file, check == NULL, error);
  if (self->vault == NULL)
    return FALSE;
  if (check == NULL) {
    if (write_check (self, &cause))
      return TRUE;
    if (!g_error_matches (cause, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFLICT)) {
      g_propagate_error (error, g_steal_pointer (&cause));
      return FALSE;
    }
    /* Another process set the store up in the meantime: its key counts. */
    if (!find_check (self, &check, error))
      return FALSE;
  }
  return verify_check (self, check, location, key_file, error);
}

/**
 * amt_prov_database_open:
 * @store: a store that is not open yet
 * @location: what stands after `SCHEME:` in `[amtprov] store`
 * @key_file: path of the key that encrypts credentials: 32 random bytes, readable by its owner only
 * @error: return location for an error
 *
 * Opens a store in a thread of its own and checks that the key belongs to it. For a new store the
 * key file is made, mode 0600, if it is absent. Blocks.
 *
 * Returns: (transfer full): the database, or %NULL with %AMT_PROV_ERROR_STORE: the store cannot be
 * opened, the key file is missing, unsafe or of another store; nothing was changed then
 *
 * Since: 0.1
 */
AmtProvDatabase *
amt_prov_database_open (AmtProvStore *store,
                        const char *location,
                        const char *key_file,
                        GError **error)
{
  g_autoptr (AmtProvDatabase) self = NULL;

  g_return_val_if_fail (AMT_PROV_IS_STORE (store), NULL);
  g_return_val_if_fail (location != NULL, NULL);
  g_return_val_if_fail (key_file != NULL, NULL);

  self = g_object_new (AMT_PROV_TYPE_DATABASE, NULL);
  self->thread = amt_prov_store_thread_new (store, location, error);
  if (self->thread == NULL || !open_vault (self, location, key_file, error))
    return NULL;
  return g_steal_pointer (&self);
}

/**
 * amt_prov_database_apply_async:
 * @self: a #AmtProvDatabase
 * @changes: (element-type AmtProvChange): what to do; leave their records alone until the answer
 * comes
 * @cancellable: (nullable): a #GCancellable; it has no effect once the commit has begun
 * @callback: (scope async): called on the thread-default main context
 * @user_data: data for @callback
 *
 * Makes changes, all of them or none. Requests that wait at the same time share one commit.
 *
 * Since: 0.1
 */
void
amt_prov_database_apply_async (AmtProvDatabase *self,
                               GPtrArray *changes,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (AMT_PROV_IS_DATABASE (self));
  g_return_if_fail (changes != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, amt_prov_database_apply_async);
  amt_prov_store_thread_push_apply (self->thread, changes, g_steal_pointer (&task));
}

/**
 * amt_prov_database_apply_finish:
 * @self: a #AmtProvDatabase
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Tells how amt_prov_database_apply_async() went.
 *
 * Returns: %TRUE when all changes are durable; %FALSE with %AMT_PROV_ERROR_CONFLICT when a
 * condition failed, %AMT_PROV_ERROR_STORE when the store failed, %G_IO_ERROR_CANCELLED; none of the
 * changes was made then
 *
 * Since: 0.1
 */
gboolean
amt_prov_database_apply_finish (AmtProvDatabase *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, amt_prov_database_apply_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * amt_prov_database_apply:
 * @self: a #AmtProvDatabase
 * @changes: (element-type AmtProvChange): what to do
 * @error: return location for an error
 *
 * As amt_prov_database_apply_async(), blocking.
 *
 * Returns: as amt_prov_database_apply_finish()
 *
 * Since: 0.1
 */
gboolean
amt_prov_database_apply (AmtProvDatabase *self, GPtrArray *changes, GError **error)
{
  g_return_val_if_fail (AMT_PROV_IS_DATABASE (self), FALSE);
  g_return_val_if_fail (changes != NULL, FALSE);

  return amt_prov_store_thread_apply (self->thread, changes, error);
}

/**
 * amt_prov_database_query_async:
 * @self: a #AmtProvDatabase
 * @query: which records; leave it alone until the answer comes
 * @cancellable: (nullable): a #GCancellable
 * @callback: (scope async): called on the thread-default main context
 * @user_data: data for @callback
 *
 * Reads records. What was applied before this call is seen.
 *
 * Since: 0.1
 */
void
amt_prov_database_query_async (AmtProvDatabase *self,
                               AmtProvQuery *query,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (AMT_PROV_IS_DATABASE (self));
  g_return_if_fail (query != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, amt_prov_database_query_async);
  amt_prov_store_thread_push_query (self->thread, query, g_steal_pointer (&task));
}

/**
 * amt_prov_database_query_finish:
 * @self: a #AmtProvDatabase
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Gets what amt_prov_database_query_async() read.
 *
 * Returns: (transfer container) (element-type AmtProvRecord): the records in sequence order,
 * perhaps none; %NULL with %AMT_PROV_ERROR_STORE or %G_IO_ERROR_CANCELLED
 *
 * Since: 0.1
 */
GPtrArray *
amt_prov_database_query_finish (AmtProvDatabase *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, amt_prov_database_query_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * amt_prov_database_query:
 * @self: a #AmtProvDatabase
 * @query: which records
 * @error: return location for an error
 *
 * As amt_prov_database_query_async(), blocking.
 *
 * Returns: (transfer container) (element-type AmtProvRecord): as amt_prov_database_query_finish()
 *
 * Since: 0.1
 */
GPtrArray *
amt_prov_database_query (AmtProvDatabase *self, AmtProvQuery *query, GError **error)
{
  g_return_val_if_fail (AMT_PROV_IS_DATABASE (self), NULL);
  g_return_val_if_fail (query != NULL, NULL);

  return amt_prov_store_thread_query (self->thread, query, error);
}

/**
 * amt_prov_database_seal:
 * @self: a #AmtProvDatabase
 * @credential: a credential
 * @error: return location for an error
 *
 * Makes the record to store of a credential: the key is `TYPE:ID`, its values are encrypted
 * (AES-256-GCM). The record carries the revision the credential was read or written with last.
 *
 * Returns: (transfer full): the record, or %NULL with %AMT_PROV_ERROR_STORE
 *
 * Since: 0.1
 */
AmtProvRecord *
amt_prov_database_seal (AmtProvDatabase *self, AmtProvCredential *credential, GError **error)
{
  g_autoptr (AmtProvRecord) record = NULL;
  g_autoptr (AmtProvSecret) packed = NULL;
  g_autoptr (GBytes) sealed = NULL;
  g_autofree char *key = NULL;
  AmtProvRecord *last;

  g_return_val_if_fail (AMT_PROV_IS_DATABASE (self), NULL);
  g_return_val_if_fail (credential != NULL, NULL);

  key = g_strconcat (amt_prov_credential_get_credential_type (credential), ":",
                     amt_prov_credential_get_id (credential), NULL);
  packed = amt_prov_credential_pack (credential);
  sealed = amt_prov_vault_seal (self->vault, AMT_PROV_KIND_CREDENTIAL, key, packed, error);
  if (sealed == NULL)
    return NULL;
  record = amt_prov_record_new (AMT_PROV_KIND_CREDENTIAL, key);
  amt_prov_record_set_owner (record, amt_prov_credential_get_owner (credential));
  amt_prov_record_set_state (record, amt_prov_credential_get_state (credential));
  amt_prov_record_set_body (record, amt_prov_credential_write_notes (credential));
  amt_prov_record_set_sealed (record, sealed);
  last = amt_prov_credential_peek_record (credential);
  if (last != NULL) {
    amt_prov_record_set_sequence (record, amt_prov_record_get_sequence (last));
    amt_prov_record_set_revision (record, amt_prov_record_get_revision (last));
  }
  amt_prov_credential_set_record (credential, record);
  return g_steal_pointer (&record);
}

/**
 * amt_prov_database_unseal:
 * @self: a #AmtProvDatabase
 * @record: a record of kind %AMT_PROV_KIND_CREDENTIAL
 * @error: return location for an error
 *
 * Opens a stored credential.
 *
 * Returns: (transfer full): the credential, or %NULL with %AMT_PROV_ERROR_STORE: the record was
 * changed, moved or sealed with another key
 *
 * Since: 0.1
 */
AmtProvCredential *
amt_prov_database_unseal (AmtProvDatabase *self, AmtProvRecord *record, GError **error)
{
  g_autoptr (AmtProvCredential) credential = NULL;
  g_autoptr (AmtProvSecret) packed = NULL;
  g_auto (GStrv) parts = NULL;
  const char *key;
  GBytes *sealed;

  g_return_val_if_fail (AMT_PROV_IS_DATABASE (self), NULL);
  g_return_val_if_fail (record != NULL, NULL);

  key = amt_prov_record_get_key (record);
  sealed = amt_prov_record_get_sealed (record);
  parts = g_strsplit (key != NULL ? key : "", ":", 2);
  if (amt_prov_record_get_kind (record) != AMT_PROV_KIND_CREDENTIAL || sealed == NULL ||
      g_strv_length (parts) != 2) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_STORE, "the record %s is no credential",
                 key != NULL ? key : "without a key");
    return NULL;
  }
  packed = amt_prov_vault_unseal (self->vault, AMT_PROV_KIND_CREDENTIAL, key, sealed, error);
  if (packed == NULL)
    return NULL;
  credential = amt_prov_credential_new (parts[0], parts[1], amt_prov_record_get_owner (record),
                                        amt_prov_record_get_state (record));
  if (!amt_prov_credential_unpack (credential, packed)) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_STORE,
                 "the credential %s has a layout that this amtprov does not know", key);
    return NULL;
  }
  if (amt_prov_record_get_body (record) != NULL)
    amt_prov_credential_read_notes (credential, amt_prov_record_get_body (record));
  amt_prov_credential_set_record (credential, record);
  return g_steal_pointer (&credential);
}
