/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

typedef enum {
  CERT_PLAIN = 0,
  CERT_CA = 1 << 0,
  CERT_OID = 1 << 1,
  CERT_UNIT = 1 << 2,
  CERT_SERVER_AUTH = 1 << 3,
  CERT_SHA1 = 1 << 4,
  CERT_EXPIRED = 1 << 5,
  CERT_EARLY = 1 << 6,
  CERT_NO_NAME = 1 << 7,
  CERT_WRONG_SIGNATURE = 1 << 8,
  CERT_BIG = 1 << 9,
} CertFlags;

#define CERT_PROVISIONING (CERT_OID | CERT_SERVER_AUTH)

typedef struct {
  X509 *x509;
  EVP_PKEY *key;
} Cert;

Cert *cert_new (const char *name, EVP_PKEY *key, Cert *issuer, CertFlags flags);
void cert_free (Cert *self);
EVP_PKEY *key_new_ec (void);

char *write_file (const char *folder, const char *name, const char *text);
char *write_certs (const char *folder, const char *name, Cert **certs, EVP_PKEY *key);
char *write_key (const char *folder, const char *name, EVP_PKEY *key, const char *passphrase);
char *write_pkcs12 (
    const char *folder, const char *name, Cert **certs, const char *passphrase, gboolean old);
void remove_folder (const char *folder);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Cert, cert_free)
