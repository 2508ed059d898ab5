/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <glib.h>

/* A key pair in the store of a machine; several machines may share one. */
typedef struct {
  gatomicrefcount refs;
  gnutls_x509_privkey_t privkey;
  GBytes *public_pkcs1;
} SimKey;

typedef struct {
  gnutls_x509_crt_t crt;
  GBytes *der;
  gboolean root;
} SimCert;

/* What a machine shows in a handshake: a certificate and its key. */
typedef struct {
  gnutls_pcert_st pcert;
  gnutls_privkey_t key;
} SimIdentity;

typedef struct _SimKeyPool SimKeyPool;

/* Keys made once and handed out in turn: making one takes as long as a hundred handshakes. */
SimKeyPool *sim_key_pool_new (void);
void sim_key_pool_free (SimKeyPool *self);
SimKey *sim_key_pool_get (SimKeyPool *self, guint bits, guint turn);

SimKey *sim_key_new_from_pkcs1 (GBytes *pkcs1);
SimKey *sim_key_ref (SimKey *self);
void sim_key_unref (SimKey *self);
gboolean sim_key_fits (SimKey *self, gnutls_x509_crt_t crt);

SimCert *sim_cert_new (GBytes *der, gboolean root);
void sim_cert_free (SimCert *self);
char *sim_cert_dup_name (SimCert *self, gboolean issuer);

SimIdentity *
sim_identity_new_self_signed (SimKey *key, const char *name, gboolean sha256, gint64 now);
SimIdentity *sim_identity_new (SimKey *key, SimCert *cert);
void sim_identity_free (SimIdentity *self);
