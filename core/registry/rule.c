/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <amtprov/rule.h>

struct _AmtProvRule {
  gatomicrefcount ref_count;
  char *file;
  char *group;
  char *key;
  guint line;
};

G_DEFINE_BOXED_TYPE (AmtProvRule, amt_prov_rule, amt_prov_rule_copy, amt_prov_rule_free)

/**
 * amt_prov_rule_new:
 * @file: the file: a path, or the bare name of a built-in file
 * @group: (nullable): the group
 * @key: (nullable): the key
 * @line: the line, counted from 1, or 0 when it has none
 *
 * Names a place in a key file.
 *
 * Returns: (transfer full): a new rule
 *
 * Since: 0.1
 */
AmtProvRule *
amt_prov_rule_new (const char *file, const char *group, const char *key, guint line)
{
  AmtProvRule *self = g_new0 (AmtProvRule, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->file = g_strdup (file);
  self->group = g_strdup (group);
  self->key = g_strdup (key);
  self->line = line;
  return self;
}

/**
 * amt_prov_rule_copy:
 * @self: a rule
 *
 * Copies a rule. Rules never change, so copies share one body.
 *
 * Returns: (transfer full): the copy
 *
 * Since: 0.1
 */
AmtProvRule *
amt_prov_rule_copy (AmtProvRule *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

/**
 * amt_prov_rule_free:
 * @self: (transfer full): a rule
 *
 * Frees a rule.
 *
 * Since: 0.1
 */
void
amt_prov_rule_free (AmtProvRule *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_free (self->file);
  g_free (self->group);
  g_free (self->key);
  g_free (self);
}

/**
 * amt_prov_rule_get_file:
 * @self: a rule
 *
 * Gets the file.
 *
 * Returns: (transfer none): a path, or the bare name of a built-in file
 *
 * Since: 0.1
 */
const char *
amt_prov_rule_get_file (AmtProvRule *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->file;
}

/**
 * amt_prov_rule_get_group:
 * @self: a rule
 *
 * Gets the group.
 *
 * Returns: (transfer none) (nullable): the group, without brackets
 *
 * Since: 0.1
 */
const char *
amt_prov_rule_get_group (AmtProvRule *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->group;
}

/**
 * amt_prov_rule_get_key:
 * @self: a rule
 *
 * Gets the key.
 *
 * Returns: (transfer none) (nullable): the key
 *
 * Since: 0.1
 */
const char *
amt_prov_rule_get_key (AmtProvRule *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->key;
}

/**
 * amt_prov_rule_get_line:
 * @self: a rule
 *
 * Gets the line.
 *
 * Returns: the line, counted from 1, or 0 when it has none
 *
 * Since: 0.1
 */
guint
amt_prov_rule_get_line (AmtProvRule *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->line;
}

/**
 * amt_prov_rule_to_string:
 * @self: a rule
 *
 * Writes the place as every error and verdict shows it; what is not known is left out.
 *
 * Returns: (transfer full): `FILE:LINE: [GROUP] KEY`
 *
 * Since: 0.1
 */
char *
amt_prov_rule_to_string (AmtProvRule *self)
{
  GString *text;

  g_return_val_if_fail (self != NULL, NULL);

  text = g_string_new (self->file);
  if (self->line > 0)
    g_string_append_printf (text, ":%u", self->line);
  if (self->group != NULL)
    g_string_append_printf (text, ": [%s]", self->group);
  if (self->key != NULL)
    g_string_append_printf (text, " %s", self->key);
  return g_string_free (text, FALSE);
}
