/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include <amtprov/amtprov.h>

/* The JSON form of setup.bin. What is written with its secrets reads as the same bytes again.
 *
 * {"major","minor","consumable","records":[{"number","valid","scrambled","variables":[
 * {"module","id","name","length","value"}]}],"next_available","used"}
 *
 * What few files have has members of its own: "state" of a record that is not valid, but neither
 * used with its variables nor wiped; "modules", "record_chunks" and "consumed" when they are not
 * [1, 2], 1, and as many as are used. */

/* In this order, a record at a time, so that no large file is held as a whole. */
void usb_json_write_start (GString *out, AmtProvSetupBinHeader *header);
void usb_json_write_record (GString *out, AmtProvSetupBinRecord *record, gboolean show_secrets);
void usb_json_write_end (GString *out,
                         AmtProvSetupBinHeader *header,
                         guint32 next_available,
                         guint32 n_used);

/* root is NULL for an empty text. Returns the header, and in records an array of
 * AmtProvSetupBinRecord; NULL with AMT_PROV_ERROR_INVALID_DATA, whose message names the member and
 * shows nothing of a secret. */
AmtProvSetupBinHeader *usb_json_read (JsonNode *root, GPtrArray **records, GError **error);

/* Stands for a secret that is not shown. */
#define USB_JSON_HIDDEN "***"

/* "valid", "used", "wiped" or "invalid". */
const char *usb_json_state_to_string (AmtProvSetupBinState state);
