/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <openssl/crypto.h>

#include <amtprov/error.h>
#include <amtprov/setup-bin-record.h>

#include "wire/setup-bin-private.h"

/* setup-bin.md §4 */
#define OFFSET_TYPE     0
#define OFFSET_FLAGS    4
#define OFFSET_RESERVED 8
#define OFFSET_CHUNKS   16
#define OFFSET_LENGTH   18
#define OFFSET_NUMBER   20

#define TYPE_INVALID   0
#define TYPE_DATA      1
#define FLAG_VALID     1
#define FLAG_SCRAMBLED 2

/* setup-bin.md §5 */
#define OFFSET_MODULE            0
#define OFFSET_ID                2
#define OFFSET_VALUE_LENGTH      4
#define OFFSET_VARIABLE_RESERVED 6
#define SCRAMBLE                 0x11

static void
add_to_bytes (guint8 *to, const guint8 *from, gsize length, guint8 summand)
{
  for (gsize i = 0; i < length; i++)
    to[i] = from[i] + summand;
}

static gsize
write_variable (guint8 *to, AmtProvSetupBinVariable *variable)
{
  gsize length;
  const guint8 *value =
      amt_prov_secret_peek (amt_prov_setup_bin_variable_get_value (variable), &length);

  wire_put_u16 (to + OFFSET_MODULE, amt_prov_setup_bin_variable_get_module (variable));
  wire_put_u16 (to + OFFSET_ID, amt_prov_setup_bin_variable_get_id (variable));
  wire_put_u16 (to + OFFSET_VALUE_LENGTH, length);
  memcpy (to + SETUP_BIN_VARIABLE_HEAD, value, length);
  return amt_prov_setup_bin_variable_get_size (variable);
}

static gsize
measure (AmtProvSetupBinRecord *self)
{
  GPtrArray *variables = amt_prov_setup_bin_record_get_variables (self);
  gsize size = SETUP_BIN_RECORD_HEAD;

  for (guint i = 0; i < variables->len; i++)
    size += amt_prov_setup_bin_variable_get_size (variables->pdata[i]);
  return size;
}

/* data holds size zeros. */
static void
write_record (AmtProvSetupBinRecord *self, guint8 *data, gsize size)
{
  AmtProvSetupBinState state = amt_prov_setup_bin_record_get_state (self);
  GPtrArray *variables = amt_prov_setup_bin_record_get_variables (self);
  gboolean scrambled = amt_prov_setup_bin_record_get_scrambled (self);
  guint8 *body = data + SETUP_BIN_RECORD_HEAD;
  guint32 flags = scrambled ? FLAG_SCRAMBLED : 0;

  if (state == AMT_PROV_SETUP_BIN_STATE_VALID)
    flags |= FLAG_VALID;
  wire_put_u32 (data + OFFSET_TYPE,
                state == AMT_PROV_SETUP_BIN_STATE_INVALID ? TYPE_INVALID : TYPE_DATA);
  wire_put_u32 (data + OFFSET_FLAGS, flags);
  wire_put_u16 (data + OFFSET_CHUNKS, size / AMT_PROV_SETUP_BIN_CHUNK);
  wire_put_u16 (data + OFFSET_LENGTH, SETUP_BIN_RECORD_HEAD);
  wire_put_u32 (data + OFFSET_NUMBER, amt_prov_setup_bin_record_get_number (self));
  for (guint i = 0; i < variables->len; i++)
    body += write_variable (body, variables->pdata[i]);
  body = data + SETUP_BIN_RECORD_HEAD;
  if (scrambled && !(state == AMT_PROV_SETUP_BIN_STATE_WIPED && variables->len == 0))
    add_to_bytes (body, body, size - SETUP_BIN_RECORD_HEAD, SCRAMBLE);
}

/**
 * amt_prov_setup_bin_record_encode:
 * @self: a record
 * @chunks: how many chunks it is to have, 1 to 65535; see
 * amt_prov_setup_bin_header_get_record_chunks()
 * @error: return location for an error
 *
 * Writes the record as it stands in the file. What a decoder that is not lenient has read comes out
 * byte for byte. The encoder does the same with checks; this is for the one who marks a record of a
 * file that stands as used.
 *
 * Returns: (transfer full): @chunks times %AMT_PROV_SETUP_BIN_CHUNK bytes, as a secret because
 * there are passwords in them; %NULL with %AMT_PROV_ERROR_INVALID_DATA when the variables do not
 * fit
 *
 * Since: 0.1
 */
