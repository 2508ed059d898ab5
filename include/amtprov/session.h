/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <amtprov/channel.h>
#include <amtprov/database.h>
#include <amtprov/device.h>
#include <amtprov/hello.h>
#include <amtprov/method.h>
#include <amtprov/plan.h>
#include <amtprov/plugin-set.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_SESSION (amt_prov_session_get_type ())

AMT_PROV_EXPORT
G_DECLARE_FINAL_TYPE (AmtProvSession, amt_prov_session, AMT_PROV, SESSION, GObject)

AMT_PROV_EXPORT AmtProvDevice *amt_prov_session_get_device (AmtProvSession *self);
AMT_PROV_EXPORT AmtProvSite *amt_prov_session_get_site (AmtProvSession *self);
AMT_PROV_EXPORT AmtProvHello *amt_prov_session_get_hello (AmtProvSession *self);
AMT_PROV_EXPORT const char *amt_prov_session_get_address (AmtProvSession *self);
AMT_PROV_EXPORT const char *amt_prov_session_get_suffix (AmtProvSession *self);
AMT_PROV_EXPORT gboolean amt_prov_session_knows_release (AmtProvSession *self);
AMT_PROV_EXPORT AmtProvCapabilities *amt_prov_session_get_capabilities (AmtProvSession *self);
AMT_PROV_EXPORT AmtProvDatabase *amt_prov_session_get_database (AmtProvSession *self);
AMT_PROV_EXPORT AmtProvPluginSet *amt_prov_session_get_plugins (AmtProvSession *self);
AMT_PROV_EXPORT AmtProvChannel *amt_prov_session_get_channel (AmtProvSession *self);
AMT_PROV_EXPORT AmtProvCredential *
amt_prov_session_get_credential (AmtProvSession *self, const char *type, const char *state);
AMT_PROV_EXPORT void amt_prov_session_save_credentials_async (AmtProvSession *self,
                                                              GPtrArray *credentials,
                                                              GCancellable *cancellable,
                                                              GAsyncReadyCallback callback,
                                                              gpointer user_data);
AMT_PROV_EXPORT gboolean amt_prov_session_save_credentials_finish (AmtProvSession *self,
                                                                   GAsyncResult *result,
                                                                   GError **error);
AMT_PROV_EXPORT GPtrArray *amt_prov_session_list_passwords (AmtProvSession *self);
AMT_PROV_EXPORT void
amt_prov_session_set_fact (AmtProvSession *self, const char *name, const char *value);
AMT_PROV_EXPORT gboolean amt_prov_session_was_begun (AmtProvSession *self, const char *step);
AMT_PROV_EXPORT void amt_prov_session_connect_async (AmtProvSession *self,
                                                     AmtProvTlsPolicy *policy,
                                                     guint16 port,
                                                     GPtrArray *passwords,
                                                     GCancellable *cancellable,
                                                     GAsyncReadyCallback callback,
                                                     gpointer user_data);
AMT_PROV_EXPORT AmtProvChannel *
amt_prov_session_connect_finish (AmtProvSession *self, GAsyncResult *result, GError **error);

G_END_DECLS
