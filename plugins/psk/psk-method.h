/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/amtprov.h>

G_BEGIN_DECLS

#define METHOD_ID "psk"

/* Credentials of this method: type, and the life of a pair. A pair serves one machine only. */
#define PSK_TYPE    "psk"
#define PSK_FREE    "free"
#define PSK_ISSUED  "issued" /* handed out on a stick or a sheet, which its notes name */
#define PSK_BOUND   "bound"
#define PSK_PENDING "pending"
#define PSK_RETIRED "retired"
#define PSK_REVOKED "revoked" /* for good; the note of this name says when */

#define AMT_PROV_TYPE_PSK_METHOD (amt_prov_psk_method_get_type ())
G_DECLARE_FINAL_TYPE (AmtProvPskMethod, amt_prov_psk_method, AMT_PROV, PSK_METHOD, GObject)

/* The pair by which a session has reached its machine. */
void amt_prov_psk_method_set_pair (AmtProvSession *session, AmtProvCredential *pair);
AmtProvCredential *amt_prov_psk_method_get_pair (AmtProvSession *session);

/* psk-pair.c */
AmtProvPsk *amt_prov_psk_method_read_pair (AmtProvCredential *credential, GError **error);
AmtProvCredential *amt_prov_psk_method_change_pair (AmtProvSession *session,
                                                    AmtProvCredential *pair,
                                                    const char *state);

/* psk-steps.c */
AmtProvStep *amt_prov_psk_method_new_bind_step (void);
AmtProvStep *amt_prov_psk_method_new_rotate_step (void);
AmtProvStep *amt_prov_psk_method_new_settle_step (void);

G_END_DECLS
