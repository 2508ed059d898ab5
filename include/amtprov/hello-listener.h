/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <amtprov/hello.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_HELLO_LISTENER (amt_prov_hello_listener_get_type ())

AMT_PROV_EXPORT
G_DECLARE_FINAL_TYPE (
    AmtProvHelloListener, amt_prov_hello_listener, AMT_PROV, HELLO_LISTENER, GObject)

AMT_PROV_EXPORT AmtProvHelloListener *amt_prov_hello_listener_new (const char *const *addresses,
                                                                   guint max_connections,
                                                                   guint max_per_source);
AMT_PROV_EXPORT gboolean amt_prov_hello_listener_start (AmtProvHelloListener *self, GError **error);
AMT_PROV_EXPORT void amt_prov_hello_listener_stop (AmtProvHelloListener *self);
AMT_PROV_EXPORT char **amt_prov_hello_listener_get_addresses (AmtProvHelloListener *self);
AMT_PROV_EXPORT guint64 amt_prov_hello_listener_get_dropped (AmtProvHelloListener *self);

G_END_DECLS
