/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <amtprov/macros.h>

G_BEGIN_DECLS

#define AMT_PROV_ERROR (amt_prov_error_quark ())

/**
 * AmtProvError:
 * @AMT_PROV_ERROR_FAILED: something else went wrong
 * @AMT_PROV_ERROR_NOT_SUPPORTED: this release, SKU or interface cannot do it
 * @AMT_PROV_ERROR_INVALID_DATA: bytes or text that break a format; the message names the offset
 * @AMT_PROV_ERROR_CONFIG: a configuration or capability file is wrong; the message names file,
 * line, group, key
 * @AMT_PROV_ERROR_NOT_FOUND: no such record, file, class or instance
 * @AMT_PROV_ERROR_CONFLICT: somebody else holds or has changed it
 * @AMT_PROV_ERROR_CONNECTION: the network connection failed or was closed
 * @AMT_PROV_ERROR_TIMEOUT: a time limit has passed
 * @AMT_PROV_ERROR_TLS: the TLS handshake failed; see amt_prov_error_get_tls_alert()
 * @AMT_PROV_ERROR_AUTH_FAILED: the device refused every log-in
 * @AMT_PROV_ERROR_PROTOCOL: the answer is not what AMT would say
 * @AMT_PROV_ERROR_REFUSED: the device answered with a fault or a PT status; see
 * amt_prov_error_get_pt_status()
 * @AMT_PROV_ERROR_WRONG_STATE: not possible in the device's present state
 * @AMT_PROV_ERROR_BLOCKED: a person must act before it can go on; the message says what to do
 * @AMT_PROV_ERROR_PLUGIN_FAILED: a plugin broke its contract
 * @AMT_PROV_ERROR_STORE: the store cannot read or write
 *
 * What went wrong, by meaning. Codes are only ever appended. Cancellation stays
 * %G_IO_ERROR_CANCELLED.
 *
 * Since: 0.1
 */
typedef enum {
  AMT_PROV_ERROR_FAILED,
  AMT_PROV_ERROR_NOT_SUPPORTED,
  AMT_PROV_ERROR_INVALID_DATA,
  AMT_PROV_ERROR_CONFIG,
  AMT_PROV_ERROR_NOT_FOUND,
  AMT_PROV_ERROR_CONFLICT,
  AMT_PROV_ERROR_CONNECTION,
  AMT_PROV_ERROR_TIMEOUT,
  AMT_PROV_ERROR_TLS,
  AMT_PROV_ERROR_AUTH_FAILED,
  AMT_PROV_ERROR_PROTOCOL,
  AMT_PROV_ERROR_REFUSED,
  AMT_PROV_ERROR_WRONG_STATE,
  AMT_PROV_ERROR_BLOCKED,
  AMT_PROV_ERROR_PLUGIN_FAILED,
  AMT_PROV_ERROR_STORE,
} AmtProvError;

AMT_PROV_EXPORT GQuark amt_prov_error_quark (void);
AMT_PROV_EXPORT GError *
amt_prov_error_new_refused (int pt_status, guint http_status, const char *message);
AMT_PROV_EXPORT GError *amt_prov_error_new_tls (int alert, const char *message);
AMT_PROV_EXPORT int amt_prov_error_get_pt_status (const GError *error);
AMT_PROV_EXPORT guint amt_prov_error_get_http_status (const GError *error);
AMT_PROV_EXPORT int amt_prov_error_get_tls_alert (const GError *error);
AMT_PROV_EXPORT const char *amt_prov_pt_status_to_string (guint status);

G_END_DECLS
