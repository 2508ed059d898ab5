/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "commands.h"

#include <amtprov/amtprov.h>
#include <string.h>

static void
add_text (JsonBuilder *builder, const char *name, const char *text)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, text);
}

static void
add_plugin (JsonBuilder *builder, AmtProvPlugin *plugin)
{
  const char *const *provides = amt_prov_plugin_get_provides (plugin);

  json_builder_begin_object (builder);
  add_text (builder, "name", amt_prov_plugin_get_name (plugin));
  json_builder_set_member_name (builder, "loaded");
  json_builder_add_boolean_value (builder, amt_prov_plugin_get_refusal (plugin) == NULL);
  add_text (builder, "reason", amt_prov_plugin_get_refusal (plugin));
  json_builder_set_member_name (builder, "provides");
  json_builder_begin_array (builder);
  for (guint i = 0; provides[i] != NULL; i++)
    json_builder_add_string_value (builder, provides[i]);
  json_builder_end_array (builder);
  add_text (builder, "loader", amt_prov_plugin_get_loader (plugin));
  add_text (builder, "file", amt_prov_plugin_get_file (plugin));
  json_builder_end_object (builder);
}

static void
print_as_json (GPtrArray *plugins)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "plugins");
  json_builder_begin_array (builder);
  for (guint i = 0; i < plugins->len; i++)
    add_plugin (builder, plugins->pdata[i]);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  amtprov_print_json (builder);
}

static void
print_as_text (GPtrArray *plugins)
{
  gsize width = 0;

  for (guint i = 0; i < plugins->len; i++)
    width = MAX (width, strlen (amt_prov_plugin_get_name (plugins->pdata[i])));
  for (guint i = 0; i < plugins->len; i++) {
    AmtProvPlugin *plugin = plugins->pdata[i];
    const char *why = amt_prov_plugin_get_refusal (plugin);
    g_autofree char *provides = g_strjoinv (";", (char **)amt_prov_plugin_get_provides (plugin));

    g_print ("%-*s  %-7s  ", (int)width, amt_prov_plugin_get_name (plugin),
             why == NULL ? "loaded" : "refused");
    if (why != NULL)
      g_print ("%s\n", why);
    else
      g_print ("%s (%s, %s)\n", provides, amt_prov_plugin_get_loader (plugin),
               amt_prov_plugin_get_file (plugin));
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
  /* A plugin author sees whether a new plugin loads, before it stands in any configuration. */
  plugins = config != NULL ? amt_prov_plugin_set_new_for_config (config)
                           : amt_prov_plugin_set_new ((const char *const *)directories, NULL, TRUE);
  if (json)
    print_as_json (amt_prov_plugin_set_get_plugins (plugins));
  else
    print_as_text (amt_prov_plugin_set_get_plugins (plugins));
  return AMTPROV_EXIT_DONE;
}
