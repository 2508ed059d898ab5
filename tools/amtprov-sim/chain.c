/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a machine demands of the certificates that a client shows: the rules of pki.md §2 and §3 in
 * setup, a trusted root after it. */
#include "chain.h"

#include <string.h>

#define MARKER_OID "2.16.840.1.113741.1.2.3"
#define MARKER_OU  "Intel(R) Client Setup Certificate"
#define SERVER_OID GNUTLS_KP_TLS_WWW_SERVER
#define MOST_CERTS 8

typedef struct {
  gnutls_x509_crt_t crts[MOST_CERTS];
  guint count;
} Chain;

static gboolean
chain_load (Chain *chain, const gnutls_datum_t *ders, guint count)
{
  chain->count = 0;
  for (guint i = 0; i < count && i < MOST_CERTS; i++) {
    gnutls_x509_crt_init (&chain->crts[i]);
    chain->count++;
    if (gnutls_x509_crt_import (chain->crts[i], &ders[i], GNUTLS_X509_FMT_DER) < 0)
      return FALSE;
  }
  return count <= MOST_CERTS;
}

static void
chain_clear (Chain *chain)
{
  for (guint i = 0; i < chain->count; i++)
    gnutls_x509_crt_deinit (chain->crts[i]);
}

static gboolean
has_purpose (gnutls_x509_crt_t crt, const char *oid)
{
  char text[128];

  for (guint i = 0;; i++) {
    size_t size = sizeof text;

    if (gnutls_x509_crt_get_key_purpose_oid (crt, i, text, &size, NULL) < 0)
      return FALSE;
    if (strcmp (text, oid) == 0)
      return TRUE;
  }
}

static gboolean
has_unit (gnutls_x509_crt_t crt)
{
  char text[256];

  for (guint i = 0;; i++) {
    size_t size = sizeof text;

    if (gnutls_x509_crt_get_dn_by_oid (crt, GNUTLS_OID_X520_ORGANIZATIONAL_UNIT_NAME, i, 0, text,
                                       &size) < 0)
      return FALSE;
    if (strcmp (text, MARKER_OU) == 0)
      return TRUE;
  }
}

static char *
common_name (gnutls_x509_crt_t crt)
{
  char text[256];
  size_t size = sizeof text;

  if (gnutls_x509_crt_get_dn_by_oid (crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, text, &size) < 0)
    return NULL;
  return g_strdup (text);
}

/* The common name of an encoded certificate, or NULL. */
char *
sim_chain_dup_name (const gnutls_datum_t *der)
{
  char *name = NULL;
  gnutls_x509_crt_t crt;

  gnutls_x509_crt_init (&crt);
  if (gnutls_x509_crt_import (crt, der, GNUTLS_X509_FMT_DER) == 0)
    name = common_name (crt);
  gnutls_x509_crt_deinit (crt);
  return name;
}

static gboolean
is_signed_by (gnutls_x509_crt_t crt, gnutls_x509_crt_t issuer)
{
  guint status = 0;
  /* What is too weak for the release is judged by its own rules, not by those of GnuTLS. */
  const guint flags = GNUTLS_VERIFY_ALLOW_BROKEN | GNUTLS_VERIFY_DISABLE_TIME_CHECKS |
                      GNUTLS_VERIFY_DISABLE_TRUSTED_TIME_CHECKS |
                      GNUTLS_VERIFY_ALLOW_X509_V1_CA_CRT;

  return gnutls_x509_crt_check_issuer (crt, issuer) == 1 &&
         gnutls_x509_crt_verify (crt, &issuer, 1, flags, &status) == 0 && status == 0;
}

static char *
check_links (Chain *chain)
{
  for (guint i = 0; i + 1 < chain->count; i++) {
    if (!is_signed_by (chain->crts[i], chain->crts[i + 1]))
      return g_strdup_printf ("certificate %u is not signed by certificate %u", i, i + 1);
  }
  return NULL;
}

/* The active slot with the hash of a certificate, or NULL. */
SimHash *
sim_chain_find_root (SimModel *model, const gnutls_datum_t *der)
{
  g_autoptr (GBytes) bytes = g_bytes_new (der->data, der->size);

  for (guint i = 0; i < model->hashes->len; i++) {
    SimHash *slot = model->hashes->pdata[i];
    g_autoptr (AmtProvCertHash) hash =
        amt_prov_cert_hash_new_from_der (amt_prov_cert_hash_get_algorithm (slot->hash), bytes);

    if (slot->active && amt_prov_cert_hash_equal (hash, slot->hash))
      return slot;
  }
  return NULL;
}

static char *
check_root (SimModel *model, const gnutls_datum_t *der, gnutls_x509_crt_t root)
{
  if (!is_signed_by (root, root))
    return g_strdup ("the last certificate sent is no self-signed root");
  return sim_chain_find_root (model, der) != NULL
             ? NULL
             : g_strdup ("the hash of the root is not among the active ones");
}

/* SHA-1 and key sizes: a release that refuses them refuses them anywhere in the chain. */
static char *
check_strength (SimModel *model, Chain *chain)
{
  gint64 least = amt_prov_capabilities_get_int (model->capabilities, "min-rsa-bits");
  gboolean sha1 = amt_prov_capabilities_get_boolean (model->capabilities, "sha1-chain");

  if (model->settings->chipset_h) {
    sha1 = FALSE;
    least = MAX (least, 2048);
  }
  for (guint i = 0; i < chain->count; i++) {
    guint bits = 0;
    int key = gnutls_x509_crt_get_pk_algorithm (chain->crts[i], &bits);
    int signature = gnutls_x509_crt_get_signature_algorithm (chain->crts[i]);

    if (!sha1 && (signature == GNUTLS_SIGN_RSA_SHA1 || signature == GNUTLS_SIGN_ECDSA_SHA1))
      return g_strdup_printf ("certificate %u is signed with SHA-1", i);
    if (key == GNUTLS_PK_RSA && bits < least)
      return g_strdup_printf ("certificate %u has an RSA key of %u bits, below %d", i, bits,
                              (int)least);
  }
  return NULL;
}

