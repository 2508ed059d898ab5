/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "registry/capability-key-private.h"

#define MAX_HOURS 255

static const AmtProvCapabilityKey keys[] = {
    {"hello-versions", AMT_PROV_KEY_LIST, AMT_PROV_MERGE_UNION, {"2", "3"}},
    {"interfaces", AMT_PROV_KEY_LIST, AMT_PROV_MERGE_UNION, {"wsman", "eoi"}},
    {"tls-min", AMT_PROV_KEY_CHOICE, AMT_PROV_MERGE_LOWEST, {"1.0", "1.1", "1.2"}},
    {"tls-max", AMT_PROV_KEY_CHOICE, AMT_PROV_MERGE_HIGHEST, {"1.0", "1.1", "1.2"}},
    {"psk-ciphers", AMT_PROV_KEY_TEXT, AMT_PROV_MERGE_JOIN},
    {"certificate-ciphers", AMT_PROV_KEY_TEXT, AMT_PROV_MERGE_JOIN},
    {"security-level", AMT_PROV_KEY_INTEGER, AMT_PROV_MERGE_LOWEST, {NULL}, 0, 2},
    {"hash-algorithms", AMT_PROV_KEY_LIST, AMT_PROV_MERGE_UNION, {"sha1", "sha256", "sha384"}},
    {"max-hello-hashes", AMT_PROV_KEY_INTEGER, AMT_PROV_MERGE_FIRST, {NULL}, 0, 33},
    /* The strict rule would reject a certificate that most of the releases in question take. */
    {"suffix-rule", AMT_PROV_KEY_CHOICE, AMT_PROV_MERGE_HIGHEST, {"strict", "table"}},
    {"sha1-chain", AMT_PROV_KEY_BOOLEAN, AMT_PROV_MERGE_ANY},
    {"min-rsa-bits", AMT_PROV_KEY_INTEGER, AMT_PROV_MERGE_HIGHEST, {NULL}, 512, 16384},
    {"max-chain", AMT_PROV_KEY_INTEGER, AMT_PROV_MERGE_FIRST, {NULL}, 1, 16},
    {"roots-sha1", AMT_PROV_KEY_ROOTS, AMT_PROV_MERGE_UNION},
    {"roots-sha256", AMT_PROV_KEY_ROOTS, AMT_PROV_MERGE_UNION},
    {"setup-bin-version",
     AMT_PROV_KEY_CHOICE,
     AMT_PROV_MERGE_FIRST,
     {"1.0", "2.0", "2.1", "3.0", "4.0"}},
    {"host-based", AMT_PROV_KEY_CHOICE, AMT_PROV_MERGE_FIRST, {"none", "ccm", "acm"}},
    {"generate-key-pair", AMT_PROV_KEY_BOOLEAN, AMT_PROV_MERGE_ANY},
    {"key-wait-seconds", AMT_PROV_KEY_INTEGER, AMT_PROV_MERGE_FIRST, {NULL}, 0, 3600},
    {"key-wait-tries", AMT_PROV_KEY_INTEGER, AMT_PROV_MERGE_FIRST, {NULL}, 1, 1000},
    {"plain-port", AMT_PROV_KEY_BOOLEAN, AMT_PROV_MERGE_ANY},
    {"set-psk", AMT_PROV_KEY_BOOLEAN, AMT_PROV_MERGE_ANY},
    {"bare-metal-window-hours", AMT_PROV_KEY_INTEGER, AMT_PROV_MERGE_FIRST, {NULL}, 0, MAX_HOURS},
    {"psk-window-hours", AMT_PROV_KEY_INTEGER, AMT_PROV_MERGE_FIRST, {NULL}, 0, MAX_HOURS},
    {"delayed-window-hours", AMT_PROV_KEY_INTEGER, AMT_PROV_MERGE_FIRST, {NULL}, 0, MAX_HOURS},
    {"device-key-bits", AMT_PROV_KEY_INTEGER, AMT_PROV_MERGE_FIRST, {NULL}, 512, 16384},
    {"device-signature", AMT_PROV_KEY_CHOICE, AMT_PROV_MERGE_FIRST, {"sha1", "sha256"}},
    {"server-header", AMT_PROV_KEY_CHOICE, AMT_PROV_MERGE_FIRST, {"three", "four", "bare"}},
    {"realm-form", AMT_PROV_KEY_CHOICE, AMT_PROV_MERGE_FIRST, {"uuid", "digest"}},
    {"sample-firmware", AMT_PROV_KEY_TEXT, AMT_PROV_MERGE_FIRST},
    {"sample-build", AMT_PROV_KEY_INTEGER, AMT_PROV_MERGE_FIRST, {NULL}, 0, 65535},
    {"commit-wait-seconds", AMT_PROV_KEY_INTEGER, AMT_PROV_MERGE_FIRST, {NULL}, 0, 3600},
    {"commit-wait-tries", AMT_PROV_KEY_INTEGER, AMT_PROV_MERGE_FIRST, {NULL}, 1, 1000},
};

