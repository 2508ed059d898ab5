/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "site/certificate-file-private.h"

#include <string.h>
#include <gio/gio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>

#include <amtprov/error.h>

/* No chain or key comes near it; a wrong path to a disk image shall not fill the memory. */
#define MAX_FILE_SIZE (1024 * 1024)

/*
 * amt_prov_openssl_dup_reason:
 *
 * The reason of the newest OpenSSL error of this thread, as a sentence part without secrets. The
 * queue is emptied.
 */
char *
amt_prov_openssl_dup_reason (void)
{
  unsigned long code = ERR_peek_last_error ();
  const char *reason = code ? ERR_reason_error_string (code) : NULL;
  char *text = g_strdup (reason ? reason : "OpenSSL gives no reason");

  ERR_clear_error ();
  return text;
}

/*
 * amt_prov_x509_name_to_string:
 *
 * A distinguished name on one line, most general part last, as in `CN=prov.example.com, O=Example`.
 */
char *
amt_prov_x509_name_to_string (const X509_NAME *name)
{
  g_autoptr (BIO) bio = BIO_new (BIO_s_mem ());
  char *data;
  long length;

  if (!bio || X509_NAME_print_ex (bio, name, 0, XN_FLAG_ONELINE & ~XN_FLAG_SPC_EQ) < 0)
    return g_strdup ("?");
  length = BIO_get_mem_data (bio, &data);
  return length > 0 ? g_strndup (data, length) : g_strdup ("(empty name)");
}

/*
 * amt_prov_x509_dup_common_name:
 *
 * The last CN of the subject, which is the most specific one, as UTF-8; NULL when there is none or
 * when it holds a NUL byte.
 */
char *
amt_prov_x509_dup_common_name (X509 *certificate)
{
  const X509_NAME *subject = X509_get_subject_name (certificate);
  const ASN1_STRING *value;
  unsigned char *utf8 = NULL;
  char *name = NULL;
  int last = -1;
  int length;

  for (int i = X509_NAME_get_index_by_NID (subject, NID_commonName, -1); i >= 0;
       i = X509_NAME_get_index_by_NID (subject, NID_commonName, i))
    last = i;
  if (last < 0)
    return NULL;
  value = X509_NAME_ENTRY_get_data (X509_NAME_get_entry (subject, last));
  length = ASN1_STRING_to_UTF8 (&utf8, value);
  if (length > 0 && !memchr (utf8, '\0', length))
    name = g_strndup ((const char *)utf8, length);
  OPENSSL_free (utf8);
  return name;
}

GBytes *
amt_prov_x509_to_der (X509 *certificate)
{
  g_autofree guint8 *der = NULL;
  guint8 *end;
  int length = i2d_X509 (certificate, NULL);

  if (length <= 0)
    return g_bytes_new (NULL, 0);
  der = end = g_malloc (length);
  length = i2d_X509 (certificate, &end);
  return g_bytes_new_take (g_steal_pointer (&der), length);
}

typedef struct {
  AmtProvSecret *passphrase;
  gboolean asked;
} PassphraseRequest;

static int
give_passphrase (char *buffer, int size, int rwflag, void *data)
{
  PassphraseRequest *request = data;
  const guint8 *bytes;
  gsize length;

  request->asked = TRUE;
  if (!request->passphrase)
    return -1;
  bytes = amt_prov_secret_peek (request->passphrase, &length);
  if (length > (gsize)size)
    return -1;
  memcpy (buffer, bytes, length);
  return (int)length;
}

static GError *
passphrase_error (const char *path, AmtProvSecret *passphrase)
{
  if (!passphrase)
    return g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_CONFIG,
                        "%s: it is encrypted and no passphrase was given; "
                        "name a file that holds the passphrase",
                        path);
  return g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_CONFIG,
                      "%s: cannot be decrypted: the passphrase is wrong, or the file is damaged",
                      path);
}

static gboolean
read_pem_certificates (const char *path, BIO *bio, AmtProvX509Stack *certificates, GError **error)
{
  X509 *certificate;
  gulong code;

  while ((certificate = PEM_read_bio_X509 (bio, NULL, NULL, NULL)))
    sk_X509_push (certificates, certificate);
  code = ERR_peek_last_error ();
  if (ERR_GET_LIB (code) == ERR_LIB_PEM && ERR_GET_REASON (code) == PEM_R_NO_START_LINE) {
    ERR_clear_error ();
    return TRUE;
  }
  {
    g_autofree char *reason = amt_prov_openssl_dup_reason ();

    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFIG,
                 "%s: certificate number %d of the file is damaged: %s", path,
                 sk_X509_num (certificates) + 1, reason);
  }
  return FALSE;
}

