/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "psk-booking-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

struct _AmtprovPskBooking {
  AmtProvDatabase *database; /* NULL: the pairs are stored nowhere */
  AmtProvRecord *lease;
  char *id;
  char *medium;
  char *target;
  char *folder;
  int lock;
  guint n_claimed;
  guint64 spares_after; /* where the search for spare pairs goes on */
  gboolean no_spares;
  gboolean published;
  GHashTable *used; /* PIDs that were drawn; with a store, those of this batch */
  GStringChunk *pids;
};

static gboolean
fail_errno (GError **error, const char *what, const char *path)
{
  int code = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s %s: %s", what, path,
               g_strerror (code));
  return FALSE;
}

/* ---- the lease ---- */

/* The name of the finished file is known from the moment on at which it may get it. */
static gboolean
put_lease (AmtprovPskBooking *self, const char *name, GError **error)
{
  g_autoptr (GVariantDict) body = g_variant_dict_new (NULL);

  g_variant_dict_insert (body, "folder", "s", self->folder);
  if (name != NULL)
    g_variant_dict_insert (body, "name", "s", name);
  amt_prov_record_set_body (self->lease, g_variant_dict_end (body));
  return amtprov_psk_apply_one (self->database, AMT_PROV_VERB_PUT, self->lease, error);
}

static gboolean
start_lease (AmtprovPskBooking *self, GError **error)
{
  g_autofree char *key = g_strconcat (LEASE_STATE ":", self->id, NULL);

  self->lease = amt_prov_record_new (AMT_PROV_KIND_LEASE, key);
  amt_prov_record_set_owner (self->lease, g_get_host_name ());
  amt_prov_record_set_state (self->lease, LEASE_STATE);
  return put_lease (self, NULL, error);
}

/* ---- the folder ---- */

static gboolean
make_folder (AmtprovPskBooking *self, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (self->target);

  self->folder = g_build_filename (parent, ".amtprov-XXXXXX", NULL);
  if (g_mkdtemp_full (self->folder, 0700) == NULL) {
    g_clear_pointer (&self->folder, g_free);
    return fail_errno (error, "cannot write in", parent);
  }
  self->lock = amtprov_psk_lock_folder (self->folder);
  return self->lock >= 0 || fail_errno (error, "cannot lock", self->folder);
}

/* ---- pairs that are given out ---- */

static AmtProvChange *
issue_change (AmtprovPskBooking *self,
              AmtProvCredential *pair,
              AmtprovPskRow *row,
              AmtProvCondition condition,
              GError **error)
{
  g_autofree char *number = g_strdup_printf ("%u", row->line);
  g_autoptr (AmtProvRecord) record = NULL;

  amt_prov_credential_set_state (pair, ISSUED);
  amt_prov_credential_set_value (pair, "password", row->password);
  amt_prov_credential_set_note (pair, NOTE_MEDIUM, self->medium);
  amt_prov_credential_set_note (pair, NOTE_BOOKING, self->id);
  amt_prov_credential_set_note (pair, NOTE_FILE, self->target);
  amt_prov_credential_set_note (pair, NOTE_RECORD, number);
  amt_prov_credential_set_note (pair, NOTE_SPARE, NULL);
  record = amt_prov_database_seal (self->database, pair, error);
  if (record == NULL)
    return NULL;
  return amt_prov_change_new (AMT_PROV_VERB_PUT, record, condition);
}

/* Somebody else may have been faster with one of the pairs: then *issued is FALSE. */
static gboolean
issue (AmtprovPskBooking *self,
       GPtrArray *pairs,
       GPtrArray *rows,
       AmtProvCondition condition,
       gboolean *issued,
       GError **error)
{
  g_autoptr (GPtrArray) changes = amtprov_psk_changes_new ();
  g_autoptr (GError) failed = NULL;

  for (guint i = 0; i < pairs->len; i++) {
    AmtProvChange *change = issue_change (self, pairs->pdata[i], rows->pdata[i], condition, error);

    if (change == NULL)
      return FALSE;
    g_ptr_array_add (changes, change);
  }
  *issued = amt_prov_database_apply (self->database, changes, &failed);
  if (*issued || g_error_matches (failed, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFLICT))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&failed));
  return FALSE;
}

static gboolean
refuse_random (GError **error)
{
  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_FAILED,
               "the random generator of OpenSSL does not work");
  return FALSE;
}

