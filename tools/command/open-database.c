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

char *
amtprov_dup_store_path (AmtProvConfig *config)
{
  AmtProvSettings *settings = amt_prov_config_get_settings (config, "amtprov");
  const char *colon = strchr (amt_prov_settings_get_string (settings, "store"), ':');

  return g_strdup (colon + 1);
}

AmtProvDatabase *
amtprov_open_config_database (AmtProvConfig *config, GError **error)
{
  g_autoptr (AmtProvPluginSet) plugins = amt_prov_plugin_set_new_for_config (config);

  return amt_prov_plugin_set_open_database (plugins, config, error);
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
