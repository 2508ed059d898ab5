/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
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

/* The commands. argv[0] is the whole name ("amtprov psk list"), the rest belongs to the command. */
int amtprov_completion (int argc, char **argv);
int amtprov_config_check (int argc, char **argv);
int amtprov_config_settings (int argc, char **argv);
int amtprov_device (int argc, char **argv);
int amtprov_devices (int argc, char **argv);
int amtprov_events (int argc, char **argv);
int amtprov_explain (int argc, char **argv);
int amtprov_hello_decode (int argc, char **argv);
int amtprov_import (int argc, char **argv);
int amtprov_password (int argc, char **argv);
int amtprov_pki_check (int argc, char **argv);
int amtprov_plugins (int argc, char **argv);
int amtprov_provision (int argc, char **argv);
int amtprov_psk_check (int argc, char **argv);
int amtprov_psk_generate (int argc, char **argv);
int amtprov_psk_import (int argc, char **argv);
int amtprov_psk_list (int argc, char **argv);
int amtprov_site_new (int argc, char **argv);

/* What they share. */
gboolean amtprov_parse_options (const AmtprovUsage *usage,
                                const GOptionEntry *entries,
                                int *argc,
                                char ***argv);
int amtprov_usage_error (const char *format, ...) G_GNUC_PRINTF (1, 2);
int amtprov_report (const GError *error);
void amtprov_print_json (JsonBuilder *builder);
GBytes *amtprov_read_input (const char *path, GError **error);

G_END_DECLS
