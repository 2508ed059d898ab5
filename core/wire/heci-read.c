/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <amtprov/uuid.h>

#include "wire/heci-private.h"
#include "wire/little-endian-private.h"
#include "wire/refuse-private.h"

#define MAC_LENGTH  6
#define IPV4_LENGTH 4
#define MAX_ELEMENT 3
#define MAC_FORMAT  "%02x:%02x:%02x:%02x:%02x:%02x"

static const GVariantType *
get_list_type (const HeciField *elements)
{
  if (elements[1].name == NULL)
    return G_VARIANT_TYPE ("au");
  return elements[2].name == NULL ? G_VARIANT_TYPE ("a(ss)") : G_VARIANT_TYPE ("a(suu)");
}

const GVariantType *
amt_prov_heci_field_get_value_type (const HeciField *field)
{
  switch (field->type) {
  case HECI_U8:
  case HECI_U16:
  case HECI_U32:
  case HECI_LOW_BYTE:
    return G_VARIANT_TYPE_UINT32;
  case HECI_BOOLEAN8:
  case HECI_BOOLEAN:
    return G_VARIANT_TYPE_BOOLEAN;
  case HECI_UUID:
  case HECI_MAC:
  case HECI_IPV4:
  case HECI_COUNTED_TEXT:
    return G_VARIANT_TYPE_STRING;
  case HECI_ANSI:
  case HECI_TEXT:
    return field->secret ? NULL : G_VARIANT_TYPE_STRING;
  case HECI_BYTES:
  case HECI_REST:
    return G_VARIANT_TYPE_BYTESTRING;
  case HECI_NUMBERS:
    return G_VARIANT_TYPE ("au");
  case HECI_NAMES:
  case HECI_NAME_BUFFER:
    return G_VARIANT_TYPE_STRING_ARRAY;
  case HECI_LIST:
    return get_list_type (field->elements);
  case HECI_PADDING:
    return NULL;
  }
  g_return_val_if_reached (NULL);
}

gboolean
amt_prov_heci_reader_refuse (
    HeciReader *self, gsize offset, const char *field, GError **error, const char *format, ...)
{
  g_autofree char *reason = NULL;
  va_list args;

  va_start (args, format);
  reason = g_strdup_vprintf (format, args);
  va_end (args);
  return amt_prov_wire_refuse (error, "%s, offset %" G_GSIZE_FORMAT " (%s): %s", self->what, offset,
                               field, reason);
}

const guint8 *
amt_prov_heci_reader_take (HeciReader *self, const char *field, gsize size, GError **error)
{
  const guint8 *data = self->data + self->at;

  if (size > self->length - self->at) {
    amt_prov_heci_reader_refuse (self, self->at, field, error,
                                 "%" G_GSIZE_FORMAT " bytes are needed, %" G_GSIZE_FORMAT
                                 " are left",
                                 size, self->length - self->at);
    return NULL;
  }
  self->at += size;
  return data;
}

/* Firmware says nothing of the characters beyond ASCII: each byte is one, and comes back as it was.
 */
static GVariant *
make_text (const guint8 *data, gsize length)
{
  GString *text = g_string_sized_new (length);

  for (gsize i = 0; i < length; i++)
    g_string_append_unichar (text, data[i]);
  return g_variant_new_take_string (g_string_free (text, FALSE));
}

/* Puts text, or the secret, into the place of the field. */
static gboolean
take_text (const HeciField *field,
           HeciReader *reader,
           const guint8 *data,
           gsize length,
           HeciValues *values,
           GVariant **value,
           GError **error)
{
  const guint8 *nul = length > 0 ? memchr (data, '\0', length) : NULL;

  if (nul != NULL)
    return amt_prov_heci_reader_refuse (reader, nul - reader->data, field->name, error,
                                        "a NUL stands inside the text");
  if (!field->secret) {
    *value = make_text (data, length);
    return TRUE;
  }
  g_clear_pointer (&values->secret, amt_prov_secret_unref);
  values->secret = amt_prov_secret_new (data, length);
  return TRUE;
}

static gboolean
read_ansi (const HeciField *field,
           HeciReader *reader,
           HeciValues *values,
           GVariant **value,
           GError **error)
{
  const guint8 *data = amt_prov_heci_reader_take (reader, field->name, 2, error);
  gsize length = data != NULL ? wire_get_u16 (data) : 0;

  data = data != NULL ? amt_prov_heci_reader_take (reader, field->name, length, error) : NULL;
  if (data == NULL)
    return FALSE;
  if (length > 0 && data[length - 1] == '\0')
    length--;
  return take_text (field, reader, data, length, values, value, error);
}

