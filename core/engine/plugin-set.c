/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <libpeas/peas.h>

#include <amtprov/error.h>
#include <amtprov/plugin-set.h>

/**
 * AmtProvPluginSet:
 *
 * The plugins of one host: what was found, what was loaded, and why the rest was not. Metadata
 * speaks before any code is loaded, and only what is named is loaded.
 *
 * libpeas makes the first engine of a process the process default, so a host that uses libpeas
 * itself must create its own engine first. Loaded modules stay in the process until it ends.
 *
 * Since: 0.1
 */
struct _AmtProvPluginSet {
  GObject parent_instance;
  PeasEngine *engine;
  GHashTable *refusals; /* plugin name → why it is not loaded, NULL when it is */
  GPtrArray *names;     /* in the order in which they were found */
  GPtrArray *methods;
};

G_DEFINE_FINAL_TYPE (AmtProvPluginSet, amt_prov_plugin_set, G_TYPE_OBJECT)

#define MODULE_PREFIX "amtprov-"

static void
amt_prov_plugin_set_dispose (GObject *object)
{
  AmtProvPluginSet *self = AMT_PROV_PLUGIN_SET (object);

  g_clear_pointer (&self->methods, g_ptr_array_unref);
  g_clear_object (&self->engine);
  G_OBJECT_CLASS (amt_prov_plugin_set_parent_class)->dispose (object);
}

static void
amt_prov_plugin_set_finalize (GObject *object)
{
  AmtProvPluginSet *self = AMT_PROV_PLUGIN_SET (object);

  g_hash_table_unref (self->refusals);
  g_ptr_array_unref (self->names);
  G_OBJECT_CLASS (amt_prov_plugin_set_parent_class)->finalize (object);
}

static void
amt_prov_plugin_set_class_init (AmtProvPluginSetClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = amt_prov_plugin_set_dispose;
  G_OBJECT_CLASS (klass)->finalize = amt_prov_plugin_set_finalize;
}

static void
amt_prov_plugin_set_init (AmtProvPluginSet *self)
{
  self->refusals = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->names = g_ptr_array_new_with_free_func (g_free);
  self->methods = g_ptr_array_new_with_free_func (g_object_unref);
}

static const char *
get_name (PeasPluginInfo *info)
{
  const char *module = peas_plugin_info_get_module_name (info);

  return g_str_has_prefix (module, MODULE_PREFIX) ? module + strlen (MODULE_PREFIX) : module;
}

static char *
check_metadata (PeasPluginInfo *info)
{
  const char *abi = peas_plugin_info_get_external_data (info, "AmtProvAbi");
  guint64 number;

  if (abi == NULL)
    return g_strdup ("its .plugin file states no X-AmtProvAbi");
  if (!g_ascii_string_to_unsigned (abi, 10, 0, G_MAXUINT, &number, NULL))
    return g_strdup_printf ("its .plugin file states X-AmtProvAbi=%s, which is no number", abi);
  if (number != AMT_PROV_PLUGIN_ABI_VERSION)
    return g_strdup_printf ("it was built for plugin ABI %s, this is ABI %d: rebuild it", abi,
                            AMT_PROV_PLUGIN_ABI_VERSION);
  if (peas_plugin_info_get_external_data (info, "AmtProvProvides") == NULL)
    return g_strdup ("its .plugin file states no X-AmtProvProvides");
  return NULL;
}

static void
refuse (AmtProvPluginSet *self, const char *name, char *why)
{
  g_hash_table_replace (self->refusals, g_strdup (name), why);
}

static gboolean
provides (PeasPluginInfo *info, const char *what)
{
  g_auto (GStrv) list =
      g_strsplit (peas_plugin_info_get_external_data (info, "AmtProvProvides"), ";", -1);

  for (guint i = 0; list[i] != NULL; i++) {
    if (g_str_equal (g_strstrip (list[i]), what))
      return TRUE;
  }
  return FALSE;
}

static char *
take_method (AmtProvPluginSet *self, AmtProvMethod *method)
{
  const char *id = amt_prov_method_get_id (method);

  if (id == NULL || *id == '\0')
    return g_strdup ("its method has no id");
  if (amt_prov_plugin_set_find_method (self, id) != NULL)
    return g_strdup_printf ("another plugin has the method %s already", id);
  g_ptr_array_add (self->methods, g_object_ref (method));
  return NULL;
}

