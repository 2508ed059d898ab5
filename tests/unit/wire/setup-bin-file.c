/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "setup-bin-file.h"

void
put_hex (GByteArray *file, gsize offset, const char *hex)
{
  for (; *hex; hex++) {
    if (*hex == ' ')
      continue;
    if (file->len <= offset)
      g_byte_array_set_size (file, offset + 1);
    file->data[offset++] = g_ascii_xdigit_value (hex[0]) << 4 | g_ascii_xdigit_value (hex[1]);
    hex++;
  }
}

static void
put_text (GByteArray *file, gsize offset, const char *text)
{
  memcpy (file->data + offset, text, strlen (text));
}

GByteArray *
example_file (void)
{
  GByteArray *file = g_byte_array_new ();

  g_byte_array_set_size (file, 1024);
  memset (file->data, 0, file->len);
  put_hex (file, 0x000, "aaa93452e129a9448d4d081c07b96353 0100 2e00 00000000 04 00 0100 01000000");
  put_hex (file, 0x020, "00000000 0100 0000 0100 0200 0000");
  put_hex (file, 0x200, "01000000 01000000 00000000 00000000 0100 1800 01000000");
  put_hex (file, 0x218, "0100 0100 0500 0000 61646d696e 000000");
  put_hex (file, 0x228, "0100 0200 0800 0000 5040737377307264");
  put_hex (file, 0x238, "0100 0300 0100 0000 01 000000");
  put_hex (file, 0x244, "0200 0300 1900 0000");
  put_text (file, 0x24c, "amt-provisioning.test.com");
  put_hex (file, 0x268, "0200 0500 0100 0000 01 000000");
  put_hex (file, 0x274, "0200 0800 2d00 0000 02");
  put_hex (file, 0x27d, "e835ac6d905036d519211743b8fab8907395ca4d75428bd9f84f2e107c65c11e 0b");
  put_text (file, 0x29e, "AMT Test CA");
  return file;
}

static void
take_problems (ReadFile *self, AmtProvSetupBinDecoder *decoder)
{
  g_autoptr (GPtrArray) taken = amt_prov_setup_bin_decoder_take_problems (decoder);

  g_ptr_array_extend (self->problems, taken, (GCopyFunc)amt_prov_setup_bin_problem_ref, NULL);
}

static gboolean
read_all (ReadFile *self, AmtProvSetupBinDecoder *decoder, GByteArray *file, GError **error)
{
  gsize at = AMT_PROV_SETUP_BIN_CHUNK;

  self->header = amt_prov_setup_bin_decoder_decode_header (decoder, file->data, file->len, error);
  if (self->header == NULL)
    return FALSE;
  for (guint32 i = 0; i < amt_prov_setup_bin_header_get_n_records (self->header); i++) {
    gsize size = amt_prov_setup_bin_header_get_record_size (self->header);
    AmtProvSetupBinRecord *record = amt_prov_setup_bin_decoder_decode_record (
        decoder, file->data + at, MIN (size, file->len - at), error);

    take_problems (self, decoder);
    if (record == NULL)
      return FALSE;
    g_ptr_array_add (self->records, record);
    at += size;
  }
  return amt_prov_setup_bin_decoder_finish (decoder, file->len, error);
}

ReadFile *
read_file (GByteArray *file, gboolean lenient, GError **error)
{
  g_autoptr (AmtProvSetupBinDecoder) decoder = amt_prov_setup_bin_decoder_new (lenient);
  g_autoptr (ReadFile) self = g_new0 (ReadFile, 1);

  self->records = g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_setup_bin_record_unref);
  self->problems =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_setup_bin_problem_unref);
  if (!read_all (self, decoder, file, error))
    return NULL;
  take_problems (self, decoder);
  self->next_available = amt_prov_setup_bin_decoder_get_next_available (decoder);
  self->n_used = amt_prov_setup_bin_decoder_get_n_used (decoder);
  return g_steal_pointer (&self);
}

void
read_file_free (ReadFile *self)
{
  g_clear_pointer (&self->header, amt_prov_setup_bin_header_unref);
  g_ptr_array_unref (self->records);
  g_ptr_array_unref (self->problems);
  g_free (self);
}

GByteArray *
write_file (AmtProvSetupBinHeader *header, GPtrArray *records, GError **error)
{
  g_autoptr (AmtProvSetupBinEncoder) encoder = amt_prov_setup_bin_encoder_new ();
  g_autoptr (GByteArray) file = g_byte_array_new ();
  g_autoptr (GBytes) head = amt_prov_setup_bin_encoder_encode_header (encoder, header, error);

  if (head == NULL)
    return NULL;
  g_byte_array_append (file, g_bytes_get_data (head, NULL), g_bytes_get_size (head));
  for (guint i = 0; i < records->len; i++) {
    g_autoptr (AmtProvSecret) block =
        amt_prov_setup_bin_encoder_encode_record (encoder, records->pdata[i], error);
    const guint8 *data;
    gsize length;

    if (block == NULL)
      return NULL;
    data = amt_prov_secret_peek (block, &length);
    g_byte_array_append (file, data, length);
  }
  return amt_prov_setup_bin_encoder_finish (encoder, error) ? g_steal_pointer (&file) : NULL;
}

AmtProvSetupBinRecord *
make_record (const char *name, ...)
{
  AmtProvSetupBinRecord *record = amt_prov_setup_bin_record_new (1);
  va_list args;

  va_start (args, name);
  for (; name != NULL; name = va_arg (args, const char *)) {
    g_autoptr (GError) error = NULL;
    g_autoptr (AmtProvSetupBinVariable) variable =
        amt_prov_setup_bin_variable_new_from_text (name, va_arg (args, const char *), &error);

    g_assert_no_error (error);
    amt_prov_setup_bin_record_append (record, variable);
  }
  va_end (args);
  return record;
}

/* Without the encoder, so that it can be wrong. */
GByteArray *
make_file (const char *version, AmtProvSetupBinRecord *record)
{
  GByteArray *file = g_byte_array_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (AmtProvSetupBinHeader) header =
      amt_prov_setup_bin_header_new (version, 1, TRUE, &error);
  g_autoptr (GBytes) head = amt_prov_setup_bin_header_encode (header);
  g_autoptr (AmtProvSecret) block = amt_prov_setup_bin_record_encode (record, 1, &error);
  const guint8 *data;
  gsize length;

  g_assert_no_error (error);
  g_byte_array_append (file, g_bytes_get_data (head, NULL), g_bytes_get_size (head));
  data = amt_prov_secret_peek (block, &length);
  g_byte_array_append (file, data, length);
  return file;
}

void
assert_same (GByteArray *file, GByteArray *other)
{
  g_assert_nonnull (file);
  g_assert_nonnull (other);
  g_assert_cmpmem (file->data, file->len, other->data, other->len);
}
