/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sqlite-store.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <amtprov/error.h>
#include "schema.h"
#include "sqlite-error.h"

/* How long a commit waits for another process that writes the same file. */
#define BUSY_MILLISECONDS 10000

enum {
  SQL_BEGIN,
  SQL_COMMIT,
  SQL_ROLLBACK,
  SQL_SAVEPOINT,
  SQL_RELEASE,
  SQL_UNDO,
  SQL_FIND,
  SQL_INSERT,
  SQL_NAME,
  SQL_UPDATE,
  SQL_RENEW,
  SQL_DELETE,
  N_STATEMENTS,
};

static const char *const statements[N_STATEMENTS] = {
    [SQL_BEGIN] = "BEGIN IMMEDIATE",
    [SQL_COMMIT] = "COMMIT",
    [SQL_ROLLBACK] = "ROLLBACK",
    [SQL_SAVEPOINT] = "SAVEPOINT one",
    [SQL_RELEASE] = "RELEASE one",
    [SQL_UNDO] = "ROLLBACK TO one",
    [SQL_FIND] = "SELECT sequence, revision, owner, due, state FROM records"
                 " WHERE kind = ?1 AND key = ?2",
    [SQL_INSERT] = "INSERT INTO records (kind, key, owner, state, due, body, sealed, revision)"
                   " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1)",
    [SQL_NAME] = "UPDATE records SET key = CAST (sequence AS TEXT) WHERE sequence = ?1",
    [SQL_UPDATE] = "UPDATE records SET owner = ?3, state = ?4, due = ?5, body = ?6, sealed = ?7,"
                   " revision = ?8 WHERE sequence = ?9",
    /* SQLite writes an index anew when a column of it is named, whether it changes or not. */
    [SQL_RENEW] = "UPDATE records SET due = ?5, body = ?6, sealed = ?7, revision = ?8"
                  " WHERE sequence = ?9",
    [SQL_DELETE] = "DELETE FROM records WHERE sequence = ?1",
};

/* What the commit will have made of a record; told to the record only once it is durable. */
typedef struct {
  AmtProvChange *change;
  guint64 sequence;
  guint64 revision;
} Outcome;

typedef enum {
  RESULT_MADE,
  RESULT_REFUSED,
  RESULT_FAILED,
} Result;

struct _AmtProvSqliteStore {
  GObject parent_instance;
  char *path;
  sqlite3 *db;
  sqlite3_stmt *prepared[N_STATEMENTS];
  /* One statement per set of filters: a filter that is absent must not be in the text, or the
   * planner cannot use the index of the others. */
  sqlite3_stmt *queries[8];
};

static void store_init (AmtProvStoreInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (AmtProvSqliteStore,
                               amt_prov_sqlite_store,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (AMT_PROV_TYPE_STORE, store_init))

static void
amt_prov_sqlite_store_finalize (GObject *object)
{
  AmtProvSqliteStore *self = AMT_PROV_SQLITE_STORE (object);

  for (guint i = 0; i < N_STATEMENTS; i++)
    sqlite3_finalize (self->prepared[i]);
  for (guint i = 0; i < G_N_ELEMENTS (self->queries); i++)
    sqlite3_finalize (self->queries[i]);
  sqlite3_close (self->db);
  g_free (self->path);
  G_OBJECT_CLASS (amt_prov_sqlite_store_parent_class)->finalize (object);
}

static void
amt_prov_sqlite_store_class_init (AmtProvSqliteStoreClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = amt_prov_sqlite_store_finalize;
}

static void
amt_prov_sqlite_store_init (AmtProvSqliteStore *self)
{
}

/* SQLite gives the files beside it the mode of the main file, so this one must exist before. */
static gboolean
create_file (AmtProvSqliteStore *self, GError **error)
{
  struct stat info;
  int fd = g_open (self->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

  if (fd < 0 || fstat (fd, &info) != 0 || !S_ISREG (info.st_mode)) {
    int code = fd < 0 ? errno : EINVAL;

    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_STORE,
                 "cannot open the store %s: %s; it must be a regular file that this user can read "
                 "and write, in a folder that exists",
                 self->path, g_strerror (code));
    if (fd >= 0)
      close (fd);
    return FALSE;
  }
  close (fd);
  return TRUE;
}

static gboolean
prepare (AmtProvSqliteStore *self, GError **error)
{
  for (guint i = 0; i < N_STATEMENTS; i++) {
    if (sqlite3_prepare_v3 (self->db, statements[i], -1, SQLITE_PREPARE_PERSISTENT,
                            &self->prepared[i], NULL) != SQLITE_OK)
      return amt_prov_sqlite_fail (self->db, self->path, "read", error);
  }
  return TRUE;
}

static gboolean
sqlite_open (AmtProvStore *store, const char *location, GError **error)
{
  AmtProvSqliteStore *self = AMT_PROV_SQLITE_STORE (store);

  if (*location == '\0') {
    g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_STORE,
                         "the store has no path; write it as store=sqlite:PATH in [amtprov]");
    return FALSE;
  }
  self->path = g_strdup (location);
  if (!create_file (self, error))
    return FALSE;
  if (sqlite3_open_v2 (self->path, &self->db,
                       SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                       NULL) != SQLITE_OK)
    return amt_prov_sqlite_fail (self->db, self->path, "open", error);
  sqlite3_busy_timeout (self->db, BUSY_MILLISECONDS);
  return amt_prov_sqlite_schema_prepare (self->db, self->path, error) && prepare (self, error);
}

