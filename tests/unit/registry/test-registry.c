/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <glib/gstdio.h>

#include <amtprov/amtprov.h>

static AmtProvCapabilityRegistry *
new_registry (void)
{
  g_autoptr (GError) error = NULL;
  AmtProvCapabilityRegistry *registry = amt_prov_capability_registry_new (NULL, &error);

  g_assert_no_error (error);
  return registry;
}

static AmtProvCapabilities *
lookup (AmtProvCapabilityRegistry *registry, const char *release)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (AmtProvVersion) version = amt_prov_version_parse (release, &error);

  g_assert_no_error (error);
  return amt_prov_capability_registry_lookup (registry, version);
}

/* versions.md §2, one row for each release: methods, interfaces, TLS range, and so on. */
typedef struct {
  const char *release;
  gboolean psk, pki, agent, usb;
  const char *hello, *interfaces, *tls_min, *tls_max, *suffix_rule, *hashes;
  gboolean sha1_chain;
  int rsa_bits;
  guint n_sha1, n_sha256;
  const char *setup_bin, *host_based;
  gboolean generate, plain, set_psk;
} Row;

#define Y          TRUE
#define N          FALSE
#define ALL_HASHES "sha1;sha256;sha384"

static const Row rows[] = {
    {"1.0", N, N, N, N, NULL, NULL, NULL, NULL, NULL, NULL, N, 0, 0, 0, NULL, "none", N, N, N},
    {"2.0", Y, N, N, Y, "2",   "eoi",  "1.0", "1.0", "strict",
     NULL,  N, 0, 0, 0, "1.0", "none", N,     Y,     Y},
    {"2.1", Y, N, N, Y, "2",   "eoi",  "1.0", "1.0", "strict",
     NULL,  N, 0, 0, 0, "1.0", "none", N,     Y,     Y},
    {"2.2",  Y, N,    Y, Y, "2;3", "eoi",  "1.0", "1.0", "strict",
     "sha1", Y, 1024, 5, 0, "1.0", "none", N,     Y,     Y},
    {"2.2.10", Y, N,    Y, Y, "2;3", "eoi",  "1.0", "1.0", "strict",
     "sha1",   Y, 1024, 5, 0, "1.0", "none", N,     Y,     Y},
    {"2.5", Y, N, N, Y, "2",   "eoi",  "1.0", "1.0", "strict",
     NULL,  N, 0, 0, 0, "1.0", "none", N,     Y,     Y},
    {"2.6",  Y, N,    Y, Y, "2;3", "eoi",  "1.0", "1.0", "table",
     "sha1", Y, 1024, 5, 0, "1.0", "none", N,     Y,     Y},
    {"3.0",  Y, Y,    Y, Y, "2;3", "eoi",  "1.0", "1.0", "strict",
     "sha1", Y, 1024, 5, 0, "2.0", "none", N,     Y,     Y},
    {"3.1",  Y, Y,    Y, Y, "2;3", "eoi",  "1.0", "1.0", "table",
     "sha1", Y, 1024, 5, 0, "2.0", "none", N,     Y,     Y},
    {"3.2",  Y, Y,    Y, Y, "2;3", "wsman;eoi", "1.0", "1.0", "table",
     "sha1", Y, 1024, 5, 0, "2.0", "none",      N,     Y,     Y},
    {"4.0",  Y, Y,    Y, Y, "2;3", "wsman;eoi", "1.0", "1.0", "table",
     "sha1", Y, 1024, 5, 0, "2.1", "none",      N,     Y,     Y},
    {"4.1",  Y, Y,    Y, Y, "2;3", "wsman;eoi", "1.0", "1.0", "table",
     "sha1", Y, 1024, 5, 0, "2.1", "none",      N,     Y,     Y},
    {"4.2",  Y, Y,    Y, Y, "2;3", "wsman;eoi", "1.0", "1.0", "table",
     "sha1", Y, 1024, 5, 0, "2.1", "none",      N,     Y,     Y},
    {"5.0",  Y, Y,    Y, Y, "2;3", "wsman;eoi", "1.0", "1.0", "table",
     "sha1", Y, 1024, 5, 0, "2.1", "none",      N,     Y,     Y},
    {"5.1",  Y, Y,    Y, Y, "2;3", "wsman;eoi", "1.0", "1.0", "table",
     "sha1", Y, 1024, 5, 0, "2.1", "none",      N,     Y,     Y},
    {"5.2",  Y, Y,    Y, Y, "2;3", "wsman;eoi", "1.0", "1.0", "table",
     "sha1", Y, 1024, 5, 0, "2.1", "none",      N,     Y,     Y},
    {"6.0",      Y, Y,    Y, Y, "2;3", "wsman;eoi", "1.0", "1.0", "table",
     ALL_HASHES, Y, 1024, 7, 7, "3.0", "none",      N,     Y,     Y},
    {"6.1",      Y, Y,    Y, Y, "2;3", "wsman;eoi", "1.0", "1.0", "table",
     ALL_HASHES, Y, 1024, 7, 7, "3.0", "none",      N,     Y,     Y},
    {"6.2",      Y, Y,    Y, Y, "2;3", "wsman;eoi", "1.0", "1.0", "table",
     ALL_HASHES, Y, 1024, 7, 7, "3.0", "ccm",       Y,     Y,     Y},
    {"7.0",      Y, Y,    Y,  Y,  "2;3", "wsman;eoi", "1.0", "1.1", "table",
     ALL_HASHES, Y, 1024, 10, 15, "3.0", "acm",       Y,     Y,     Y},
    {"7.1.91",   Y, Y,    Y,  Y,  "2;3", "wsman;eoi", "1.0", "1.1", "table",
     ALL_HASHES, Y, 1024, 10, 15, "3.0", "acm",       Y,     Y,     Y},
    {"8.1",      Y, Y,    Y,  Y,  "2;3", "wsman;eoi", "1.0", "1.1", "table",
     ALL_HASHES, Y, 1024, 10, 15, "3.0", "acm",       Y,     Y,     Y},
    {"9.5",      Y, Y,    Y,  Y,  "2;3", "wsman", "1.0", "1.1", "table",
     ALL_HASHES, Y, 1024, 10, 15, "3.0", "acm",   Y,     Y,     Y},
    {"10.0",     Y, Y,    Y,  Y,  "2;3", "wsman", "1.0", "1.1", "table",
     ALL_HASHES, Y, 1024, 10, 15, "3.0", "acm",   Y,     Y,     Y},
    {"11.0",     N, Y,    Y, Y,  "3",   "wsman", "1.0", "1.1", "table",
     ALL_HASHES, Y, 1024, 0, 19, "4.0", "acm",   Y,     Y,     N},
    {"11.8.50",  N, Y,    Y, Y,  "3",   "wsman", "1.0", "1.1", "table",
     ALL_HASHES, Y, 1024, 0, 19, "4.0", "acm",   Y,     Y,     N},
    {"11.8.65.3580", N, Y,    Y, Y,  "3",   "wsman", "1.0", "1.1", "table",
     ALL_HASHES,     Y, 1024, 0, 18, "4.0", "acm",   Y,     Y,     N},
    {"12.0.31",  N, Y,    Y, Y,  "3",   "wsman", "1.1", "1.2", "table",
     ALL_HASHES, Y, 1024, 0, 19, "4.0", "acm",   Y,     Y,     N},
    {"12.0.67",  N, Y,    Y, Y,  "3",   "wsman", "1.1", "1.2", "table",
     ALL_HASHES, Y, 1024, 0, 18, "4.0", "acm",   Y,     Y,     N},
    {"14.1",     N, Y,    Y, Y,  "3",   "wsman", "1.1", "1.2", "table",
     ALL_HASHES, Y, 1024, 0, 23, "4.0", "acm",   Y,     Y,     N},
    {"15.0.23.1706", N, Y,    Y, Y,  "3",   "wsman", "1.1", "1.2", "table",
     ALL_HASHES,     N, 2048, 0, 23, "4.0", "acm",   Y,     Y,     N},
    {"16.0",          N, Y,    Y, Y,  "3",   "wsman", "1.2", "1.2", "table",
     "sha256;sha384", N, 2048, 0, 22, "4.0", "acm",   Y,     Y,     N},
    {"16.1",          N, Y,    Y, Y,  "3",   "wsman", "1.2", "1.2", "table",
     "sha256;sha384", N, 2048, 0, 22, "4.0", "acm",   Y,     N,     N},
    {"16.5",          N, Y,    Y, Y,  "3",   "wsman", "1.2", "1.2", "table",
     "sha256;sha384", N, 2048, 0, 22, "4.0", "acm",   Y,     N,     N},
    {"18.0",          N, Y,    Y, Y,  "3",   "wsman", "1.2", "1.2", "table",
     "sha256;sha384", N, 2048, 0, 22, "4.0", "acm",   Y,     N,     N},
    {"19.0",          N, Y,    Y, Y,  "3",   "wsman", "1.2", "1.2", "table",
     "sha256;sha384", N, 2048, 0, 22, "4.0", "acm",   Y,     N,     N},
    {"22.1",          N, Y,    Y, Y,  "3",   "wsman", "1.2", "1.2", "table",
     "sha256;sha384", N, 2048, 0, 22, "4.0", "acm",   Y,     N,     N},
};

