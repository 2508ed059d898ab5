/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "psk-booking.h"

G_BEGIN_DECLS

/* What making a file and cleaning up after one have in common. */

#define LEASE_STATE "psk-booking"
#define FREE        "free"
#define ISSUED      "issued"

/* Notes of a pair. A spare one was made for a file that nobody has seen. */
#define NOTE_MEDIUM  "medium"
#define NOTE_BOOKING "booking"
#define NOTE_FILE    "file"
#define NOTE_RECORD  "record"
#define NOTE_SPARE   "spare"

/* So many pairs are read and written at once. */
#define BATCH 1000

GPtrArray *amtprov_psk_changes_new (void);
gboolean amtprov_psk_apply_one (AmtProvDatabase *database,
                                AmtProvVerb verb,
                                AmtProvRecord *record,
                                GError **error);
/* Returns a descriptor that holds the lock, or -1 with errno. */
int amtprov_psk_lock_folder (const char *folder);
void amtprov_psk_remove_folder (const char *folder);
gboolean amtprov_psk_has_note (AmtProvRecord *record, const char *name, const char *wanted);
/* The next pairs in a state, at most BATCH, behind *after, which goes on with them. */
GPtrArray *amtprov_psk_query_pairs (AmtProvDatabase *database,
                                    const char *state,
                                    guint64 *after,
                                    GError **error);
/* Frees the pairs of a booking unless its file was published; then nothing is left of it. */
gboolean amtprov_psk_end_booking (AmtProvDatabase *database,
                                  AmtProvRecord *lease,
                                  const char *folder,
                                  gboolean published,
                                  GError **error);

G_END_DECLS