/* Runs a statement that gives no rows, and makes it ready for the next time. */
static gboolean
run (AmtProvSqliteStore *self, guint which, GError **error)
{
  sqlite3_stmt *statement = self->prepared[which];
  int code = sqlite3_step (statement);

  if (code != SQLITE_DONE)
    amt_prov_sqlite_fail (self->db, self->path, "write", error);
  sqlite3_reset (statement);
  sqlite3_clear_bindings (statement);
  return code == SQLITE_DONE;
}

static void
bind_text (sqlite3_stmt *statement, int index, const char *text)
{
  if (text != NULL)
    sqlite3_bind_text (statement, index, text, -1, SQLITE_STATIC);
  else
    sqlite3_bind_null (statement, index);
}

/* A body is written in little-endian order on every machine, so that files can move. */
static GVariant *
in_file_order (GVariant *body)
{
#if G_BYTE_ORDER == G_BIG_ENDIAN
  return g_variant_byteswap (body);
#else
  return g_variant_get_normal_form (body);
#endif
}

static void
bind_bytes (sqlite3_stmt *statement, int index, GBytes *bytes)
{
  gsize size;
  const void *data;

  if (bytes == NULL) {
    sqlite3_bind_null (statement, index);
    return;
  }
  data = g_bytes_get_data (bytes, &size);
  /* A NULL pointer would be stored as NULL, not as no bytes. */
  sqlite3_bind_blob64 (statement, index, data != NULL ? data : "", size, SQLITE_TRANSIENT);
}

static void
bind_record (sqlite3_stmt *statement, AmtProvRecord *record)
{
  GVariant *body = amt_prov_record_get_body (record);
  g_autoptr (GBytes) bytes = NULL;

  if (body != NULL) {
    g_autoptr (GVariant) ordered = in_file_order (body);

    bytes = g_variant_get_data_as_bytes (ordered);
  }
  sqlite3_bind_int (statement, 1, amt_prov_record_get_kind (record));
  bind_text (statement, 2, amt_prov_record_get_key (record));
  bind_text (statement, 3, amt_prov_record_get_owner (record));
  bind_text (statement, 4, amt_prov_record_get_state (record));
  sqlite3_bind_int64 (statement, 5, amt_prov_record_get_due (record));
  bind_bytes (statement, 6, bytes);
  bind_bytes (statement, 7, amt_prov_record_get_sealed (record));
}

typedef struct {
  gboolean exists;
  guint64 sequence;
  guint64 revision;
  char *owner;
  char *state;
  gint64 due;
} Found;

static void
found_clear (Found *found)
{
  g_free (found->owner);
  g_free (found->state);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Found, found_clear)