static void
check_method (AmtProvCapabilities *caps, const Row *row, const char *method, gboolean expected)
{
  g_autofree char *reason = NULL;
  g_autoptr (AmtProvRule) rule = NULL;

  g_test_message ("%s %s", row->release, method);
  g_assert_cmpint (amt_prov_capabilities_allows_method (caps, method, &reason, &rule), ==,
                   expected);
  g_assert_cmpuint (strlen (reason), >, 10);
  g_assert_cmpstr (amt_prov_rule_get_file (rule), ==, "amt.conf");
  g_assert_true (g_str_has_prefix (amt_prov_rule_get_key (rule), "method."));
  g_assert_true (g_str_has_suffix (amt_prov_rule_get_key (rule), method));
  g_assert_cmpuint (amt_prov_rule_get_line (rule), >, 0);
  g_assert_cmpstr (amt_prov_rule_get_group (rule), !=, NULL);
}

static guint
count_roots (AmtProvCapabilities *caps, AmtProvHashAlgorithm algorithm)
{
  GPtrArray *roots = amt_prov_capabilities_get_roots (caps, algorithm);

  return roots ? roots->len : 0;
}

static void
test_rows (void)
{
  g_autoptr (AmtProvCapabilityRegistry) registry = new_registry ();

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    const Row *row = &rows[i];
    g_autoptr (AmtProvCapabilities) caps = lookup (registry, row->release);

    g_test_message ("AMT %s", row->release);
    g_assert_nonnull (caps);
    g_assert_cmpstr (amt_prov_version_get_text (amt_prov_capabilities_get_release (caps)), ==,
                     row->release);
    check_method (caps, row, "psk", row->psk);
    check_method (caps, row, "pki", row->pki);
    check_method (caps, row, "agent", row->agent);
    check_method (caps, row, "usb", row->usb);
#define CHECK_TEXT(key, field)                                                                     \
  g_assert_cmpstr (amt_prov_capabilities_get_string (caps, key), ==, row->field)
    CHECK_TEXT ("hello-versions", hello);
    CHECK_TEXT ("interfaces", interfaces);
    CHECK_TEXT ("tls-min", tls_min);
    CHECK_TEXT ("tls-max", tls_max);
    CHECK_TEXT ("suffix-rule", suffix_rule);
    CHECK_TEXT ("hash-algorithms", hashes);
    CHECK_TEXT ("setup-bin-version", setup_bin);
    CHECK_TEXT ("host-based", host_based);
#undef CHECK_TEXT
    g_assert_cmpint (amt_prov_capabilities_get_boolean (caps, "sha1-chain"), ==, row->sha1_chain);
    g_assert_cmpint (amt_prov_capabilities_get_int (caps, "min-rsa-bits"), ==, row->rsa_bits);
    g_assert_cmpuint (count_roots (caps, AMT_PROV_HASH_ALGORITHM_SHA1), ==, row->n_sha1);
    g_assert_cmpuint (count_roots (caps, AMT_PROV_HASH_ALGORITHM_SHA256), ==, row->n_sha256);
    g_assert_cmpint (amt_prov_capabilities_get_boolean (caps, "generate-key-pair"), ==,
                     row->generate);
    g_assert_cmpint (amt_prov_capabilities_get_boolean (caps, "plain-port"), ==, row->plain);
    g_assert_cmpint (amt_prov_capabilities_get_boolean (caps, "set-psk"), ==, row->set_psk);
    g_assert_cmpint (amt_prov_capabilities_get_string (caps, "psk-ciphers") != NULL, ==, row->psk);
  }
}

