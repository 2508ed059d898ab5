/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/credential-private.h"

#include <string.h>
#include <openssl/crypto.h>

struct _AmtProvCredential {
  gatomicrefcount refs;
  char *type;
  char *id;
  char *owner;
  char *state;
  GHashTable *values;
  GHashTable *notes;
  AmtProvRecord *record;
};

G_DEFINE_BOXED_TYPE (AmtProvCredential,
                     amt_prov_credential,
                     amt_prov_credential_ref,
                     amt_prov_credential_unref)

/**
 * amt_prov_credential_new:
 * @type: what it is, without a colon: `psk`, `admin`, `otp` …
 * @id: its name among those of @type
 * @owner: (nullable): UUID of the machine it belongs to
 * @state: (nullable): where it stands in its life, such as `free` or `pending`
 *
 * Makes a credential without values.
 *
 * Returns: (transfer full): the credential
 *
 * Since: 0.1
 */
AmtProvCredential *
amt_prov_credential_new (const char *type, const char *id, const char *owner, const char *state)
{
  AmtProvCredential *self;

  g_return_val_if_fail (type != NULL && strchr (type, ':') == NULL, NULL);
  g_return_val_if_fail (id != NULL, NULL);

  self = g_new0 (AmtProvCredential, 1);
  g_atomic_ref_count_init (&self->refs);
  self->type = g_strdup (type);
  self->id = g_strdup (id);
  self->owner = g_strdup (owner);
  self->state = g_strdup (state);
  self->values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                        (GDestroyNotify)amt_prov_secret_unref);
  self->notes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return self;
}

/**
 * amt_prov_credential_ref:
 * @self: a #AmtProvCredential
 *
 * Takes a reference.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.1
 */
AmtProvCredential *
amt_prov_credential_ref (AmtProvCredential *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->refs);
  return self;
}

/**
 * amt_prov_credential_unref:
 * @self: (transfer full): a #AmtProvCredential
 *
 * Drops a reference.
 *
 * Since: 0.1
 */
void
amt_prov_credential_unref (AmtProvCredential *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  g_free (self->type);
  g_free (self->id);
  g_free (self->owner);
  g_free (self->state);
  g_hash_table_unref (self->values);
  g_hash_table_unref (self->notes);
  g_clear_pointer (&self->record, amt_prov_record_unref);
  g_free (self);
}

/**
 * amt_prov_credential_get_credential_type:
 * @self: a #AmtProvCredential
 *
 * Tells what it is.
 *
 * Returns: (transfer none): `psk`, `admin`, `otp` …
 *
 * Since: 0.1
 */
const char *
amt_prov_credential_get_credential_type (AmtProvCredential *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->type;
}

/**
 * amt_prov_credential_get_id:
 * @self: a #AmtProvCredential
 *
 * Tells its name among those of its type.
 *
 * Returns: (transfer none): the id
 *
 * Since: 0.1
 */
const char *
amt_prov_credential_get_id (AmtProvCredential *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->id;
}

/**
 * amt_prov_credential_get_owner:
 * @self: a #AmtProvCredential
 *
 * Tells the machine it belongs to.
 *
 * Returns: (nullable) (transfer none): a UUID; %NULL: nobody's yet
 *
 * Since: 0.1
 */
const char *
amt_prov_credential_get_owner (AmtProvCredential *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->owner;
}

/**
 * amt_prov_credential_set_owner:
 * @self: a #AmtProvCredential
 * @owner: (nullable): a UUID; %NULL: nobody's
 *
 * Sets the machine it belongs to.
 *
 * Since: 0.1
 */
void
amt_prov_credential_set_owner (AmtProvCredential *self, const char *owner)
{
  g_autofree char *old = NULL;

  g_return_if_fail (self != NULL);

  old = self->owner;
  self->owner = g_strdup (owner);
}

/**
 * amt_prov_credential_get_state:
 * @self: a #AmtProvCredential
 *
 * Tells where it stands in its life.
 *
 * Returns: (nullable) (transfer none): a word
 *
 * Since: 0.1
 */
const char *
amt_prov_credential_get_state (AmtProvCredential *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->state;
}

/**
 * amt_prov_credential_set_state:
 * @self: a #AmtProvCredential
 * @state: (nullable): a word, such as `free` or `pending`
 *
 * Sets where it stands in its life.
 *
 * Since: 0.1
 */
void
amt_prov_credential_set_state (AmtProvCredential *self, const char *state)
{
  g_autofree char *old = NULL;

  g_return_if_fail (self != NULL);

  old = self->state;
  self->state = g_strdup (state);
}

/**
 * amt_prov_credential_get_value:
 * @self: a #AmtProvCredential
 * @name: name of a value, such as `pps` or `password`
 *
 * Looks up a value.
 *
 * Returns: (nullable) (transfer none): the value; %NULL: there is none of this name
 *
 * Since: 0.1
 */
AmtProvSecret *
amt_prov_credential_get_value (AmtProvCredential *self, const char *name)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (name != NULL, NULL);

  return g_hash_table_lookup (self->values, name);
}

/**
 * amt_prov_credential_set_value:
 * @self: a #AmtProvCredential
 * @name: name of a value, at most 255 bytes
 * @value: (nullable): the value; %NULL removes it
 *
 * Sets a value.
 *
 * Since: 0.1
 */
