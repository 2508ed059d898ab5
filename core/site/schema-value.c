/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "site/schema-private.h"

#include <string.h>

#include <amtprov/secret.h>
#include <amtprov/uuid.h>
#include "site/template-private.h"

gboolean
amt_prov_schema_parse_boolean (const char *value, gboolean *result)
{
  const char *const words[] = {"no", "false", "0", "yes", "true", "1"};

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_ascii_strcasecmp (value, words[i]) == 0) {
      *result = i >= G_N_ELEMENTS (words) / 2;
      return TRUE;
    }
  return FALSE;
}

char **
amt_prov_schema_split_list (const char *value)
{
  g_auto (GStrv) parts = g_strsplit (value, ";", -1);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; parts[i]; i++)
    if (*g_strstrip (parts[i]))
      g_strv_builder_add (builder, parts[i]);
  return g_strv_builder_end (builder);
}

/* A mask without bits beyond its length: a mistyped subnet would match nothing. */
GInetAddressMask *
amt_prov_schema_parse_subnet (const char *text)
{
  return g_inet_address_mask_new_from_string (text, NULL);
}

static gboolean
is_name (const char *text)
{
  if (!*text)
    return FALSE;
  for (const char *p = text; *p; p++)
    if (!g_ascii_isalnum (*p) && !strchr ("._-", *p))
      return FALSE;
  return TRUE;
}

static gboolean
is_domain (const char *text)
{
  g_auto (GStrv) labels = g_strsplit (text, ".", -1);
  gsize length = strlen (text);

  if (length == 0 || length > 253)
    return FALSE;
  for (guint i = 0; labels[i]; i++) {
    gsize size = strlen (labels[i]);

    /* A name may end with the dot of the DNS root. */
    if (size == 0 && i > 0 && !labels[i + 1])
      break;
    if (size == 0 || size > 63 || labels[i][0] == '-' || labels[i][size - 1] == '-' ||
        strspn (labels[i], "-_" G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS) != size)
      return FALSE;
  }
  return TRUE;
}

/* IPV4:PORT or [IPV6]:PORT */
static gboolean
is_address (const char *text)
{
  const char *colon = strrchr (text, ':');
  gboolean bracket = *text == '[';
  g_autofree char *host = NULL;
  guint64 port;
  g_autoptr (GInetAddress) address = NULL;

  if (!colon || colon == text || (bracket && colon[-1] != ']') ||
      !g_ascii_string_to_unsigned (colon + 1, 10, 0, 65535, &port, NULL))
    return FALSE;
  host = bracket ? g_strndup (text + 1, colon - text - 2) : g_strndup (text, colon - text);
  address = g_inet_address_new_from_string (host);
  return address && (g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV6) == bracket;
}

static gboolean
is_subnet (const char *text)
{
  g_autoptr (GInetAddressMask) mask = amt_prov_schema_parse_subnet (text);

  return mask != NULL;
}

static gboolean
is_uuid (const char *text)
{
  g_autofree char *uuid = amt_prov_uuid_normalize (text);

  return uuid != NULL;
}

static gboolean
is_store (const char *text)
{
  const char *colon = strchr (text, ':');

  return colon && colon > text && colon[1];
}

static char *
check_each (const char *value, gboolean (*is_good) (const char *text), const char *wanted)
{
  g_auto (GStrv) items = amt_prov_schema_split_list (value);

  if (!items[0])
    return g_strdup_printf ("empty; write %s, several separated by ;", wanted);
  for (guint i = 0; items[i]; i++)
    if (!is_good (items[i]))
      return g_strdup_printf ("\"%s\" is not right; write %s, several separated by ;", items[i],
                              wanted);
  return NULL;
}

static char *
check_int (AmtProvSchemaKey *key, const char *value)
{
  gint64 number;

  if (g_ascii_string_to_signed (value, 10, key->least, key->most, &number, NULL))
    return NULL;
  return g_strdup_printf ("\"%s\" is not right; write a whole number%s%s", value,
                          key->allowed_text ? " in the range " : "",
                          key->allowed_text ? key->allowed_text : "");
}

static char *
list_allowed (AmtProvSchemaKey *key)
{
  return g_strjoinv (", ", key->allowed);
}

static char *
check_choice (AmtProvSchemaKey *key, const char *value)
{
  g_autofree char *allowed = NULL;

  if (g_strv_contains ((const char *const *)key->allowed, value))
    return NULL;
  allowed = list_allowed (key);
  return g_strdup_printf ("\"%s\" is none of: %s", value, allowed);
}

