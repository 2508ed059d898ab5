/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <amtprov/error.h>
#include <amtprov/hello.h>
#include <amtprov/psk.h>
#include <amtprov/uuid.h>

#include "wire/little-endian-private.h"

/* hello.md §1 */
#define OFFSET_ADMIN      0
#define OFFSET_VERSION    2
#define OFFSET_RETRY      4
#define OFFSET_UUID       8
#define HEADER_LENGTH     24
#define OFFSET_PID        HEADER_LENGTH
#define PSK_LENGTH        (OFFSET_PID + AMT_PROV_PID_LENGTH)
#define OFFSET_COUNT      HEADER_LENGTH
#define OFFSET_ENTRIES    (OFFSET_COUNT + 1)
#define ENTRY_HEAD_LENGTH 2
#define ENTRY_MIN_LENGTH  (ENTRY_HEAD_LENGTH + 20)

struct _AmtProvHello {
  gatomicrefcount ref_count;
  guint version;
  gboolean admin_credentials_set;
  guint32 retry;
  char *uuid;
  char *pid;
  GPtrArray *hashes;
};

G_DEFINE_BOXED_TYPE (AmtProvHello, amt_prov_hello, amt_prov_hello_ref, amt_prov_hello_unref)

static gboolean
is_pid_char (guint8 c)
{
  return g_ascii_isupper (c) || g_ascii_isdigit (c);
}

static gboolean
is_pid (const char *pid)
{
  for (gsize i = 0; i < AMT_PROV_PID_LENGTH; i++)
    if (!is_pid_char (pid[i]))
      return FALSE;
  return pid[AMT_PROV_PID_LENGTH] == '\0';
}

/* Takes uuid. */
static AmtProvHello *
hello_alloc (guint version, gboolean admin_credentials_set, guint32 retry, char *uuid)
{
  AmtProvHello *self = g_new0 (AmtProvHello, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->version = version;
  self->admin_credentials_set = admin_credentials_set;
  self->retry = retry;
  self->uuid = uuid;
  self->hashes = g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_cert_hash_unref);
  return self;
}

/**
 * amt_prov_hello_new_psk:
 * @uuid: the device UUID as text
 * @admin_credentials_set: whether the administrator password is no longer the factory's
 * @retry: how many hellos were sent before this one
 * @pid: the PID, eight characters without dash
 *
 * Makes a hello of version 2.
 *
 * Returns: (transfer full) (nullable): a new hello, or %NULL when @uuid is no UUID or @pid has not
 * the form of a PID
 *
 * Since: 0.1
 */
AmtProvHello *
amt_prov_hello_new_psk (const char *uuid,
                        gboolean admin_credentials_set,
                        guint32 retry,
                        const char *pid)
{
  g_autofree char *normal = amt_prov_uuid_normalize (uuid);
  AmtProvHello *self;

  if (normal == NULL || !is_pid (pid))
    return NULL;
  self = hello_alloc (AMT_PROV_HELLO_VERSION_PSK, admin_credentials_set, retry,
                      g_steal_pointer (&normal));
  self->pid = g_strdup (pid);
  return self;
}

/**
 * amt_prov_hello_new_pki:
 * @uuid: the device UUID as text
 * @admin_credentials_set: whether the administrator password is no longer the factory's
 * @retry: how many hellos were sent before this one
 * @hashes: (element-type AmtProvCertHash) (transfer none) (nullable): the hashes of the roots that
 * the device trusts, at most %AMT_PROV_HELLO_MAX_HASHES
 *
 * Makes a hello of version 3.
 *
 * Returns: (transfer full) (nullable): a new hello, or %NULL when @uuid is no UUID or there are too
 * many hashes
 *
 * Since: 0.1
 */
AmtProvHello *
amt_prov_hello_new_pki (const char *uuid,
                        gboolean admin_credentials_set,
                        guint32 retry,
                        GPtrArray *hashes)
{
  g_autofree char *normal = amt_prov_uuid_normalize (uuid);
  AmtProvHello *self;

  if (normal == NULL || (hashes && hashes->len > AMT_PROV_HELLO_MAX_HASHES))
    return NULL;
  self = hello_alloc (AMT_PROV_HELLO_VERSION_PKI, admin_credentials_set, retry,
                      g_steal_pointer (&normal));
  for (guint i = 0; hashes && i < hashes->len; i++)
    g_ptr_array_add (self->hashes, amt_prov_cert_hash_ref (hashes->pdata[i]));
  return self;
}

