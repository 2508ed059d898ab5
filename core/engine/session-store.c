/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <amtprov/error.h>

#include "engine/session-private.h"

/* From one commit to the next a session asks whether a step is needed, and does one: a lease that
 * lasts as long need not be renewed. */
#define COMMIT_STEPS 2
#define LEASE_STEPS  3

/* How often a row that somebody else has changed meanwhile is read again. */
#define MERGE_TRIES 5

AmtProvChange *
amt_prov_event_change (const char *uuid, AmtProvDeviceState state, const char *text)
{
  return amt_prov_change_new_event (uuid, amt_prov_device_state_to_string (state), text);
}

/* ---- reading what is known ---- */

static void
take_credentials (AmtProvSession *self, GPtrArray *records, GError **error)
{
  for (guint i = 0; i < records->len; i++) {
    AmtProvCredential *credential =
        amt_prov_database_unseal (self->database, records->pdata[i], error);

    if (credential == NULL)
      return;
    g_ptr_array_add (self->credentials, credential);
  }
}

static void
use_journal (AmtProvSession *self, AmtProvRecord *record)
{
  const char *uuid = amt_prov_device_get_uuid (self->device);

  amt_prov_journal_free (self->earlier);
  amt_prov_journal_free (self->journal);
  self->earlier = amt_prov_journal_new (uuid, record);
  self->journal = amt_prov_journal_new (uuid, record);
}

static void
journal_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  AmtProvSession *self = g_task_get_source_object (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) records =
      amt_prov_database_query_finish (AMT_PROV_DATABASE (source), result, &error);

  if (records == NULL) {
    g_task_return_error (task, g_steal_pointer (&error));
    return;
  }
  /* What was before an operational machine began again belongs to an earlier life. */
  if (records->len > 0 && !self->was_operational)
    use_journal (self, records->pdata[0]);
  g_task_return_boolean (task, TRUE);
}

static void
credentials_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  AmtProvSession *self = g_task_get_source_object (task);
  g_autoptr (AmtProvQuery) query = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) records =
      amt_prov_database_query_finish (AMT_PROV_DATABASE (source), result, &error);

  if (records != NULL)
    take_credentials (self, records, &error);
  if (error != NULL) {
    g_task_return_error (task, g_steal_pointer (&error));
    return;
  }
  query = amt_prov_query_new (AMT_PROV_KIND_JOURNAL);
  amt_prov_query_set_key (query, amt_prov_device_get_uuid (self->device));
  amt_prov_database_query_async (self->database, query, g_task_get_cancellable (task), journal_read,
                                 g_object_ref (task));
}

void
amt_prov_session_load_async (AmtProvSession *self,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  g_autoptr (AmtProvQuery) query = amt_prov_query_new (AMT_PROV_KIND_CREDENTIAL);

  g_task_set_source_tag (task, amt_prov_session_load_async);
  amt_prov_query_set_owner (query, amt_prov_device_get_uuid (self->device));
  amt_prov_database_query_async (self->database, query, cancellable, credentials_read, task);
}

gboolean
amt_prov_session_load_finish (AmtProvSession *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* ---- writing, always together with the device's row and the lease ---- */

void
amt_prov_session_note (AmtProvSession *self,
                       const char *step,
                       const char *state,
                       const char *reason)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *time = g_date_time_format_iso8601 (now);

  amt_prov_journal_note (self->journal, step, time, state, reason);
}

static void
add_journal (AmtProvSession *self, GPtrArray *changes)
{
  g_autoptr (AmtProvRecord) record = NULL;

  if (!amt_prov_journal_is_changed (self->journal))
    return;
  record = amt_prov_journal_to_record (self->journal);
  g_ptr_array_add (changes,
                   amt_prov_change_new (AMT_PROV_VERB_PUT, record, AMT_PROV_CONDITION_NONE));
}

typedef struct {
  GPtrArray *changes; /* AmtProvChange that the caller wants made */
  AmtProvRecord *row; /* the device's row as it is being written, unless it must stay untouched */
  GError *conflict;
  gboolean release;
  gboolean with_row;
  gint64 lease_due; /* once this is durable */
  guint tries;
} CommitData;

static void
commit_data_free (CommitData *data)
{
  g_clear_pointer (&data->changes, g_ptr_array_unref);
  g_clear_pointer (&data->row, amt_prov_record_unref);
  g_clear_error (&data->conflict);
  g_free (data);
}

static gint64
add_steps (AmtProvSession *self, gint64 time, guint count)
{
  return time + (gint64)amt_prov_session_get_step_limit (self) * count * 1000;
}

