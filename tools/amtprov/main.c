/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "command.h"
#include "config.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
  const char *name; /* one word or two */
  const char *synopsis;
  const char *summary; /* NULL: not for people */
  int (*run) (int argc, char **argv);
} Command;

static const Command commands[] = {
    {"config check", "--config FILE", "check the configuration and all sites",
     amtprov_config_check},
    {"completion", NULL, NULL, amtprov_completion},
    {"config settings", "", "list every setting with type, default and meaning",
     amtprov_config_settings},
    {"device", "UUID", "show all that is known of one machine", amtprov_device},
    {"devices", "", "list the machines and where they stand", amtprov_devices},
    {"events", "", "print what happened", amtprov_events},
    {"explain", "--amt RELEASE", "which methods work for a release, and the rule that says so",
     amtprov_explain},
    {"hello decode", "FILE|-", "show what a hello message says", amtprov_hello_decode},
    {"pki check", "--cert FILE", "hold a provisioning certificate against every rule of AMT",
     amtprov_pki_check},
    {"import", "FILE.csv", "put machines into the store", amtprov_import},
    {"password", "UUID", "print the password of a machine", amtprov_password},
    {"plugins", "", "which plugins are found, loaded or refused, and why", amtprov_plugins},
    {"provision", "ADDRESS", "bring one machine to operational, without the daemon",
     amtprov_provision},
    {"psk check", "PID [PPS]", "check the check characters of a pair", amtprov_psk_check},
    {"psk generate", "--count N", "make new PID/PPS pairs", amtprov_psk_generate},
    {"psk import", "FILE", "put pairs into the store", amtprov_psk_import},
    {"psk list", "", "list the pairs in the store", amtprov_psk_list},
    {"site new", "NAME", "write the file of a new site, with every key explained",
     amtprov_site_new},
};

static void
print_help (void)
{
  g_print ("Usage:\n  amtprov COMMAND [OPTION…]\n\n"
           "Brings Intel AMT machines from the factory to operational.\n\nCommands:\n");
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++) {
    g_autofree char *call = g_strdup_printf ("%s %s", commands[i].name, commands[i].synopsis);

    if (commands[i].summary != NULL)
      g_print ("  %-30s %s\n", call, commands[i].summary);
  }
  g_print ("\n“amtprov COMMAND --help” shows the options and an example.\n"
           "Exit codes: 0 done, 1 failed or bad input, 2 wrong usage, 3 blocked by a rule.\n");
}

/* How many words of the command line name this command; 0 when it is another one. */
static int
match (const Command *command, int argc, char **argv)
{
  g_auto (GStrv) words = g_strsplit (command->name, " ", -1);
  int n = (int)g_strv_length (words);

  if (argc - 1 < n)
    return 0;
  for (int i = 0; i < n; i++)
    if (!g_str_equal (words[i], argv[i + 1]))
      return 0;
  return n;
}

static gboolean
is_command_group (const char *word)
{
  g_autofree char *prefix = g_strconcat (word, " ", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    if (g_str_has_prefix (commands[i].name, prefix))
      return TRUE;
  return FALSE;
}

/* A method brings its own command as a program of its own; returns only when there is none. */
static void
run_program (char **argv)
{
  g_autofree char *name = g_strconcat ("amtprov-", argv[1], NULL);
  g_autofree char *path = g_build_filename (AMT_PROV_LIBEXEC_DIR, name, NULL);

  if (strchr (argv[1], '/') != NULL || !g_file_test (path, G_FILE_TEST_IS_EXECUTABLE))
    return;
  execv (path, argv + 1);
  g_printerr ("amtprov: %s: %s\n", path, g_strerror (errno));
}

static int
run_command (const Command *command, int words, int argc, char **argv)
{
  g_autofree char *name = g_strconcat ("amtprov ", command->name, NULL);
  g_autofree char **arguments = g_new0 (char *, argc - words + 1);

  g_set_prgname (name);
  arguments[0] = name;
  for (int i = words + 1; i < argc; i++)
    arguments[i - words] = argv[i];
  return command->run (argc - words, arguments);
}

static int
unknown_command (const char *word)
{
  if (is_command_group (word)) {
    g_printerr ("amtprov: “%s” needs one of its commands:", word);
    for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
      if (g_str_has_prefix (commands[i].name, word) && commands[i].name[strlen (word)] == ' ')
        g_printerr (" %s", commands[i].name + strlen (word) + 1);
    g_printerr ("\nTry “amtprov --help”.\n");
    return AMTPROV_EXIT_USAGE;
  }
  return amtprov_usage_error ("there is no command “%s”", word);
}

int
main (int argc, char **argv)
{
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
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++) {
    int words = match (&commands[i], argc, argv);
    if (words > 0)
      return run_command (&commands[i], words, argc, argv);
  }
  run_program (argv);
  return unknown_command (argv[1]);
}
