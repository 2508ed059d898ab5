/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <amtprov/setting-info.h>

#include <amtprov/error.h>
#include "base/environment-private.h"
#include "registry/capability-key-private.h"
#include "site/plugin-private.h"

/* A row of a schema, which it keeps alive, or of the table of capability keys. */
struct _AmtProvSettingInfo {
  gatomicrefcount references;
  AmtProvSchema *schema;
  AmtProvSchemaKey *schema_key;
  const AmtProvCapabilityKey *capability_key;
  char *group;
  const char *key;
  const char *type;
  const char *fallback;
  const char *initial;
  char **allowed;
  gboolean required;
  const char *since;
  const char *help;
};

G_DEFINE_BOXED_TYPE (AmtProvSettingInfo,
                     amt_prov_setting_info,
                     amt_prov_setting_info_ref,
                     amt_prov_setting_info_unref)

static AmtProvSettingInfo *
add_info (GPtrArray *list, const char *group, const char *since, const char *help)
{
  AmtProvSettingInfo *self = g_new0 (AmtProvSettingInfo, 1);

  g_atomic_ref_count_init (&self->references);
  self->group = g_strdup (group);
  self->since = since;
  self->help = help;
  g_ptr_array_add (list, self);
  return self;
}

static void
add_schema_key (GPtrArray *list, const char *group, AmtProvSchema *schema, AmtProvSchemaKey *key)
{
  AmtProvSettingInfo *self = add_info (list, group, key->since, key->help);

  self->schema = amt_prov_schema_ref (schema);
  self->schema_key = key;
  self->key = key->name;
  self->type = amt_prov_schema_key_get_type_name (key);
  self->fallback = key->fallback;
  self->initial = key->initial;
  self->allowed = amt_prov_schema_key_list_allowed (key);
  self->required = key->required;
}

static void
add_schema (GPtrArray *list, AmtProvSchema *schema)
{
  GPtrArray *groups = amt_prov_schema_list_groups (schema);

  for (guint i = 0; i < groups->len; i++) {
    AmtProvSchemaGroup *group = g_ptr_array_index (groups, i);
    g_autofree char *header = g_strconcat (group->name, group->named ? " NAME" : NULL, NULL);
    AmtProvSettingInfo *self = add_info (list, header, group->since, group->help);

    self->schema = amt_prov_schema_ref (schema);
    for (guint j = 0; j < group->keys->len; j++)
      add_schema_key (list, header, schema, g_ptr_array_index (group->keys, j));
  }
}

static void
add_capabilities (GPtrArray *list)
{
  static const char group[] = "RANGE";
  gsize count;
  const AmtProvCapabilityKey *keys = amt_prov_capability_key_get_all (&count);

  add_info (list, group, keys[0].since, AMT_PROV_CAPABILITY_GROUP_HELP);
  for (gsize i = 0; i < count; i++) {
    AmtProvSettingInfo *self = add_info (list, group, keys[i].since, keys[i].help);

    self->capability_key = &keys[i];
    self->key = keys[i].name;
    self->type = amt_prov_capability_key_get_type_name (&keys[i]);
    self->allowed = amt_prov_capability_key_list_allowed (&keys[i]);
  }
}

/* Whoever writes a schema wants to hear of its mistakes; other refusals leave the table as it is.
 */
static gboolean
add_plugins (AmtProvSchema *site,
             AmtProvSchema *host,
             const char *const *directories,
             const char *const *names,
             GError **error)
{
  g_auto (GStrv) usual = directories ? NULL : amt_prov_environment_list_plugin_dirs ();
  g_autoptr (GPtrArray) plugins = amt_prov_plugin_list_read (
      directories ? directories : (const char *const *)usual, names, TRUE, site, host);

  for (guint i = 0; i < plugins->len; i++) {
    AmtProvPlugin *plugin = g_ptr_array_index (plugins, i);

    if (!plugin->bad_schema)
      continue;
    g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFIG, plugin->refusal);
    return FALSE;
  }
  return TRUE;
}

/**
 * amt_prov_setting_info_list:
 * @file: the kind of file
 * @plugin_dirs: (array zero-terminated=1) (nullable): the folders with plugins and their schemas,
 * or %NULL for the default ones
 * @plugins: (array zero-terminated=1) (nullable): the plugins whose groups the file may have, or
 * %NULL for all that are found
 * @error: return location for an error
 *
 * Lists what may stand in a file: each group, followed by its keys. No code of plugins is loaded. A
 * plugin that may not be loaded has no groups.
 *
 * Returns: (transfer container) (element-type AmtProvSettingInfo) (nullable): the groups and keys,
 *   or %NULL with %AMT_PROV_ERROR_CONFIG when a schema has a mistake
 *
 * Since: 0.1
 */
GPtrArray *
amt_prov_setting_info_list (AmtProvSettingFile file,
                            const char *const *plugin_dirs,
                            const char *const *plugins,
                            GError **error)
{
  g_autoptr (GPtrArray) list =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_setting_info_unref);
  g_autoptr (AmtProvSchema) site = amt_prov_schema_new ();
  g_autoptr (AmtProvSchema) host = amt_prov_schema_new ();

  if (file == AMT_PROV_SETTING_FILE_CAPABILITIES) {
    add_capabilities (list);
    return g_steal_pointer (&list);
  }
  if (!amt_prov_schema_add_core (site, "site", error) ||
      !amt_prov_schema_add_core (host, "amtprov", error) ||
      !add_plugins (site, host, plugin_dirs, plugins, error))
    return NULL;
  add_schema (list, file == AMT_PROV_SETTING_FILE_SITE ? site : host);
  return g_steal_pointer (&list);
}