static gboolean
read_counted_text (const HeciField *field, HeciReader *reader, GVariant **value, GError **error)
{
  const guint8 *data = amt_prov_heci_reader_take (reader, field->name, 2 + field->size, error);
  gsize length = data != NULL ? wire_get_u16 (data) : 0;

  if (data == NULL)
    return FALSE;
  if (length >= field->size || data[2 + length] != '\0')
    return amt_prov_heci_reader_refuse (reader, data - reader->data, field->name, error,
                                        "no NUL stands after the %" G_GSIZE_FORMAT
                                        " bytes that are announced, in %u",
                                        length, field->size);
  return take_text (field, reader, data + 2, length, NULL, value, error);
}

static gboolean
read_boolean (
    const HeciField *field, HeciReader *reader, gsize size, GVariant **value, GError **error)
{
  const guint8 *data = amt_prov_heci_reader_take (reader, field->name, size, error);
  guint32 number;

  if (data == NULL)
    return FALSE;
  number = size == 1 ? data[0] : wire_get_u32 (data);
  if (number > 1)
    return amt_prov_heci_reader_refuse (reader, data - reader->data, field->name, error,
                                        "the value is %u, neither 0 nor 1", number);
  *value = g_variant_new_boolean (number);
  return TRUE;
}

/* Names of which each ends in NUL; the last may go without. */
static GVariant *
make_names (const guint8 *data, gsize length)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_STRING_ARRAY);
  for (gsize at = 0; at < length;) {
    gsize n = strnlen ((const char *)data + at, length - at);

    if (n > 0)
      g_variant_builder_add_value (&builder, make_text (data + at, n));
    at += n + 1;
  }
  return g_variant_builder_end (&builder);
}

static gboolean
read_names (const HeciField *field, HeciReader *reader, GVariant **value, GError **error)
{
  gboolean buffered = field->type == HECI_NAME_BUFFER;
  const guint8 *head = amt_prov_heci_reader_take (reader, field->name, buffered ? 4 : 2, error);
  gsize length, size;
  const guint8 *data;

  if (head == NULL)
    return FALSE;
  size = length = buffered ? wire_get_u32 (head) : wire_get_u16 (head);
  if (buffered && reader->at < reader->length)
    size = field->size;
  if (length > size || (buffered && length > field->size))
    return amt_prov_heci_reader_refuse (reader, head - reader->data, field->name, error,
                                        "%" G_GSIZE_FORMAT " bytes are announced, %u fit", length,
                                        field->size);
  data = amt_prov_heci_reader_take (reader, field->name, size, error);
  if (data == NULL)
    return FALSE;
  *value = make_names (data, length);
  return TRUE;
}

static GVariant *
make_fixed (const HeciField *field, const guint8 *data)
{
  switch (field->type) {
  case HECI_U8:
    return g_variant_new_uint32 (data[0]);
  case HECI_U16:
    return g_variant_new_uint32 (wire_get_u16 (data));
  case HECI_U32:
    return g_variant_new_uint32 (wire_get_u32 (data));
  case HECI_UUID:
    return g_variant_new_take_string (amt_prov_uuid_from_wire (data));
  case HECI_MAC:
    return g_variant_new_take_string (
        g_strdup_printf (MAC_FORMAT, data[0], data[1], data[2], data[3], data[4], data[5]));
  case HECI_IPV4:
    return g_variant_new_take_string (
        g_strdup_printf ("%u.%u.%u.%u", data[3], data[2], data[1], data[0]));
  case HECI_BYTES:
    return g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, data, field->size, 1);
  default: /* padding */
    return NULL;
  }
}

static gsize
get_fixed_size (const HeciField *field)
{
  static const guint8 sizes[] = {
      [HECI_U8] = 1,           [HECI_U16] = 2,
      [HECI_U32] = 4,          [HECI_UUID] = AMT_PROV_UUID_LENGTH,
      [HECI_MAC] = MAC_LENGTH, [HECI_IPV4] = IPV4_LENGTH,
  };

  return field->size > 0 ? field->size : sizes[field->type];
}

static gboolean
read_fixed (const HeciField *field, HeciReader *reader, GVariant **value, GError **error)
{
  const guint8 *data =
      amt_prov_heci_reader_take (reader, field->name, get_fixed_size (field), error);

  if (data == NULL)
    return FALSE;
  *value = make_fixed (field, data);
  return TRUE;
}

static gboolean
read_padded_text (const HeciField *field,
                  HeciReader *reader,
                  HeciValues *values,
                  GVariant **value,
                  GError **error)
{
  const guint8 *data = amt_prov_heci_reader_take (reader, field->name, field->size, error);

  if (data == NULL)
    return FALSE;
  return take_text (field, reader, data, strnlen ((const char *)data, field->size), values, value,
                    error);
}

