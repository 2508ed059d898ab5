/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include <amtprov/uuid.h>

#include "wire/heci-private.h"
#include "wire/little-endian-private.h"
#include "wire/refuse-private.h"

/* Returns: (nullable): where size zero bytes wait to be filled */
static guint8 *
put (HeciWriter *self, gsize size, GError **error)
{
  guint8 *data = self->data + self->length;

  if (size > sizeof self->data - self->length) {
    amt_prov_wire_refuse (error, "%s: it would have more than %d bytes", self->what,
                          AMT_PROV_HECI_MAX_MESSAGE);
    return NULL;
  }
  memset (data, 0, size);
  self->length += size;
  return data;
}

/* Puts bytes into a place of size, and zeros behind them. */
static gboolean
put_data (HeciWriter *self, const guint8 *bytes, gsize length, gsize size, GError **error)
{
  guint8 *place = put (self, size, error);

  if (place == NULL)
    return FALSE;
  if (length > 0)
    memcpy (place, bytes, length);
  return TRUE;
}

static gboolean
put_number (const HeciField *field, HeciWriter *writer, gsize size, guint32 number, GError **error)
{
  guint8 *data;

  if (size < 4 && number >> (8 * size) != 0)
    return amt_prov_wire_refuse (error, "%s: %s is %u, more than %" G_GSIZE_FORMAT " bytes hold",
                                 writer->what, field->name, number, size);
  data = put (writer, size, error);
  if (data == NULL)
    return FALSE;
  for (gsize i = 0; i < size; i++)
    data[i] = number >> (8 * i);
  return TRUE;
}

/* What make_text() reads: a byte for each character. Returns: (nullable): the bytes */
static GByteArray *
to_bytes (const HeciField *field, HeciWriter *writer, GVariant *value, GError **error)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  for (const char *p = g_variant_get_string (value, NULL); *p; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);
    guint8 byte = c;

    if (c > G_MAXUINT8) {
      amt_prov_wire_refuse (error,
                            "%s: %s has the character U+%04X, which does not fit into a byte",
                            writer->what, field->name, c);
      return NULL;
    }
    g_byte_array_append (bytes, &byte, 1);
  }
  return g_steal_pointer (&bytes);
}

static gboolean
put_text (
    const HeciField *field, HeciWriter *writer, const guint8 *bytes, gsize length, GError **error)
{
  gboolean padded = field->type != HECI_ANSI;
  /* A text that is padded ends in NUL, unless it always fills the field. */
  gsize most = padded && field->least < field->size ? field->size - 1 : field->size;

  if (length > most || length < field->least)
    return amt_prov_wire_refuse (
        error, "%s: %s has %" G_GSIZE_FORMAT " characters, allowed are %u to %" G_GSIZE_FORMAT,
        writer->what, field->name, length, field->least, most);
  if (field->type != HECI_TEXT && !put_number (field, writer, 2, length, error))
    return FALSE;
  return put_data (writer, bytes, length, padded ? field->size : length, error);
}

static gboolean
put_string (const HeciField *field, HeciWriter *writer, GVariant *value, GError **error)
{
  g_autoptr (GByteArray) bytes = to_bytes (field, writer, value, error);

  return bytes != NULL && put_text (field, writer, bytes->data, bytes->len, error);
}

static gboolean
put_secret (const HeciField *field, HeciWriter *writer, AmtProvSecret *secret, GError **error)
{
  const guint8 *data;
  gsize length;

  if (secret == NULL)
    return amt_prov_wire_refuse (error, "%s: %s is not set", writer->what, field->name);
  data = amt_prov_secret_peek (secret, &length);
  return put_text (field, writer, data, length, error);
}

static gboolean
put_bytes (const HeciField *field, HeciWriter *writer, GVariant *value, GError **error)
{
  gsize length;
  const guint8 *bytes = g_variant_get_fixed_array (value, &length, 1);

  if (field->type == HECI_BYTES && length != field->size)
    return amt_prov_wire_refuse (error, "%s: %s has %" G_GSIZE_FORMAT " bytes, not %u",
                                 writer->what, field->name, length, field->size);
  return put_data (writer, bytes, length, length, error);
}

/* The text forms of fixed values. */
static gboolean
parse_fixed (const HeciField *field, const char *text, guint8 *data)
{
  guint8 *d = data;
  char rest;

  switch (field->type) {
  case HECI_UUID:
    return amt_prov_uuid_to_wire (text, data);
  case HECI_MAC:
    return sscanf (text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%c", d, d + 1, d + 2, d + 3, d + 4,
                   d + 5, &rest) == 6;
  default:
    return sscanf (text, "%3hhu.%3hhu.%3hhu.%3hhu%c", d + 3, d + 2, d + 1, d, &rest) == 4;
  }
}

