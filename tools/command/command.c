/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "command.h"

#include <amtprov/amtprov.h>
#include <errno.h>
#include <gio/gio.h>
#include <gio/gunixinputstream.h>
#include <stdio.h>
#include <unistd.h>

/* Larger inputs than this are no hello and no list of pairs. */
#define INPUT_LIMIT (64 * 1024 * 1024)

/*
 * amtprov_parse_options:
 *
 * Parses the options of a command; --help prints the usage and leaves the program, as
 * g_option_context_parse() does.
 *
 * Returns: FALSE after a message when the command line is wrong: return %AMTPROV_EXIT_USAGE
 */
gboolean
amtprov_parse_options (const AmtprovUsage *usage,
                       const GOptionEntry *entries,
                       int *argc,
                       char ***argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (usage->synopsis);
  g_autofree char *example = g_strdup_printf ("Example:\n  %s", usage->example);
  g_autoptr (GError) error = NULL;

  g_option_context_set_summary (context, usage->summary);
  g_option_context_set_description (context, example);
  if (entries != NULL)
    g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, argc, argv, &error)) {
    amtprov_usage_error ("%s", error->message);
    return FALSE;
  }
  if (*argc > 1 && g_strcmp0 ((*argv)[1], "--") == 0) {
    (*argv)[1] = (*argv)[0];
    (*argv)++;
    (*argc)--;
  }
  if (*argc - 1 < usage->min_arguments) {
    amtprov_usage_error ("something is missing, the form is: %s %s", g_get_prgname (),
                         usage->synopsis);
    return FALSE;
  }
  if (*argc - 1 > usage->max_arguments) {
    amtprov_usage_error ("“%s” is one argument too many", (*argv)[usage->max_arguments + 1]);
    return FALSE;
  }
  return TRUE;
}

/*
 * amtprov_usage_error:
 *
 * Says on stderr what is wrong with the command line and where the help is.
 *
 * Returns: %AMTPROV_EXIT_USAGE
 */
int
amtprov_usage_error (const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_printerr ("%s: %s\nTry “%s --help”.\n", g_get_prgname (), text, g_get_prgname ());
  return AMTPROV_EXIT_USAGE;
}

/*
 * amtprov_report:
 *
 * Prints an error on stderr.
 *
 * Returns: %AMTPROV_EXIT_BLOCKED for %AMT_PROV_ERROR_BLOCKED, else %AMTPROV_EXIT_FAILED
 */
int
amtprov_report (const GError *error)
{
  g_printerr ("%s: %s\n", g_get_prgname (), error->message);
  if (g_error_matches (error, AMT_PROV_ERROR, AMT_PROV_ERROR_BLOCKED))
    return AMTPROV_EXIT_BLOCKED;
  return AMTPROV_EXIT_FAILED;
}

/*
 * amtprov_print_json:
 *
 * Prints what has been built, indented, on stdout.
 */
void
amtprov_print_json (JsonBuilder *builder)
{
  g_autoptr (JsonNode) root = json_builder_get_root (builder);
  g_autofree char *text = json_to_string (root, TRUE);

  g_print ("%s\n", text);
}

/*
 * amtprov_print_out:
 *
 * Prints @out on stdout and empties it.
 *
 * Returns: FALSE with @error when stdout does not take it
 */
gboolean
amtprov_print_out (GString *out, GError **error)
{
  gboolean printed = fwrite (out->str, 1, out->len, stdout) == out->len && fflush (stdout) == 0;
  int code = errno;

  if (!printed)
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "cannot print: %s",
                 g_strerror (code));
  g_string_truncate (out, 0);
  return printed;
}

/*
 * amtprov_open_input:
 *
 * Opens a file, or stdin for `-`.
 *
 * Returns: (transfer full): its bytes to come, or NULL with @error
 */
GInputStream *
amtprov_open_input (const char *path, GError **error)
{
  g_autoptr (GFile) file = NULL;

  if (g_str_equal (path, "-"))
    return g_unix_input_stream_new (STDIN_FILENO, FALSE);
  file = g_file_new_for_commandline_arg (path);
  return (GInputStream *)g_file_read (file, NULL, error);
}

/*
 * amtprov_read_input:
 *
 * Reads a whole file, or stdin for `-`.
 *
 * Returns: (transfer full): its bytes, or NULL with @error
 */
GBytes *
amtprov_read_input (const char *path, GError **error)
{
  g_autoptr (GInputStream) input = amtprov_open_input (path, error);
  g_autoptr (GOutputStream) memory = g_memory_output_stream_new_resizable ();
  gssize n;

  if (input == NULL)
    return NULL;

  do {
    char buffer[65536];
    n = g_input_stream_read (input, buffer, sizeof buffer, NULL, error);
    if (n < 0 || !g_output_stream_write_all (memory, buffer, n, NULL, NULL, error))
      return NULL;
    if (g_memory_output_stream_get_data_size (G_MEMORY_OUTPUT_STREAM (memory)) > INPUT_LIMIT) {
      g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
                   "%s: more than %d MiB, this is not what the command reads", path,
                   INPUT_LIMIT / 1024 / 1024);
      return NULL;
    }
  } while (n > 0);
  if (!g_output_stream_close (memory, NULL, error))
    return NULL;
  return g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (memory));
}
