/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "certificate.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#define FILE_NAME "agent.pem"

/* Agents know it by its fingerprint, so nobody has to renew it. */
#define LIFE_DAYS    (20 * 365)
#define DAY          (24 * 60 * 60)
#define SERIAL_BYTES 16

G_DEFINE_AUTOPTR_CLEANUP_FUNC (X509, X509_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EVP_PKEY, EVP_PKEY_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BIO, BIO_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BIGNUM, BN_free)

static gboolean
set_serial (X509 *certificate)
{
  guint8 bytes[SERIAL_BYTES];
  g_autoptr (BIGNUM) number = NULL;

  if (RAND_bytes (bytes, sizeof bytes) != 1)
    return FALSE;
  bytes[0] = (bytes[0] & 0x3f) | 0x40;
  number = BN_bin2bn (bytes, sizeof bytes, NULL);
  return number != NULL && BN_to_ASN1_INTEGER (number, X509_get_serialNumber (certificate)) != NULL;
}

static gboolean
set_name (X509 *certificate)
{
  g_autofree char *host = g_strndup (g_get_host_name (), 64);
  g_autofree char *alternative = g_strdup_printf ("DNS:%s", host);
  X509_NAME *name = X509_get_subject_name (certificate);
  X509_EXTENSION *extension = X509V3_EXT_conf_nid (NULL, NULL, NID_subject_alt_name, alternative);
  gboolean done = X509_NAME_add_entry_by_NID (name, NID_commonName, MBSTRING_UTF8,
                                              (const guint8 *)host, -1, -1, 0) == 1 &&
                  X509_set_issuer_name (certificate, name) == 1 && extension != NULL &&
                  X509_add_ext (certificate, extension, -1) == 1;

  X509_EXTENSION_free (extension);
  return done;
}

static gboolean
write_pem (BIO *out, EVP_PKEY *key, X509 *certificate)
{
  return X509_set_version (certificate, X509_VERSION_3) == 1 && set_serial (certificate) &&
         set_name (certificate) && X509_gmtime_adj (X509_getm_notBefore (certificate), -DAY) &&
         X509_time_adj_ex (X509_getm_notAfter (certificate), LIFE_DAYS, 0, NULL) != NULL &&
         X509_set_pubkey (certificate, key) == 1 &&
         X509_sign (certificate, key, EVP_sha256 ()) > 0 &&
         PEM_write_bio_PrivateKey (out, key, NULL, NULL, 0, NULL, NULL) == 1 &&
         PEM_write_bio_X509 (out, certificate) == 1;
}

static gboolean
make_own (const char *path, GError **error)
{
  g_autoptr (EVP_PKEY) key = EVP_EC_gen ("P-256");
  g_autoptr (X509) certificate = X509_new ();
  g_autoptr (BIO) out = BIO_new (BIO_s_secmem ());
  char *text;
  long length;

  if (key == NULL || certificate == NULL || out == NULL || !write_pem (out, key, certificate)) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_FAILED,
                 "%s: OpenSSL could not make the certificate of the server", path);
    return FALSE;
  }
  length = BIO_get_mem_data (out, &text);
  return g_file_set_contents_full (path, text, length, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
}

static char *
dup_own_path (AmtProvConfig *config)
{
  g_autofree char *key = amt_prov_settings_dup_path (
      amt_prov_config_get_settings (config, "amtprov"), "store-key-file");
  g_autofree char *folder = g_path_get_dirname (key);

  return g_build_filename (folder, FILE_NAME, NULL);
}

GTlsCertificate *
amt_prov_agent_load_certificate (AmtProvConfig *config, GError **error)
{
  AmtProvSettings *settings = amt_prov_config_get_settings (config, "agent");
  g_autofree char *certificate = amt_prov_settings_dup_path (settings, "certificate");
  g_autofree char *key = amt_prov_settings_dup_path (settings, "key");
  GTlsCertificate *loaded;

  if (certificate == NULL) {
    certificate = dup_own_path (config);
    if (!g_file_test (certificate, G_FILE_TEST_EXISTS) && !make_own (certificate, error))
      return NULL;
  }
  loaded = g_tls_certificate_new_from_files (certificate, key != NULL ? key : certificate, error);
  if (loaded == NULL)
    g_prefix_error (error, "%s: [agent] certificate: %s cannot be used: ",
                    amt_prov_config_get_path (config), certificate);
  return loaded;
}

char *
amt_prov_agent_dup_fingerprint (GTlsCertificate *certificate)
{
  g_autoptr (GByteArray) der = NULL;

  g_object_get (certificate, "certificate", &der, NULL);
  return g_compute_checksum_for_data (G_CHECKSUM_SHA256, der->data, der->len);
}
