/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <amtprov/record.h>

struct _AmtProvRecord {
  gatomicrefcount refs;
  AmtProvKind kind;
  char *key;
  char *owner;
  char *state;
  gint64 due;
  GVariant *body;
  GBytes *sealed;
  guint64 sequence;
  guint64 revision;
};

G_DEFINE_BOXED_TYPE (AmtProvRecord, amt_prov_record, amt_prov_record_ref, amt_prov_record_unref)

/**
 * amt_prov_record_new:
 * @kind: what the record is
 * @key: (nullable): its name among the records of @kind; %NULL: the store gives it the next
 * sequence number
 *
 * Makes a record that is in no store yet.
 *
 * Returns: (transfer full): the record
 *
 * Since: 0.1
 */
AmtProvRecord *
amt_prov_record_new (AmtProvKind kind, const char *key)
{
  AmtProvRecord *self = g_new0 (AmtProvRecord, 1);

  g_atomic_ref_count_init (&self->refs);
  self->kind = kind;
  self->key = g_strdup (key);
  return self;
}

/**
 * amt_prov_record_ref:
 * @self: a #AmtProvRecord
 *
 * Takes a reference.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.1
 */
AmtProvRecord *
amt_prov_record_ref (AmtProvRecord *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->refs);
  return self;
}

/**
 * amt_prov_record_unref:
 * @self: (transfer full): a #AmtProvRecord
 *
 * Drops a reference.
 *
 * Since: 0.1
 */
void
amt_prov_record_unref (AmtProvRecord *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  g_free (self->key);
  g_free (self->owner);
  g_free (self->state);
  g_clear_pointer (&self->body, g_variant_unref);
  g_clear_pointer (&self->sealed, g_bytes_unref);
  g_free (self);
}

/**
 * amt_prov_record_get_kind:
 * @self: a #AmtProvRecord
 *
 * Tells what the record is.
 *
 * Returns: the kind
 *
 * Since: 0.1
 */
AmtProvKind
amt_prov_record_get_kind (AmtProvRecord *self)
{
  g_return_val_if_fail (self != NULL, AMT_PROV_KIND_META);

  return self->kind;
}

/**
 * amt_prov_record_get_key:
 * @self: a #AmtProvRecord
 *
 * Tells the name of the record.
 *
 * Returns: (nullable) (transfer none): the key; %NULL until the store has given one
 *
 * Since: 0.1
 */
const char *
amt_prov_record_get_key (AmtProvRecord *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->key;
}

/**
 * amt_prov_record_set_key:
 * @self: a #AmtProvRecord
 * @key: (nullable): the name
 *
 * Names the record; a store does so for records without a key.
 *
 * Since: 0.1
 */
void
amt_prov_record_set_key (AmtProvRecord *self, const char *key)
{
  g_autofree char *old = NULL;

  g_return_if_fail (self != NULL);

  old = self->key;
  self->key = g_strdup (key);
}

/**
 * amt_prov_record_get_owner:
 * @self: a #AmtProvRecord
 *
 * Tells whom the record belongs to.
 *
 * Returns: (nullable) (transfer none): a UUID, a site or a daemon, by the kind
 *
 * Since: 0.1
 */
const char *
amt_prov_record_get_owner (AmtProvRecord *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->owner;
}

/**
 * amt_prov_record_set_owner:
 * @self: a #AmtProvRecord
 * @owner: (nullable): a UUID, a site or a daemon, by the kind
 *
 * Sets whom the record belongs to.
 *
 * Since: 0.1
 */
void
amt_prov_record_set_owner (AmtProvRecord *self, const char *owner)
{
  g_autofree char *old = NULL;

  g_return_if_fail (self != NULL);

  old = self->owner;
  self->owner = g_strdup (owner);
}

/**
 * amt_prov_record_get_state:
 * @self: a #AmtProvRecord
 *
 * Tells where the record stands in its life.
 *
 * Returns: (nullable) (transfer none): a word, by the kind
 *
 * Since: 0.1
 */
const char *
amt_prov_record_get_state (AmtProvRecord *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->state;
}

/**
 * amt_prov_record_set_state:
 * @self: a #AmtProvRecord
 * @state: (nullable): a word, by the kind
 *
 * Sets where the record stands in its life.
 *
 * Since: 0.1
 */
