/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "site/provisioning-certificate-private.h"

#include <openssl/err.h>

#include <amtprov/suffix.h>
#include "site/certificate-chain-private.h"

#define SERVER_AUTH_OID "1.3.6.1.5.5.7.3.1"
/* pki.md §2, rows 8 to 11; tls-http.md §6.2 */
#define DEFAULT_MAX_CHAIN 4
#define USUAL_RSA_BITS    2048
#define OLD_CHAIN_BYTES   4100

typedef struct {
  AmtProvProvisioningCertificate *certificate;
  AmtProvX509Stack *chain;
  X509 *leaf;
  const char *suffix;
  AmtProvHello *hello;
  AmtProvCapabilities *capabilities;
  GPtrArray *checks;
} Checklist;

static void G_GNUC_PRINTF (4, 5)
    add (Checklist *list, const char *id, AmtProvCheckResult result, const char *format, ...)
{
  g_autofree char *sentence = NULL;
  va_list arguments;

  va_start (arguments, format);
  sentence = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_ptr_array_add (list->checks, amt_prov_check_new (id, result, sentence));
}

static char *
dup_subject (X509 *certificate)
{
  return amt_prov_x509_name_to_string (X509_get_subject_name (certificate));
}

static void
check_purpose (Checklist *list)
{
  const char *marker;

  if (amt_prov_x509_has_purpose (list->leaf, &marker))
    add (list, "purpose", AMT_PROV_CHECK_RESULT_PASS, "The leaf bears the %s.", marker);
  else
    add (list, "purpose", AMT_PROV_CHECK_RESULT_FAIL,
         "The leaf is no provisioning certificate: it has neither the extended key usage "
         "2.16.840.1.113741.1.2.3 nor an OU that is exactly "
         "\"Intel(R) Client Setup Certificate\"; order one with either of them.");
}

static void
check_server_auth (Checklist *list)
{
  if (amt_prov_x509_has_extended_usage (list->leaf, SERVER_AUTH_OID))
    add (list, "server-auth", AMT_PROV_CHECK_RESULT_PASS,
         "The leaf has the extended key usage serverAuth.");
  else
    add (list, "server-auth", AMT_PROV_CHECK_RESULT_FAIL,
         "The leaf lacks the extended key usage serverAuth (" SERVER_AUTH_OID
         "): AMT wants an SSL server certificate.");
}

static void
check_key_type (Checklist *list)
{
  EVP_PKEY *key = X509_get0_pubkey (list->leaf);
  const char *type = key ? EVP_PKEY_get0_type_name (key) : NULL;

  if (key && EVP_PKEY_is_a (key, "RSA"))
    add (list, "key-type", AMT_PROV_CHECK_RESULT_PASS, "The key of the leaf is RSA.");
  else
    add (list, "key-type", AMT_PROV_CHECK_RESULT_FAIL,
         "The key of the leaf is %s; AMT takes RSA keys only.", type ? type : "unreadable");
}

static int
smallest_rsa (Checklist *list)
{
  int smallest = 0;

  for (int i = 0; i < sk_X509_num (list->chain); i++) {
    EVP_PKEY *key = X509_get0_pubkey (sk_X509_value (list->chain, i));

    if (key && EVP_PKEY_is_a (key, "RSA") && (smallest == 0 || EVP_PKEY_get_bits (key) < smallest))
      smallest = EVP_PKEY_get_bits (key);
  }
  return smallest;
}

