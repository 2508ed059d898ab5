/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <amtprov/site.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_CONFIG (amt_prov_config_get_type ())

AMT_PROV_EXPORT
G_DECLARE_FINAL_TYPE (AmtProvConfig, amt_prov_config, AMT_PROV, CONFIG, GObject)

AMT_PROV_EXPORT AmtProvConfig *
amt_prov_config_load (const char *path, const char *const *plugin_dirs, GError **error);
AMT_PROV_EXPORT char **amt_prov_config_check (const char *path, const char *const *plugin_dirs);
AMT_PROV_EXPORT char *amt_prov_config_dup_default_path (void);
AMT_PROV_EXPORT char **amt_prov_config_get_default_plugin_dirs (void);
AMT_PROV_EXPORT char **amt_prov_config_get_default_capability_dirs (void);
AMT_PROV_EXPORT const char *amt_prov_config_get_path (AmtProvConfig *self);
AMT_PROV_EXPORT const char *const *amt_prov_config_get_plugin_dirs (AmtProvConfig *self);
AMT_PROV_EXPORT char **amt_prov_config_list_methods (AmtProvConfig *self);
AMT_PROV_EXPORT AmtProvSettings *amt_prov_config_get_settings (AmtProvConfig *self,
                                                               const char *group);
AMT_PROV_EXPORT GPtrArray *amt_prov_config_get_sites (AmtProvConfig *self);
AMT_PROV_EXPORT AmtProvSite *amt_prov_config_find_site (AmtProvConfig *self, const char *name);
AMT_PROV_EXPORT AmtProvSite *amt_prov_config_match_site (AmtProvConfig *self,
                                                         GInetAddress *address,
                                                         const char *uuid,
                                                         const char *suffix);

G_END_DECLS