static gboolean
read_pem_key (const char *path, BIO *bio, AmtProvSecret *passphrase, EVP_PKEY **key, GError **error)
{
  PassphraseRequest request = {passphrase, FALSE};

  *key = PEM_read_bio_PrivateKey (bio, NULL, give_passphrase, &request);
  if (*key)
    return TRUE;
  if (request.asked) {
    ERR_clear_error ();
    g_propagate_error (error, passphrase_error (path, passphrase));
  } else {
    g_autofree char *reason = amt_prov_openssl_dup_reason ();

    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFIG, "%s: the private key is damaged: %s",
                 path, reason);
  }
  return FALSE;
}

static gboolean
read_pem (const char *path,
          const guint8 *data,
          gsize length,
          AmtProvSecret *passphrase,
          AmtProvX509Stack *certificates,
          EVP_PKEY **key,
          GError **error)
{
  g_autoptr (BIO) certificate_bio = BIO_new_mem_buf (data, (int)length);
  g_autoptr (BIO) key_bio = BIO_new_mem_buf (data, (int)length);

  if (!read_pem_certificates (path, certificate_bio, certificates, error))
    return FALSE;
  if (!memmem (data, length, "PRIVATE KEY-----", strlen ("PRIVATE KEY-----")))
    return TRUE;
  return read_pem_key (path, key_bio, passphrase, key, error);
}

/* Takes a certificate or key over from the library context that is about to go. */
static void
adopt_certificate (AmtProvX509Stack *certificates, X509 *foreign)
{
  g_autoptr (GBytes) der = amt_prov_x509_to_der (foreign);
  gsize length;
  const guint8 *bytes = g_bytes_get_data (der, &length);
  X509 *own = d2i_X509 (NULL, &bytes, (long)length);

  if (own)
    sk_X509_push (certificates, own);
}

static EVP_PKEY *
adopt_key (EVP_PKEY *foreign)
{
  guint8 *der = NULL;
  const guint8 *bytes;
  int length = i2d_PrivateKey (foreign, &der);
  EVP_PKEY *own;

  if (length <= 0)
    return NULL;
  bytes = der;
  own = d2i_AutoPrivateKey (NULL, &bytes, length);
  OPENSSL_clear_free (der, length);
  return own;
}

static gboolean
open_pkcs12 (OSSL_LIB_CTX *context,
             const char *path,
             const guint8 *data,
             gsize length,
             AmtProvSecret *passphrase,
             AmtProvX509Stack *certificates,
             EVP_PKEY **key,
             GError **error)
{
  g_autoptr (BIO) bio = BIO_new_mem_buf (data, (int)length);
  g_autoptr (EVP_PKEY) foreign_key = NULL;
  g_autoptr (X509) foreign_leaf = NULL;
  g_autoptr (AmtProvX509Stack) foreign_chain = NULL;
  const char *text = passphrase ? amt_prov_secret_peek_text (passphrase) : "";
  PKCS12 *bundle = PKCS12_init_ex (NID_pkcs7_data, context, NULL);

  if (!bundle || !d2i_PKCS12_bio (bio, &bundle)) {
    ERR_clear_error ();
    PKCS12_free (bundle);
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFIG,
                 "%s: neither PEM text nor a PKCS#12 bundle; convert it to one of them", path);
    return FALSE;
  }
  if (!PKCS12_parse (bundle, text, &foreign_key, &foreign_leaf, &foreign_chain)) {
    g_autofree char *reason = NULL;
    int code = ERR_GET_REASON (ERR_peek_last_error ());

    PKCS12_free (bundle);
    reason = amt_prov_openssl_dup_reason ();
    if (code == PKCS12_R_MAC_VERIFY_FAILURE)
      g_propagate_error (error, passphrase_error (path, passphrase));
    else
      g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFIG,
                   "%s: the PKCS#12 bundle cannot be opened: %s", path, reason);
    return FALSE;
  }
  PKCS12_free (bundle);
  if (foreign_leaf)
    adopt_certificate (certificates, foreign_leaf);
  for (int i = 0; i < sk_X509_num (foreign_chain); i++)
    adopt_certificate (certificates, sk_X509_value (foreign_chain, i));
  if (foreign_key)
    *key = adopt_key (foreign_key);
  return TRUE;
}

