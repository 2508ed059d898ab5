/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <amtprov/device.h>

#include "engine/device-private.h"

struct _AmtProvDevice {
  GObject parent_instance;
  char *uuid;
  AmtProvDeviceState state;
  GHashTable *facts;
  /* The record that was read or given out last: the store puts the new revision into it. */
  AmtProvRecord *record;
};

/**
 * AmtProvDevice:
 *
 * A machine as the store knows it: UUID, state, and facts, which are words with names such as
 * `release`, `site`, `method`, `message`. No secrets: those are #AmtProvCredential.
 *
 * Since: 0.1
 */
G_DEFINE_FINAL_TYPE (AmtProvDevice, amt_prov_device, G_TYPE_OBJECT)

static const char *const state_names[] = {
    [AMT_PROV_DEVICE_STATE_KNOWN] = "known",
    [AMT_PROV_DEVICE_STATE_HELLO] = "hello",
    [AMT_PROV_DEVICE_STATE_PROVISIONING] = "provisioning",
    [AMT_PROV_DEVICE_STATE_WAITING] = "waiting",
    [AMT_PROV_DEVICE_STATE_FAILED] = "failed",
    [AMT_PROV_DEVICE_STATE_BLOCKED] = "blocked",
    [AMT_PROV_DEVICE_STATE_OPERATIONAL] = "operational",
};

static void
amt_prov_device_finalize (GObject *object)
{
  AmtProvDevice *self = AMT_PROV_DEVICE (object);

  g_free (self->uuid);
  g_hash_table_unref (self->facts);
  g_clear_pointer (&self->record, amt_prov_record_unref);
  G_OBJECT_CLASS (amt_prov_device_parent_class)->finalize (object);
}

static void
amt_prov_device_class_init (AmtProvDeviceClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = amt_prov_device_finalize;
}

