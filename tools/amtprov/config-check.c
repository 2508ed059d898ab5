/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "commands.h"

#include <amtprov/amtprov.h>

/* amtprov config check --config FILE */
int
amtprov_config_check (int argc, char **argv)
{
  static const AmtprovUsage usage = {
      "", "Reads the configuration and all sites, and prints every error with file, line and key.",
      "amtprov config check --config /etc/amtprov/amtprov.conf", 0, 0};
  g_autofree char *path = NULL;
  const GOptionEntry entries[] = {
      {"config", 0, 0, G_OPTION_ARG_FILENAME, &path, "The configuration file", "FILE"},
      G_OPTION_ENTRY_NULL};
  g_auto (GStrv) plugin_dirs = NULL;
  g_auto (GStrv) problems = NULL;
  g_autoptr (AmtProvConfig) config = NULL;
  g_autoptr (GError) error = NULL;

  if (!amtprov_parse_options (&usage, entries, &argc, &argv))
    return AMTPROV_EXIT_USAGE;
  if (path == NULL)
    path = amt_prov_config_dup_default_path ();
  plugin_dirs = amt_prov_config_get_default_plugin_dirs ();
  problems = amt_prov_config_check (path, (const char *const *)plugin_dirs);
  if (problems != NULL && problems[0] != NULL) {
    for (guint i = 0; problems[i] != NULL; i++)
      g_printerr ("%s\n", problems[i]);
    return AMTPROV_EXIT_FAILED;
  }
  config = amt_prov_config_load (path, (const char *const *)plugin_dirs, &error);
  if (config == NULL)
    return amtprov_report (error);
  guint sites = amt_prov_config_get_sites (config)->len;
  g_print ("%s: %u %s, ok\n", path, sites, sites == 1 ? "site" : "sites");
  return AMTPROV_EXIT_DONE;
}
