/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <openssl/rsa.h>

#include "config-fixture.h"
#include "fixture.h"

/* A site with an old and a new certificate, and which of them a machine may accept. */

#define UUID    "d2ffc23e-9dd1-412d-860a-54b2039b72ff"
#define OLD     "[pki old]\ncertificate=old.pem\n"
#define NEW     "[pki new]\ncertificate=new.pem\n"
#define EXPIRED "[pki expired]\ncertificate=expired.pem\n"

static EVP_PKEY *root_key, *leaf_key;

static void
write_chain (Fixture *f, const char *file, CertFlags flags)
{
  g_autofree char *name = g_strconcat ("Root of ", file, NULL);
  g_autofree char *path = g_strconcat ("sites.d/", file, NULL);
  g_autoptr (Cert) root = cert_new (name, root_key, NULL, CERT_CA | (flags & CERT_SHA1));
  g_autoptr (Cert) leaf = cert_new ("prov.example.com", leaf_key, root, CERT_PROVISIONING | flags);
  Cert *chain[] = {leaf, root, NULL};

  g_free (write_certs (f->folder, path, chain, leaf_key));
}

static AmtProvConfig *
load_site (Fixture *f, const char *groups)
{
  g_autofree char *text = g_strconcat (NAMED NO_TLS, groups, NULL);

  put (f, "sites.d/lab.conf", text);
  write_chain (f, "old.pem", CERT_SHA1);
  write_chain (f, "new.pem", CERT_PLAIN);
  write_chain (f, "expired.pem", CERT_EXPIRED);
  return load (f);
}

static AmtProvCertHash *
root_of (AmtProvSite *site, const char *group, AmtProvHashAlgorithm algorithm)
{
  AmtProvSettings *settings = amt_prov_site_get_settings (site, group);

  return amt_prov_provisioning_certificate_get_root_hash (
      amt_prov_settings_get_certificate (settings, "certificate"), algorithm);
}

/* @second: NULL: there is one only. */
static AmtProvHello *
hello_new (AmtProvCertHash *first, AmtProvCertHash *second)
{
  g_autoptr (GPtrArray) hashes = g_ptr_array_new ();

  g_ptr_array_add (hashes, first);
  if (second != NULL)
    g_ptr_array_add (hashes, second);
  return amt_prov_hello_new_pki (UUID, FALSE, 0, hashes);
}

static AmtProvCapabilities *
release_new (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (AmtProvCapabilityRegistry) registry = amt_prov_capability_registry_new (NULL, &error);
  g_autoptr (AmtProvVersion) release = amt_prov_version_parse (text, &error);

  g_assert_no_error (error);
  return amt_prov_capability_registry_lookup (registry, release);
}

/* @wanted: their groups, best first. */
static void
assert_chosen (AmtProvConfig *config,
               const char *suffix,
               AmtProvHello *hello,
               const char *amt,
               const char *wanted)
{
  g_autoptr (AmtProvCapabilities) capabilities = amt != NULL ? release_new (amt) : NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) groups = amt_prov_site_choose_certificates (
      amt_prov_config_find_site (config, "lab"), "pki", suffix, hello, capabilities, &error);
  g_autoptr (GString) found = g_string_new (NULL);

  g_assert_no_error (error);
  for (guint i = 0; i < groups->len; i++)
    g_string_append_printf (found, "%s%s", i > 0 ? ", " : "",
                            amt_prov_settings_get_group (groups->pdata[i]));
  g_assert_cmpstr (found->str, ==, wanted);
}

