/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include <amtprov/secret.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_PSK (amt_prov_psk_get_type ())

/**
 * AMT_PROV_PID_LENGTH:
 *
 * Characters of a PID without dash.
 *
 * Since: 0.1
 */
#define AMT_PROV_PID_LENGTH 8
/**
 * AMT_PROV_PPS_LENGTH:
 *
 * Characters of a PPS without dashes.
 *
 * Since: 0.1
 */
#define AMT_PROV_PPS_LENGTH 32

/**
 * AmtProvPsk:
 *
 * A PID/PPS pair: identity and key of TLS-PSK provisioning. Both are kept without dashes and both
 * have passed their check characters.
 *
 * Since: 0.1
 */
typedef struct _AmtProvPsk AmtProvPsk;

AMT_PROV_EXPORT GType amt_prov_psk_get_type (void);
AMT_PROV_EXPORT AmtProvPsk *amt_prov_psk_new (const char *pid, const char *pps, GError **error);
AMT_PROV_EXPORT AmtProvPsk *amt_prov_psk_generate (void);
AMT_PROV_EXPORT AmtProvPsk *amt_prov_psk_ref (AmtProvPsk *self);
AMT_PROV_EXPORT void amt_prov_psk_unref (AmtProvPsk *self);
AMT_PROV_EXPORT const char *amt_prov_psk_get_pid (AmtProvPsk *self);
AMT_PROV_EXPORT AmtProvSecret *amt_prov_psk_get_pps (AmtProvPsk *self);
AMT_PROV_EXPORT char *amt_prov_psk_dup_dashed_pid (AmtProvPsk *self);
AMT_PROV_EXPORT AmtProvSecret *amt_prov_psk_dup_dashed_pps (AmtProvPsk *self);
AMT_PROV_EXPORT char *amt_prov_psk_parse_pid (const char *text, GError **error);
AMT_PROV_EXPORT AmtProvSecret *amt_prov_psk_parse_pps (const char *text, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AmtProvPsk, amt_prov_psk_unref)

G_END_DECLS
