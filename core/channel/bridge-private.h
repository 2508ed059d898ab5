/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <curl/curl.h>
#include <amtprov/transport.h>

G_BEGIN_DECLS

typedef struct _AmtProvBridge AmtProvBridge;

AmtProvBridge *
amt_prov_bridge_new (AmtProvTransport *transport, const char *uri, AmtProvSite *site);
void amt_prov_bridge_free (AmtProvBridge *self);
gboolean
amt_prov_bridge_attach (AmtProvBridge *self, CURL *easy, guint milliseconds, GError **error);
void amt_prov_bridge_close (AmtProvBridge *self);
GError *amt_prov_bridge_steal_error (AmtProvBridge *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AmtProvBridge, amt_prov_bridge_free)

G_END_DECLS
