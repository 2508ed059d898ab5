/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <amtprov/setup-bin-decoder.h>

#include "wire/setup-bin-private.h"

/**
 * AmtProvSetupBinDecoder:
 *
 * Reads a setup.bin piece by piece: the header, then the records in their order, then the end. It
 * does no I/O and keeps no records; of those that went by it remembers the PIDs, because each may
 * stand in one record only.
 *
 * A strict decoder ends with the first rule that is broken. A lenient one notes what is wrong and
 * goes on; what it has read may not come out the same when it is encoded again.
 *
 * Since: 0.1
 */
struct _AmtProvSetupBinDecoder {
  GObject parent_instance;
  AmtProvSetupBinCheck check;
};

G_DEFINE_FINAL_TYPE (AmtProvSetupBinDecoder, amt_prov_setup_bin_decoder, G_TYPE_OBJECT)

static void
amt_prov_setup_bin_decoder_finalize (GObject *object)
{
  amt_prov_setup_bin_check_clear (&AMT_PROV_SETUP_BIN_DECODER (object)->check);
  G_OBJECT_CLASS (amt_prov_setup_bin_decoder_parent_class)->finalize (object);
}

static void
amt_prov_setup_bin_decoder_class_init (AmtProvSetupBinDecoderClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = amt_prov_setup_bin_decoder_finalize;
}

static void
amt_prov_setup_bin_decoder_init (AmtProvSetupBinDecoder *self)
{
  amt_prov_setup_bin_check_init (&self->check, FALSE);
}

/**
 * amt_prov_setup_bin_decoder_new:
 * @lenient: whether to go on after a broken rule
 *
 * Makes a decoder for one file.
 *
 * Returns: (transfer full): a new decoder
 *
 * Since: 0.1
 */
AmtProvSetupBinDecoder *
amt_prov_setup_bin_decoder_new (gboolean lenient)
{
  AmtProvSetupBinDecoder *self = g_object_new (AMT_PROV_TYPE_SETUP_BIN_DECODER, NULL);

  self->check.lenient = lenient;
  return self;
}

/**
 * amt_prov_setup_bin_decoder_decode_header:
 * @self: a decoder that has read nothing yet
 * @data: (array length=length): the first bytes of the file
 * @length: how many there are; %AMT_PROV_SETUP_BIN_CHUNK are read
 * @error: return location for an error
 *
 * Reads the header. It says how long a record is.
 *
 * Returns: (transfer full): the header; %NULL with %AMT_PROV_ERROR_INVALID_DATA, whose message
 * names the offset, when a rule is broken and the decoder is strict, or there are too few bytes
 *
 * Since: 0.1
 */
AmtProvSetupBinHeader *
amt_prov_setup_bin_decoder_decode_header (AmtProvSetupBinDecoder *self,
                                          const guint8 *data,
                                          gsize length,
                                          GError **error)
{
  g_return_val_if_fail (AMT_PROV_IS_SETUP_BIN_DECODER (self), NULL);
  g_return_val_if_fail (self->check.header == NULL, NULL);

  self->check.header = amt_prov_setup_bin_header_decode (&self->check, data, length, error);
  if (self->check.header == NULL || !amt_prov_setup_bin_check_header (&self->check, error))
    return NULL;
  return amt_prov_setup_bin_header_ref (self->check.header);
}

/**
 * amt_prov_setup_bin_decoder_decode_record:
 * @self: a decoder that has read the header
 * @data: (array length=length): the next record
 * @length: how many bytes there are: amt_prov_setup_bin_header_get_record_size(), or fewer when the
 * file ends
 * @error: return location for an error
 *
 * Reads the next record and judges its variables. The caller wipes @data.
 *
 * Returns: (transfer full): the record; %NULL with %AMT_PROV_ERROR_INVALID_DATA, whose message
 * names record and offset, when a rule is broken and the decoder is strict, or there are too few
 * bytes
 *
 * Since: 0.1
 */
