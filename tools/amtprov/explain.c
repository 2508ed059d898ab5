/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "commands.h"
#include "command/open-database.h"

#include <string.h>

static AmtProvSite *
choose_site (AmtProvConfig *config, const char *name, GError **error)
{
  GPtrArray *sites = amt_prov_config_get_sites (config);
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; i < sites->len; i++)
    g_string_append_printf (names, "%s%s", i > 0 ? ", " : "",
                            amt_prov_site_get_name (sites->pdata[i]));
  if (name != NULL) {
    AmtProvSite *site = amt_prov_config_find_site (config, name);
    if (site == NULL)
      g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_FOUND,
                   "%s has no site “%s”, its sites are: %s", amt_prov_config_get_path (config),
                   name, names->str);
    return site;
  }
  if (sites->len == 1)
    return sites->pdata[0];
  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_FOUND,
               sites->len == 0 ? "%s has no site%s"
                               : "%s has several sites, name one with --site: %s",
               amt_prov_config_get_path (config), names->str);
  return NULL;
}

static void
add_rule (JsonBuilder *builder, AmtProvRule *rule)
{
  json_builder_set_member_name (builder, "rule");
  if (rule == NULL) {
    json_builder_add_null_value (builder);
    return;
  }
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "file");
  json_builder_add_string_value (builder, amt_prov_rule_get_file (rule));
  json_builder_set_member_name (builder, "group");
  json_builder_add_string_value (builder, amt_prov_rule_get_group (rule));
  json_builder_set_member_name (builder, "key");
  json_builder_add_string_value (builder, amt_prov_rule_get_key (rule));
  json_builder_end_object (builder);
}

static void
print_as_json (const char *release, GPtrArray *verdicts)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "amt");
  json_builder_add_string_value (builder, release);
  json_builder_set_member_name (builder, "methods");
  json_builder_begin_array (builder);
  for (guint i = 0; i < verdicts->len; i++) {
    AmtProvVerdict *verdict = verdicts->pdata[i];
    json_builder_begin_object (builder);
    json_builder_set_member_name (builder, "id");
    json_builder_add_string_value (builder, amt_prov_verdict_get_method (verdict));
    json_builder_set_member_name (builder, "usable");
    json_builder_add_boolean_value (builder, amt_prov_verdict_get_usable (verdict));
    json_builder_set_member_name (builder, "rank");
    json_builder_add_int_value (builder, amt_prov_verdict_get_rank (verdict));
    json_builder_set_member_name (builder, "reason");
    json_builder_add_string_value (builder, amt_prov_verdict_get_reason (verdict));
    add_rule (builder, amt_prov_verdict_get_rule (verdict));
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  amtprov_print_json (builder);
}

static void
print_as_text (GPtrArray *verdicts)
{
  gsize width = 0;

  for (guint i = 0; i < verdicts->len; i++)
    width = MAX (width, strlen (amt_prov_verdict_get_method (verdicts->pdata[i])));
  for (guint i = 0; i < verdicts->len; i++) {
    AmtProvVerdict *verdict = verdicts->pdata[i];
    AmtProvRule *rule = amt_prov_verdict_get_rule (verdict);
    g_print ("%-*s  %-7s  %s", (int)width, amt_prov_verdict_get_method (verdict),
             amt_prov_verdict_get_usable (verdict) ? "usable" : "blocked",
             amt_prov_verdict_get_reason (verdict));
    if (rule != NULL)
      g_print (" (%s [%s] %s)", amt_prov_rule_get_file (rule), amt_prov_rule_get_group (rule),
               amt_prov_rule_get_key (rule));
    g_print ("\n");
  }
}

/* The verdicts for a release, at a site of @config_path unless that is NULL. */
static GPtrArray *
explain (AmtProvVersion *release, const char *config_path, const char *site_name, GError **error)
{
  g_auto (GStrv) directories = amt_prov_config_get_default_capability_dirs ();
  g_autoptr (AmtProvCapabilityRegistry) registry =
      amt_prov_capability_registry_new ((const char *const *)directories, error);
  g_autoptr (AmtProvFacts) facts = amt_prov_facts_new (release, NULL, NULL);
  g_autoptr (AmtProvConfig) config = NULL;
  g_autoptr (AmtProvPluginSet) plugins = NULL;
  g_autoptr (AmtProvSelector) selector = NULL;
  AmtProvSite *site = NULL;

  if (registry == NULL)
    return NULL;
  if (config_path != NULL) {
    config = amtprov_load_config (config_path, error);
    site = config != NULL ? choose_site (config, site_name, error) : NULL;
    if (site == NULL)
      return NULL;
    plugins = amt_prov_plugin_set_new_for_config (config);
  }
  selector = plugins != NULL ? amt_prov_selector_new_for_plugins (registry, plugins)
                             : amt_prov_selector_new (registry, NULL);
  return amt_prov_selector_evaluate (selector, facts, site);
}

/* amtprov explain --amt RELEASE [--config FILE] [--site NAME] [--json] */
int
amtprov_explain (int argc, char **argv)
{
  static const AmtprovUsage usage = {
      "--amt RELEASE",
      "Says for every method whether it can bring a machine of that AMT release to operational,\n"
      "and which rule decides. Without --config only the release counts.",
      "amtprov explain --amt 9.5 --config /etc/amtprov/amtprov.conf --site lab", 0, 0};
  g_autofree char *amt = NULL, *config_path = NULL, *site = NULL;
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
      {"amt", 0, 0, G_OPTION_ARG_STRING, &amt, "The AMT release, such as 9.5", "RELEASE"},
      {"config", 0, 0, G_OPTION_ARG_FILENAME, &config_path,
       "Also ask the loaded plugins and the site of this configuration", "FILE"},
      {"site", 0, 0, G_OPTION_ARG_STRING, &site, "Which site, when there are several", "SITE"},
      {"json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON", NULL},
      G_OPTION_ENTRY_NULL};
  g_autoptr (AmtProvVersion) release = NULL;
  g_autoptr (GPtrArray) verdicts = NULL;
  g_autoptr (GError) error = NULL;

  if (!amtprov_parse_options (&usage, entries, &argc, &argv))
    return AMTPROV_EXIT_USAGE;
  if (amt == NULL)
    return amtprov_usage_error ("--amt is missing");
  if (site != NULL && config_path == NULL)
    return amtprov_usage_error ("--site needs --config");
  release = amt_prov_version_parse (amt, &error);
  if (release != NULL)
    verdicts = explain (release, config_path, site, &error);
  if (verdicts == NULL)
    return amtprov_report (error);
  if (json)
    print_as_json (amt_prov_version_get_text (release), verdicts);
  else
    print_as_text (verdicts);
  return AMTPROV_EXIT_DONE;
}
