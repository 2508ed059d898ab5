/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <amtprov/error.h>
#include <amtprov/psk.h>

#include "wire/setup-bin-private.h"

/* FAT keeps the size of a file in 32 bits. */
#define MAX_FILE_SIZE G_MAXUINT32

void
amt_prov_setup_bin_check_init (AmtProvSetupBinCheck *self, gboolean lenient)
{
  self->lenient = lenient;
  self->pids = g_hash_table_new (g_str_hash, g_str_equal);
  self->pid_texts = g_string_chunk_new (4096);
  self->problems =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_setup_bin_problem_unref);
}

void
amt_prov_setup_bin_check_clear (AmtProvSetupBinCheck *self)
{
  g_clear_pointer (&self->header, amt_prov_setup_bin_header_unref);
  g_hash_table_unref (self->pids);
  g_string_chunk_free (self->pid_texts);
  g_ptr_array_unref (self->problems);
}

GPtrArray *
amt_prov_setup_bin_check_take_problems (AmtProvSetupBinCheck *self)
{
  GPtrArray *taken = self->problems;

  self->problems =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_setup_bin_problem_unref);
  return taken;
}

static char *
write_sentence (guint64 offset, guint32 record, const char *format, va_list args)
{
  g_autofree char *reason = g_strdup_vprintf (format, args);
  g_autofree char *where = record > 0 ? g_strdup_printf (", record %u", record) : g_strdup ("");

  return g_strdup_printf ("setup.bin, offset %" G_GUINT64_FORMAT " (0x%" G_GINT64_MODIFIER
                          "x)%s: %s",
                          offset, offset, where, reason);
}

gboolean
amt_prov_setup_bin_check_stop (
    guint64 offset, guint32 record, GError **error, const char *format, ...)
{
  g_autofree char *sentence = NULL;
  va_list args;

  va_start (args, format);
  sentence = write_sentence (offset, record, format, args);
  va_end (args);
  g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA, sentence);
  return FALSE;
}

gboolean
amt_prov_setup_bin_check_fail (AmtProvSetupBinCheck *self,
                               AmtProvSetupBinRule rule,
                               guint64 offset,
                               guint32 record,
                               GError **error,
                               const char *format,
                               ...)
{
  char *sentence;
  va_list args;

  va_start (args, format);
  sentence = write_sentence (offset, record, format, args);
  va_end (args);
  if (!self->lenient)
    g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA, sentence);
  g_ptr_array_add (self->problems,
                   amt_prov_setup_bin_problem_new (rule, TRUE, offset, record, sentence));
  return self->lenient;
}

void
amt_prov_setup_bin_check_warn (AmtProvSetupBinCheck *self,
                               AmtProvSetupBinRule rule,
                               guint64 offset,
                               guint32 record,
                               const char *format,
                               ...)
{
  va_list args;

  va_start (args, format);
  g_ptr_array_add (self->problems,
                   amt_prov_setup_bin_problem_new (rule, FALSE, offset, record,
                                                   write_sentence (offset, record, format, args)));
  va_end (args);
}

gboolean
amt_prov_setup_bin_check_header (AmtProvSetupBinCheck *self, GError **error)
{
  AmtProvSetupBinHeader *header = self->header;
  guint32 n_records = amt_prov_setup_bin_header_get_n_records (header);
  guint64 size = amt_prov_setup_bin_header_get_file_size (header);
  gboolean consumable = amt_prov_setup_bin_header_get_consumable (header);

  if (n_records == 0 && !amt_prov_setup_bin_check_fail (self, AMT_PROV_SETUP_BIN_RULE_HEADER,
                                                        SETUP_BIN_OFFSET_RECORDS, 0, error,
                                                        "the file is said to have no records"))
    return FALSE;
  if (size > MAX_FILE_SIZE &&
      !amt_prov_setup_bin_check_fail (
          self, AMT_PROV_SETUP_BIN_RULE_SIZE, SETUP_BIN_OFFSET_RECORDS, 0, error,
          "%u records of %" G_GSIZE_FORMAT " bytes make a file of %" G_GUINT64_FORMAT
          " bytes, and FAT holds none of 4 GiB or more",
          n_records, amt_prov_setup_bin_header_get_record_size (header), size))
    return FALSE;
  if (!consumable && n_records > 1)
    amt_prov_setup_bin_check_warn (
        self, AMT_PROV_SETUP_BIN_RULE_CONSUMABLE, SETUP_BIN_OFFSET_FLAGS, 0,
        "the file is not consumable, so machines take record 1 only, of %u", n_records);
  if (!consumable && amt_prov_setup_bin_header_get_major (header) < 2)
    amt_prov_setup_bin_check_warn (
        self, AMT_PROV_SETUP_BIN_RULE_CONSUMABLE, SETUP_BIN_OFFSET_FLAGS, 0,
        "the file is not consumable, but files of version 1 are always meant to be consumed");
  return TRUE;
}

gboolean
amt_prov_setup_bin_check_end (AmtProvSetupBinCheck *self, GError **error)
{
  guint32 n_records = amt_prov_setup_bin_header_get_n_records (self->header);
  guint32 n_consumed = amt_prov_setup_bin_header_get_n_consumed (self->header);

  if (self->n_records != n_records &&
      !amt_prov_setup_bin_check_fail (
          self, AMT_PROV_SETUP_BIN_RULE_SIZE,
          amt_prov_setup_bin_header_get_record_offset (self->header, self->n_records + 1), 0, error,
          "the header announces %u records, but there are %u", n_records, self->n_records))
    return FALSE;
  if (self->n_used != n_consumed)
    amt_prov_setup_bin_check_warn (
        self, AMT_PROV_SETUP_BIN_RULE_COUNTER, SETUP_BIN_OFFSET_CONSUMED, 0,
        "the header counts %u used records, but %u are marked as used", n_consumed, self->n_used);
  return TRUE;
}
