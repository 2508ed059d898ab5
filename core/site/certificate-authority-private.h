/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/certificate-authority.h>
#include <amtprov/provisioning-certificate.h>

G_BEGIN_DECLS

/* The client certificate for machines in mutual mode, made at the first call and kept: a key for
 * each connection would cost more than the whole setup. Owned by the authority. */
AmtProvProvisioningCertificate *amt_prov_certificate_authority_get_client (
    AmtProvCertificateAuthority *self, gboolean sha1, GError **error);

G_END_DECLS
