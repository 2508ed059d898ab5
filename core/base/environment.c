/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdlib.h>

#include "base/environment-private.h"

char **
amt_prov_environment_list_plugin_dirs (void)
{
  const char *path = secure_getenv ("AMT_PROV_PLUGIN_PATH");
  g_auto (GStrv) entries = g_strsplit (path ? path : "", ":", -1);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (gsize i = 0; entries[i] != NULL; i++)
    if (*entries[i] != '\0')
      g_strv_builder_add (builder, entries[i]);
  g_strv_builder_add (builder, AMT_PROV_PLUGINS_DIR);
  return g_strv_builder_end (builder);
}

char *
amt_prov_environment_dup_config_dir (void)
{
  const char *dir = secure_getenv ("AMT_PROV_CONFIG_DIR");

  return g_strdup (dir && *dir ? dir : AMT_PROV_CONF_DIR);
}

char **
amt_prov_environment_list_capability_dirs (void)
{
  g_autofree char *config_dir = amt_prov_environment_dup_config_dir ();
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autofree char *site_dir = g_build_filename (config_dir, "capabilities.d", NULL);

  g_strv_builder_add (builder, AMT_PROV_CAPABILITIES_DIR);
  g_strv_builder_add (builder, site_dir);
  return g_strv_builder_end (builder);
}
