/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <amtprov/setup-bin-encoder.h>

#include "wire/setup-bin-private.h"

/**
 * AmtProvSetupBinEncoder:
 *
 * Writes a setup.bin piece by piece: the header, then the records in their order, then the end. It
 * does no I/O, keeps no records, and writes nothing that a strict #AmtProvSetupBinDecoder would
 * refuse.
 *
 * Since: 0.1
 */
struct _AmtProvSetupBinEncoder {
  GObject parent_instance;
  AmtProvSetupBinCheck check;
};

G_DEFINE_FINAL_TYPE (AmtProvSetupBinEncoder, amt_prov_setup_bin_encoder, G_TYPE_OBJECT)

static void
amt_prov_setup_bin_encoder_finalize (GObject *object)
{
  amt_prov_setup_bin_check_clear (&AMT_PROV_SETUP_BIN_ENCODER (object)->check);
  G_OBJECT_CLASS (amt_prov_setup_bin_encoder_parent_class)->finalize (object);
}

static void
amt_prov_setup_bin_encoder_class_init (AmtProvSetupBinEncoderClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = amt_prov_setup_bin_encoder_finalize;
}

static void
amt_prov_setup_bin_encoder_init (AmtProvSetupBinEncoder *self)
{
  amt_prov_setup_bin_check_init (&self->check, FALSE);
}

/**
 * amt_prov_setup_bin_encoder_new:
 *
 * Makes an encoder for one file.
 *
 * Returns: (transfer full): a new encoder
 *
 * Since: 0.1
 */
AmtProvSetupBinEncoder *
amt_prov_setup_bin_encoder_new (void)
{
  return g_object_new (AMT_PROV_TYPE_SETUP_BIN_ENCODER, NULL);
}

/**
 * amt_prov_setup_bin_encoder_encode_header:
 * @self: an encoder that has written nothing yet
 * @header: the header
 * @error: return location for an error
 *
 * Writes the header.
 *
 * Returns: (transfer full): %AMT_PROV_SETUP_BIN_CHUNK bytes; %NULL with
 * %AMT_PROV_ERROR_INVALID_DATA when there are no records or the file would have 4 GiB or more
 *
 * Since: 0.1
 */
GBytes *
amt_prov_setup_bin_encoder_encode_header (AmtProvSetupBinEncoder *self,
                                          AmtProvSetupBinHeader *header,
                                          GError **error)
{
  g_return_val_if_fail (AMT_PROV_IS_SETUP_BIN_ENCODER (self), NULL);
  g_return_val_if_fail (header != NULL && self->check.header == NULL, NULL);

  self->check.header = amt_prov_setup_bin_header_ref (header);
  if (!amt_prov_setup_bin_check_header (&self->check, error))
    return NULL;
  return amt_prov_setup_bin_header_encode (header);
}

/**
 * amt_prov_setup_bin_encoder_encode_record:
 * @self: an encoder that has written the header
 * @record: the next record; its number is set
 * @error: return location for an error
 *
 * Judges a record and writes it.
 *
 * Returns: (transfer full): the bytes; %NULL with %AMT_PROV_ERROR_INVALID_DATA, whose message names
 * the record, when a rule is broken
 *
 * Since: 0.1
 */
AmtProvSecret *
amt_prov_setup_bin_encoder_encode_record (AmtProvSetupBinEncoder *self,
                                          AmtProvSetupBinRecord *record,
                                          GError **error)
{
  g_return_val_if_fail (AMT_PROV_IS_SETUP_BIN_ENCODER (self), NULL);
  g_return_val_if_fail (record != NULL && self->check.header != NULL, NULL);

  amt_prov_setup_bin_record_set_number (record, self->check.n_records + 1);
  if (!amt_prov_setup_bin_check_record (&self->check, record, error))
    return NULL;
  return amt_prov_setup_bin_record_encode (
      record, amt_prov_setup_bin_header_get_record_chunks (self->check.header), error);
}

/**
 * amt_prov_setup_bin_encoder_finish:
 * @self: an encoder that has written all records
 * @error: return location for an error
 *
 * Checks that there were as many records as the header announces.
 *
 * Returns: %FALSE with %AMT_PROV_ERROR_INVALID_DATA when there were not
 *
 * Since: 0.1
 */
gboolean
amt_prov_setup_bin_encoder_finish (AmtProvSetupBinEncoder *self, GError **error)
{
  g_return_val_if_fail (AMT_PROV_IS_SETUP_BIN_ENCODER (self), FALSE);
  g_return_val_if_fail (self->check.header != NULL, FALSE);

  return amt_prov_setup_bin_check_end (&self->check, error);
}

/**
 * amt_prov_setup_bin_encoder_take_problems:
 * @self: an encoder
 *
 * Takes the warnings since the last call: what is sound, but may not do what its maker wants.
 *
 * Returns: (element-type AmtProvSetupBinProblem) (transfer full): the warnings
 *
 * Since: 0.1
 */
GPtrArray *
amt_prov_setup_bin_encoder_take_problems (AmtProvSetupBinEncoder *self)
{
  g_return_val_if_fail (AMT_PROV_IS_SETUP_BIN_ENCODER (self), NULL);

  return amt_prov_setup_bin_check_take_problems (&self->check);
}
