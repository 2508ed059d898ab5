/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include <amtprov/provisioning-certificate.h>
#include <amtprov/rule.h>
#include <amtprov/secret.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_SETTINGS (amt_prov_settings_get_type ())

/**
 * AmtProvSettings:
 *
 * One group of a configuration file, checked against its schema, with the defaults filled in.
 * Immutable.
 *
 * Since: 0.1
 */
typedef struct _AmtProvSettings AmtProvSettings;

AMT_PROV_EXPORT GType amt_prov_settings_get_type (void);
AMT_PROV_EXPORT AmtProvSettings *amt_prov_settings_ref (AmtProvSettings *self);
AMT_PROV_EXPORT void amt_prov_settings_unref (AmtProvSettings *self);
AMT_PROV_EXPORT const char *amt_prov_settings_get_group (AmtProvSettings *self);
AMT_PROV_EXPORT gboolean amt_prov_settings_has (AmtProvSettings *self, const char *key);
AMT_PROV_EXPORT const char *amt_prov_settings_get_string (AmtProvSettings *self, const char *key);
AMT_PROV_EXPORT gint64 amt_prov_settings_get_int (AmtProvSettings *self, const char *key);
AMT_PROV_EXPORT gboolean amt_prov_settings_get_boolean (AmtProvSettings *self, const char *key);
AMT_PROV_EXPORT char **amt_prov_settings_get_list (AmtProvSettings *self, const char *key);
AMT_PROV_EXPORT char *amt_prov_settings_dup_path (AmtProvSettings *self, const char *key);
AMT_PROV_EXPORT AmtProvSecret *
amt_prov_settings_load_secret (AmtProvSettings *self, const char *key, GError **error);
AMT_PROV_EXPORT AmtProvProvisioningCertificate *
amt_prov_settings_get_certificate (AmtProvSettings *self, const char *key);
AMT_PROV_EXPORT AmtProvRule *amt_prov_settings_dup_rule (AmtProvSettings *self, const char *key);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AmtProvSettings, amt_prov_settings_unref)

G_END_DECLS