static void
test_log_in (void)
{
  g_autoptr (AmtProvCapabilityRegistry) registry = new_registry ();
  g_autoptr (AmtProvCapabilities) before = lookup (registry, "5.2");
  g_autoptr (AmtProvCapabilities) after = lookup (registry, "6.0");

  g_assert_false (amt_prov_capabilities_get_boolean (before, "keeps-log-in"));
  g_assert_true (amt_prov_capabilities_get_boolean (after, "keeps-log-in"));
}

static void
test_unknown_releases (void)
{
  static const char *const never[] = {"1.1", "2.3", "2.4", "2.7",  "3.3",
                                      "4.3", "5.3", "6.3", "13.0", "17.0"};
  g_autoptr (AmtProvCapabilityRegistry) registry = new_registry ();

  for (gsize i = 0; i < G_N_ELEMENTS (never); i++) {
    g_autoptr (AmtProvCapabilities) caps = lookup (registry, never[i]);

    g_test_message ("AMT %s", never[i]);
    g_assert_null (caps);
  }
}

static void
test_reasons (void)
{
  static const struct {
    const char *release, *method, *group, *text;
  } reasons[] = {
      {"2.5", "pki", "2.5", "AMT 2.0, 2.1 and 2.5 know only PID/PPS provisioning"},
      {"2.2", "pki", "2.2", "not bare-metal"},
      {"11.0", "psk", "11.x", "PSK provisioning was removed in AMT 11.0"},
      {"18.0", "pki", "18.x", "unproven"},
      {"12.0", "usb", "12.x", "PKI settings only"},
  };
  g_autoptr (AmtProvCapabilityRegistry) registry = new_registry ();

  for (gsize i = 0; i < G_N_ELEMENTS (reasons); i++) {
    g_autoptr (AmtProvCapabilities) caps = lookup (registry, reasons[i].release);
    g_autofree char *reason = NULL;
    g_autoptr (AmtProvRule) rule = NULL;

    amt_prov_capabilities_allows_method (caps, reasons[i].method, &reason, &rule);
    g_assert_nonnull (strstr (reason, reasons[i].text));
    g_assert_cmpstr (amt_prov_rule_get_group (rule), ==, reasons[i].group);
  }
}