static gboolean
find (AmtProvSqliteStore *self, AmtProvRecord *record, Found *found, GError **error)
{
  sqlite3_stmt *statement = self->prepared[SQL_FIND];
  int code;

  if (amt_prov_record_get_key (record) == NULL)
    return TRUE;
  sqlite3_bind_int (statement, 1, amt_prov_record_get_kind (record));
  bind_text (statement, 2, amt_prov_record_get_key (record));
  code = sqlite3_step (statement);
  if (code == SQLITE_ROW) {
    found->exists = TRUE;
    found->sequence = (guint64)sqlite3_column_int64 (statement, 0);
    found->revision = (guint64)sqlite3_column_int64 (statement, 1);
    found->owner = g_strdup ((const char *)sqlite3_column_text (statement, 2));
    found->due = sqlite3_column_int64 (statement, 3);
    found->state = g_strdup ((const char *)sqlite3_column_text (statement, 4));
  } else if (code != SQLITE_DONE) {
    amt_prov_sqlite_fail (self->db, self->path, "read", error);
  }
  sqlite3_reset (statement);
  sqlite3_clear_bindings (statement);
  return code == SQLITE_ROW || code == SQLITE_DONE;
}

static gboolean
is_allowed (AmtProvChange *change, const Found *found)
{
  AmtProvRecord *record = amt_prov_change_get_record (change);

  switch (amt_prov_change_get_condition (change)) {
  case AMT_PROV_CONDITION_ABSENT:
    return !found->exists;
  case AMT_PROV_CONDITION_REVISION:
    return found->exists && found->revision == amt_prov_record_get_revision (record);
  case AMT_PROV_CONDITION_LEASE:
    return !found->exists || found->due < amt_prov_change_get_now (change) ||
           g_strcmp0 (found->owner, amt_prov_record_get_owner (record)) == 0;
  default:
    return TRUE;
  }
}

static gboolean
insert (AmtProvSqliteStore *self, AmtProvRecord *record, Outcome *outcome, GError **error)
{
  bind_record (self->prepared[SQL_INSERT], record);
  if (!run (self, SQL_INSERT, error))
    return FALSE;
  outcome->sequence = (guint64)sqlite3_last_insert_rowid (self->db);
  outcome->revision = 1;
  if (amt_prov_record_get_key (record) != NULL)
    return TRUE;
  sqlite3_bind_int64 (self->prepared[SQL_NAME], 1, (gint64)outcome->sequence);
  return run (self, SQL_NAME, error);
}

static gboolean
update (AmtProvSqliteStore *self,
        AmtProvRecord *record,
        const Found *found,
        Outcome *outcome,
        GError **error)
{
  gboolean same = g_strcmp0 (found->owner, amt_prov_record_get_owner (record)) == 0 &&
                  g_strcmp0 (found->state, amt_prov_record_get_state (record)) == 0;
  guint which = same ? SQL_RENEW : SQL_UPDATE;

  outcome->sequence = found->sequence;
  outcome->revision = found->revision + 1;
  bind_record (self->prepared[which], record);
  sqlite3_bind_int64 (self->prepared[which], 8, (gint64)outcome->revision);
  sqlite3_bind_int64 (self->prepared[which], 9, (gint64)found->sequence);
  return run (self, which, error);
}

static gboolean
erase (AmtProvSqliteStore *self, const Found *found, GError **error)
{
  sqlite3_bind_int64 (self->prepared[SQL_DELETE], 1, (gint64)found->sequence);
  return run (self, SQL_DELETE, error);
}

static Result
make_change (AmtProvSqliteStore *self, Outcome *outcome, GError **error)
{
  AmtProvRecord *record = amt_prov_change_get_record (outcome->change);
  g_auto (Found) found = {0};
  gboolean made;

  if (!find (self, record, &found, error))
    return RESULT_FAILED;
  if (!is_allowed (outcome->change, &found))
    return RESULT_REFUSED;
  if (amt_prov_change_get_verb (outcome->change) == AMT_PROV_VERB_DELETE)
    made = !found.exists || erase (self, &found, error);
  else if (found.exists)
    made = update (self, record, &found, outcome, error);
  else
    made = insert (self, record, outcome, error);
  return made ? RESULT_MADE : RESULT_FAILED;
}

