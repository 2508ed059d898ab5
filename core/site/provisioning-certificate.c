/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "site/provisioning-certificate-private.h"

#include <openssl/err.h>

#include <amtprov/error.h>
#include "site/certificate-chain-private.h"

struct _AmtProvProvisioningCertificate {
  gatomicrefcount references;
  AmtProvX509Stack *chain;
  EVP_PKEY *key;
  char *common_name;
  GPtrArray *der;
  AmtProvCertHash *root_hashes[AMT_PROV_HASH_ALGORITHM_SHA384 + 1];
  gboolean uses_sha1;
  int wrongly_signed; /* place in the chain, -1 for none */
};

G_DEFINE_BOXED_TYPE (AmtProvProvisioningCertificate,
                     amt_prov_provisioning_certificate,
                     amt_prov_provisioning_certificate_ref,
                     amt_prov_provisioning_certificate_unref)

static void
remember_root (AmtProvProvisioningCertificate *self)
{
  int last = sk_X509_num (self->chain) - 1;

  if (!amt_prov_x509_is_self_signed (sk_X509_value (self->chain, last)))
    return;
  for (guint i = AMT_PROV_HASH_ALGORITHM_SHA1; i <= AMT_PROV_HASH_ALGORITHM_SHA384; i++)
    self->root_hashes[i] = amt_prov_cert_hash_new_from_der (i, g_ptr_array_index (self->der, last));
}

/* The first that the key of the next one has not signed. */
static int
find_wrongly_signed (AmtProvX509Stack *chain)
{
  for (int i = 0; i + 1 < sk_X509_num (chain); i++)
    if (!amt_prov_x509_is_signed_by (sk_X509_value (chain, i), sk_X509_value (chain, i + 1)))
      return i;
  return -1;
}

static AmtProvProvisioningCertificate *
new_from_certificates (const char *where,
                       AmtProvX509Stack *certificates,
                       EVP_PKEY *key,
                       GError **error)
{
  g_autoptr (AmtProvX509Stack) chain =
      amt_prov_certificate_chain_build (where, certificates, key, error);
  AmtProvProvisioningCertificate *self;

  if (!chain)
    return NULL;
  self = g_new0 (AmtProvProvisioningCertificate, 1);
  g_atomic_ref_count_init (&self->references);
  self->der = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);
  for (int i = 0; i < sk_X509_num (chain); i++) {
    X509 *certificate = sk_X509_value (chain, i);

    g_ptr_array_add (self->der, amt_prov_x509_to_der (certificate));
    self->uses_sha1 = self->uses_sha1 || amt_prov_x509_uses_sha1 (certificate);
  }
  self->common_name = amt_prov_x509_dup_common_name (sk_X509_value (chain, 0));
  self->chain = g_steal_pointer (&chain);
  self->wrongly_signed = find_wrongly_signed (self->chain);
  if (key && EVP_PKEY_up_ref (key))
    self->key = key;
  remember_root (self);
  return self;
}

/**
 * amt_prov_provisioning_certificate_new:
 * @certificate_path: (type filename): a PEM file or a PKCS#12 bundle with the leaf and its chain
 * @key_path: (type filename) (nullable): a PEM file or a PKCS#12 bundle with the private key, or
 *   %NULL to take the one beside the certificates, if there is one
 * @passphrase: (nullable): what opens an encrypted key or bundle
 * @error: return location for an error
 *
 * Loads a provisioning certificate and puts its chain in order, leaf first and root last, whatever
 * the order in the file (pki.md §2, row 8). The leaf is the certificate of the private key; without
 * a key the one that has issued no other. Bundles with old encryption (RC2, 3DES) are read too.
 * It may lack its root or break any other rule of AMT: amt_prov_provisioning_certificate_check()
 * says so.
 *
 * Returns: (transfer full) (nullable): the certificate, or %NULL with %AMT_PROV_ERROR_CONFIG, whose
 *   message names the file: it cannot be read or decrypted, holds no certificate, holds none that
 *   belongs to the key, or lacks one between leaf and root
 *
 * Since: 0.1
 */
AmtProvProvisioningCertificate *
amt_prov_provisioning_certificate_new (const char *certificate_path,
                                       const char *key_path,
                                       AmtProvSecret *passphrase,
                                       GError **error)
{
  g_autoptr (AmtProvX509Stack) certificates = NULL;
  g_autoptr (EVP_PKEY) key = NULL;

  g_return_val_if_fail (certificate_path != NULL, NULL);

  if (!amt_prov_certificate_file_read_pair (certificate_path, key_path, passphrase, &certificates,
                                            &key, error))
    return NULL;
  return new_from_certificates (certificate_path, certificates, key, error);
}

static gboolean
parse_der_chain (GPtrArray *chain, AmtProvX509Stack *certificates, GError **error)
{
  for (guint i = 0; i < chain->len; i++) {
    gsize length;
    const guint8 *bytes = g_bytes_get_data (g_ptr_array_index (chain, i), &length);
    const guint8 *end = bytes + length;
    X509 *certificate = d2i_X509 (NULL, &bytes, (long)length);

    if (certificate)
      sk_X509_push (certificates, certificate);
    if (!certificate || bytes != end) {
      ERR_clear_error ();
      g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
                   "certificate number %u of the chain is not the DER form of one X.509 "
                   "certificate",
                   i + 1);
      return FALSE;
    }
  }
  if (chain->len > 0)
    return TRUE;
  g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
                       "the chain holds no certificate");
  return FALSE;
}