static gboolean
put_fixed (const HeciField *field, HeciWriter *writer, gsize size, GVariant *value, GError **error)
{
  const char *text = g_variant_get_string (value, NULL);
  guint8 *data = put (writer, size, error);

  if (data == NULL)
    return FALSE;
  if (!parse_fixed (field, text, data))
    return amt_prov_wire_refuse (error, "%s: %s is \"%s\", which cannot be read", writer->what,
                                 field->name, text);
  return TRUE;
}

static gboolean
put_names (const HeciField *field, HeciWriter *writer, GVariant *value, GError **error)
{
  gboolean buffered = field->type == HECI_NAME_BUFFER;
  g_autoptr (GByteArray) all = g_byte_array_new ();

  for (gsize i = 0; i < g_variant_n_children (value); i++) {
    g_autoptr (GVariant) name = g_variant_get_child_value (value, i);
    g_autoptr (GByteArray) bytes = to_bytes (field, writer, name, error);

    if (bytes == NULL)
      return FALSE;
    g_byte_array_append (all, bytes->data, bytes->len);
    g_byte_array_append (all, (const guint8 *)"", 1);
  }
  if (buffered && all->len > field->size)
    return amt_prov_wire_refuse (error, "%s: %s take %u bytes, %u fit", writer->what, field->name,
                                 all->len, field->size);
  if (!put_number (field, writer, buffered ? 4 : 2, all->len, error))
    return FALSE;
  return put_data (writer, all->data, all->len, buffered && all->len > 0 ? field->size : all->len,
                   error);
}

static gboolean
put_numbers (const HeciField *field, HeciWriter *writer, GVariant *value, GError **error)
{
  gsize count;
  const guint32 *numbers = g_variant_get_fixed_array (value, &count, sizeof *numbers);

  for (gsize i = 0; i < count; i++)
    if (!put_number (field, writer, 4, numbers[i], error))
      return FALSE;
  return TRUE;
}

static gboolean
write_field (const HeciField *field, HeciWriter *writer, GVariant *value, GError **error);

static gboolean
write_element (const HeciField *elements, HeciWriter *writer, GVariant *element, GError **error)
{
  if (elements[1].name == NULL)
    return write_field (elements, writer, element, error);
  for (gsize i = 0; elements[i].name != NULL; i++) {
    g_autoptr (GVariant) child = g_variant_get_child_value (element, i);

    if (!write_field (&elements[i], writer, child, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
put_list (const HeciField *field, HeciWriter *writer, GVariant *value, GError **error)
{
  gsize count = g_variant_n_children (value);

  if (!put_number (field, writer, 4, count, error))
    return FALSE;
  for (gsize i = 0; i < count; i++) {
    g_autoptr (GVariant) element = g_variant_get_child_value (value, i);

    if (!write_element (field->elements, writer, element, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
write_field (const HeciField *field, HeciWriter *writer, GVariant *value, GError **error)
{
  switch (field->type) {
  case HECI_U8:
  case HECI_LOW_BYTE:
    return put_number (field, writer, 1, g_variant_get_uint32 (value), error);
  case HECI_U16:
    return put_number (field, writer, 2, g_variant_get_uint32 (value), error);
  case HECI_U32:
    return put_number (field, writer, 4, g_variant_get_uint32 (value), error);
  case HECI_BOOLEAN8:
    return put_number (field, writer, 1, g_variant_get_boolean (value), error);
  case HECI_BOOLEAN:
    return put_number (field, writer, 4, g_variant_get_boolean (value), error);
  case HECI_UUID:
    return put_fixed (field, writer, AMT_PROV_UUID_LENGTH, value, error);
  case HECI_MAC:
    return put_fixed (field, writer, 6, value, error);
  case HECI_IPV4:
    return put_fixed (field, writer, 4, value, error);
  case HECI_ANSI:
  case HECI_TEXT:
  case HECI_COUNTED_TEXT:
    return put_string (field, writer, value, error);
  case HECI_BYTES:
  case HECI_REST:
    return put_bytes (field, writer, value, error);
  case HECI_NUMBERS:
    return put_numbers (field, writer, value, error);
  case HECI_LIST:
    return put_list (field, writer, value, error);
  case HECI_NAMES:
  case HECI_NAME_BUFFER:
    return put_names (field, writer, value, error);
  case HECI_PADDING:
    break;
  }
  g_return_val_if_reached (FALSE);
}

gboolean
amt_prov_heci_layout_write (const HeciField *layout,
                            HeciWriter *writer,
                            const HeciValues *values,
                            GError **error)
{
  for (const HeciField *field = layout; field != NULL && field->name != NULL; field++) {
    GVariant *value = g_hash_table_lookup (values->by_name, field->name);
    gboolean done;

    if (field->type == HECI_PADDING)
      done = put (writer, field->size, error) != NULL;
    else if (field->secret)
      done = put_secret (field, writer, values->secret, error);
    else if (value != NULL)
      done = write_field (field, writer, value, error);
    else if (field->optional)
      continue;
    else
      done = amt_prov_wire_refuse (error, "%s: %s is not set", writer->what, field->name);
    if (!done)
      return FALSE;
  }
  return TRUE;
}