static void
test_unnamed_method (void)
{
  g_autoptr (AmtProvCapabilityRegistry) registry = new_registry ();
  g_autoptr (AmtProvCapabilities) caps = lookup (registry, "9.5");
  g_autofree char *reason = NULL;
  g_autoptr (AmtProvRule) rule = NULL;

  g_assert_false (amt_prov_capabilities_allows_method (caps, "carrier-pigeon", &reason, &rule));
  g_assert_cmpstr (reason, ==, "no capability file names it for AMT 9.5");
  g_assert_null (rule);
  g_assert_false (amt_prov_capabilities_allows_method (caps, "carrier-pigeon", NULL, NULL));
  g_assert_null (amt_prov_capabilities_get_string (caps, "no-such-key"));
  g_assert_cmpint (amt_prov_capabilities_get_int (caps, "no-such-key"), ==, 0);
  g_assert_null (amt_prov_capabilities_dup_rule (caps, "no-such-key"));
}

static void
test_lists (void)
{
  static const char *const expected[] = {"psk", "pki", "agent", "usb", NULL};
  g_autoptr (AmtProvCapabilityRegistry) registry = new_registry ();
  g_auto (GStrv) methods = amt_prov_capability_registry_list_methods (registry);
  g_auto (GStrv) groups = amt_prov_capability_registry_list_groups (registry);

  g_assert_true (g_strv_equal ((const char *const *)methods, expected));
  g_assert_cmpstr (groups[0], ==, "1.0");
  g_assert_true (g_strv_contains ((const char *const *)groups, "16.1..16.x"));
  g_assert_false (g_strv_contains ((const char *const *)groups, "12.0..15.x"));
}

