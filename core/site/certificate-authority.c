/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <amtprov/certificate-authority.h>

#include <string.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <amtprov/error.h>
#include "site/certificate-authority-private.h"
#include "site/certificate-file-private.h"

#define DAY                (24 * 60 * 60)
#define LIFE_DAYS          (10 * 365)
#define SERIAL_BYTES       16
#define MIN_RSA_BITS       1024
#define CLIENT_RSA_BITS    2048
#define MAX_COMMON_NAME    64
#define REMOTE_CONSOLE_OID "2.16.840.1.113741.1.2.1"
#define CLIENT_NAME        "amtprov"
#define SERVER_USAGES      "serverAuth"
#define CLIENT_USAGES      "clientAuth," REMOTE_CONSOLE_OID

struct _AmtProvCertificateAuthority {
  gatomicrefcount references;
  char *path;
  X509 *certificate;
  EVP_PKEY *key;
  GBytes *der;
  AmtProvProvisioningCertificate
      *clients[2]; /* with SHA-256, with SHA-1; made when first asked for */
};

G_DEFINE_BOXED_TYPE (AmtProvCertificateAuthority,
                     amt_prov_certificate_authority,
                     amt_prov_certificate_authority_ref,
                     amt_prov_certificate_authority_unref)

static gboolean
set_openssl_error (GError **error, const char *path, const char *what)
{
  g_autofree char *reason = amt_prov_openssl_dup_reason ();

  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_FAILED, "%s: %s: %s", path, what, reason);
  return FALSE;
}

static X509 *
find_certificate (AmtProvX509Stack *certificates, EVP_PKEY *key)
{
  for (int i = 0; i < sk_X509_num (certificates); i++) {
    EVP_PKEY *public_key = X509_get0_pubkey (sk_X509_value (certificates, i));

    if (public_key && EVP_PKEY_eq (public_key, key) == 1)
      return sk_X509_value (certificates, i);
  }
  ERR_clear_error ();
  return NULL;
}

static gboolean
check_authority (const char *path, X509 *certificate, GError **error)
{
  if (X509_check_ca (certificate) == 0 ||
      !(X509_get_key_usage (certificate) & X509v3_KU_KEY_CERT_SIGN)) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFIG,
                 "%s: the certificate is no CA: its basic constraints or key usage do not allow it "
                 "to sign certificates",
                 path);
    return FALSE;
  }
  if (X509_cmp_current_time (X509_get0_notAfter (certificate)) <= 0 ||
      X509_cmp_current_time (X509_get0_notBefore (certificate)) >= 0) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFIG,
                 "%s: the CA certificate has expired or is not valid yet", path);
    return FALSE;
  }
  return TRUE;
}

/**
 * amt_prov_certificate_authority_new:
 * @certificate_path: (type filename): PEM file with the CA certificate
 * @key_path: (type filename) (nullable): PEM file with its private key, not encrypted, or %NULL if
 *   the key is in the same file
 * @error: return location for an error
 *
 * Loads the site's own CA. Any key type that OpenSSL can sign with will do.
 *
 * Returns: (transfer full) (nullable): the CA, or %NULL with %AMT_PROV_ERROR_CONFIG, whose message
 *   names the file: it cannot be read, certificate and key do not belong together, it is no CA, or
 *   it has expired
 *
 * Since: 0.1
 */
AmtProvCertificateAuthority *
amt_prov_certificate_authority_new (const char *certificate_path,
                                    const char *key_path,
                                    GError **error)
{
  g_autoptr (AmtProvX509Stack) certificates = NULL;
  g_autoptr (EVP_PKEY) key = NULL;
  AmtProvCertificateAuthority *self;
  X509 *certificate;

  g_return_val_if_fail (certificate_path != NULL, NULL);

  if (!amt_prov_certificate_file_read_pair (certificate_path, key_path, NULL, &certificates, &key,
                                            error))
    return NULL;
  if (!key) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFIG,
                 "%s: the private key of the CA is not in it, and no key file is named",
                 certificate_path);
    return NULL;
  }
  certificate = find_certificate (certificates, key);
  if (!certificate) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFIG,
                 "%s: no certificate in it belongs to the private key in %s", certificate_path,
                 key_path ? key_path : "the same file");
    return NULL;
  }
  if (!check_authority (certificate_path, certificate, error))
    return NULL;

  self = g_new0 (AmtProvCertificateAuthority, 1);
  g_atomic_ref_count_init (&self->references);
  self->path = g_strdup (certificate_path);
  X509_up_ref (certificate);
  self->certificate = certificate;
  self->key = g_steal_pointer (&key);
  self->der = amt_prov_x509_to_der (certificate);
  return self;
}