static gboolean G_GNUC_PRINTF (3, 4) refuse (GError **error, gsize offset, const char *format, ...)
{
  g_autofree char *reason = NULL;
  va_list args;

  va_start (args, format);
  reason = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
               "hello, offset %" G_GSIZE_FORMAT ": %s", offset, reason);
  return FALSE;
}

/* Judges each byte of the two 16-bit fields as it comes. */
static gboolean
check_header (const guint8 *data, gsize length, GError **error)
{
  if ((length > OFFSET_ADMIN && data[OFFSET_ADMIN] > 1) ||
      (length > OFFSET_ADMIN + 1 && data[OFFSET_ADMIN + 1] != 0))
    return refuse (error, OFFSET_ADMIN,
                   "\"admin credentials set\" is neither 0 nor 1: this is no hello message");
  if (length > OFFSET_VERSION && data[OFFSET_VERSION] != AMT_PROV_HELLO_VERSION_PSK &&
      data[OFFSET_VERSION] != AMT_PROV_HELLO_VERSION_PKI)
    return refuse (
        error, OFFSET_VERSION, "interface version %u is unknown; known are 2 (PSK) and 3 (PKI)",
        data[OFFSET_VERSION] | (length > OFFSET_VERSION + 1 ? data[OFFSET_VERSION + 1] << 8 : 0));
  if (length > OFFSET_VERSION + 1 && data[OFFSET_VERSION + 1] != 0)
    return refuse (error, OFFSET_VERSION,
                   "interface version %u is unknown; known are 2 (PSK) and 3 (PKI)",
                   data[OFFSET_VERSION] | data[OFFSET_VERSION + 1] << 8);
  return TRUE;
}

static gboolean
measure_psk (const guint8 *data, gsize length, gsize *need, GError **error)
{
  for (gsize i = OFFSET_PID; i < MIN (length, PSK_LENGTH); i++)
    if (!is_pid_char (data[i]))
      return refuse (error, i, "byte 0x%02x in the PID is none of A-Z and 0-9", data[i]);
  *need = PSK_LENGTH;
  return TRUE;
}

/* Returns the length of the entry's hash, or 0 with an error. */
static gsize
check_entry (const guint8 *data, gsize length, gsize at, guint index, GError **error)
{
  gsize expected = amt_prov_hash_algorithm_get_length (data[at]);

  if (expected == 0) {
    refuse (error, at, "hash %u has algorithm %u; known are 1 (SHA-1), 2 (SHA-256) and 3 (SHA-384)",
            index, data[at]);
    return 0;
  }
  if (length > at + 1 && data[at + 1] != expected) {
    refuse (error, at + 1, "hash %u has length %u, but %s has %" G_GSIZE_FORMAT, index,
            data[at + 1], amt_prov_hash_algorithm_to_string (data[at]), expected);
    return 0;
  }
  return expected;
}

static gboolean
measure_pki (const guint8 *data, gsize length, gsize *need, GError **error)
{
  gsize at = OFFSET_ENTRIES;
  guint count;

  if (length <= OFFSET_COUNT) {
    *need = OFFSET_ENTRIES;
    return TRUE;
  }
  count = data[OFFSET_COUNT];
  if (count > AMT_PROV_HELLO_MAX_HASHES)
    return refuse (error, OFFSET_COUNT, "%u hashes are announced, a device has at most %d", count,
                   AMT_PROV_HELLO_MAX_HASHES);
  for (guint i = 0; i < count; i++) {
    gsize hash_length;

    if (length <= at) {
      *need = at + (count - i) * ENTRY_MIN_LENGTH;
      return TRUE;
    }
    hash_length = check_entry (data, length, at, i, error);
    if (hash_length == 0)
      return FALSE;
    at += ENTRY_HEAD_LENGTH + hash_length;
  }
  *need = at;
  return TRUE;
}

