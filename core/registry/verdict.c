/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <amtprov/verdict.h>

struct _AmtProvVerdict {
  gatomicrefcount ref_count;
  char *method;
  gboolean usable;
  int rank;
  char *reason;
  AmtProvRule *rule;
};

G_DEFINE_BOXED_TYPE (AmtProvVerdict, amt_prov_verdict, amt_prov_verdict_ref, amt_prov_verdict_unref)

/**
 * amt_prov_verdict_new:
 * @method: the id of the method
 * @usable: whether it can bring the machine to operational
 * @rank: its place among the usable ones, the greater the better. A method gives 0: the selector
 *   takes the site's order, then `X-AmtProvRank` of the plugin
 * @reason: why, in one sentence
 * @rule: (nullable) (transfer none): the place that decided it
 *
 * Makes a verdict.
 *
 * Returns: (transfer full): a new verdict
 *
 * Since: 0.1
 */
AmtProvVerdict *
amt_prov_verdict_new (
    const char *method, gboolean usable, int rank, const char *reason, AmtProvRule *rule)
{
  AmtProvVerdict *self = g_new0 (AmtProvVerdict, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->method = g_strdup (method);
  self->usable = usable;
  self->rank = rank;
  self->reason = g_strdup (reason);
  self->rule = rule ? amt_prov_rule_copy (rule) : NULL;
  return self;
}

/**
 * amt_prov_verdict_ref:
 * @self: a verdict
 *
 * Takes another reference.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.1
 */
AmtProvVerdict *
amt_prov_verdict_ref (AmtProvVerdict *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

/**
 * amt_prov_verdict_unref:
 * @self: (transfer full): a verdict
 *
 * Gives a reference back.
 *
 * Since: 0.1
 */
void
amt_prov_verdict_unref (AmtProvVerdict *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_free (self->method);
  g_free (self->reason);
  g_clear_pointer (&self->rule, amt_prov_rule_free);
  g_free (self);
}

/**
 * amt_prov_verdict_get_method:
 * @self: a verdict
 *
 * Gets the method.
 *
 * Returns: (transfer none): its id
 *
 * Since: 0.1
 */
const char *
amt_prov_verdict_get_method (AmtProvVerdict *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->method;
}

/**
 * amt_prov_verdict_get_usable:
 * @self: a verdict
 *
 * Gets the answer.
 *
 * Returns: whether the method can bring the machine to operational
 *
 * Since: 0.1
 */
gboolean
amt_prov_verdict_get_usable (AmtProvVerdict *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return self->usable;
}

/**
 * amt_prov_verdict_get_rank:
 * @self: a verdict
 *
 * Gets the rank.
 *
 * Returns: the rank, the greater the better
 *
 * Since: 0.1
 */
int
amt_prov_verdict_get_rank (AmtProvVerdict *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->rank;
}

/**
 * amt_prov_verdict_get_reason:
 * @self: a verdict
 *
 * Gets the reason.
 *
 * Returns: (transfer none): one sentence
 *
 * Since: 0.1
 */
const char *
amt_prov_verdict_get_reason (AmtProvVerdict *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->reason;
}

/**
 * amt_prov_verdict_get_rule:
 * @self: a verdict
 *
 * Gets the place that decided it.
 *
 * Returns: (transfer none) (nullable): the rule
 *
 * Since: 0.1
 */
AmtProvRule *
amt_prov_verdict_get_rule (AmtProvVerdict *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->rule;
}

/**
 * amt_prov_verdict_to_string:
 * @self: a verdict
 *
 * Writes it as messages show it.
 *
 * Returns: (transfer full): `METHOD: REASON (FILE:LINE: [GROUP] KEY)`, without the bracket when no
 *   rule is known
 *
 * Since: 0.1
 */
char *
amt_prov_verdict_to_string (AmtProvVerdict *self)
{
  g_autofree char *place = NULL;

  g_return_val_if_fail (self != NULL, NULL);

  if (self->rule == NULL)
    return g_strdup_printf ("%s: %s", self->method, self->reason);
  place = amt_prov_rule_to_string (self->rule);
  return g_strdup_printf ("%s: %s (%s)", self->method, self->reason, place);
}
