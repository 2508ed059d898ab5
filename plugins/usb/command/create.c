/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "command/command.h"
#include "command/fat-image.h"
#include "command/open-database.h"
#include "command/psk-booking.h"
#include "setup-bin-file.h"
#include "setup-bin-json.h"
#include "usb-commands.h"

#include <gio/gunixoutputstream.h>
#include <string.h>
#include <unistd.h>

/* Names in the folder in which the file is made. */
#define SETUP_BIN "setup.bin"
#define IMAGE     "stick.img"
#define LIST      "pairs.csv"

#define LIST_HEAD "pid,pps,password\n"

/* A secret need not stand on the command line. A password has no colon. */
#define FILE_PREFIX "file:"

/* They stand for what will be generated, and never get into a file (psk.md §2). */
#define EXAMPLE_PID      "0000037M"
#define EXAMPLE_PPS      "NKLDG5DCRRNQE9YZZIJL7LFLVJED69XJ"
#define EXAMPLE_PASSWORD "P@ssw0rd"

typedef struct {
  char *version;
  gint64 n_records;
  gboolean non_consumable;
  gboolean scramble;
  char **settings;
  char *from;
  char *output;
  char *image;
  char *config_path;
} Options;

static void
options_clear (Options *self)
{
  g_free (self->version);
  g_strfreev (self->settings);
  g_free (self->from);
  g_free (self->output);
  g_free (self->image);
  g_free (self->config_path);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

/* ---- what all records have in common ---- */

static char *
read_setting_file (const char *path, GError **error)
{
  char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, error))
    return NULL;
  return g_strchomp (text);
}

static gboolean
put_setting (AmtProvSetupBinRecord *record, const char *setting, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (setting, "=", 2);
  g_autofree char *text = NULL;
  gboolean put;

  if (g_strv_length (parts) != 2) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
                 "--set takes NAME=VALUE, and there is no = in “%s”", parts[0]);
    return FALSE;
  }
  if (g_str_equal (parts[0], "pid") || g_str_equal (parts[0], "pps")) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
                 "--set %s: a pair serves one machine; each record gets a new one by itself",
                 parts[0]);
    return FALSE;
  }
  text = g_str_has_prefix (parts[1], FILE_PREFIX)
             ? read_setting_file (parts[1] + strlen (FILE_PREFIX), error)
             : g_strdup (parts[1]);
  put = text != NULL && amt_prov_setup_bin_record_put_text (record, parts[0], text, error);
  if (text != NULL)
    explicit_bzero (text, strlen (text));
  if (!put)
    g_prefix_error (error, "--set %s: ", parts[0]);
  return put;
}

static void
put_default (AmtProvSetupBinRecord *record, const char *name, const char *text)
{
  if (amt_prov_setup_bin_record_find (record, name) == NULL)
    amt_prov_setup_bin_record_put_text (record, name, text, NULL);
}

/* Firmware of version 2 files does not take a hash before it is told that it may. */
static void
enable_hashes (AmtProvSetupBinRecord *record, AmtProvSetupBinHeader *header)
{
  if (amt_prov_setup_bin_header_get_major (header) == 2 &&
      amt_prov_setup_bin_record_find (record, "user-defined-certificate-addition") != NULL)
    put_default (record, "user-defined-certificate-configuration", "1");
}

static AmtProvSetupBinRecord *
make_record (const Options *options, AmtProvSetupBinHeader *header, GError **error)
{
  g_autoptr (AmtProvSetupBinRecord) record = amt_prov_setup_bin_record_new (1);

  for (guint i = 0; options->settings != NULL && options->settings[i] != NULL; i++)
    if (!put_setting (record, options->settings[i], error))
      return NULL;
  put_default (record, "current-mebx-password", "admin");
  put_default (record, "manageability-feature-selection", "1");
  enable_hashes (record, header);
  amt_prov_setup_bin_record_set_scrambled (record, options->scramble);
  return g_steal_pointer (&record);
}

static AmtProvSecret *
find_password (AmtProvSetupBinRecord *record)
{
  AmtProvSetupBinVariable *variable = amt_prov_setup_bin_record_find (record, "new-mebx-password");

  return variable != NULL ? amt_prov_secret_ref (amt_prov_setup_bin_variable_get_value (variable))
                          : NULL;
}