static void
check_key_size (Checklist *list)
{
  int bits = smallest_rsa (list);
  gint64 least =
      list->capabilities ? amt_prov_capabilities_get_int (list->capabilities, "min-rsa-bits") : 0;

  if (bits == 0)
    add (list, "key-size", AMT_PROV_CHECK_RESULT_UNKNOWN, "No key of the chain is RSA.");
  else if (list->capabilities && bits < least)
    add (list, "key-size", AMT_PROV_CHECK_RESULT_FAIL,
         "The smallest RSA key of the chain has %d bits, and this release refuses less than "
         "%" G_GINT64_FORMAT ".",
         bits, least);
  else if (list->capabilities || bits >= USUAL_RSA_BITS)
    add (list, "key-size", AMT_PROV_CHECK_RESULT_PASS,
         "The smallest RSA key of the chain has %d bits.", bits);
  else
    add (list, "key-size", AMT_PROV_CHECK_RESULT_UNKNOWN,
         "The smallest RSA key of the chain has %d bits; releases from 16.0 refuse less than 2048.",
         bits);
}

static void
check_private_key (Checklist *list)
{
  EVP_PKEY *key = amt_prov_provisioning_certificate_peek_key (list->certificate);

  if (key)
    add (list, "private-key", AMT_PROV_CHECK_RESULT_PASS, "The private key belongs to the leaf.");
  else
    add (list, "private-key", AMT_PROV_CHECK_RESULT_FAIL,
         "The private key is not there; without it no handshake is possible.");
}

static AmtProvCertHash *
root_hash (Checklist *list, guint algorithm)
{
  return amt_prov_provisioning_certificate_get_root_hash (list->certificate, algorithm);
}

static void
check_root_included (Checklist *list)
{
  X509 *last = sk_X509_value (list->chain, sk_X509_num (list->chain) - 1);
  g_autofree char *subject = dup_subject (last);
  g_autofree char *issuer = amt_prov_x509_name_to_string (X509_get_issuer_name (last));

  if (root_hash (list, AMT_PROV_HASH_ALGORITHM_SHA1))
    add (list, "root-included", AMT_PROV_CHECK_RESULT_PASS,
         "The chain ends with its self-signed root \"%s\".", subject);
  else
    add (list, "root-included", AMT_PROV_CHECK_RESULT_FAIL,
         "The root is missing: the last certificate \"%s\" was issued by \"%s\". AMT knows only "
         "the hash of the root, so it must be sent; add it to the file.",
         subject, issuer);
}

static gboolean
hello_trusts_root (Checklist *list)
{
  for (guint i = AMT_PROV_HASH_ALGORITHM_SHA1; i <= AMT_PROV_HASH_ALGORITHM_SHA384; i++)
    if (amt_prov_hello_has_hash (list->hello, root_hash (list, i)))
      return TRUE;
  return FALSE;
}

static gboolean
release_trusts_root (Checklist *list)
{
  for (guint i = AMT_PROV_HASH_ALGORITHM_SHA1; i <= AMT_PROV_HASH_ALGORITHM_SHA384; i++) {
    GPtrArray *roots = amt_prov_capabilities_get_roots (list->capabilities, i);

    for (guint j = 0; roots && j < roots->len; j++)
      if (amt_prov_cert_hash_equal (g_ptr_array_index (roots, j), root_hash (list, i)))
        return TRUE;
  }
  return FALSE;
}

static void
check_hello_root (Checklist *list)
{
  g_autofree char *hash =
      amt_prov_cert_hash_to_hex (root_hash (list, AMT_PROV_HASH_ALGORITHM_SHA256));
  GPtrArray *hashes = amt_prov_hello_get_hashes (list->hello);

  if (!hashes || hashes->len == 0)
    add (list, "root-trusted", AMT_PROV_CHECK_RESULT_UNKNOWN,
         "The hello lists no root hashes: the machine is not set up for certificates.");
  else if (hello_trusts_root (list))
    add (list, "root-trusted", AMT_PROV_CHECK_RESULT_PASS,
         "The hash of the root is among the %u that the machine trusts.", hashes->len);
  else
    add (list, "root-trusted", AMT_PROV_CHECK_RESULT_FAIL,
         "The hash of the root (SHA-256 %s) is not among the %u that the machine trusts; take a "
         "certificate of one of those roots, or add this hash to the machine.",
         hash, hashes->len);
}

