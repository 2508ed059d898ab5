/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include <amtprov/macros.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_CHECK (amt_prov_check_get_type ())

/**
 * AmtProvCheckResult:
 * @AMT_PROV_CHECK_RESULT_PASS: the rule holds
 * @AMT_PROV_CHECK_RESULT_FAIL: the rule is broken; AMT would refuse
 * @AMT_PROV_CHECK_RESULT_UNKNOWN: a fact that the rule needs is not known
 *
 * How a rule came out.
 *
 * Since: 0.1
 */
typedef enum {
  AMT_PROV_CHECK_RESULT_PASS,
  AMT_PROV_CHECK_RESULT_FAIL,
  AMT_PROV_CHECK_RESULT_UNKNOWN,
} AmtProvCheckResult;

/**
 * AmtProvCheck:
 *
 * One rule, how it came out, and a sentence that says why. Immutable.
 *
 * Since: 0.1
 */
typedef struct _AmtProvCheck AmtProvCheck;

AMT_PROV_EXPORT GType amt_prov_check_get_type (void);
AMT_PROV_EXPORT AmtProvCheck *
amt_prov_check_new (const char *id, AmtProvCheckResult result, const char *sentence);
AMT_PROV_EXPORT AmtProvCheck *amt_prov_check_copy (AmtProvCheck *self);
AMT_PROV_EXPORT void amt_prov_check_free (AmtProvCheck *self);
AMT_PROV_EXPORT const char *amt_prov_check_get_id (AmtProvCheck *self);
AMT_PROV_EXPORT AmtProvCheckResult amt_prov_check_get_result (AmtProvCheck *self);
AMT_PROV_EXPORT const char *amt_prov_check_get_sentence (AmtProvCheck *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AmtProvCheck, amt_prov_check_free)

G_END_DECLS
