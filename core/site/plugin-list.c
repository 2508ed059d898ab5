/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "site/plugin-private.h"

#include <string.h>

#include <amtprov/error.h>
#include "site/site-private.h"

#define ENDING ".plugin"

/* ---- what is there ---- */

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *
list_folder (const char *directory)
{
  GPtrArray *paths = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *entry;

  while (dir && (entry = g_dir_read_name (dir)))
    g_ptr_array_add (paths, g_build_filename (directory, entry, NULL));
  g_ptr_array_sort (paths, compare_names);
  return paths;
}

/* Of two plugins with one name the first one counts, as it does for libpeas. */
static void
add_file (GPtrArray *plugins, const char *path)
{
  g_autoptr (AmtProvPlugin) plugin = amt_prov_plugin_new_from_file (path);

  if (!amt_prov_plugin_list_find (plugins, plugin->name))
    g_ptr_array_add (plugins, g_steal_pointer (&plugin));
}

/* The folder and its sub-folders, one level deep: where libpeas looks. */
static void
add_folder (GPtrArray *plugins, const char *directory, gboolean deeper)
{
  g_autoptr (GPtrArray) paths = list_folder (directory);

  for (guint i = 0; i < paths->len; i++) {
    const char *path = g_ptr_array_index (paths, i);

    if (g_str_has_suffix (path, ENDING))
      add_file (plugins, path);
    else if (deeper && g_file_test (path, G_FILE_TEST_IS_DIR))
      add_folder (plugins, path, FALSE);
  }
}

AmtProvPlugin *
amt_prov_plugin_list_find (GPtrArray *plugins, const char *name)
{
  for (guint i = 0; i < plugins->len; i++) {
    AmtProvPlugin *plugin = g_ptr_array_index (plugins, i);

    if (g_str_equal (plugin->name, name))
      return plugin;
  }
  return NULL;
}

static int
count_merits (AmtProvPlugin *plugin)
{
  return plugin->enabled ? (plugin->refusal ? 1 : 2) : 0;
}

/*
 * amt_prov_plugin_list_find_provider:
 *
 * Who provides something: an accepted plugin before one that is refused, and that before one that
 * is not enabled. A plugin that is not there is taken for the provider of what has its name, so
 * that its absence is all that is said.
 */
AmtProvPlugin *
amt_prov_plugin_list_find_provider (GPtrArray *plugins, const char *kind, const char *id)
{
  AmtProvPlugin *best = NULL;

  for (guint i = 0; i < plugins->len; i++) {
    AmtProvPlugin *plugin = g_ptr_array_index (plugins, i);
    gboolean fits =
        plugin->file ? amt_prov_plugin_provides (plugin, kind, id) : g_str_equal (plugin->name, id);

    if (fits && (!best || count_merits (plugin) > count_merits (best)))
      best = plugin;
  }
  return best;
}

/* The ids of one kind that enabled plugins provide. */
char **
amt_prov_plugin_list_ids (GPtrArray *plugins, const char *kind)
{
  g_autoptr (GStrvBuilder) ids = g_strv_builder_new ();
  g_autofree char *prefix = g_strconcat (kind, ":", NULL);

  for (guint i = 0; i < plugins->len; i++) {
    AmtProvPlugin *plugin = g_ptr_array_index (plugins, i);

    for (guint j = 0; plugin->enabled && plugin->provides[j]; j++)
      if (g_str_has_prefix (plugin->provides[j], prefix))
        g_strv_builder_add (ids, plugin->provides[j] + strlen (prefix));
  }
  return g_strv_builder_end (ids);
}

/* Why no enabled plugin provides something, and what to do; NULL when one does. */
char *
amt_prov_plugin_list_explain_missing (GPtrArray *plugins, const char *kind, const char *id)
{
  AmtProvPlugin *provider = amt_prov_plugin_list_find_provider (plugins, kind, id);
  g_auto (GStrv) ids = amt_prov_plugin_list_ids (plugins, kind);
  g_autofree char *known = g_strjoinv (", ", ids);

  if (provider && provider->enabled)
    return NULL;
  if (provider)
    return g_strdup_printf ("the %s \"%s\" is that of the plugin %s, which is not enabled; add %s "
                            "to [amtprov] plugins",
                            kind, id, provider->name, provider->name);
  return g_strdup_printf ("no plugin provides a %s \"%s\"; the %ss of [amtprov] plugins are %s",
                          kind, id, kind, *known != '\0' ? known : "none");
}

/* ---- what speaks against it ---- */

/* Whether nobody has it yet; then it is the plugin's. */
static gboolean
claim (AmtProvPlugin *plugin, GHashTable *claims)
{
  for (guint i = 0; plugin->provides[i]; i++) {
    const char *holder = g_hash_table_lookup (claims, plugin->provides[i]);

    if (holder) {
      amt_prov_plugin_refuse (plugin, "it provides %s, and so does %s, which comes first",
                              plugin->provides[i], holder);
      return FALSE;
    }
  }
  for (guint i = 0; plugin->provides[i]; i++)
    g_hash_table_insert (claims, plugin->provides[i],
                         g_strdup_printf ("the plugin %s", plugin->name));
  return TRUE;
}

