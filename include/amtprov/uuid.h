/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <amtprov/macros.h>

G_BEGIN_DECLS

/**
 * AMT_PROV_UUID_LENGTH:
 *
 * Bytes of a device UUID as it stands on the wire.
 *
 * Since: 0.1
 */
#define AMT_PROV_UUID_LENGTH 16

AMT_PROV_EXPORT char *amt_prov_uuid_from_wire (const guint8 *bytes);
AMT_PROV_EXPORT gboolean amt_prov_uuid_to_wire (const char *uuid, guint8 *bytes);
AMT_PROV_EXPORT char *amt_prov_uuid_normalize (const char *text);

G_END_DECLS
