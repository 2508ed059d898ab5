/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/amtprov.h>

/* A whole setup.bin in memory, for tests. */

/* The file that setup-bin.md §10 prints. */
GByteArray *example_file (void);
#define EXAMPLE_SHA256 "1d2f63eba507b6d42ddf4ab93384bad596b6bfd3e87cb27878869465e45f5399"

/* Writes bytes given as hexadecimal digits, with or without spaces. */
void put_hex (GByteArray *file, gsize offset, const char *hex);

/* What was read. */
typedef struct {
  AmtProvSetupBinHeader *header;
  GPtrArray *records;
  GPtrArray *problems;
  guint32 next_available;
  guint32 n_used;
} ReadFile;

/* Reads the whole file; NULL with an error when the decoder stops. */
ReadFile *read_file (GByteArray *file, gboolean lenient, GError **error);
void read_file_free (ReadFile *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ReadFile, read_file_free)

/* Writes the whole file; NULL with an error when the encoder stops. */
GByteArray *write_file (AmtProvSetupBinHeader *header, GPtrArray *records, GError **error);

/* A record with NAME, VALUE … NULL in the order given. */
AmtProvSetupBinRecord *make_record (const char *name, ...) G_GNUC_NULL_TERMINATED;
/* The bytes of a file of one record that is made so. */
GByteArray *make_file (const char *version, AmtProvSetupBinRecord *record);

void assert_same (GByteArray *file, GByteArray *other);