/**
 * amt_prov_provisioning_certificate_new_from_der:
 * @chain: (element-type GBytes): the certificates, each in DER form, in any order
 * @key: (nullable): the private key of the leaf in DER form (PKCS#8 or PKCS#1), not encrypted
 * @error: return location for an error
 *
 * The same as amt_prov_provisioning_certificate_new() for bytes in memory.
 *
 * Returns: (transfer full) (nullable): the certificate, or %NULL with %AMT_PROV_ERROR_INVALID_DATA
 *   for bytes that are no certificate or key, or %AMT_PROV_ERROR_CONFIG for a chain that does not
 *   belong together
 *
 * Since: 0.1
 */
AmtProvProvisioningCertificate *
amt_prov_provisioning_certificate_new_from_der (GPtrArray *chain,
                                                AmtProvSecret *key,
                                                GError **error)
{
  g_autoptr (AmtProvX509Stack) certificates = sk_X509_new_null ();
  g_autoptr (EVP_PKEY) private_key = NULL;

  g_return_val_if_fail (chain != NULL, NULL);

  if (!parse_der_chain (chain, certificates, error))
    return NULL;
  if (key) {
    gsize length;
    const guint8 *bytes = amt_prov_secret_peek (key, &length);

    private_key = d2i_AutoPrivateKey (NULL, &bytes, (long)length);
    ERR_clear_error ();
    if (!private_key) {
      g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
                           "the private key is not the DER form of a PKCS#8 or PKCS#1 key");
      return NULL;
    }
  }
  return new_from_certificates ("chain in memory", certificates, private_key, error);
}

/**
 * amt_prov_provisioning_certificate_ref:
 * @self: a #AmtProvProvisioningCertificate
 *
 * Takes a reference; may be called from any thread.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.1
 */
AmtProvProvisioningCertificate *
amt_prov_provisioning_certificate_ref (AmtProvProvisioningCertificate *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->references);
  return self;
}

/**
 * amt_prov_provisioning_certificate_unref:
 * @self: (transfer full): a #AmtProvProvisioningCertificate
 *
 * Drops a reference; with the last one the private key is wiped.
 *
 * Since: 0.1
 */
void
amt_prov_provisioning_certificate_unref (AmtProvProvisioningCertificate *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->references))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (self->root_hashes); i++)
    g_clear_pointer (&self->root_hashes[i], amt_prov_cert_hash_unref);
  g_ptr_array_unref (self->der);
  amt_prov_x509_stack_free (self->chain);
  EVP_PKEY_free (self->key);
  g_free (self->common_name);
  g_free (self);
}

/**
 * amt_prov_provisioning_certificate_get_common_name:
 * @self: a #AmtProvProvisioningCertificate
 *
 * The common name of the leaf, the name whose domain AMT compares with its DNS suffix (pki.md §2,
 * row 4).
 *
 * Returns: (nullable): the name as it stands in the certificate, or %NULL if it has none
 *
 * Since: 0.1
 */
const char *
amt_prov_provisioning_certificate_get_common_name (AmtProvProvisioningCertificate *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->common_name;
}

/**
 * amt_prov_provisioning_certificate_has_key:
 * @self: a #AmtProvProvisioningCertificate
 *
 * Whether the private key of the leaf is there; without it no handshake is possible (pki.md §2,
 * row 12).
 *
 * Returns: %TRUE if it is
 *
 * Since: 0.1
 */
gboolean
amt_prov_provisioning_certificate_has_key (AmtProvProvisioningCertificate *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return self->key != NULL;
}

/**
 * amt_prov_provisioning_certificate_uses_sha1:
 * @self: a #AmtProvProvisioningCertificate
 *
 * Whether any certificate of the chain, the root too, is signed with SHA-1 or with something older.
 * Releases from 16.0 refuse such a chain, releases before 6.0 know no other (pki.md §3).
 *
 * Returns: %TRUE if so
 *
 * Since: 0.1
 */
gboolean
amt_prov_provisioning_certificate_uses_sha1 (AmtProvProvisioningCertificate *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return self->uses_sha1;
}

/**
 * amt_prov_provisioning_certificate_get_root_hash:
 * @self: a #AmtProvProvisioningCertificate
 * @algorithm: the hash algorithm
 *
 * The hash of the whole DER form of the self-signed root, to be compared with the hashes that a
 * device trusts (pki.md §2, row 7).
 *
 * Returns: (transfer none) (nullable): the hash, or %NULL if the chain lacks its root
 *
 * Since: 0.1
 */
AmtProvCertHash *
amt_prov_provisioning_certificate_get_root_hash (AmtProvProvisioningCertificate *self,
                                                 AmtProvHashAlgorithm algorithm)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (algorithm >= AMT_PROV_HASH_ALGORITHM_SHA1 &&
                            algorithm <= AMT_PROV_HASH_ALGORITHM_SHA384,
                        NULL);

  return self->root_hashes[algorithm];
}

/**
 * amt_prov_provisioning_certificate_get_chain:
 * @self: a #AmtProvProvisioningCertificate
 *
 * The certificates in DER form, leaf first, root last.
 *
 * Returns: (transfer none) (element-type GBytes): the chain
 *
 * Since: 0.1
 */
GPtrArray *
amt_prov_provisioning_certificate_get_chain (AmtProvProvisioningCertificate *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->der;
}

EVP_PKEY *
amt_prov_provisioning_certificate_peek_key (AmtProvProvisioningCertificate *self)
{
  return self->key;
}

STACK_OF (X509) *
    amt_prov_provisioning_certificate_peek_chain (AmtProvProvisioningCertificate *self)
{
  return self->chain;
}

int
amt_prov_provisioning_certificate_get_wrongly_signed (AmtProvProvisioningCertificate *self)
{
  return self->wrongly_signed;
}
