/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <amtprov/error.h>

#include "engine/intake.h"

/* What a daemon that was killed has left in the state `provisioning`. A machine whose commit was
 * begun may be operational and silent, so it is verified; the others say hello again. */

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

static void
journal_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Leftover) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) records =
      amt_prov_database_query_finish (AMT_PROV_DATABASE (source), result, &error);

  if (records == NULL)
    g_warning ("%s: %s", amt_prov_device_get_uuid (self->device), error->message);
  else if (records->len > 0)
    amt_prov_provisioner_enter (self->provisioner,
                                amt_prov_intake_new_resume (self->provisioner, self->device));
  else
    mark_failed (g_steal_pointer (&self));
}

static void
ask_journal (AmtProvProvisioner *provisioner, AmtProvRecord *record)
{
  Leftover *self = g_new0 (Leftover, 1);
  g_autofree char *key = g_strdup_printf ("%s/commit", amt_prov_record_get_key (record));
  g_autoptr (AmtProvQuery) query = amt_prov_query_new (AMT_PROV_KIND_JOURNAL);

  self->provisioner = g_object_ref (provisioner);
  self->device = amt_prov_device_new_from_record (record);
  amt_prov_query_set_key (query, key);
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
  for (guint i = 0; i < records->len; i++)
    ask_journal (provisioner, records->pdata[i]);
}

void
amt_prov_provisioner_resume (AmtProvProvisioner *self)
{
  g_autoptr (AmtProvQuery) query = amt_prov_query_new (AMT_PROV_KIND_DEVICE);

  amt_prov_query_set_state (query,
                            amt_prov_device_state_to_string (AMT_PROV_DEVICE_STATE_PROVISIONING));
  amt_prov_database_query_async (self->database, query, self->cancellable, devices_read,
                                 g_object_ref (self));
}