AmtProvSecret *
amt_prov_setup_bin_record_encode (AmtProvSetupBinRecord *self, guint chunks, GError **error)
{
  gsize need, size = (gsize)chunks * AMT_PROV_SETUP_BIN_CHUNK;
  AmtProvSecret *block;
  guint8 *data;

  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (chunks >= 1 && chunks <= G_MAXUINT16, NULL);

  need = measure (self);
  if (need > size) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
                 "record %u needs %" G_GSIZE_FORMAT
                 " bytes, but records of this file have %" G_GSIZE_FORMAT
                 "; leave variables out or shorten them",
                 amt_prov_setup_bin_record_get_number (self), need, size);
    return NULL;
  }
  data = g_malloc0 (size);
  write_record (self, data, size);
  block = amt_prov_secret_new (data, size);
  OPENSSL_cleanse (data, size);
  g_free (data);
  return block;
}

/* Where a decoder is, for its errors. */
typedef struct {
  AmtProvSetupBinCheck *check;
  guint64 offset;
  guint32 number;
  GError **error;
} Place;

#define FAIL(place, rule, at, ...)                                                                 \
  amt_prov_setup_bin_check_fail ((place)->check, AMT_PROV_SETUP_BIN_RULE_##rule,                   \
                                 (place)->offset + (at), (place)->number, (place)->error,          \
                                 __VA_ARGS__)

/* A variable whose end is in the record; its padding is still to be judged. */
static gboolean
check_variable_bytes (const Place *place, const guint8 *body, gsize at, gsize length)
{
  gsize end = at + SETUP_BIN_VARIABLE_HEAD + length;
  gsize next = (end + 3) & ~(gsize)3;

  if (wire_get_u16 (body + at + OFFSET_VARIABLE_RESERVED) != 0 &&
      !FAIL (place, VARIABLES, SETUP_BIN_RECORD_HEAD + at + OFFSET_VARIABLE_RESERVED,
             "the reserved field of variable %u/%u is not 0", wire_get_u16 (body + at),
             wire_get_u16 (body + at + OFFSET_ID)))
    return FALSE;
  if (!setup_bin_is_filled (body + end, next - end, 0))
    return FAIL (place, VARIABLES, SETUP_BIN_RECORD_HEAD + end,
                 "the bytes that fill variable %u/%u up to a multiple of 4 are not 0",
                 wire_get_u16 (body + at), wire_get_u16 (body + at + OFFSET_ID));
  return TRUE;
}

/* body has size bytes, a multiple of 4. */
static gboolean
decode_variables (const Place *place, AmtProvSetupBinRecord *record, const guint8 *body, gsize size)
{
  gsize at = 0;

  while (size - at >= SETUP_BIN_VARIABLE_HEAD) {
    guint16 module = wire_get_u16 (body + at + OFFSET_MODULE);
    guint16 id = wire_get_u16 (body + at + OFFSET_ID);
    gsize length = wire_get_u16 (body + at + OFFSET_VALUE_LENGTH);
    g_autoptr (AmtProvSetupBinVariable) variable = NULL;

    if (module == 0 || id == 0)
      break;
    if (length > size - at - SETUP_BIN_VARIABLE_HEAD)
      return FAIL (place, VARIABLES, SETUP_BIN_RECORD_HEAD + at + OFFSET_VALUE_LENGTH,
                   "variable %u/%u is said to have %" G_GSIZE_FORMAT
                   " bytes, but the record ends after %" G_GSIZE_FORMAT,
                   module, id, length, size - at - SETUP_BIN_VARIABLE_HEAD);
    if (!check_variable_bytes (place, body, at, length))
      return FALSE;
    variable = amt_prov_setup_bin_variable_new_from_data (
        module, id, body + at + SETUP_BIN_VARIABLE_HEAD, length);
    amt_prov_setup_bin_record_append (record, variable);
    at += amt_prov_setup_bin_variable_get_size (variable);
  }
  if (!setup_bin_is_filled (body + at, size - at, 0))
    return FAIL (place, VARIABLES, SETUP_BIN_RECORD_HEAD + at,
                 "the record does not end in zeros behind its last variable");
  return TRUE;
}

