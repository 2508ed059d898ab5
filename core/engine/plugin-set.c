/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <amtprov/error.h>
#include <amtprov/plugin-set.h>

#include "engine/plugin-loader-private.h"

/**
 * AmtProvPluginSet:
 *
 * The plugins of one host: what was found, what was loaded, and why the rest was not. Metadata
 * speaks before any code is loaded, and only what is named is loaded.
 *
 * libpeas makes the first engine of a process the process default, so a host that uses libpeas
 * itself must create its own engine first. Loaded modules stay in the process until it ends. A set
 * with scripts starts the Python interpreter, of which a process has one only: every other user of
 * libpeas in the process shares it, it takes SIGINT back from Python but leaves a handler of the
 * host alone, and all sets with scripts belong into one thread.
 *
 * Since: 0.1
 */
struct _AmtProvPluginSet {
  GObject parent_instance;
  PeasEngine *engine;
  GPtrArray *plugins; /* the enabled ones first */
  GPtrArray *pending; /* those that are being loaded, each needed by the one before */
  GPtrArray *methods;
  GPtrArray *services;
  GHashTable *transports; /* scheme → transport */
};

G_DEFINE_FINAL_TYPE (AmtProvPluginSet, amt_prov_plugin_set, G_TYPE_OBJECT)

#define MODULE_PREFIX "amtprov-"

static void
amt_prov_plugin_set_dispose (GObject *object)
{
  AmtProvPluginSet *self = AMT_PROV_PLUGIN_SET (object);

  g_clear_pointer (&self->methods, g_ptr_array_unref);
  g_clear_pointer (&self->services, g_ptr_array_unref);
  g_clear_pointer (&self->transports, g_hash_table_unref);
  g_clear_object (&self->engine);
  G_OBJECT_CLASS (amt_prov_plugin_set_parent_class)->dispose (object);
}

static void
amt_prov_plugin_set_finalize (GObject *object)
{
  AmtProvPluginSet *self = AMT_PROV_PLUGIN_SET (object);

  g_clear_pointer (&self->plugins, g_ptr_array_unref);
  g_ptr_array_unref (self->pending);
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
  self->pending = g_ptr_array_new ();
  self->methods = g_ptr_array_new_with_free_func (g_object_unref);
  self->services = g_ptr_array_new_with_free_func (g_object_unref);
  self->transports = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
}

static void load (AmtProvPluginSet *self, AmtProvPlugin *plugin);

/* libpeas would load what a plugin depends on by itself, also when it is not enabled. */
static gboolean
load_dependency (AmtProvPluginSet *self, AmtProvPlugin *plugin, const char *module)
{
  const char *name =
      g_str_has_prefix (module, MODULE_PREFIX) ? module + strlen (MODULE_PREFIX) : module;
  AmtProvPlugin *other = amt_prov_plugin_list_find (self->plugins, name);

  if (other == NULL)
    amt_prov_plugin_refuse (plugin, "it needs the plugin %s, which was not found", name);
  else if (!other->enabled)
    amt_prov_plugin_refuse (plugin,
                            "it needs the plugin %s: name that in [amtprov] plugins as well", name);
  else if (g_ptr_array_find (self->pending, other, NULL))
    amt_prov_plugin_refuse (plugin, "it needs the plugin %s, which needs this one", name);
  else
    load (self, other);
  if (plugin->refusal == NULL && other->refusal != NULL)
    amt_prov_plugin_refuse (plugin, "it needs the plugin %s, which is not loaded: %s", name,
                            other->refusal);
  return plugin->refusal == NULL;
}

static gboolean
load_dependencies (AmtProvPluginSet *self, AmtProvPlugin *plugin)
{
  gboolean loaded = TRUE;

  g_ptr_array_add (self->pending, plugin);
  for (guint i = 0; loaded && plugin->depends[i] != NULL; i++)
    loaded = load_dependency (self, plugin, plugin->depends[i]);
  g_ptr_array_remove (self->pending, plugin);
  return loaded;
}

static void
take_transport (AmtProvPluginSet *self, AmtProvPlugin *plugin, AmtProvTransport *transport)
{
  for (guint i = 0; plugin->provides[i] != NULL; i++)
    if (g_str_has_prefix (plugin->provides[i], "transport:"))
      g_hash_table_insert (self->transports, g_strdup (plugin->provides[i] + strlen ("transport:")),
                           g_object_ref (transport));
}

static void
load (AmtProvPluginSet *self, AmtProvPlugin *plugin)
{
  g_autoptr (AmtProvMethod) method = NULL;
  g_autoptr (AmtProvTransport) transport = NULL;
  g_autoptr (AmtProvService) service = NULL;

  if (plugin->loaded || plugin->refusal != NULL || !load_dependencies (self, plugin) ||
      !amt_prov_plugin_load (self->engine, plugin, &method, &transport, &service))
    return;
  plugin->loaded = TRUE;
  if (method != NULL)
    g_ptr_array_add (self->methods, g_steal_pointer (&method));
  if (transport != NULL)
    take_transport (self, plugin, transport);
  if (service != NULL)
    g_ptr_array_add (self->services, g_steal_pointer (&service));
}

