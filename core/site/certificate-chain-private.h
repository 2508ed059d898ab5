/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "site/certificate-file-private.h"

G_BEGIN_DECLS

AmtProvX509Stack *amt_prov_certificate_chain_build (const char *where,
                                                    AmtProvX509Stack *certificates,
                                                    EVP_PKEY *key,
                                                    GError **error);
gboolean amt_prov_x509_is_self_signed (X509 *certificate);
gboolean amt_prov_x509_is_signed_by (X509 *certificate, X509 *issuer);
gboolean amt_prov_x509_has_purpose (X509 *certificate, const char **marker);
gboolean amt_prov_x509_has_extended_usage (X509 *certificate, const char *oid);
gboolean amt_prov_x509_uses_sha1 (X509 *certificate);

G_END_DECLS
