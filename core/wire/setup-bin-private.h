/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <string.h>

#include <amtprov/setup-bin-header.h>
#include <amtprov/setup-bin-problem.h>
#include <amtprov/setup-bin-record.h>

#include "wire/little-endian-private.h"

#define SETUP_BIN_RECORD_HEAD   24
#define SETUP_BIN_VARIABLE_HEAD 8

/* Where fields of the header are that rules judge (setup-bin.md §2). */
#define SETUP_BIN_OFFSET_FLAGS    0x1a
#define SETUP_BIN_OFFSET_RECORDS  0x1c
#define SETUP_BIN_OFFSET_CONSUMED 0x20

#define SETUP_BIN_MODULE_ME  1
#define SETUP_BIN_MODULE_AMT 2

/* As many as fit behind the 40 bytes in front of them, with the zero that ends the list. */
#define SETUP_BIN_MAX_MODULES ((AMT_PROV_SETUP_BIN_CHUNK - 40) / 2 - 1)

struct _AmtProvSetupBinHeader {
  gatomicrefcount ref_count;
  guint8 major;
  guint8 minor;
  gboolean consumable;
  guint32 n_records;
  guint32 n_consumed;
  guint16 record_chunks;
  gsize n_modules;
  guint16 modules[SETUP_BIN_MAX_MODULES];
};

/* A header of no version, with records of one chunk. */
AmtProvSetupBinHeader *amt_prov_setup_bin_header_alloc (void);
gboolean amt_prov_setup_bin_knows_version (guint major, guint minor);

/* A row of setup-bin.md §6. */
typedef struct {
  guint16 module;
  guint16 id;
  const char *name;
  AmtProvSetupBinType type;
  guint16 min_length;
  guint16 max_length;
  /* Numbers: from min to max, and also. */
  guint32 min;
  guint32 max;
  guint32 also;
  /* The file version that brought it. */
  guint8 major;
  guint8 minor;
  gboolean secret;
} AmtProvSetupBinRow;

/* Both return NULL for what is not known. */
const AmtProvSetupBinRow *amt_prov_setup_bin_row_find (guint module, guint id);
const AmtProvSetupBinRow *amt_prov_setup_bin_row_find_name (const char *name);
/* A small number that no other row has. */
guint amt_prov_setup_bin_row_index (const AmtProvSetupBinRow *row);
/* Whether bytes can be read as the type of the row; the reason shows nothing of them. */
gboolean amt_prov_setup_bin_row_fits (const AmtProvSetupBinRow *row,
                                      const guint8 *data,
                                      gsize length,
                                      char **reason);
/* Of an integer whose length fits. */
guint32 amt_prov_setup_bin_row_get_number (const AmtProvSetupBinRow *row, const guint8 *data);
gboolean
amt_prov_setup_bin_row_allows (const AmtProvSetupBinRow *row, guint32 number, char **reason);

const AmtProvSetupBinRow *amt_prov_setup_bin_variable_get_row (AmtProvSetupBinVariable *self);
/* Without the checks that variable_new() makes. */
AmtProvSetupBinVariable *amt_prov_setup_bin_variable_new_from_data (guint module,
                                                                    guint id,
                                                                    const guint8 *data,
                                                                    gsize length);
/* Bytes that it takes in a record, with head and padding. */
gsize amt_prov_setup_bin_variable_get_size (AmtProvSetupBinVariable *self);

/* Takes sentence. */
AmtProvSetupBinProblem *amt_prov_setup_bin_problem_new (
    AmtProvSetupBinRule rule, gboolean is_error, guint64 offset, guint32 record, char *sentence);

/* What reading and writing know of the file so far. */
typedef struct {
  gboolean lenient;
  AmtProvSetupBinHeader *header;
  /* PID to number of the record, both in the strings below. */
  GHashTable *pids;
  GStringChunk *pid_texts;
  GPtrArray *problems;
  guint32 n_records;
  guint32 n_used;
  guint32 next_available;
} AmtProvSetupBinCheck;

void amt_prov_setup_bin_check_init (AmtProvSetupBinCheck *self, gboolean lenient);
void amt_prov_setup_bin_check_clear (AmtProvSetupBinCheck *self);
GPtrArray *amt_prov_setup_bin_check_take_problems (AmtProvSetupBinCheck *self);

/* Returns TRUE when a lenient reader goes on. */
gboolean amt_prov_setup_bin_check_fail (AmtProvSetupBinCheck *self,
                                        AmtProvSetupBinRule rule,
                                        guint64 offset,
                                        guint32 record,
                                        GError **error,
                                        const char *format,
                                        ...) G_GNUC_PRINTF (6, 7);
void amt_prov_setup_bin_check_warn (AmtProvSetupBinCheck *self,
                                    AmtProvSetupBinRule rule,
                                    guint64 offset,
                                    guint32 record,
                                    const char *format,
                                    ...) G_GNUC_PRINTF (5, 6);

/* For what even a lenient reader cannot pass by: always FALSE with an error. */
gboolean amt_prov_setup_bin_check_stop (
    guint64 offset, guint32 record, GError **error, const char *format, ...) G_GNUC_PRINTF (4, 5);

/* Each returns FALSE with an error when a rule is broken and the reader is not lenient. */
gboolean amt_prov_setup_bin_check_header (AmtProvSetupBinCheck *self, GError **error);
gboolean amt_prov_setup_bin_check_record (AmtProvSetupBinCheck *self,
                                          AmtProvSetupBinRecord *record,
                                          GError **error);
gboolean amt_prov_setup_bin_check_end (AmtProvSetupBinCheck *self, GError **error);

/* NULL with an error when data is shorter than the header, or a rule is broken and the reader is
 * not lenient. */
AmtProvSetupBinHeader *amt_prov_setup_bin_header_decode (AmtProvSetupBinCheck *check,
                                                         const guint8 *data,
                                                         gsize length,
                                                         GError **error);
/* data has the size that check->header says. */
AmtProvSetupBinRecord *amt_prov_setup_bin_record_decode (AmtProvSetupBinCheck *check,
                                                         guint32 number,
                                                         const guint8 *data,
                                                         GError **error);

static inline gboolean
setup_bin_is_filled (const guint8 *data, gsize length, guint8 byte)
{
  return length == 0 || (data[0] == byte && memcmp (data, data + 1, length - 1) == 0);
}
