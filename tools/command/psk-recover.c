/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "psk-booking-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

GPtrArray *
amtprov_psk_changes_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_change_unref);
}

gboolean
amtprov_psk_apply_one (AmtProvDatabase *database,
                       AmtProvVerb verb,
                       AmtProvRecord *record,
                       GError **error)
{
  g_autoptr (GPtrArray) changes = amtprov_psk_changes_new ();

  g_ptr_array_add (changes, amt_prov_change_new (verb, record, AMT_PROV_CONDITION_NONE));
  return amt_prov_database_apply (database, changes, error);
}

/* ---- the folder ---- */

/* The lock ends with the process, however it ends. */
int
amtprov_psk_lock_folder (const char *folder)
{
  int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int code;

  if (fd >= 0 && flock (fd, LOCK_EX | LOCK_NB) == 0)
    return fd;
  code = errno;
  if (fd >= 0)
    close (fd);
  errno = code;
  return -1;
}

void
amtprov_psk_remove_folder (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (folder, name, NULL);
    g_unlink (path);
  }
  g_rmdir (folder);
}

/* ---- pairs that go back ---- */

static AmtProvChange *
release_change (AmtProvDatabase *database, AmtProvRecord *record, GError **error)
{
  g_autoptr (AmtProvCredential) pair = amt_prov_database_unseal (database, record, error);
  g_autoptr (AmtProvRecord) changed = NULL;

  if (pair == NULL)
    return NULL;
  amt_prov_credential_set_state (pair, FREE);
  amt_prov_credential_set_value (pair, "password", NULL);
  amt_prov_credential_set_note (pair, NOTE_MEDIUM, NULL);
  amt_prov_credential_set_note (pair, NOTE_BOOKING, NULL);
  amt_prov_credential_set_note (pair, NOTE_FILE, NULL);
  amt_prov_credential_set_note (pair, NOTE_RECORD, NULL);
  amt_prov_credential_set_note (pair, NOTE_SPARE, "yes");
  changed = amt_prov_database_seal (database, pair, error);
  return changed != NULL
             ? amt_prov_change_new (AMT_PROV_VERB_PUT, changed, AMT_PROV_CONDITION_REVISION)
             : NULL;
}

gboolean
amtprov_psk_has_note (AmtProvRecord *record, const char *name, const char *wanted)
{
  GVariant *body = amt_prov_record_get_body (record);
  const char *text = NULL;

  return body != NULL && g_variant_lookup (body, name, "&s", &text) && g_str_equal (text, wanted);
}

GPtrArray *
amtprov_psk_query_pairs (AmtProvDatabase *database,
                         const char *state,
                         guint64 *after,
                         GError **error)
{
  g_autoptr (AmtProvQuery) query = amt_prov_query_new (AMT_PROV_KIND_CREDENTIAL);
  GPtrArray *records;

  amt_prov_query_set_state (query, state);
  amt_prov_query_set_after (query, *after);
  amt_prov_query_set_limit (query, BATCH);
  records = amt_prov_database_query (database, query, error);
  if (records != NULL && records->len > 0)
    *after = amt_prov_record_get_sequence (records->pdata[records->len - 1]);
  return records;
}

static gboolean
release_page (AmtProvDatabase *database, const char *id, GPtrArray *records, GError **error)
{
  g_autoptr (GPtrArray) changes = amtprov_psk_changes_new ();

  for (guint i = 0; i < records->len; i++) {
    AmtProvChange *change;

    if (!amtprov_psk_has_note (records->pdata[i], NOTE_BOOKING, id))
      continue;
    change = release_change (database, records->pdata[i], error);
    if (change == NULL)
      return FALSE;
    g_ptr_array_add (changes, change);
  }
  return changes->len == 0 || amt_prov_database_apply (database, changes, error);
}

