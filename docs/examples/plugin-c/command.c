/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <amtprov/amtprov.h>

/* amtprov branch: which site reaches its machines by which proxy. */

static void
print_proxies (AmtProvConfig *config)
{
  GPtrArray *sites = amt_prov_config_get_sites (config);

  for (guint i = 0; i < sites->len; i++) {
    AmtProvSettings *settings = amt_prov_site_get_settings (sites->pdata[i], "jump");

    if (settings != NULL)
      g_print ("%-20s %s\n", amt_prov_site_get_name (sites->pdata[i]),
               amt_prov_settings_get_string (settings, "proxy"));
  }
}

int
main (int argc, char **argv)
{
  g_autofree char *path = NULL;
  const GOptionEntry entries[] = {
      {"config", 0, 0, G_OPTION_ARG_FILENAME, &path, "The configuration file", "FILE"},
      G_OPTION_ENTRY_NULL};
  g_autoptr (GOptionContext) options = g_option_context_new (NULL);
  g_autoptr (AmtProvConfig) config = NULL;
  g_autoptr (GError) error = NULL;

  g_set_prgname ("amtprov branch");
  g_option_context_set_summary (options, "Lists the proxies that sites reach their machines by.");
  g_option_context_add_main_entries (options, entries, NULL);
  if (!g_option_context_parse (options, &argc, &argv, &error)) {
    g_printerr ("amtprov branch: %s\n", error->message);
    return 2;
  }
  if (path == NULL)
    path = amt_prov_config_dup_default_path ();
  config = amt_prov_config_load (path, NULL, &error);
  if (config == NULL) {
    g_printerr ("amtprov branch: %s\n", error->message);
    return 1;
  }
  print_proxies (config);
  return 0;
}
