/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <amtprov/error.h>
#include <amtprov/version.h>

#define MAX_PARTS  4
#define MAX_DIGITS 5

struct _AmtProvVersion {
  guint parts[MAX_PARTS];
  char *text;
};

G_DEFINE_BOXED_TYPE (AmtProvVersion, amt_prov_version, amt_prov_version_copy, amt_prov_version_free)

/* Reads one number and moves behind it. */
static gboolean
read_number (const char **text, guint *number)
{
  const char *p = *text;
  gsize digits = strspn (p, "0123456789");

  if (digits == 0 || digits > MAX_DIGITS || (digits > 1 && *p == '0'))
    return FALSE;
  *number = 0;
  for (gsize i = 0; i < digits; i++)
    *number = *number * 10 + (p[i] - '0');
  *text = p + digits;
  return TRUE;
}

static gboolean
read_parts (const char *text, guint *parts)
{
  for (guint n = 0; n < MAX_PARTS; n++) {
    if (!read_number (&text, &parts[n]))
      return FALSE;
    if (*text == '\0')
      return n >= 1;
    if (*text++ != '.')
      return FALSE;
  }
  return FALSE;
}

/**
 * amt_prov_version_parse:
 * @text: two to four numbers joined by dots, such as `9.5`, `11.8.50` or `15.0.23.1706`
 * @error: return location for an error
 *
 * Reads an AMT release. The major number alone is refused: 2.2, 2.5 and 2.6 differ in what they
 * can do (`versions.md §4`).
 *
 * Returns: (transfer full): a new version; %NULL with %AMT_PROV_ERROR_INVALID_DATA
 *
 * Since: 0.1
 */
AmtProvVersion *
amt_prov_version_parse (const char *text, GError **error)
{
  guint parts[MAX_PARTS] = {0};
  AmtProvVersion *self;

  if (!read_parts (text, parts)) {
    g_autofree char *shown = g_strescape (text, NULL);

    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
                 "\"%s\" is no AMT release: two to four numbers joined by dots are needed, "
                 "such as 9.5 or 11.8.50",
                 shown);
    return NULL;
  }
  self = g_new0 (AmtProvVersion, 1);
  memcpy (self->parts, parts, sizeof parts);
  self->text = g_strdup (text);
  return self;
}

/**
 * amt_prov_version_copy:
 * @self: a version
 *
 * Copies a version.
 *
 * Returns: (transfer full): the copy
 *
 * Since: 0.1
 */
AmtProvVersion *
amt_prov_version_copy (AmtProvVersion *self)
{
  AmtProvVersion *copy;

  g_return_val_if_fail (self != NULL, NULL);

  copy = g_new0 (AmtProvVersion, 1);
  memcpy (copy->parts, self->parts, sizeof self->parts);
  copy->text = g_strdup (self->text);
  return copy;
}

/**
 * amt_prov_version_free:
 * @self: (transfer full): a version
 *
 * Frees a version.
 *
 * Since: 0.1
 */
void
amt_prov_version_free (AmtProvVersion *self)
{
  g_return_if_fail (self != NULL);

  g_free (self->text);
  g_free (self);
}

/**
 * amt_prov_version_get_major:
 * @self: a version
 *
 * Gets the first number.
 *
 * Returns: the major number
 *
 * Since: 0.1
 */
guint
amt_prov_version_get_major (AmtProvVersion *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->parts[0];
}

/**
 * amt_prov_version_get_minor:
 * @self: a version
 *
 * Gets the second number.
 *
 * Returns: the minor number
 *
 * Since: 0.1
 */
guint
amt_prov_version_get_minor (AmtProvVersion *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->parts[1];
}

/**
 * amt_prov_version_compare:
 * @self: a version
 * @other: another version
 *
 * Compares number by number; missing ones count as 0.
 *
 * Returns: below 0, 0 or above 0 when @self is older than, equal to or newer than @other
 *
 * Since: 0.1
 */
int
amt_prov_version_compare (AmtProvVersion *self, AmtProvVersion *other)
{
  g_return_val_if_fail (self != NULL && other != NULL, 0);

  for (guint i = 0; i < MAX_PARTS; i++)
    if (self->parts[i] != other->parts[i])
      return self->parts[i] < other->parts[i] ? -1 : 1;
  return 0;
}

/**
 * amt_prov_version_at_least:
 * @self: a version
 * @major: a major number
 * @minor: a minor number
 *
 * Compares with a release gate.
 *
 * Returns: %TRUE when @self is @major.@minor or newer
 *
 * Since: 0.1
 */
gboolean
amt_prov_version_at_least (AmtProvVersion *self, guint major, guint minor)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return self->parts[0] > major || (self->parts[0] == major && self->parts[1] >= minor);
}

/**
 * amt_prov_version_get_text:
 * @self: a version
 *
 * Gets the text that the version was read from.
 *
 * Returns: (transfer none): the text
 *
 * Since: 0.1
 */
const char *
amt_prov_version_get_text (AmtProvVersion *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->text;
}
