/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <amtprov/database.h>

#include <string.h>
#include <amtprov/device.h>
#include <amtprov/error.h>
#include "records.h"
#include "store-changes.h"
#include "folder.h"
#include "probe-store.h"

/* The private context that all tests run on; the default one must stay idle. */
typedef struct {
  GMainContext *context;
  char *folder;
  char *path;
  char *key;
  ProbeStore *store;
  AmtProvDatabase *database;
  guint answers;
  GPtrArray *errors;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->context = g_main_context_new ();
  g_main_context_push_thread_default (fixture->context);
  fixture->folder = folder_new ();
  fixture->path = g_build_filename (fixture->folder, "store.db", NULL);
  fixture->key = g_build_filename (fixture->folder, "key", NULL);
  fixture->store = probe_store_new ();
  fixture->errors = g_ptr_array_new_with_free_func ((GDestroyNotify)g_error_free);
  fixture->database =
      amt_prov_database_open (AMT_PROV_STORE (fixture->store), fixture->path, fixture->key, &error);
  g_assert_no_error (error);
  g_assert_nonnull (fixture->database);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_object (&fixture->database);
  g_assert_false (g_main_context_pending (NULL));
  g_clear_object (&fixture->store);
  g_main_context_pop_thread_default (fixture->context);
  g_main_context_unref (fixture->context);
  folder_remove (fixture->folder);
  g_free (fixture->folder);
  g_free (fixture->path);
  g_free (fixture->key);
  g_ptr_array_unref (fixture->errors);
}

static GPtrArray *
one_change (const char *key, AmtProvCondition condition)
{
  return changes_new (put_new (AMT_PROV_KIND_DEVICE, key, NULL, NULL, condition, 0), NULL);
}

static void
on_applied (GObject *object, GAsyncResult *result, gpointer data)
{
  Fixture *fixture = data;
  GError *error = NULL;

  g_assert_true (g_main_context_is_owner (fixture->context));
  fixture->answers++;
  if (!amt_prov_database_apply_finish (AMT_PROV_DATABASE (object), result, &error))
    g_ptr_array_add (fixture->errors, error);
}

static void
push (Fixture *fixture, const char *key, AmtProvCondition condition, GCancellable *cancellable)
{
  g_autoptr (GPtrArray) changes = one_change (key, condition);

  amt_prov_database_apply_async (fixture->database, changes, cancellable, on_applied, fixture);
}

static void
wait_answers (Fixture *fixture, guint count)
{
  while (fixture->answers < count)
    g_main_context_iteration (fixture->context, TRUE);
}

static guint
count_devices (AmtProvDatabase *database)
{
  g_autoptr (AmtProvQuery) query = amt_prov_query_new (AMT_PROV_KIND_DEVICE);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) records = amt_prov_database_query (database, query, &error);

  g_assert_no_error (error);
  return records->len;
}

/* What comes in while a commit runs is one commit more, whatever its number. */
static void
test_group_commit (Fixture *fixture, gconstpointer data)
{
  guint before = probe_store_get_commits (fixture->store);

  probe_store_hold (fixture->store);
  push (fixture, "first", AMT_PROV_CONDITION_NONE, NULL);
  probe_store_wait_held (fixture->store);
  for (guint i = 0; i < 100; i++) {
    g_autofree char *key = g_strdup_printf ("%u", i);

    push (fixture, key, AMT_PROV_CONDITION_NONE, NULL);
  }
  /* One of them fails; the others of its commit do not. */
  push (fixture, "50", AMT_PROV_CONDITION_ABSENT, NULL);
  probe_store_let_go (fixture->store);
  wait_answers (fixture, 102);
  g_assert_cmpuint (probe_store_get_commits (fixture->store) - before, ==, 2);
  g_assert_cmpuint (fixture->errors->len, ==, 1);
  g_assert_error ((GError *)fixture->errors->pdata[0], AMT_PROV_ERROR, AMT_PROV_ERROR_CONFLICT);
  g_assert_cmpuint (count_devices (fixture->database), ==, 101);
}

