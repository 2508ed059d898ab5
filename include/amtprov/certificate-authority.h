/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include <amtprov/secret.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_CERTIFICATE_AUTHORITY (amt_prov_certificate_authority_get_type ())

/**
 * AmtProvCertificateAuthority:
 *
 * The site's own CA, which signs the TLS certificates of operational machines.
 *
 * Since: 0.1
 */
typedef struct _AmtProvCertificateAuthority AmtProvCertificateAuthority;

AMT_PROV_EXPORT GType amt_prov_certificate_authority_get_type (void);
AMT_PROV_EXPORT AmtProvCertificateAuthority *amt_prov_certificate_authority_new (
    const char *certificate_path, const char *key_path, GError **error);
AMT_PROV_EXPORT AmtProvCertificateAuthority *
amt_prov_certificate_authority_ref (AmtProvCertificateAuthority *self);
AMT_PROV_EXPORT void amt_prov_certificate_authority_unref (AmtProvCertificateAuthority *self);
AMT_PROV_EXPORT GBytes *
amt_prov_certificate_authority_get_certificate (AmtProvCertificateAuthority *self);
AMT_PROV_EXPORT GBytes *amt_prov_certificate_authority_sign (AmtProvCertificateAuthority *self,
                                                             GBytes *rsa_public_key,
                                                             const char *common_name,
                                                             gboolean sha1,
                                                             GError **error);
AMT_PROV_EXPORT GBytes *
amt_prov_certificate_authority_issue_client (AmtProvCertificateAuthority *self,
                                             const char *common_name,
                                             gboolean sha1,
                                             AmtProvSecret **key,
                                             GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AmtProvCertificateAuthority, amt_prov_certificate_authority_unref)

G_END_DECLS
