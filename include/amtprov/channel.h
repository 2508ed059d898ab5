/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <amtprov/action.h>
#include <amtprov/capabilities.h>
#include <amtprov/site.h>
#include <amtprov/tls-policy.h>
#include <amtprov/transport.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_CHANNEL (amt_prov_channel_get_type ())

AMT_PROV_EXPORT
G_DECLARE_FINAL_TYPE (AmtProvChannel, amt_prov_channel, AMT_PROV, CHANNEL, GObject)

AMT_PROV_EXPORT AmtProvChannel *amt_prov_channel_new (const char *address,
                                                      guint16 port,
                                                      AmtProvTlsPolicy *policy,
                                                      AmtProvCapabilities *capabilities);
AMT_PROV_EXPORT AmtProvChannel *amt_prov_channel_new_over (AmtProvTransport *transport,
                                                           const char *scheme,
                                                           AmtProvSite *site,
                                                           const char *address,
                                                           guint16 port,
                                                           AmtProvTlsPolicy *policy,
                                                           AmtProvCapabilities *capabilities);
AMT_PROV_EXPORT void
amt_prov_channel_set_passwords (AmtProvChannel *self, const char *user, GPtrArray *passwords);
AMT_PROV_EXPORT void amt_prov_channel_set_capabilities (AmtProvChannel *self,
                                                        AmtProvCapabilities *capabilities);
AMT_PROV_EXPORT void amt_prov_channel_open_async (AmtProvChannel *self,
                                                  GCancellable *cancellable,
                                                  GAsyncReadyCallback callback,
                                                  gpointer user_data);
AMT_PROV_EXPORT gboolean amt_prov_channel_open_finish (AmtProvChannel *self,
                                                       GAsyncResult *result,
                                                       GError **error);
AMT_PROV_EXPORT void amt_prov_channel_perform_async (AmtProvChannel *self,
                                                     AmtProvAction *action,
                                                     GCancellable *cancellable,
                                                     GAsyncReadyCallback callback,
                                                     gpointer user_data);
AMT_PROV_EXPORT gboolean amt_prov_channel_perform_finish (AmtProvChannel *self,
                                                          GAsyncResult *result,
                                                          GError **error);
AMT_PROV_EXPORT gboolean amt_prov_channel_is_tls (AmtProvChannel *self);
AMT_PROV_EXPORT const char *amt_prov_channel_get_interface (AmtProvChannel *self);
AMT_PROV_EXPORT AmtProvSecret *amt_prov_channel_get_password (AmtProvChannel *self);
AMT_PROV_EXPORT GBytes *amt_prov_channel_get_peer_certificate (AmtProvChannel *self);
AMT_PROV_EXPORT guint amt_prov_channel_get_request_count (AmtProvChannel *self);
AMT_PROV_EXPORT void amt_prov_channel_close (AmtProvChannel *self);

G_END_DECLS
