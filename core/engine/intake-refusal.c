/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <amtprov/error.h>

#include "engine/facts-private.h"
#include "engine/intake-private.h"
#include "engine/window-private.h"

/* Machines that are not admitted are remembered only to log each once. */
#define MAX_UNADMITTED 4096

/* Who hears of it finds it in the store. */
static void
row_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (AmtProvIntake) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!amt_prov_database_apply_finish (AMT_PROV_DATABASE (source), result, &error))
    g_warning ("%s: %s", amt_prov_intake_get_uuid (self), error->message);
  else if (self->provisioner != NULL)
    amt_prov_provisioner_emit_changed (self->provisioner, self->device);
  if (self->provisioner == NULL)
    return;
  amt_prov_provisioner_emit_event (self->provisioner, amt_prov_intake_get_uuid (self),
                                   self->blocked);
  amt_prov_provisioner_watch_window (self->provisioner, self->device);
}

/* NULL: one is known and open, or nobody knows how long it is. Anybody can say hello, also that it
 * is the first of a new window: that is not worth a write each time. */
static char *
dup_window_end (AmtProvIntake *self)
{
  g_autoptr (AmtProvFacts) facts = NULL;
  g_autoptr (AmtProvCapabilities) capabilities = NULL;

  if (self->task != NULL || amt_prov_window_get_end (self->device) > g_get_real_time ())
    return NULL;
  facts = amt_prov_facts_gather (self->device, self->hello, self->suffix, self->medium);
  capabilities = amt_prov_selector_lookup (self->provisioner->selector, facts);
  return capabilities == NULL
             ? NULL
             : amt_prov_window_dup_new_end (self->device, self->hello, capabilities);
}

void
amt_prov_intake_block (AmtProvIntake *unowned, GError *error)
{
  g_autoptr (AmtProvIntake) self = unowned;
  g_autoptr (GPtrArray) changes =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_change_unref);
  g_autoptr (AmtProvRecord) record = NULL;
  g_autoptr (AmtProvDatabase) database = g_object_ref (self->provisioner->database);
  g_autofree char *window_end = dup_window_end (self);
  gboolean same_reason =
      g_strcmp0 (amt_prov_device_get_fact (self->device, "error"), error->message) == 0;

  amt_prov_intake_report (self, error);
  self->blocked = g_strdup_printf ("blocked: %s", error->message);
  if (amt_prov_intake_is_probe (self) ||
      amt_prov_device_get_state (self->device) == AMT_PROV_DEVICE_STATE_OPERATIONAL ||
      (same_reason && window_end == NULL)) {
    amt_prov_provisioner_emit_event (self->provisioner, amt_prov_intake_get_uuid (self),
                                     self->blocked);
    return;
  }
  amt_prov_device_set_state (self->device, AMT_PROV_DEVICE_STATE_BLOCKED);
  amt_prov_device_set_fact (self->device, "error", error->message);
  if (window_end != NULL)
    amt_prov_device_set_fact (self->device, "window-closes", window_end);
  /* Anybody can say hello; where the machine was found by a session is worth more. */
  if (amt_prov_device_get_fact (self->device, "address") == NULL)
    amt_prov_device_set_fact (self->device, "address", self->address);
  record = amt_prov_device_to_record (self->device);
  g_ptr_array_add (changes, amt_prov_change_new (AMT_PROV_VERB_PUT, record,
                                                 self->imported ? AMT_PROV_CONDITION_REVISION
                                                                : AMT_PROV_CONDITION_ABSENT));
  if (!same_reason)
    g_ptr_array_add (changes, amt_prov_event_change (amt_prov_intake_get_uuid (self),
                                                     AMT_PROV_DEVICE_STATE_BLOCKED, self->blocked));
  amt_prov_database_apply_async (database, changes, NULL, row_written, g_steal_pointer (&self));
}

void
amt_prov_intake_turn_away (AmtProvIntake *unowned, const char *why)
{
  g_autoptr (AmtProvIntake) self = unowned;
  GHashTable *table = self->provisioner->unadmitted;
  const char *uuid = amt_prov_intake_get_uuid (self);
  g_autoptr (GError) error = g_error_new_literal (AMT_PROV_ERROR, AMT_PROV_ERROR_BLOCKED, why);

  amt_prov_intake_report (self, error);
  if (g_strcmp0 (g_hash_table_lookup (table, uuid), why) == 0)
    return;
  if (g_hash_table_size (table) >= MAX_UNADMITTED)
    g_hash_table_remove_all (table);
  g_hash_table_replace (table, g_strdup (uuid), g_strdup (why));
  g_message ("%s at %s is not admitted: %s", uuid, self->address, why);
  amt_prov_provisioner_emit_event (self->provisioner, uuid, why);
}

void
amt_prov_intake_keep_out (AmtProvIntake *self, const char *why)
{
  g_autoptr (GError) error = NULL;

  if (!self->imported) {
    amt_prov_intake_turn_away (self, why);
    return;
  }
  error = g_error_new_literal (AMT_PROV_ERROR, AMT_PROV_ERROR_BLOCKED, why);
  amt_prov_intake_block (self, error);
}
