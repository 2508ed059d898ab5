/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "command.h"

#include <locale.h>
#include <string.h>

/* How many words of the command line name this command; 0 when it is another one. */
static int
match (const AmtprovCommand *command, int argc, char **words)
{
  g_auto (GStrv) names = g_strsplit (command->name, " ", -1);
  int n = (int)g_strv_length (names);

  if (argc < n)
    return 0;
  for (int i = 0; i < n; i++)
    if (!g_str_equal (names[i], words[i]))
      return 0;
  return n;
}

static int
call (const AmtprovCommand *command, int n, int argc, char **words)
{
  g_autofree char *name = g_strconcat (g_get_prgname (), " ", command->name, NULL);
  g_autofree char **arguments = g_new0 (char *, argc - n + 2);

  g_set_prgname (name);
  arguments[0] = name;
  for (int i = n; i < argc; i++)
    arguments[i - n + 1] = words[i];
  return command->run (argc - n + 1, arguments);
}

/* Whether the word alone begins commands of two words; then it says which. */
static gboolean
refuse_group (const AmtprovCommand *commands, gsize n, const char *word)
{
  g_autofree char *prefix = g_strconcat (word, " ", NULL);
  g_autoptr (GString) names = g_string_new (NULL);

  for (gsize i = 0; i < n; i++)
    if (g_str_has_prefix (commands[i].name, prefix))
      g_string_append_printf (names, " %s", commands[i].name + strlen (prefix));
  if (names->len == 0)
    return FALSE;
  g_printerr ("%s: “%s” needs one of its commands:%s\nTry “%s --help”.\n", g_get_prgname (), word,
              names->str, g_get_prgname ());
  return TRUE;
}

/*
 * amtprov_run_command:
 *
 * Runs the command that the words name, or says what is missing behind a first word.
 *
 * Returns: FALSE when no command begins with the first word
 */
gboolean
amtprov_run_command (
    const AmtprovCommand *commands, gsize n, int argc, char **words, int *exit_code)
{
  for (gsize i = 0; i < n; i++) {
    int count = match (&commands[i], argc, words);

    if (count > 0) {
      *exit_code = call (&commands[i], count, argc, words);
      return TRUE;
    }
  }
  *exit_code = AMTPROV_EXIT_USAGE;
  return refuse_group (commands, n, words[0]);
}

/*
 * amtprov_print_commands:
 * @skip: how many characters of their names are said already
 */
void
amtprov_print_commands (const AmtprovCommand *commands, gsize n, gsize skip)
{
  for (gsize i = 0; i < n; i++) {
    g_autofree char *call_text =
        g_strdup_printf ("%s %s", commands[i].name + skip, commands[i].synopsis);

    if (commands[i].summary != NULL)
      g_print ("  %-30s %s\n", call_text, commands[i].summary);
  }
}

/*
 * amtprov_run_group:
 * @group: the word behind `amtprov`
 * @summary: one sentence
 * @commands: commands whose first word is @group
 *
 * What main() of a plugin's command returns.
 */
int
amtprov_run_group (const char *group,
                   const char *summary,
                   const AmtprovCommand *commands,
                   gsize n,
                   int argc,
                   char **argv)
{
  g_autofree char **words = g_new0 (char *, argc + 1);
  int exit_code;

  setlocale (LC_ALL, "");
  g_set_prgname ("amtprov");
  words[0] = (char *)group;
  for (int i = 1; i < argc; i++)
    words[i] = argv[i];
  if (argc == 2 && (g_str_equal (argv[1], "--help") || g_str_equal (argv[1], "-h"))) {
    g_print ("Usage:\n  amtprov %s COMMAND [OPTION…]\n\n%s\n\nCommands:\n", group, summary);
    amtprov_print_commands (commands, n, strlen (group) + 1);
    g_print ("\n“amtprov %s COMMAND --help” shows the options and an example.\n", group);
    return AMTPROV_EXIT_DONE;
  }
  amtprov_run_command (commands, n, argc, words, &exit_code);
  return exit_code;
}