static gboolean
put_pair (AmtProvSetupBinRecord *record, AmtprovPskRow *row, GError **error)
{
  amt_prov_setup_bin_record_put_psk (record, row->psk);
  return amt_prov_setup_bin_record_put_text (record, "new-mebx-password",
                                             amt_prov_secret_peek_text (row->password), error);
}

/* What is wrong with the settings is said before pairs are made. */
static gboolean
try_record (AmtProvSetupBinRecord *record, AmtProvSetupBinHeader *header, GError **error)
{
  g_autoptr (AmtProvSetupBinEncoder) encoder = amt_prov_setup_bin_encoder_new ();
  g_autoptr (GBytes) chunk = amt_prov_setup_bin_encoder_encode_header (encoder, header, error);
  g_autoptr (AmtProvSecret) bytes = NULL;

  if (chunk != NULL)
    bytes = amt_prov_setup_bin_encoder_encode_record (encoder, record, error);
  return bytes != NULL;
}

/* With a pair and a password that stand for those of each record. */
static gboolean
try_settings (AmtProvSetupBinRecord *record, AmtProvSetupBinHeader *header, GError **error)
{
  g_autoptr (AmtProvPsk) psk = NULL;

  if (amt_prov_setup_bin_header_get_consumable (header)) {
    psk = amt_prov_psk_new (EXAMPLE_PID, EXAMPLE_PPS, error);
    if (psk == NULL)
      return FALSE;
    amt_prov_setup_bin_record_put_psk (record, psk);
    put_default (record, "new-mebx-password", EXAMPLE_PASSWORD);
  }
  return try_record (record, header, error);
}

/* ---- the list of pairs ---- */

static void
append_pair (GString *text, AmtprovPskRow *row)
{
  g_autofree char *pid = amt_prov_psk_dup_dashed_pid (row->psk);
  g_autoptr (AmtProvSecret) pps = amt_prov_psk_dup_dashed_pps (row->psk);

  g_string_append (text, pid);
  g_string_append_c (text, ',');
  g_string_append (text, amt_prov_secret_peek_text (pps));
  g_string_append_c (text, ',');
  g_string_append (text, amt_prov_secret_peek_text (row->password));
  g_string_append_c (text, '\n');
}

static gboolean
list_pairs (GFileIOStream *list, GPtrArray *rows, GError **error)
{
  GOutputStream *out = g_io_stream_get_output_stream (G_IO_STREAM (list));
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < rows->len; i++)
    append_pair (text, rows->pdata[i]);
  return g_output_stream_write_all (out, text->str, text->len, NULL, NULL, error);
}

/* A file without a name, so that nothing is left of it. */
static GFileIOStream *
start_list (AmtprovPskBooking *booking, GError **error)
{
  g_autofree char *path = g_build_filename (amtprov_psk_booking_get_folder (booking), LIST, NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFileIOStream) list =
      g_file_create_readwrite (file, G_FILE_CREATE_PRIVATE, NULL, error);

  return list != NULL && g_file_delete (file, NULL, error) ? g_steal_pointer (&list) : NULL;
}

/* When the file has its name, so that no pair is shown of one that did not come to be. */
static gboolean
print_list (GFileIOStream *list, GError **error)
{
  g_autoptr (GOutputStream) out = g_unix_output_stream_new (STDOUT_FILENO, FALSE);

  return g_seekable_seek (G_SEEKABLE (list), 0, G_SEEK_SET, NULL, error) &&
         g_output_stream_write_all (out, LIST_HEAD, strlen (LIST_HEAD), NULL, NULL, error) &&
         g_output_stream_splice (out, g_io_stream_get_input_stream (G_IO_STREAM (list)),
                                 G_OUTPUT_STREAM_SPLICE_NONE, NULL, error) >= 0;
}

/* ---- records ---- */

static gboolean
write_rows (UsbWriter *writer, AmtProvSetupBinRecord *record, GPtrArray *rows, GError **error)
{
  for (guint i = 0; i < rows->len; i++)
    if (!put_pair (record, rows->pdata[i], error) || !usb_writer_add (writer, record, error))
      return FALSE;
  return TRUE;
}