/* A plugin has no say in the groups of others. */
static gboolean
check_ownership (AmtProvPlugin *plugin, AmtProvKeyFile *source, GError **error)
{
  for (guint i = 0; i < source->groups->len; i++) {
    AmtProvKeyFileGroup *group = g_ptr_array_index (source->groups, i);
    g_autofree char *id = g_strndup (group->name, strcspn (group->name, " \t"));

    if (amt_prov_plugin_provides (plugin, NULL, id))
      continue;
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFIG,
                 "%s:%u: [%s] is not the plugin's group: X-AmtProvProvides names no %s (the "
                 "mistake is in the schema, not in your configuration)",
                 source->file, group->line, group->name, id);
    return FALSE;
  }
  return TRUE;
}

/* All of a schema or nothing: the groups are new ones, and the last ones. */
static gboolean
add_schema (AmtProvPlugin *plugin, AmtProvSchema *schema, const char *ending, GError **error)
{
  GPtrArray *groups = amt_prov_schema_list_groups (schema);
  guint before = groups->len;
  g_autofree char *folder = g_path_get_dirname (plugin->file);
  g_autofree char *name = g_strconcat (plugin->name, ending, NULL);
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GBytes) contents = NULL;
  g_autoptr (AmtProvKeyFile) source = NULL;

  if (!g_file_query_exists (file, NULL))
    return TRUE;
  contents = g_file_load_bytes (file, NULL, NULL, error);
  if (!contents) {
    g_prefix_error (error, "%s: ", path);
    return FALSE;
  }
  source = amt_prov_schema_parse (path, contents, error);
  if (source && check_ownership (plugin, source, error) &&
      amt_prov_schema_add (schema, source, error))
    return TRUE;
  g_ptr_array_set_size (groups, (int)before);
  return FALSE;
}

static void
enable (AmtProvPlugin *plugin,
        gboolean scripts,
        GHashTable *claims,
        AmtProvSchema *schema,
        AmtProvSchema *host)
{
  g_autoptr (GError) error = NULL;

  plugin->enabled = TRUE;
  if (plugin->refusal)
    return;
  if (amt_prov_plugin_is_script (plugin) && !scripts)
    amt_prov_plugin_refuse (plugin,
                            "it is a script (Loader=%s): set [amtprov] script-plugins=yes to "
                            "allow scripts",
                            plugin->loader);
  else if (claim (plugin, claims) && (!add_schema (plugin, schema, ".schema", &error) ||
                                      !add_schema (plugin, host, ".host.schema", &error))) {
    amt_prov_plugin_refuse (plugin, "%s", error->message);
    plugin->bad_schema = TRUE;
  }
}

/* Each once, in the order in which they are named. */
static GPtrArray *
list_enabled (GPtrArray *found, const char *const *names)
{
  GPtrArray *enabled = g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_plugin_unref);

  for (guint i = 0; names[i]; i++) {
    AmtProvPlugin *plugin = amt_prov_plugin_list_find (found, names[i]);

    if (amt_prov_plugin_list_find (enabled, names[i]))
      continue;
    g_ptr_array_add (enabled, plugin ? amt_prov_plugin_ref (plugin)
                                     : amt_prov_plugin_new_missing (names[i]));
  }
  return enabled;
}

static gpointer
copy_plugin (gconstpointer plugin, gpointer data)
{
  return amt_prov_plugin_ref ((AmtProvPlugin *)plugin);
}

/*
 * amt_prov_plugin_list_read:
 * @enabled: (nullable): the plugins to load; NULL: all that are found
 * @scripts: whether they may be scripts
 * @schema: what site files may hold; gets the groups of the accepted plugins
 * @host: what amtprov.conf may hold; likewise
 *
 * Finds plugins and judges them by what their files say, without loading any code. The enabled ones
 * come first, in the order in which they are named, which is that of precedence. One that cannot be
 * loaded has its refusal.
 */
GPtrArray *
amt_prov_plugin_list_read (const char *const *directories,
                           const char *const *enabled,
                           gboolean scripts,
                           AmtProvSchema *schema,
                           AmtProvSchema *host)
{
  g_autoptr (GPtrArray) found =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_plugin_unref);
  g_autoptr (GHashTable) claims = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
  GPtrArray *plugins;

  for (guint i = 0; directories && directories[i]; i++)
    add_folder (found, directories[i], TRUE);
  plugins = enabled ? list_enabled (found, enabled) : g_ptr_array_copy (found, copy_plugin, NULL);
  g_hash_table_insert (claims, "transport:" AMT_PROV_TRANSPORT_TCP, g_strdup ("the core itself"));
  for (guint i = 0; i < plugins->len; i++)
    enable (g_ptr_array_index (plugins, i), scripts, claims, schema, host);
  for (guint i = 0; i < found->len; i++) {
    AmtProvPlugin *plugin = g_ptr_array_index (found, i);

    if (plugin->enabled)
      continue;
    g_free (plugin->refusal);
    plugin->refusal = g_strdup ("not named in [amtprov] plugins");
    g_ptr_array_add (plugins, amt_prov_plugin_ref (plugin));
  }
  return plugins;
}