/**
 * amt_prov_hello_measure:
 * @data: (array length=length) (nullable): what has arrived so far
 * @length: how many bytes that is
 * @need: (out): return location for the bytes that a complete message has, as far as can be told
 * @error: return location for an error
 *
 * Finds out where a message that comes in pieces ends (`hello.md §1`, `§4`). While @need is greater
 * than @length wait for more and ask again; otherwise the first @need bytes are a complete message
 * and decode.
 *
 * Returns: %FALSE with %AMT_PROV_ERROR_INVALID_DATA as soon as the bytes can never become a hello
 *
 * Since: 0.1
 */
gboolean
amt_prov_hello_measure (const guint8 *data, gsize length, gsize *need, GError **error)
{
  g_return_val_if_fail (need != NULL, FALSE);

  if (!check_header (data, length, error))
    return FALSE;
  if (length <= OFFSET_VERSION) {
    *need = OFFSET_ENTRIES;
    return TRUE;
  }
  if (data[OFFSET_VERSION] == AMT_PROV_HELLO_VERSION_PSK)
    return measure_psk (data, length, need, error);
  return measure_pki (data, length, need, error);
}

/* data is complete and has passed amt_prov_hello_measure(). */
static void
read_hashes (AmtProvHello *self, const guint8 *data)
{
  gsize at = OFFSET_ENTRIES;

  for (guint i = 0; i < data[OFFSET_COUNT]; i++) {
    const guint8 *entry = data + at;

    g_ptr_array_add (self->hashes,
                     amt_prov_cert_hash_new (entry[0], entry + ENTRY_HEAD_LENGTH, entry[1], NULL));
    at += ENTRY_HEAD_LENGTH + entry[1];
  }
}

/**
 * amt_prov_hello_decode:
 * @bytes: a message
 * @used: (out) (optional): return location for the length of the message; %NULL makes bytes after
 * its end an error
 * @error: return location for an error
 *
 * Reads a hello message (`hello.md §1`). The check character of a PID is not looked at: whether the
 * PID is known is the store's answer.
 *
 * Returns: (transfer full): a new hello; %NULL with %AMT_PROV_ERROR_INVALID_DATA, whose message
 * names offset and reason
 *
 * Since: 0.1
 */
AmtProvHello *
amt_prov_hello_decode (GBytes *bytes, gsize *used, GError **error)
{
  AmtProvHello *self;
  const guint8 *data;
  gsize length, need;

  data = g_bytes_get_data (bytes, &length);
  if (!amt_prov_hello_measure (data, length, &need, error))
    return NULL;
  if (length < need) {
    refuse (error, length, "the message ends here, at least %" G_GSIZE_FORMAT " bytes are needed",
            need);
    return NULL;
  }
  if (used == NULL && length > need) {
    refuse (error, need, "%" G_GSIZE_FORMAT " bytes stand after the end of the message",
            length - need);
    return NULL;
  }
  self = hello_alloc (data[OFFSET_VERSION], data[OFFSET_ADMIN] != 0,
                      wire_get_u32 (data + OFFSET_RETRY),
                      amt_prov_uuid_from_wire (data + OFFSET_UUID));
  if (self->version == AMT_PROV_HELLO_VERSION_PSK)
    self->pid = g_strndup ((const char *)data + OFFSET_PID, AMT_PROV_PID_LENGTH);
  else
    read_hashes (self, data);
  if (used != NULL)
    *used = need;
  return self;
}

static void
append_hash (GByteArray *out, AmtProvCertHash *hash)
{
  gsize length;
  const guint8 *data = amt_prov_cert_hash_get_data (hash, &length);
  const guint8 head[ENTRY_HEAD_LENGTH] = {amt_prov_cert_hash_get_algorithm (hash), length};

  g_byte_array_append (out, head, sizeof head);
  g_byte_array_append (out, data, length);
}

/**
 * amt_prov_hello_encode:
 * @self: a hello
 *
 * Writes the message as it goes over the wire (`hello.md §1`).
 *
 * Returns: (transfer full): the bytes
 *
 * Since: 0.1
 */
