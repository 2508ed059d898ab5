/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * AmtprovExit:
 * @AMTPROV_EXIT_DONE: done
 * @AMTPROV_EXIT_FAILED: it failed, or the input was bad
 * @AMTPROV_EXIT_USAGE: the command line was wrong
 * @AMTPROV_EXIT_BLOCKED: a rule forbids it; a person must act
 *
 * What every command returns.
 */
typedef enum {
  AMTPROV_EXIT_DONE = 0,
  AMTPROV_EXIT_FAILED = 1,
  AMTPROV_EXIT_USAGE = 2,
  AMTPROV_EXIT_BLOCKED = 3,
} AmtprovExit;

/**
 * AmtprovUsage:
 * @synopsis: what follows the name of the command, as the usage line shows it
 * @summary: one sentence
 * @example: one command line that works
 * @min_arguments: fewest arguments besides the options
 * @max_arguments: most of them
 *
 * How a command is called.
 */
typedef struct {
  const char *synopsis;
  const char *summary;
  const char *example;
  int min_arguments;
  int max_arguments;
} AmtprovUsage;

/**
 * AmtprovCommand:
 * @name: one word or two, the first of which is the group
 * @synopsis: what follows it
 * @summary: (nullable): a few words; NULL: not for people
 * @run: does it; argv[0] is the program with the name ("amtprov psk list"), the rest belongs to the
 * command
 *
 * A row of a program's table of commands.
 */
typedef struct {
  const char *name;
  const char *synopsis;
  const char *summary;
  int (*run) (int argc, char **argv);
} AmtprovCommand;

/* The commands of a program. Words begin with the command's own first word. */
gboolean amtprov_run_command (
    const AmtprovCommand *commands, gsize n, int argc, char **words, int *exit_code);
void amtprov_print_commands (const AmtprovCommand *commands, gsize n, gsize skip);

/* The whole program of a plugin's command: amtprov-GROUP. */
int amtprov_run_group (const char *group,
                       const char *summary,
                       const AmtprovCommand *commands,
                       gsize n,
                       int argc,
                       char **argv);

/* What they share. */
gboolean amtprov_parse_options (const AmtprovUsage *usage,
                                const GOptionEntry *entries,
                                int *argc,
                                char ***argv);
int amtprov_usage_error (const char *format, ...) G_GNUC_PRINTF (1, 2);
int amtprov_report (const GError *error);
void amtprov_print_json (JsonBuilder *builder);
gboolean amtprov_print_out (GString *out, GError **error);
GInputStream *amtprov_open_input (const char *path, GError **error);
GBytes *amtprov_read_input (const char *path, GError **error);

G_END_DECLS
