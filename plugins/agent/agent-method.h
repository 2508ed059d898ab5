/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/amtprov.h>

G_BEGIN_DECLS

#define AGENT_METHOD_ID "agent"

/* The method whose road it goes, with the certificates of its groups. */
#define PKI_METHOD "pki"

#define AMT_PROV_TYPE_AGENT_METHOD (amt_prov_agent_method_get_type ())
G_DECLARE_FINAL_TYPE (AmtProvAgentMethod, amt_prov_agent_method, AMT_PROV, AGENT_METHOD, GObject)

/* Whether machines of the site must show a one-time password. */
gboolean amt_prov_agent_wants_otp (AmtProvSite *site);

G_END_DECLS
