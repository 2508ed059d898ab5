/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "commands.h"
#include "setting-text.h"

static const struct {
  AmtProvSettingFile file;
  const char *name;
} files[] = {
    {AMT_PROV_SETTING_FILE_CONFIG, "amtprov.conf"},
    {AMT_PROV_SETTING_FILE_SITE, "sites.d/*.conf"},
    {AMT_PROV_SETTING_FILE_CAPABILITIES, "capabilities.d/*.conf"},
};

static void
add_string (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_set_member_name (builder, name);
  if (value != NULL)
    json_builder_add_string_value (builder, value);
  else
    json_builder_add_null_value (builder);
}

static void
add_setting (JsonBuilder *builder, AmtProvSettingInfo *info)
{
  const char *const *allowed = amt_prov_setting_info_get_allowed (info);

  json_builder_begin_object (builder);
  add_string (builder, "key", amt_prov_setting_info_get_key (info));
  add_string (builder, "type", amt_prov_setting_info_get_type_name (info));
  add_string (builder, "default", amt_prov_setting_info_get_default (info));
  add_string (builder, "initial", amt_prov_setting_info_get_initial (info));
  json_builder_set_member_name (builder, "allowed");
  json_builder_begin_array (builder);
  for (guint i = 0; allowed[i] != NULL; i++)
    json_builder_add_string_value (builder, allowed[i]);
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "required");
  json_builder_add_boolean_value (builder, amt_prov_setting_info_get_required (info));
  add_string (builder, "since", amt_prov_setting_info_get_since (info));
  add_string (builder, "help", amt_prov_setting_info_get_help (info));
  json_builder_end_object (builder);
}

static void
add_file (JsonBuilder *builder, const char *name, GPtrArray *infos)
{
  json_builder_begin_object (builder);
  add_string (builder, "file", name);
  json_builder_set_member_name (builder, "groups");
  json_builder_begin_array (builder);
  for (guint i = 0; i < infos->len;) {
    AmtProvSettingInfo *group = infos->pdata[i++];

    json_builder_begin_object (builder);
    add_string (builder, "group", amt_prov_setting_info_get_group (group));
    add_string (builder, "since", amt_prov_setting_info_get_since (group));
    add_string (builder, "help", amt_prov_setting_info_get_help (group));
    json_builder_set_member_name (builder, "settings");
    json_builder_begin_array (builder);
    for (; i < infos->len && amt_prov_setting_info_get_key (infos->pdata[i]) != NULL; i++)
      add_setting (builder, infos->pdata[i]);
    json_builder_end_array (builder);
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
}

static void
print_file (const char *name, GPtrArray *infos)
{
  g_autoptr (GString) text = g_string_new (name);

  g_string_append_c (text, '\n');
  for (guint i = 0; i < infos->len; i++) {
    AmtProvSettingInfo *info = infos->pdata[i];
    const char *key = amt_prov_setting_info_get_key (info);
    g_autofree char *facts = key != NULL ? amtprov_setting_dup_facts (info) : NULL;

    if (key != NULL)
      g_string_append_printf (text, "\n  %s (%s)\n", key, facts);
    else
      g_string_append_printf (text, "\n[%s]\n", amt_prov_setting_info_get_group (info));
    amtprov_add_lines (text, key != NULL ? "      " : "  ", amt_prov_setting_info_get_help (info));
  }
  g_print ("%s\n", text->str);
}

/* amtprov config settings [--json] */
int
amtprov_config_settings (int argc, char **argv)
{
  static const AmtprovUsage usage = {
      "",
      "Lists every setting of the configuration, of sites with the groups of all plugins that are\n"
      "found, and of capability files: type, what is allowed, default and meaning.",
      "amtprov config settings --json", 0, 0};
  gboolean json = FALSE;
  const GOptionEntry entries[] = {{"json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON", NULL},
                                  G_OPTION_ENTRY_NULL};
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (GError) error = NULL;

  if (!amtprov_parse_options (&usage, entries, &argc, &argv))
    return AMTPROV_EXIT_USAGE;
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "files");
  json_builder_begin_array (builder);
  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autoptr (GPtrArray) infos = amt_prov_setting_info_list (files[i].file, NULL, NULL, &error);

    if (infos == NULL)
      return amtprov_report (error);
    if (json)
      add_file (builder, files[i].name, infos);
    else
      print_file (files[i].name, infos);
  }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  if (json)
    amtprov_print_json (builder);
  return AMTPROV_EXIT_DONE;
}