/**
 * amt_prov_certificate_authority_ref:
 * @self: a #AmtProvCertificateAuthority
 *
 * Takes a reference; may be called from any thread.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.1
 */
AmtProvCertificateAuthority *
amt_prov_certificate_authority_ref (AmtProvCertificateAuthority *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->references);
  return self;
}

/**
 * amt_prov_certificate_authority_unref:
 * @self: (transfer full): a #AmtProvCertificateAuthority
 *
 * Drops a reference; with the last one the private key is wiped.
 *
 * Since: 0.1
 */
void
amt_prov_certificate_authority_unref (AmtProvCertificateAuthority *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->references))
    return;
  X509_free (self->certificate);
  EVP_PKEY_free (self->key);
  g_bytes_unref (self->der);
  for (guint i = 0; i < G_N_ELEMENTS (self->clients); i++)
    g_clear_pointer (&self->clients[i], amt_prov_provisioning_certificate_unref);
  g_free (self->path);
  g_free (self);
}

/**
 * amt_prov_certificate_authority_get_certificate:
 * @self: a #AmtProvCertificateAuthority
 *
 * The CA certificate, as a machine in mutual mode gets it for its trusted root.
 *
 * Returns: (transfer none): the certificate in DER form
 *
 * Since: 0.1
 */
GBytes *
amt_prov_certificate_authority_get_certificate (AmtProvCertificateAuthority *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->der;
}

static gboolean
set_serial (X509 *certificate)
{
  guint8 bytes[SERIAL_BYTES];
  g_autoptr (BIGNUM) number = NULL;

  if (RAND_bytes (bytes, sizeof bytes) != 1)
    return FALSE;
  /* A serial number is positive and, with this, always of full length. */
  bytes[0] = (bytes[0] & 0x3f) | 0x40;
  number = BN_bin2bn (bytes, sizeof bytes, NULL);
  return number && BN_to_ASN1_INTEGER (number, X509_get_serialNumber (certificate));
}

/* A machine with a wrong clock should still take it, so it starts a day back; it never outlives the
 * CA, whose end would end it anyway. */
static gboolean
set_validity (X509 *certificate, X509 *issuer)
{
  const ASN1_TIME *first = X509_get0_notBefore (issuer);
  const ASN1_TIME *last = X509_get0_notAfter (issuer);
  ASN1_TIME *from = X509_getm_notBefore (certificate);
  ASN1_TIME *to = X509_getm_notAfter (certificate);

  if (!X509_gmtime_adj (from, -DAY) || !X509_time_adj_ex (to, LIFE_DAYS, 0, NULL))
    return FALSE;
  if (ASN1_TIME_compare (from, first) < 0 && !X509_set1_notBefore (certificate, first))
    return FALSE;
  return ASN1_TIME_compare (to, last) <= 0 || X509_set1_notAfter (certificate, last);
}

/* X.520 gives a common name 64 characters; a longer host name stands whole in the SAN. */
static gboolean
set_subject (X509 *certificate, const char *name)
{
  X509_NAME *subject = X509_get_subject_name (certificate);
  g_autofree char *short_name = g_utf8_strlen (name, -1) <= MAX_COMMON_NAME
                                    ? g_strdup (name)
                                    : g_utf8_substring (name, 0, MAX_COMMON_NAME);
  char *dot = g_utf8_strlen (name, -1) <= MAX_COMMON_NAME ? NULL : strchr (short_name, '.');

  if (dot)
    *dot = '\0';
  return X509_NAME_add_entry_by_NID (subject, NID_commonName, MBSTRING_UTF8,
                                     (const guint8 *)short_name, -1, -1, 0);
}