/* Makes outcomes[first..last[, or none of them. */
static Result
make_group (AmtProvSqliteStore *self, GArray *outcomes, guint first, guint last, GError **error)
{
  Result result = RESULT_MADE;

  if (!run (self, SQL_SAVEPOINT, error))
    return RESULT_FAILED;
  for (guint i = first; i < last && result == RESULT_MADE; i++)
    result = make_change (self, &g_array_index (outcomes, Outcome, i), error);
  if (result == RESULT_REFUSED && !run (self, SQL_UNDO, error))
    return RESULT_FAILED;
  if (result != RESULT_FAILED && !run (self, SQL_RELEASE, error))
    return RESULT_FAILED;
  return result;
}

static gboolean
make_groups (AmtProvSqliteStore *self, GArray *outcomes, GError **error)
{
  guint first = 0;

  while (first < outcomes->len) {
    guint group = amt_prov_change_get_group (g_array_index (outcomes, Outcome, first).change);
    guint last = first;
    Result result;

    while (last < outcomes->len &&
           amt_prov_change_get_group (g_array_index (outcomes, Outcome, last).change) == group)
      last++;
    result = make_group (self, outcomes, first, last, error);
    if (result == RESULT_FAILED)
      return FALSE;
    for (guint i = first; i < last && result == RESULT_REFUSED; i++)
      g_array_index (outcomes, Outcome, i).change = NULL;
    first = last;
  }
  return TRUE;
}

static int
compare_groups (gconstpointer a, gconstpointer b)
{
  guint left = amt_prov_change_get_group (((const Outcome *)a)->change);
  guint right = amt_prov_change_get_group (((const Outcome *)b)->change);

  return left < right ? -1 : left > right;
}

/* Sorting is stable (g_array_sort): changes of one group keep their order. */
static GArray *
sort_by_group (GPtrArray *changes)
{
  GArray *outcomes = g_array_sized_new (FALSE, TRUE, sizeof (Outcome), changes->len);

  for (guint i = 0; i < changes->len; i++) {
    Outcome outcome = {.change = changes->pdata[i]};

    amt_prov_change_set_applied (outcome.change, FALSE);
    g_array_append_val (outcomes, outcome);
  }
  g_array_sort (outcomes, compare_groups);
  return outcomes;
}

static void
tell (const Outcome *outcome)
{
  AmtProvRecord *record;

  if (outcome->change == NULL)
    return;
  amt_prov_change_set_applied (outcome->change, TRUE);
  record = amt_prov_change_get_record (outcome->change);
  if (amt_prov_change_get_verb (outcome->change) == AMT_PROV_VERB_DELETE)
    return;
  amt_prov_record_set_sequence (record, outcome->sequence);
  amt_prov_record_set_revision (record, outcome->revision);
  if (amt_prov_record_get_key (record) == NULL) {
    g_autofree char *key = g_strdup_printf ("%" G_GUINT64_FORMAT, outcome->sequence);

    amt_prov_record_set_key (record, key);
  }
}

static gboolean
sqlite_apply (AmtProvStore *store, GPtrArray *changes, GError **error)
{
  AmtProvSqliteStore *self = AMT_PROV_SQLITE_STORE (store);
  g_autoptr (GArray) outcomes = sort_by_group (changes);

  if (!run (self, SQL_BEGIN, error))
    return FALSE;
  if (!make_groups (self, outcomes, error) || !run (self, SQL_COMMIT, error)) {
    /* SQLite ends the transaction by itself on some errors, such as a full disk. */
    if (!sqlite3_get_autocommit (self->db))
      run (self, SQL_ROLLBACK, NULL);
    return FALSE;
  }
  for (guint i = 0; i < outcomes->len; i++)
    tell (&g_array_index (outcomes, Outcome, i));
  return TRUE;
}

enum {
  FILTER_KEY = 1,
  FILTER_OWNER = 2,
  FILTER_STATE = 4,
};