static char *
load (AmtProvPluginSet *self, PeasPluginInfo *info)
{
  g_autoptr (PeasExtension) extension = NULL;
  g_autoptr (GError) error = NULL;

  if (!peas_engine_load_plugin (self->engine, info)) {
    peas_plugin_info_is_available (info, &error);
    return g_strdup_printf ("its module cannot be loaded: %s",
                            error != NULL ? error->message : "see the messages before this one");
  }
  if (!peas_engine_provides_extension (self->engine, info, AMT_PROV_TYPE_METHOD))
    return NULL;
  extension = peas_engine_create_extension (self->engine, info, AMT_PROV_TYPE_METHOD, NULL);
  if (extension == NULL)
    return g_strdup ("it made no method");
  return take_method (self, AMT_PROV_METHOD (extension));
}

static PeasPluginInfo *
find_info (AmtProvPluginSet *self, const char *name)
{
  for (const GList *l = peas_engine_get_plugin_list (self->engine); l != NULL; l = l->next) {
    if (g_str_equal (get_name (l->data), name))
      return l->data;
  }
  return NULL;
}

static void
load_named (AmtProvPluginSet *self, const char *name)
{
  PeasPluginInfo *info = find_info (self, name);
  char *why;

  if (info == NULL) {
    g_ptr_array_add (self->names, g_strdup (name));
    refuse (self, name, g_strdup ("no such plugin was found"));
    return;
  }
  why = check_metadata (info);
  refuse (self, name, why != NULL ? why : load (self, info));
}

static gboolean
is_named_before (const char *const *names, guint index)
{
  for (guint i = 0; i < index; i++) {
    if (g_str_equal (names[i], names[index]))
      return TRUE;
  }
  return FALSE;
}

static void
discover (AmtProvPluginSet *self)
{
  for (const GList *l = peas_engine_get_plugin_list (self->engine); l != NULL; l = l->next) {
    const char *name = get_name (l->data);

    if (g_hash_table_contains (self->refusals, name))
      continue;
    g_ptr_array_add (self->names, g_strdup (name));
    refuse (self, name, g_strdup ("not named in [amtprov] plugins"));
  }
}

/**
 * amt_prov_plugin_set_new:
 * @directories: (array zero-terminated=1): where to look, each folder and its sub-folders
 * @enabled: (array zero-terminated=1): the names of the plugins to load
 *
 * Finds plugins and loads those that are enabled. One that cannot be loaded does not disturb the
 * others: amt_prov_plugin_set_is_loaded() tells why.
 *
 * Returns: (transfer full): the set
 * Since: 0.1
 */
AmtProvPluginSet *
amt_prov_plugin_set_new (const char *const *directories, const char *const *enabled)
{
  AmtProvPluginSet *self = g_object_new (AMT_PROV_TYPE_PLUGIN_SET, NULL);

  self->engine = peas_engine_new_with_nonglobal_loaders ();
  for (guint i = 0; directories != NULL && directories[i] != NULL; i++)
    peas_engine_add_search_path (self->engine, directories[i], NULL);
  discover (self);
  for (guint i = 0; enabled != NULL && enabled[i] != NULL; i++) {
    if (!is_named_before (enabled, i))
      load_named (self, enabled[i]);
  }
  return self;
}

/**
 * amt_prov_plugin_set_get_methods:
 * @self: a plugin set
 *
 * The methods of the loaded plugins.
 *
 * Returns: (transfer none) (element-type AmtProvMethod): the methods
 * Since: 0.1
 */
GPtrArray *
amt_prov_plugin_set_get_methods (AmtProvPluginSet *self)
{
  g_return_val_if_fail (AMT_PROV_IS_PLUGIN_SET (self), NULL);

  return self->methods;
}

/**
 * amt_prov_plugin_set_find_method:
 * @self: a plugin set
 * @id: the id of a method
 *
 * A loaded method. A plugin that builds on another one finds it so.
 *
 * Returns: (transfer none) (nullable): the method
 * Since: 0.1
 */
AmtProvMethod *
amt_prov_plugin_set_find_method (AmtProvPluginSet *self, const char *id)
{
  g_return_val_if_fail (AMT_PROV_IS_PLUGIN_SET (self), NULL);

  for (guint i = 0; i < self->methods->len; i++) {
    if (g_strcmp0 (amt_prov_method_get_id (self->methods->pdata[i]), id) == 0)
      return self->methods->pdata[i];
  }
  return NULL;
}