static void
test_root_names (void)
{
  static const char comodo[] = "d7a7a0fb5d7e2731d771e9484ebcdef71d5f0c3e0a2948782bc83ee0ea699ef4";
  g_autoptr (AmtProvCapabilityRegistry) registry = new_registry ();
  g_autoptr (AmtProvCertHash) hash = amt_prov_cert_hash_new_from_hex (comodo, NULL);
  g_autoptr (AmtProvCertHash) other =
      amt_prov_cert_hash_new_from_hex ("0000000000000000000000000000000000000000", NULL);
  g_autofree char *name = amt_prov_capability_registry_dup_root_name (registry, hash);

  g_assert_cmpstr (name, ==, "Comodo AAA Certificate Services");
  g_assert_null (amt_prov_capability_registry_dup_root_name (registry, other));
}

static const char uuid[] = "d2ffc23e-9dd1-412d-860a-54b2039b72ff";

static void
test_hello_psk (void)
{
  g_autoptr (AmtProvCapabilityRegistry) registry = new_registry ();
  g_autoptr (AmtProvHello) hello = amt_prov_hello_new_psk (uuid, TRUE, 0, "0000037M");
  g_autoptr (AmtProvCapabilities) caps =
      amt_prov_capability_registry_lookup_hello (registry, hello);

  g_assert_null (amt_prov_capabilities_get_release (caps));
  g_assert_cmpstr (amt_prov_capabilities_get_string (caps, "tls-min"), ==, "1.0");
  g_assert_cmpstr (amt_prov_capabilities_get_string (caps, "tls-max"), ==, "1.1");
  g_assert_cmpstr (amt_prov_capabilities_get_string (caps, "interfaces"), ==, "wsman;eoi");
  g_assert_cmpstr (amt_prov_capabilities_get_string (caps, "psk-ciphers"), ==,
                   "PSK-AES256-CBC-SHA:PSK-AES128-CBC-SHA");
  g_assert_true (amt_prov_capabilities_allows_method (caps, "psk", NULL, NULL));
  g_assert_true (amt_prov_capabilities_get_boolean (caps, "set-psk"));
}

