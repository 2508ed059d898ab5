/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "setup-bin-file.h"

#include "command/fat-image.h"

#include <gio/gio.h>
#include <string.h>

#define BUFFER_SIZE (256 * 1024)

/* ---- reading ---- */

struct _UsbReader {
  AmtProvSetupBinDecoder *decoder;
  AmtProvSetupBinHeader *header;
  GInputStream *stream;
  guint8 *buffer;
  gsize record_size;
  guint32 n_read;
  guint64 size;
};

static GInputStream *
open_source (const char *path, GError **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFileInputStream) plain = NULL;
  g_autoptr (GInputStream) stream = NULL;

  if (amtprov_fat_is_image (path)) {
    stream = amtprov_fat_read (path, error);
  } else {
    plain = g_file_read (file, NULL, error);
    stream = (GInputStream *)g_steal_pointer (&plain);
  }
  return stream != NULL ? g_buffered_input_stream_new_sized (stream, BUFFER_SIZE) : NULL;
}

static gboolean
read_block (UsbReader *self, guint8 *data, gsize length, gsize *n_read, GError **error)
{
  gboolean read = g_input_stream_read_all (self->stream, data, length, n_read, NULL, error);

  self->size += *n_read;
  return read;
}

static gboolean
read_header (UsbReader *self, GError **error)
{
  guint8 chunk[AMT_PROV_SETUP_BIN_CHUNK];
  gsize n_read = 0;

  if (!read_block (self, chunk, sizeof chunk, &n_read, error))
    return FALSE;
  self->header = amt_prov_setup_bin_decoder_decode_header (self->decoder, chunk, n_read, error);
  if (self->header == NULL)
    return FALSE;
  self->record_size = amt_prov_setup_bin_header_get_record_size (self->header);
  self->buffer = g_malloc (self->record_size);
  return TRUE;
}

UsbReader *
usb_reader_open (const char *path, gboolean lenient, GError **error)
{
  g_autoptr (UsbReader) self = g_new0 (UsbReader, 1);

  self->decoder = amt_prov_setup_bin_decoder_new (lenient);
  self->stream = open_source (path, error);
  if (self->stream == NULL)
    return NULL;
  if (!read_header (self, error)) {
    g_prefix_error (error, "%s: ", path);
    return NULL;
  }
  return g_steal_pointer (&self);
}

void
usb_reader_free (UsbReader *self)
{
  g_clear_object (&self->decoder);
  g_clear_object (&self->stream);
  g_clear_pointer (&self->header, amt_prov_setup_bin_header_unref);
  if (self->buffer != NULL)
    explicit_bzero (self->buffer, self->record_size);
  g_free (self->buffer);
  g_free (self);
}

AmtProvSetupBinHeader *
usb_reader_get_header (UsbReader *self)
{
  return self->header;
}

AmtProvSetupBinDecoder *
usb_reader_get_decoder (UsbReader *self)
{
  return self->decoder;
}

static gboolean
read_to_end (UsbReader *self, GError **error)
{
  gssize skipped;

  do {
    skipped = g_input_stream_skip (self->stream, BUFFER_SIZE, NULL, error);
    self->size += MAX (skipped, 0);
  } while (skipped > 0);
  return skipped == 0;
}

/* What stands behind the last record belongs to the size of the file, but need not be read. */
static gboolean
finish_reading (UsbReader *self, GError **error)
{
  GSeekable *seekable = G_SEEKABLE (self->stream);

  if (!g_seekable_can_seek (seekable)) {
    if (!read_to_end (self, error))
      return FALSE;
  } else {
    if (!g_seekable_seek (seekable, 0, G_SEEK_END, NULL, error))
      return FALSE;
    self->size = (guint64)g_seekable_tell (seekable);
  }
  return amt_prov_setup_bin_decoder_finish (self->decoder, self->size, error);
}

gboolean
usb_reader_next (UsbReader *self, AmtProvSetupBinRecord **record, GError **error)
{
  gsize n_read = 0;

  *record = NULL;
  if (self->n_read == amt_prov_setup_bin_header_get_n_records (self->header))
    return finish_reading (self, error);
  if (!read_block (self, self->buffer, self->record_size, &n_read, error))
    return FALSE;
  *record = amt_prov_setup_bin_decoder_decode_record (self->decoder, self->buffer, n_read, error);
  self->n_read++;
  return *record != NULL;
}

/* ---- writing ---- */

/* Records that are alike have the same warnings. */
#define MAX_WARNINGS 5

struct _UsbWriter {
  AmtProvSetupBinEncoder *encoder;
  GOutputStream *stream;
  guint n_warnings;
};

static void
print_warnings (UsbWriter *self)
{
  g_autoptr (GPtrArray) problems = amt_prov_setup_bin_encoder_take_problems (self->encoder);

  for (guint i = 0; i < problems->len; i++)
    if (self->n_warnings++ < MAX_WARNINGS)
      g_printerr ("%s: warning: %s\n", g_get_prgname (),
                  amt_prov_setup_bin_problem_get_sentence (problems->pdata[i]));
}

UsbWriter *
usb_writer_create (const char *path, AmtProvSetupBinHeader *header, GError **error)
{
  g_autoptr (UsbWriter) self = g_new0 (UsbWriter, 1);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFileOutputStream) plain = NULL;
  g_autoptr (GBytes) chunk = NULL;

  self->encoder = amt_prov_setup_bin_encoder_new ();
  chunk = amt_prov_setup_bin_encoder_encode_header (self->encoder, header, error);
  if (chunk == NULL)
    return NULL;
  plain = g_file_create (file, G_FILE_CREATE_PRIVATE, NULL, error);
  if (plain == NULL)
    return NULL;
  self->stream = g_buffered_output_stream_new_sized (G_OUTPUT_STREAM (plain), BUFFER_SIZE);
  if (!g_output_stream_write_all (self->stream, g_bytes_get_data (chunk, NULL),
                                  g_bytes_get_size (chunk), NULL, NULL, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
usb_writer_free (UsbWriter *self)
{
  g_clear_object (&self->encoder);
  g_clear_object (&self->stream);
  g_free (self);
}

gboolean
usb_writer_add (UsbWriter *self, AmtProvSetupBinRecord *record, GError **error)
{
  g_autoptr (AmtProvSecret) bytes =
      amt_prov_setup_bin_encoder_encode_record (self->encoder, record, error);
  const guint8 *data;
  gsize length;

  if (bytes == NULL)
    return FALSE;
  print_warnings (self);
  data = amt_prov_secret_peek (bytes, &length);
  return g_output_stream_write_all (self->stream, data, length, NULL, NULL, error);
}

gboolean
usb_writer_finish (UsbWriter *self, GError **error)
{
  if (!amt_prov_setup_bin_encoder_finish (self->encoder, error) ||
      !g_output_stream_close (self->stream, NULL, error))
    return FALSE;
  print_warnings (self);
  if (self->n_warnings > MAX_WARNINGS)
    g_printerr ("%s: and %u more warnings\n", g_get_prgname (), self->n_warnings - MAX_WARNINGS);
  return TRUE;
}
