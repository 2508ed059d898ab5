/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <amtprov/amtprov.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "fixture.h"
#include "site/certificate-file-private.h"

typedef struct {
  char *folder;
  EVP_PKEY *key;
  EVP_PKEY *device;
  Cert *root;
  AmtProvCertificateAuthority *authority;
  GBytes *public_key;
} Fixture;

static GBytes *
rsa_public_key (EVP_PKEY *key)
{
  guint8 *der = NULL;
  int length = i2d_PublicKey (key, &der);
  GBytes *bytes = g_bytes_new (der, length);

  OPENSSL_free (der);
  return bytes;
}

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *certificate = NULL;
  g_autofree char *key = NULL;

  f->folder = g_dir_make_tmp ("amtprov-XXXXXX", NULL);
  f->key = (EVP_PKEY *)data;
  f->device = EVP_RSA_gen (1024);
  f->root = cert_new ("Site CA", f->key, NULL, CERT_CA);
  f->public_key = rsa_public_key (f->device);
  certificate = write_certs (f->folder, "ca.pem", (Cert *[]){f->root, NULL}, NULL);
  key = write_key (f->folder, "ca.key", f->key, NULL);
  f->authority = amt_prov_certificate_authority_new (certificate, key, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  amt_prov_certificate_authority_unref (f->authority);
  g_bytes_unref (f->public_key);
  cert_free (f->root);
  EVP_PKEY_free (f->device);
  remove_folder (f->folder);
  g_free (f->folder);
}

static X509 *
parse (GBytes *der)
{
  gsize length;
  const guint8 *bytes = g_bytes_get_data (der, &length);
  X509 *x509 = d2i_X509 (NULL, &bytes, (long)length);

  g_assert_nonnull (x509);
  return x509;
}

static void
test_sign (Fixture *f, gconstpointer data)
{
  for (guint sha1 = 0; sha1 < 2; sha1++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GBytes) der = amt_prov_certificate_authority_sign (f->authority, f->public_key,
                                                                  "pc1.example.com", sha1, &error);
    g_autoptr (X509) leaf = NULL;
    g_autofree char *name = NULL;
    int digest = 0;
    int days = 0;
    int seconds = 0;

    g_assert_no_error (error);
    leaf = parse (der);
    name = amt_prov_x509_dup_common_name (leaf);
    g_assert_cmpstr (name, ==, "pc1.example.com");
    g_assert_cmpint (X509_get_version (leaf), ==, X509_VERSION_3);
    g_assert_cmpint (X509_verify (leaf, f->key), ==, 1);
    g_assert_cmpint (EVP_PKEY_eq (X509_get0_pubkey (leaf), f->device), ==, 1);
    g_assert_true (X509_get_signature_info (leaf, &digest, NULL, NULL, NULL));
    g_assert_cmpint (digest, ==, sha1 ? NID_sha1 : NID_sha256);
    g_assert_cmpint (X509_check_host (leaf, "pc1.example.com", 0, 0, NULL), ==, 1);
    g_assert_cmpuint (X509_get_extended_key_usage (leaf), ==, XKU_SSL_SERVER);
    g_assert_cmpuint (X509_get_key_usage (leaf), ==, KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT);
    g_assert_cmpint (X509_check_ca (leaf), ==, 0);
    g_assert_cmpint (X509_check_issued (f->root->x509, leaf), ==, X509_V_OK);
    g_assert_cmpint (
        ASN1_TIME_compare (X509_get0_notAfter (leaf), X509_get0_notAfter (f->root->x509)), ==, 0);
    g_assert_true (ASN1_TIME_diff (&days, &seconds, X509_get0_notBefore (leaf), NULL));
    g_assert_cmpint (days, ==, 1);
  }
}

static void
test_serials_differ (Fixture *f, gconstpointer data)
{
  g_autoptr (GBytes) first =
      amt_prov_certificate_authority_sign (f->authority, f->public_key, "a", FALSE, NULL);
  g_autoptr (GBytes) second =
      amt_prov_certificate_authority_sign (f->authority, f->public_key, "a", FALSE, NULL);
  g_autoptr (X509) one = parse (first);
  g_autoptr (X509) two = parse (second);

  g_assert_cmpint (ASN1_INTEGER_cmp (X509_get0_serialNumber (one), X509_get0_serialNumber (two)),
                   !=, 0);
}

static void
test_long_name (Fixture *f, gconstpointer data)
{
  const char *host =
      "pc1.a-department-with-a-long-name.another-department-with-a-long-name.example.com";
  g_autoptr (GBytes) der =
      amt_prov_certificate_authority_sign (f->authority, f->public_key, host, FALSE, NULL);
  g_autoptr (X509) leaf = NULL;
  g_autofree char *name = NULL;

  g_assert_nonnull (der);
  leaf = parse (der);
  name = amt_prov_x509_dup_common_name (leaf);
  g_assert_cmpstr (name, ==, "pc1");
  g_assert_cmpint (X509_check_host (leaf, host, 0, 0, NULL), ==, 1);
}