/* The number of bytes that are left must be one of the two widths. */
static gboolean
read_low_byte (const HeciField *field, HeciReader *reader, GVariant **value, GError **error)
{
  gsize size = reader->length - reader->at;

  if (size != 1 && size != 4)
    return amt_prov_heci_reader_refuse (reader, reader->at, field->name, error,
                                        "%" G_GSIZE_FORMAT " bytes are left, neither 1 nor 4",
                                        size);
  *value = g_variant_new_uint32 (reader->data[reader->at]);
  reader->at += size;
  return TRUE;
}

static gboolean
read_rest (const HeciField *field, HeciReader *reader, GVariant **value, GError **error)
{
  gsize size = reader->length - reader->at;
  const guint8 *data = reader->data + reader->at;
  GVariantBuilder builder;

  reader->at = reader->length;
  if (field->type == HECI_REST) {
    *value = g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, data, size, 1);
    return TRUE;
  }
  if (size % 4 != 0)
    return amt_prov_heci_reader_refuse (reader, data - reader->data, field->name, error,
                                        "%" G_GSIZE_FORMAT " bytes are left, no multiple of 4",
                                        size);
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("au"));
  for (gsize at = 0; at < size; at += 4)
    g_variant_builder_add (&builder, "u", wire_get_u32 (data + at));
  *value = g_variant_builder_end (&builder);
  return TRUE;
}

static gboolean read_field (const HeciField *field,
                            HeciReader *reader,
                            HeciValues *values,
                            GVariant **value,
                            GError **error);

static GVariant *
read_element (const HeciField *elements, HeciReader *reader, GError **error)
{
  GVariant *children[MAX_ELEMENT];
  gsize n = 0;

  for (; elements[n].name != NULL; n++) {
    if (read_field (&elements[n], reader, NULL, &children[n], error))
      continue;
    while (n > 0)
      g_variant_unref (g_variant_ref_sink (children[--n]));
    return NULL;
  }
  return n == 1 ? children[0] : g_variant_new_tuple (children, n);
}

static gboolean
read_list (const HeciField *field, HeciReader *reader, GVariant **value, GError **error)
{
  const guint8 *data = amt_prov_heci_reader_take (reader, field->name, 4, error);
  guint32 count = data != NULL ? wire_get_u32 (data) : 0;
  g_auto (GVariantBuilder) builder =
      G_VARIANT_BUILDER_INIT (amt_prov_heci_field_get_value_type (field));

  if (data == NULL)
    return FALSE;
  for (guint32 i = 0; i < count; i++) {
    GVariant *element = read_element (field->elements, reader, error);

    if (element == NULL) {
      g_prefix_error (error, "element %u of %u: ", i + 1, count);
      return FALSE;
    }
    g_variant_builder_add_value (&builder, element);
  }
  *value = g_variant_builder_end (&builder);
  return TRUE;
}

static gboolean
read_field (const HeciField *field,
            HeciReader *reader,
            HeciValues *values,
            GVariant **value,
            GError **error)
{
  switch (field->type) {
  case HECI_ANSI:
    return read_ansi (field, reader, values, value, error);
  case HECI_TEXT:
    return read_padded_text (field, reader, values, value, error);
  case HECI_COUNTED_TEXT:
    return read_counted_text (field, reader, value, error);
  case HECI_BOOLEAN8:
    return read_boolean (field, reader, 1, value, error);
  case HECI_BOOLEAN:
    return read_boolean (field, reader, 4, value, error);
  case HECI_LOW_BYTE:
    return read_low_byte (field, reader, value, error);
  case HECI_REST:
  case HECI_NUMBERS:
    return read_rest (field, reader, value, error);
  case HECI_NAMES:
  case HECI_NAME_BUFFER:
    return read_names (field, reader, value, error);
  case HECI_LIST:
    return read_list (field, reader, value, error);
  default:
    return read_fixed (field, reader, value, error);
  }
}

gboolean
amt_prov_heci_layout_read (const HeciField *layout,
                           HeciReader *reader,
                           HeciValues *values,
                           GError **error)
{
  for (const HeciField *field = layout; field != NULL && field->name != NULL; field++) {
    GVariant *value = NULL;

    if (field->optional && reader->at == reader->length)
      break;
    if (!read_field (field, reader, values, &value, error))
      return FALSE;
    if (value != NULL)
      g_hash_table_insert (values->by_name, (gpointer)field->name, g_variant_ref_sink (value));
  }
  if (reader->at < reader->length)
    return amt_prov_heci_reader_refuse (reader, reader->at, "end", error,
                                        "%" G_GSIZE_FORMAT " bytes stand after the end",
                                        reader->length - reader->at);
  return TRUE;
}