/* NULL when the lease that the session has is good for a while. */
static AmtProvChange *
lease_change (AmtProvSession *self, CommitData *data)
{
  g_autoptr (AmtProvRecord) record = NULL;
  gint64 now = g_get_real_time ();
  AmtProvChange *change;

  data->lease_due = self->lease_due;
  if (!data->release && add_steps (self, now, COMMIT_STEPS) <= self->lease_due)
    return NULL;
  data->lease_due = data->release ? 0 : add_steps (self, now, LEASE_STEPS);
  record = amt_prov_record_new (AMT_PROV_KIND_LEASE, amt_prov_device_get_uuid (self->device));
  amt_prov_record_set_owner (record, self->lease_owner);
  amt_prov_record_set_due (record, data->lease_due);
  change = amt_prov_change_new (data->release ? AMT_PROV_VERB_DELETE : AMT_PROV_VERB_PUT, record,
                                AMT_PROV_CONDITION_LEASE);
  amt_prov_change_set_now (change, now);
  return change;
}

static AmtProvChange *
row_change (AmtProvRecord *row)
{
  return amt_prov_change_new (AMT_PROV_VERB_PUT, row,
                              amt_prov_record_get_revision (row) == 0
                                  ? AMT_PROV_CONDITION_ABSENT
                                  : AMT_PROV_CONDITION_REVISION);
}

static void try_commit (GTask *task);

/* Whether the conflict was about the row, and can be mended. */
static gboolean
merge_row (AmtProvSession *self, CommitData *data, GPtrArray *records)
{
  AmtProvDeviceState state = amt_prov_device_get_state (self->device);
  GHashTableIter iter;
  gpointer name, value;

  if (records->len == 0 || data->row == NULL ||
      amt_prov_record_get_revision (records->pdata[0]) == amt_prov_record_get_revision (data->row))
    return FALSE;
  amt_prov_device_adopt_record (self->device, records->pdata[0]);
  amt_prov_device_set_state (self->device, state);
  g_hash_table_iter_init (&iter, self->dirty);
  while (g_hash_table_iter_next (&iter, &name, &value))
    amt_prov_device_set_fact (self->device, name, value);
  return TRUE;
}

/* When the row was changed by somebody else, an import for instance, keep what it says of facts
 * that this session has not touched. */
static void
row_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  AmtProvSession *self = g_task_get_source_object (task);
  CommitData *data = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) records =
      amt_prov_database_query_finish (AMT_PROV_DATABASE (source), result, &error);

  if (records == NULL)
    g_task_return_error (task, g_steal_pointer (&error));
  else if (!merge_row (self, data, records))
    g_task_return_error (task, g_steal_pointer (&data->conflict));
  else
    try_commit (task);
}

static void
read_row (GTask *task)
{
  AmtProvSession *self = g_task_get_source_object (task);
  g_autoptr (AmtProvQuery) query = amt_prov_query_new (AMT_PROV_KIND_DEVICE);

  amt_prov_query_set_key (query, amt_prov_device_get_uuid (self->device));
  amt_prov_database_query_async (self->database, query, g_task_get_cancellable (task), row_read,
                                 g_object_ref (task));
}

static void
applied (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  AmtProvSession *self = g_task_get_source_object (task);
  CommitData *data = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  if (amt_prov_database_apply_finish (AMT_PROV_DATABASE (source), result, &error)) {
    self->leased = !data->release;
    self->lease_due = data->lease_due;
    g_signal_emit_by_name (self, "changed");
    g_task_return_boolean (task, TRUE);
  } else if (g_error_matches (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFLICT) &&
             ++data->tries < MERGE_TRIES) {
    g_clear_error (&data->conflict);
    data->conflict = g_steal_pointer (&error);
    read_row (task);
  } else {
    self->row_changed |= data->with_row;
    g_task_return_error (task, g_steal_pointer (&error));
  }
}

static void
try_commit (GTask *task)
{
  AmtProvSession *self = g_task_get_source_object (task);
  CommitData *data = g_task_get_task_data (task);
  AmtProvChange *lease = lease_change (self, data);
  g_autoptr (GPtrArray) all =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_change_unref);

  g_clear_pointer (&data->row, amt_prov_record_unref);
  if (lease != NULL)
    g_ptr_array_add (all, lease);
  if (data->with_row) {
    data->row = amt_prov_device_to_record (self->device);
    g_ptr_array_add (all, row_change (data->row));
  }
  for (guint i = 0; i < data->changes->len; i++)
    g_ptr_array_add (all, amt_prov_change_ref (data->changes->pdata[i]));
  amt_prov_database_apply_async (self->database, all, g_task_get_cancellable (task), applied,
                                 g_object_ref (task));
}

/* A row is written when it says something new, and when the session ends. */
static void
take_row (AmtProvSession *self, CommitData *data)
{
  g_autoptr (GDateTime) now = NULL;
  g_autofree char *time = NULL;

  data->with_row = self->row_changed || data->release;
  if (!data->with_row)
    return;
  now = g_date_time_new_now_utc ();
  time = g_date_time_format_iso8601 (now);
  amt_prov_session_set_fact (self, "updated", time);
  self->row_changed = FALSE;
}

/* An operational machine's row is not touched before the machine has proved who it is. */
gboolean
amt_prov_session_is_guarded (AmtProvSession *self)
{
  return self->was_operational && !self->authenticated;
}

