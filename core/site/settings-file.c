/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "site/settings-private.h"

#include <string.h>

#include "site/plugin-private.h"

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

/* Whose settings they are, when no schema says it. */
static AmtProvPlugin *
find_owner (const char *header, GPtrArray *plugins)
{
  g_autofree char *id = g_strndup (header, strcspn (header, " \t"));

  return plugins ? amt_prov_plugin_list_find_provider (plugins, NULL, id) : NULL;
}

static char *
explain_unknown (AmtProvSchema *schema, AmtProvPlugin *owner)
{
  g_autofree char *known = NULL;

  if (owner && owner->enabled)
    return g_strdup_printf ("the plugin %s has no settings; remove the group", owner->name);
  if (owner)
    return g_strdup_printf ("this group belongs to the plugin %s, which is not enabled; add %s to "
                            "[amtprov] plugins, or remove the group",
                            owner->name, owner->name);
  known = list_groups (schema);
  return g_strdup_printf (
      "there is no such group, and no plugin was found that could have it; "
      "allowed are %s, and those of plugins that are named in [amtprov] plugins",
      known);
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

static void
read_group (GPtrArray *all,
            const char *path,
            AmtProvKeyFileGroup *source,
            AmtProvSchema *schema,
            GPtrArray *plugins,
            GPtrArray *problems)
{
  AmtProvSchemaGroup *group = amt_prov_schema_find_group (schema, source->name);
  AmtProvPlugin *owner = group ? NULL : find_owner (source->name, plugins);
  g_autofree char *problem = NULL;

  /* That its plugin is refused says it all. */
  if (owner && owner->enabled && owner->refusal)
    return;
  problem = group ? explain_name (source->name, group) : explain_unknown (schema, owner);
  if (problem)
    g_ptr_array_add (
        problems, g_strdup_printf ("%s:%u: [%s]: %s", path, source->line, source->name, problem));
  else
    g_ptr_array_add (all, amt_prov_settings_new (path, source, group, problems));
}

static gboolean
has_required_key (AmtProvSchemaGroup *group)
{
  for (guint i = 0; i < group->keys->len; i++) {
    AmtProvSchemaKey *key = g_ptr_array_index (group->keys, i);

    if (key->required)
      return TRUE;
  }
  return FALSE;
}

/*
 * amt_prov_settings_read_file:
 *
 * Reads a configuration file against a schema: one settings for each group of the file, then one
 * with defaults for each group that it leaves out, but for those of plugins which require a key.
 * Groups of those of the @plugins that are enabled
 * but refused are passed over. Every mistake is added to @problems.
 */
GPtrArray *
amt_prov_settings_read_file (const char *path,
                             AmtProvSchema *schema,
                             GPtrArray *plugins,
                             GPtrArray *problems)
{
  g_autoptr (GPtrArray) all =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_settings_unref);
  g_autoptr (AmtProvKeyFile) source = amt_prov_key_file_load (path, problems);
  GPtrArray *groups = amt_prov_schema_list_groups (schema);

  if (!source)
    return g_steal_pointer (&all);
  for (guint i = 0; i < source->groups->len; i++)
    read_group (all, path, g_ptr_array_index (source->groups, i), schema, plugins, problems);
  for (guint i = 0; i < groups->len; i++) {
    AmtProvSchemaGroup *group = g_ptr_array_index (groups, i);

    if (group->named || amt_prov_key_file_find_group (source, group->name))
      continue;
    /* A site can do without a plugin, but not without what the core asks for. */
    if (has_required_key (group) && find_owner (group->name, plugins))
      continue;
    g_ptr_array_add (all, amt_prov_settings_new_default (path, group, problems));
  }
  return g_steal_pointer (&all);
}
