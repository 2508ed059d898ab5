/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <amtprov/provisioning-certificate.h>

G_BEGIN_DECLS

/* Both stay property of the certificate. The chain is leaf first, root last; the key is NULL where
 * there is none. */
EVP_PKEY *amt_prov_provisioning_certificate_peek_key (AmtProvProvisioningCertificate *self);
STACK_OF (X509) *
    amt_prov_provisioning_certificate_peek_chain (AmtProvProvisioningCertificate *self);

/* Signatures are checked once, when the certificate is loaded: the place in the chain of the first
 * that is not signed with the key of the next one, -1 when all are. */
int amt_prov_provisioning_certificate_get_wrongly_signed (AmtProvProvisioningCertificate *self);

G_END_DECLS
