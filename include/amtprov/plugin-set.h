/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <amtprov/config.h>
#include <amtprov/database.h>
#include <amtprov/method.h>
#include <amtprov/plugin.h>
#include <amtprov/service.h>
#include <amtprov/store.h>
#include <amtprov/transport.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_PLUGIN_SET (amt_prov_plugin_set_get_type ())

AMT_PROV_EXPORT
G_DECLARE_FINAL_TYPE (AmtProvPluginSet, amt_prov_plugin_set, AMT_PROV, PLUGIN_SET, GObject)

AMT_PROV_EXPORT AmtProvPluginSet *amt_prov_plugin_set_new (const char *const *directories,
                                                           const char *const *enabled,
                                                           gboolean scripts);
AMT_PROV_EXPORT AmtProvPluginSet *amt_prov_plugin_set_new_for_config (AmtProvConfig *config);
AMT_PROV_EXPORT GPtrArray *amt_prov_plugin_set_get_methods (AmtProvPluginSet *self);
AMT_PROV_EXPORT GPtrArray *amt_prov_plugin_set_get_services (AmtProvPluginSet *self);
AMT_PROV_EXPORT AmtProvMethod *amt_prov_plugin_set_find_method (AmtProvPluginSet *self,
                                                                const char *id);
AMT_PROV_EXPORT AmtProvTransport *amt_prov_plugin_set_find_transport (AmtProvPluginSet *self,
                                                                      const char *scheme);
AMT_PROV_EXPORT AmtProvStore *
amt_prov_plugin_set_create_store (AmtProvPluginSet *self, const char *scheme, GError **error);
AMT_PROV_EXPORT AmtProvDatabase *
amt_prov_plugin_set_open_database (AmtProvPluginSet *self, AmtProvConfig *config, GError **error);
AMT_PROV_EXPORT GPtrArray *amt_prov_plugin_set_get_plugins (AmtProvPluginSet *self);
AMT_PROV_EXPORT gboolean amt_prov_plugin_set_is_loaded (AmtProvPluginSet *self,
                                                        const char *name,
                                                        char **why);

G_END_DECLS
