/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <amtprov/facts.h>

struct _AmtProvFacts {
  gatomicrefcount refs;
  AmtProvVersion *release;
  AmtProvHello *hello;
  char *suffix;
};

G_DEFINE_BOXED_TYPE (AmtProvFacts, amt_prov_facts, amt_prov_facts_ref, amt_prov_facts_unref)

/**
 * amt_prov_facts_new:
 * @release: (nullable): the AMT release, if known
 * @hello: (nullable): what the machine said, if it said anything
 * @suffix: (nullable): its DNS suffix, if known
 *
 * Puts together what is known of a machine.
 *
 * Returns: (transfer full): the facts
 *
 * Since: 0.1
 */
AmtProvFacts *
amt_prov_facts_new (AmtProvVersion *release, AmtProvHello *hello, const char *suffix)
{
  AmtProvFacts *self = g_new0 (AmtProvFacts, 1);

  g_atomic_ref_count_init (&self->refs);
  if (release != NULL)
    self->release = g_boxed_copy (AMT_PROV_TYPE_VERSION, release);
  if (hello != NULL)
    self->hello = g_boxed_copy (AMT_PROV_TYPE_HELLO, hello);
  self->suffix = g_strdup (suffix);
  return self;
}

/**
 * amt_prov_facts_ref:
 * @self: a #AmtProvFacts
 *
 * Takes a reference.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.1
 */
AmtProvFacts *
amt_prov_facts_ref (AmtProvFacts *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->refs);
  return self;
}

/**
 * amt_prov_facts_unref:
 * @self: (transfer full): a #AmtProvFacts
 *
 * Drops a reference.
 *
 * Since: 0.1
 */
void
amt_prov_facts_unref (AmtProvFacts *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  if (self->release != NULL)
    g_boxed_free (AMT_PROV_TYPE_VERSION, self->release);
  if (self->hello != NULL)
    g_boxed_free (AMT_PROV_TYPE_HELLO, self->hello);
  g_free (self->suffix);
  g_free (self);
}

/**
 * amt_prov_facts_get_release:
 * @self: a #AmtProvFacts
 *
 * Gets the AMT release.
 *
 * Returns: (nullable) (transfer none): the release; %NULL: unknown
 *
 * Since: 0.1
 */
AmtProvVersion *
amt_prov_facts_get_release (AmtProvFacts *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->release;
}

/**
 * amt_prov_facts_get_hello:
 * @self: a #AmtProvFacts
 *
 * Gets what the machine said. A hello is not authenticated.
 *
 * Returns: (nullable) (transfer none): the hello; %NULL: none
 *
 * Since: 0.1
 */
AmtProvHello *
amt_prov_facts_get_hello (AmtProvFacts *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->hello;
}

/**
 * amt_prov_facts_get_suffix:
 * @self: a #AmtProvFacts
 *
 * Gets the DNS suffix.
 *
 * Returns: (nullable) (transfer none): the suffix; %NULL: unknown
 *
 * Since: 0.1
 */
const char *
amt_prov_facts_get_suffix (AmtProvFacts *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->suffix;
}