static void
test_sign_refusals (Fixture *f, gconstpointer data)
{
  g_autoptr (GBytes) junk = g_bytes_new_static ("junk", 4);
  g_autoptr (GBytes) nothing = g_bytes_new (NULL, 0);
  g_autoptr (EVP_PKEY) tiny_key = EVP_RSA_gen (512);
  g_autoptr (GBytes) tiny = rsa_public_key (tiny_key);
  GBytes *const bad[] = {junk, nothing, tiny};
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_assert_null (amt_prov_certificate_authority_sign (f->authority, bad[i], "a", FALSE, &error));
    g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA);
    g_clear_error (&error);
  }
  g_assert_null (
      amt_prov_certificate_authority_sign (f->authority, f->public_key, "", FALSE, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA);
}

static void
test_issue_client (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (AmtProvSecret) key = NULL;
  g_autoptr (GBytes) der =
      amt_prov_certificate_authority_issue_client (f->authority, "amtprov", FALSE, &key, &error);
  g_autoptr (X509) leaf = NULL;
  g_autoptr (EVP_PKEY) pair = NULL;
  gsize length;
  const guint8 *bytes;

  g_assert_no_error (error);
  leaf = parse (der);
  bytes = amt_prov_secret_peek (key, &length);
  pair = d2i_AutoPrivateKey (NULL, &bytes, (long)length);
  g_assert_nonnull (pair);
  g_assert_cmpint (X509_check_private_key (leaf, pair), ==, 1);
  g_assert_cmpint (EVP_PKEY_get_bits (pair), ==, 2048);
  g_assert_cmpint (X509_verify (leaf, f->key), ==, 1);
  g_assert_true (X509_get_extended_key_usage (leaf) & XKU_SSL_CLIENT);
}

static void
assert_refused (const char *certificate, const char *key, const char *wanted)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (amt_prov_certificate_authority_new (certificate, key, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFIG);
  g_assert_nonnull (strstr (error->message, wanted));
  g_assert_nonnull (strstr (error->message, ".pem"));
}

static void
test_load_refusals (Fixture *f, gconstpointer data)
{
  g_autoptr (Cert) leaf = cert_new ("leaf.example.com", f->device, f->root, CERT_SERVER_AUTH);
  g_autoptr (Cert) old = cert_new ("Old CA", f->key, NULL, CERT_CA | CERT_EXPIRED);
  g_autofree char *root = write_certs (f->folder, "root.pem", (Cert *[]){f->root, NULL}, NULL);
  g_autofree char *both =
      write_certs (f->folder, "both.pem", (Cert *[]){leaf, f->root, NULL}, f->key);
  g_autofree char *plain = write_certs (f->folder, "leaf.pem", (Cert *[]){leaf, NULL}, f->device);
  g_autofree char *expired = write_certs (f->folder, "old.pem", (Cert *[]){old, NULL}, f->key);
  g_autofree char *wrong = write_key (f->folder, "wrong.key", f->device, NULL);
  g_autoptr (AmtProvCertificateAuthority) good =
      amt_prov_certificate_authority_new (both, NULL, NULL);

  g_assert_nonnull (good);
  g_assert_true (g_bytes_equal (amt_prov_certificate_authority_get_certificate (good),
                                amt_prov_certificate_authority_get_certificate (f->authority)));
  assert_refused (root, NULL, "private key of the CA is not in it");
  assert_refused (root, wrong, "belongs to the private key");
  assert_refused (plain, NULL, "no CA");
  assert_refused (expired, NULL, "expired");
  assert_refused ("/nonexistent/ca.pem", NULL, "cannot be read");
}

int
main (int argc, char **argv)
{
  g_autoptr (EVP_PKEY) key = EVP_RSA_gen (2048);

  g_test_init (&argc, &argv, NULL);
#define ADD(path, function) g_test_add (path, Fixture, key, set_up, function, tear_down)
  ADD ("/site/certificate-authority/sign", test_sign);
  ADD ("/site/certificate-authority/serials-differ", test_serials_differ);
  ADD ("/site/certificate-authority/long-name", test_long_name);
  ADD ("/site/certificate-authority/sign-refusals", test_sign_refusals);
  ADD ("/site/certificate-authority/issue-client", test_issue_client);
  ADD ("/site/certificate-authority/load-refusals", test_load_refusals);
  return g_test_run ();
}
