/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "command.h"

#include <amtprov/amtprov.h>
#include <string.h>

/*
 * What the configuration enables; without one everything that is found, so that a plugin author
 * sees whether a new plugin loads.
 */
static char **
list_enabled (AmtProvConfig *config, char **directories)
{
  g_autoptr (AmtProvPluginSet) found = NULL;

  if (config != NULL)
    return amt_prov_settings_get_list (amt_prov_config_get_settings (config, "amtprov"), "plugins");
  found = amt_prov_plugin_set_new ((const char *const *)directories, NULL);
  return amt_prov_plugin_set_list (found);
}

static void
print_as_json (AmtProvPluginSet *plugins, char **names)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "plugins");
  json_builder_begin_array (builder);
  for (guint i = 0; names[i] != NULL; i++) {
    g_autofree char *why = NULL;
    gboolean loaded = amt_prov_plugin_set_is_loaded (plugins, names[i], &why);
    json_builder_begin_object (builder);
    json_builder_set_member_name (builder, "name");
    json_builder_add_string_value (builder, names[i]);
    json_builder_set_member_name (builder, "loaded");
    json_builder_add_boolean_value (builder, loaded);
    json_builder_set_member_name (builder, "reason");
    json_builder_add_string_value (builder, why);
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  amtprov_print_json (builder);
}

static void
print_as_text (AmtProvPluginSet *plugins, char **names)
{
  gsize width = 0;

  for (guint i = 0; names[i] != NULL; i++)
    width = MAX (width, strlen (names[i]));
  for (guint i = 0; names[i] != NULL; i++) {
    g_autofree char *why = NULL;
    gboolean loaded = amt_prov_plugin_set_is_loaded (plugins, names[i], &why);
    g_print ("%-*s  %-7s  %s\n", (int)width, names[i], loaded ? "loaded" : "refused",
             why != NULL ? why : "");
  }
}

/* amtprov plugins [--config FILE] [--json] */
int
amtprov_plugins (int argc, char **argv)
{
  static const AmtprovUsage usage = {
      "",
      "Lists the plugins that are found, whether they are loaded, and why not. With a "
      "configuration\n"
      "only those that it names are loaded; without one all of them are tried.",
      "amtprov plugins --json", 0, 0};
  g_autofree char *path = NULL;
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
      {"config", 0, 0, G_OPTION_ARG_FILENAME, &path, "The configuration file", "FILE"},
      {"json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON", NULL},
      G_OPTION_ENTRY_NULL};
  g_auto (GStrv) directories = NULL;
  g_auto (GStrv) enabled = NULL;
  g_auto (GStrv) names = NULL;
  g_autoptr (AmtProvConfig) config = NULL;
  g_autoptr (AmtProvPluginSet) plugins = NULL;
  g_autoptr (GError) error = NULL;

  if (!amtprov_parse_options (&usage, entries, &argc, &argv))
    return AMTPROV_EXIT_USAGE;
  directories = amt_prov_config_get_default_plugin_dirs ();
  if (path == NULL) {
    path = amt_prov_config_dup_default_path ();
    if (!g_file_test (path, G_FILE_TEST_EXISTS))
      g_clear_pointer (&path, g_free);
  }
  if (path != NULL) {
    config = amt_prov_config_load (path, (const char *const *)directories, &error);
    if (config == NULL)
      return amtprov_report (error);
  }
  enabled = list_enabled (config, directories);
  plugins =
      amt_prov_plugin_set_new ((const char *const *)directories, (const char *const *)enabled);
  names = amt_prov_plugin_set_list (plugins);
  if (json)
    print_as_json (plugins, names);
  else
    print_as_text (plugins, names);
  return AMTPROV_EXIT_DONE;
}
