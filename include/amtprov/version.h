/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include <amtprov/macros.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_VERSION (amt_prov_version_get_type ())

/**
 * AmtProvVersion:
 *
 * An AMT release: two to four numbers, compared number by number. `2.2` and `2.20` differ.
 * Immutable.
 *
 * Since: 0.1
 */
typedef struct _AmtProvVersion AmtProvVersion;

AMT_PROV_EXPORT GType amt_prov_version_get_type (void);
AMT_PROV_EXPORT AmtProvVersion *amt_prov_version_parse (const char *text, GError **error);
AMT_PROV_EXPORT AmtProvVersion *amt_prov_version_copy (AmtProvVersion *self);
AMT_PROV_EXPORT void amt_prov_version_free (AmtProvVersion *self);
AMT_PROV_EXPORT guint amt_prov_version_get_major (AmtProvVersion *self);
AMT_PROV_EXPORT guint amt_prov_version_get_minor (AmtProvVersion *self);
AMT_PROV_EXPORT int amt_prov_version_compare (AmtProvVersion *self, AmtProvVersion *other);
AMT_PROV_EXPORT gboolean amt_prov_version_at_least (AmtProvVersion *self, guint major, guint minor);
AMT_PROV_EXPORT const char *amt_prov_version_get_text (AmtProvVersion *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AmtProvVersion, amt_prov_version_free)

G_END_DECLS