static gboolean
add_alternative_name (X509 *certificate, const char *name)
{
  GENERAL_NAMES *names = sk_GENERAL_NAME_new_null ();
  GENERAL_NAME *entry = GENERAL_NAME_new ();
  ASN1_IA5STRING *text = ASN1_IA5STRING_new ();
  gboolean done = names && entry && text && ASN1_STRING_set (text, name, -1);

  if (done) {
    GENERAL_NAME_set0_value (entry, GEN_DNS, g_steal_pointer (&text));
    done = sk_GENERAL_NAME_push (names, entry) > 0;
    entry = done ? NULL : entry;
    done = done && X509_add1_ext_i2d (certificate, NID_subject_alt_name, names, 0, 0) == 1;
  }
  ASN1_IA5STRING_free (text);
  GENERAL_NAME_free (entry);
  GENERAL_NAMES_free (names);
  return done;
}

static gboolean
add_extension (X509 *certificate, X509 *issuer, int nid, const char *value)
{
  X509V3_CTX context;
  X509_EXTENSION *extension;
  gboolean done;

  X509V3_set_ctx_nodb (&context);
  X509V3_set_ctx (&context, issuer, certificate, NULL, NULL, 0);
  extension = X509V3_EXT_conf_nid (NULL, &context, nid, value);
  done = extension && X509_add_ext (certificate, extension, -1);
  X509_EXTENSION_free (extension);
  return done;
}

/* An own CA made by hand often has no key identifier to refer to. */
static gboolean
add_issuer_identifier (X509 *certificate, X509 *issuer)
{
  return !X509_get0_subject_key_id (issuer) ||
         add_extension (certificate, issuer, NID_authority_key_identifier, "keyid");
}

static GBytes *
issue (AmtProvCertificateAuthority *self,
       EVP_PKEY *public_key,
       const char *name,
       const char *usages,
       gboolean sha1,
       GError **error)
{
  g_autoptr (X509) leaf = X509_new ();
  gboolean server = g_str_equal (usages, SERVER_USAGES);

  if (leaf && X509_set_version (leaf, X509_VERSION_3) && set_serial (leaf) &&
      X509_set_issuer_name (leaf, X509_get_subject_name (self->certificate)) &&
      set_validity (leaf, self->certificate) && set_subject (leaf, name) &&
      X509_set_pubkey (leaf, public_key) &&
      add_extension (leaf, self->certificate, NID_basic_constraints, "critical,CA:FALSE") &&
      add_extension (leaf, self->certificate, NID_key_usage,
                     "critical,digitalSignature,keyEncipherment") &&
      add_extension (leaf, self->certificate, NID_ext_key_usage, usages) &&
      (!server || add_alternative_name (leaf, name)) &&
      add_extension (leaf, self->certificate, NID_subject_key_identifier, "hash") &&
      add_issuer_identifier (leaf, self->certificate) &&
      X509_sign (leaf, self->key, sha1 ? EVP_sha1 () : EVP_sha256 ()))
    return amt_prov_x509_to_der (leaf);
  set_openssl_error (error, self->path, "the CA cannot sign a certificate");
  return NULL;
}

static gboolean
check_name (const char *name, GError **error)
{
  if (*name && g_str_is_ascii (name))
    return TRUE;
  g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
                       "the name of a certificate must be ASCII text and not empty");
  return FALSE;
}

/**
 * amt_prov_certificate_authority_sign:
 * @self: a #AmtProvCertificateAuthority
 * @rsa_public_key: the machine's public key, the DER form of a PKCS#1 RSAPublicKey as AMT gives it
 * @common_name: the machine's name, normally its FQDN
 * @sha1: %TRUE to sign with SHA-1, for firmware that knows nothing better; else SHA-256
 * @error: return location for an error
 *
 * Signs the TLS server certificate of a machine (wsman.md §7.1, step 11): X.509 version 3, with a
 * random serial number, the name as CN and as SAN dNSName, key usage and extended key usage
 * serverAuth, valid from a day ago for ten years, but not longer than the CA.
 *
 * Returns: (transfer full) (nullable): the certificate in DER form, or %NULL with
 *   %AMT_PROV_ERROR_INVALID_DATA for a key or name that cannot be used, or %AMT_PROV_ERROR_FAILED
 *
 * Since: 0.1
 */