static void
check_root_trusted (Checklist *list)
{
  if (!root_hash (list, AMT_PROV_HASH_ALGORITHM_SHA256))
    add (list, "root-trusted", AMT_PROV_CHECK_RESULT_UNKNOWN,
         "The root is missing, so its hash is not known.");
  else if (list->hello)
    check_hello_root (list);
  else if (!list->capabilities)
    add (list, "root-trusted", AMT_PROV_CHECK_RESULT_UNKNOWN,
         "Neither the release nor a hello of the machine is known, so neither are its roots.");
  else if (release_trusts_root (list))
    add (list, "root-trusted", AMT_PROV_CHECK_RESULT_PASS, "The root is built into this release.");
  else
    add (list, "root-trusted", AMT_PROV_CHECK_RESULT_UNKNOWN,
         "The root is not built into this release: it is trusted only if its hash was added to the "
         "machine as a custom hash.");
}

static void
check_chain_order (Checklist *list)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (int i = 0; i < sk_X509_num (list->chain); i++) {
    X509 *certificate = sk_X509_value (list->chain, i);
    g_autofree char *name = amt_prov_x509_dup_common_name (certificate);
    g_autofree char *subject = dup_subject (certificate);

    g_string_append_printf (text, "%s%s", i ? ", then " : "", name ? name : subject);
  }
  add (list, "chain-order", AMT_PROV_CHECK_RESULT_PASS, "The chain is sent as %s.", text->str);
}

static void
check_signatures (Checklist *list)
{
  int wrong = amt_prov_provisioning_certificate_get_wrongly_signed (list->certificate);
  g_autofree char *subject = NULL;
  g_autofree char *issuer = NULL;

  if (wrong < 0) {
    add (list, "signatures", AMT_PROV_CHECK_RESULT_PASS,
         "Each certificate is signed with the key of the next one.");
    return;
  }
  subject = dup_subject (sk_X509_value (list->chain, wrong));
  issuer = dup_subject (sk_X509_value (list->chain, wrong + 1));
  add (list, "signatures", AMT_PROV_CHECK_RESULT_FAIL,
       "\"%s\" is not signed with the key of \"%s\", although it names it as its issuer; put the "
       "right issuer into the file.",
       subject, issuer);
}

static void
check_chain_length (Checklist *list)
{
  int length = sk_X509_num (list->chain);
  gint64 most =
      list->capabilities ? amt_prov_capabilities_get_int (list->capabilities, "max-chain") : 0;

  if (most <= 0)
    most = DEFAULT_MAX_CHAIN;
  if (length < 2)
    add (list, "chain-length", AMT_PROV_CHECK_RESULT_FAIL,
         "There is one certificate only; AMT wants the leaf and at least its root.");
  else if (length > most)
    add (list, "chain-length", AMT_PROV_CHECK_RESULT_FAIL,
         "The chain has %d certificates with its root, and AMT takes at most %" G_GINT64_FORMAT
         "; leave out cross-signed ones.",
         length, most);
  else
    add (list, "chain-length", AMT_PROV_CHECK_RESULT_PASS,
         "The chain has %d certificates with its root.", length);
}

static gboolean
knows_sha2 (AmtProvCapabilities *capabilities)
{
  return amt_prov_capabilities_list_contains (capabilities, "hash-algorithms", "sha256");
}

static void
check_chain_size (Checklist *list)
{
  GPtrArray *chain = amt_prov_provisioning_certificate_get_chain (list->certificate);
  gsize size = 0;

  for (guint i = 0; i < chain->len; i++)
    size += g_bytes_get_size (g_ptr_array_index (chain, i));
  if (size <= OLD_CHAIN_BYTES || (list->capabilities && knows_sha2 (list->capabilities)))
    add (list, "chain-size", AMT_PROV_CHECK_RESULT_PASS, "The chain has %" G_GSIZE_FORMAT " bytes.",
         size);
  else
    add (list, "chain-size",
         list->capabilities ? AMT_PROV_CHECK_RESULT_FAIL : AMT_PROV_CHECK_RESULT_UNKNOWN,
         "The chain has %" G_GSIZE_FORMAT " bytes; releases before 6.0 take at most %d.", size,
         OLD_CHAIN_BYTES);
}