/* list is NULL when the store keeps the pairs. */
static gboolean
write_pairs (UsbWriter *writer,
             AmtProvSetupBinRecord *record,
             AmtProvSecret *password,
             guint32 n_records,
             AmtprovPskBooking *booking,
             GFileIOStream *list,
             GError **error)
{
  for (guint32 done = 0; done < n_records;) {
    g_autoptr (GPtrArray) rows =
        amtprov_psk_booking_claim (booking, n_records - done, password, error);

    if (rows == NULL || !write_rows (writer, record, rows, error) ||
        (list != NULL && !list_pairs (list, rows, error)))
      return FALSE;
    done += rows->len;
  }
  return TRUE;
}

static gboolean
write_given (UsbWriter *writer, GPtrArray *records, GError **error)
{
  for (guint i = 0; i < records->len; i++)
    if (!usb_writer_add (writer, records->pdata[i], error))
      return FALSE;
  return TRUE;
}

/* ---- the file ---- */

/* Finishes the file in its folder, makes the image if one is wanted, and gives it its name. */
static gboolean
publish (const Options *options, UsbWriter *writer, AmtprovPskBooking *booking, GError **error)
{
  const char *folder = amtprov_psk_booking_get_folder (booking);
  g_autofree char *setup_bin = g_build_filename (folder, SETUP_BIN, NULL);
  g_autofree char *image = g_build_filename (folder, IMAGE, NULL);

  if (!usb_writer_finish (writer, error))
    return FALSE;
  if (options->image == NULL)
    return amtprov_psk_booking_publish (booking, SETUP_BIN, error);
  return amtprov_fat_create (image, setup_bin, error) &&
         amtprov_psk_booking_publish (booking, IMAGE, error);
}

static const char *
get_target (const Options *options)
{
  return options->image != NULL ? options->image : options->output;
}

static UsbWriter *
start_file (AmtprovPskBooking *booking, AmtProvSetupBinHeader *header, GError **error)
{
  g_autofree char *path =
      g_build_filename (amtprov_psk_booking_get_folder (booking), SETUP_BIN, NULL);

  return usb_writer_create (path, header, error);
}

static AmtProvSetupBinHeader *
read_json (const char *path, GPtrArray **records, GError **error)
{
  g_autoptr (GInputStream) input = amtprov_open_input (path, error);
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  AmtProvSetupBinHeader *header = NULL;

  if (input == NULL)
    return NULL;
  if (json_parser_load_from_stream (parser, input, NULL, error))
    header = usb_json_read (json_parser_get_root (parser), records, error);
  if (header == NULL)
    g_prefix_error (error, "%s: ", path);
  return header;
}

static gboolean
create_from_json (const Options *options, GError **error)
{
  g_autoptr (GPtrArray) records = NULL;
  g_autoptr (AmtProvSetupBinHeader) header = read_json (options->from, &records, error);
  g_autoptr (AmtprovPskBooking) booking = NULL;
  g_autoptr (UsbWriter) writer = NULL;

  if (header == NULL)
    return FALSE;
  booking = amtprov_psk_booking_begin (NULL, "usb", get_target (options), error);
  if (booking != NULL)
    writer = start_file (booking, header, error);
  if (writer != NULL && write_given (writer, records, error) &&
      publish (options, writer, booking, error))
    return TRUE;
  g_prefix_error (error, "%s: ", get_target (options));
  return FALSE;
}

static gboolean
write_records (const Options *options,
               AmtProvSetupBinHeader *header,
               AmtProvSetupBinRecord *record,
               AmtProvSecret *password,
               AmtprovPskBooking *booking,
               GError **error)
{
  g_autoptr (UsbWriter) writer = start_file (booking, header, error);
  g_autoptr (GFileIOStream) list = NULL;
  gboolean has_pairs = amt_prov_setup_bin_header_get_consumable (header);
  gboolean written = writer != NULL;

  if (written && has_pairs && options->config_path == NULL) {
    list = start_list (booking, error);
    written = list != NULL;
  }
  if (written)
    written = has_pairs ? write_pairs (writer, record, password, (guint32)options->n_records,
                                       booking, list, error)
                        : usb_writer_add (writer, record, error);
  if (!written || !publish (options, writer, booking, error)) {
    g_prefix_error (error, "%s: ", get_target (options));
    return FALSE;
  }
  return list == NULL || print_list (list, error);
}