static char *
check_file (const char *value, const char *directory)
{
  g_autofree char *path = g_canonicalize_filename (value, directory);

  if (g_file_test (path, G_FILE_TEST_IS_REGULAR))
    return NULL;
  return g_strdup_printf ("there is no file %s; write the path of a file, relative ones count from "
                          "the folder of this file",
                          path);
}

/* The value is never repeated: somebody may have written the password itself there. */
static char *
check_secret (AmtProvSchemaKey *key, const char *value, const char *directory)
{
  g_autofree char *allowed = list_allowed (key);
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (AmtProvSecret) secret = NULL;

  if (!g_str_has_prefix (value, "file:") || !value[strlen ("file:")] ||
      !g_strv_contains ((const char *const *)key->allowed, "file:PATH")) {
    if (!g_str_equal (value, "file:PATH") &&
        g_strv_contains ((const char *const *)key->allowed, value))
      return NULL;
    return g_strdup_printf ("it is none of: %s", allowed);
  }
  path = g_canonicalize_filename (value + strlen ("file:"), directory);
  secret = amt_prov_secret_new_from_file (path, &error);
  if (!secret)
    return g_strdup (error->message);
  if (key->type == AMT_PROV_SCHEMA_TYPE_PASSWORD &&
      !amt_prov_secret_check_password (secret, &error))
    return g_strdup_printf ("%s: %s", path, error->message);
  return NULL;
}

/*
 * amt_prov_schema_key_check:
 *
 * Says what is wrong with a value and what is allowed, or NULL if nothing is. Files are looked for
 * from @directory. Certificates are not opened here, as they need the keys beside them.
 */
char *
amt_prov_schema_key_check (AmtProvSchemaKey *key, const char *value, const char *directory)
{
  gboolean truth;

  switch (key->type) {
  case AMT_PROV_SCHEMA_TYPE_INT:
    return check_int (key, value);
  case AMT_PROV_SCHEMA_TYPE_BOOLEAN:
    return amt_prov_schema_parse_boolean (value, &truth)
               ? NULL
               : g_strdup_printf ("\"%s\" is none of: yes, no, true, false, 1, 0", value);
  case AMT_PROV_SCHEMA_TYPE_CHOICE:
    return check_choice (key, value);
  case AMT_PROV_SCHEMA_TYPE_LIST:
    return check_each (value, is_name, "names of letters, digits and . _ -");
  case AMT_PROV_SCHEMA_TYPE_NAME:
    return is_name (value)
               ? NULL
               : g_strdup_printf ("\"%s\" is no name; use letters, digits and . _ -", value);
  case AMT_PROV_SCHEMA_TYPE_TEMPLATE:
    return amt_prov_template_check (value, (const char *const *)key->allowed);
  case AMT_PROV_SCHEMA_TYPE_STORE:
    return is_store (value) ? NULL
                            : g_strdup_printf ("\"%s\" is not right; write SCHEME:REST, as in "
                                               "sqlite:/var/lib/amtprov/amtprov.db",
                                               value);
  case AMT_PROV_SCHEMA_TYPE_CERTIFICATE:
  case AMT_PROV_SCHEMA_TYPE_FILE:
    return check_file (value, directory);
  case AMT_PROV_SCHEMA_TYPE_SECRET:
  case AMT_PROV_SCHEMA_TYPE_PASSWORD:
    return check_secret (key, value, directory);
  case AMT_PROV_SCHEMA_TYPE_ADDRESSES:
    return check_each (value, is_address, "ADDRESS:PORT or [IPV6]:PORT");
  case AMT_PROV_SCHEMA_TYPE_SUBNETS:
    return check_each (value, is_subnet, "ADDRESS/LENGTH with no bits set after LENGTH");
  case AMT_PROV_SCHEMA_TYPE_SUFFIXES:
    return check_each (value, is_domain, "DNS suffixes as in example.com");
  case AMT_PROV_SCHEMA_TYPE_UUIDS:
    return check_each (value, is_uuid, "UUIDs of 32 hexadecimal digits with or without dashes");
  case AMT_PROV_SCHEMA_TYPE_PATH:
  case AMT_PROV_SCHEMA_TYPE_STRING:
  default:
    return *value ? NULL : g_strdup ("empty; write a value or leave the key out");
  }
}
