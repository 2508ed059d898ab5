/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys and certificates of simulated machines, and what they show in a handshake. */
#include "keys.h"

#include <string.h>

#define POOL_TURNS 4

struct _SimKeyPool {
  GHashTable *keys; /* bits * POOL_TURNS + turn → SimKey */
};

static GBytes *
take_datum (gnutls_datum_t *datum)
{
  GBytes *bytes = g_bytes_new (datum->data, datum->size);

  gnutls_free (datum->data);
  return bytes;
}

/* SEQUENCE { INTEGER modulus, INTEGER exponent }, the form of DERKey (wsman-examples.md §5.9). */
static void
append_der (GByteArray *out, guint8 tag, const guint8 *data, gsize length)
{
  guint8 head[4] = {tag, 0, 0, 0};
  guint used = 2;

  if (length < 0x80) {
    head[1] = length;
  } else if (length < 0x100) {
    head[1] = 0x81;
    head[2] = length;
    used = 3;
  } else {
    head[1] = 0x82;
    head[2] = length >> 8;
    head[3] = length & 0xff;
    used = 4;
  }
  g_byte_array_append (out, head, used);
  g_byte_array_append (out, data, length);
}

static GBytes *
export_public_pkcs1 (gnutls_x509_privkey_t privkey)
{
  gnutls_datum_t m = {0}, e = {0}, d = {0}, p = {0}, q = {0}, u = {0};
  g_autoptr (GByteArray) inside = g_byte_array_new ();
  GByteArray *outside = g_byte_array_new ();
  g_autoptr (GBytes) modulus = NULL;
  g_autoptr (GBytes) exponent = NULL;

  if (gnutls_x509_privkey_export_rsa_raw (privkey, &m, &e, &d, &p, &q, &u) < 0)
    return g_byte_array_free_to_bytes (outside);
  modulus = take_datum (&m);
  exponent = take_datum (&e);
  gnutls_free (d.data);
  gnutls_free (p.data);
  gnutls_free (q.data);
  gnutls_free (u.data);
  append_der (inside, 2, g_bytes_get_data (modulus, NULL), g_bytes_get_size (modulus));
  append_der (inside, 2, g_bytes_get_data (exponent, NULL), g_bytes_get_size (exponent));
  append_der (outside, 0x30, inside->data, inside->len);
  return g_byte_array_free_to_bytes (outside);
}

static SimKey *
key_new (gnutls_x509_privkey_t privkey)
{
  SimKey *self = g_new0 (SimKey, 1);

  g_atomic_ref_count_init (&self->refs);
  self->privkey = privkey;
  self->public_pkcs1 = export_public_pkcs1 (privkey);
  return self;
}

SimKey *
sim_key_new_from_pkcs1 (GBytes *pkcs1)
{
  gnutls_datum_t datum = {(guint8 *)g_bytes_get_data (pkcs1, NULL), g_bytes_get_size (pkcs1)};
  gnutls_x509_privkey_t privkey;

  gnutls_x509_privkey_init (&privkey);
  if (gnutls_x509_privkey_import (privkey, &datum, GNUTLS_X509_FMT_DER) < 0 ||
      gnutls_x509_privkey_get_pk_algorithm (privkey) != GNUTLS_PK_RSA) {
    gnutls_x509_privkey_deinit (privkey);
    return NULL;
  }
  return key_new (privkey);
}

SimKey *
sim_key_ref (SimKey *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
sim_key_unref (SimKey *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->refs))
    return;
  gnutls_x509_privkey_deinit (self->privkey);
  g_bytes_unref (self->public_pkcs1);
  g_free (self);
}

gboolean
sim_key_fits (SimKey *self, gnutls_x509_crt_t crt)
{
  guint8 left[64], right[64];
  size_t left_size = sizeof left, right_size = sizeof right;

  return gnutls_x509_privkey_get_key_id (self->privkey, GNUTLS_KEYID_USE_SHA256, left,
                                         &left_size) == 0 &&
         gnutls_x509_crt_get_key_id (crt, GNUTLS_KEYID_USE_SHA256, right, &right_size) == 0 &&
         left_size == right_size && memcmp (left, right, left_size) == 0;
}

SimKeyPool *
sim_key_pool_new (void)
{
  SimKeyPool *self = g_new0 (SimKeyPool, 1);

  self->keys = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify)sim_key_unref);
  return self;
}

