/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "schema.h"

#include <amtprov/error.h>
#include "sqlite-error.h"

/* "AmtP": tells our files from those of other programs (PRAGMA application_id). */
#define APPLICATION_ID 0x416d7450

/* migrations[n] brings a file from version n to n + 1. Entries are only ever appended: files of
 * every older version exist. */
static const char *const migrations[] = {
    "CREATE TABLE records ("
    "  sequence INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  kind INTEGER NOT NULL,"
    "  key TEXT,"
    "  owner TEXT,"
    "  state TEXT,"
    "  due INTEGER NOT NULL DEFAULT 0,"
    "  revision INTEGER NOT NULL DEFAULT 1,"
    "  body BLOB,"
    "  sealed BLOB);"
    "CREATE UNIQUE INDEX records_key ON records (kind, key);"
    "CREATE INDEX records_owner ON records (kind, owner);"
    "CREATE INDEX records_state ON records (kind, state);",
};

static gboolean
execute (sqlite3 *db, const char *path, const char *sql, GError **error)
{
  if (sqlite3_exec (db, sql, NULL, NULL, NULL) == SQLITE_OK)
    return TRUE;
  return amt_prov_sqlite_fail (db, path, "prepare", error);
}

static gboolean
read_number (sqlite3 *db, const char *path, const char *sql, gint64 *number, GError **error)
{
  sqlite3_stmt *statement = NULL;
  gboolean read;

  read = sqlite3_prepare_v2 (db, sql, -1, &statement, NULL) == SQLITE_OK &&
         sqlite3_step (statement) == SQLITE_ROW;
  if (read)
    *number = sqlite3_column_int64 (statement, 0);
  else
    amt_prov_sqlite_fail (db, path, "read", error);
  sqlite3_finalize (statement);
  return read;
}

static gboolean
read_version (sqlite3 *db, const char *path, guint *version, GError **error)
{
  gint64 number, application, tables;

  if (!read_number (db, path, "PRAGMA user_version", &number, error) ||
      !read_number (db, path, "PRAGMA application_id", &application, error) ||
      !read_number (db, path, "SELECT count(*) FROM sqlite_schema", &tables, error))
    return FALSE;
  if (application != APPLICATION_ID && (application != 0 || number != 0 || tables != 0)) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_STORE,
                 "%s is a database of another program; nothing was changed. Name another file in "
                 "[amtprov] store",
                 path);
    return FALSE;
  }
  if (number < 0 || number > (gint64)G_N_ELEMENTS (migrations)) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_STORE,
                 "the store %s has schema version %" G_GINT64_FORMAT
                 ", this amtprov knows versions up to %u; nothing was changed. Use the newer "
                 "amtprov that wrote it",
                 path, number, (guint)G_N_ELEMENTS (migrations));
    return FALSE;
  }
  *version = (guint)number;
  return TRUE;
}

static gboolean
migrate (sqlite3 *db, const char *path, GError **error)
{
  g_autofree char *mark = NULL;
  guint version;

  /* Read again inside the transaction: another process may have been faster. */
  if (!read_version (db, path, &version, error))
    return FALSE;
  for (; version < G_N_ELEMENTS (migrations); version++) {
    if (!execute (db, path, migrations[version], error))
      return FALSE;
  }
  mark = g_strdup_printf ("PRAGMA application_id = %d; PRAGMA user_version = %u", APPLICATION_ID,
                          version);
  return execute (db, path, mark, error);
}

gboolean
amt_prov_sqlite_schema_prepare (sqlite3 *db, const char *path, GError **error)
{
  guint version;

  if (!read_version (db, path, &version, error))
    return FALSE;
  /* Every group is a savepoint, and what undoes it need not outlive us: temp_store keeps that from
   * being written to a file. */
  if (!execute (db, path,
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY",
                error))
    return FALSE;
  if (version == G_N_ELEMENTS (migrations))
    return TRUE;
  if (!execute (db, path, "BEGIN IMMEDIATE", error))
    return FALSE;
  if (migrate (db, path, error) && execute (db, path, "COMMIT", error))
    return TRUE;
  sqlite3_exec (db, "ROLLBACK", NULL, NULL, NULL);
  return FALSE;
}