/**
 * amt_prov_plugin_set_new:
 * @directories: (nullable) (array zero-terminated=1): where to look, each folder and its
 *   sub-folders
 * @enabled: (nullable) (array zero-terminated=1): the names of the plugins to load; %NULL: all that
 *   are found
 * @scripts: whether plugins may be Python scripts
 *
 * Finds plugins and loads those that are enabled. One that cannot be loaded does not disturb the
 * others: amt_prov_plugin_set_is_loaded() tells why. Of two that provide the same method, store or
 * transport the one that is named first is loaded.
 *
 * Returns: (transfer full): the set
 * Since: 0.1
 */
AmtProvPluginSet *
amt_prov_plugin_set_new (const char *const *directories,
                         const char *const *enabled,
                         gboolean scripts)
{
  AmtProvPluginSet *self = g_object_new (AMT_PROV_TYPE_PLUGIN_SET, NULL);
  g_autoptr (AmtProvSchema) site = amt_prov_schema_new ();
  g_autoptr (AmtProvSchema) host = amt_prov_schema_new ();
  g_autoptr (GError) error = NULL;

  if (!amt_prov_schema_add_core (site, "site", &error) ||
      !amt_prov_schema_add_core (host, "amtprov", &error))
    g_critical ("%s", error->message);
  self->plugins = amt_prov_plugin_list_read (directories, enabled, scripts, site, host);
  self->engine = peas_engine_new_with_nonglobal_loaders ();
  for (guint i = 0; directories != NULL && directories[i] != NULL; i++)
    peas_engine_add_search_path (self->engine, directories[i], NULL);
  for (guint i = 0; i < self->plugins->len; i++)
    load (self, self->plugins->pdata[i]);
  return self;
}

/**
 * amt_prov_plugin_set_new_for_config:
 * @config: a configuration
 *
 * Loads what `[amtprov] plugins` names, from the folders that the configuration was loaded with;
 * scripts only with `[amtprov] script-plugins=yes`.
 *
 * Returns: (transfer full): the set
 * Since: 0.1
 */
AmtProvPluginSet *
amt_prov_plugin_set_new_for_config (AmtProvConfig *config)
{
  AmtProvSettings *settings;
  g_auto (GStrv) enabled = NULL;

  g_return_val_if_fail (AMT_PROV_IS_CONFIG (config), NULL);

  settings = amt_prov_config_get_settings (config, "amtprov");
  enabled = amt_prov_settings_get_list (settings, "plugins");
  return amt_prov_plugin_set_new (amt_prov_config_get_plugin_dirs (config),
                                  (const char *const *)enabled,
                                  amt_prov_settings_get_boolean (settings, "script-plugins"));
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
 * amt_prov_plugin_set_get_services:
 * @self: a plugin set
 *
 * The services of the loaded plugins. The provisioner starts and stops them.
 *
 * Returns: (transfer none) (element-type AmtProvService): the services
 * Since: 0.1
 */
GPtrArray *
amt_prov_plugin_set_get_services (AmtProvPluginSet *self)
{
  g_return_val_if_fail (AMT_PROV_IS_PLUGIN_SET (self), NULL);

  return self->services;
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
 * amt_prov_plugin_set_find_transport:
 * @self: a plugin set
 * @scheme: a URI scheme
 *
 * The loaded transport that serves a scheme. None of a plugin serves `tcp`.
 *
 * Returns: (transfer none) (nullable): the transport
 * Since: 0.1
 */
AmtProvTransport *
amt_prov_plugin_set_find_transport (AmtProvPluginSet *self, const char *scheme)
{
  g_return_val_if_fail (AMT_PROV_IS_PLUGIN_SET (self), NULL);
  g_return_val_if_fail (scheme != NULL, NULL);

  return g_hash_table_lookup (self->transports, scheme);
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
  AmtProvPlugin *plugin;
  PeasExtension *store = NULL;

  g_return_val_if_fail (AMT_PROV_IS_PLUGIN_SET (self), NULL);
  g_return_val_if_fail (scheme != NULL, NULL);

  plugin = amt_prov_plugin_list_find_provider (self->plugins, "store", scheme);
  if (plugin != NULL && plugin->loaded)
    store = peas_engine_create_extension (
        self->engine, peas_engine_get_plugin_info (self->engine, plugin->module),
        AMT_PROV_TYPE_STORE, NULL);
  if (store != NULL)
    return AMT_PROV_STORE (store);
  if (plugin != NULL && plugin->refusal != NULL)
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_FOUND,
                 "the plugin %s, which provides a store for %s, is not loaded: %s", plugin->name,
                 scheme, plugin->refusal);
  else
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
 * amt_prov_plugin_set_get_plugins:
 * @self: a plugin set
 *
 * All plugins that were found or asked for; the enabled ones first, in their order.
 *
 * Returns: (transfer none) (element-type AmtProvPlugin): the plugins
 * Since: 0.1
 */
GPtrArray *
amt_prov_plugin_set_get_plugins (AmtProvPluginSet *self)
{
  g_return_val_if_fail (AMT_PROV_IS_PLUGIN_SET (self), NULL);

  return self->plugins;
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
  AmtProvPlugin *plugin;

  g_return_val_if_fail (AMT_PROV_IS_PLUGIN_SET (self), FALSE);
  g_return_val_if_fail (name != NULL, FALSE);

  plugin = amt_prov_plugin_list_find (self->plugins, name);
  if (why != NULL)
    *why = g_strdup (plugin != NULL ? plugin->refusal : "no such plugin was found");
  return plugin != NULL && plugin->loaded;
}
