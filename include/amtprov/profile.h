/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include <amtprov/certificate-authority.h>
#include <amtprov/secret.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_PROFILE (amt_prov_profile_get_type ())

/**
 * AmtProvProfile:
 *
 * What a site wants an operational machine to look like. Immutable.
 *
 * Since: 0.1
 */
typedef struct _AmtProvProfile AmtProvProfile;

/**
 * AmtProvTlsMode:
 * @AMT_PROV_TLS_MODE_OFF: the operational machine is reached in clear on the plain port
 * @AMT_PROV_TLS_MODE_SERVER: the machine shows a certificate of the site's CA
 * @AMT_PROV_TLS_MODE_MUTUAL: besides, the machine asks for a client certificate of that CA
 *
 * How an operational machine is reached.
 *
 * Since: 0.1
 */
typedef enum {
  AMT_PROV_TLS_MODE_OFF,
  AMT_PROV_TLS_MODE_SERVER,
  AMT_PROV_TLS_MODE_MUTUAL,
} AmtProvTlsMode;

/**
 * AmtProvPasswordPolicy:
 * @AMT_PROV_PASSWORD_POLICY_GENERATE: a new random password for each machine
 * @AMT_PROV_PASSWORD_POLICY_KEEP: leave the password alone (MEBx only)
 * @AMT_PROV_PASSWORD_POLICY_FILE: the password in a file, the same for the whole site
 *
 * Where a password comes from.
 *
 * Since: 0.1
 */
typedef enum {
  AMT_PROV_PASSWORD_POLICY_GENERATE,
  AMT_PROV_PASSWORD_POLICY_KEEP,
  AMT_PROV_PASSWORD_POLICY_FILE,
} AmtProvPasswordPolicy;

AMT_PROV_EXPORT GType amt_prov_profile_get_type (void);
AMT_PROV_EXPORT AmtProvProfile *amt_prov_profile_ref (AmtProvProfile *self);
AMT_PROV_EXPORT void amt_prov_profile_unref (AmtProvProfile *self);
AMT_PROV_EXPORT AmtProvTlsMode amt_prov_profile_get_tls_mode (AmtProvProfile *self);
AMT_PROV_EXPORT AmtProvCertificateAuthority *
amt_prov_profile_get_certificate_authority (AmtProvProfile *self);
AMT_PROV_EXPORT AmtProvPasswordPolicy
amt_prov_profile_get_admin_password_policy (AmtProvProfile *self);
AMT_PROV_EXPORT AmtProvPasswordPolicy
amt_prov_profile_get_mebx_password_policy (AmtProvProfile *self);
AMT_PROV_EXPORT AmtProvSecret *amt_prov_profile_get_admin_password (AmtProvProfile *self);
AMT_PROV_EXPORT AmtProvSecret *amt_prov_profile_get_mebx_password (AmtProvProfile *self);
AMT_PROV_EXPORT gboolean amt_prov_profile_get_dhcp (AmtProvProfile *self);
AMT_PROV_EXPORT gboolean amt_prov_profile_get_redirection (AmtProvProfile *self);
AMT_PROV_EXPORT gboolean amt_prov_profile_get_ping (AmtProvProfile *self);
AMT_PROV_EXPORT guint amt_prov_profile_get_window_extension (AmtProvProfile *self);
AMT_PROV_EXPORT char *amt_prov_profile_dup_hostname (
    AmtProvProfile *self, const char *uuid, const char *host, const char *fqdn, const char *asset);
AMT_PROV_EXPORT char *amt_prov_profile_dup_domain (
    AmtProvProfile *self, const char *uuid, const char *host, const char *fqdn, const char *asset);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AmtProvProfile, amt_prov_profile_unref)

G_END_DECLS
