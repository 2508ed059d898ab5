/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include <amtprov/macros.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_SETTING_INFO (amt_prov_setting_info_get_type ())

/**
 * AmtProvSettingFile:
 * @AMT_PROV_SETTING_FILE_CONFIG: `amtprov.conf`
 * @AMT_PROV_SETTING_FILE_SITE: a file in `sites.d`
 * @AMT_PROV_SETTING_FILE_CAPABILITIES: a file in `capabilities.d`
 *
 * The kinds of files that settings stand in.
 *
 * Since: 0.1
 */
typedef enum {
  AMT_PROV_SETTING_FILE_CONFIG,
  AMT_PROV_SETTING_FILE_SITE,
  AMT_PROV_SETTING_FILE_CAPABILITIES,
} AmtProvSettingFile;

/**
 * AmtProvSettingInfo:
 *
 * What may stand in a file: a group, or a key in it, with type, default, what is allowed, and help.
 * Manuals, completion and editors are made of these. Immutable.
 *
 * Since: 0.1
 */
typedef struct _AmtProvSettingInfo AmtProvSettingInfo;

AMT_PROV_EXPORT GType amt_prov_setting_info_get_type (void);
AMT_PROV_EXPORT GPtrArray *amt_prov_setting_info_list (AmtProvSettingFile file,
                                                       const char *const *plugin_dirs,
                                                       const char *const *plugins,
                                                       GError **error);
AMT_PROV_EXPORT AmtProvSettingInfo *amt_prov_setting_info_ref (AmtProvSettingInfo *self);
AMT_PROV_EXPORT void amt_prov_setting_info_unref (AmtProvSettingInfo *self);
AMT_PROV_EXPORT const char *amt_prov_setting_info_get_group (AmtProvSettingInfo *self);
AMT_PROV_EXPORT const char *amt_prov_setting_info_get_key (AmtProvSettingInfo *self);
AMT_PROV_EXPORT const char *amt_prov_setting_info_get_type_name (AmtProvSettingInfo *self);
AMT_PROV_EXPORT const char *amt_prov_setting_info_get_default (AmtProvSettingInfo *self);
AMT_PROV_EXPORT const char *amt_prov_setting_info_get_initial (AmtProvSettingInfo *self);
AMT_PROV_EXPORT const char *const *amt_prov_setting_info_get_allowed (AmtProvSettingInfo *self);
AMT_PROV_EXPORT gboolean amt_prov_setting_info_get_required (AmtProvSettingInfo *self);
AMT_PROV_EXPORT const char *amt_prov_setting_info_get_since (AmtProvSettingInfo *self);
AMT_PROV_EXPORT const char *amt_prov_setting_info_get_help (AmtProvSettingInfo *self);
AMT_PROV_EXPORT char *amt_prov_setting_info_check_value (AmtProvSettingInfo *self,
                                                         const char *value,
                                                         const char *directory);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AmtProvSettingInfo, amt_prov_setting_info_unref)

G_END_DECLS
