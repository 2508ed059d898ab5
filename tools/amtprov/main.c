/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "commands.h"
#include "config.h"

#include <amtprov/amtprov.h>
#include <errno.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

static const AmtprovCommand commands[] = {
    {"config check", "--config FILE", "check the configuration and all sites",
     amtprov_config_check},
    {"completion", NULL, NULL, amtprov_completion},
    {"config settings", "", "list every setting with type, default and meaning",
     amtprov_config_settings},
    {"conformance method", "ID", "hold a method plugin to its contract",
     amtprov_conformance_method},
    {"conformance store", "LOCATION", "hold a store plugin to its contract",
     amtprov_conformance_store},
    {"conformance transport", "SCHEME", "hold a transport plugin to its contract",
     amtprov_conformance_transport},
    {"device", "UUID", "show all that is known of one machine", amtprov_device},
    {"devices", "", "list the machines and where they stand", amtprov_devices},
    {"events", "", "print what happened", amtprov_events},
    {"explain", "--amt RELEASE", "which methods work for a release, and the rule that says so",
     amtprov_explain},
    {"hello decode", "FILE|-", "show what a hello message says", amtprov_hello_decode},
    {"import", "FILE.csv", "put machines into the store", amtprov_import},
    {"password", "UUID", "print the password of a machine", amtprov_password},
    {"plan", "INVENTORY.csv", "which method for each machine, and what a person has to do",
     amtprov_plan},
    {"plugins", "", "which plugins are found, loaded or refused, and why", amtprov_plugins},
    {"provision", "ADDRESS", "bring one machine to operational, without the daemon",
     amtprov_provision},
    {"site new", "NAME", "write the file of a new site, with every key explained",
     amtprov_site_new},
};

/* ---- commands of plugins ---- */

static AmtProvPluginSet *
find_plugins (void)
{
  g_auto (GStrv) directories = amt_prov_config_get_default_plugin_dirs ();
  const char *const none[] = {NULL};

  return amt_prov_plugin_set_new ((const char *const *)directories, none, FALSE);
}

static AmtProvPlugin *
find_plugin (AmtProvPluginSet *set, const char *name)
{
  GPtrArray *plugins = amt_prov_plugin_set_get_plugins (set);

  for (guint i = 0; i < plugins->len; i++)
    if (g_str_equal (amt_prov_plugin_get_name (plugins->pdata[i]), name))
      return plugins->pdata[i];
  return NULL;
}

/* Where plugins are installed, or beside the plugin, as in a build tree. NULL: nowhere. */
static char *
find_program (AmtProvPlugin *plugin, const char *command)
{
  g_autofree char *name = g_strconcat ("amtprov-", command, NULL);
  g_autofree char *folder =
      plugin != NULL ? g_path_get_dirname (amt_prov_plugin_get_file (plugin)) : NULL;
  const char *const folders[] = {folder != NULL ? folder : AMT_PROV_LIBEXEC_DIR,
                                 AMT_PROV_LIBEXEC_DIR};

  for (guint i = 0; strchr (command, '/') == NULL && i < G_N_ELEMENTS (folders); i++) {
    g_autofree char *path = g_build_filename (folders[i], name, NULL);

    if (g_file_test (path, G_FILE_TEST_IS_EXECUTABLE) && !g_file_test (path, G_FILE_TEST_IS_DIR))
      return g_steal_pointer (&path);
  }
  return NULL;
}

/* Returns only when it cannot be run. */
static int
run_program (char **words)
{
  g_autoptr (AmtProvPluginSet) set = find_plugins ();
  AmtProvPlugin *plugin = find_plugin (set, words[0]);
  g_autofree char *path = find_program (plugin, words[0]);

  if (path != NULL) {
    execv (path, words);
    g_printerr ("amtprov: %s: %s\n", path, g_strerror (errno));
    return AMTPROV_EXIT_FAILED;
  }
  if (plugin == NULL || amt_prov_plugin_get_command (plugin) == NULL)
    return amtprov_usage_error ("there is no command “%s”, and no plugin %s that has one", words[0],
                                words[0]);
  g_printerr ("amtprov: the plugin %s has a command, but its program amtprov-%s is neither in %s "
              "nor beside %s: install it\n",
              words[0], words[0], AMT_PROV_LIBEXEC_DIR, amt_prov_plugin_get_file (plugin));
  return AMTPROV_EXIT_FAILED;
}

static void
print_programs (void)
{
  g_autoptr (AmtProvPluginSet) set = find_plugins ();
  GPtrArray *plugins = amt_prov_plugin_set_get_plugins (set);

  for (guint i = 0; i < plugins->len; i++) {
    const char *name = amt_prov_plugin_get_name (plugins->pdata[i]);
    const char *summary = amt_prov_plugin_get_command (plugins->pdata[i]);
    g_autofree char *path = summary != NULL ? find_program (plugins->pdata[i], name) : NULL;

    if (path != NULL)
      g_print ("  %-30s %s\n", name, summary);
  }
}

static void
print_help (void)
{
  g_print ("Usage:\n  amtprov COMMAND [OPTION…]\n\n"
           "Brings Intel AMT machines from the factory to operational.\n\nCommands:\n");
  amtprov_print_commands (commands, G_N_ELEMENTS (commands), 0);
  print_programs ();
  g_print ("\n“amtprov COMMAND --help” shows the options and an example.\n"
           "Exit codes: 0 done, 1 failed or bad input, 2 wrong usage, 3 blocked by a rule.\n");
}

int
main (int argc, char **argv)
{
  int exit_code;

  setlocale (LC_ALL, "");
  g_set_prgname ("amtprov");
  if (argc < 2)
    return amtprov_usage_error ("a command is missing");
  if (g_str_equal (argv[1], "--help") || g_str_equal (argv[1], "-h") ||
      (g_str_equal (argv[1], "help") && argc == 2)) {
    print_help ();
    return AMTPROV_EXIT_DONE;
  }
  if (g_str_equal (argv[1], "--version")) {
    g_print ("amtprov %s\n", AMT_PROV_VERSION);
    return AMTPROV_EXIT_DONE;
  }
  if (amtprov_run_command (commands, G_N_ELEMENTS (commands), argc - 1, argv + 1, &exit_code))
    return exit_code;
  return run_program (argv + 1);
}
