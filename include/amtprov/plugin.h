/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include <amtprov/macros.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_PLUGIN (amt_prov_plugin_get_type ())

/**
 * AmtProvPlugin:
 *
 * What the `.plugin` file of a plugin says, and why the plugin is not loaded, if it is not.
 *
 * Since: 0.1
 */
typedef struct _AmtProvPlugin AmtProvPlugin;

AMT_PROV_EXPORT GType amt_prov_plugin_get_type (void);
AMT_PROV_EXPORT AmtProvPlugin *amt_prov_plugin_ref (AmtProvPlugin *self);
AMT_PROV_EXPORT void amt_prov_plugin_unref (AmtProvPlugin *self);
AMT_PROV_EXPORT const char *amt_prov_plugin_get_name (AmtProvPlugin *self);
AMT_PROV_EXPORT const char *amt_prov_plugin_get_file (AmtProvPlugin *self);
AMT_PROV_EXPORT const char *amt_prov_plugin_get_loader (AmtProvPlugin *self);
AMT_PROV_EXPORT const char *const *amt_prov_plugin_get_provides (AmtProvPlugin *self);
AMT_PROV_EXPORT const char *amt_prov_plugin_get_command (AmtProvPlugin *self);
AMT_PROV_EXPORT const char *amt_prov_plugin_get_preparation (AmtProvPlugin *self);
AMT_PROV_EXPORT const char *amt_prov_plugin_get_refusal (AmtProvPlugin *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AmtProvPlugin, amt_prov_plugin_unref)

G_END_DECLS
