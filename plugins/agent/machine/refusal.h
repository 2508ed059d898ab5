/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/amtprov.h>

G_BEGIN_DECLS

/* Takes error. Puts before a refusal of the firmware what it means and what to do; others come back
 * as they are. */
GError *amt_prov_agent_explain (const char *command, GError *error);
/* A refusal that the agent makes itself. Returns: FALSE */
gboolean amt_prov_agent_refuse (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

G_END_DECLS