AmtProvSetupBinRecord *
amt_prov_setup_bin_decoder_decode_record (AmtProvSetupBinDecoder *self,
                                          const guint8 *data,
                                          gsize length,
                                          GError **error)
{
  g_autoptr (AmtProvSetupBinRecord) record = NULL;
  guint32 number;
  gsize size;

  g_return_val_if_fail (AMT_PROV_IS_SETUP_BIN_DECODER (self), NULL);
  g_return_val_if_fail (self->check.header != NULL, NULL);

  number = self->check.n_records + 1;
  size = amt_prov_setup_bin_header_get_record_size (self->check.header);
  if (length < size) {
    amt_prov_setup_bin_check_stop (
        amt_prov_setup_bin_header_get_record_offset (self->check.header, number) + length, number,
        error,
        "the file ends after %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT
        " bytes of the record, which is number %u of %u",
        length, size, number, amt_prov_setup_bin_header_get_n_records (self->check.header));
    return NULL;
  }
  record = amt_prov_setup_bin_record_decode (&self->check, number, data, error);
  if (record == NULL || !amt_prov_setup_bin_check_record (&self->check, record, error))
    return NULL;
  return g_steal_pointer (&record);
}

/**
 * amt_prov_setup_bin_decoder_finish:
 * @self: a decoder that has read all records
 * @file_size: bytes of the file
 * @error: return location for an error
 *
 * Judges the file as a whole: its size, the number of records, the counter of used ones.
 *
 * Returns: %FALSE with %AMT_PROV_ERROR_INVALID_DATA when a rule is broken and the decoder is strict
 *
 * Since: 0.1
 */
gboolean
amt_prov_setup_bin_decoder_finish (AmtProvSetupBinDecoder *self, guint64 file_size, GError **error)
{
  guint64 expected;

  g_return_val_if_fail (AMT_PROV_IS_SETUP_BIN_DECODER (self), FALSE);
  g_return_val_if_fail (self->check.header != NULL, FALSE);

  expected = amt_prov_setup_bin_header_get_file_size (self->check.header);
  if (file_size != expected &&
      !amt_prov_setup_bin_check_fail (
          &self->check, AMT_PROV_SETUP_BIN_RULE_SIZE, MIN (file_size, expected), 0, error,
          "the file has %" G_GUINT64_FORMAT
          " bytes, but its header and its records, %u of them, make %" G_GUINT64_FORMAT,
          file_size, amt_prov_setup_bin_header_get_n_records (self->check.header), expected))
    return FALSE;
  return amt_prov_setup_bin_check_end (&self->check, error);
}

/**
 * amt_prov_setup_bin_decoder_get_next_available:
 * @self: a decoder
 *
 * Gets the record that the next machine takes, as far as the file was read. What counts is whether
 * a record is valid, not the counter in the header.
 *
 * Returns: the number of the record, from 1, or 0 when none is left
 *
 * Since: 0.1
 */
guint32
amt_prov_setup_bin_decoder_get_next_available (AmtProvSetupBinDecoder *self)
{
  g_return_val_if_fail (AMT_PROV_IS_SETUP_BIN_DECODER (self), 0);

  return self->check.next_available;
}

/**
 * amt_prov_setup_bin_decoder_get_n_used:
 * @self: a decoder
 *
 * Gets how many records that went by are no longer valid.
 *
 * Returns: the number of records
 *
 * Since: 0.1
 */
guint32
amt_prov_setup_bin_decoder_get_n_used (AmtProvSetupBinDecoder *self)
{
  g_return_val_if_fail (AMT_PROV_IS_SETUP_BIN_DECODER (self), 0);

  return self->check.n_used;
}

/**
 * amt_prov_setup_bin_decoder_take_problems:
 * @self: a decoder
 *
 * Takes what was found since the last call: warnings, the errors that a lenient decoder has passed
 * by, and the one that a strict decoder has ended with. Who asks after each piece needs no memory
 * for the problems of a large file.
 *
 * Returns: (element-type AmtProvSetupBinProblem) (transfer full): the problems
 *
 * Since: 0.1
 */
GPtrArray *
amt_prov_setup_bin_decoder_take_problems (AmtProvSetupBinDecoder *self)
{
  g_return_val_if_fail (AMT_PROV_IS_SETUP_BIN_DECODER (self), NULL);

  return amt_prov_setup_bin_check_take_problems (&self->check);
}