static const AmtProvCapabilityKey method_key = {AMT_PROV_METHOD_KEY_PREFIX "ID",
                                                AMT_PROV_KEY_BOOLEAN, AMT_PROV_MERGE_ANY};
static const AmtProvCapabilityKey note_key = {AMT_PROV_METHOD_KEY_PREFIX
                                              "ID" AMT_PROV_METHOD_NOTE_SUFFIX,
                                              AMT_PROV_KEY_TEXT, AMT_PROV_MERGE_FIRST};

/* The length of ID in method.ID… or 0. */
static gsize
method_id_length (const char *name)
{
  static const char id_chars[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

  if (!g_str_has_prefix (name, AMT_PROV_METHOD_KEY_PREFIX))
    return 0;
  return strspn (name + strlen (AMT_PROV_METHOD_KEY_PREFIX), id_chars);
}

gboolean
amt_prov_capability_key_is_method (const char *name)
{
  gsize length = method_id_length (name);

  return length > 0 && name[strlen (AMT_PROV_METHOD_KEY_PREFIX) + length] == '\0';
}

const AmtProvCapabilityKey *
amt_prov_capability_key_find (const char *name)
{
  gsize length = method_id_length (name);

  if (length > 0) {
    const char *rest = name + strlen (AMT_PROV_METHOD_KEY_PREFIX) + length;

    if (*rest == '\0')
      return &method_key;
    return g_str_equal (rest, AMT_PROV_METHOD_NOTE_SUFFIX) ? &note_key : NULL;
  }
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    if (g_str_equal (keys[i].name, name))
      return &keys[i];
  return NULL;
}

char *
amt_prov_capability_key_list (void)
{
  GString *text = g_string_new ("method.ID, method.ID.note");

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    g_string_append_printf (text, ", %s", keys[i].name);
  return g_string_free (text, FALSE);
}

/* Empty entries do not count: "a;b;" is a list of two. */
char **
amt_prov_capability_value_split (const char *value)
{
  g_auto (GStrv) parts = g_strsplit (value, ";", -1);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (gsize i = 0; parts[i] != NULL; i++)
    if (*g_strstrip (parts[i]) != '\0')
      g_strv_builder_add (builder, parts[i]);
  return g_strv_builder_end (builder);
}

static char *
check_integer (const AmtProvCapabilityKey *self, const char *value)
{
  gint64 number;

  if (g_ascii_string_to_signed (value, 10, self->min, self->max, &number, NULL))
    return NULL;
  return g_strdup_printf ("a number from %d to %d", self->min, self->max);
}

static int
find_choice (const AmtProvCapabilityKey *self, const char *value)
{
  for (int i = 0; self->allowed[i] != NULL; i++)
    if (g_str_equal (self->allowed[i], value))
      return i;
  return -1;
}

static char *
check_list (const AmtProvCapabilityKey *self, const char *value)
{
  g_auto (GStrv) parts = amt_prov_capability_value_split (value);

  for (gsize i = 0; parts[i] != NULL; i++)
    if (find_choice (self, parts[i]) < 0) {
      g_autofree char *allowed = g_strjoinv (", ", (char **)self->allowed);

      return g_strdup_printf ("a list, joined by \";\", of %s", allowed);
    }
  return NULL;
}

char *
amt_prov_capability_key_check (const AmtProvCapabilityKey *self, const char *value)
{
  switch (self->kind) {
  case AMT_PROV_KEY_BOOLEAN:
    if (g_str_equal (value, "yes") || g_str_equal (value, "no"))
      return NULL;
    return g_strdup ("yes or no");
  case AMT_PROV_KEY_INTEGER:
    return check_integer (self, value);
  case AMT_PROV_KEY_CHOICE:
    if (find_choice (self, value) >= 0)
      return NULL;
    return g_strjoinv (", ", (char **)self->allowed);
  case AMT_PROV_KEY_LIST:
    return check_list (self, value);
  case AMT_PROV_KEY_TEXT:
    return *value != '\0' ? NULL : g_strdup ("a text that is not empty");
  case AMT_PROV_KEY_ROOTS:
  default:
    return NULL;
  }
}

int
amt_prov_capability_key_order (const AmtProvCapabilityKey *self, const char *value)
{
  if (self->kind == AMT_PROV_KEY_CHOICE)
    return find_choice (self, value);
  return g_ascii_strtoll (value, NULL, 10);
}
