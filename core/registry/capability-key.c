/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "registry/capability-key-private.h"

#define MAX_HOURS 255

/* Those of methods stand first; they are found by their form. */
#define N_FORMS 2

static const AmtProvCapabilityKey keys[] = {
    {AMT_PROV_METHOD_KEY_PREFIX "ID", AMT_PROV_KEY_BOOLEAN, AMT_PROV_MERGE_ANY, .since = "0.1",
     .help = "Whether machines of the release can be set up by the method ID, as in method.psk. A "
             "release is known only when a group that covers it names a method."},
    {AMT_PROV_METHOD_KEY_PREFIX "ID" AMT_PROV_METHOD_NOTE_SUFFIX, AMT_PROV_KEY_TEXT,
     AMT_PROV_MERGE_FIRST, .since = "0.1",
     .help = "Why the method works for the release or does not: the sentence that \"amtprov "
             "explain\" shows."},
    {"hello-versions",
     AMT_PROV_KEY_LIST,
     AMT_PROV_MERGE_UNION,
     {"2", "3"},
     .since = "0.1",
     .help = "The versions of the hello message that the release may send: 2 carries a PID, 3 the "
             "hashes of trusted roots."},
    {"interfaces",
     AMT_PROV_KEY_LIST,
     AMT_PROV_MERGE_UNION,
     {"wsman", "eoi"},
     .since = "0.1",
     .help = "How the release is talked to over the network: wsman is WS-Management, eoi the older "
             "SOAP interface."},
    {"keeps-log-in", AMT_PROV_KEY_BOOLEAN, AMT_PROV_MERGE_ANY, .since = "0.1",
     .help = "Whether one log-in holds for a TLS connection. no: each request carries it."},
    {"eoi-interface-settings", AMT_PROV_KEY_BOOLEAN, AMT_PROV_MERGE_ANY, .since = "0.1",
     .help = "Whether EOI can tell the release how it gets its address (EnumerateInterfaces, "
             "GetInterfaceSettings, SetInterfaceSettings)."},
    {"tls-min",
     AMT_PROV_KEY_CHOICE,
     AMT_PROV_MERGE_LOWEST,
     {"1.0", "1.1", "1.2"},
     .since = "0.1",
     .help = "The lowest TLS version that the release speaks while it is set up."},
    {"tls-max",
     AMT_PROV_KEY_CHOICE,
     AMT_PROV_MERGE_HIGHEST,
     {"1.0", "1.1", "1.2"},
     .since = "0.1",
     .help = "The highest TLS version that the release speaks while it is set up; never more than "
             "1.2."},
    {"psk-ciphers", AMT_PROV_KEY_TEXT, AMT_PROV_MERGE_JOIN, .since = "0.1",
     .help = "The ciphers that are offered for TLS with a pre-shared key, as OpenSSL writes them, "
             "joined by colons."},
    {"certificate-ciphers", AMT_PROV_KEY_TEXT, AMT_PROV_MERGE_JOIN, .since = "0.1",
     .help = "The ciphers that are offered for TLS with certificates, as OpenSSL writes them, "
             "joined by colons."},
    {"security-level",
     AMT_PROV_KEY_INTEGER,
     AMT_PROV_MERGE_LOWEST,
     {NULL},
     0,
     2,
     .since = "0.1",
     .help =
         "The security level that OpenSSL needs to talk to the release: TLS below 1.2 needs 0."},
    {"hash-algorithms",
     AMT_PROV_KEY_LIST,
     AMT_PROV_MERGE_UNION,
     {"sha1", "sha256", "sha384"},
     .since = "0.1",
     .help = "The algorithms of root hashes that the release knows."},
    {"max-hello-hashes",
     AMT_PROV_KEY_INTEGER,
     AMT_PROV_MERGE_FIRST,
     {NULL},
     0,
     33,
     .since = "0.1",
     .help = "How many root hashes a hello message has at most."},
    /* The strict rule would reject a certificate that most of the releases in question take. */
    {"suffix-rule",
     AMT_PROV_KEY_CHOICE,
     AMT_PROV_MERGE_HIGHEST,
     {"strict", "table"},
     .since = "0.1",
     .help = "How the domain of a provisioning certificate is compared with the DNS suffix of the "
             "machine. strict: both must be equal. table: the labels that count depend on the "
             "top-level domain."},
    {"sha1-chain", AMT_PROV_KEY_BOOLEAN, AMT_PROV_MERGE_ANY, .since = "0.1",
     .help = "Whether the chain of a provisioning certificate may have SHA-1 signatures."},
    {"min-rsa-bits",
     AMT_PROV_KEY_INTEGER,
     AMT_PROV_MERGE_HIGHEST,
     {NULL},
     512,
     16384,
     .since = "0.1",
     .help =
         "The shortest RSA keys, in bits, that the chain of a provisioning certificate may have."},
    {"max-chain",
     AMT_PROV_KEY_INTEGER,
     AMT_PROV_MERGE_FIRST,
     {NULL},
     1,
     16,
     .since = "0.1",
     .help =
         "How many certificates the chain of a provisioning certificate may have, with the root."},
    {"roots-sha1", AMT_PROV_KEY_ROOTS, AMT_PROV_MERGE_UNION, .since = "0.1",
     .help = "The roots that the firmware trusts by a SHA-1 hash, as ids of groups in roots.conf, "
             "in the order of their handles."},
    {"roots-sha256", AMT_PROV_KEY_ROOTS, AMT_PROV_MERGE_UNION, .since = "0.1",
     .help = "The roots that the firmware trusts by a SHA-256 hash, as ids of groups in "
             "roots.conf, in the order of their handles."},
    {"setup-bin-version",
     AMT_PROV_KEY_CHOICE,
     AMT_PROV_MERGE_FIRST,
     {"1.0", "2.0", "2.1", "3.0", "4.0"},
     .since = "0.1",
     .help = "The version of setup.bin that the release reads from a USB stick: 1.0 carries "
             "PID/PPS pairs, 2.0 to 3.0 PKI settings too, 4.0 PKI settings only."},
    {"host-based",
     AMT_PROV_KEY_CHOICE,
     AMT_PROV_MERGE_FIRST,
     {"none", "ccm", "acm"},
     .since = "0.1",
     .help = "What a program on the machine can set up without a server. none: nothing. ccm: "
             "client control mode. acm: admin control mode too."},
    {"generate-key-pair", AMT_PROV_KEY_BOOLEAN, AMT_PROV_MERGE_ANY, .since = "0.1",
     .help = "Whether the release makes the key pair for its certificate itself. no: the server "
             "makes it and sends it."},
    {"key-wait-seconds",
     AMT_PROV_KEY_INTEGER,
     AMT_PROV_MERGE_FIRST,
     {NULL},
     0,
     3600,
     .since = "0.1",
     .help = "How many seconds lie between two questions whether the machine has made its key."},
    {"key-wait-tries",
     AMT_PROV_KEY_INTEGER,
     AMT_PROV_MERGE_FIRST,
     {NULL},
     1,
     1000,
     .since = "0.1",
     .help = "How many times the machine is asked for its key before the step fails."},
    {"plain-port", AMT_PROV_KEY_BOOLEAN, AMT_PROV_MERGE_ANY, .since = "0.1",
     .help = "Whether the release listens on the port without TLS."},
    {"set-psk", AMT_PROV_KEY_BOOLEAN, AMT_PROV_MERGE_ANY, .since = "0.1",
     .help = "Whether the release takes a new PID/PPS pair over the network."},
    {"bare-metal-window-hours",
     AMT_PROV_KEY_INTEGER,
     AMT_PROV_MERGE_FIRST,
     {NULL},
     0,
     MAX_HOURS,
     .since = "0.1",
     .help = "How many hours the release says hello for bare-metal PKI, counted from its first "
             "power-up; 0: never."},
    {"psk-window-hours",
     AMT_PROV_KEY_INTEGER,
     AMT_PROV_MERGE_FIRST,
     {NULL},
     0,
     MAX_HOURS,
     .since = "0.1",
     .help = "How many hours the release says hello for PSK after PID and PPS were entered."},
    {"delayed-window-hours",
     AMT_PROV_KEY_INTEGER,
     AMT_PROV_MERGE_FIRST,
     {NULL},
     0,
     MAX_HOURS,
     .since = "0.1",
     .help = "How many hours the release says hello after a local agent opened its setup window."},
    {"device-key-bits",
     AMT_PROV_KEY_INTEGER,
     AMT_PROV_MERGE_FIRST,
     {NULL},
     512,
     16384,
     .since = "0.1",
     .help = "The length, in bits, of the RSA key that the simulator shows for the release before "
             "it is set up."},
    {"device-signature",
     AMT_PROV_KEY_CHOICE,
     AMT_PROV_MERGE_FIRST,
     {"sha1", "sha256"},
     .since = "0.1",
     .help =
         "The hash algorithm in the signatures of the certificates of the release: the one that it "
         "shows before it is set up, and the ones that the CA of the site makes for it."},
    {"server-header",
     AMT_PROV_KEY_CHOICE,
     AMT_PROV_MERGE_FIRST,
     {"three", "four", "bare"},
     .since = "0.1",
     .help = "How the simulator writes the HTTP header Server for the release. three, four: with "
             "so many parts of the firmware version. bare: without a version."},
    {"realm-form",
     AMT_PROV_KEY_CHOICE,
     AMT_PROV_MERGE_FIRST,
     {"uuid", "digest"},
     .since = "0.1",
     .help = "How the simulator writes the Digest realm of the release. uuid: with the UUID of the "
             "machine. digest: with 32 hexadecimal digits."},
    {"sample-firmware", AMT_PROV_KEY_TEXT, AMT_PROV_MERGE_FIRST, .since = "0.1",
     .help = "The firmware version that the simulator shows for the release, as in 9.5.61."},
    {"sample-build",
     AMT_PROV_KEY_INTEGER,
     AMT_PROV_MERGE_FIRST,
     {NULL},
     0,
     65535,
     .since = "0.1",
     .help = "The build number that the simulator shows for the release."},
    {"commit-wait-seconds",
     AMT_PROV_KEY_INTEGER,
     AMT_PROV_MERGE_FIRST,
     {NULL},
     0,
     3600,
     .since = "0.1",
     .help =
         "How many seconds lie between two looks at a machine that restarts after CommitChanges."},
    {"commit-wait-tries",
     AMT_PROV_KEY_INTEGER,
     AMT_PROV_MERGE_FIRST,
     {NULL},
     1,
     1000,
     .since = "0.1",
     .help = "How many times a machine is looked at after CommitChanges before the session fails."},
};

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
      return &keys[0];
    return g_str_equal (rest, AMT_PROV_METHOD_NOTE_SUFFIX) ? &keys[1] : NULL;
  }
  for (gsize i = N_FORMS; i < G_N_ELEMENTS (keys); i++)
    if (g_str_equal (keys[i].name, name))
      return &keys[i];
  return NULL;
}