void
amt_prov_record_set_state (AmtProvRecord *self, const char *state)
{
  g_autofree char *old = NULL;

  g_return_if_fail (self != NULL);

  old = self->state;
  self->state = g_strdup (state);
}

/**
 * amt_prov_record_get_due:
 * @self: a #AmtProvRecord
 *
 * Tells when the record is due: for a lease, when it ends.
 *
 * Returns: microseconds since 1970, UTC; 0: never set
 *
 * Since: 0.1
 */
gint64
amt_prov_record_get_due (AmtProvRecord *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->due;
}

/**
 * amt_prov_record_set_due:
 * @self: a #AmtProvRecord
 * @microseconds: microseconds since 1970, UTC
 *
 * Sets when the record is due: for a lease, when it ends.
 *
 * Since: 0.1
 */
void
amt_prov_record_set_due (AmtProvRecord *self, gint64 microseconds)
{
  g_return_if_fail (self != NULL);

  self->due = microseconds;
}

/**
 * amt_prov_record_get_body:
 * @self: a #AmtProvRecord
 *
 * Gets what the record holds.
 *
 * Returns: (nullable) (transfer none): an `a{sv}`
 *
 * Since: 0.1
 */
GVariant *
amt_prov_record_get_body (AmtProvRecord *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->body;
}

/**
 * amt_prov_record_set_body:
 * @self: a #AmtProvRecord
 * @body: (nullable): an `a{sv}`; a floating reference is taken over
 *
 * Sets what the record holds. A store keeps it without looking inside.
 *
 * Since: 0.1
 */
void
amt_prov_record_set_body (AmtProvRecord *self, GVariant *body)
{
  g_autoptr (GVariant) old = NULL;

  g_return_if_fail (self != NULL);
  g_return_if_fail (body == NULL || g_variant_is_of_type (body, G_VARIANT_TYPE_VARDICT));

  old = self->body;
  self->body = body != NULL ? g_variant_ref_sink (body) : NULL;
}

/**
 * amt_prov_record_get_sealed:
 * @self: a #AmtProvRecord
 *
 * Gets the encrypted part.
 *
 * Returns: (nullable) (transfer none): encrypted bytes
 *
 * Since: 0.1
 */
GBytes *
amt_prov_record_get_sealed (AmtProvRecord *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->sealed;
}

/**
 * amt_prov_record_set_sealed:
 * @self: a #AmtProvRecord
 * @sealed: (nullable): bytes that are encrypted already
 *
 * Sets the encrypted part; amt_prov_database_seal() makes it.
 *
 * Since: 0.1
 */
void
amt_prov_record_set_sealed (AmtProvRecord *self, GBytes *sealed)
{
  g_autoptr (GBytes) old = NULL;

  g_return_if_fail (self != NULL);

  old = self->sealed;
  self->sealed = sealed != NULL ? g_bytes_ref (sealed) : NULL;
}

/**
 * amt_prov_record_get_sequence:
 * @self: a #AmtProvRecord
 *
 * Tells the place of the record in its store. Replacing a record keeps it.
 *
 * Returns: 1 or more; 0: not stored yet
 *
 * Since: 0.1
 */
guint64
amt_prov_record_get_sequence (AmtProvRecord *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->sequence;
}

/**
 * amt_prov_record_set_sequence:
 * @self: a #AmtProvRecord
 * @sequence: 1 or more
 *
 * Sets the place of the record; for stores.
 *
 * Since: 0.1
 */
void
amt_prov_record_set_sequence (AmtProvRecord *self, guint64 sequence)
{
  g_return_if_fail (self != NULL);

  self->sequence = sequence;
}

/**
 * amt_prov_record_get_revision:
 * @self: a #AmtProvRecord
 *
 * Tells how often the record was written; %AMT_PROV_CONDITION_REVISION compares it.
 *
 * Returns: 1 or more; 0: not stored yet
 *
 * Since: 0.1
 */
guint64
amt_prov_record_get_revision (AmtProvRecord *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->revision;
}

/**
 * amt_prov_record_set_revision:
 * @self: a #AmtProvRecord
 * @revision: 1 or more
 *
 * Sets the revision; for stores.
 *
 * Since: 0.1
 */
void
amt_prov_record_set_revision (AmtProvRecord *self, guint64 revision)
{
  g_return_if_fail (self != NULL);

  self->revision = revision;
}
