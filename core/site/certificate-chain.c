/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "site/certificate-chain-private.h"

#include <string.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <amtprov/error.h>

/* pki.md §2, rows 1 and 3 */
#define PURPOSE_OID  "2.16.840.1.113741.1.2.3"
#define PURPOSE_UNIT "Intel(R) Client Setup Certificate"

/* The digests of SHA-1 and of everything older have no more bits than this. */
#define SHA1_BYTES 20

gboolean
amt_prov_x509_is_signed_by (X509 *certificate, X509 *issuer)
{
  EVP_PKEY *key = X509_get0_pubkey (issuer);
  gboolean good = key && X509_verify (certificate, key) == 1;

  ERR_clear_error ();
  return good;
}

static gboolean
names_as_issuer (X509 *certificate, X509 *issuer)
{
  return X509_NAME_cmp (X509_get_issuer_name (certificate), X509_get_subject_name (issuer)) == 0;
}

gboolean
amt_prov_x509_is_self_signed (X509 *certificate)
{
  return names_as_issuer (certificate, certificate) &&
         amt_prov_x509_is_signed_by (certificate, certificate);
}

gboolean
amt_prov_x509_has_extended_usage (X509 *certificate, const char *oid)
{
  EXTENDED_KEY_USAGE *usages = X509_get_ext_d2i (certificate, NID_ext_key_usage, NULL, NULL);
  gboolean found = FALSE;
  char text[128];

  for (int i = 0; !found && i < sk_ASN1_OBJECT_num (usages); i++) {
    OBJ_obj2txt (text, sizeof text, sk_ASN1_OBJECT_value (usages, i), 1);
    found = g_str_equal (text, oid);
  }
  sk_ASN1_OBJECT_pop_free (usages, ASN1_OBJECT_free);
  ERR_clear_error ();
  return found;
}

static gboolean
has_unit (X509 *certificate, const char *unit)
{
  const X509_NAME *subject = X509_get_subject_name (certificate);
  gboolean found = FALSE;

  for (int i = X509_NAME_get_index_by_NID (subject, NID_organizationalUnitName, -1);
       !found && i >= 0; i = X509_NAME_get_index_by_NID (subject, NID_organizationalUnitName, i)) {
    unsigned char *utf8 = NULL;
    int length =
        ASN1_STRING_to_UTF8 (&utf8, X509_NAME_ENTRY_get_data (X509_NAME_get_entry (subject, i)));

    found = length == (int)strlen (unit) && memcmp (utf8, unit, length) == 0;
    OPENSSL_free (utf8);
  }
  return found;
}

/*
 * amt_prov_x509_has_purpose:
 *
 * Whether AMT takes the certificate for a provisioning certificate (pki.md §2, row 1); @marker says
 * which of the two marks it bears.
 */
gboolean
amt_prov_x509_has_purpose (X509 *certificate, const char **marker)
{
  if (amt_prov_x509_has_extended_usage (certificate, PURPOSE_OID)) {
    *marker = "extended key usage " PURPOSE_OID;
    return TRUE;
  }
  *marker = "OU=" PURPOSE_UNIT;
  return has_unit (certificate, PURPOSE_UNIT);
}

gboolean
amt_prov_x509_uses_sha1 (X509 *certificate)
{
  int digest = NID_undef;

  if (!X509_get_signature_info (certificate, &digest, NULL, NULL, NULL)) {
    ERR_clear_error ();
    return FALSE;
  }
  return digest != NID_undef && EVP_MD_get_size (EVP_get_digestbynid (digest)) > 0 &&
         EVP_MD_get_size (EVP_get_digestbynid (digest)) <= SHA1_BYTES;
}

static gboolean
contains (AmtProvX509Stack *stack, X509 *certificate)
{
  for (int i = 0; i < sk_X509_num (stack); i++)
    if (X509_cmp (sk_X509_value (stack, i), certificate) == 0)
      return TRUE;
  return FALSE;
}

/* A cross-signed twin of a root makes the chain longer than it must be: the self-signed issuer goes
 * first. One that only bears the right name is kept for the check of signatures to complain of. */
