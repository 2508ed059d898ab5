/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <amtprov/database.h>

#include <string.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <amtprov/error.h>
#include "records.h"
#include "store-changes.h"
#include "folder.h"
#include "sqlite-store.h"

typedef struct {
  char *folder;
  char *path;
  char *key;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = folder_new ();
  fixture->path = g_build_filename (fixture->folder, "store.db", NULL);
  fixture->key = g_build_filename (fixture->folder, "key", NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  folder_remove (fixture->folder);
  g_free (fixture->folder);
  g_free (fixture->path);
  g_free (fixture->key);
}

static AmtProvDatabase *
open_with (Fixture *fixture, const char *key, GError **error)
{
  g_autoptr (AmtProvStore) store = g_object_new (AMT_PROV_TYPE_SQLITE_STORE, NULL);

  return amt_prov_database_open (store, fixture->path, key, error);
}

static void
open_once (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (AmtProvDatabase) database = open_with (fixture, fixture->key, &error);

  g_assert_no_error (error);
  g_assert_nonnull (database);
}

static void
refuse (Fixture *fixture, const char *key, const char *text)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (open_with (fixture, key, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_STORE);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, text));
  g_assert_nonnull (strstr (error->message, key));
}

static void
test_new_key (Fixture *fixture, gconstpointer data)
{
  g_autofree char *before = NULL, *after = NULL;
  struct stat info;
  gsize size;

  open_once (fixture);
  g_assert_cmpint (stat (fixture->key, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 07777, ==, 0600);
  g_assert_cmpint (info.st_size, ==, 32);
  g_assert_true (g_file_get_contents (fixture->key, &before, &size, NULL));
  open_once (fixture);
  g_assert_true (g_file_get_contents (fixture->key, &after, &size, NULL));
  g_assert_cmpmem (before, 32, after, 32);
}

static void
test_own_key (Fixture *fixture, gconstpointer data)
{
  g_assert_true (g_file_set_contents_full (fixture->key, "0123456789abcdef0123456789abcdef", 32,
                                           G_FILE_SET_CONTENTS_NONE, 0600, NULL));
  open_once (fixture);
}

static void
test_wrong_key (Fixture *fixture, gconstpointer data)
{
  g_autofree char *other = g_build_filename (fixture->folder, "other", NULL);

  open_once (fixture);
  g_assert_true (g_file_set_contents_full (other, "0123456789abcdef0123456789abcdef", 32,
                                           G_FILE_SET_CONTENTS_NONE, 0600, NULL));
  refuse (fixture, other, "does not open the store");
  open_once (fixture);
}

static void
test_missing_key (Fixture *fixture, gconstpointer data)
{
  g_autofree char *other = g_build_filename (fixture->folder, "other", NULL);

  open_once (fixture);
  refuse (fixture, other, "is missing");
  g_assert_false (g_file_test (other, G_FILE_TEST_EXISTS));
  open_once (fixture);
}

static void
test_unsafe_key (Fixture *fixture, gconstpointer data)
{
  const guint modes[] = {0640, 0604, 0644, 0620};

  open_once (fixture);
  for (guint i = 0; i < G_N_ELEMENTS (modes); i++) {
    g_assert_cmpint (g_chmod (fixture->key, modes[i]), ==, 0);
    refuse (fixture, fixture->key, "chmod 0600");
  }
  g_assert_cmpint (g_chmod (fixture->key, 0400), ==, 0);
  open_once (fixture);
}

static void
test_damaged_key (Fixture *fixture, gconstpointer data)
{
  const gssize sizes[] = {0, 31, 33, 4096};
  g_autofree char *zeros = g_malloc0 (4096);

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    g_assert_true (g_file_set_contents_full (fixture->key, zeros, sizes[i],
                                             G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    refuse (fixture, fixture->key, "exactly 32");
  }
  refuse (fixture, fixture->folder, "no regular file");
}

static void
test_no_folder_for_key (Fixture *fixture, gconstpointer data)
{
  g_autofree char *key = g_build_filename (fixture->folder, "no", "key", NULL);

  refuse (fixture, key, "No such file");
}

int
main (int argc, char **argv)
{
  const struct {
    const char *path;
    void (*test) (Fixture *fixture, gconstpointer data);
  } tests[] = {
      {"/vault/new-key", test_new_key},
      {"/vault/own-key", test_own_key},
      {"/vault/wrong-key", test_wrong_key},
      {"/vault/missing-key", test_missing_key},
      {"/vault/unsafe-key", test_unsafe_key},
      {"/vault/damaged-key", test_damaged_key},
      {"/vault/no-folder", test_no_folder_for_key},
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].test, tear_down);
  return g_test_run ();
}