static void
commit (AmtProvSession *self,
        GPtrArray *changes,
        gboolean release,
        GCancellable *cancellable,
        GAsyncReadyCallback callback,
        gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  CommitData *data = g_new0 (CommitData, 1);

  g_task_set_source_tag (task, commit);
  data->changes = g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_change_unref);
  data->release = release;
  for (guint i = 0; changes != NULL && i < changes->len; i++)
    g_ptr_array_add (data->changes, amt_prov_change_ref (changes->pdata[i]));
  /* What a machine claims before it has shown who it is leaves no trace. */
  if (!amt_prov_session_is_guarded (self)) {
    add_journal (self, data->changes);
    take_row (self, data);
  }
  g_task_set_task_data (task, data, (GDestroyNotify)commit_data_free);
  try_commit (task);
}

void
amt_prov_session_commit_async (AmtProvSession *self,
                               GPtrArray *changes,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  commit (self, changes, FALSE, cancellable, callback, user_data);
}

gboolean
amt_prov_session_commit_finish (AmtProvSession *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
amt_prov_session_end_async (AmtProvSession *self,
                            AmtProvDeviceState state,
                            GPtrArray *changes,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  amt_prov_device_set_state (self->device, state);
  commit (self, changes, TRUE, NULL, callback, user_data);
}

/* ---- credentials ---- */

static void
remember_credential (AmtProvSession *self, AmtProvCredential *credential)
{
  for (guint i = 0; i < self->credentials->len; i++) {
    AmtProvCredential *old = self->credentials->pdata[i];

    if (g_str_equal (amt_prov_credential_get_credential_type (old),
                     amt_prov_credential_get_credential_type (credential)) &&
        g_str_equal (amt_prov_credential_get_id (old), amt_prov_credential_get_id (credential))) {
      g_ptr_array_remove_index (self->credentials, i);
      break;
    }
  }
  g_ptr_array_add (self->credentials, amt_prov_credential_ref (credential));
}

static void
credentials_saved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  AmtProvSession *self = AMT_PROV_SESSION (source);
  GPtrArray *credentials = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  if (!amt_prov_session_commit_finish (self, result, &error)) {
    g_task_return_error (task, g_steal_pointer (&error));
    return;
  }
  for (guint i = 0; i < credentials->len; i++)
    remember_credential (self, credentials->pdata[i]);
  g_task_return_boolean (task, TRUE);
}

static GPtrArray *
seal_all (AmtProvSession *self, GPtrArray *credentials, GError **error)
{
  g_autoptr (GPtrArray) changes =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_change_unref);

  for (guint i = 0; i < credentials->len; i++) {
    AmtProvCredential *credential = credentials->pdata[i];
    g_autoptr (AmtProvRecord) record = amt_prov_database_seal (self->database, credential, error);

    if (record == NULL)
      return NULL;
    g_ptr_array_add (changes,
                     amt_prov_change_new (AMT_PROV_VERB_PUT, record,
                                          amt_prov_credential_get_revision (credential) == 0
                                              ? AMT_PROV_CONDITION_NONE
                                              : AMT_PROV_CONDITION_REVISION));
  }
  return g_steal_pointer (&changes);
}

/**
 * amt_prov_session_save_credentials_async:
 * @self: a session
 * @credentials: (element-type AmtProvCredential): what to save
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when they are durable
 * @user_data: data for @callback
 *
 * Saves credentials in one durable commit, all or none. A secret that is about to be set on the
 * machine must be saved, as `pending`, before it is sent. One that was read from the store is saved
 * only if nobody has changed it since.
 *
 * Since: 0.1
 */
void
amt_prov_session_save_credentials_async (AmtProvSession *self,
                                         GPtrArray *credentials,
                                         GCancellable *cancellable,
                                         GAsyncReadyCallback callback,
                                         gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  g_autoptr (GPtrArray) changes = NULL;
  g_autoptr (GError) error = NULL;

  g_return_if_fail (AMT_PROV_IS_SESSION (self));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, amt_prov_session_save_credentials_async);
  changes = seal_all (self, credentials, &error);
  if (changes == NULL) {
    g_task_return_error (task, g_steal_pointer (&error));
    return;
  }
  g_task_set_task_data (task, g_ptr_array_ref (credentials), (GDestroyNotify)g_ptr_array_unref);
  amt_prov_session_commit_async (self, changes, cancellable, credentials_saved,
                                 g_object_ref (task));
}

/**
 * amt_prov_session_save_credentials_finish:
 * @self: a session
 * @result: the result given to the callback
 * @error: return location for an error
 *
 * Ends amt_prov_session_save_credentials_async(). %AMT_PROV_ERROR_CONFLICT when one of them was
 * changed by somebody else.
 *
 * Returns: %TRUE when all are durable
 * Since: 0.1
 */
gboolean
amt_prov_session_save_credentials_finish (AmtProvSession *self,
                                          GAsyncResult *result,
                                          GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
