/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "commands.h"
#include "verdict-text.h"
#include "command/open-database.h"

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
print_as_json (const char *release, GPtrArray *verdicts)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "amt");
  json_builder_add_string_value (builder, release);
  json_builder_set_member_name (builder, "methods");
  amtprov_verdicts_add (builder, verdicts);
  json_builder_end_object (builder);
  amtprov_print_json (builder);
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
    amtprov_verdicts_print (verdicts, 0);
  return AMTPROV_EXIT_DONE;
}
