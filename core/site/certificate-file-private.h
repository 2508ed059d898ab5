/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <amtprov/secret.h>

G_BEGIN_DECLS

static inline void
amt_prov_x509_stack_free (STACK_OF (X509) * stack)
{
  sk_X509_pop_free (stack, X509_free);
}

typedef STACK_OF (X509) AmtProvX509Stack;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AmtProvX509Stack, amt_prov_x509_stack_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EVP_PKEY, EVP_PKEY_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EVP_PKEY_CTX, EVP_PKEY_CTX_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (X509, X509_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BIO, BIO_free_all)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BIGNUM, BN_free)

gboolean amt_prov_certificate_file_read (const char *path,
                                         AmtProvSecret *passphrase,
                                         AmtProvX509Stack **certificates,
                                         EVP_PKEY **key,
                                         GError **error);
gboolean amt_prov_certificate_file_read_pair (const char *certificate_path,
                                              const char *key_path,
                                              AmtProvSecret *passphrase,
                                              AmtProvX509Stack **certificates,
                                              EVP_PKEY **key,
                                              GError **error);
char *amt_prov_x509_name_to_string (const X509_NAME *name);
char *amt_prov_x509_dup_common_name (X509 *certificate);
GBytes *amt_prov_x509_to_der (X509 *certificate);
char *amt_prov_openssl_dup_reason (void);

G_END_DECLS