const AmtProvCapabilityKey *
amt_prov_capability_key_get_all (gsize *count)
{
  *count = G_N_ELEMENTS (keys);
  return keys;
}

const char *
amt_prov_capability_key_get_type_name (const AmtProvCapabilityKey *self)
{
  static const char *const names[] = {
      [AMT_PROV_KEY_BOOLEAN] = "boolean", [AMT_PROV_KEY_INTEGER] = "int",
      [AMT_PROV_KEY_CHOICE] = "choice",   [AMT_PROV_KEY_LIST] = "list",
      [AMT_PROV_KEY_ROOTS] = "list",      [AMT_PROV_KEY_TEXT] = "string",
  };

  return names[self->kind];
}

char **
amt_prov_capability_key_list_allowed (const AmtProvCapabilityKey *self)
{
  g_autofree char *range = g_strdup_printf ("%d..%d", self->min, self->max);
  const char *const booleans[] = {"yes", "no", NULL};
  const char *const numbers[] = {range, NULL};
  const char *const roots[] = {"ROOT", NULL};
  const char *const texts[] = {"TEXT", NULL};

  switch (self->kind) {
  case AMT_PROV_KEY_BOOLEAN:
    return g_strdupv ((char **)booleans);
  case AMT_PROV_KEY_INTEGER:
    return g_strdupv ((char **)numbers);
  case AMT_PROV_KEY_ROOTS:
    return g_strdupv ((char **)roots);
  case AMT_PROV_KEY_TEXT:
    return g_strdupv ((char **)texts);
  case AMT_PROV_KEY_CHOICE:
  case AMT_PROV_KEY_LIST:
  default:
    return g_strdupv ((char **)self->allowed);
  }
}

char *
amt_prov_capability_key_list (void)
{
  GString *text = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", keys[i].name);
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
