/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <amtprov/uuid.h>

#define UUID_TEXT_LENGTH 36

/* SMBIOS order: the first three groups stand little-endian on the wire (hello.md §2). Entry i is
 * the wire position of byte i of the text. */
static const guint8 wire_position[AMT_PROV_UUID_LENGTH] = {3, 2, 1,  0,  5,  4,  7,  6,
                                                           8, 9, 10, 11, 12, 13, 14, 15};

static gboolean
is_dash_position (gsize i)
{
  return i == 8 || i == 13 || i == 18 || i == 23;
}

/**
 * amt_prov_uuid_from_wire:
 * @bytes: (array fixed-size=16): the UUID as hello, MEI and GetUuid carry it
 *
 * Writes a device UUID as text: bytes 3 2 1 0 - 5 4 - 7 6 - 8 9 - 10 … 15, lower case
 * (`hello.md §2`).
 *
 * Returns: (transfer full): the text, 36 characters
 *
 * Since: 0.1
 */
char *
amt_prov_uuid_from_wire (const guint8 *bytes)
{
  GString *text = g_string_sized_new (UUID_TEXT_LENGTH);

  for (gsize i = 0; i < AMT_PROV_UUID_LENGTH; i++) {
    if (is_dash_position (text->len))
      g_string_append_c (text, '-');
    g_string_append_printf (text, "%02x", bytes[wire_position[i]]);
  }
  return g_string_free (text, FALSE);
}

/**
 * amt_prov_uuid_to_wire:
 * @uuid: a UUID as text; see amt_prov_uuid_normalize() for the forms
 * @bytes: (out caller-allocates) (array fixed-size=16): where the 16 bytes go; untouched on failure
 *
 * Puts a UUID into the byte order of hello, MEI and GetUuid (`hello.md §2`).
 *
 * Returns: %FALSE when @uuid is no UUID
 *
 * Since: 0.1
 */
gboolean
amt_prov_uuid_to_wire (const char *uuid, guint8 *bytes)
{
  g_autofree char *text = amt_prov_uuid_normalize (uuid);
  const char *p = text;

  if (text == NULL)
    return FALSE;
  for (gsize i = 0; i < AMT_PROV_UUID_LENGTH; i++) {
    if (*p == '-')
      p++;
    bytes[wire_position[i]] = g_ascii_xdigit_value (p[0]) << 4 | g_ascii_xdigit_value (p[1]);
    p += 2;
  }
  return TRUE;
}

/**
 * amt_prov_uuid_normalize:
 * @text: (nullable): a UUID in any case, with its four dashes or with none
 *
 * Brings a UUID into the one form that this library uses: lower case, with dashes.
 *
 * Returns: (transfer full) (nullable): the normal form, or %NULL when @text is no UUID
 *
 * Since: 0.1
 */
char *
amt_prov_uuid_normalize (const char *text)
{
  g_autoptr (GString) normal = g_string_sized_new (UUID_TEXT_LENGTH);
  gsize length = text ? strlen (text) : 0;
  gboolean dashed = length == UUID_TEXT_LENGTH;

  if (!dashed && length != 2 * AMT_PROV_UUID_LENGTH)
    return NULL;
  for (gsize i = 0; i < length; i++) {
    if (dashed && is_dash_position (i)) {
      if (text[i] != '-')
        return NULL;
      continue;
    }
    if (!g_ascii_isxdigit (text[i]))
      return NULL;
    if (is_dash_position (normal->len))
      g_string_append_c (normal, '-');
    g_string_append_c (normal, g_ascii_tolower (text[i]));
  }
  return g_strdup (normal->str);
}
