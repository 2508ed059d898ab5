/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "psk-file.h"

G_BEGIN_DECLS

/**
 * AmtprovPskBooking:
 *
 * New pairs for a file that is being made, and the folder in which it is made.
 *
 * The pairs are in the store as `issued` before they are in the file. Until the file has its name,
 * a lease in the store says that this is provisional: without the lease the pairs are handed out,
 * and with the lease of a process that has died they are free again.
 */
typedef struct _AmtprovPskBooking AmtprovPskBooking;

AmtprovPskBooking *amtprov_psk_booking_begin (AmtProvDatabase *database,
                                              const char *medium,
                                              const char *target,
                                              GError **error);
const char *amtprov_psk_booking_get_id (AmtprovPskBooking *self);
const char *amtprov_psk_booking_get_folder (AmtprovPskBooking *self);
GPtrArray *amtprov_psk_booking_claim (AmtprovPskBooking *self,
                                      guint n,
                                      AmtProvSecret *password,
                                      GError **error);
gboolean amtprov_psk_booking_publish (AmtprovPskBooking *self, const char *name, GError **error);
void amtprov_psk_booking_free (AmtprovPskBooking *self);

gboolean amtprov_psk_booking_recover (AmtProvDatabase *database, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AmtprovPskBooking, amtprov_psk_booking_free)

G_END_DECLS