static X509 *
find_issuer (AmtProvX509Stack *certificates, AmtProvX509Stack *chain, X509 *certificate)
{
  X509 *best = NULL;
  int best_score = 0;

  for (int i = 0; i < sk_X509_num (certificates); i++) {
    X509 *candidate = sk_X509_value (certificates, i);
    int score = 1;

    if (!names_as_issuer (certificate, candidate) || contains (chain, candidate))
      continue;
    if (amt_prov_x509_is_signed_by (certificate, candidate))
      score += 2;
    if (amt_prov_x509_is_self_signed (candidate))
      score += 1;
    if (score > best_score) {
      best = candidate;
      best_score = score;
    }
  }
  return best;
}

static gboolean
issues_another (AmtProvX509Stack *certificates, X509 *certificate)
{
  for (int i = 0; i < sk_X509_num (certificates); i++) {
    X509 *other = sk_X509_value (certificates, i);

    if (X509_cmp (other, certificate) != 0 && names_as_issuer (other, certificate))
      return TRUE;
  }
  return FALSE;
}

static gboolean
holds_key (X509 *certificate, EVP_PKEY *key)
{
  EVP_PKEY *public_key = X509_get0_pubkey (certificate);
  gboolean same = public_key && EVP_PKEY_eq (public_key, key) == 1;

  ERR_clear_error ();
  return same;
}

static X509 *
find_leaf (AmtProvX509Stack *certificates, EVP_PKEY *key)
{
  X509 *best = NULL;
  int best_score = 0;

  for (int i = 0; i < sk_X509_num (certificates); i++) {
    X509 *candidate = sk_X509_value (certificates, i);
    const char *marker;
    int score = 1;

    if (key ? !holds_key (candidate, key) : issues_another (certificates, candidate))
      continue;
    if (amt_prov_x509_has_purpose (candidate, &marker))
      score += 2;
    if (!amt_prov_x509_is_self_signed (candidate))
      score += 1;
    if (score > best_score) {
      best = candidate;
      best_score = score;
    }
  }
  return best;
}

static void
set_broken_link (GError **error, const char *where, X509 *certificate)
{
  g_autofree char *subject = amt_prov_x509_name_to_string (X509_get_subject_name (certificate));
  g_autofree char *issuer = amt_prov_x509_name_to_string (X509_get_issuer_name (certificate));

  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFIG,
               "%s: the chain is broken: \"%s\" was issued by \"%s\", and that certificate is not "
               "in the file; add it",
               where, subject, issuer);
}

static gboolean
has_unused_root (AmtProvX509Stack *certificates, AmtProvX509Stack *chain)
{
  for (int i = 0; i < sk_X509_num (certificates); i++) {
    X509 *certificate = sk_X509_value (certificates, i);

    if (!contains (chain, certificate) && amt_prov_x509_is_self_signed (certificate))
      return TRUE;
  }
  return FALSE;
}

/*
 * amt_prov_certificate_chain_build:
 *
 * Orders certificates leaf first, root last, whatever their order was. The leaf is the one of the
 * private key; without a key the one that issued no other. A chain that ends before a root is fine
 * here (the check of the root reports it) unless a root is there that it does not reach: then a
 * link in between is missing.
 */
AmtProvX509Stack *
amt_prov_certificate_chain_build (const char *where,
                                  AmtProvX509Stack *certificates,
                                  EVP_PKEY *key,
                                  GError **error)
{
  g_autoptr (AmtProvX509Stack) chain = sk_X509_new_null ();
  X509 *next = find_leaf (certificates, key);
  X509 *last = NULL;

  if (!next) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFIG,
                 key ? "%s: no certificate in it belongs to the private key"
                     : "%s: no certificate in it can be the leaf: each has issued another one",
                 where);
    return NULL;
  }
  for (; next; next = find_issuer (certificates, chain, last)) {
    X509_up_ref (next);
    sk_X509_push (chain, next);
    last = next;
    if (amt_prov_x509_is_self_signed (next))
      return g_steal_pointer (&chain);
  }
  if (has_unused_root (certificates, chain)) {
    set_broken_link (error, where, last);
    return NULL;
  }
  return g_steal_pointer (&chain);
}
