/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include <amtprov/rule.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_VERDICT (amt_prov_verdict_get_type ())

/**
 * AmtProvVerdict:
 *
 * Whether a method can bring a machine to operational, and the rule that said so. Immutable.
 *
 * Since: 0.1
 */
typedef struct _AmtProvVerdict AmtProvVerdict;

AMT_PROV_EXPORT GType amt_prov_verdict_get_type (void);
AMT_PROV_EXPORT AmtProvVerdict *amt_prov_verdict_new (
    const char *method, gboolean usable, int rank, const char *reason, AmtProvRule *rule);
AMT_PROV_EXPORT AmtProvVerdict *amt_prov_verdict_ref (AmtProvVerdict *self);
AMT_PROV_EXPORT void amt_prov_verdict_unref (AmtProvVerdict *self);
AMT_PROV_EXPORT const char *amt_prov_verdict_get_method (AmtProvVerdict *self);
AMT_PROV_EXPORT gboolean amt_prov_verdict_get_usable (AmtProvVerdict *self);
AMT_PROV_EXPORT int amt_prov_verdict_get_rank (AmtProvVerdict *self);
AMT_PROV_EXPORT const char *amt_prov_verdict_get_reason (AmtProvVerdict *self);
AMT_PROV_EXPORT AmtProvRule *amt_prov_verdict_get_rule (AmtProvVerdict *self);
AMT_PROV_EXPORT char *amt_prov_verdict_to_string (AmtProvVerdict *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AmtProvVerdict, amt_prov_verdict_unref)

G_END_DECLS
