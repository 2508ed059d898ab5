/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include <amtprov/device.h>
#include <amtprov/hello.h>
#include <amtprov/version.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_FACTS (amt_prov_facts_get_type ())

/**
 * AmtProvFacts:
 *
 * What is known of a machine when a method is chosen; every part may be missing. Immutable.
 *
 * Since: 0.1
 */
typedef struct _AmtProvFacts AmtProvFacts;

AMT_PROV_EXPORT GType amt_prov_facts_get_type (void);
AMT_PROV_EXPORT AmtProvFacts *
amt_prov_facts_new (AmtProvVersion *release, AmtProvHello *hello, const char *suffix);
AMT_PROV_EXPORT AmtProvFacts *amt_prov_facts_with_medium (AmtProvFacts *self, const char *medium);
AMT_PROV_EXPORT AmtProvFacts *amt_prov_facts_with_device (AmtProvFacts *self,
                                                          AmtProvDevice *device);
AMT_PROV_EXPORT AmtProvFacts *amt_prov_facts_ref (AmtProvFacts *self);
AMT_PROV_EXPORT void amt_prov_facts_unref (AmtProvFacts *self);
AMT_PROV_EXPORT AmtProvVersion *amt_prov_facts_get_release (AmtProvFacts *self);
AMT_PROV_EXPORT AmtProvHello *amt_prov_facts_get_hello (AmtProvFacts *self);
AMT_PROV_EXPORT const char *amt_prov_facts_get_suffix (AmtProvFacts *self);
AMT_PROV_EXPORT const char *amt_prov_facts_get_medium (AmtProvFacts *self);
AMT_PROV_EXPORT const char *amt_prov_facts_get_fact (AmtProvFacts *self, const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AmtProvFacts, amt_prov_facts_unref)

G_END_DECLS