GBytes *
amt_prov_hello_encode (AmtProvHello *self)
{
  GByteArray *out = g_byte_array_new ();
  guint8 head[HEADER_LENGTH] = {0};

  head[OFFSET_ADMIN] = self->admin_credentials_set ? 1 : 0;
  head[OFFSET_VERSION] = self->version;
  wire_put_u32 (head + OFFSET_RETRY, self->retry);
  amt_prov_uuid_to_wire (self->uuid, head + OFFSET_UUID);
  g_byte_array_append (out, head, sizeof head);
  if (self->version == AMT_PROV_HELLO_VERSION_PSK) {
    g_byte_array_append (out, (const guint8 *)self->pid, AMT_PROV_PID_LENGTH);
  } else {
    const guint8 count = self->hashes->len;

    g_byte_array_append (out, &count, 1);
    for (guint i = 0; i < self->hashes->len; i++)
      append_hash (out, self->hashes->pdata[i]);
  }
  return g_byte_array_free_to_bytes (out);
}

/**
 * amt_prov_hello_ref:
 * @self: a hello
 *
 * Takes another reference.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.1
 */
AmtProvHello *
amt_prov_hello_ref (AmtProvHello *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

/**
 * amt_prov_hello_unref:
 * @self: (transfer full): a hello
 *
 * Gives a reference back.
 *
 * Since: 0.1
 */
void
amt_prov_hello_unref (AmtProvHello *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_free (self->uuid);
  g_free (self->pid);
  g_ptr_array_unref (self->hashes);
  g_free (self);
}

/**
 * amt_prov_hello_get_interface_version:
 * @self: a hello
 *
 * Gets the version of the layout, which tells whether the device wants PSK or PKI.
 *
 * Returns: %AMT_PROV_HELLO_VERSION_PSK or %AMT_PROV_HELLO_VERSION_PKI
 *
 * Since: 0.1
 */
guint
amt_prov_hello_get_interface_version (AmtProvHello *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->version;
}

/**
 * amt_prov_hello_get_admin_credentials_set:
 * @self: a hello
 *
 * Gets whether the device says that its administrator password is no longer the factory's.
 *
 * Returns: the flag
 *
 * Since: 0.1
 */
gboolean
amt_prov_hello_get_admin_credentials_set (AmtProvHello *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return self->admin_credentials_set;
}

/**
 * amt_prov_hello_get_retry:
 * @self: a hello
 *
 * Gets the retry count.
 *
 * Returns: how many hellos the device sent before, starting at 0
 *
 * Since: 0.1
 */
guint32
amt_prov_hello_get_retry (AmtProvHello *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->retry;
}

/**
 * amt_prov_hello_get_uuid:
 * @self: a hello
 *
 * Gets the device UUID.
 *
 * Returns: (transfer none): lower-case text with dashes
 *
 * Since: 0.1
 */
const char *
amt_prov_hello_get_uuid (AmtProvHello *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->uuid;
}

/**
 * amt_prov_hello_get_pid:
 * @self: a hello
 *
 * Gets the PID of a version 2 hello.
 *
 * Returns: (transfer none) (nullable): eight characters without dash, or %NULL in version 3
 *
 * Since: 0.1
 */
const char *
amt_prov_hello_get_pid (AmtProvHello *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->pid;
}

/**
 * amt_prov_hello_get_hashes:
 * @self: a hello
 *
 * Gets the root hashes of a version 3 hello, in the order of the message.
 *
 * Returns: (transfer none) (element-type AmtProvCertHash): the hashes, none in version 2
 *
 * Since: 0.1
 */
GPtrArray *
amt_prov_hello_get_hashes (AmtProvHello *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->hashes;
}

/**
 * amt_prov_hello_has_hash:
 * @self: a hello
 * @hash: the hash of a root
 *
 * Looks for a root among those that the device trusts.
 *
 * Returns: %TRUE when the hello lists @hash
 *
 * Since: 0.1
 */
gboolean
amt_prov_hello_has_hash (AmtProvHello *self, AmtProvCertHash *hash)
{
  g_return_val_if_fail (self != NULL && hash != NULL, FALSE);

  for (guint i = 0; i < self->hashes->len; i++)
    if (amt_prov_cert_hash_equal (self->hashes->pdata[i], hash))
      return TRUE;
  return FALSE;
}
