/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/amtprov.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_AGENT_SERVER (amt_prov_agent_server_get_type ())
G_DECLARE_FINAL_TYPE (AmtProvAgentServer, amt_prov_agent_server, AMT_PROV, AGENT_SERVER, GObject)

G_END_DECLS
