/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <gio/gio.h>

#include <amtprov/error.h>
#include <amtprov/setup-bin-variable.h>
#include <amtprov/uuid.h>

#include "wire/setup-bin-private.h"
#include "wire/refuse-private.h"

#define MAX_HASH_NAME 32
#define MAX_HASH      48

struct _AmtProvSetupBinVariable {
  gatomicrefcount ref_count;
  guint16 module;
  guint16 id;
  const AmtProvSetupBinRow *row; /* NULL: not known */
  AmtProvSecret *value;
};

G_DEFINE_BOXED_TYPE (AmtProvSetupBinVariable,
                     amt_prov_setup_bin_variable,
                     amt_prov_setup_bin_variable_ref,
                     amt_prov_setup_bin_variable_unref)

/* Takes value. */
static AmtProvSetupBinVariable *
variable_alloc (guint module, guint id, AmtProvSecret *value)
{
  AmtProvSetupBinVariable *self = g_new (AmtProvSetupBinVariable, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->module = module;
  self->id = id;
  self->row = amt_prov_setup_bin_row_find (module, id);
  self->value = value;
  return self;
}

AmtProvSetupBinVariable *
amt_prov_setup_bin_variable_new_from_data (guint module, guint id, const guint8 *data, gsize length)
{
  return variable_alloc (module, id, amt_prov_secret_new (data, length));
}

/**
 * amt_prov_setup_bin_variable_new:
 * @module: module identifier, 1 to 65535
 * @id: variable identifier, 1 to 65535
 * @value: the bytes of the value, at most 65535
 * @error: return location for an error
 *
 * Makes a variable from bytes. They are not judged here but when the record is encoded.
 *
 * Returns: (transfer full): a new variable; %NULL with %AMT_PROV_ERROR_INVALID_DATA when a number
 * is out of its range
 *
 * Since: 0.1
 */
AmtProvSetupBinVariable *
amt_prov_setup_bin_variable_new (guint module, guint id, AmtProvSecret *value, GError **error)
{
  gsize length;

  g_return_val_if_fail (value != NULL, NULL);

  amt_prov_secret_peek (value, &length);
  if (module < 1 || module > G_MAXUINT16 || id < 1 || id > G_MAXUINT16) {
    amt_prov_wire_refuse (error, "variable %u/%u: module and variable identifier are 1 to 65535",
                          module, id);
    return NULL;
  }
  if (length > G_MAXUINT16) {
    amt_prov_wire_refuse (
        error, "variable %u/%u: the value has %" G_GSIZE_FORMAT " bytes, at most 65535 fit", module,
        id, length);
    return NULL;
  }
  return variable_alloc (module, id, amt_prov_secret_ref (value));
}

static AmtProvSecret *
encode_number (const AmtProvSetupBinRow *row, const char *text, GError **error)
{
  g_autofree char *reason = NULL;
  guint8 bytes[4];
  guint64 number;

  if (!g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT32, &number, NULL)) {
    amt_prov_wire_refuse (error, "%s: \"%s\" is no whole number of 32 bits", row->name, text);
    return NULL;
  }
  if (!amt_prov_setup_bin_row_allows (row, number, &reason)) {
    amt_prov_wire_refuse (error, "%s: %s", row->name, reason);
    return NULL;
  }
  wire_put_u32 (bytes, number);
  return amt_prov_secret_new (bytes, row->min_length);
}

static AmtProvSecret *
encode_guid (const AmtProvSetupBinRow *row, const char *text, GError **error)
{
  guint8 bytes[AMT_PROV_UUID_LENGTH];

  if (!amt_prov_uuid_to_wire (text, bytes)) {
    amt_prov_wire_refuse (error, "%s: \"%s\" is no GUID", row->name, text);
    return NULL;
  }
  return amt_prov_secret_new (bytes, sizeof bytes);
}

/* The least significant octet first (setup-bin.md §6, 2/17). */
static void
reverse_address (guint8 *to, const guint8 *from)
{
  for (gsize i = 0; i < 4; i++)
    to[i] = from[3 - i];
}

static AmtProvSecret *
encode_ipv4 (const AmtProvSetupBinRow *row, const char *text, GError **error)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (text);
  guint8 bytes[4];

  if (address == NULL || g_inet_address_get_family (address) != G_SOCKET_FAMILY_IPV4) {
    amt_prov_wire_refuse (error, "%s: \"%s\" is no IPv4 address", row->name, text);
    return NULL;
  }
  reverse_address (bytes, g_inet_address_to_bytes (address));
  return amt_prov_secret_new (bytes, sizeof bytes);
}

