/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <amtprov/error.h>

#include "engine/intake.h"
#include "engine/journal-private.h"

/* What a daemon that was killed has left in the state `provisioning`, and what did not go on. A
 * machine whose commit was begun may be operational and silent, so it is verified; the others say
 * hello again. */

#define STOPPED "the daemon was stopped in the middle; the machine's next hello goes on"

typedef struct {
  AmtProvProvisioner *provisioner;
  AmtProvDevice *device;
} Leftover;

static void
leftover_free (Leftover *self)
{
  g_clear_object (&self->provisioner);
  g_clear_object (&self->device);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Leftover, leftover_free)

static void
marked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Leftover) self = user_data;
  g_autoptr (GError) error = NULL;

  /* In conflict is a machine on which another daemon works. */
  if (amt_prov_database_apply_finish (AMT_PROV_DATABASE (source), result, &error))
    amt_prov_provisioner_emit_changed (self->provisioner, self->device);
  else if (!g_error_matches (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFLICT))
    g_warning ("%s: %s", amt_prov_device_get_uuid (self->device), error->message);
}

static void
mark_failed (Leftover *unowned)
{
  g_autoptr (Leftover) self = unowned;
  AmtProvDatabase *database = self->provisioner->database;
  g_autoptr (GPtrArray) changes =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_change_unref);
  g_autoptr (AmtProvRecord) lease =
      amt_prov_record_new (AMT_PROV_KIND_LEASE, amt_prov_device_get_uuid (self->device));
  g_autoptr (AmtProvRecord) row = NULL;
  AmtProvChange *release;

  amt_prov_device_set_state (self->device, AMT_PROV_DEVICE_STATE_FAILED);
  amt_prov_device_set_fact (self->device, "error", STOPPED);
  row = amt_prov_device_to_record (self->device);
  amt_prov_record_set_owner (lease, self->provisioner->lease_owner);
  release = amt_prov_change_new (AMT_PROV_VERB_DELETE, lease, AMT_PROV_CONDITION_LEASE);
  amt_prov_change_set_now (release, g_get_real_time ());
  g_ptr_array_add (changes, release);
  g_ptr_array_add (changes,
                   amt_prov_change_new (AMT_PROV_VERB_PUT, row, AMT_PROV_CONDITION_REVISION));
  amt_prov_database_apply_async (database, changes, NULL, marked, g_steal_pointer (&self));
}

static gboolean
was_committed (GPtrArray *records)
{
  g_autoptr (AmtProvJournal) journal =
      amt_prov_journal_new (NULL, records->len > 0 ? records->pdata[0] : NULL);
  const char *state = amt_prov_journal_get_state (journal, "commit");

  return state != NULL && !g_str_equal (state, AMT_PROV_JOURNAL_REFUSED);
}

static void
journal_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Leftover) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) records =
      amt_prov_database_query_finish (AMT_PROV_DATABASE (source), result, &error);

  if (records == NULL)
    g_warning ("%s: %s", amt_prov_device_get_uuid (self->device), error->message);
  else if (was_committed (records))
    amt_prov_provisioner_enter (self->provisioner,
                                amt_prov_intake_new_resume (self->provisioner, self->device, 0));
  else if (amt_prov_device_get_state (self->device) == AMT_PROV_DEVICE_STATE_PROVISIONING)
    mark_failed (g_steal_pointer (&self));
}

static void
ask_journal (AmtProvProvisioner *provisioner, AmtProvRecord *record)
{
  Leftover *self = g_new0 (Leftover, 1);
  g_autoptr (AmtProvQuery) query = amt_prov_query_new (AMT_PROV_KIND_JOURNAL);

  self->provisioner = g_object_ref (provisioner);
  self->device = amt_prov_device_new_from_record (record);
  amt_prov_query_set_key (query, amt_prov_record_get_key (record));
  amt_prov_database_query_async (provisioner->database, query, provisioner->cancellable,
                                 journal_read, self);
}

static void
devices_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (AmtProvProvisioner) provisioner = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) records =
      amt_prov_database_query_finish (AMT_PROV_DATABASE (source), result, &error);

  if (records == NULL) {
    if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
      g_warning ("cannot look for unfinished machines: %s", error->message);
    return;
  }
  for (guint i = 0; i < records->len; i++) {
    g_autoptr (AmtProvDevice) device = amt_prov_device_new_from_record (records->pdata[i]);

    amt_prov_provisioner_watch_window (provisioner, device);
    ask_journal (provisioner, records->pdata[i]);
  }
}

static void
ask_devices (AmtProvProvisioner *self, AmtProvDeviceState state)
{
  g_autoptr (AmtProvQuery) query = amt_prov_query_new (AMT_PROV_KIND_DEVICE);

  amt_prov_query_set_state (query, amt_prov_device_state_to_string (state));
  amt_prov_database_query_async (self->database, query, self->cancellable, devices_read,
                                 g_object_ref (self));
}

void
amt_prov_provisioner_resume (AmtProvProvisioner *self)
{
  ask_devices (self, AMT_PROV_DEVICE_STATE_PROVISIONING);
  ask_devices (self, AMT_PROV_DEVICE_STATE_FAILED);
  ask_devices (self, AMT_PROV_DEVICE_STATE_HELLO);
  /* A hello in its name may have blocked a machine after its commit, and nobody have looked at it
   * until its window had closed. */
  ask_devices (self, AMT_PROV_DEVICE_STATE_BLOCKED);
  ask_devices (self, AMT_PROV_DEVICE_STATE_WAITING);
}

/* ---- later, while the daemon lives ---- */

#define LONGEST_WAIT 3600

typedef struct {
  AmtProvProvisioner *provisioner; /* unowned: it owns the source */
  AmtProvDevice *device;
  guint attempt;
} Later;

static void
later_free (Later *later)
{
  g_object_unref (later->device);
  g_free (later);
}

static gboolean
verify_now (gpointer user_data)
{
  Later *later = user_data;
  AmtProvProvisioner *self = later->provisioner;
  AmtProvIntake *intake = amt_prov_intake_new_resume (self, later->device, later->attempt);

  g_hash_table_remove (self->verifications, amt_prov_device_get_uuid (later->device));
  amt_prov_provisioner_enter (self, intake);
  return G_SOURCE_REMOVE;
}

void
amt_prov_provisioner_verify_later (AmtProvProvisioner *self,
                                   AmtProvDevice *device,
                                   guint seconds,
                                   guint attempt)
{
  Later *later;
  GSource *source;

  if (self->draining)
    return;
  for (guint i = 0; i < attempt && seconds < LONGEST_WAIT; i++)
    seconds *= 2;
  later = g_new0 (Later, 1);
  later->provisioner = self;
  later->device = g_object_ref (device);
  later->attempt = attempt + 1;
  source = g_timeout_source_new_seconds (MIN (seconds, LONGEST_WAIT));
  g_source_set_callback (source, verify_now, later, (GDestroyNotify)later_free);
  g_source_attach (source, g_main_context_get_thread_default ());
  g_hash_table_replace (self->verifications, g_strdup (amt_prov_device_get_uuid (device)), source);
}

void
amt_prov_provisioner_forget_verification (AmtProvProvisioner *self, const char *uuid)
{
  g_hash_table_remove (self->verifications, uuid);
}