static void
amt_prov_device_init (AmtProvDevice *self)
{
  self->facts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

/**
 * amt_prov_device_new:
 * @uuid: its UUID in lower case with dashes
 *
 * Makes a machine that no store knows, in the state `known` and without facts.
 *
 * Returns: (transfer full): the device
 *
 * Since: 0.1
 */
AmtProvDevice *
amt_prov_device_new (const char *uuid)
{
  AmtProvDevice *self;

  g_return_val_if_fail (uuid != NULL, NULL);

  self = g_object_new (AMT_PROV_TYPE_DEVICE, NULL);
  self->uuid = g_strdup (uuid);
  return self;
}

static void
read_facts (AmtProvDevice *self, GVariant *body)
{
  GVariantIter iter;
  const char *name;
  GVariant *value;

  g_variant_iter_init (&iter, body);
  while (g_variant_iter_loop (&iter, "{&sv}", &name, &value)) {
    if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
      g_hash_table_replace (self->facts, g_strdup (name), g_variant_dup_string (value, NULL));
  }
}

static AmtProvDeviceState
state_from_string (const char *text)
{
  for (guint i = 0; i < G_N_ELEMENTS (state_names); i++) {
    if (g_strcmp0 (text, state_names[i]) == 0)
      return i;
  }
  /* A word written by a newer amtprov: start again from what is certain. */
  return AMT_PROV_DEVICE_STATE_KNOWN;
}

/**
 * amt_prov_device_new_from_record:
 * @record: a record of kind %AMT_PROV_KIND_DEVICE
 *
 * Restores a machine from the store. The device keeps @record, so that the next
 * amt_prov_device_to_record() carries its revision.
 *
 * Returns: (transfer full): the device
 *
 * Since: 0.1
 */
AmtProvDevice *
amt_prov_device_new_from_record (AmtProvRecord *record)
{
  AmtProvDevice *self;

  g_return_val_if_fail (record != NULL, NULL);
  g_return_val_if_fail (amt_prov_record_get_kind (record) == AMT_PROV_KIND_DEVICE, NULL);
  g_return_val_if_fail (amt_prov_record_get_key (record) != NULL, NULL);

  self = amt_prov_device_new (amt_prov_record_get_key (record));
  amt_prov_device_adopt_record (self, record);
  return self;
}

void
amt_prov_device_adopt_record (AmtProvDevice *self, AmtProvRecord *record)
{
  GVariant *body = amt_prov_record_get_body (record);

  amt_prov_record_ref (record);
  g_clear_pointer (&self->record, amt_prov_record_unref);
  self->record = record;
  self->state = state_from_string (amt_prov_record_get_state (record));
  g_hash_table_remove_all (self->facts);
  if (body != NULL)
    read_facts (self, body);
}

/**
 * amt_prov_device_to_record:
 * @self: a #AmtProvDevice
 *
 * Makes the record to store: the UUID as key, the site as owner, the facts as body. It carries the
 * revision the device was read with or written with last, for %AMT_PROV_CONDITION_REVISION.
 *
 * Returns: (transfer full): the record
 *
 * Since: 0.1
 */
AmtProvRecord *
amt_prov_device_to_record (AmtProvDevice *self)
{
  g_autoptr (AmtProvRecord) record = NULL;
  g_autoptr (GList) names = NULL;
  GVariantBuilder facts;

  g_return_val_if_fail (AMT_PROV_IS_DEVICE (self), NULL);

  record = amt_prov_record_new (AMT_PROV_KIND_DEVICE, self->uuid);
  amt_prov_record_set_state (record, state_names[self->state]);
  amt_prov_record_set_owner (record, g_hash_table_lookup (self->facts, "site"));
  g_variant_builder_init (&facts, G_VARIANT_TYPE_VARDICT);
  names = g_list_sort (g_hash_table_get_keys (self->facts), (GCompareFunc)g_strcmp0);
  for (GList *l = names; l != NULL; l = l->next)
    g_variant_builder_add_value (
        &facts, g_variant_new_dict_entry (g_variant_new_string (l->data),
                                          g_variant_new_variant (g_variant_new_string (
                                              g_hash_table_lookup (self->facts, l->data)))));
  amt_prov_record_set_body (record, g_variant_builder_end (&facts));
  if (self->record != NULL) {
    amt_prov_record_set_sequence (record, amt_prov_record_get_sequence (self->record));
    amt_prov_record_set_revision (record, amt_prov_record_get_revision (self->record));
    amt_prov_record_unref (self->record);
  }
  self->record = amt_prov_record_ref (record);
  return g_steal_pointer (&record);
}

/**
 * amt_prov_device_get_uuid:
 * @self: a #AmtProvDevice
 *
 * Tells which machine it is.
 *
 * Returns: (transfer none): the UUID in lower case with dashes
 *
 * Since: 0.1
 */
const char *
amt_prov_device_get_uuid (AmtProvDevice *self)
{
  g_return_val_if_fail (AMT_PROV_IS_DEVICE (self), NULL);

  return self->uuid;
}

/**
 * amt_prov_device_get_state:
 * @self: a #AmtProvDevice
 *
 * Tells where the machine stands on its road.
 *
 * Returns: the state
 *
 * Since: 0.1
 */
AmtProvDeviceState
amt_prov_device_get_state (AmtProvDevice *self)
{
  g_return_val_if_fail (AMT_PROV_IS_DEVICE (self), AMT_PROV_DEVICE_STATE_KNOWN);

  return self->state;
}

/**
 * amt_prov_device_set_state:
 * @self: a #AmtProvDevice
 * @state: the state
 *
 * Sets where the machine stands on its road.
 *
 * Since: 0.1
 */
void
amt_prov_device_set_state (AmtProvDevice *self, AmtProvDeviceState state)
{
  g_return_if_fail (AMT_PROV_IS_DEVICE (self));
  g_return_if_fail ((guint)state < G_N_ELEMENTS (state_names));

  self->state = state;
}

/**
 * amt_prov_device_get_fact:
 * @self: a #AmtProvDevice
 * @name: name of a fact, such as `amt`, `site` or `error`
 *
 * Looks up a fact.
 *
 * Returns: (nullable) (transfer none): its text; %NULL: not known
 *
 * Since: 0.1
 */
const char *
amt_prov_device_get_fact (AmtProvDevice *self, const char *name)
{
  g_return_val_if_fail (AMT_PROV_IS_DEVICE (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  return g_hash_table_lookup (self->facts, name);
}

/**
 * amt_prov_device_set_fact:
 * @self: a #AmtProvDevice
 * @name: name of a fact, such as `amt`, `site` or `error`
 * @value: (nullable): its text, UTF-8; %NULL forgets it
 *
 * Sets a fact. Secrets are no facts: they belong into a #AmtProvCredential.
 *
 * Since: 0.1
 */
void
amt_prov_device_set_fact (AmtProvDevice *self, const char *name, const char *value)
{
  g_return_if_fail (AMT_PROV_IS_DEVICE (self));
  g_return_if_fail (name != NULL);

  if (value == NULL)
    g_hash_table_remove (self->facts, name);
  else
    g_hash_table_replace (self->facts, g_strdup (name), g_utf8_make_valid (value, -1));
}

/**
 * amt_prov_device_state_to_string:
 * @state: a state
 *
 * Gives the word that the store and the command line use for a state.
 *
 * Returns: (transfer none): the word
 *
 * Since: 0.1
 */
const char *
amt_prov_device_state_to_string (AmtProvDeviceState state)
{
  g_return_val_if_fail ((guint)state < G_N_ELEMENTS (state_names), NULL);

  return state_names[state];
}
