/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "open-database.h"

#include <string.h>

AmtProvConfig *
amtprov_load_config (const char *config_path, GError **error)
{
  g_auto (GStrv) plugin_dirs = amt_prov_config_get_default_plugin_dirs ();
  g_autofree char *path =
      config_path != NULL ? g_strdup (config_path) : amt_prov_config_dup_default_path ();

  return amt_prov_config_load (path, (const char *const *)plugin_dirs, error);
}

/* As with every path of a configuration, a relative one starts at the folder of the file. */
static char *
resolve (AmtProvConfig *config, const char *location)
{
  g_autofree char *folder = g_path_get_dirname (amt_prov_config_get_path (config));

  return g_canonicalize_filename (location, folder);
}

char *
amtprov_dup_store_path (AmtProvConfig *config)
{
  AmtProvSettings *settings = amt_prov_config_get_settings (config, "amtprov");
  const char *store = amt_prov_settings_get_string (settings, "store");
  const char *colon = store != NULL ? strchr (store, ':') : NULL;

  return colon != NULL && colon[1] != '\0' ? resolve (config, colon + 1) : NULL;
}

AmtProvDatabase *
amtprov_open_config_database (AmtProvConfig *config, GError **error)
{
  AmtProvSettings *settings = amt_prov_config_get_settings (config, "amtprov");
  const char *store_text = amt_prov_settings_get_string (settings, "store");
  g_auto (GStrv) plugin_dirs = amt_prov_config_get_default_plugin_dirs ();
  g_auto (GStrv) enabled = amt_prov_settings_get_list (settings, "plugins");
  g_autofree char *location = amtprov_dup_store_path (config);
  g_autofree char *key_file = amt_prov_settings_dup_path (settings, "store-key-file");
  g_autofree char *scheme = NULL;
  g_autoptr (AmtProvPluginSet) plugins = NULL;
  g_autoptr (AmtProvStore) store = NULL;
  AmtProvDatabase *database;

  if (location == NULL || key_file == NULL) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFIG,
                 "%s: [amtprov] %s is not set; for example: %s", amt_prov_config_get_path (config),
                 location == NULL ? "store" : "store-key-file",
                 location == NULL ? "store=sqlite:/var/lib/amtprov/store.db"
                                  : "store-key-file=/var/lib/amtprov/store.key");
    return NULL;
  }
  scheme = g_strndup (store_text, strchr (store_text, ':') - store_text);
  plugins =
      amt_prov_plugin_set_new ((const char *const *)plugin_dirs, (const char *const *)enabled);
  store = amt_prov_plugin_set_create_store (plugins, scheme, error);
  if (store == NULL)
    return NULL;
  database = amt_prov_database_open (store, location, key_file, error);
  /* The code of the store must stay as long as the store. */
  if (database != NULL)
    g_object_set_data_full (G_OBJECT (database), "amtprov-plugins", g_steal_pointer (&plugins),
                            g_object_unref);
  return database;
}

/*
 * amtprov_open_database:
 * @config_path: (nullable): the configuration; NULL: the default one
 *
 * Opens the store that a configuration names.
 *
 * Returns: (transfer full): the database, or NULL with @error
 */
AmtProvDatabase *
amtprov_open_database (const char *config_path, GError **error)
{
  g_autoptr (AmtProvConfig) config = amtprov_load_config (config_path, error);

  return config != NULL ? amtprov_open_config_database (config, error) : NULL;
}
