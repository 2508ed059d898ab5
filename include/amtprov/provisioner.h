/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <amtprov/capability-registry.h>
#include <amtprov/config.h>
#include <amtprov/database.h>
#include <amtprov/device.h>
#include <amtprov/hello.h>
#include <amtprov/plugin-set.h>
#include <amtprov/selector.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_PROVISIONER (amt_prov_provisioner_get_type ())

AMT_PROV_EXPORT
G_DECLARE_FINAL_TYPE (AmtProvProvisioner, amt_prov_provisioner, AMT_PROV, PROVISIONER, GObject)

AMT_PROV_EXPORT AmtProvProvisioner *amt_prov_provisioner_new (AmtProvConfig *config,
                                                              GError **error);
AMT_PROV_EXPORT AmtProvConfig *amt_prov_provisioner_get_config (AmtProvProvisioner *self);
AMT_PROV_EXPORT AmtProvCapabilityRegistry *
amt_prov_provisioner_get_registry (AmtProvProvisioner *self);
AMT_PROV_EXPORT AmtProvPluginSet *amt_prov_provisioner_get_plugins (AmtProvProvisioner *self);
AMT_PROV_EXPORT AmtProvDatabase *amt_prov_provisioner_get_database (AmtProvProvisioner *self);
AMT_PROV_EXPORT gboolean amt_prov_provisioner_listen (AmtProvProvisioner *self, GError **error);
AMT_PROV_EXPORT char **amt_prov_provisioner_get_addresses (AmtProvProvisioner *self);
AMT_PROV_EXPORT void amt_prov_provisioner_handle_hello (AmtProvProvisioner *self,
                                                        AmtProvHello *hello,
                                                        const char *address);
AMT_PROV_EXPORT void amt_prov_provisioner_provision_async (AmtProvProvisioner *self,
                                                           const char *address,
                                                           AmtProvHello *hello,
                                                           GCancellable *cancellable,
                                                           GAsyncReadyCallback callback,
                                                           gpointer user_data);
AMT_PROV_EXPORT AmtProvDevice *amt_prov_provisioner_provision_finish (AmtProvProvisioner *self,
                                                                      GAsyncResult *result,
                                                                      GError **error);
AMT_PROV_EXPORT guint amt_prov_provisioner_get_session_count (AmtProvProvisioner *self);
AMT_PROV_EXPORT void amt_prov_provisioner_drain_async (AmtProvProvisioner *self,
                                                       GCancellable *cancellable,
                                                       GAsyncReadyCallback callback,
                                                       gpointer user_data);
AMT_PROV_EXPORT gboolean amt_prov_provisioner_drain_finish (AmtProvProvisioner *self,
                                                            GAsyncResult *result,
                                                            GError **error);

G_END_DECLS
