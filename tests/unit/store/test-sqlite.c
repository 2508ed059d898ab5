/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sqlite-store.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <amtprov/error.h>
#include "records.h"
#include "store-changes.h"
#include "folder.h"

static AmtProvStore *
open_at (const char *path)
{
  AmtProvStore *store = g_object_new (AMT_PROV_TYPE_SQLITE_STORE, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (amt_prov_store_open (store, path, &error));
  g_assert_no_error (error);
  return store;
}

static void
refuse_at (const char *path, const char *text)
{
  g_autoptr (AmtProvStore) store = g_object_new (AMT_PROV_TYPE_SQLITE_STORE, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (amt_prov_store_open (store, path, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_STORE);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, text));
}

typedef struct {
  char *folder;
  char *path;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = folder_new ();
  fixture->path = g_build_filename (fixture->folder, "store.db", NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  folder_remove (fixture->folder);
  g_free (fixture->folder);
  g_free (fixture->path);
}

static void
execute (const char *path, const char *sql)
{
  sqlite3 *db = NULL;

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (db);
}

static gboolean
put (AmtProvStore *store, const char *key, GError **error)
{
  g_autoptr (GPtrArray) changes = changes_new (
      put_new (AMT_PROV_KIND_DEVICE, key, NULL, NULL, AMT_PROV_CONDITION_NONE, 0), NULL);

  return amt_prov_store_apply (store, changes, error);
}

static void
test_private_file (Fixture *fixture, gconstpointer data)
{
  struct stat info;

  g_object_unref (open_at (fixture->path));
  g_assert_cmpint (stat (fixture->path, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 07777, ==, 0600);
}

static void
test_version_0 (Fixture *fixture, gconstpointer data)
{
  g_autoptr (AmtProvStore) store = NULL;

  /* Version 0 is a database without anything in it. */
  execute (fixture->path, "PRAGMA user_version = 0; VACUUM");
  store = open_at (fixture->path);
  g_assert_true (put (store, "a", NULL));
}

static void
test_newer_version (Fixture *fixture, gconstpointer data)
{
  g_object_unref (open_at (fixture->path));
  execute (fixture->path, "PRAGMA user_version = 99");
  refuse_at (fixture->path, "version 99");
  execute (fixture->path, "PRAGMA user_version = 1");
  g_object_unref (open_at (fixture->path));
}

static void
test_foreign_database (Fixture *fixture, gconstpointer data)
{
  execute (fixture->path, "CREATE TABLE songs (title TEXT)");
  refuse_at (fixture->path, "another program");
  execute (fixture->path, "INSERT INTO songs VALUES ('still there')");
}

static void
test_no_database (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = g_strnfill (8192, 'z');
  g_autofree char *after = NULL;

  g_assert_true (g_file_set_contents (fixture->path, text, -1, NULL));
  refuse_at (fixture->path, "no SQLite database");
  g_assert_true (g_file_get_contents (fixture->path, &after, NULL, NULL));
  g_assert_cmpstr (after, ==, text);
}

static void
test_bad_places (Fixture *fixture, gconstpointer data)
{
  g_autofree char *nowhere = g_build_filename (fixture->folder, "no", "store.db", NULL);

  refuse_at (nowhere, nowhere);
  refuse_at (fixture->folder, fixture->folder);
  refuse_at ("", "store=sqlite:PATH");
  if (geteuid () == 0)
    return; /* root may write everywhere */
  g_assert_cmpint (g_chmod (fixture->folder, 0500), ==, 0);
  refuse_at (fixture->path, "Permission denied");
}

/* A file-size limit stands for the full disk: the whole commit fails and the store stays usable. */
static void
test_full (Fixture *fixture, gconstpointer data)
{
  g_autoptr (AmtProvStore) store = open_at (fixture->path);
  g_autoptr (AmtProvRecord) record = amt_prov_record_new (AMT_PROV_KIND_DEVICE, "big");
  g_autoptr (GBytes) bytes = g_bytes_new_take (g_malloc0 (1 << 21), 1 << 21);
  g_autoptr (GPtrArray) changes = NULL, found = NULL;
  g_autoptr (GError) error = NULL;
  struct sigaction ignore = {.sa_handler = SIG_IGN}, old_action;
  struct rlimit old_limit, limit;

  amt_prov_record_set_sealed (record, bytes);
  changes =
      changes_new (put_new (AMT_PROV_KIND_DEVICE, "small", NULL, NULL, AMT_PROV_CONDITION_NONE, 1),
                   amt_prov_change_new (AMT_PROV_VERB_PUT, record, AMT_PROV_CONDITION_NONE), NULL);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &old_limit), ==, 0);
  limit = (struct rlimit){1 << 20, old_limit.rlim_max};
  sigaction (SIGXFSZ, &ignore, &old_action);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  g_assert_false (amt_prov_store_apply (store, changes, &error));
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &old_limit), ==, 0);
  sigaction (SIGXFSZ, &old_action, NULL);
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_STORE);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, fixture->path));
  g_assert_false (amt_prov_change_is_applied (changes->pdata[0]));
  g_assert_cmpuint (amt_prov_record_get_revision (record), ==, 0);
  found = read_all (store, AMT_PROV_KIND_DEVICE, NULL, NULL, NULL);
  g_assert_cmpuint (found->len, ==, 0);
  g_assert_true (put (store, "later", NULL));
}

/* Every filter finds its rows through an index: a million machines must not slow a look-up. */
static void
test_indexes (Fixture *fixture, gconstpointer data)
{
  const char *const filters[] = {"key = 'a'", "owner = 'a'", "state = 'a'"};
  sqlite3 *db = NULL;

  g_object_unref (open_at (fixture->path));
  g_assert_cmpint (sqlite3_open (fixture->path, &db), ==, SQLITE_OK);
  for (guint i = 0; i < G_N_ELEMENTS (filters); i++) {
    g_autofree char *sql = g_strdup_printf (
        "EXPLAIN QUERY PLAN SELECT * FROM records WHERE kind = 1 AND %s AND sequence > 5"
        " ORDER BY sequence LIMIT 1",
        filters[i]);
    sqlite3_stmt *plan = NULL;

    g_assert_cmpint (sqlite3_prepare_v2 (db, sql, -1, &plan, NULL), ==, SQLITE_OK);
    g_assert_cmpint (sqlite3_step (plan), ==, SQLITE_ROW);
    g_test_message ("%s", (const char *)sqlite3_column_text (plan, 3));
    g_assert_nonnull (strstr ((const char *)sqlite3_column_text (plan, 3), "USING INDEX records_"));
    sqlite3_finalize (plan);
  }
  sqlite3_close (db);
}

int
main (int argc, char **argv)
{
  const struct {
    const char *path;
    void (*test) (Fixture *fixture, gconstpointer data);
  } tests[] = {
      {"/sqlite/private-file", test_private_file},
      {"/sqlite/version-0", test_version_0},
      {"/sqlite/newer-version", test_newer_version},
      {"/sqlite/foreign-database", test_foreign_database},
      {"/sqlite/no-database", test_no_database},
      {"/sqlite/bad-places", test_bad_places},
      {"/sqlite/full", test_full},
      {"/sqlite/indexes", test_indexes},
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].test, tear_down);
  return g_test_run ();
}