static void
test_hello_pki (void)
{
  g_autoptr (AmtProvCapabilityRegistry) registry = new_registry ();
  g_autoptr (AmtProvHello) hello = amt_prov_hello_new_pki (uuid, TRUE, 0, NULL);
  g_autoptr (AmtProvCapabilities) caps =
      amt_prov_capability_registry_lookup_hello (registry, hello);
  g_autofree char *reason = NULL;
  g_autoptr (AmtProvRule) rule = NULL;

  g_assert_cmpstr (amt_prov_capabilities_get_string (caps, "tls-min"), ==, "1.0");
  g_assert_cmpstr (amt_prov_capabilities_get_string (caps, "tls-max"), ==, "1.2");
  g_assert_cmpint (amt_prov_capabilities_get_int (caps, "security-level"), ==, 0);
  g_assert_cmpint (amt_prov_capabilities_get_int (caps, "min-rsa-bits"), ==, 2048);
  g_assert_cmpstr (amt_prov_capabilities_get_string (caps, "suffix-rule"), ==, "table");
  g_assert_true (amt_prov_capabilities_get_boolean (caps, "sha1-chain"));
  g_assert_true (amt_prov_capabilities_get_boolean (caps, "plain-port"));
  g_assert_true (amt_prov_capabilities_list_contains (caps, "hash-algorithms", "sha384"));
  g_assert_false (amt_prov_capabilities_list_contains (caps, "hash-algorithms", "sha"));
  g_assert_cmpuint (count_roots (caps, AMT_PROV_HASH_ALGORITHM_SHA256), ==, 28);
  g_assert_nonnull (
      strstr (amt_prov_capabilities_get_string (caps, "certificate-ciphers"), ":AES128-SHA"));
  g_assert_true (amt_prov_capabilities_allows_method (caps, "pki", &reason, &rule));
  g_assert_cmpstr (amt_prov_rule_get_group (rule), ==, "3.0..3.2");
  g_assert_cmpstr (reason, ==, "AMT 3.0 and later take bare-metal PKI");
}

static void
test_no_hello (void)
{
  g_autoptr (AmtProvCapabilityRegistry) registry = new_registry ();
  g_autoptr (AmtProvCapabilities) caps = amt_prov_capability_registry_lookup_hello (registry, NULL);
  g_autofree char *reason = NULL;

  g_assert_true (amt_prov_capabilities_allows_method (caps, "psk", NULL, NULL));
  g_assert_true (amt_prov_capabilities_allows_method (caps, "pki", NULL, NULL));
  g_assert_cmpstr (amt_prov_capabilities_get_string (caps, "hello-versions"), ==, "3;2");
  g_assert_false (amt_prov_capabilities_allows_method (caps, "carrier-pigeon", &reason, NULL));
  g_assert_nonnull (strstr (reason, "not known yet"));
}

/* A folder with one overlay file. */
typedef struct {
  char *dir;
  char *file;
} Overlay;

static void
overlay_write (Overlay *overlay, const char *name, const char *text)
{
  g_autoptr (GError) error = NULL;

  overlay->dir = g_dir_make_tmp ("amtprov-registry-XXXXXX", &error);
  g_assert_no_error (error);
  overlay->file = g_build_filename (overlay->dir, name, NULL);
  g_file_set_contents (overlay->file, text, -1, &error);
  g_assert_no_error (error);
}

static void
overlay_clear (Overlay *overlay)
{
  g_remove (overlay->file);
  g_rmdir (overlay->dir);
  g_free (overlay->file);
  g_free (overlay->dir);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Overlay, overlay_clear)

static AmtProvCapabilityRegistry *
new_with_overlay (Overlay *overlay, GError **error)
{
  const char *const directories[] = {"/nonexistent/amtprov", overlay->dir, NULL};

  return amt_prov_capability_registry_new (directories, error);
}