/* @wanted: the text behind "fits this machine", a pattern. */
static void
assert_refused (AmtProvConfig *config,
                const char *suffix,
                AmtProvHello *hello,
                const char *amt,
                const char *wanted)
{
  g_autoptr (AmtProvCapabilities) capabilities = amt != NULL ? release_new (amt) : NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *pattern =
      g_strconcat ("no provisioning certificate of site lab fits this machine:", wanted, NULL);

  g_assert_null (amt_prov_site_choose_certificates (amt_prov_config_find_site (config, "lab"),
                                                    "pki", suffix, hello, capabilities, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_BLOCKED);
  if (!g_pattern_match_simple (pattern, error->message))
    g_error ("\"%s\" is not like \"%s\"", error->message, pattern);
}

static void
test_suffix (Fixture *f, gconstpointer data)
{
  g_autoptr (AmtProvConfig) config = load_site (f, NEW);

  assert_chosen (config, NULL, NULL, NULL, "pki new");
  assert_chosen (config, "example.com", NULL, "16.1", "pki new");
  assert_chosen (config, "lab.example.com", NULL, "16.1", "pki new");
  assert_refused (config, "example.org", NULL, "16.1",
                  " [pki new]: The common name prov.example.com does not match the suffix "
                  "example.org; *");
}

static void
test_roots (Fixture *f, gconstpointer data)
{
  g_autoptr (AmtProvConfig) config = load_site (f, NEW EXPIRED);
  AmtProvSite *site = amt_prov_config_find_site (config, "lab");
  AmtProvCertHash *own = root_of (site, "pki new", AMT_PROV_HASH_ALGORITHM_SHA256);
  g_autoptr (AmtProvCertHash) other = amt_prov_cert_hash_new_from_hex (
      "0000000000000000000000000000000000000000000000000000000000000001", NULL);
  g_autoptr (AmtProvHello) knows = hello_new (other, own);
  g_autoptr (AmtProvHello) lacks = hello_new (other, NULL);
  g_autoptr (AmtProvHello) silent = amt_prov_hello_new_pki (UUID, FALSE, 0, NULL);
  g_autofree char *hex = amt_prov_cert_hash_to_hex (own);
  g_autofree char *wanted =
      g_strdup_printf (" [pki new]: The hash of the root (SHA-256 %s) is not among the 1 that "
                       "the machine trusts; * [pki expired]: The hash of the root * expired on *",
                       hex);

  assert_chosen (config, "example.com", knows, "16.1", "pki new");
  assert_chosen (config, "example.com", silent, "16.1", "pki new");
  assert_refused (config, "example.com", lacks, "16.1", wanted);
}

static void
test_order (Fixture *f, gconstpointer data)
{
  g_autoptr (AmtProvConfig) config = load_site (f, OLD NEW);
  AmtProvSite *site = amt_prov_config_find_site (config, "lab");
  g_autoptr (AmtProvHello) old =
      hello_new (root_of (site, "pki old", AMT_PROV_HASH_ALGORITHM_SHA1),
                 root_of (site, "pki new", AMT_PROV_HASH_ALGORITHM_SHA1));
  g_autoptr (AmtProvHello) mixed =
      hello_new (root_of (site, "pki old", AMT_PROV_HASH_ALGORITHM_SHA1),
                 root_of (site, "pki new", AMT_PROV_HASH_ALGORITHM_SHA256));

  assert_chosen (config, NULL, NULL, NULL, "pki new, pki old");
  assert_chosen (config, NULL, mixed, NULL, "pki new, pki old");
  assert_chosen (config, NULL, old, NULL, "pki old, pki new");
  assert_chosen (config, NULL, old, "3.2", "pki old");
  assert_chosen (config, NULL, mixed, "16.1", "pki new");
}

static void
test_none (Fixture *f, gconstpointer data)
{
  g_autoptr (AmtProvConfig) config = load_site (f, "");

  assert_refused (config, "example.com", NULL, "16.1", " it has none");
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  root_key = EVP_RSA_gen (2048);
  leaf_key = EVP_RSA_gen (2048);
  ADD ("/certificate-choice/suffix", test_suffix);
  ADD ("/certificate-choice/roots", test_roots);
  ADD ("/certificate-choice/order", test_order);
  ADD ("/certificate-choice/none", test_none);
  result = g_test_run ();
  EVP_PKEY_free (root_key);
  EVP_PKEY_free (leaf_key);
  return result;
}
