/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <amtprov/secret.h>
#include <amtprov/tls-policy.h>
#include <amtprov/transport.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_HTTP (amt_prov_http_get_type ())
G_DECLARE_FINAL_TYPE (AmtProvHttp, amt_prov_http, AMT_PROV, HTTP, GObject)

AmtProvHttp *amt_prov_http_new (const char *address, guint16 port, AmtProvTlsPolicy *policy);
void amt_prov_http_set_transport (AmtProvHttp *self,
                                  AmtProvTransport *transport,
                                  const char *scheme,
                                  AmtProvSite *site);
void amt_prov_http_set_passwords (AmtProvHttp *self, const char *user, GPtrArray *passwords);
void amt_prov_http_take_nonce (AmtProvHttp *self, AmtProvHttp *from);
void amt_prov_http_set_limits (AmtProvHttp *self,
                               gsize max_answer,
                               guint connect_milliseconds,
                               guint answer_milliseconds);
void amt_prov_http_set_keeps_log_in (AmtProvHttp *self, gboolean keeps);
void amt_prov_http_post_async (AmtProvHttp *self,
                               const char *path,
                               const char *content_type,
                               const char *soap_action,
                               AmtProvSecret *body,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
GBytes *
amt_prov_http_post_finish (AmtProvHttp *self, GAsyncResult *result, guint *status, GError **error);
AmtProvSecret *amt_prov_http_get_password (AmtProvHttp *self);
GBytes *amt_prov_http_get_peer_certificate (AmtProvHttp *self);
const char *amt_prov_http_get_peer (AmtProvHttp *self);
guint amt_prov_http_get_request_count (AmtProvHttp *self);
guint amt_prov_http_get_closings (AmtProvHttp *self);
void amt_prov_http_close (AmtProvHttp *self);

G_END_DECLS