static AmtProvSecret *
encode_hash (const AmtProvSetupBinRow *row, const char *text, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, ":", 3);
  const char *name = g_strv_length (parts) == 3 ? parts[2] : "";
  g_autoptr (AmtProvCertHash) hash = NULL;
  guint8 bytes[1 + MAX_HASH + 1 + MAX_HASH_NAME];
  const guint8 *data;
  gsize length;

  if (g_strv_length (parts) < 2) {
    amt_prov_wire_refuse (error, "%s: \"%s\" is not ALGORITHM:HASH or ALGORITHM:HASH:NAME",
                          row->name, text);
    return NULL;
  }
  hash = amt_prov_cert_hash_new_from_hex (parts[1], error);
  if (hash == NULL) {
    g_prefix_error (error, "%s: ", row->name);
    return NULL;
  }
  bytes[0] = amt_prov_cert_hash_get_algorithm (hash);
  if (g_strcmp0 (parts[0], amt_prov_hash_algorithm_to_string (bytes[0])) != 0) {
    amt_prov_wire_refuse (error, "%s: a hash of %" G_GSIZE_FORMAT " digits is %s, not \"%s\"",
                          row->name, strlen (parts[1]),
                          amt_prov_hash_algorithm_to_string (bytes[0]), parts[0]);
    return NULL;
  }
  if (strlen (name) > MAX_HASH_NAME) {
    amt_prov_wire_refuse (error,
                          "%s: the name has %" G_GSIZE_FORMAT " characters, at most %d are allowed",
                          row->name, strlen (name), MAX_HASH_NAME);
    return NULL;
  }
  data = amt_prov_cert_hash_get_data (hash, &length);
  memcpy (bytes + 1, data, length);
  bytes[1 + length] = strlen (name);
  memcpy (bytes + 1 + length + 1, name, strlen (name));
  return amt_prov_secret_new (bytes, 1 + length + 1 + strlen (name));
}

static AmtProvSecret *
encode_text (const AmtProvSetupBinRow *row, const char *text, GError **error)
{
  switch (row->type) {
  case AMT_PROV_SETUP_BIN_TYPE_TEXT:
    return amt_prov_secret_new_text (text);
  case AMT_PROV_SETUP_BIN_TYPE_INTEGER:
    return encode_number (row, text, error);
  case AMT_PROV_SETUP_BIN_TYPE_GUID:
    return encode_guid (row, text, error);
  case AMT_PROV_SETUP_BIN_TYPE_IPV4:
    return encode_ipv4 (row, text, error);
  case AMT_PROV_SETUP_BIN_TYPE_HASH:
    return encode_hash (row, text, error);
  case AMT_PROV_SETUP_BIN_TYPE_RAW:
  default:
    amt_prov_wire_refuse (
        error, "%s: its layout is not known, so it cannot be set by name; give its bytes",
        row->name);
    return NULL;
  }
}

/**
 * amt_prov_setup_bin_variable_new_from_text:
 * @name: a name, as in `pki-dns-suffix`; see amt_prov_setup_bin_variable_list_names()
 * @text: the value: a text as it is, a decimal number, a GUID, a dotted IPv4 address, or
 * `ALGORITHM:HASH:NAME` (`sha1`, `sha256` or `sha384`; hexadecimal; at most 32 characters, may be
 * left out with its colon)
 * @error: return location for an error
 *
 * Makes a variable by name. Length, form and range of the value are checked; whether MEBx would
 * take a password or a pair is checked when the record is encoded.
 *
 * Returns: (transfer full): a new variable; %NULL with %AMT_PROV_ERROR_INVALID_DATA, whose message
 * shows nothing of a secret, or with %AMT_PROV_ERROR_NOT_FOUND when no variable has that name
 *
 * Since: 0.1
 */
AmtProvSetupBinVariable *
amt_prov_setup_bin_variable_new_from_text (const char *name, const char *text, GError **error)
{
  const AmtProvSetupBinRow *row = amt_prov_setup_bin_row_find_name (name);
  g_autoptr (AmtProvSecret) value = NULL;
  g_autofree char *reason = NULL;
  const guint8 *data;
  gsize length;

  if (row == NULL) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_FOUND,
                 "setup.bin has no variable \"%s\"", name);
    return NULL;
  }
  value = encode_text (row, text, error);
  if (value == NULL)
    return NULL;
  data = amt_prov_secret_peek (value, &length);
  if (!amt_prov_setup_bin_row_fits (row, data, length, &reason)) {
    amt_prov_wire_refuse (error, "%s: %s", name, reason);
    return NULL;
  }
  return variable_alloc (row->module, row->id, g_steal_pointer (&value));
}

