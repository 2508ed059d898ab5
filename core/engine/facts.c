/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <amtprov/facts.h>

#include <amtprov/device.h>

#include "engine/facts-private.h"

struct _AmtProvFacts {
  gatomicrefcount refs;
  AmtProvVersion *release;
  AmtProvHello *hello;
  char *suffix;
  char *medium;
  AmtProvDevice *device;
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

static AmtProvFacts *
copy (AmtProvFacts *self)
{
  AmtProvFacts *facts = amt_prov_facts_new (self->release, self->hello, self->suffix);

  facts->medium = g_strdup (self->medium);
  g_set_object (&facts->device, self->device);
  return facts;
}

/**
 * amt_prov_facts_with_medium:
 * @self: facts
 * @medium: (nullable): by what the pair of the hello's PID was handed out: the id of a method, or
 *   `sheet`
 *
 * The same facts, and what the store says of the pair that the hello names.
 *
 * Returns: (transfer full): the facts
 *
 * Since: 0.1
 */
AmtProvFacts *
amt_prov_facts_with_medium (AmtProvFacts *self, const char *medium)
{
  AmtProvFacts *facts;

  g_return_val_if_fail (self != NULL, NULL);

  facts = copy (self);
  g_free (facts->medium);
  facts->medium = g_strdup (medium);
  return facts;
}

/**
 * amt_prov_facts_with_device:
 * @self: facts
 * @device: (nullable): the machine's row in the store
 *
 * The same facts, and what the store says of the machine: amt_prov_facts_get_fact() reads it.
 *
 * Returns: (transfer full): the facts
 *
 * Since: 0.1
 */
AmtProvFacts *
amt_prov_facts_with_device (AmtProvFacts *self, AmtProvDevice *device)
{
  AmtProvFacts *facts;

  g_return_val_if_fail (self != NULL, NULL);

  facts = copy (self);
  g_set_object (&facts->device, device);
  return facts;
}

AmtProvFacts *
amt_prov_facts_gather (AmtProvDevice *device,
                       AmtProvHello *hello,
                       const char *suffix,
                       const char *medium)
{
  const char *amt = amt_prov_device_get_fact (device, "amt");
  g_autoptr (AmtProvVersion) release = amt != NULL ? amt_prov_version_parse (amt, NULL) : NULL;
  AmtProvFacts *facts = amt_prov_facts_new (release, hello, suffix);

  facts->medium = g_strdup (medium);
  g_set_object (&facts->device, device);
  return facts;
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
  g_free (self->medium);
  g_clear_object (&self->device);
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

/**
 * amt_prov_facts_get_medium:
 * @self: a #AmtProvFacts
 *
 * Gets by what the pair of the hello's PID was handed out.
 *
 * Returns: (nullable) (transfer none): the id of a method, or `sheet`; %NULL: there is no such pair
 *   in the store, or it was not handed out
 *
 * Since: 0.1
 */
const char *
amt_prov_facts_get_medium (AmtProvFacts *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->medium;
}

/**
 * amt_prov_facts_get_fact:
 * @self: a #AmtProvFacts
 * @name: name of a fact of the store, as amt_prov_device_get_fact() takes it
 *
 * Gets what the store says of the machine. `enrolled` is when an agent in the machine's operating
 * system has reported it and was told to go on; what it said has names that begin with `report-`.
 *
 * Returns: (nullable) (transfer none): the text; %NULL: not known
 *
 * Since: 0.1
 */
const char *
amt_prov_facts_get_fact (AmtProvFacts *self, const char *name)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (name != NULL, NULL);

  return self->device != NULL ? amt_prov_device_get_fact (self->device, name) : NULL;
}
