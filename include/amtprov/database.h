/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <amtprov/credential.h>
#include <amtprov/store.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_DATABASE (amt_prov_database_get_type ())

AMT_PROV_EXPORT
G_DECLARE_FINAL_TYPE (AmtProvDatabase, amt_prov_database, AMT_PROV, DATABASE, GObject)

AMT_PROV_EXPORT AmtProvDatabase *amt_prov_database_open (AmtProvStore *store,
                                                         const char *location,
                                                         const char *key_file,
                                                         GError **error);
AMT_PROV_EXPORT void amt_prov_database_apply_async (AmtProvDatabase *self,
                                                    GPtrArray *changes,
                                                    GCancellable *cancellable,
                                                    GAsyncReadyCallback callback,
                                                    gpointer user_data);
AMT_PROV_EXPORT gboolean amt_prov_database_apply_finish (AmtProvDatabase *self,
                                                         GAsyncResult *result,
                                                         GError **error);
AMT_PROV_EXPORT gboolean amt_prov_database_apply (AmtProvDatabase *self,
                                                  GPtrArray *changes,
                                                  GError **error);
AMT_PROV_EXPORT void amt_prov_database_query_async (AmtProvDatabase *self,
                                                    AmtProvQuery *query,
                                                    GCancellable *cancellable,
                                                    GAsyncReadyCallback callback,
                                                    gpointer user_data);
AMT_PROV_EXPORT GPtrArray *
amt_prov_database_query_finish (AmtProvDatabase *self, GAsyncResult *result, GError **error);
AMT_PROV_EXPORT GPtrArray *
amt_prov_database_query (AmtProvDatabase *self, AmtProvQuery *query, GError **error);
AMT_PROV_EXPORT AmtProvRecord *
amt_prov_database_seal (AmtProvDatabase *self, AmtProvCredential *credential, GError **error);
AMT_PROV_EXPORT AmtProvCredential *
amt_prov_database_unseal (AmtProvDatabase *self, AmtProvRecord *record, GError **error);

G_END_DECLS