static sqlite3_stmt *
query_statement (AmtProvSqliteStore *self, guint filters, GError **error)
{
  g_autofree char *sql = NULL;

  if (self->queries[filters] != NULL)
    return self->queries[filters];
  sql = g_strdup_printf ("SELECT sequence, key, owner, state, due, revision, body, sealed"
                         " FROM records WHERE kind = ?1%s%s%s AND sequence > ?5"
                         " ORDER BY sequence LIMIT ?6",
                         filters & FILTER_KEY ? " AND key = ?2" : "",
                         filters & FILTER_OWNER ? " AND owner = ?3" : "",
                         filters & FILTER_STATE ? " AND state = ?4" : "");
  if (sqlite3_prepare_v3 (self->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &self->queries[filters],
                          NULL) != SQLITE_OK)
    amt_prov_sqlite_fail (self->db, self->path, "read", error);
  return self->queries[filters];
}

static GBytes *
column_bytes (sqlite3_stmt *statement, int column)
{
  const void *data;

  if (sqlite3_column_type (statement, column) == SQLITE_NULL)
    return NULL;
  data = sqlite3_column_blob (statement, column);
  return g_bytes_new (data, (gsize)sqlite3_column_bytes (statement, column));
}

static AmtProvRecord *
read_row (AmtProvKind kind, sqlite3_stmt *row)
{
  AmtProvRecord *record = amt_prov_record_new (kind, (const char *)sqlite3_column_text (row, 1));
  g_autoptr (GBytes) body = column_bytes (row, 6);
  g_autoptr (GBytes) sealed = column_bytes (row, 7);

  amt_prov_record_set_sequence (record, (guint64)sqlite3_column_int64 (row, 0));
  amt_prov_record_set_owner (record, (const char *)sqlite3_column_text (row, 2));
  amt_prov_record_set_state (record, (const char *)sqlite3_column_text (row, 3));
  amt_prov_record_set_due (record, sqlite3_column_int64 (row, 4));
  amt_prov_record_set_revision (record, (guint64)sqlite3_column_int64 (row, 5));
  amt_prov_record_set_sealed (record, sealed);
  if (body != NULL) {
    g_autoptr (GVariant) stored =
        g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE_VARDICT, body, FALSE));
    g_autoptr (GVariant) ordered = in_file_order (stored);

    amt_prov_record_set_body (record, ordered);
  }
  return record;
}

static GPtrArray *
sqlite_query (AmtProvStore *store, AmtProvQuery *query, GError **error)
{
  AmtProvSqliteStore *self = AMT_PROV_SQLITE_STORE (store);
  g_autoptr (GPtrArray) records =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_record_unref);
  const char *key = amt_prov_query_get_key (query);
  const char *owner = amt_prov_query_get_owner (query);
  const char *state = amt_prov_query_get_state (query);
  guint limit = amt_prov_query_get_limit (query);
  sqlite3_stmt *statement = query_statement (
      self, (key ? FILTER_KEY : 0) | (owner ? FILTER_OWNER : 0) | (state ? FILTER_STATE : 0),
      error);
  int code;

  if (statement == NULL)
    return NULL;
  sqlite3_bind_int (statement, 1, amt_prov_query_get_kind (query));
  bind_text (statement, 2, key);
  bind_text (statement, 3, owner);
  bind_text (statement, 4, state);
  sqlite3_bind_int64 (statement, 5,
                      (gint64)MIN (amt_prov_query_get_after (query), (guint64)G_MAXINT64));
  sqlite3_bind_int64 (statement, 6, limit > 0 ? (gint64)limit : -1);
  while ((code = sqlite3_step (statement)) == SQLITE_ROW)
    g_ptr_array_add (records, read_row (amt_prov_query_get_kind (query), statement));
  if (code != SQLITE_DONE)
    amt_prov_sqlite_fail (self->db, self->path, "read", error);
  sqlite3_reset (statement);
  sqlite3_clear_bindings (statement);
  return code == SQLITE_DONE ? g_steal_pointer (&records) : NULL;
}

static void
store_init (AmtProvStoreInterface *iface)
{
  iface->open = sqlite_open;
  iface->apply = sqlite_apply;
  iface->query = sqlite_query;
}