static char *
check_suffix (SimModel *model, gnutls_x509_crt_t leaf)
{
  g_autofree char *name = common_name (leaf);
  const char *rule = amt_prov_capabilities_get_string (model->capabilities, "suffix-rule");
  const char *suffix = sim_model_get_suffix (model);

  if (suffix == NULL)
    return g_strdup ("the machine has no DNS suffix");
  if (name == NULL)
    return g_strdup ("the leaf has no common name");
  if (amt_prov_suffix_matches (name, suffix,
                               g_strcmp0 (rule, "strict") == 0 ? AMT_PROV_SUFFIX_RULE_STRICT
                                                               : AMT_PROV_SUFFIX_RULE_TABLE))
    return NULL;
  return g_strdup_printf ("the common name %s does not fit the suffix %s", name, suffix);
}

/* Only a machine that knows the time looks at it (wsman.md §13). */
static char *
check_times (SimModel *model, Chain *chain)
{
  gint64 now = sim_model_get_time (model);

  for (guint i = 0; model->clock_set && i < chain->count; i++) {
    if (gnutls_x509_crt_get_expiration_time (chain->crts[i]) < now)
      return g_strdup_printf ("certificate %u has expired", i);
    if (gnutls_x509_crt_get_activation_time (chain->crts[i]) > now)
      return g_strdup_printf ("certificate %u is not valid yet", i);
  }
  return NULL;
}

static char *
check_leaf (gnutls_x509_crt_t leaf)
{
  if (!has_purpose (leaf, MARKER_OID) && !has_unit (leaf))
    return g_strdup ("the leaf has neither the setup purpose " MARKER_OID
                     " nor the unit " MARKER_OU);
  if (!has_purpose (leaf, SERVER_OID))
    return g_strdup ("the leaf lacks the purpose serverAuth");
  return NULL;
}

char *
sim_chain_refuse_provisioning (SimModel *model, const gnutls_datum_t *ders, guint count)
{
  gint64 most = amt_prov_capabilities_get_int (model->capabilities, "max-chain");
  Chain chain;
  char *reason = NULL;

  if (count < 2)
    return g_strdup ("the chain must hold at least the leaf and its root");
  if (count > (most > 0 ? most : 4))
    return g_strdup_printf ("the chain of %u certificates is longer than %d", count, (int)most);
  if (!chain_load (&chain, ders, count))
    reason = g_strdup ("a certificate cannot be read");
  if (reason == NULL)
    reason = check_leaf (chain.crts[0]);
  if (reason == NULL)
    reason = check_links (&chain);
  if (reason == NULL)
    reason = check_root (model, &ders[count - 1], chain.crts[count - 1]);
  if (reason == NULL)
    reason = check_strength (model, &chain);
  if (reason == NULL)
    reason = check_suffix (model, chain.crts[0]);
  if (reason == NULL)
    reason = check_times (model, &chain);
  chain_clear (&chain);
  return reason;
}

static gboolean
name_trusted (SimModel *model, gnutls_x509_crt_t leaf)
{
  SimClass *class = sim_catalog_lookup (model->catalog, "AMT_TLSSettingData");
  g_autoptr (GPtrArray) list = sim_store_list (model, class);
  const SimInstance *lan = list->pdata[0];
  g_autofree char *name = common_name (leaf);

  if (sim_instance_get (lan, "TrustedCN") == NULL)
    return TRUE;
  for (guint i = 0; name != NULL && i < lan->properties->len; i++) {
    const SimProperty *property = lan->properties->pdata[i];

    if (strcmp (property->name, "TrustedCN") == 0 &&
        (g_ascii_strcasecmp (property->value, name) == 0 ||
         amt_prov_suffix_matches (name, property->value, AMT_PROV_SUFFIX_RULE_STRICT)))
      return TRUE;
  }
  return FALSE;
}

static gboolean
ends_in_root (SimModel *model, Chain *chain)
{
  gnutls_x509_crt_t last = chain->crts[chain->count - 1];

  for (guint i = 0; i < model->certs->len; i++) {
    SimCert *cert = model->certs->pdata[i];

    if (cert != NULL && cert->root &&
        (gnutls_x509_crt_equals (last, cert->crt) || is_signed_by (last, cert->crt)))
      return TRUE;
  }
  return FALSE;
}

char *
sim_chain_refuse_mutual (SimModel *model, const gnutls_datum_t *ders, guint count)
{
  Chain chain;
  char *reason = NULL;

  if (count == 0)
    return g_strdup ("no client certificate");
  if (!chain_load (&chain, ders, count))
    reason = g_strdup ("a certificate cannot be read");
  if (reason == NULL)
    reason = check_links (&chain);
  if (reason == NULL && !ends_in_root (model, &chain))
    reason = g_strdup ("the client chain does not end in a trusted root of the machine");
  if (reason == NULL && !name_trusted (model, chain.crts[0]))
    reason = g_strdup ("the common name of the client is not among the trusted ones");
  if (reason == NULL)
    reason = check_times (model, &chain);
  chain_clear (&chain);
  return reason;
}