GBytes *
amt_prov_certificate_authority_sign (AmtProvCertificateAuthority *self,
                                     GBytes *rsa_public_key,
                                     const char *common_name,
                                     gboolean sha1,
                                     GError **error)
{
  g_autoptr (EVP_PKEY) key = NULL;
  const guint8 *bytes;
  const guint8 *end;
  gsize length;

  g_return_val_if_fail (self != NULL && rsa_public_key != NULL && common_name != NULL, NULL);

  bytes = g_bytes_get_data (rsa_public_key, &length);
  end = bytes + length;
  if (!check_name (common_name, error))
    return NULL;
  key = length > 0 ? d2i_PublicKey (EVP_PKEY_RSA, NULL, &bytes, (long)length) : NULL;
  ERR_clear_error ();
  if (!key || bytes != end || EVP_PKEY_get_bits (key) < MIN_RSA_BITS) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
                 "the machine's public key is not a PKCS#1 RSAPublicKey of at least %d bits",
                 MIN_RSA_BITS);
    return NULL;
  }
  return issue (self, key, common_name, SERVER_USAGES, sha1, error);
}

static AmtProvSecret *
key_to_secret (EVP_PKEY *key)
{
  guint8 *der = NULL;
  int length = i2d_PrivateKey (key, &der);
  AmtProvSecret *secret = length > 0 ? amt_prov_secret_new (der, length) : NULL;

  OPENSSL_clear_free (der, MAX (length, 0));
  return secret;
}

/**
 * amt_prov_certificate_authority_issue_client:
 * @self: a #AmtProvCertificateAuthority
 * @common_name: a name for the client
 * @sha1: %TRUE to sign with SHA-1, for firmware that knows nothing better; else SHA-256
 * @key: (out) (transfer full): return location for the new private key, DER form
 * @error: return location for an error
 *
 * Makes an RSA-2048 key and a certificate for the client side of a connection to a machine in
 * mutual mode. Its extended key usages are clientAuth and the mark of an AMT remote console
 * (pki.md §2, row 3).
 *
 * Returns: (transfer full) (nullable): the certificate in DER form, or %NULL with
 *   %AMT_PROV_ERROR_INVALID_DATA for a name that cannot be used, or %AMT_PROV_ERROR_FAILED
 *
 * Since: 0.1
 */
GBytes *
amt_prov_certificate_authority_issue_client (AmtProvCertificateAuthority *self,
                                             const char *common_name,
                                             gboolean sha1,
                                             AmtProvSecret **key,
                                             GError **error)
{
  g_autoptr (EVP_PKEY) pair = NULL;
  g_autoptr (AmtProvSecret) secret = NULL;
  GBytes *certificate;

  g_return_val_if_fail (self != NULL && common_name != NULL && key != NULL, NULL);

  if (!check_name (common_name, error))
    return NULL;
  pair = EVP_RSA_gen (CLIENT_RSA_BITS);
  secret = pair ? key_to_secret (pair) : NULL;
  if (!secret) {
    set_openssl_error (error, self->path, "no client key could be made");
    return NULL;
  }
  certificate = issue (self, pair, common_name, CLIENT_USAGES, sha1, error);
  if (certificate)
    *key = g_steal_pointer (&secret);
  return certificate;
}

AmtProvProvisioningCertificate *
amt_prov_certificate_authority_get_client (AmtProvCertificateAuthority *self,
                                           gboolean sha1,
                                           GError **error)
{
  AmtProvProvisioningCertificate **client = &self->clients[sha1 ? 1 : 0];
  g_autoptr (GPtrArray) chain = NULL;
  g_autoptr (AmtProvSecret) key = NULL;
  GBytes *leaf;

  if (*client)
    return *client;
  leaf = amt_prov_certificate_authority_issue_client (self, CLIENT_NAME, sha1, &key, error);
  if (!leaf)
    return NULL;
  chain = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);
  g_ptr_array_add (chain, leaf);
  g_ptr_array_add (chain, g_bytes_ref (self->der));
  *client = amt_prov_provisioning_certificate_new_from_der (chain, key, error);
  return *client;
}