void
sim_key_pool_free (SimKeyPool *self)
{
  g_hash_table_unref (self->keys);
  g_free (self);
}

SimKey *
sim_key_pool_get (SimKeyPool *self, guint bits, guint turn)
{
  gpointer place = GUINT_TO_POINTER (bits * POOL_TURNS + turn % POOL_TURNS);
  SimKey *key = g_hash_table_lookup (self->keys, place);
  gnutls_x509_privkey_t privkey;

  if (key == NULL) {
    gnutls_x509_privkey_init (&privkey);
    if (gnutls_x509_privkey_generate (privkey, GNUTLS_PK_RSA, bits, 0) < 0) {
      gnutls_x509_privkey_deinit (privkey);
      return NULL;
    }
    key = key_new (privkey);
    g_hash_table_insert (self->keys, place, key);
  }
  return sim_key_ref (key);
}

SimCert *
sim_cert_new (GBytes *der, gboolean root)
{
  gnutls_datum_t datum = {(guint8 *)g_bytes_get_data (der, NULL), g_bytes_get_size (der)};
  SimCert *self;
  gnutls_x509_crt_t crt;

  gnutls_x509_crt_init (&crt);
  if (gnutls_x509_crt_import (crt, &datum, GNUTLS_X509_FMT_DER) < 0) {
    gnutls_x509_crt_deinit (crt);
    return NULL;
  }
  self = g_new0 (SimCert, 1);
  self->crt = crt;
  self->der = g_bytes_ref (der);
  self->root = root;
  return self;
}

void
sim_cert_free (SimCert *self)
{
  if (self == NULL)
    return;
  gnutls_x509_crt_deinit (self->crt);
  g_bytes_unref (self->der);
  g_free (self);
}

/* Attributes joined by commas, country first (wsman-examples.md §5.8). */
char *
sim_cert_dup_name (SimCert *self, gboolean issuer)
{
  gnutls_datum_t name = {0};
  int code = issuer ? gnutls_x509_crt_get_issuer_dn3 (self->crt, &name, GNUTLS_X509_DN_FLAG_COMPAT)
                    : gnutls_x509_crt_get_dn3 (self->crt, &name, GNUTLS_X509_DN_FLAG_COMPAT);
  char *text = code == 0 ? g_strndup ((char *)name.data, name.size) : g_strdup ("");

  gnutls_free (name.data);
  return text;
}

static SimIdentity *
identity_new (SimKey *key, gnutls_x509_crt_t crt)
{
  SimIdentity *self = g_new0 (SimIdentity, 1);

  gnutls_privkey_init (&self->key);
  if (gnutls_privkey_import_x509 (self->key, key->privkey, GNUTLS_PRIVKEY_IMPORT_COPY) < 0 ||
      gnutls_pcert_import_x509 (&self->pcert, crt, 0) < 0) {
    gnutls_privkey_deinit (self->key);
    g_free (self);
    return NULL;
  }
  return self;
}

SimIdentity *
sim_identity_new (SimKey *key, SimCert *cert)
{
  return identity_new (key, cert->crt);
}

SimIdentity *
sim_identity_new_self_signed (SimKey *key, const char *name, gboolean sha256, gint64 now)
{
  static const guint8 serial[] = {1};
  const gint64 thirty_years = G_GINT64_CONSTANT (30) * 365 * 24 * 3600;
  SimIdentity *self = NULL;
  gnutls_x509_crt_t crt;

  gnutls_x509_crt_init (&crt);
  gnutls_x509_crt_set_version (crt, 3);
  gnutls_x509_crt_set_serial (crt, serial, sizeof serial);
  gnutls_x509_crt_set_activation_time (crt, now);
  gnutls_x509_crt_set_expiration_time (crt, now + thirty_years);
  gnutls_x509_crt_set_dn_by_oid (crt, GNUTLS_OID_X520_COMMON_NAME, 0, name, strlen (name));
  gnutls_x509_crt_set_key (crt, key->privkey);
  if (gnutls_x509_crt_sign2 (crt, crt, key->privkey, sha256 ? GNUTLS_DIG_SHA256 : GNUTLS_DIG_SHA1,
                             0) == 0)
    self = identity_new (key, crt);
  gnutls_x509_crt_deinit (crt);
  return self;
}

void
sim_identity_free (SimIdentity *self)
{
  if (self == NULL)
    return;
  gnutls_pcert_deinit (&self->pcert);
  gnutls_privkey_deinit (self->key);
  g_free (self);
}