static void
test_overlay_cell (void)
{
  g_auto (Overlay) overlay = {0};
  g_autoptr (GError) error = NULL;
  g_autoptr (AmtProvCapabilityRegistry) registry = NULL;
  g_autoptr (AmtProvCapabilities) caps = NULL;
  g_autofree char *reason = NULL;
  g_autoptr (AmtProvRule) rule = NULL;

  overlay_write (&overlay, "site.conf", "# site\n[2.2]\nmethod.agent=no\n");
  registry = new_with_overlay (&overlay, &error);
  g_assert_no_error (error);
  caps = lookup (registry, "2.2");
  g_assert_false (amt_prov_capabilities_allows_method (caps, "agent", &reason, &rule));
  g_assert_cmpstr (reason, ==, "AMT 2.2 cannot be provisioned this way");
  g_assert_cmpstr (amt_prov_rule_get_file (rule), ==, overlay.file);
  g_assert_cmpstr (amt_prov_rule_get_group (rule), ==, "2.2");
  g_assert_cmpstr (amt_prov_rule_get_key (rule), ==, "method.agent");
  g_assert_cmpuint (amt_prov_rule_get_line (rule), ==, 3);
  g_assert_true (amt_prov_capabilities_allows_method (caps, "psk", NULL, NULL));
  g_assert_cmpstr (amt_prov_capabilities_get_string (caps, "tls-max"), ==, "1.0");
}

static void
test_overlay_range (void)
{
  g_auto (Overlay) overlay = {0};
  g_autoptr (GError) error = NULL;
  g_autoptr (AmtProvCapabilityRegistry) registry = NULL;
  g_autoptr (AmtProvCapabilities) before = NULL, inside = NULL, after = NULL, never = NULL;

  overlay_write (&overlay, "site.conf",
                 "[7.1..8.0]\nmethod.tunnel=yes\nmethod.tunnel.note=by \"OEM\"\ntls-max=1.2\n"
                 "[2.0..x]\nplain-port=no\n");
  registry = new_with_overlay (&overlay, &error);
  g_assert_no_error (error);
  before = lookup (registry, "7.0");
  inside = lookup (registry, "8.0.3");
  after = lookup (registry, "8.1");
  never = lookup (registry, "13.0");
  g_assert_cmpstr (amt_prov_capabilities_get_string (before, "tls-max"), ==, "1.1");
  g_assert_cmpstr (amt_prov_capabilities_get_string (inside, "tls-max"), ==, "1.2");
  g_assert_cmpstr (amt_prov_capabilities_get_string (after, "tls-max"), ==, "1.1");
  g_assert_true (amt_prov_capabilities_allows_method (inside, "tunnel", NULL, NULL));
  g_assert_false (amt_prov_capabilities_allows_method (after, "tunnel", NULL, NULL));
  g_assert_false (amt_prov_capabilities_get_boolean (after, "plain-port"));
  g_assert_null (never);
}

static void
test_overlay_errors (void)
{
  static const struct {
    const char *text, *line, *say, *allowed;
  } cases[] = {
      {"[2.2]\n\nmethd.psk=yes\n", ":3: [2.2] methd.psk: ", "unknown key", "tls-min"},
      {"[2.2]\nmethod.psk=maybe\n", ":2: [2.2] method.psk: ", "\"maybe\"", "yes or no"},
      {"[7.x]\ntls-max=1.3\n", ":2: [7.x] tls-max: ", "\"1.3\"", "1.0, 1.1, 1.2"},
      {"[7.x]\nsecurity-level=9\n", ":2: [7.x] security-level: ", "\"9\"", "from 0 to 2"},
      {"[7.x]\ninterfaces=wsman;soap\n", ":2: [7.x] interfaces: ", "\"wsman;soap\"", "wsman, eoi"},
      {"[7.x]\nroots-sha1=nobody\n", ":2: [7.x] roots-sha1: ", "\"nobody\"", "roots.conf"},
      {"[7.x]\nroots-sha1=digicert-global\n", ":2: [7.x] roots-sha1: ", "no hash", "roots.conf"},
      {"\n[seven]\nset-psk=no\n", ":2: [seven]: ", "range", "20.0..x"},
      {"[9.0..8.0]\nset-psk=no\n", ":1: [9.0..8.0]: ", "range", "20.0..x"},
      {"[7]\nset-psk=no\n", ":1: [7]: ", "range", "7.x"},
      {"[7.x]\nset-psk=no\n[7.x]\nset-psk=yes\n", ":3: ", "7.x", "line 1"},
      {"[7.x]\nset-psk\n", ":2: ", "", "KEY=VALUE"},
      {"[7.x]\nmethod.=yes\n", ":2: [7.x] method.: ", "unknown key", "method.ID"},
      {"[7.x]\nmethod.psk.why=x\n", ":2: [7.x] method.psk.why: ", "unknown key", "method.ID.note"},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_auto (Overlay) overlay = {0};
    g_autoptr (GError) error = NULL;
    g_autoptr (AmtProvCapabilityRegistry) registry = NULL;
    g_autofree char *place = NULL;

    overlay_write (&overlay, "site.conf", cases[i].text);
    registry = new_with_overlay (&overlay, &error);
    g_assert_null (registry);
    g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFIG);
    g_test_message ("%s", error->message);
    place = g_strconcat (overlay.file, cases[i].line, NULL);
    g_assert_true (g_str_has_prefix (error->message, place));
    g_assert_nonnull (strstr (error->message, cases[i].say));
    g_assert_nonnull (strstr (error->message, cases[i].allowed));
  }
}

