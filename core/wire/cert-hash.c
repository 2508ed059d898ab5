/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <amtprov/cert-hash.h>
#include <amtprov/error.h>

#define MAX_HASH_LENGTH 48

struct _AmtProvCertHash {
  gatomicrefcount ref_count;
  AmtProvHashAlgorithm algorithm;
  guint8 data[MAX_HASH_LENGTH];
};

G_DEFINE_BOXED_TYPE (AmtProvCertHash,
                     amt_prov_cert_hash,
                     amt_prov_cert_hash_ref,
                     amt_prov_cert_hash_unref)

/**
 * amt_prov_hash_algorithm_to_string:
 * @algorithm: an algorithm, known or not
 *
 * Gets the name that files and the command line use.
 *
 * Returns: (nullable): `sha1`, `sha256`, `sha384`, or %NULL for another number
 *
 * Since: 0.1
 */
const char *
amt_prov_hash_algorithm_to_string (AmtProvHashAlgorithm algorithm)
{
  switch (algorithm) {
  case AMT_PROV_HASH_ALGORITHM_SHA1:
    return "sha1";
  case AMT_PROV_HASH_ALGORITHM_SHA256:
    return "sha256";
  case AMT_PROV_HASH_ALGORITHM_SHA384:
    return "sha384";
  default:
    return NULL;
  }
}

/**
 * amt_prov_hash_algorithm_get_length:
 * @algorithm: an algorithm, known or not
 *
 * Gets the length of its hashes (`hello.md §1`).
 *
 * Returns: the length in bytes, or 0 for another number
 *
 * Since: 0.1
 */
gsize
amt_prov_hash_algorithm_get_length (AmtProvHashAlgorithm algorithm)
{
  switch (algorithm) {
  case AMT_PROV_HASH_ALGORITHM_SHA1:
    return 20;
  case AMT_PROV_HASH_ALGORITHM_SHA256:
    return 32;
  case AMT_PROV_HASH_ALGORITHM_SHA384:
    return 48;
  default:
    return 0;
  }
}

static AmtProvCertHash *
cert_hash_alloc (AmtProvHashAlgorithm algorithm)
{
  AmtProvCertHash *self = g_new0 (AmtProvCertHash, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->algorithm = algorithm;
  return self;
}

/**
 * amt_prov_cert_hash_new:
 * @algorithm: the algorithm
 * @hash: (array length=length): the hash
 * @length: its length in bytes, which must be the algorithm's
 * @error: return location for an error
 *
 * Makes a hash from its bytes.
 *
 * Returns: (transfer full): a new hash; %NULL with %AMT_PROV_ERROR_INVALID_DATA when the algorithm
 * is unknown or the length is not its own
 *
 * Since: 0.1
 */
AmtProvCertHash *
amt_prov_cert_hash_new (AmtProvHashAlgorithm algorithm,
                        const guint8 *hash,
                        gsize length,
                        GError **error)
{
  const char *name = amt_prov_hash_algorithm_to_string (algorithm);
  AmtProvCertHash *self;

  if (name == NULL) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
                 "hash algorithm %d is unknown; known are 1 (sha1), 2 (sha256) and 3 (sha384)",
                 (int)algorithm);
    return NULL;
  }
  if (length != amt_prov_hash_algorithm_get_length (algorithm)) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
                 "a %s hash has %" G_GSIZE_FORMAT " bytes, not %" G_GSIZE_FORMAT, name,
                 amt_prov_hash_algorithm_get_length (algorithm), length);
    return NULL;
  }
  self = cert_hash_alloc (algorithm);
  memcpy (self->data, hash, length);
  return self;
}

static AmtProvHashAlgorithm
algorithm_for_length (gsize length)
{
  for (int i = AMT_PROV_HASH_ALGORITHM_SHA1; i <= AMT_PROV_HASH_ALGORITHM_SHA384; i++)
    if (amt_prov_hash_algorithm_get_length (i) == length)
      return i;
  return 0;
}

/**
 * amt_prov_cert_hash_new_from_hex:
 * @hex: 40, 64 or 96 hexadecimal digits of any case; their number tells the algorithm
 * @error: return location for an error
 *
 * Makes a hash from its text.
 *
 * Returns: (transfer full): a new hash; %NULL with %AMT_PROV_ERROR_INVALID_DATA
 *
 * Since: 0.1
 */
