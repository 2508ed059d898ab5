/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <amtprov/amtprov.h>
#include <openssl/rsa.h>

#include "fixture.h"
#include "site/certificate-file-private.h"
#include "site/provisioning-certificate-private.h"

/* Made once for all tests: generating RSA keys takes longer than the rest. */
typedef struct {
  EVP_PKEY *root;
  EVP_PKEY *middle;
  EVP_PKEY *leaf;
} Keys;

typedef struct {
  char *folder;
  EVP_PKEY *root_key;
  EVP_PKEY *middle_key;
  EVP_PKEY *leaf_key;
  Cert *root;
  Cert *middle;
  Cert *leaf;
  AmtProvCapabilityRegistry *registry;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  const Keys *keys = data;
  g_autoptr (GError) error = NULL;
  const char *const none[] = {NULL};

  f->folder = g_dir_make_tmp ("amtprov-XXXXXX", NULL);
  f->root_key = keys->root;
  f->middle_key = keys->middle;
  f->leaf_key = keys->leaf;
  f->root = cert_new ("Root", f->root_key, NULL, CERT_CA);
  f->middle = cert_new ("Middle", f->middle_key, f->root, CERT_CA);
  f->leaf = cert_new ("prov.corp.example.com", f->leaf_key, f->middle, CERT_PROVISIONING);
  f->registry = amt_prov_capability_registry_new (none, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_clear_object (&f->registry);
  cert_free (f->root);
  cert_free (f->middle);
  cert_free (f->leaf);
  remove_folder (f->folder);
  g_free (f->folder);
}

static AmtProvProvisioningCertificate *
load (Fixture *f, Cert **certs, EVP_PKEY *key)
{
  g_autofree char *path = write_certs (f->folder, "chain.pem", certs, key);
  g_autoptr (GError) error = NULL;
  AmtProvProvisioningCertificate *certificate =
      amt_prov_provisioning_certificate_new (path, NULL, NULL, &error);

  g_assert_no_error (error);
  return certificate;
}

static void
assert_chain (AmtProvProvisioningCertificate *certificate, Cert **certs)
{
  STACK_OF (X509) *chain = amt_prov_provisioning_certificate_peek_chain (certificate);
  int i;

  for (i = 0; certs[i]; i++)
    g_assert_cmpint (X509_cmp (sk_X509_value (chain, i), certs[i]->x509), ==, 0);
  g_assert_cmpint (sk_X509_num (chain), ==, i);
  g_assert_cmpuint (amt_prov_provisioning_certificate_get_chain (certificate)->len, ==, i);
}

static void
assert_refused (const char *path, const char *key_path, const char *passphrase, const char *wanted)
{
  g_autoptr (AmtProvSecret) secret = passphrase ? amt_prov_secret_new_text (passphrase) : NULL;
  g_autoptr (GError) error = NULL;

  g_assert_null (amt_prov_provisioning_certificate_new (path, key_path, secret, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFIG);
  g_assert_true (g_str_has_prefix (error->message, path) ||
                 (key_path && g_str_has_prefix (error->message, key_path)));
  if (!strstr (error->message, wanted))
    g_error ("\"%s\" lacks \"%s\"", error->message, wanted);
}

static void
test_order (Fixture *f, gconstpointer data)
{
  Cert *right[] = {f->leaf, f->middle, f->root, NULL};
  Cert *const shuffles[][4] = {
      {f->leaf, f->middle, f->root, NULL},
      {f->root, f->middle, f->leaf, NULL},
      {f->middle, f->leaf, f->root, NULL},
      {f->root, f->leaf, f->middle, NULL},
  };

  for (guint i = 0; i < G_N_ELEMENTS (shuffles); i++) {
    g_autoptr (AmtProvProvisioningCertificate) with_key =
        load (f, (Cert **)shuffles[i], f->leaf_key);
    g_autoptr (AmtProvProvisioningCertificate) without = load (f, (Cert **)shuffles[i], NULL);

    assert_chain (with_key, right);
    assert_chain (without, right);
    g_assert_true (amt_prov_provisioning_certificate_has_key (with_key));
    g_assert_false (amt_prov_provisioning_certificate_has_key (without));
    g_assert_cmpstr (amt_prov_provisioning_certificate_get_common_name (with_key), ==,
                     "prov.corp.example.com");
    g_assert_false (amt_prov_provisioning_certificate_uses_sha1 (with_key));
  }
}

static void
test_root_hash (Fixture *f, gconstpointer data)
{
  Cert *whole[] = {f->root, f->middle, f->leaf, NULL};
  Cert *rootless[] = {f->leaf, f->middle, NULL};
  g_autoptr (AmtProvProvisioningCertificate) certificate = load (f, whole, f->leaf_key);
  g_autoptr (AmtProvProvisioningCertificate) short_one = load (f, rootless, f->leaf_key);

  for (guint i = AMT_PROV_HASH_ALGORITHM_SHA1; i <= AMT_PROV_HASH_ALGORITHM_SHA384; i++) {
    g_autoptr (AmtProvCertHash) hash = amt_prov_cert_hash_new_from_der (
        i, g_ptr_array_index (amt_prov_provisioning_certificate_get_chain (certificate), 2));

    g_assert_true (amt_prov_cert_hash_equal (
        hash, amt_prov_provisioning_certificate_get_root_hash (certificate, i)));
    g_assert_null (amt_prov_provisioning_certificate_get_root_hash (short_one, i));
  }
}

static void
test_key_files (Fixture *f, gconstpointer data)
{
  Cert *certs[] = {f->leaf, f->middle, f->root, NULL};
  g_autofree char *path = write_certs (f->folder, "chain.pem", certs, NULL);
  g_autofree char *clear = write_key (f->folder, "clear.key", f->leaf_key, NULL);
  g_autofree char *locked = write_key (f->folder, "locked.key", f->leaf_key, "sesame");
  g_autoptr (EVP_PKEY) stranger = key_new_ec ();
  g_autofree char *foreign = write_key (f->folder, "foreign.key", stranger, NULL);
  g_autoptr (AmtProvSecret) passphrase = amt_prov_secret_new_text ("sesame");
  g_autoptr (GError) error = NULL;
  g_autoptr (AmtProvProvisioningCertificate) first = NULL;
  g_autoptr (AmtProvProvisioningCertificate) second = NULL;

  first = amt_prov_provisioning_certificate_new (path, clear, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (amt_prov_provisioning_certificate_has_key (first));
  second = amt_prov_provisioning_certificate_new (path, locked, passphrase, &error);
  g_assert_no_error (error);
  g_assert_nonnull (amt_prov_provisioning_certificate_peek_key (second));

  assert_refused (path, locked, NULL, "no passphrase was given");
  assert_refused (path, locked, "wrong", "passphrase is wrong");
  assert_refused (path, foreign, NULL, "belongs to the private key");
  assert_refused (path, path, NULL, "holds no private key");
  assert_refused (clear, NULL, NULL, "holds no certificate");
  assert_refused (path, "/nonexistent/key", NULL, "cannot be read");
}

static void
test_pkcs12 (Fixture *f, gconstpointer data)
{
  Cert *certs[] = {f->leaf, f->root, f->middle, NULL};
  Cert *right[] = {f->leaf, f->middle, f->root, NULL};

  for (guint old = 0; old < 2; old++) {
    g_autofree char *path = write_pkcs12 (f->folder, "bundle.p12", certs, "sesame", old);
    g_autoptr (AmtProvSecret) passphrase = amt_prov_secret_new_text ("sesame");
    g_autoptr (GError) error = NULL;
    g_autoptr (AmtProvProvisioningCertificate) certificate =
        amt_prov_provisioning_certificate_new (path, NULL, passphrase, &error);
    EVP_CIPHER *rc2;

    g_assert_no_error (error);
    assert_chain (certificate, right);
    g_assert_cmpint (
        EVP_PKEY_eq (amt_prov_provisioning_certificate_peek_key (certificate), f->leaf_key), ==, 1);
    rc2 = EVP_CIPHER_fetch (NULL, "RC2-40-CBC", NULL);
    g_assert_null (rc2);
    assert_refused (path, NULL, "wrong", "passphrase is wrong");
    assert_refused (path, NULL, NULL, "no passphrase was given");
  }
}

static void
test_damaged_files (Fixture *f, gconstpointer data)
{
  Cert *gap[] = {f->leaf, f->root, NULL};
  g_autofree char *gap_path = write_certs (f->folder, "gap.pem", gap, f->leaf_key);
  g_autofree char *text = write_file (f->folder, "text.pem", "hello\n");
  g_autofree char *empty = write_file (f->folder, "empty.pem", "");
  g_autofree char *cut = write_file (f->folder, "cut.pem",
                                     "-----BEGIN CERTIFICATE-----\nMIIB\n"
                                     "-----END CERTIFICATE-----\n");

  assert_refused (gap_path, NULL, NULL, "the chain is broken");
  assert_refused (gap_path, NULL, NULL, "Middle");
  assert_refused (text, NULL, NULL, "neither PEM");
  assert_refused (empty, NULL, NULL, "neither PEM");
  assert_refused (cut, NULL, NULL, "certificate number 1 of the file is damaged");
  assert_refused ("/nonexistent/prov.pem", NULL, NULL, "cannot be read");
}

static void
test_der (Fixture *f, gconstpointer data)
{
  Cert *certs[] = {f->root, f->middle, f->leaf, NULL};
  Cert *right[] = {f->leaf, f->middle, f->root, NULL};
  g_autoptr (AmtProvProvisioningCertificate) loaded = load (f, certs, NULL);
  GPtrArray *chain = amt_prov_provisioning_certificate_get_chain (loaded);
  g_autoptr (GPtrArray) bad = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);
  g_autoptr (AmtProvSecret) junk = amt_prov_secret_new_text ("junk");
  g_autoptr (AmtProvSecret) key = NULL;
  g_autoptr (AmtProvProvisioningCertificate) again = NULL;
  g_autoptr (GError) error = NULL;
  guint8 *der = NULL;
  int length = i2d_PrivateKey (f->leaf_key, &der);

  key = amt_prov_secret_new (der, length);
  OPENSSL_free (der);
  again = amt_prov_provisioning_certificate_new_from_der (chain, key, &error);
  g_assert_no_error (error);
  assert_chain (again, right);
  g_assert_true (amt_prov_provisioning_certificate_has_key (again));

  g_assert_null (amt_prov_provisioning_certificate_new_from_der (chain, junk, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA);
  g_clear_error (&error);
  g_assert_null (amt_prov_provisioning_certificate_new_from_der (bad, NULL, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA);
  g_clear_error (&error);
  g_ptr_array_add (bad, g_bytes_new_static ("\x30\x03\x02\x01\x01", 5));
  g_assert_null (amt_prov_provisioning_certificate_new_from_der (bad, NULL, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA);
}

static AmtProvCapabilities *
release (Fixture *f, const char *text)
{
  g_autoptr (AmtProvVersion) version = text ? amt_prov_version_parse (text, NULL) : NULL;
  AmtProvCapabilities *capabilities =
      text ? amt_prov_capability_registry_lookup (f->registry, version) : NULL;

  g_assert_true (!text || capabilities);
  return capabilities;
}

static void
assert_result (AmtProvProvisioningCertificate *certificate,
               const char *suffix,
               AmtProvHello *hello,
               AmtProvCapabilities *capabilities,
               const char *id,
               AmtProvCheckResult wanted)
{
  g_autoptr (GPtrArray) checks =
      amt_prov_provisioning_certificate_check (certificate, suffix, hello, capabilities);

  g_assert_cmpuint (checks->len, ==, 15);
  for (guint i = 0; i < checks->len; i++) {
    AmtProvCheck *check = checks->pdata[i];

    if (!g_str_equal (amt_prov_check_get_id (check), id))
      continue;
    if (amt_prov_check_get_result (check) != wanted)
      g_error ("%s came out as %d: %s", id, amt_prov_check_get_result (check),
               amt_prov_check_get_sentence (check));
    return;
  }
  g_error ("there is no check %s", id);
}

/* One leaf below the middle certificate, held against one release. */
static void
assert_leaf (Fixture *f,
             const char *name,
             EVP_PKEY *key,
             CertFlags flags,
             const char *amt,
             const char *suffix,
             const char *id,
             AmtProvCheckResult wanted)
{
  g_autoptr (Cert) leaf = cert_new (name, key, f->middle, flags);
  Cert *certs[] = {leaf, f->middle, f->root, NULL};
  g_autoptr (AmtProvProvisioningCertificate) certificate = load (f, certs, key);
  g_autoptr (AmtProvCapabilities) capabilities = release (f, amt);

  assert_result (certificate, suffix, NULL, capabilities, id, wanted);
}

#define PASS    AMT_PROV_CHECK_RESULT_PASS
#define FAIL    AMT_PROV_CHECK_RESULT_FAIL
#define UNKNOWN AMT_PROV_CHECK_RESULT_UNKNOWN
#define GOOD    CERT_PROVISIONING

static void
test_leaf_rules (Fixture *f, gconstpointer data)
{
  g_autoptr (EVP_PKEY) small = EVP_RSA_gen (1024);
  g_autoptr (EVP_PKEY) ec = key_new_ec ();
  EVP_PKEY *key = f->leaf_key;
  const char *name = "prov.corp.example.com";

  assert_leaf (f, name, key, GOOD, NULL, NULL, "purpose", PASS);
  assert_leaf (f, name, key, CERT_UNIT | CERT_SERVER_AUTH, NULL, NULL, "purpose", PASS);
  assert_leaf (f, name, key, CERT_SERVER_AUTH, NULL, NULL, "purpose", FAIL);
  assert_leaf (f, name, key, GOOD, NULL, NULL, "server-auth", PASS);
  assert_leaf (f, name, key, CERT_OID, NULL, NULL, "server-auth", FAIL);
  assert_leaf (f, name, key, CERT_UNIT, NULL, NULL, "server-auth", FAIL);
  assert_leaf (f, name, key, GOOD, NULL, NULL, "key-type", PASS);
  assert_leaf (f, name, ec, GOOD, NULL, NULL, "key-type", FAIL);
  assert_leaf (f, name, key, GOOD, "16.1", NULL, "key-size", PASS);
  assert_leaf (f, name, small, GOOD, "16.1", NULL, "key-size", FAIL);
  assert_leaf (f, name, small, GOOD, "9.5", NULL, "key-size", PASS);
  assert_leaf (f, name, small, GOOD, NULL, NULL, "key-size", UNKNOWN);
  assert_leaf (f, name, key, GOOD, NULL, NULL, "private-key", PASS);
  assert_leaf (f, name, key, GOOD, NULL, NULL, "validity", PASS);
  assert_leaf (f, name, key, GOOD | CERT_EXPIRED, NULL, NULL, "validity", FAIL);
  assert_leaf (f, name, key, GOOD | CERT_EARLY, NULL, NULL, "validity", FAIL);
  assert_leaf (f, name, key, GOOD, "3.2", NULL, "chain-size", PASS);
  assert_leaf (f, name, key, GOOD | CERT_BIG, "3.2", NULL, "chain-size", FAIL);
  assert_leaf (f, name, key, GOOD | CERT_BIG, "9.5", NULL, "chain-size", PASS);
  assert_leaf (f, name, key, GOOD | CERT_BIG, NULL, NULL, "chain-size", UNKNOWN);
}

static void
test_suffix_rule (Fixture *f, gconstpointer data)
{
  EVP_PKEY *key = f->leaf_key;
  const char *name = "prov.corp.example.com";

  assert_leaf (f, name, key, GOOD, "16.1", NULL, "suffix", UNKNOWN);
  assert_leaf (f, name, key, GOOD, "16.1", "corp.example.com", "suffix", PASS);
  assert_leaf (f, name, key, GOOD, "16.1", "lab.example.com", "suffix", PASS);
  assert_leaf (f, name, key, GOOD, "16.1", "example.org", "suffix", FAIL);
  assert_leaf (f, name, key, GOOD, NULL, "corp.example.com", "suffix", PASS);
  assert_leaf (f, name, key, GOOD, NULL, "lab.example.com", "suffix", UNKNOWN);
  assert_leaf (f, name, key, GOOD, NULL, "example.org", "suffix", FAIL);
  assert_leaf (f, name, key, GOOD | CERT_NO_NAME, NULL, "example.com", "suffix", FAIL);
}

static void
test_private_key_missing (Fixture *f, gconstpointer data)
{
  Cert *certs[] = {f->leaf, f->middle, f->root, NULL};
  g_autoptr (AmtProvProvisioningCertificate) certificate = load (f, certs, NULL);

  assert_result (certificate, NULL, NULL, NULL, "private-key", FAIL);
}

static void
test_sha1_rules (Fixture *f, gconstpointer data)
{
  g_autoptr (Cert) old_root = cert_new ("Old root", f->root_key, NULL, CERT_CA | CERT_SHA1);
  g_autoptr (Cert) old_leaf =
      cert_new ("prov.example.com", f->leaf_key, old_root, GOOD | CERT_SHA1);
  g_autoptr (Cert) mixed_leaf = cert_new ("prov.example.com", f->leaf_key, old_root, GOOD);
  Cert *old_chain[] = {old_leaf, old_root, NULL};
  Cert *mixed_chain[] = {mixed_leaf, old_root, NULL};
  Cert *new_chain[] = {f->leaf, f->middle, f->root, NULL};
  g_autoptr (AmtProvProvisioningCertificate) sha1 = load (f, old_chain, f->leaf_key);
  g_autoptr (AmtProvProvisioningCertificate) mixed = load (f, mixed_chain, f->leaf_key);
  g_autoptr (AmtProvProvisioningCertificate) sha256 = load (f, new_chain, f->leaf_key);
  g_autoptr (AmtProvCapabilities) amt3 = release (f, "3.2");
  g_autoptr (AmtProvCapabilities) amt9 = release (f, "9.5");
  g_autoptr (AmtProvCapabilities) amt16 = release (f, "16.1");

  g_assert_true (amt_prov_provisioning_certificate_uses_sha1 (sha1));
  g_assert_true (amt_prov_provisioning_certificate_uses_sha1 (mixed));
  assert_result (sha1, NULL, NULL, amt16, "signature-algorithm", FAIL);
  assert_result (mixed, NULL, NULL, amt16, "signature-algorithm", FAIL);
  assert_result (sha256, NULL, NULL, amt16, "signature-algorithm", PASS);
  assert_result (sha1, NULL, NULL, amt9, "signature-algorithm", PASS);
  assert_result (sha1, NULL, NULL, NULL, "signature-algorithm", UNKNOWN);
  assert_result (sha1, NULL, NULL, amt3, "hash-algorithm", PASS);
  assert_result (mixed, NULL, NULL, amt3, "hash-algorithm", FAIL);
  assert_result (sha256, NULL, NULL, amt3, "hash-algorithm", FAIL);
  assert_result (sha256, NULL, NULL, amt9, "hash-algorithm", PASS);
  assert_result (sha256, NULL, NULL, NULL, "hash-algorithm", UNKNOWN);
}

static void
test_chain_rules (Fixture *f, gconstpointer data)
{
  g_autoptr (Cert) second = cert_new ("Second", f->middle_key, f->middle, CERT_CA);
  g_autoptr (Cert) third = cert_new ("Third", f->middle_key, second, CERT_CA);
  g_autoptr (Cert) deep = cert_new ("deep.example.com", f->leaf_key, third, GOOD);
  g_autoptr (Cert) alone = cert_new ("alone.example.com", f->leaf_key, NULL, GOOD);
  g_autoptr (Cert) forged =
      cert_new ("forged.example.com", f->leaf_key, f->middle, GOOD | CERT_WRONG_SIGNATURE);
  Cert *deep_chain[] = {third, deep, second, f->middle, f->root, NULL};
  Cert *alone_chain[] = {alone, NULL};
  Cert *forged_chain[] = {forged, f->middle, f->root, NULL};
  Cert *rootless_chain[] = {f->leaf, f->middle, NULL};
  Cert *good_chain[] = {f->leaf, f->middle, f->root, NULL};
  g_autoptr (AmtProvProvisioningCertificate) too_deep = load (f, deep_chain, f->leaf_key);
  g_autoptr (AmtProvProvisioningCertificate) single = load (f, alone_chain, f->leaf_key);
  g_autoptr (AmtProvProvisioningCertificate) bad = load (f, forged_chain, f->leaf_key);
  g_autoptr (AmtProvProvisioningCertificate) rootless = load (f, rootless_chain, f->leaf_key);
  g_autoptr (AmtProvProvisioningCertificate) good = load (f, good_chain, f->leaf_key);

  assert_result (too_deep, NULL, NULL, NULL, "chain-length", FAIL);
  assert_result (single, NULL, NULL, NULL, "chain-length", FAIL);
  assert_result (good, NULL, NULL, NULL, "chain-length", PASS);
  assert_result (bad, NULL, NULL, NULL, "signatures", FAIL);
  assert_result (good, NULL, NULL, NULL, "signatures", PASS);
  assert_result (good, NULL, NULL, NULL, "chain-order", PASS);
  assert_result (rootless, NULL, NULL, NULL, "root-included", FAIL);
  assert_result (rootless, NULL, NULL, NULL, "root-trusted", UNKNOWN);
  assert_result (good, NULL, NULL, NULL, "root-included", PASS);
}

static void
test_root_trust (Fixture *f, gconstpointer data)
{
  Cert *certs[] = {f->leaf, f->middle, f->root, NULL};
  g_autoptr (AmtProvProvisioningCertificate) certificate = load (f, certs, f->leaf_key);
  g_autoptr (AmtProvCapabilities) amt16 = release (f, "16.1");
  g_autoptr (GPtrArray) own = g_ptr_array_new ();
  g_autoptr (GPtrArray) foreign =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_cert_hash_unref);
  const char *uuid = "11223344-5566-7788-99aa-bbccddeeff00";
  g_autoptr (AmtProvHello) trusting = NULL;
  g_autoptr (AmtProvHello) other = NULL;
  g_autoptr (AmtProvHello) psk = amt_prov_hello_new_psk (uuid, FALSE, 0, "4444444J");

  g_ptr_array_add (own, amt_prov_provisioning_certificate_get_root_hash (
                            certificate, AMT_PROV_HASH_ALGORITHM_SHA256));
  g_ptr_array_add (
      foreign, amt_prov_cert_hash_new_from_hex ("742c3192e607e424eb4549542be1bbc53e6174e2", NULL));
  trusting = amt_prov_hello_new_pki (uuid, FALSE, 0, own);
  other = amt_prov_hello_new_pki (uuid, FALSE, 0, foreign);
  assert_result (certificate, NULL, trusting, NULL, "root-trusted", PASS);
  assert_result (certificate, NULL, trusting, amt16, "root-trusted", PASS);
  assert_result (certificate, NULL, other, NULL, "root-trusted", FAIL);
  assert_result (certificate, NULL, NULL, amt16, "root-trusted", UNKNOWN);
  assert_result (certificate, NULL, NULL, NULL, "root-trusted", UNKNOWN);
  if (psk)
    assert_result (certificate, NULL, psk, NULL, "root-trusted", UNKNOWN);
}

int
main (int argc, char **argv)
{
  g_autoptr (EVP_PKEY) root = EVP_RSA_gen (2048);
  g_autoptr (EVP_PKEY) middle = EVP_RSA_gen (2048);
  g_autoptr (EVP_PKEY) leaf = EVP_RSA_gen (2048);
  Keys keys = {root, middle, leaf};

  g_test_init (&argc, &argv, NULL);
#define ADD(path, function) g_test_add (path, Fixture, &keys, set_up, function, tear_down)
  ADD ("/site/provisioning-certificate/order", test_order);
  ADD ("/site/provisioning-certificate/root-hash", test_root_hash);
  ADD ("/site/provisioning-certificate/key-files", test_key_files);
  ADD ("/site/provisioning-certificate/pkcs12", test_pkcs12);
  ADD ("/site/provisioning-certificate/damaged-files", test_damaged_files);
  ADD ("/site/provisioning-certificate/der", test_der);
  ADD ("/site/provisioning-certificate/leaf-rules", test_leaf_rules);
  ADD ("/site/provisioning-certificate/suffix-rule", test_suffix_rule);
  ADD ("/site/provisioning-certificate/private-key-missing", test_private_key_missing);
  ADD ("/site/provisioning-certificate/sha1-rules", test_sha1_rules);
  ADD ("/site/provisioning-certificate/chain-rules", test_chain_rules);
  ADD ("/site/provisioning-certificate/root-trust", test_root_trust);
  return g_test_run ();
}