static gboolean
release_pairs (AmtProvDatabase *database, const char *id, GError **error)
{
  guint64 after = 0;

  while (TRUE) {
    g_autoptr (GPtrArray) records = amtprov_psk_query_pairs (database, ISSUED, &after, error);

    if (records == NULL || !release_page (database, id, records, error))
      return FALSE;
    if (records->len < BATCH)
      return TRUE;
  }
}

/* ---- the end ---- */

/* In this order, so that what a process leaves that is killed meanwhile is found by its lease. */
gboolean
amtprov_psk_end_booking (AmtProvDatabase *database,
                         AmtProvRecord *lease,
                         const char *folder,
                         gboolean published,
                         GError **error)
{
  const char *id = amt_prov_record_get_key (lease) + strlen (LEASE_STATE ":");

  if (!published && !release_pairs (database, id, error))
    return FALSE;
  amtprov_psk_remove_folder (folder);
  return amtprov_psk_apply_one (database, AMT_PROV_VERB_DELETE, lease, error);
}

/* ---- recovery ---- */

/* Whether the file got its name before its process died. */
static gboolean
was_published (const char *folder, const char *name)
{
  g_autofree char *path = name != NULL ? g_build_filename (folder, name, NULL) : NULL;

  return path != NULL && !g_file_test (path, G_FILE_TEST_EXISTS);
}

/* Once the folder is locked nobody else changes the lease; the process may have ended well since
 * the lease was seen. */
static AmtProvRecord *
read_lease (AmtProvDatabase *database, const char *key, GError **error)
{
  g_autoptr (AmtProvQuery) query = amt_prov_query_new (AMT_PROV_KIND_LEASE);
  g_autoptr (GPtrArray) leases = NULL;

  amt_prov_query_set_key (query, key);
  leases = amt_prov_database_query (database, query, error);
  return leases != NULL && leases->len > 0 ? amt_prov_record_ref (leases->pdata[0]) : NULL;
}

static gboolean
settle (AmtProvDatabase *database, const char *key, const char *folder, GError **error)
{
  g_autoptr (GError) failed = NULL;
  g_autoptr (AmtProvRecord) lease = read_lease (database, key, &failed);
  const char *name = NULL;

  if (failed != NULL) {
    g_propagate_error (error, g_steal_pointer (&failed));
    return FALSE;
  }
  if (lease == NULL)
    return TRUE;
  g_variant_lookup (amt_prov_record_get_body (lease), "name", "&s", &name);
  return amtprov_psk_end_booking (database, lease, folder, was_published (folder, name), error);
}

static gboolean
recover_one (AmtProvDatabase *database, AmtProvRecord *lease, GError **error)
{
  const char *folder = NULL;
  GVariant *body = amt_prov_record_get_body (lease);
  gboolean settled;
  int lock;

  /* Only the host on which the file is made can see whether it is still being made. */
  if (body == NULL || !g_variant_lookup (body, "folder", "&s", &folder) ||
      g_strcmp0 (amt_prov_record_get_owner (lease), g_get_host_name ()) != 0)
    return TRUE;
  lock = amtprov_psk_lock_folder (folder);
  if (lock < 0 && errno != ENOENT)
    return TRUE;
  settled = settle (database, amt_prov_record_get_key (lease), folder, error);
  if (lock >= 0)
    close (lock);
  return settled;
}

/*
 * amtprov_psk_booking_recover:
 *
 * Frees the pairs of files whose process died before they were complete.
 */
gboolean
amtprov_psk_booking_recover (AmtProvDatabase *database, GError **error)
{
  g_autoptr (AmtProvQuery) query = amt_prov_query_new (AMT_PROV_KIND_LEASE);
  g_autoptr (GPtrArray) leases = NULL;

  amt_prov_query_set_state (query, LEASE_STATE);
  leases = amt_prov_database_query (database, query, error);
  if (leases == NULL)
    return FALSE;
  for (guint i = 0; i < leases->len; i++)
    if (!recover_one (database, leases->pdata[i], error))
      return FALSE;
  return TRUE;
}
