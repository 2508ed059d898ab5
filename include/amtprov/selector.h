/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <amtprov/capability-registry.h>
#include <amtprov/facts.h>
#include <amtprov/method.h>
#include <amtprov/plugin-set.h>
#include <amtprov/site.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_SELECTOR (amt_prov_selector_get_type ())

AMT_PROV_EXPORT
G_DECLARE_FINAL_TYPE (AmtProvSelector, amt_prov_selector, AMT_PROV, SELECTOR, GObject)

AMT_PROV_EXPORT AmtProvSelector *amt_prov_selector_new (AmtProvCapabilityRegistry *registry,
                                                        GPtrArray *methods);
AMT_PROV_EXPORT AmtProvSelector *
amt_prov_selector_new_for_plugins (AmtProvCapabilityRegistry *registry, AmtProvPluginSet *plugins);
AMT_PROV_EXPORT GPtrArray *
amt_prov_selector_evaluate (AmtProvSelector *self, AmtProvFacts *facts, AmtProvSite *site);
AMT_PROV_EXPORT AmtProvMethod *amt_prov_selector_select (AmtProvSelector *self,
                                                         AmtProvFacts *facts,
                                                         AmtProvSite *site,
                                                         AmtProvVerdict **verdict,
                                                         GError **error);
AMT_PROV_EXPORT AmtProvCapabilities *amt_prov_selector_lookup (AmtProvSelector *self,
                                                               AmtProvFacts *facts);

G_END_DECLS
