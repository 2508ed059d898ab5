/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include <amtprov/capabilities.h>
#include <amtprov/check.h>
#include <amtprov/hello.h>
#include <amtprov/secret.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_PROVISIONING_CERTIFICATE (amt_prov_provisioning_certificate_get_type ())

/**
 * AmtProvProvisioningCertificate:
 *
 * A provisioning certificate with its chain (leaf first, root last) and, usually, its private key.
 * Immutable.
 *
 * Since: 0.1
 */
typedef struct _AmtProvProvisioningCertificate AmtProvProvisioningCertificate;

AMT_PROV_EXPORT GType amt_prov_provisioning_certificate_get_type (void);
AMT_PROV_EXPORT AmtProvProvisioningCertificate *amt_prov_provisioning_certificate_new (
    const char *certificate_path, const char *key_path, AmtProvSecret *passphrase, GError **error);
AMT_PROV_EXPORT AmtProvProvisioningCertificate *amt_prov_provisioning_certificate_new_from_der (
    GPtrArray *chain, AmtProvSecret *key, GError **error);
AMT_PROV_EXPORT AmtProvProvisioningCertificate *
amt_prov_provisioning_certificate_ref (AmtProvProvisioningCertificate *self);
AMT_PROV_EXPORT void amt_prov_provisioning_certificate_unref (AmtProvProvisioningCertificate *self);
AMT_PROV_EXPORT const char *
amt_prov_provisioning_certificate_get_common_name (AmtProvProvisioningCertificate *self);
AMT_PROV_EXPORT gboolean
amt_prov_provisioning_certificate_has_key (AmtProvProvisioningCertificate *self);
AMT_PROV_EXPORT gboolean
amt_prov_provisioning_certificate_uses_sha1 (AmtProvProvisioningCertificate *self);
AMT_PROV_EXPORT AmtProvCertHash *
amt_prov_provisioning_certificate_get_root_hash (AmtProvProvisioningCertificate *self,
                                                 AmtProvHashAlgorithm algorithm);
AMT_PROV_EXPORT GPtrArray *
amt_prov_provisioning_certificate_get_chain (AmtProvProvisioningCertificate *self);
AMT_PROV_EXPORT GPtrArray *
amt_prov_provisioning_certificate_check (AmtProvProvisioningCertificate *self,
                                         const char *suffix,
                                         AmtProvHello *hello,
                                         AmtProvCapabilities *capabilities);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AmtProvProvisioningCertificate,
                               amt_prov_provisioning_certificate_unref)

G_END_DECLS
