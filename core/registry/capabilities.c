/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "registry/capabilities-private.h"
#include "registry/capability-key-private.h"

struct _AmtProvCapabilities {
  gatomicrefcount ref_count;
  AmtProvVersion *release;
  AmtProvRow *row;
};

G_DEFINE_BOXED_TYPE (AmtProvCapabilities,
                     amt_prov_capabilities,
                     amt_prov_capabilities_ref,
                     amt_prov_capabilities_unref)

AmtProvCapabilities *
amt_prov_capabilities_new (AmtProvVersion *release, AmtProvRow *row)
{
  AmtProvCapabilities *self = g_new0 (AmtProvCapabilities, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->release = release ? amt_prov_version_copy (release) : NULL;
  self->row = amt_prov_row_ref (row);
  return self;
}

/**
 * amt_prov_capabilities_ref:
 * @self: capabilities
 *
 * Takes another reference.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.1
 */
AmtProvCapabilities *
amt_prov_capabilities_ref (AmtProvCapabilities *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

/**
 * amt_prov_capabilities_unref:
 * @self: (transfer full): capabilities
 *
 * Gives a reference back.
 *
 * Since: 0.1
 */
void
amt_prov_capabilities_unref (AmtProvCapabilities *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_clear_pointer (&self->release, amt_prov_version_free);
  amt_prov_row_unref (self->row);
  g_free (self);
}

/**
 * amt_prov_capabilities_get_release:
 * @self: capabilities
 *
 * Gets the release that was looked up.
 *
 * Returns: (transfer none) (nullable): the release, or %NULL when several are still possible
 *
 * Since: 0.1
 */
AmtProvVersion *
amt_prov_capabilities_get_release (AmtProvCapabilities *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->release;
}

static char *
describe_machine (AmtProvCapabilities *self)
{
  if (self->release == NULL)
    return g_strdup ("a machine of a release that is not known yet");
  return g_strconcat ("AMT ", amt_prov_version_get_text (self->release), NULL);
}

/**
 * amt_prov_capabilities_allows_method:
 * @self: capabilities
 * @method: the id of a method
 * @reason: (out) (optional) (transfer full): return location for a sentence that says why
 * @rule: (out) (optional) (nullable) (transfer full): return location for the place that says so;
 * %NULL when no file names the method for this release
 *
 * Asks the cell `method.ID`. A method that no capability file names is not allowed
 * (`versions.md §1`, `§4`).
 *
 * Returns: whether the release can be provisioned by @method
 *
 * Since: 0.1
 */
gboolean
amt_prov_capabilities_allows_method (AmtProvCapabilities *self,
                                     const char *method,
                                     char **reason,
                                     AmtProvRule **rule)
{
  g_autofree char *key = g_strconcat (AMT_PROV_METHOD_KEY_PREFIX, method, NULL);
  g_autofree char *note_key = g_strconcat (key, AMT_PROV_METHOD_NOTE_SUFFIX, NULL);
  g_autofree char *machine = NULL;
  const AmtProvCell *cell, *note;
  gboolean allowed;

  g_return_val_if_fail (self != NULL, FALSE);

  machine = describe_machine (self);
  cell = amt_prov_row_get (self->row, key);
  note = amt_prov_row_get (self->row, note_key);
  allowed = cell != NULL && g_str_equal (cell->value, "yes");
  if (rule != NULL)
    *rule = cell ? amt_prov_rule_copy (cell->rule) : NULL;
  if (reason == NULL)
    return allowed;
  if (cell == NULL)
    *reason = g_strdup_printf ("no capability file names it for %s", machine);
  else if (note != NULL)
    *reason = g_strdup (note->value);
  else
    *reason = g_strdup_printf (
        allowed ? "%s can be provisioned this way" : "%s cannot be provisioned this way", machine);
  return allowed;
}

/**
 * amt_prov_capabilities_get_string:
 * @self: capabilities
 * @key: a key of capability files
 *
 * Gets a cell as it stands in the file.
 *
 * Returns: (transfer none) (nullable): the value, or %NULL when no file says anything
 *
 * Since: 0.1
 */
const char *
amt_prov_capabilities_get_string (AmtProvCapabilities *self, const char *key)
{
  const AmtProvCell *cell;

  g_return_val_if_fail (self != NULL, NULL);

  cell = amt_prov_row_get (self->row, key);
  return cell ? cell->value : NULL;
}

/**
 * amt_prov_capabilities_get_int:
 * @self: capabilities
 * @key: a key whose value is a number
 *
 * Gets a number. Its unit is part of the key's name.
 *
 * Returns: the number, or 0 when no file says anything
 *
 * Since: 0.1
 */
gint64
amt_prov_capabilities_get_int (AmtProvCapabilities *self, const char *key)
{
  const char *value = amt_prov_capabilities_get_string (self, key);

  return value ? g_ascii_strtoll (value, NULL, 10) : 0;
}

/**
 * amt_prov_capabilities_get_boolean:
 * @self: capabilities
 * @key: a key whose value is yes or no
 *
 * Gets a flag.
 *
 * Returns: %TRUE for `yes`; %FALSE also when no file says anything
 *
 * Since: 0.1
 */
gboolean
amt_prov_capabilities_get_boolean (AmtProvCapabilities *self, const char *key)
{
  return g_strcmp0 (amt_prov_capabilities_get_string (self, key), "yes") == 0;
}

/**
 * amt_prov_capabilities_get_list:
 * @self: capabilities
 * @key: a key whose value is a list
 *
 * Gets a list.
 *
 * Returns: (transfer full) (array zero-terminated=1): the entries, none when no file says anything
 *
 * Since: 0.1
 */
char **
amt_prov_capabilities_get_list (AmtProvCapabilities *self, const char *key)
{
  const char *value = amt_prov_capabilities_get_string (self, key);

  return amt_prov_capability_value_split (value ? value : "");
}

/**
 * amt_prov_capabilities_list_contains:
 * @self: capabilities
 * @key: a key whose value is a list
 * @value: an entry
 *
 * Looks for an entry in a list.
 *
 * Returns: whether it is there
 *
 * Since: 0.1
 */
gboolean
amt_prov_capabilities_list_contains (AmtProvCapabilities *self, const char *key, const char *value)
{
  g_auto (GStrv) list = amt_prov_capabilities_get_list (self, key);

  return g_strv_contains ((const char *const *)list, value);
}

/**
 * amt_prov_capabilities_dup_rule:
 * @self: capabilities
 * @key: a key of capability files
 *
 * Finds the place that a cell comes from.
 *
 * Returns: (transfer full) (nullable): the rule, or %NULL when no file says anything
 *
 * Since: 0.1
 */
AmtProvRule *
amt_prov_capabilities_dup_rule (AmtProvCapabilities *self, const char *key)
{
  const AmtProvCell *cell;

  g_return_val_if_fail (self != NULL, NULL);

  cell = amt_prov_row_get (self->row, key);
  return cell ? amt_prov_rule_copy (cell->rule) : NULL;
}

/**
 * amt_prov_capabilities_get_roots:
 * @self: capabilities
 * @algorithm: which hashes
 *
 * Gets the root hashes that the firmware of the release carries, in the order of its handles
 * (`pki.md §5`). What a hello lists goes before: a site or an OEM can add and switch off roots.
 *
 * Returns: (transfer none) (nullable) (element-type AmtProvCertHash): the hashes, or %NULL when
 * nothing is known for @algorithm
 *
 * Since: 0.1
 */
GPtrArray *
amt_prov_capabilities_get_roots (AmtProvCapabilities *self, AmtProvHashAlgorithm algorithm)
{
  g_return_val_if_fail (self != NULL, NULL);

  switch (algorithm) {
  case AMT_PROV_HASH_ALGORITHM_SHA1:
    return self->row->roots_sha1;
  case AMT_PROV_HASH_ALGORITHM_SHA256:
    return self->row->roots_sha256;
  case AMT_PROV_HASH_ALGORITHM_SHA384:
  default:
    return NULL;
  }
}