static void
test_overlay_roots (void)
{
  static const char text[] =
      "[own-root]\nname=Own root\n"
      "sha256=0000000000000000000000000000000000000000000000000000000000000001\n";
  g_auto (Overlay) overlay = {0}, bad = {0}, empty = {0};
  g_autoptr (GError) error = NULL;
  g_autoptr (AmtProvCapabilityRegistry) registry = NULL;
  g_autoptr (AmtProvCertHash) hash = NULL;
  g_autofree char *name = NULL;

  overlay_write (&overlay, "roots.conf", text);
  registry = new_with_overlay (&overlay, &error);
  g_assert_no_error (error);
  hash = amt_prov_cert_hash_new_from_hex (strstr (text, "sha256=") + 7, NULL);
  g_assert_null (hash);
  hash = amt_prov_cert_hash_new_from_hex (
      "0000000000000000000000000000000000000000000000000000000000000001", NULL);
  name = amt_prov_capability_registry_dup_root_name (registry, hash);
  g_assert_cmpstr (name, ==, "Own root");

  overlay_write (&bad, "roots.conf", "[own-root]\nname=Own root\nsha1=1234\n");
  g_assert_null (new_with_overlay (&bad, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFIG);
  g_assert_nonnull (strstr (error->message, ":3: [own-root] sha1: "));
  g_clear_error (&error);

  overlay_write (&empty, "roots.conf", "[own-root]\nname=Own root\n");
  g_assert_null (new_with_overlay (&empty, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFIG);
  g_assert_nonnull (strstr (error->message, ":1: [own-root]: "));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/registry/rows", test_rows);
  g_test_add_func ("/registry/log-in", test_log_in);
  g_test_add_func ("/registry/unknown-releases", test_unknown_releases);
  g_test_add_func ("/registry/reasons", test_reasons);
  g_test_add_func ("/registry/unnamed-method", test_unnamed_method);
  g_test_add_func ("/registry/lists", test_lists);
  g_test_add_func ("/registry/root-names", test_root_names);
  g_test_add_func ("/registry/hello/psk", test_hello_psk);
  g_test_add_func ("/registry/hello/pki", test_hello_pki);
  g_test_add_func ("/registry/hello/none", test_no_hello);
  g_test_add_func ("/registry/overlay/cell", test_overlay_cell);
  g_test_add_func ("/registry/overlay/range", test_overlay_range);
  g_test_add_func ("/registry/overlay/errors", test_overlay_errors);
  g_test_add_func ("/registry/overlay/roots", test_overlay_roots);
  return g_test_run ();
}