static gboolean
decode_body (const Place *place, AmtProvSetupBinRecord *record, const guint8 *body, gsize size)
{
  g_autofree guint8 *plain = NULL;
  gboolean decoded;

  if (amt_prov_setup_bin_record_get_state (record) == AMT_PROV_SETUP_BIN_STATE_USED &&
      setup_bin_is_filled (body, size, 0)) {
    amt_prov_setup_bin_record_set_state (record, AMT_PROV_SETUP_BIN_STATE_WIPED);
    return TRUE;
  }
  if (!amt_prov_setup_bin_record_get_scrambled (record))
    return decode_variables (place, record, body, size);
  plain = g_malloc (size);
  add_to_bytes (plain, body, size, (guint8)-SCRAMBLE);
  decoded = decode_variables (place, record, plain, size);
  OPENSSL_cleanse (plain, size);
  return decoded;
}

static gboolean
decode_state (const Place *place, AmtProvSetupBinRecord *record, const guint8 *data)
{
  guint32 type = wire_get_u32 (data + OFFSET_TYPE);
  guint32 flags = wire_get_u32 (data + OFFSET_FLAGS);

  amt_prov_setup_bin_record_set_scrambled (record, (flags & FLAG_SCRAMBLED) != 0);
  if (type != TYPE_DATA)
    amt_prov_setup_bin_record_set_state (record, AMT_PROV_SETUP_BIN_STATE_INVALID);
  else if ((flags & FLAG_VALID) == 0)
    amt_prov_setup_bin_record_set_state (record, AMT_PROV_SETUP_BIN_STATE_USED);
  if (type != TYPE_DATA && type != TYPE_INVALID &&
      !FAIL (place, RECORD, OFFSET_TYPE, "the record type is %u; known are 0 (invalid), 1 (data)",
             type))
    return FALSE;
  if (type == TYPE_INVALID && (flags & FLAG_VALID) != 0 &&
      !FAIL (place, RECORD, OFFSET_FLAGS,
             "the type says that the record is invalid, the flags say "
             "that it is valid"))
    return FALSE;
  if ((flags & ~(FLAG_VALID | FLAG_SCRAMBLED)) != 0)
    return FAIL (place, RECORD, OFFSET_FLAGS,
                 "the record flags are 0x%08x; only bits 0 and 1 have a meaning", flags);
  return TRUE;
}

static gboolean
decode_head (const Place *place, AmtProvSetupBinRecord *record, const guint8 *data, gsize size)
{
  guint chunks = wire_get_u16 (data + OFFSET_CHUNKS);
  guint length = wire_get_u16 (data + OFFSET_LENGTH);
  guint32 number = wire_get_u32 (data + OFFSET_NUMBER);

  if (!decode_state (place, record, data))
    return FALSE;
  if (!setup_bin_is_filled (data + OFFSET_RESERVED, OFFSET_CHUNKS - OFFSET_RESERVED, 0) &&
      !FAIL (place, RECORD, OFFSET_RESERVED, "the reserved fields of the record are not 0"))
    return FALSE;
  if (chunks != size / AMT_PROV_SETUP_BIN_CHUNK &&
      !FAIL (place, RECORD, OFFSET_CHUNKS,
             "the record is said to have %u chunks, the header says %" G_GSIZE_FORMAT, chunks,
             size / AMT_PROV_SETUP_BIN_CHUNK))
    return FALSE;
  if (length != SETUP_BIN_RECORD_HEAD &&
      !FAIL (place, RECORD, OFFSET_LENGTH, "the record header is said to have %u bytes; it has %d",
             length, SETUP_BIN_RECORD_HEAD))
    return FALSE;
  if (number != place->number)
    return FAIL (place, RECORD, OFFSET_NUMBER, "the record has number %u, but it is number %u",
                 number, place->number);
  return TRUE;
}

AmtProvSetupBinRecord *
amt_prov_setup_bin_record_decode (AmtProvSetupBinCheck *check,
                                  guint32 number,
                                  const guint8 *data,
                                  GError **error)
{
  gsize size = amt_prov_setup_bin_header_get_record_size (check->header);
  const Place place = {
      .check = check,
      .offset = amt_prov_setup_bin_header_get_record_offset (check->header, number),
      .number = number,
      .error = error,
  };
  g_autoptr (AmtProvSetupBinRecord) record = amt_prov_setup_bin_record_new (number);

  if (!decode_head (&place, record, data, size) ||
      !decode_body (&place, record, data + SETUP_BIN_RECORD_HEAD, size - SETUP_BIN_RECORD_HEAD))
    return NULL;
  return g_steal_pointer (&record);
}
