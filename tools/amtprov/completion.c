/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "commands.h"
#include "command/open-database.h"

#include <string.h>

static AmtProvCapabilityRegistry *
load_registry (GError **error)
{
  g_auto (GStrv) directories = amt_prov_config_get_default_capability_dirs ();

  return amt_prov_capability_registry_new ((const char *const *)directories, error);
}

/* Both ends of a range are releases that somebody may ask for; 7.x begins with 7.0. */
static void
print_release (const char *bound)
{
  if (g_str_has_suffix (bound, ".x"))
    g_print ("%.*s0\n", (int)strlen (bound) - 1, bound);
  else
    g_print ("%s\n", bound);
}

static void
print_releases (AmtProvCapabilityRegistry *registry)
{
  g_auto (GStrv) ranges = amt_prov_capability_registry_list_groups (registry);

  for (guint i = 0; ranges[i] != NULL; i++) {
    g_auto (GStrv) bounds = g_strsplit (ranges[i], "..", 2);

    print_release (bounds[0]);
    if (bounds[1] != NULL && !g_str_has_suffix (bounds[1], "x"))
      print_release (bounds[1]);
  }
}

static void
print_sites (AmtProvConfig *config)
{
  GPtrArray *sites = amt_prov_config_get_sites (config);

  for (guint i = 0; i < sites->len; i++)
    g_print ("%s\n", amt_prov_site_get_name (sites->pdata[i]));
}

static void
print_methods (AmtProvConfig *config)
{
  g_auto (GStrv) methods = amt_prov_config_list_methods (config);

  for (guint i = 0; methods[i] != NULL; i++)
    g_print ("%s\n", methods[i]);
}

/*
 * amtprov completion releases|sites|methods [--config FILE]
 *
 * What the completion of the shell cannot read from --help. A person sees no message there, so
 * without a configuration there are just no words.
 */
int
amtprov_completion (int argc, char **argv)
{
  static const AmtprovUsage usage = {"releases|sites|methods",
                                     "Prints the words that the completion of the shell offers.",
                                     "amtprov completion releases", 1, 1};
  g_autofree char *path = NULL;
  const GOptionEntry entries[] = {
      {"config", 0, 0, G_OPTION_ARG_FILENAME, &path, "The configuration file", "FILE"},
      G_OPTION_ENTRY_NULL};
  g_autoptr (AmtProvCapabilityRegistry) registry = NULL;
  g_autoptr (AmtProvConfig) config = NULL;
  g_autoptr (GError) error = NULL;

  if (!amtprov_parse_options (&usage, entries, &argc, &argv))
    return AMTPROV_EXIT_USAGE;
  registry = load_registry (&error);
  if (registry == NULL)
    return amtprov_report (error);
  if (g_str_equal (argv[1], "releases")) {
    print_releases (registry);
    return AMTPROV_EXIT_DONE;
  }
  config = amtprov_load_config (path, &error);
  if (config == NULL)
    return amtprov_report (error);
  if (g_str_equal (argv[1], "sites"))
    print_sites (config);
  else if (g_str_equal (argv[1], "methods"))
    print_methods (config);
  else
    return amtprov_usage_error ("there are no words “%s”", argv[1]);
  return AMTPROV_EXIT_DONE;
}