static void
test_conflict (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) first = one_change ("abc", AMT_PROV_CONDITION_ABSENT);
  g_autoptr (GPtrArray) again = changes_new (
      put_new (AMT_PROV_KIND_DEVICE, "other", NULL, NULL, AMT_PROV_CONDITION_NONE, 0),
      put_new (AMT_PROV_KIND_DEVICE, "abc", NULL, NULL, AMT_PROV_CONDITION_ABSENT, 0), NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (amt_prov_database_apply (fixture->database, first, NULL));
  g_assert_false (amt_prov_database_apply (fixture->database, again, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFLICT);
  g_assert_nonnull (strstr (error->message, "device abc"));
  g_assert_cmpuint (count_devices (fixture->database), ==, 1);
}

/* A commit that fails, fails all requests in it and makes none of them. */
static void
test_failing_commit (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) changes = one_change ("later", AMT_PROV_CONDITION_NONE);
  g_autoptr (GError) error = NULL;

  probe_store_hold (fixture->store);
  push (fixture, "held", AMT_PROV_CONDITION_NONE, NULL);
  probe_store_wait_held (fixture->store);
  probe_store_fail_next (fixture->store, "the disk is on fire");
  probe_store_let_go (fixture->store);
  wait_answers (fixture, 1);
  g_assert_cmpuint (fixture->errors->len, ==, 1);
  g_assert_error ((GError *)fixture->errors->pdata[0], AMT_PROV_ERROR, AMT_PROV_ERROR_STORE);
  g_assert_cmpuint (count_devices (fixture->database), ==, 0);

  probe_store_fail_next (fixture->store, NULL);
  g_assert_false (amt_prov_database_apply (fixture->database, changes, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PLUGIN_FAILED);
  g_assert_true (amt_prov_database_apply (fixture->database, changes, NULL));
}

static void
test_cancel (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  probe_store_hold (fixture->store);
  push (fixture, "begun", AMT_PROV_CONDITION_NONE, cancellable);
  probe_store_wait_held (fixture->store);
  push (fixture, "waiting", AMT_PROV_CONDITION_NONE, cancellable);
  g_cancellable_cancel (cancellable);
  probe_store_let_go (fixture->store);
  wait_answers (fixture, 2);
  /* The one whose commit had begun is made and says so. */
  g_assert_cmpuint (fixture->errors->len, ==, 1);
  g_assert_error ((GError *)fixture->errors->pdata[0], G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (count_devices (fixture->database), ==, 1);
}

static void
on_queried (GObject *object, GAsyncResult *result, gpointer data)
{
  Fixture *fixture = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) records =
      amt_prov_database_query_finish (AMT_PROV_DATABASE (object), result, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (records->len, ==, 2);
  fixture->answers++;
}

static void
test_query_after_apply (Fixture *fixture, gconstpointer data)
{
  g_autoptr (AmtProvQuery) query = amt_prov_query_new (AMT_PROV_KIND_DEVICE);

  probe_store_hold (fixture->store);
  push (fixture, "one", AMT_PROV_CONDITION_NONE, NULL);
  probe_store_wait_held (fixture->store);
  push (fixture, "two", AMT_PROV_CONDITION_NONE, NULL);
  amt_prov_database_query_async (fixture->database, query, NULL, on_queried, fixture);
  probe_store_let_go (fixture->store);
  wait_answers (fixture, 3);
}

static void
test_dispose (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) late = one_change ("late", AMT_PROV_CONDITION_NONE);
  g_autoptr (AmtProvDatabase) again = NULL;
  g_autoptr (ProbeStore) store = probe_store_new ();
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 20; i++) {
    g_autofree char *key = g_strdup_printf ("%u", i);

    push (fixture, key, AMT_PROV_CONDITION_NONE, NULL);
  }
  g_object_run_dispose (G_OBJECT (fixture->database));
  g_assert_false (amt_prov_database_apply (fixture->database, late, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_STORE);
  wait_answers (fixture, 20);
  g_assert_cmpuint (fixture->errors->len, ==, 0);
  /* Many databases in one process, this one on the same file. */
  again = amt_prov_database_open (AMT_PROV_STORE (store), fixture->path, fixture->key, NULL);
  g_assert_nonnull (again);
  g_assert_cmpuint (count_devices (again), ==, 20);
}

/* The last reference goes while work is queued: the answers keep the database until they came. */
static void
test_unref_with_work (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 20; i++) {
    g_autofree char *key = g_strdup_printf ("%u", i);

    push (fixture, key, AMT_PROV_CONDITION_NONE, NULL);
  }
  g_clear_object (&fixture->database);
  wait_answers (fixture, 20);
  g_assert_cmpuint (fixture->errors->len, ==, 0);
}