AmtProvCertHash *
amt_prov_cert_hash_new_from_hex (const char *hex, GError **error)
{
  gsize digits = strlen (hex);
  AmtProvHashAlgorithm algorithm = digits % 2 == 0 ? algorithm_for_length (digits / 2) : 0;
  g_autoptr (AmtProvCertHash) self = NULL;

  if (algorithm == 0) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
                 "a hash has 40 (sha1), 64 (sha256) or 96 (sha384) hexadecimal digits, "
                 "not %" G_GSIZE_FORMAT,
                 digits);
    return NULL;
  }
  self = cert_hash_alloc (algorithm);
  for (gsize i = 0; i < digits; i++) {
    int value = g_ascii_xdigit_value (hex[i]);

    if (value < 0) {
      g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
                   "character %" G_GSIZE_FORMAT " of the hash is no hexadecimal digit", i + 1);
      return NULL;
    }
    self->data[i / 2] |= i % 2 == 0 ? value << 4 : value;
  }
  return g_steal_pointer (&self);
}

/**
 * amt_prov_cert_hash_new_from_der:
 * @algorithm: the algorithm
 * @der: a certificate in DER form
 *
 * Hashes the whole DER form of a certificate, as AMT does with roots (`pki.md §2`, row 7).
 *
 * Returns: (transfer full) (nullable): a new hash, or %NULL when @algorithm is unknown
 *
 * Since: 0.1
 */
AmtProvCertHash *
amt_prov_cert_hash_new_from_der (AmtProvHashAlgorithm algorithm, GBytes *der)
{
  static const GChecksumType types[] = {
      [AMT_PROV_HASH_ALGORITHM_SHA1] = G_CHECKSUM_SHA1,
      [AMT_PROV_HASH_ALGORITHM_SHA256] = G_CHECKSUM_SHA256,
      [AMT_PROV_HASH_ALGORITHM_SHA384] = G_CHECKSUM_SHA384,
  };
  g_autoptr (GChecksum) checksum = NULL;
  AmtProvCertHash *self;
  const void *data;
  gsize size, length = MAX_HASH_LENGTH;

  g_return_val_if_fail (amt_prov_hash_algorithm_get_length (algorithm) > 0, NULL);

  checksum = g_checksum_new (types[algorithm]);
  data = g_bytes_get_data (der, &size);
  g_checksum_update (checksum, data, size);
  self = cert_hash_alloc (algorithm);
  g_checksum_get_digest (checksum, self->data, &length);
  return self;
}

/**
 * amt_prov_cert_hash_ref:
 * @self: a hash
 *
 * Takes another reference.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.1
 */
AmtProvCertHash *
amt_prov_cert_hash_ref (AmtProvCertHash *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

/**
 * amt_prov_cert_hash_unref:
 * @self: (transfer full): a hash
 *
 * Gives a reference back.
 *
 * Since: 0.1
 */
void
amt_prov_cert_hash_unref (AmtProvCertHash *self)
{
  g_return_if_fail (self != NULL);

  if (g_atomic_ref_count_dec (&self->ref_count))
    g_free (self);
}

/**
 * amt_prov_cert_hash_get_algorithm:
 * @self: a hash
 *
 * Gets the algorithm.
 *
 * Returns: the algorithm
 *
 * Since: 0.1
 */
AmtProvHashAlgorithm
amt_prov_cert_hash_get_algorithm (AmtProvCertHash *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->algorithm;
}

/**
 * amt_prov_cert_hash_get_data:
 * @self: a hash
 * @length: (out): return location for the number of bytes
 *
 * Gets the bytes of the hash.
 *
 * Returns: (array length=length) (transfer none): the bytes
 *
 * Since: 0.1
 */
const guint8 *
amt_prov_cert_hash_get_data (AmtProvCertHash *self, gsize *length)
{
  g_return_val_if_fail (self != NULL, NULL);

  if (length != NULL)
    *length = amt_prov_hash_algorithm_get_length (self->algorithm);
  return self->data;
}

/**
 * amt_prov_cert_hash_to_hex:
 * @self: a hash
 *
 * Writes the hash as lower-case hexadecimal digits.
 *
 * Returns: (transfer full): the text
 *
 * Since: 0.1
 */
char *
amt_prov_cert_hash_to_hex (AmtProvCertHash *self)
{
  gsize length = amt_prov_hash_algorithm_get_length (self->algorithm);
  GString *text = g_string_sized_new (2 * length);

  for (gsize i = 0; i < length; i++)
    g_string_append_printf (text, "%02x", self->data[i]);
  return g_string_free (text, FALSE);
}

/**
 * amt_prov_cert_hash_equal:
 * @self: a hash
 * @other: another hash
 *
 * Compares algorithm and bytes.
 *
 * Returns: %TRUE when both are the same
 *
 * Since: 0.1
 */
gboolean
amt_prov_cert_hash_equal (AmtProvCertHash *self, AmtProvCertHash *other)
{
  g_return_val_if_fail (self != NULL && other != NULL, FALSE);

  return self->algorithm == other->algorithm &&
         memcmp (self->data, other->data, amt_prov_hash_algorithm_get_length (self->algorithm)) ==
             0;
}