static gboolean
create_new (const Options *options, GError **error)
{
  g_autoptr (AmtProvSetupBinHeader) header = amt_prov_setup_bin_header_new (
      options->version, (guint32)options->n_records, !options->non_consumable, error);
  g_autoptr (AmtProvSetupBinRecord) record = NULL;
  g_autoptr (AmtProvSecret) password = NULL;
  g_autoptr (AmtProvDatabase) database = NULL;
  g_autoptr (AmtprovPskBooking) booking = NULL;

  if (header != NULL)
    record = make_record (options, header, error);
  if (record == NULL)
    return FALSE;
  password = find_password (record);
  if (!try_settings (record, header, error))
    return FALSE;
  if (options->config_path != NULL) {
    database = amtprov_open_database (options->config_path, error);
    if (database == NULL)
      return FALSE;
  }
  booking = amtprov_psk_booking_begin (database, "usb", get_target (options), error);
  return booking != NULL && write_records (options, header, record, password, booking, error);
}

/* ---- the command line ---- */

static const char *
find_misuse (const Options *options)
{
  gboolean is_new = options->version != NULL || options->n_records != 0 ||
                    options->non_consumable || options->scramble || options->settings != NULL ||
                    options->config_path != NULL;

  if ((options->output != NULL) == (options->image != NULL))
    return "name what is to be made: either --output FILE or --image IMG";
  if (options->from != NULL)
    return is_new
               ? "--from takes all that stands in the file from there: of the other options only "
                 "--output and --image go with it"
               : NULL;
  if (options->version == NULL)
    return "--version is missing: 1, 2.0, 2.1, 3 or 4";
  if (options->non_consumable)
    return options->n_records > 1
               ? "machines take record 1 only of a file that is not consumable: leave out --records"
           : options->config_path != NULL
               ? "a file that is not consumable has no pairs, so --config has no use there"
               : NULL;
  if (options->n_records < 1 || options->n_records > G_MAXUINT32)
    return "--records is a number from 1 on";
  return NULL;
}

/* amtprov usb create --version V --records N … --output FILE|--image IMG */
int
amtprov_usb_create (int argc, char **argv)
{
  static const AmtprovUsage usage = {
      "--output FILE|--image IMG",
      "Makes a setup.bin, or the image of a stick with one. Each record of a consumable file gets "
      "a\n"
      "new PID/PPS pair and, unless one is set, a new MEBx password of its own. With --config "
      "they\n"
      "are put into the store, which books where each one stands; else they are printed as CSV.",
      "amtprov usb create --version 1 --records 500 --image stick.img --config "
      "/etc/amtprov/amtprov.conf",
      0, 0};
  g_auto (Options) options = {0};
  const GOptionEntry entries[] = {
      {"version", 0, 0, G_OPTION_ARG_STRING, &options.version,
       "Version of the file: 1 from AMT 2.0 on, 2.0 from 3.0, 2.1 from 4.0, 3 from 6.0, 4 from "
       "11.0",
       "V"},
      {"records", 0, 0, G_OPTION_ARG_INT64, &options.n_records,
       "How many machines it is for, each with a pair of its own", "N"},
      {"non-consumable", 0, 0, G_OPTION_ARG_NONE, &options.non_consumable,
       "One record without a pair, which all machines take", NULL},
      {"scramble", 0, 0, G_OPTION_ARG_NONE, &options.scramble,
       "Scramble the records, which hides nothing from who knows how", NULL},
      {"set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.settings,
       "Set a variable in all records; file:PATH reads the value from a file", "NAME=VALUE"},
      {"from", 0, 0, G_OPTION_ARG_FILENAME, &options.from,
       "Take everything from what inspect --json --show-secrets has printed", "JSON|-"},
      {"output", 0, 0, G_OPTION_ARG_FILENAME, &options.output, "Make this setup.bin", "FILE"},
      {"image", 0, 0, G_OPTION_ARG_FILENAME, &options.image,
       "Make this image of a stick with setup.bin", "IMG"},
      {"config", 0, 0, G_OPTION_ARG_FILENAME, &options.config_path,
       "Put the pairs into the store of this configuration", "FILE"},
      G_OPTION_ENTRY_NULL};
  g_autoptr (GError) error = NULL;
  const char *misuse;

  if (!amtprov_parse_options (&usage, entries, &argc, &argv))
    return AMTPROV_EXIT_USAGE;
  misuse = find_misuse (&options);
  if (misuse != NULL)
    return amtprov_usage_error ("%s", misuse);
  if (options.non_consumable)
    options.n_records = 1;
  if (!(options.from != NULL ? create_from_json : create_new) (&options, &error))
    return amtprov_report (error);
  return AMTPROV_EXIT_DONE;
}