/**
 * amt_prov_plugin_set_create_store:
 * @self: a plugin set
 * @scheme: what stands before the colon in `[amtprov] store`
 * @error: return location for an error
 *
 * Makes the store that a loaded plugin provides for a scheme. It is not open yet.
 *
 * Returns: (transfer full): a store, or %NULL with %AMT_PROV_ERROR_NOT_FOUND
 * Since: 0.1
 */
AmtProvStore *
amt_prov_plugin_set_create_store (AmtProvPluginSet *self, const char *scheme, GError **error)
{
  g_autofree char *wanted = NULL;

  g_return_val_if_fail (AMT_PROV_IS_PLUGIN_SET (self), NULL);

  wanted = g_strdup_printf ("store:%s", scheme);
  for (guint i = 0; i < self->names->len; i++) {
    PeasPluginInfo *info = find_info (self, self->names->pdata[i]);
    PeasExtension *extension;

    if (info == NULL || !amt_prov_plugin_set_is_loaded (self, self->names->pdata[i], NULL) ||
        !provides (info, wanted) ||
        !peas_engine_provides_extension (self->engine, info, AMT_PROV_TYPE_STORE))
      continue;
    extension = peas_engine_create_extension (self->engine, info, AMT_PROV_TYPE_STORE, NULL);
    if (extension != NULL)
      return AMT_PROV_STORE (extension);
  }
  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_FOUND,
               "no loaded plugin provides a store for %s: name one in [amtprov] plugins", scheme);
  return NULL;
}

/**
 * amt_prov_plugin_set_open_database:
 * @self: a plugin set
 * @config: a configuration
 * @error: return location for an error
 *
 * Opens the store that `[amtprov] store` names. Blocks for as long as that takes. The database
 * keeps the plugin set alive.
 *
 * Returns: (transfer full): the database, or %NULL with @error set
 * Since: 0.1
 */
AmtProvDatabase *
amt_prov_plugin_set_open_database (AmtProvPluginSet *self, AmtProvConfig *config, GError **error)
{
  AmtProvSettings *settings;
  g_autofree char *key_file = NULL;
  g_auto (GStrv) parts = NULL;
  g_autoptr (AmtProvStore) store = NULL;
  AmtProvDatabase *database;

  g_return_val_if_fail (AMT_PROV_IS_PLUGIN_SET (self), NULL);
  g_return_val_if_fail (AMT_PROV_IS_CONFIG (config), NULL);

  settings = amt_prov_config_get_settings (config, "amtprov");
  key_file = amt_prov_settings_dup_path (settings, "store-key-file");
  parts = g_strsplit (amt_prov_settings_get_string (settings, "store"), ":", 2);
  store = amt_prov_plugin_set_create_store (self, parts[0], error);
  if (store == NULL)
    return NULL;
  database = amt_prov_database_open (store, parts[1], key_file, error);
  if (database != NULL)
    g_object_set_data_full (G_OBJECT (database), "amtprov-plugins", g_object_ref (self),
                            g_object_unref);
  return database;
}

/**
 * amt_prov_plugin_set_list:
 * @self: a plugin set
 *
 * The names of all plugins that were found or asked for.
 *
 * Returns: (transfer full) (array zero-terminated=1): the names
 * Since: 0.1
 */
char **
amt_prov_plugin_set_list (AmtProvPluginSet *self)
{
  g_autoptr (GStrvBuilder) builder = NULL;

  g_return_val_if_fail (AMT_PROV_IS_PLUGIN_SET (self), NULL);

  builder = g_strv_builder_new ();
  for (guint i = 0; i < self->names->len; i++)
    g_strv_builder_add (builder, self->names->pdata[i]);
  return g_strv_builder_end (builder);
}

/**
 * amt_prov_plugin_set_is_loaded:
 * @self: a plugin set
 * @name: the name of a plugin
 * @why: (out) (optional) (nullable) (transfer full): why it is not loaded
 *
 * Whether a plugin is loaded.
 *
 * Returns: %TRUE when it is
 * Since: 0.1
 */
gboolean
amt_prov_plugin_set_is_loaded (AmtProvPluginSet *self, const char *name, char **why)
{
  gpointer reason = NULL;
  gboolean found;

  g_return_val_if_fail (AMT_PROV_IS_PLUGIN_SET (self), FALSE);

  found = g_hash_table_lookup_extended (self->refusals, name, NULL, &reason);
  if (why != NULL)
    *why = found ? g_strdup (reason) : g_strdup ("no such plugin was found");
  return found && reason == NULL;
}