static gboolean
add_row (AmtprovPskBooking *self,
         GPtrArray *rows,
         AmtProvPsk *psk,
         AmtProvSecret *password,
         GError **error)
{
  g_autoptr (AmtProvSecret) own =
      password != NULL ? amt_prov_secret_ref (password) : amt_prov_secret_generate_password ();

  if (own == NULL)
    return refuse_random (error);
  amtprov_psk_rows_add (rows, self->n_claimed + rows->len + 1, psk, own);
  return TRUE;
}

static GPtrArray *
credentials_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_credential_unref);
}

/* Pairs of files that never came to be; none in rows when there are none left. */
static gboolean
claim_spares (
    AmtprovPskBooking *self, guint n, AmtProvSecret *password, GPtrArray *rows, GError **error)
{
  g_autoptr (GPtrArray) records =
      amtprov_psk_query_pairs (self->database, FREE, &self->spares_after, error);
  g_autoptr (GPtrArray) pairs = credentials_new ();
  gboolean issued = FALSE;

  if (records == NULL)
    return FALSE;
  self->no_spares = records->len < BATCH;
  for (guint i = 0; i < records->len && pairs->len < n; i++) {
    g_autoptr (AmtProvPsk) psk = NULL;
    AmtProvCredential *pair;

    if (!amtprov_psk_has_note (records->pdata[i], NOTE_SPARE, "yes"))
      continue;
    pair = amt_prov_database_unseal (self->database, records->pdata[i], error);
    if (pair == NULL)
      return FALSE;
    g_ptr_array_add (pairs, pair);
    psk = amt_prov_psk_new (amt_prov_credential_get_id (pair),
                            amt_prov_secret_peek_text (amt_prov_credential_get_value (pair, "pps")),
                            error);
    if (psk == NULL || !add_row (self, rows, psk, password, error))
      return FALSE;
  }
  if (pairs->len > 0 && !issue (self, pairs, rows, AMT_PROV_CONDITION_REVISION, &issued, error))
    return FALSE;
  if (!issued)
    g_ptr_array_set_size (rows, 0);
  return TRUE;
}

