/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "site/settings-private.h"

#include <string.h>

static char *
list_groups (AmtProvSchema *schema)
{
  GPtrArray *groups = amt_prov_schema_list_groups (schema);
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < groups->len; i++) {
    AmtProvSchemaGroup *group = g_ptr_array_index (groups, i);

    g_string_append_printf (text, "%s[%s%s]", i ? ", " : "", group->name,
                            group->named ? " NAME" : "");
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static char *
explain_unknown (const char *header, AmtProvSchema *schema, const char *const *disabled)
{
  g_autofree char *id = g_strndup (header, strcspn (header, " \t"));
  g_autofree char *known = NULL;

  if (disabled && g_strv_contains (disabled, id))
    return g_strdup_printf ("this group belongs to the plugin %s, which is not enabled; add %s to "
                            "[amtprov] plugins, or remove the group",
                            id, id);
  known = list_groups (schema);
  return g_strdup_printf (
      "there is no such group, and no plugin %s was found that could have it; "
      "allowed are %s, and those of plugins that are named in [amtprov] plugins",
      id, known);
}

static char *
explain_name (const char *header, AmtProvSchemaGroup *group)
{
  gboolean has_name = strcspn (header, " \t") != strlen (header);

  if (has_name == group->named)
    return NULL;
  if (has_name)
    return g_strdup_printf ("this group takes no name; write [%s]", group->name);
  return g_strdup_printf ("this group needs a name of your choice; write [%s NAME]", group->name);
}

/*
 * amt_prov_settings_read_file:
 *
 * Reads a configuration file against a schema: one settings for each group of the file, then one
 * with defaults for each group that it leaves out. @disabled are the plugins that have a schema but
 * are not enabled. Every mistake is added to @problems.
 */
GPtrArray *
amt_prov_settings_read_file (const char *path,
                             AmtProvSchema *schema,
                             const char *const *disabled,
                             GPtrArray *problems)
{
  g_autoptr (GPtrArray) all =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_settings_unref);
  g_autoptr (AmtProvKeyFile) source = amt_prov_key_file_load (path, problems);
  GPtrArray *groups = amt_prov_schema_list_groups (schema);

  if (!source)
    return g_steal_pointer (&all);
  for (guint i = 0; i < source->groups->len; i++) {
    AmtProvKeyFileGroup *entry = g_ptr_array_index (source->groups, i);
    AmtProvSchemaGroup *group = amt_prov_schema_find_group (schema, entry->name);
    g_autofree char *problem =
        group ? explain_name (entry->name, group) : explain_unknown (entry->name, schema, disabled);

    if (problem)
      g_ptr_array_add (
          problems, g_strdup_printf ("%s:%u: [%s]: %s", path, entry->line, entry->name, problem));
    else
      g_ptr_array_add (all, amt_prov_settings_new (path, entry, group, problems));
  }
  for (guint i = 0; i < groups->len; i++) {
    AmtProvSchemaGroup *group = g_ptr_array_index (groups, i);

    if (!group->named && !amt_prov_key_file_find_group (source, group->name))
      g_ptr_array_add (all, amt_prov_settings_new_default (path, group));
  }
  return g_steal_pointer (&all);
}