void
amt_prov_credential_set_value (AmtProvCredential *self, const char *name, AmtProvSecret *value)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (name != NULL && strlen (name) <= G_MAXUINT8);

  if (value == NULL)
    g_hash_table_remove (self->values, name);
  else
    g_hash_table_replace (self->values, g_strdup (name), amt_prov_secret_ref (value));
}

/**
 * amt_prov_credential_get_note:
 * @self: a #AmtProvCredential
 * @name: name of a note: `medium`, on which a pair was handed out, or `record`, where it stands
 *
 * Looks up something about the credential that is no secret.
 *
 * Returns: (nullable) (transfer none): the note; %NULL: there is none of this name
 *
 * Since: 0.1
 */
const char *
amt_prov_credential_get_note (AmtProvCredential *self, const char *name)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (name != NULL, NULL);

  return g_hash_table_lookup (self->notes, name);
}

/**
 * amt_prov_credential_set_note:
 * @self: a #AmtProvCredential
 * @name: name of a note
 * @text: (nullable): what to note; %NULL removes it
 *
 * Notes something about the credential that is no secret: the store keeps it as it is.
 *
 * Since: 0.1
 */
void
amt_prov_credential_set_note (AmtProvCredential *self, const char *name, const char *text)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (name != NULL);

  if (text == NULL)
    g_hash_table_remove (self->notes, name);
  else
    g_hash_table_replace (self->notes, g_strdup (name), g_strdup (text));
}

GVariant *
amt_prov_credential_write_notes (AmtProvCredential *self)
{
  GVariantDict body = G_VARIANT_DICT_INIT (NULL);
  GHashTableIter iter;
  gpointer name, text;

  if (g_hash_table_size (self->notes) == 0)
    return NULL;
  g_hash_table_iter_init (&iter, self->notes);
  while (g_hash_table_iter_next (&iter, &name, &text))
    g_variant_dict_insert (&body, name, "s", text);
  return g_variant_dict_end (&body);
}

void
amt_prov_credential_read_notes (AmtProvCredential *self, GVariant *body)
{
  GVariantIter iter;
  const char *name;
  GVariant *value;

  g_variant_iter_init (&iter, body);
  while (g_variant_iter_loop (&iter, "{&sv}", &name, &value))
    if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
      amt_prov_credential_set_note (self, name, g_variant_get_string (value, NULL));
}

/**
 * amt_prov_credential_get_revision:
 * @self: a #AmtProvCredential
 *
 * Tells the revision of the record it was read from or sealed into last.
 *
 * Returns: 1 or more; 0: not stored yet
 *
 * Since: 0.1
 */
guint64
amt_prov_credential_get_revision (AmtProvCredential *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->record != NULL ? amt_prov_record_get_revision (self->record) : 0;
}

AmtProvRecord *
amt_prov_credential_peek_record (AmtProvCredential *self)
{
  return self->record;
}

void
amt_prov_credential_set_record (AmtProvCredential *self, AmtProvRecord *record)
{
  g_clear_pointer (&self->record, amt_prov_record_unref);
  self->record = amt_prov_record_ref (record);
}

/* Each value: one byte length of the name, the name, four bytes length (big endian), the bytes. The
 * buffer has its full size from the start: growing it would leave copies of secrets behind. */
AmtProvSecret *
amt_prov_credential_pack (AmtProvCredential *self)
{
  AmtProvSecret *packed;
  GHashTableIter iter;
  gpointer name, value;
  gsize size = 0, at = 0, length;
  guint8 *buffer;

  g_hash_table_iter_init (&iter, self->values);
  while (g_hash_table_iter_next (&iter, &name, &value)) {
    amt_prov_secret_peek (value, &length);
    size += 1 + strlen (name) + 4 + length;
  }
  buffer = g_malloc0 (size + 1);
  g_hash_table_iter_init (&iter, self->values);
  while (g_hash_table_iter_next (&iter, &name, &value)) {
    const guint8 *bytes = amt_prov_secret_peek (value, &length);
    guint32 big = GUINT32_TO_BE ((guint32)length);

    buffer[at++] = (guint8)strlen (name);
    memcpy (buffer + at, name, strlen (name));
    at += strlen (name);
    memcpy (buffer + at, &big, sizeof big);
    at += sizeof big;
    if (length > 0)
      memcpy (buffer + at, bytes, length);
    at += length;
  }
  packed = amt_prov_secret_new (buffer, size);
  OPENSSL_cleanse (buffer, size);
  g_free (buffer);
  return packed;
}

gboolean
amt_prov_credential_unpack (AmtProvCredential *self, AmtProvSecret *packed)
{
  gsize size, at = 0;
  const guint8 *buffer = amt_prov_secret_peek (packed, &size);

  while (at < size) {
    g_autoptr (AmtProvSecret) value = NULL;
    g_autofree char *name = NULL;
    gsize length = buffer[at++];
    guint32 big;

    if (size - at < length + sizeof big)
      return FALSE;
    name = g_strndup ((const char *)buffer + at, length);
    at += length;
    memcpy (&big, buffer + at, sizeof big);
    at += sizeof big;
    length = GUINT32_FROM_BE (big);
    if (size - at < length)
      return FALSE;
    value = amt_prov_secret_new (buffer + at, length);
    at += length;
    amt_prov_credential_set_value (self, name, value);
  }
  return TRUE;
}
