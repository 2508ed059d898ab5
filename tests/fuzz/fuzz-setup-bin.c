/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <amtprov/amtprov.h>

#include "fuzz.h"

/* What a text says must read as the same value again. */
static void
check_variable (AmtProvSetupBinVariable *variable)
{
  const char *name = amt_prov_setup_bin_variable_get_name (variable);
  g_autofree char *text = amt_prov_setup_bin_variable_dup_text (variable);
  g_autoptr (AmtProvSetupBinVariable) again = NULL;

  g_assert_true ((text == NULL) == amt_prov_setup_bin_variable_is_secret (variable));
  if (text == NULL ||
      amt_prov_setup_bin_variable_get_value_type (variable) == AMT_PROV_SETUP_BIN_TYPE_RAW)
    return;
  again = amt_prov_setup_bin_variable_new_from_text (name, text, NULL);
  /* A lenient decoder lets numbers out of their range pass. */
  g_assert_true (again != NULL || amt_prov_setup_bin_variable_get_value_type (variable) ==
                                      AMT_PROV_SETUP_BIN_TYPE_INTEGER);
  if (again != NULL)
    g_assert_true (amt_prov_secret_equal (amt_prov_setup_bin_variable_get_value (again),
                                          amt_prov_setup_bin_variable_get_value (variable)));
}

/* What a strict decoder has read is written byte for byte. */
static void
check_record (AmtProvSetupBinRecord *record,
              AmtProvSetupBinHeader *header,
              const uint8_t *data,
              gboolean lenient)
{
  GPtrArray *variables = amt_prov_setup_bin_record_get_variables (record);
  guint chunks = amt_prov_setup_bin_header_get_record_chunks (header);
  g_autoptr (AmtProvSecret) block = amt_prov_setup_bin_record_encode (record, chunks, NULL);

  for (guint i = 0; i < variables->len; i++)
    check_variable (variables->pdata[i]);
  g_assert_nonnull (block);
  if (!lenient)
    g_assert_true (memcmp (amt_prov_secret_peek (block, NULL), data,
                           amt_prov_setup_bin_header_get_record_size (header)) == 0);
}

static void
check_header (AmtProvSetupBinHeader *header, const uint8_t *data, gboolean lenient)
{
  g_autoptr (GBytes) bytes = amt_prov_setup_bin_header_encode (header);

  if (!lenient)
    g_assert_true (memcmp (g_bytes_get_data (bytes, NULL), data, AMT_PROV_SETUP_BIN_CHUNK) == 0);
}

static gboolean
find_error (AmtProvSetupBinDecoder *decoder)
{
  g_autoptr (GPtrArray) problems = amt_prov_setup_bin_decoder_take_problems (decoder);
  gboolean found = FALSE;

  for (guint i = 0; i < problems->len; i++) {
    g_assert_true (g_str_has_prefix (amt_prov_setup_bin_problem_get_sentence (problems->pdata[i]),
                                     "setup.bin, offset "));
    found |= amt_prov_setup_bin_problem_is_error (problems->pdata[i]);
  }
  return found;
}

/* Returns whether the decoder came to the end. */
static gboolean
read_all (AmtProvSetupBinDecoder *decoder, gboolean lenient, const uint8_t *data, size_t size)
{
  g_autoptr (AmtProvSetupBinHeader) header =
      amt_prov_setup_bin_decoder_decode_header (decoder, data, size, NULL);
  size_t at = AMT_PROV_SETUP_BIN_CHUNK;

  if (header == NULL)
    return FALSE;
  check_header (header, data, lenient);
  for (guint32 i = 0; i < amt_prov_setup_bin_header_get_n_records (header); i++) {
    gsize length = MIN (amt_prov_setup_bin_header_get_record_size (header), size - at);
    g_autoptr (AmtProvSetupBinRecord) record =
        amt_prov_setup_bin_decoder_decode_record (decoder, data + at, length, NULL);

    if (record == NULL)
      return FALSE;
    check_record (record, header, data + at, lenient);
    at += length;
  }
  return amt_prov_setup_bin_decoder_finish (decoder, size, NULL);
}

/* A lenient decoder finds an error exactly where a strict one stops. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (AmtProvSetupBinDecoder) strict = amt_prov_setup_bin_decoder_new (FALSE);
  g_autoptr (AmtProvSetupBinDecoder) lenient = amt_prov_setup_bin_decoder_new (TRUE);
  gboolean strict_end = read_all (strict, FALSE, data, size);
  gboolean lenient_end = read_all (lenient, TRUE, data, size);

  g_assert_true (strict_end == (lenient_end && !find_error (lenient)));
  g_assert_false (strict_end && find_error (strict));
  return 0;
}
