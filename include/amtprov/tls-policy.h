/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include <amtprov/capabilities.h>
#include <amtprov/provisioning-certificate.h>
#include <amtprov/psk.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_TLS_POLICY (amt_prov_tls_policy_get_type ())

/**
 * AmtProvTlsVersion:
 * @AMT_PROV_TLS_VERSION_1_0: TLS 1.0
 * @AMT_PROV_TLS_VERSION_1_1: TLS 1.1
 * @AMT_PROV_TLS_VERSION_1_2: TLS 1.2, the highest while provisioning
 *
 * TLS versions, as OpenSSL numbers them.
 *
 * Since: 0.1
 */
typedef enum {
  AMT_PROV_TLS_VERSION_1_0 = 0x0301,
  AMT_PROV_TLS_VERSION_1_1 = 0x0302,
  AMT_PROV_TLS_VERSION_1_2 = 0x0303,
} AmtProvTlsVersion;

/**
 * AmtProvTlsPolicy:
 *
 * How one connection to one machine uses TLS: versions, suites, security level, our credentials,
 * and the certificate that the machine must show. It never touches anything process-wide.
 *
 * Since: 0.1
 */
typedef struct _AmtProvTlsPolicy AmtProvTlsPolicy;

AMT_PROV_EXPORT GType amt_prov_tls_policy_get_type (void);
AMT_PROV_EXPORT AmtProvTlsPolicy *amt_prov_tls_policy_new (AmtProvTlsVersion min,
                                                           AmtProvTlsVersion max,
                                                           guint security_level,
                                                           const char *ciphers);
AMT_PROV_EXPORT AmtProvTlsPolicy *amt_prov_tls_policy_new_for_psk (
    AmtProvCapabilities *capabilities, gboolean legacy_allowed, AmtProvPsk *psk, GError **error);
AMT_PROV_EXPORT AmtProvTlsPolicy *
amt_prov_tls_policy_new_for_certificate (AmtProvCapabilities *capabilities,
                                         gboolean legacy_allowed,
                                         AmtProvProvisioningCertificate *certificate,
                                         GError **error);
AMT_PROV_EXPORT AmtProvTlsPolicy *amt_prov_tls_policy_ref (AmtProvTlsPolicy *self);
AMT_PROV_EXPORT void amt_prov_tls_policy_unref (AmtProvTlsPolicy *self);
AMT_PROV_EXPORT AmtProvTlsPolicy *amt_prov_tls_policy_copy_limited (AmtProvTlsPolicy *self,
                                                                    AmtProvTlsVersion max);
AMT_PROV_EXPORT void amt_prov_tls_policy_set_psk (AmtProvTlsPolicy *self, AmtProvPsk *psk);
AMT_PROV_EXPORT void
amt_prov_tls_policy_set_certificate (AmtProvTlsPolicy *self,
                                     AmtProvProvisioningCertificate *certificate);
AMT_PROV_EXPORT void amt_prov_tls_policy_set_pin (AmtProvTlsPolicy *self, AmtProvCertHash *pin);
AMT_PROV_EXPORT AmtProvTlsVersion amt_prov_tls_policy_get_min_version (AmtProvTlsPolicy *self);
AMT_PROV_EXPORT AmtProvTlsVersion amt_prov_tls_policy_get_max_version (AmtProvTlsPolicy *self);
AMT_PROV_EXPORT guint amt_prov_tls_policy_get_security_level (AmtProvTlsPolicy *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AmtProvTlsPolicy, amt_prov_tls_policy_unref)

G_END_DECLS
