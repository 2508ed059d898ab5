/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fixture.h"

#include <string.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#define DAY (24 * 60 * 60)

EVP_PKEY *
key_new_ec (void)
{
  return EVP_EC_gen ("P-256");
}

static void
add_extension (X509 *x509, int nid, const char *value)
{
  X509_EXTENSION *extension = X509V3_EXT_conf_nid (NULL, NULL, nid, value);

  g_assert_nonnull (extension);
  g_assert_true (X509_add_ext (x509, extension, -1));
  X509_EXTENSION_free (extension);
}

static void
add_name (X509 *x509, const char *field, const char *value)
{
  g_assert_true (X509_NAME_add_entry_by_txt (X509_get_subject_name (x509), field, MBSTRING_UTF8,
                                             (const guint8 *)value, -1, -1, 0));
}

static void
add_extensions (X509 *x509, CertFlags flags)
{
  if (flags & CERT_CA) {
    add_extension (x509, NID_basic_constraints, "critical,CA:TRUE");
    add_extension (x509, NID_key_usage, "critical,keyCertSign,cRLSign");
  }
  if (flags & CERT_OID && flags & CERT_SERVER_AUTH)
    add_extension (x509, NID_ext_key_usage, "serverAuth,2.16.840.1.113741.1.2.3");
  else if (flags & CERT_OID)
    add_extension (x509, NID_ext_key_usage, "2.16.840.1.113741.1.2.3");
  else if (flags & CERT_SERVER_AUTH)
    add_extension (x509, NID_ext_key_usage, "serverAuth");
  if (flags & CERT_BIG) {
    g_autofree char *filler = g_strnfill (4200, 'x');

    add_extension (x509, NID_netscape_comment, filler);
  }
}

/* A certificate, self-signed without @issuer. Takes a reference of @key. */
Cert *
cert_new (const char *name, EVP_PKEY *key, Cert *issuer, CertFlags flags)
{
  static int serial = 1;
  Cert *self = g_new0 (Cert, 1);
  EVP_PKEY *signer = issuer ? issuer->key : key;
  EVP_PKEY *other = flags & CERT_WRONG_SIGNATURE ? key_new_ec () : NULL;

  self->x509 = X509_new ();
  self->key = key;
  EVP_PKEY_up_ref (key);
  X509_set_version (self->x509, X509_VERSION_3);
  ASN1_INTEGER_set (X509_get_serialNumber (self->x509), serial++);
  add_name (self->x509, "O", "Example");
  if (flags & CERT_UNIT)
    add_name (self->x509, "OU", "Intel(R) Client Setup Certificate");
  if (!(flags & CERT_NO_NAME))
    add_name (self->x509, "CN", name);
  X509_set_issuer_name (self->x509, X509_get_subject_name (issuer ? issuer->x509 : self->x509));
  X509_gmtime_adj (X509_getm_notBefore (self->x509), flags & CERT_EARLY ? DAY : -2 * DAY);
  X509_gmtime_adj (X509_getm_notAfter (self->x509), flags & CERT_EXPIRED ? -DAY : 30 * DAY);
  X509_set_pubkey (self->x509, key);
  add_extensions (self->x509, flags);
  g_assert_true (X509_sign (self->x509, other ? other : signer,
                            flags & CERT_SHA1 ? EVP_sha1 () : EVP_sha256 ()));
  EVP_PKEY_free (other);
  return self;
}

void
cert_free (Cert *self)
{
  X509_free (self->x509);
  EVP_PKEY_free (self->key);
  g_free (self);
}

char *
write_file (const char *folder, const char *name, const char *text)
{
  g_autoptr (GError) error = NULL;
  char *path = g_build_filename (folder, name, NULL);
  g_autofree char *parent = g_path_get_dirname (path);

  g_assert_cmpint (g_mkdir_with_parents (parent, 0700), ==, 0);
  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
  return path;
}

static char *
write_bio (const char *folder, const char *name, BIO *bio)
{
  char *data;
  long length = BIO_get_mem_data (bio, &data);
  char *path = g_build_filename (folder, name, NULL);

  g_assert_true (g_file_set_contents (path, data, length, NULL));
  BIO_free (bio);
  return path;
}

/* PEM; @certs ends with NULL. */
char *
write_certs (const char *folder, const char *name, Cert **certs, EVP_PKEY *key)
{
  BIO *bio = BIO_new (BIO_s_mem ());

  for (; *certs; certs++)
    PEM_write_bio_X509 (bio, (*certs)->x509);
  if (key)
    PEM_write_bio_PrivateKey (bio, key, NULL, NULL, 0, NULL, NULL);
  return write_bio (folder, name, bio);
}

char *
write_key (const char *folder, const char *name, EVP_PKEY *key, const char *passphrase)
{
  BIO *bio = BIO_new (BIO_s_mem ());

  PEM_write_bio_PrivateKey (bio, key, passphrase ? EVP_aes_256_cbc () : NULL,
                            (const guint8 *)passphrase, passphrase ? strlen (passphrase) : 0, NULL,
                            NULL);
  return write_bio (folder, name, bio);
}

/* The first certificate is the leaf. An old bundle is encrypted with RC2-40 and 3DES. */
char *
write_pkcs12 (
    const char *folder, const char *name, Cert **certs, const char *passphrase, gboolean old)
{
  OSSL_LIB_CTX *context = OSSL_LIB_CTX_new ();
  OSSL_PROVIDER *modern = OSSL_PROVIDER_load (context, "default");
  OSSL_PROVIDER *legacy = OSSL_PROVIDER_load (context, "legacy");
  STACK_OF (X509) *others = sk_X509_new_null ();
  BIO *bio = BIO_new (BIO_s_mem ());
  PKCS12 *bundle;

  for (guint i = 1; certs[i]; i++)
    sk_X509_push (others, certs[i]->x509);
  bundle = PKCS12_create_ex (passphrase, NULL, certs[0]->key, certs[0]->x509, others,
                             old ? NID_pbe_WithSHA1And3_Key_TripleDES_CBC : NID_aes_256_cbc,
                             old ? NID_pbe_WithSHA1And40BitRC2_CBC : NID_aes_256_cbc, 0, 0, 0,
                             context, NULL);
  g_assert_nonnull (bundle);
  i2d_PKCS12_bio (bio, bundle);
  PKCS12_free (bundle);
  sk_X509_free (others);
  OSSL_PROVIDER_unload (legacy);
  OSSL_PROVIDER_unload (modern);
  OSSL_LIB_CTX_free (context);
  return write_bio (folder, name, bio);
}

void
remove_folder (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree char *path = g_build_filename (folder, name, NULL);
    g_autoptr (GFile) file = g_file_new_for_path (path);

    if (g_file_test (path, G_FILE_TEST_IS_DIR))
      remove_folder (path);
    else
      g_file_delete (file, NULL, NULL);
  }
  g_autoptr (GFile) self = g_file_new_for_path (folder);
  g_file_delete (self, NULL, NULL);
}
