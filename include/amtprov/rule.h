/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include <amtprov/macros.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_RULE (amt_prov_rule_get_type ())

/**
 * AmtProvRule:
 *
 * The place in a key file that decided something: file, group, key and line. It lets every verdict
 * name its source.
 *
 * Since: 0.1
 */
typedef struct _AmtProvRule AmtProvRule;

AMT_PROV_EXPORT GType amt_prov_rule_get_type (void);
AMT_PROV_EXPORT AmtProvRule *
amt_prov_rule_new (const char *file, const char *group, const char *key, guint line);
AMT_PROV_EXPORT AmtProvRule *amt_prov_rule_copy (AmtProvRule *self);
AMT_PROV_EXPORT void amt_prov_rule_free (AmtProvRule *self);
AMT_PROV_EXPORT const char *amt_prov_rule_get_file (AmtProvRule *self);
AMT_PROV_EXPORT const char *amt_prov_rule_get_group (AmtProvRule *self);
AMT_PROV_EXPORT const char *amt_prov_rule_get_key (AmtProvRule *self);
AMT_PROV_EXPORT guint amt_prov_rule_get_line (AmtProvRule *self);
AMT_PROV_EXPORT char *amt_prov_rule_to_string (AmtProvRule *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AmtProvRule, amt_prov_rule_free)

G_END_DECLS