/* Bundles of the years of AMT are encrypted with RC2 or 3DES, which only the legacy provider has.
 * It is loaded into a context of our own: the host's default context stays as it is. */
static gboolean
read_pkcs12 (const char *path,
             const guint8 *data,
             gsize length,
             AmtProvSecret *passphrase,
             AmtProvX509Stack *certificates,
             EVP_PKEY **key,
             GError **error)
{
  OSSL_LIB_CTX *context = OSSL_LIB_CTX_new ();
  OSSL_PROVIDER *modern = OSSL_PROVIDER_load (context, "default");
  OSSL_PROVIDER *legacy = OSSL_PROVIDER_load (context, "legacy");
  gboolean done;

  ERR_clear_error ();
  done = open_pkcs12 (context, path, data, length, passphrase, certificates, key, error);
  if (legacy)
    OSSL_PROVIDER_unload (legacy);
  if (modern)
    OSSL_PROVIDER_unload (modern);
  OSSL_LIB_CTX_free (context);
  return done;
}

static gboolean
load_contents (const char *path, char **contents, gsize *length, GError **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GError) local = NULL;
  g_autoptr (GFileInfo) info = g_file_query_info (file, G_FILE_ATTRIBUTE_STANDARD_SIZE,
                                                  G_FILE_QUERY_INFO_NONE, NULL, &local);

  if (info && g_file_info_get_size (info) > MAX_FILE_SIZE) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFIG,
                 "%s: larger than 1 MiB: no certificate or key file is that large", path);
    return FALSE;
  }
  if (!info || !g_file_get_contents (path, contents, length, &local)) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFIG, "%s: cannot be read: %s", path,
                 local->message);
    return FALSE;
  }
  return TRUE;
}

/*
 * amt_prov_certificate_file_read:
 *
 * Reads all certificates, in the order of the file, and the first private key of a PEM file or a
 * PKCS#12 bundle. A file without a key gives a NULL key, one without certificates an empty stack.
 * The passphrase opens an encrypted key or bundle.
 */
gboolean
amt_prov_certificate_file_read (const char *path,
                                AmtProvSecret *passphrase,
                                AmtProvX509Stack **certificates,
                                EVP_PKEY **key,
                                GError **error)
{
  g_autoptr (AmtProvX509Stack) found = sk_X509_new_null ();
  g_autoptr (EVP_PKEY) found_key = NULL;
  g_autofree char *contents = NULL;
  gsize length = 0;
  gboolean done;

  if (!load_contents (path, &contents, &length, error))
    return FALSE;
  ERR_clear_error ();
  if (memmem (contents, length, "-----BEGIN ", strlen ("-----BEGIN ")))
    done = read_pem (path, (guint8 *)contents, length, passphrase, found, &found_key, error);
  else
    done = read_pkcs12 (path, (guint8 *)contents, length, passphrase, found, &found_key, error);
  OPENSSL_cleanse (contents, length);
  if (!done)
    return FALSE;
  *certificates = g_steal_pointer (&found);
  *key = g_steal_pointer (&found_key);
  return TRUE;
}

/*
 * amt_prov_certificate_file_read_pair:
 *
 * Reads the certificates of one file and the key of another, or of the same one when @key_path is
 * NULL. There is at least one certificate; the key is NULL when no key file was named and the
 * certificate file holds none.
 */
gboolean
amt_prov_certificate_file_read_pair (const char *certificate_path,
                                     const char *key_path,
                                     AmtProvSecret *passphrase,
                                     AmtProvX509Stack **certificates,
                                     EVP_PKEY **key,
                                     GError **error)
{
  g_autoptr (AmtProvX509Stack) found = NULL;
  g_autoptr (AmtProvX509Stack) ignored = NULL;
  g_autoptr (EVP_PKEY) beside = NULL;
  g_autoptr (EVP_PKEY) own = NULL;

  if (!amt_prov_certificate_file_read (certificate_path, passphrase, &found, &beside, error))
    return FALSE;
  if (sk_X509_num (found) == 0) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFIG, "%s: holds no certificate",
                 certificate_path);
    return FALSE;
  }
  if (key_path) {
    if (!amt_prov_certificate_file_read (key_path, passphrase, &ignored, &own, error))
      return FALSE;
    if (!own) {
      g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFIG, "%s: holds no private key",
                   key_path);
      return FALSE;
    }
  }
  *certificates = g_steal_pointer (&found);
  *key = own ? g_steal_pointer (&own) : g_steal_pointer (&beside);
  return TRUE;
}