/**
 * amt_prov_setup_bin_variable_ref:
 * @self: a variable
 *
 * Takes another reference.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.1
 */
AmtProvSetupBinVariable *
amt_prov_setup_bin_variable_ref (AmtProvSetupBinVariable *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

/**
 * amt_prov_setup_bin_variable_unref:
 * @self: (transfer full): a variable
 *
 * Gives a reference back.
 *
 * Since: 0.1
 */
void
amt_prov_setup_bin_variable_unref (AmtProvSetupBinVariable *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  amt_prov_secret_unref (self->value);
  g_free (self);
}

const AmtProvSetupBinRow *
amt_prov_setup_bin_variable_get_row (AmtProvSetupBinVariable *self)
{
  return self->row;
}

gsize
amt_prov_setup_bin_variable_get_size (AmtProvSetupBinVariable *self)
{
  gsize length;

  amt_prov_secret_peek (self->value, &length);
  return SETUP_BIN_VARIABLE_HEAD + ((length + 3) & ~(gsize)3);
}

/**
 * amt_prov_setup_bin_variable_get_module:
 * @self: a variable
 *
 * Gets the module identifier: 1 is ME, 2 is AMT.
 *
 * Returns: the identifier
 *
 * Since: 0.1
 */
guint
amt_prov_setup_bin_variable_get_module (AmtProvSetupBinVariable *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->module;
}

/**
 * amt_prov_setup_bin_variable_get_id:
 * @self: a variable
 *
 * Gets the variable identifier, which counts within its module.
 *
 * Returns: the identifier
 *
 * Since: 0.1
 */
guint
amt_prov_setup_bin_variable_get_id (AmtProvSetupBinVariable *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->id;
}

/**
 * amt_prov_setup_bin_variable_get_name:
 * @self: a variable
 *
 * Gets the name of `setup-bin.md §6`.
 *
 * Returns: (nullable): the name, or %NULL when the variable is not known
 *
 * Since: 0.1
 */
const char *
amt_prov_setup_bin_variable_get_name (AmtProvSetupBinVariable *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->row ? self->row->name : NULL;
}

/**
 * amt_prov_setup_bin_variable_get_value_type:
 * @self: a variable
 *
 * Gets how the value can be read.
 *
 * Returns: the type of the variable, or %AMT_PROV_SETUP_BIN_TYPE_RAW when it has none or the bytes
 * are not of that type
 *
 * Since: 0.1
 */
AmtProvSetupBinType
amt_prov_setup_bin_variable_get_value_type (AmtProvSetupBinVariable *self)
{
  g_autofree char *reason = NULL;
  const guint8 *data;
  gsize length;

  g_return_val_if_fail (self != NULL, AMT_PROV_SETUP_BIN_TYPE_RAW);

  data = amt_prov_secret_peek (self->value, &length);
  if (self->row == NULL || !amt_prov_setup_bin_row_fits (self->row, data, length, &reason))
    return AMT_PROV_SETUP_BIN_TYPE_RAW;
  return self->row->type;
}

/**
 * amt_prov_setup_bin_variable_is_secret:
 * @self: a variable
 *
 * Says whether the value must not be shown: passwords, the PPS and the enrolment passcode.
 *
 * Returns: %TRUE for a secret
 *
 * Since: 0.1
 */
gboolean
amt_prov_setup_bin_variable_is_secret (AmtProvSetupBinVariable *self)
{
  g_return_val_if_fail (self != NULL, TRUE);

  return self->row != NULL && self->row->secret;
}

/**
 * amt_prov_setup_bin_variable_get_value:
 * @self: a variable
 *
 * Gets the bytes of the value, without padding.
 *
 * Returns: (transfer none): the bytes
 *
 * Since: 0.1
 */
AmtProvSecret *
amt_prov_setup_bin_variable_get_value (AmtProvSetupBinVariable *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->value;
}

/**
 * amt_prov_setup_bin_variable_get_integer:
 * @self: a variable
 *
 * Reads the value as a number.
 *
 * Returns: the number, or 0 when the type is not %AMT_PROV_SETUP_BIN_TYPE_INTEGER
 *
 * Since: 0.1
 */
guint32
amt_prov_setup_bin_variable_get_integer (AmtProvSetupBinVariable *self)
{
  if (amt_prov_setup_bin_variable_get_value_type (self) != AMT_PROV_SETUP_BIN_TYPE_INTEGER)
    return 0;
  return amt_prov_setup_bin_row_get_number (self->row, amt_prov_secret_peek (self->value, NULL));
}

/**
 * amt_prov_setup_bin_variable_dup_hash:
 * @self: a variable
 * @name: (out) (optional) (nullable) (transfer full): return location for the name that stands
 * with the hash; it may be empty
 *
 * Reads the value as the hash of a root certificate.
 *
 * Returns: (transfer full) (nullable): the hash, or %NULL when the type is not
 * %AMT_PROV_SETUP_BIN_TYPE_HASH
 *
 * Since: 0.1
 */
AmtProvCertHash *
amt_prov_setup_bin_variable_dup_hash (AmtProvSetupBinVariable *self, char **name)
{
  const guint8 *data;
  gsize length;

  if (name != NULL)
    *name = NULL;
  if (amt_prov_setup_bin_variable_get_value_type (self) != AMT_PROV_SETUP_BIN_TYPE_HASH)
    return NULL;
  data = amt_prov_secret_peek (self->value, NULL);
  length = amt_prov_hash_algorithm_get_length (data[0]);
  if (name != NULL)
    *name = g_strndup ((const char *)data + 1 + length + 1, data[1 + length]);
  return amt_prov_cert_hash_new (data[0], data + 1, length, NULL);
}

static char *
write_hex (const guint8 *data, gsize length)
{
  GString *text = g_string_sized_new (2 * length);

  for (gsize i = 0; i < length; i++)
    g_string_append_printf (text, "%02x", data[i]);
  return g_string_free (text, FALSE);
}

static char *
write_ipv4 (const guint8 *data)
{
  g_autoptr (GInetAddress) address = NULL;
  guint8 bytes[4];

  reverse_address (bytes, data);
  address = g_inet_address_new_from_bytes (bytes, G_SOCKET_FAMILY_IPV4);
  return g_inet_address_to_string (address);
}

static char *
write_hash (AmtProvSetupBinVariable *self)
{
  g_autofree char *name = NULL;
  g_autoptr (AmtProvCertHash) hash = amt_prov_setup_bin_variable_dup_hash (self, &name);
  g_autofree char *hex = amt_prov_cert_hash_to_hex (hash);

  return g_strdup_printf (
      "%s:%s:%s", amt_prov_hash_algorithm_to_string (amt_prov_cert_hash_get_algorithm (hash)), hex,
      name);
}

/**
 * amt_prov_setup_bin_variable_dup_text:
 * @self: a variable
 *
 * Writes the value in the form that amt_prov_setup_bin_variable_new_from_text() reads, or as
 * lower-case hexadecimal digits when the type is %AMT_PROV_SETUP_BIN_TYPE_RAW. A secret is not
 * written; see amt_prov_setup_bin_variable_get_value().
 *
 * Returns: (transfer full) (nullable): the text, or %NULL for a secret
 *
 * Since: 0.1
 */
char *
amt_prov_setup_bin_variable_dup_text (AmtProvSetupBinVariable *self)
{
  const guint8 *data;
  gsize length;

  g_return_val_if_fail (self != NULL, NULL);

  if (amt_prov_setup_bin_variable_is_secret (self))
    return NULL;
  data = amt_prov_secret_peek (self->value, &length);
  switch (amt_prov_setup_bin_variable_get_value_type (self)) {
  case AMT_PROV_SETUP_BIN_TYPE_TEXT:
    return g_strndup ((const char *)data, length);
  case AMT_PROV_SETUP_BIN_TYPE_INTEGER:
    return g_strdup_printf ("%u", amt_prov_setup_bin_row_get_number (self->row, data));
  case AMT_PROV_SETUP_BIN_TYPE_GUID:
    return amt_prov_uuid_from_wire (data);
  case AMT_PROV_SETUP_BIN_TYPE_IPV4:
    return write_ipv4 (data);
  case AMT_PROV_SETUP_BIN_TYPE_HASH:
    return write_hash (self);
  case AMT_PROV_SETUP_BIN_TYPE_RAW:
  default:
    return write_hex (data, length);
  }
}