static char *
dup_date (const ASN1_TIME *time)
{
  struct tm parts;

  if (ASN1_TIME_to_tm (time, &parts) != 1)
    return g_strdup ("an unreadable date");
  return g_strdup_printf ("%04d-%02d-%02d", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday);
}

static void
check_validity (Checklist *list)
{
  g_autofree char *end = dup_date (X509_get0_notAfter (list->leaf));

  for (int i = 0; i < sk_X509_num (list->chain); i++) {
    X509 *certificate = sk_X509_value (list->chain, i);
    g_autofree char *subject = dup_subject (certificate);
    g_autofree char *from = dup_date (X509_get0_notBefore (certificate));
    g_autofree char *to = dup_date (X509_get0_notAfter (certificate));
    gboolean early = X509_cmp_current_time (X509_get0_notBefore (certificate)) >= 0;

    if (!early && X509_cmp_current_time (X509_get0_notAfter (certificate)) > 0)
      continue;
    add (list, "validity", AMT_PROV_CHECK_RESULT_FAIL,
         early ? "\"%s\" is not valid before %s." : "\"%s\" expired on %s; renew it.", subject,
         early ? from : to);
    return;
  }
  add (list, "validity", AMT_PROV_CHECK_RESULT_PASS,
       "Every certificate of the chain is valid today; the leaf expires on %s.", end);
}

static void
check_signature_algorithm (Checklist *list)
{
  if (!amt_prov_provisioning_certificate_uses_sha1 (list->certificate))
    add (list, "signature-algorithm", AMT_PROV_CHECK_RESULT_PASS,
         "No certificate of the chain is signed with SHA-1.");
  else if (!list->capabilities)
    add (list, "signature-algorithm", AMT_PROV_CHECK_RESULT_UNKNOWN,
         "A certificate of the chain is signed with SHA-1, which releases from 16.0 refuse.");
  else if (amt_prov_capabilities_get_boolean (list->capabilities, "sha1-chain"))
    add (list, "signature-algorithm", AMT_PROV_CHECK_RESULT_PASS,
         "A certificate of the chain is signed with SHA-1, which this release accepts.");
  else
    add (list, "signature-algorithm", AMT_PROV_CHECK_RESULT_FAIL,
         "A certificate of the chain (its root counts too) is signed with SHA-1, which this "
         "release refuses; take a chain that is SHA-256 up to the root.");
}

static gboolean
all_sha1 (Checklist *list)
{
  for (int i = 0; i < sk_X509_num (list->chain); i++)
    if (!amt_prov_x509_uses_sha1 (sk_X509_value (list->chain, i)))
      return FALSE;
  return TRUE;
}

static void
check_hash_algorithm (Checklist *list)
{
  if (all_sha1 (list))
    add (list, "hash-algorithm", AMT_PROV_CHECK_RESULT_PASS,
         "The chain is signed with SHA-1 throughout, which every release can compute.");
  else if (!list->capabilities)
    add (list, "hash-algorithm", AMT_PROV_CHECK_RESULT_UNKNOWN,
         "The chain uses SHA-2 signatures, which releases before 6.0 do not know.");
  else if (knows_sha2 (list->capabilities))
    add (list, "hash-algorithm", AMT_PROV_CHECK_RESULT_PASS,
         "This release knows the SHA-2 signatures of the chain.");
  else
    add (list, "hash-algorithm", AMT_PROV_CHECK_RESULT_FAIL,
         "The chain uses SHA-2 signatures, and this release knows SHA-1 only; take a chain that is "
         "signed with SHA-1 throughout.");
}