/**
 * amt_prov_setting_info_ref:
 * @self: a #AmtProvSettingInfo
 *
 * Takes a reference; may be called from any thread.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.1
 */
AmtProvSettingInfo *
amt_prov_setting_info_ref (AmtProvSettingInfo *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->references);
  return self;
}

/**
 * amt_prov_setting_info_unref:
 * @self: (transfer full): a #AmtProvSettingInfo
 *
 * Drops a reference.
 *
 * Since: 0.1
 */
void
amt_prov_setting_info_unref (AmtProvSettingInfo *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->references))
    return;
  g_clear_pointer (&self->schema, amt_prov_schema_unref);
  g_strfreev (self->allowed);
  g_free (self->group);
  g_free (self);
}

/**
 * amt_prov_setting_info_get_group:
 * @self: a #AmtProvSettingInfo
 *
 * The header of the group without brackets. Words in capital letters stand for something else: a
 * file may have any number of `pki NAME`, each with a name of its own, and of `RANGE`, each for
 * other AMT releases.
 *
 * Returns: the header
 *
 * Since: 0.1
 */
const char *
amt_prov_setting_info_get_group (AmtProvSettingInfo *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->group;
}

/**
 * amt_prov_setting_info_get_key:
 * @self: a #AmtProvSettingInfo
 *
 * The name of the key; `ID` in `method.ID` stands for the id of a method.
 *
 * Returns: (nullable): the name, or %NULL for the group itself
 *
 * Since: 0.1
 */
const char *
amt_prov_setting_info_get_key (AmtProvSettingInfo *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->key;
}

/**
 * amt_prov_setting_info_get_type_name:
 * @self: a #AmtProvSettingInfo
 *
 * The type of the key, as in `int`. In values of the types `list`, `addresses`, `subnets`,
 * `suffixes` and `uuids` semicolons separate several entries.
 *
 * Returns: (nullable): the type, or %NULL for a group
 *
 * Since: 0.1
 */
const char *
amt_prov_setting_info_get_type_name (AmtProvSettingInfo *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->type;
}

/**
 * amt_prov_setting_info_get_default:
 * @self: a #AmtProvSettingInfo
 *
 * What counts where the file does not have the key.
 *
 * Returns: (nullable): the value, or %NULL if there is none
 *
 * Since: 0.1
 */
const char *
amt_prov_setting_info_get_default (AmtProvSettingInfo *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->fallback;
}

/**
 * amt_prov_setting_info_get_initial:
 * @self: a #AmtProvSettingInfo
 *
 * What a new file should have instead of the default, because the default needs other keys that
 * nobody can guess.
 *
 * Returns: (nullable): the value, or %NULL if a new file can leave the key out
 *
 * Since: 0.1
 */
const char *
amt_prov_setting_info_get_initial (AmtProvSettingInfo *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->initial;
}

/**
 * amt_prov_setting_info_get_allowed:
 * @self: a #AmtProvSettingInfo
 *
 * What the value, or an entry of a list, may be: words as they are written, a range of numbers such
 * as `0..24`, a variable such as `%{host}`, or a form such as `ADDRESS:PORT`, in which words in
 * capital letters stand for something else.
 *
 * Returns: (array zero-terminated=1) (nullable): the words and forms, or %NULL for a group
 *
 * Since: 0.1
 */
const char *const *
amt_prov_setting_info_get_allowed (AmtProvSettingInfo *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return (const char *const *)self->allowed;
}

/**
 * amt_prov_setting_info_get_required:
 * @self: a #AmtProvSettingInfo
 *
 * Whether a group without the key is refused.
 *
 * Returns: %TRUE if it is
 *
 * Since: 0.1
 */
gboolean
amt_prov_setting_info_get_required (AmtProvSettingInfo *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return self->required;
}

/**
 * amt_prov_setting_info_get_since:
 * @self: a #AmtProvSettingInfo
 *
 * The first version that has the group or key, as in `0.1`.
 *
 * Returns: the version
 *
 * Since: 0.1
 */
const char *
amt_prov_setting_info_get_since (AmtProvSettingInfo *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->since;
}

/**
 * amt_prov_setting_info_get_help:
 * @self: a #AmtProvSettingInfo
 *
 * What the group or key is for, in whole sentences.
 *
 * Returns: the sentences
 *
 * Since: 0.1
 */
const char *
amt_prov_setting_info_get_help (AmtProvSettingInfo *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->help;
}

/**
 * amt_prov_setting_info_check_value:
 * @self: a #AmtProvSettingInfo of a key
 * @value: the value
 * @directory: (type filename): the folder from which relative file names count
 *
 * Checks a value as amt_prov_config_check() would, but for rules that involve other keys. Files
 * that the value names are looked for.
 *
 * Returns: (transfer full) (nullable): what is wrong and what is allowed, or %NULL if nothing is
 *
 * Since: 0.1
 */
char *
amt_prov_setting_info_check_value (AmtProvSettingInfo *self,
                                   const char *value,
                                   const char *directory)
{
  g_return_val_if_fail (self != NULL && self->key != NULL, NULL);
  g_return_val_if_fail (value != NULL && directory != NULL, NULL);

  if (self->schema_key)
    return amt_prov_schema_key_check (self->schema_key, value, directory);
  return amt_prov_capability_key_check (self->capability_key, value);
}
