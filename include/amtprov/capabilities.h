/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include <amtprov/cert-hash.h>
#include <amtprov/rule.h>
#include <amtprov/version.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_CAPABILITIES (amt_prov_capabilities_get_type ())

/**
 * AmtProvCapabilities:
 *
 * What one AMT release (or several that cannot be told apart yet) can do: the cells of the
 * capability files that apply to it, each with the place it comes from. Immutable.
 *
 * Since: 0.1
 */
typedef struct _AmtProvCapabilities AmtProvCapabilities;

AMT_PROV_EXPORT GType amt_prov_capabilities_get_type (void);
AMT_PROV_EXPORT AmtProvCapabilities *amt_prov_capabilities_ref (AmtProvCapabilities *self);
AMT_PROV_EXPORT void amt_prov_capabilities_unref (AmtProvCapabilities *self);
AMT_PROV_EXPORT AmtProvVersion *amt_prov_capabilities_get_release (AmtProvCapabilities *self);
AMT_PROV_EXPORT gboolean amt_prov_capabilities_allows_method (AmtProvCapabilities *self,
                                                              const char *method,
                                                              char **reason,
                                                              AmtProvRule **rule);
AMT_PROV_EXPORT const char *amt_prov_capabilities_get_string (AmtProvCapabilities *self,
                                                              const char *key);
AMT_PROV_EXPORT gint64 amt_prov_capabilities_get_int (AmtProvCapabilities *self, const char *key);
AMT_PROV_EXPORT gboolean amt_prov_capabilities_get_boolean (AmtProvCapabilities *self,
                                                            const char *key);
AMT_PROV_EXPORT char **amt_prov_capabilities_get_list (AmtProvCapabilities *self, const char *key);
AMT_PROV_EXPORT gboolean amt_prov_capabilities_list_contains (AmtProvCapabilities *self,
                                                              const char *key,
                                                              const char *value);
AMT_PROV_EXPORT AmtProvRule *amt_prov_capabilities_dup_rule (AmtProvCapabilities *self,
                                                             const char *key);
AMT_PROV_EXPORT GPtrArray *amt_prov_capabilities_get_roots (AmtProvCapabilities *self,
                                                            AmtProvHashAlgorithm algorithm);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AmtProvCapabilities, amt_prov_capabilities_unref)

G_END_DECLS
