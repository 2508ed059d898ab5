/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <amtprov/setup-bin-problem.h>

#include "wire/setup-bin-private.h"

struct _AmtProvSetupBinProblem {
  gatomicrefcount ref_count;
  AmtProvSetupBinRule rule;
  gboolean is_error;
  guint64 offset;
  guint32 record;
  char *sentence;
};

G_DEFINE_BOXED_TYPE (AmtProvSetupBinProblem,
                     amt_prov_setup_bin_problem,
                     amt_prov_setup_bin_problem_ref,
                     amt_prov_setup_bin_problem_unref)

/* Takes sentence. */
AmtProvSetupBinProblem *
amt_prov_setup_bin_problem_new (
    AmtProvSetupBinRule rule, gboolean is_error, guint64 offset, guint32 record, char *sentence)
{
  AmtProvSetupBinProblem *self = g_new (AmtProvSetupBinProblem, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->rule = rule;
  self->is_error = is_error;
  self->offset = offset;
  self->record = record;
  self->sentence = sentence;
  return self;
}

/**
 * amt_prov_setup_bin_problem_ref:
 * @self: a problem
 *
 * Takes another reference.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.1
 */
AmtProvSetupBinProblem *
amt_prov_setup_bin_problem_ref (AmtProvSetupBinProblem *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

/**
 * amt_prov_setup_bin_problem_unref:
 * @self: (transfer full): a problem
 *
 * Gives a reference back.
 *
 * Since: 0.1
 */
void
amt_prov_setup_bin_problem_unref (AmtProvSetupBinProblem *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_free (self->sentence);
  g_free (self);
}

/**
 * amt_prov_setup_bin_problem_get_rule:
 * @self: a problem
 *
 * Gets the rule that it is about.
 *
 * Returns: the rule
 *
 * Since: 0.1
 */
AmtProvSetupBinRule
amt_prov_setup_bin_problem_get_rule (AmtProvSetupBinProblem *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->rule;
}

/**
 * amt_prov_setup_bin_problem_is_error:
 * @self: a problem
 *
 * Says whether the rule is broken. The others are warnings: the file is sound, but a machine may
 * not do with it what its maker wants.
 *
 * Returns: %TRUE when the rule is broken
 *
 * Since: 0.1
 */
gboolean
amt_prov_setup_bin_problem_is_error (AmtProvSetupBinProblem *self)
{
  g_return_val_if_fail (self != NULL, TRUE);

  return self->is_error;
}

/**
 * amt_prov_setup_bin_problem_get_offset:
 * @self: a problem
 *
 * Gets the place in the file.
 *
 * Returns: bytes from the start of the file
 *
 * Since: 0.1
 */
guint64
amt_prov_setup_bin_problem_get_offset (AmtProvSetupBinProblem *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->offset;
}

/**
 * amt_prov_setup_bin_problem_get_record:
 * @self: a problem
 *
 * Gets the number of the record.
 *
 * Returns: the number, from 1, or 0 for the header and the file as a whole
 *
 * Since: 0.1
 */
guint32
amt_prov_setup_bin_problem_get_record (AmtProvSetupBinProblem *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->record;
}

/**
 * amt_prov_setup_bin_problem_get_sentence:
 * @self: a problem
 *
 * Says for a person where and what it is. Shows nothing of a secret.
 *
 * Returns: the sentence, which begins with `setup.bin, offset N`
 *
 * Since: 0.1
 */
const char *
amt_prov_setup_bin_problem_get_sentence (AmtProvSetupBinProblem *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->sentence;
}

static const char *const rule_names[] = {
    [AMT_PROV_SETUP_BIN_RULE_GUID] = "guid",
    [AMT_PROV_SETUP_BIN_RULE_VERSION] = "version",
    [AMT_PROV_SETUP_BIN_RULE_HEADER] = "header",
    [AMT_PROV_SETUP_BIN_RULE_SIZE] = "size",
    [AMT_PROV_SETUP_BIN_RULE_CONSUMABLE] = "consumable",
    [AMT_PROV_SETUP_BIN_RULE_COUNTER] = "counter",
    [AMT_PROV_SETUP_BIN_RULE_RECORD] = "record",
    [AMT_PROV_SETUP_BIN_RULE_VARIABLES] = "variables",
    [AMT_PROV_SETUP_BIN_RULE_VALUE] = "value",
    [AMT_PROV_SETUP_BIN_RULE_PASSWORD] = "password",
    [AMT_PROV_SETUP_BIN_RULE_PAIR] = "pair",
    [AMT_PROV_SETUP_BIN_RULE_ORDER] = "order",
};

/**
 * amt_prov_setup_bin_rule_to_string:
 * @rule: a rule
 *
 * Gets the name of a rule. Who wants all of them asks from 0 until there is no more.
 *
 * Returns: (nullable): the name, lower case, or %NULL for another number
 *
 * Since: 0.1
 */
const char *
amt_prov_setup_bin_rule_to_string (AmtProvSetupBinRule rule)
{
  return rule < G_N_ELEMENTS (rule_names) ? rule_names[rule] : NULL;
}