/* The seven free characters of a PID make twins in a large file likely: another one is drawn. */
static gboolean
draw (AmtprovPskBooking *self, guint n, AmtProvSecret *password, GPtrArray *rows, GError **error)
{
  while (rows->len < n) {
    g_autoptr (AmtProvPsk) psk = amt_prov_psk_generate ();

    if (psk == NULL)
      return refuse_random (error);
    if (g_hash_table_contains (self->used, amt_prov_psk_get_pid (psk)))
      continue;
    g_hash_table_add (self->used, g_string_chunk_insert (self->pids, amt_prov_psk_get_pid (psk)));
    if (!add_row (self, rows, psk, password, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
store_drawn (AmtprovPskBooking *self, GPtrArray *rows, gboolean *issued, GError **error)
{
  g_autoptr (GPtrArray) pairs = credentials_new ();

  for (guint i = 0; i < rows->len; i++) {
    AmtprovPskRow *row = rows->pdata[i];
    AmtProvCredential *pair =
        amt_prov_credential_new ("psk", amt_prov_psk_get_pid (row->psk), NULL, ISSUED);

    amt_prov_credential_set_value (pair, "pps", amt_prov_psk_get_pps (row->psk));
    g_ptr_array_add (pairs, pair);
  }
  return issue (self, pairs, rows, AMT_PROV_CONDITION_ABSENT, issued, error);
}

/* The store knows all PIDs that were drawn before; without one the booking does. */
static gboolean
claim_new (
    AmtprovPskBooking *self, guint n, AmtProvSecret *password, GPtrArray *rows, GError **error)
{
  gboolean issued = self->database == NULL;

  do {
    g_ptr_array_set_size (rows, 0);
    if (self->database != NULL) {
      g_hash_table_remove_all (self->used);
      g_string_chunk_clear (self->pids);
    }
    if (!draw (self, n, password, rows, error))
      return FALSE;
    if (self->database != NULL && !store_drawn (self, rows, &issued, error))
      return FALSE;
  } while (!issued);
  return TRUE;
}

/*
 * amtprov_psk_booking_claim:
 * @n: at most how many, 1 or more
 * @password: (nullable): the log-in password of all of them; NULL: each gets one of its own
 *
 * Hands out the next pairs; @line of a row is its number in the file, from 1.
 *
 * Returns: (transfer full) (element-type AmtprovPskRow): 1 to @n pairs, NULL with @error
 */
GPtrArray *
amtprov_psk_booking_claim (AmtprovPskBooking *self,
                           guint n,
                           AmtProvSecret *password,
                           GError **error)
{
  g_autoptr (GPtrArray) rows = amtprov_psk_rows_new ();

  n = MIN (n, BATCH);
  while (rows->len == 0 && !self->no_spares)
    if (!claim_spares (self, n, password, rows, error))
      return NULL;
  if (rows->len == 0 && !claim_new (self, n, password, rows, error))
    return NULL;
  self->n_claimed += rows->len;
  return g_steal_pointer (&rows);
}

/* ---- the booking ---- */

/*
 * amtprov_psk_booking_begin:
 * @database: (nullable): the store; NULL: pairs are drawn and stored nowhere
 * @medium: what hands the pairs out: the id of a method, or `sheet`
 * @target: the file that is made
 * @error: return location for an error
 *
 * Begins a file in a folder of its own beside it. Unless it is published,
 * amtprov_psk_booking_free() frees its pairs and removes the folder.
 *
 * Returns: (transfer full): the booking, NULL with @error
 */
AmtprovPskBooking *
amtprov_psk_booking_begin (AmtProvDatabase *database,
                           const char *medium,
                           const char *target,
                           GError **error)
{
  g_autoptr (AmtprovPskBooking) self = g_new0 (AmtprovPskBooking, 1);

  self->lock = -1;
  self->database = database != NULL ? g_object_ref (database) : NULL;
  self->no_spares = database == NULL;
  self->id = g_uuid_string_random ();
  self->medium = g_strdup (medium);
  self->target = g_canonicalize_filename (target, NULL);
  self->used = g_hash_table_new (g_str_hash, g_str_equal);
  self->pids = g_string_chunk_new (4096);
  if (database != NULL && !amtprov_psk_booking_recover (database, error))
    return NULL;
  if (!make_folder (self, error) || (database != NULL && !start_lease (self, error)))
    return NULL;
  return g_steal_pointer (&self);
}

/* The note `booking` of its pairs. */
const char *
amtprov_psk_booking_get_id (AmtprovPskBooking *self)
{
  return self->id;
}

const char *
amtprov_psk_booking_get_folder (AmtprovPskBooking *self)
{
  return self->folder;
}

static gboolean
flush (const char *path, int flags, GError **error)
{
  int fd = open (path, flags | O_CLOEXEC);
  gboolean flushed = fd >= 0 && fsync (fd) == 0;

  if (!flushed)
    fail_errno (error, "cannot write", path);
  if (fd >= 0)
    close (fd);
  return flushed;
}

/* From the rename on the file may be in use, whatever fails after it. */
static gboolean
rename_to_target (AmtprovPskBooking *self, const char *path, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (self->target);

  if (g_rename (path, self->target) != 0)
    return fail_errno (error, "cannot write", self->target);
  self->published = TRUE;
  return flush (parent, O_RDONLY | O_DIRECTORY, error);
}

static void
end (AmtprovPskBooking *self, const char *state)
{
  g_autoptr (GError) error = NULL;

  if (self->lease == NULL)
    amtprov_psk_remove_folder (self->folder);
  else if (!amtprov_psk_end_booking (self->database, self->lease, self->folder, self->published,
                                     &error))
    g_printerr ("%s: %s %s, but the store learns it later, from the next amtprov psk list: %s\n",
                g_get_prgname (), self->target, state, error->message);
}

/*
 * amtprov_psk_booking_publish:
 * @name: a file in the folder
 *
 * Gives the complete file its name and removes the folder. From then on its pairs are handed out.
 */
gboolean
amtprov_psk_booking_publish (AmtprovPskBooking *self, const char *name, GError **error)
{
  g_autofree char *path = g_build_filename (self->folder, name, NULL);

  if (!flush (path, O_RDONLY, error) ||
      (self->database != NULL && !put_lease (self, name, error)) ||
      !rename_to_target (self, path, error))
    return FALSE;
  end (self, "is complete");
  return TRUE;
}

void
amtprov_psk_booking_free (AmtprovPskBooking *self)
{
  if (!self->published && self->folder != NULL)
    end (self, "was not made");
  if (self->lock >= 0)
    close (self->lock);
  g_clear_object (&self->database);
  g_clear_pointer (&self->lease, amt_prov_record_unref);
  g_clear_pointer (&self->used, g_hash_table_unref);
  g_clear_pointer (&self->pids, g_string_chunk_free);
  g_free (self->id);
  g_free (self->medium);
  g_free (self->target);
  g_free (self->folder);
  g_free (self);
}
