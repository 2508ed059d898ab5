/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <amtprov/check.h>

struct _AmtProvCheck {
  char *id;
  AmtProvCheckResult result;
  char *sentence;
};

G_DEFINE_BOXED_TYPE (AmtProvCheck, amt_prov_check, amt_prov_check_copy, amt_prov_check_free)

/**
 * amt_prov_check_new:
 * @id: name of the rule, lower case with dashes
 * @result: how it came out
 * @sentence: why, for a person
 *
 * Makes the outcome of one rule.
 *
 * Returns: (transfer full): the check
 *
 * Since: 0.1
 */
AmtProvCheck *
amt_prov_check_new (const char *id, AmtProvCheckResult result, const char *sentence)
{
  AmtProvCheck *self;

  g_return_val_if_fail (id != NULL && sentence != NULL, NULL);

  self = g_new0 (AmtProvCheck, 1);
  self->id = g_strdup (id);
  self->result = result;
  self->sentence = g_strdup (sentence);
  return self;
}

/**
 * amt_prov_check_copy:
 * @self: a #AmtProvCheck
 *
 * Copies a check.
 *
 * Returns: (transfer full): the copy
 *
 * Since: 0.1
 */
AmtProvCheck *
amt_prov_check_copy (AmtProvCheck *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return amt_prov_check_new (self->id, self->result, self->sentence);
}

/**
 * amt_prov_check_free:
 * @self: (transfer full): a #AmtProvCheck
 *
 * Frees a check.
 *
 * Since: 0.1
 */
void
amt_prov_check_free (AmtProvCheck *self)
{
  g_return_if_fail (self != NULL);

  g_free (self->id);
  g_free (self->sentence);
  g_free (self);
}

/**
 * amt_prov_check_get_id:
 * @self: a #AmtProvCheck
 *
 * The name of the rule, as in `root-trusted`.
 *
 * Returns: the name
 *
 * Since: 0.1
 */
const char *
amt_prov_check_get_id (AmtProvCheck *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->id;
}

/**
 * amt_prov_check_get_result:
 * @self: a #AmtProvCheck
 *
 * How the rule came out.
 *
 * Returns: the result
 *
 * Since: 0.1
 */
AmtProvCheckResult
amt_prov_check_get_result (AmtProvCheck *self)
{
  g_return_val_if_fail (self != NULL, AMT_PROV_CHECK_RESULT_UNKNOWN);

  return self->result;
}

/**
 * amt_prov_check_get_sentence:
 * @self: a #AmtProvCheck
 *
 * Why it came out so, for a person.
 *
 * Returns: the sentence
 *
 * Since: 0.1
 */
const char *
amt_prov_check_get_sentence (AmtProvCheck *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->sentence;
}
