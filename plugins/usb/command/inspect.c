/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "command/command.h"
#include "setup-bin-file.h"
#include "setup-bin-json.h"
#include "usb-commands.h"

/* A large file is shown piece by piece, a small one when all of it is known to be good. */
#define OUTPUT_SIZE (1024 * 1024)

typedef struct {
  gboolean json;
  gboolean show_secrets;
  gboolean lenient;
} View;

/* ---- text ---- */

static void
append_value (GString *out, AmtProvSetupBinVariable *variable, gboolean show_secrets)
{
  g_autofree char *text = amt_prov_setup_bin_variable_dup_text (variable);

  if (text != NULL)
    g_string_append (out, text);
  else if (show_secrets)
    g_string_append (out,
                     amt_prov_secret_peek_text (amt_prov_setup_bin_variable_get_value (variable)));
  else
    g_string_append (out, USB_JSON_HIDDEN);
}

static void
append_variable (GString *out, AmtProvSetupBinVariable *variable, gboolean show_secrets)
{
  const char *name = amt_prov_setup_bin_variable_get_name (variable);

  g_string_append (out, "  ");
  if (name != NULL)
    g_string_append (out, name);
  else
    g_string_append_printf (out, "%u/%u", amt_prov_setup_bin_variable_get_module (variable),
                            amt_prov_setup_bin_variable_get_id (variable));
  g_string_append_c (out, '=');
  append_value (out, variable, show_secrets);
  g_string_append_c (out, '\n');
}

static void
append_record (GString *out, AmtProvSetupBinRecord *record, gboolean show_secrets)
{
  GPtrArray *variables = amt_prov_setup_bin_record_get_variables (record);

  g_string_append_printf (out, "record %u, %s%s\n", amt_prov_setup_bin_record_get_number (record),
                          usb_json_state_to_string (amt_prov_setup_bin_record_get_state (record)),
                          amt_prov_setup_bin_record_get_scrambled (record) ? ", scrambled" : "");
  for (guint i = 0; i < variables->len; i++)
    append_variable (out, variables->pdata[i], show_secrets);
}

static void
append_summary (GString *out, UsbReader *reader)
{
  AmtProvSetupBinHeader *header = usb_reader_get_header (reader);
  AmtProvSetupBinDecoder *decoder = usb_reader_get_decoder (reader);
  guint32 next = amt_prov_setup_bin_decoder_get_next_available (decoder);

  g_string_append_printf (
      out, "version %u.%u, %s, %u records, %u used, ", amt_prov_setup_bin_header_get_major (header),
      amt_prov_setup_bin_header_get_minor (header),
      amt_prov_setup_bin_header_get_consumable (header) ? "consumable" : "not consumable",
      amt_prov_setup_bin_header_get_n_records (header),
      amt_prov_setup_bin_decoder_get_n_used (decoder));
  if (next > 0)
    g_string_append_printf (out, "next available %u\n", next);
  else
    g_string_append (out, "none available\n");
}

/* ---- both ---- */

static void
print_problems (UsbReader *reader, const char *path)
{
  g_autoptr (GPtrArray) problems =
      amt_prov_setup_bin_decoder_take_problems (usb_reader_get_decoder (reader));

  for (guint i = 0; i < problems->len; i++)
    g_printerr ("%s: %s%s\n", path,
                amt_prov_setup_bin_problem_is_error (problems->pdata[i]) ? "" : "warning: ",
                amt_prov_setup_bin_problem_get_sentence (problems->pdata[i]));
}

/* A lenient reader has seen all that there is when the file ends too early. */
static gboolean
pass_by_end (const View *view, const char *path, GError *failed, GError **error)
{
  if (view->lenient && g_error_matches (failed, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA)) {
    g_printerr ("%s: %s\n", path, failed->message);
    g_error_free (failed);
    return TRUE;
  }
  g_propagate_prefixed_error (error, failed, "%s: ", path);
  return FALSE;
}

static gboolean
show_records (UsbReader *reader, const char *path, const View *view, GString *out, GError **error)
{
  while (TRUE) {
    g_autoptr (AmtProvSetupBinRecord) record = NULL;
    GError *failed = NULL;
    gboolean read = usb_reader_next (reader, &record, &failed);

    if (read || view->lenient)
      print_problems (reader, path);
    if (!read)
      return pass_by_end (view, path, failed, error);
    if (record == NULL)
      return TRUE;
    if (view->json)
      usb_json_write_record (out, record, view->show_secrets);
    else
      append_record (out, record, view->show_secrets);
    if (out->len >= OUTPUT_SIZE && !amtprov_print_out (out, error))
      return FALSE;
  }
}

static void
append_end (GString *out, UsbReader *reader, const View *view)
{
  AmtProvSetupBinDecoder *decoder = usb_reader_get_decoder (reader);

  if (view->json) {
    usb_json_write_end (out, usb_reader_get_header (reader),
                        amt_prov_setup_bin_decoder_get_next_available (decoder),
                        amt_prov_setup_bin_decoder_get_n_used (decoder));
    g_string_append_c (out, '\n');
  } else {
    append_summary (out, reader);
  }
}

static gboolean
inspect (const char *path, const View *view, GError **error)
{
  g_autoptr (UsbReader) reader = usb_reader_open (path, view->lenient, error);
  g_autoptr (GString) out = g_string_sized_new (OUTPUT_SIZE);

  if (reader == NULL)
    return FALSE;
  if (view->json)
    usb_json_write_start (out, usb_reader_get_header (reader));
  if (!show_records (reader, path, view, out, error))
    return FALSE;
  append_end (out, reader, view);
  return amtprov_print_out (out, error);
}

/* amtprov usb inspect FILE|IMG [--json] [--show-secrets] [--lenient] */
int
amtprov_usb_inspect (int argc, char **argv)
{
  static const AmtprovUsage usage = {"FILE|IMG",
                                     "Shows what stands in a setup.bin, or in the one of a stick's "
                                     "image: records, their variables,\n"
                                     "which are used and which one the next machine takes.",
                                     "amtprov usb inspect stick.img --json", 1, 1};
  View view = {FALSE};
  const GOptionEntry entries[] = {{"json", 0, 0, G_OPTION_ARG_NONE, &view.json, "Print JSON", NULL},
                                  {"show-secrets", 0, 0, G_OPTION_ARG_NONE, &view.show_secrets,
                                   "Show passwords and PPS instead of ***", NULL},
                                  {"lenient", 0, 0, G_OPTION_ARG_NONE, &view.lenient,
                                   "List what is wrong on stderr and go on where that is possible",
                                   NULL},
                                  G_OPTION_ENTRY_NULL};
  g_autoptr (GError) error = NULL;

  if (!amtprov_parse_options (&usage, entries, &argc, &argv))
    return AMTPROV_EXIT_USAGE;
  if (!inspect (argv[1], &view, &error))
    return amtprov_report (error);
  return AMTPROV_EXIT_DONE;
}
