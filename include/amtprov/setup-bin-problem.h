/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include <amtprov/macros.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_SETUP_BIN_PROBLEM (amt_prov_setup_bin_problem_get_type ())

/**
 * AmtProvSetupBinRule:
 * @AMT_PROV_SETUP_BIN_RULE_GUID: the file begins with a known GUID
 * @AMT_PROV_SETUP_BIN_RULE_VERSION: the version goes with the GUID, and knows all that is used
 * @AMT_PROV_SETUP_BIN_RULE_HEADER: the header is as `setup-bin.md §2` has it
 * @AMT_PROV_SETUP_BIN_RULE_SIZE: the file has all its records, nothing more, and fits on FAT
 * @AMT_PROV_SETUP_BIN_RULE_CONSUMABLE: what every machine reads is meant for every machine
 * @AMT_PROV_SETUP_BIN_RULE_COUNTER: the header counts as many used records as there are
 * @AMT_PROV_SETUP_BIN_RULE_RECORD: the records are as `setup-bin.md §4` has them
 * @AMT_PROV_SETUP_BIN_RULE_VARIABLES: the list of variables is as `setup-bin.md §5` has it
 * @AMT_PROV_SETUP_BIN_RULE_VALUE: lengths and values are those of `setup-bin.md §6`
 * @AMT_PROV_SETUP_BIN_RULE_PASSWORD: MEBx takes the passwords
 * @AMT_PROV_SETUP_BIN_RULE_PAIR: PID and PPS are whole, and each PID stands in one record
 * @AMT_PROV_SETUP_BIN_RULE_ORDER: the variables stand in the order of `setup-bin.md §7`
 *
 * The rules of setup.bin.
 *
 * Since: 0.1
 */
typedef enum {
  AMT_PROV_SETUP_BIN_RULE_GUID,
  AMT_PROV_SETUP_BIN_RULE_VERSION,
  AMT_PROV_SETUP_BIN_RULE_HEADER,
  AMT_PROV_SETUP_BIN_RULE_SIZE,
  AMT_PROV_SETUP_BIN_RULE_CONSUMABLE,
  AMT_PROV_SETUP_BIN_RULE_COUNTER,
  AMT_PROV_SETUP_BIN_RULE_RECORD,
  AMT_PROV_SETUP_BIN_RULE_VARIABLES,
  AMT_PROV_SETUP_BIN_RULE_VALUE,
  AMT_PROV_SETUP_BIN_RULE_PASSWORD,
  AMT_PROV_SETUP_BIN_RULE_PAIR,
  AMT_PROV_SETUP_BIN_RULE_ORDER,
} AmtProvSetupBinRule;

/**
 * AmtProvSetupBinProblem:
 *
 * A place where a setup.bin breaks a rule, or may not do what its maker wants. Immutable.
 *
 * Since: 0.1
 */
typedef struct _AmtProvSetupBinProblem AmtProvSetupBinProblem;

AMT_PROV_EXPORT GType amt_prov_setup_bin_problem_get_type (void);
AMT_PROV_EXPORT AmtProvSetupBinProblem *
amt_prov_setup_bin_problem_ref (AmtProvSetupBinProblem *self);
AMT_PROV_EXPORT void amt_prov_setup_bin_problem_unref (AmtProvSetupBinProblem *self);
AMT_PROV_EXPORT AmtProvSetupBinRule
amt_prov_setup_bin_problem_get_rule (AmtProvSetupBinProblem *self);
AMT_PROV_EXPORT gboolean amt_prov_setup_bin_problem_is_error (AmtProvSetupBinProblem *self);
AMT_PROV_EXPORT guint64 amt_prov_setup_bin_problem_get_offset (AmtProvSetupBinProblem *self);
AMT_PROV_EXPORT guint32 amt_prov_setup_bin_problem_get_record (AmtProvSetupBinProblem *self);
AMT_PROV_EXPORT const char *amt_prov_setup_bin_problem_get_sentence (AmtProvSetupBinProblem *self);
AMT_PROV_EXPORT const char *amt_prov_setup_bin_rule_to_string (AmtProvSetupBinRule rule);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AmtProvSetupBinProblem, amt_prov_setup_bin_problem_unref)

G_END_DECLS