static void
test_credential (Fixture *fixture, gconstpointer data)
{
  g_autoptr (AmtProvCredential) credential =
      amt_prov_credential_new ("admin", "uuid/pending", "uuid", "pending");
  g_autoptr (AmtProvSecret) password = amt_prov_secret_new_text ("P@ssw0rd-hidden");
  g_autoptr (AmtProvSecret) binary = amt_prov_secret_new ((const guint8 *)"\0\1\0", 3);
  g_autoptr (AmtProvSecret) empty = amt_prov_secret_new_text ("");
  g_autoptr (AmtProvRecord) record = NULL;
  g_autoptr (AmtProvCredential) back = NULL;
  g_autoptr (GPtrArray) changes = NULL;
  g_autoptr (GError) error = NULL;
  gsize size;
  const char *bytes;

  amt_prov_credential_set_value (credential, "password", password);
  amt_prov_credential_set_value (credential, "binary", binary);
  amt_prov_credential_set_value (credential, "empty", empty);
  amt_prov_credential_set_note (credential, "medium", "usb");
  amt_prov_credential_set_note (credential, "record", "7");
  amt_prov_credential_set_note (credential, "record", NULL);
  record = amt_prov_database_seal (fixture->database, credential, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (amt_prov_record_get_key (record), ==, "admin:uuid/pending");
  g_assert_cmpstr (amt_prov_record_get_owner (record), ==, "uuid");
  bytes = g_bytes_get_data (amt_prov_record_get_sealed (record), &size);
  g_assert_null (memmem (bytes, size, "P@ssw0rd", 8));
  changes = changes_new (amt_prov_change_new (AMT_PROV_VERB_PUT, record, AMT_PROV_CONDITION_ABSENT),
                         NULL);
  g_assert_true (amt_prov_database_apply (fixture->database, changes, NULL));
  /* The credential knows the revision it was written with. */
  g_assert_cmpuint (amt_prov_credential_get_revision (credential), ==, 1);

  back = amt_prov_database_unseal (fixture->database, record, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (amt_prov_credential_get_credential_type (back), ==, "admin");
  g_assert_cmpstr (amt_prov_credential_get_id (back), ==, "uuid/pending");
  g_assert_cmpstr (amt_prov_credential_get_state (back), ==, "pending");
  g_assert_true (
      amt_prov_secret_equal (amt_prov_credential_get_value (back, "password"), password));
  g_assert_true (amt_prov_secret_equal (amt_prov_credential_get_value (back, "binary"), binary));
  g_assert_true (amt_prov_secret_equal (amt_prov_credential_get_value (back, "empty"), empty));
  g_assert_null (amt_prov_credential_get_value (back, "pps"));
  g_assert_cmpstr (amt_prov_credential_get_note (back, "medium"), ==, "usb");
  g_assert_null (amt_prov_credential_get_note (back, "record"));
}

/* Sealed bytes that were moved to another row, or changed, do not open. */
static void
test_swapped (Fixture *fixture, gconstpointer data)
{
  g_autoptr (AmtProvCredential) mine = amt_prov_credential_new ("admin", "mine", "a", "current");
  g_autoptr (AmtProvRecord) record = amt_prov_database_seal (fixture->database, mine, NULL);
  g_autoptr (AmtProvRecord) moved = amt_prov_record_new (AMT_PROV_KIND_CREDENTIAL, "admin:yours");
  g_autoptr (AmtProvRecord) bare = amt_prov_record_new (AMT_PROV_KIND_CREDENTIAL, "admin:bare");
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *copy = NULL;
  gsize size;

  amt_prov_record_set_sealed (moved, amt_prov_record_get_sealed (record));
  g_assert_null (amt_prov_database_unseal (fixture->database, moved, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_STORE);
  g_assert_null (amt_prov_database_unseal (fixture->database, bare, NULL));
  size = g_bytes_get_size (amt_prov_record_get_sealed (record));
  copy = g_memdup2 (g_bytes_get_data (amt_prov_record_get_sealed (record), NULL), size);
  for (gsize i = 0; i < size; i++) {
    g_autoptr (GBytes) bad = NULL;

    copy[i] ^= 1;
    bad = g_bytes_new (copy, size);
    copy[i] ^= 1;
    amt_prov_record_set_sealed (moved, bad);
    amt_prov_record_set_key (moved, "admin:mine");
    g_assert_null (amt_prov_database_unseal (fixture->database, moved, NULL));
  }
  for (gsize length = 0; length < size; length++) {
    g_autoptr (GBytes) cut = g_bytes_new (copy, length);

    amt_prov_record_set_sealed (moved, cut);
    g_assert_null (amt_prov_database_unseal (fixture->database, moved, NULL));
  }
}

static void
test_device (Fixture *fixture, gconstpointer data)
{
  g_autoptr (AmtProvDevice) device = amt_prov_device_new ("uuid-1");
  g_autoptr (AmtProvDevice) other = NULL;

  amt_prov_device_set_state (device, AMT_PROV_DEVICE_STATE_WAITING);
  amt_prov_device_set_fact (device, "site", "büro");
  amt_prov_device_set_fact (device, "error", "x");
  amt_prov_device_set_fact (device, "error", NULL);
  for (guint i = 0; i < 3; i++) {
    g_autoptr (AmtProvRecord) record = amt_prov_device_to_record (device);
    g_autoptr (GPtrArray) changes = changes_new (
        amt_prov_change_new (AMT_PROV_VERB_PUT, record,
                             i == 0 ? AMT_PROV_CONDITION_ABSENT : AMT_PROV_CONDITION_REVISION),
        NULL);

    g_assert_true (amt_prov_database_apply (fixture->database, changes, NULL));
    g_clear_object (&other);
    other = amt_prov_device_new_from_record (record);
  }
  g_assert_cmpstr (amt_prov_device_get_uuid (other), ==, "uuid-1");
  g_assert_cmpint (amt_prov_device_get_state (other), ==, AMT_PROV_DEVICE_STATE_WAITING);
  g_assert_cmpstr (amt_prov_device_get_fact (other, "site"), ==, "büro");
  g_assert_null (amt_prov_device_get_fact (other, "error"));
}

static void
note_freed (gpointer freed)
{
  *(gboolean *)freed = TRUE;
}

/* Whoever reads records need not know what language the store is written in. */
static void
test_array_of_a_script (Fixture *fixture, gconstpointer data)
{
  gboolean freed = FALSE;
  g_autoptr (AmtProvQuery) query = amt_prov_query_new (AMT_PROV_KIND_EVENT);
  AmtProvRecord *record = amt_prov_record_new (AMT_PROV_KIND_EVENT, "1");
  GBytes *sealed = g_bytes_new_with_free_func ("x", 1, note_freed, &freed);
  GPtrArray *records;

  amt_prov_record_set_sealed (record, sealed);
  g_bytes_unref (sealed);
  probe_store_find_next (fixture->store, record);
  amt_prov_record_unref (record);
  records = amt_prov_database_query (fixture->database, query, NULL);
  g_assert_cmpuint (records->len, ==, 1);
  g_assert_false (freed);
  g_ptr_array_unref (records);
  g_assert_true (freed);
}

int
main (int argc, char **argv)
{
  const struct {
    const char *path;
    void (*test) (Fixture *fixture, gconstpointer data);
  } tests[] = {
      {"/database/group-commit", test_group_commit},
      {"/database/conflict", test_conflict},
      {"/database/failing-commit", test_failing_commit},
      {"/database/cancel", test_cancel},
      {"/database/query-after-apply", test_query_after_apply},
      {"/database/dispose", test_dispose},
      {"/database/unref-with-work", test_unref_with_work},
      {"/database/credential", test_credential},
      {"/database/swapped", test_swapped},
      {"/database/device", test_device},
      {"/database/array-of-a-script", test_array_of_a_script},
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].test, tear_down);
  return g_test_run ();
}
