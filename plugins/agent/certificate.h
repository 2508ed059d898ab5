/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/amtprov.h>

G_BEGIN_DECLS

/* The certificate of the server with its key: what [agent] names, else one of our own that is kept
 * beside the key of the store, and made when there is none. */
GTlsCertificate *amt_prov_agent_load_certificate (AmtProvConfig *config, GError **error);
/* SHA-256 of the certificate, lower case without colons; what agents take as --fingerprint. */
char *amt_prov_agent_dup_fingerprint (GTlsCertificate *certificate);

G_END_DECLS