static AmtProvCheckResult
compare_suffix (Checklist *list, const char *name)
{
  gboolean strict = amt_prov_suffix_matches (name, list->suffix, AMT_PROV_SUFFIX_RULE_STRICT);
  gboolean table =
      strict || amt_prov_suffix_matches (name, list->suffix, AMT_PROV_SUFFIX_RULE_TABLE);
  const char *rule = list->capabilities
                         ? amt_prov_capabilities_get_string (list->capabilities, "suffix-rule")
                         : NULL;

  if (strict || (table && g_strcmp0 (rule, "table") == 0))
    return AMT_PROV_CHECK_RESULT_PASS;
  return table && !rule ? AMT_PROV_CHECK_RESULT_UNKNOWN : AMT_PROV_CHECK_RESULT_FAIL;
}

static void
check_suffix (Checklist *list)
{
  const char *name = amt_prov_provisioning_certificate_get_common_name (list->certificate);
  AmtProvCheckResult result;

  if (!name) {
    add (list, "suffix", AMT_PROV_CHECK_RESULT_FAIL,
         "The leaf has no common name to compare with the machine's DNS suffix.");
    return;
  }
  if (!list->suffix || !*list->suffix) {
    add (list, "suffix", AMT_PROV_CHECK_RESULT_UNKNOWN,
         "The DNS suffix of the machine is not known; the common name is %s.", name);
    return;
  }
  result = compare_suffix (list, name);
  if (result == AMT_PROV_CHECK_RESULT_PASS)
    add (list, "suffix", result, "The common name %s matches the suffix %s.", name, list->suffix);
  else if (result == AMT_PROV_CHECK_RESULT_UNKNOWN)
    add (list, "suffix", result,
         "The common name %s matches the suffix %s in later releases only: up to 2.5 and in early "
         "3.0 the whole domain part must be equal.",
         name, list->suffix);
  else
    add (list, "suffix", result,
         "The common name %s does not match the suffix %s; take a certificate for that domain.",
         name, list->suffix);
}

/**
 * amt_prov_provisioning_certificate_check:
 * @self: a #AmtProvProvisioningCertificate
 * @suffix: (nullable): the DNS suffix of the machine, or %NULL if it is not known
 * @hello: (nullable): a hello of the machine, or %NULL
 * @capabilities: (nullable): what the machine's release can do, or %NULL if that is not known
 *
 * Holds a certificate against every rule that AMT applies in the handshake (pki.md §2, §3, §6;
 * tls-http.md §6.2). The rules, in this order: `purpose`, `server-auth`, `key-type`, `key-size`,
 * `private-key`, `root-included`, `root-trusted`, `chain-order`, `signatures`, `chain-length`,
 * `chain-size`, `validity` (by this computer's clock), `signature-algorithm`, `hash-algorithm`,
 * `suffix`.
 *
 * Returns: (transfer container) (element-type AmtProvCheck): one check per rule; AMT would refuse
 *   the certificate if any of them is %AMT_PROV_CHECK_RESULT_FAIL
 *
 * Since: 0.1
 */
GPtrArray *
amt_prov_provisioning_certificate_check (AmtProvProvisioningCertificate *self,
                                         const char *suffix,
                                         AmtProvHello *hello,
                                         AmtProvCapabilities *capabilities)
{
  Checklist list = {self, NULL, NULL, suffix, hello, capabilities, NULL};

  g_return_val_if_fail (self != NULL, NULL);

  list.chain = amt_prov_provisioning_certificate_peek_chain (self);
  list.leaf = sk_X509_value (list.chain, 0);
  list.checks = g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_check_free);
  check_purpose (&list);
  check_server_auth (&list);
  check_key_type (&list);
  check_key_size (&list);
  check_private_key (&list);
  check_root_included (&list);
  check_root_trusted (&list);
  check_chain_order (&list);
  check_signatures (&list);
  check_chain_length (&list);
  check_chain_size (&list);
  check_validity (&list);
  check_signature_algorithm (&list);
  check_hash_algorithm (&list);
  check_suffix (&list);
  ERR_clear_error ();
  return list.checks;
}
