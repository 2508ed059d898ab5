/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <amtprov/capabilities.h>
#include <amtprov/hello.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_CAPABILITY_REGISTRY (amt_prov_capability_registry_get_type ())

AMT_PROV_EXPORT
G_DECLARE_FINAL_TYPE (
    AmtProvCapabilityRegistry, amt_prov_capability_registry, AMT_PROV, CAPABILITY_REGISTRY, GObject)

AMT_PROV_EXPORT AmtProvCapabilityRegistry *
amt_prov_capability_registry_new (const char *const *directories, GError **error);
AMT_PROV_EXPORT AmtProvCapabilities *
amt_prov_capability_registry_lookup (AmtProvCapabilityRegistry *self, AmtProvVersion *release);
AMT_PROV_EXPORT AmtProvCapabilities *
amt_prov_capability_registry_lookup_hello (AmtProvCapabilityRegistry *self, AmtProvHello *hello);
AMT_PROV_EXPORT char **amt_prov_capability_registry_list_methods (AmtProvCapabilityRegistry *self);
AMT_PROV_EXPORT char **amt_prov_capability_registry_list_groups (AmtProvCapabilityRegistry *self);
AMT_PROV_EXPORT char *amt_prov_capability_registry_dup_root_name (AmtProvCapabilityRegistry *self,
                                                                  AmtProvCertHash *hash);

G_END_DECLS
