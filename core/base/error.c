/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <amtprov/error.h>

typedef struct {
  int pt_status;
  guint http_status;
  int tls_alert;
} AmtProvErrorPrivate;

static void
amt_prov_error_private_init (AmtProvErrorPrivate *priv)
{
  priv->pt_status = -1;
  priv->http_status = 0;
  priv->tls_alert = -1;
}

static void
amt_prov_error_private_copy (const AmtProvErrorPrivate *from, AmtProvErrorPrivate *to)
{
  *to = *from;
}

static void
amt_prov_error_private_clear (AmtProvErrorPrivate *priv)
{
}

/**
 * amt_prov_error_quark:
 *
 * The error domain of the whole library.
 *
 * Returns: the quark behind `AMT_PROV_ERROR`
 *
 * Since: 0.1
 */
G_DEFINE_EXTENDED_ERROR (AmtProvError, amt_prov_error)

/**
 * amt_prov_error_new_refused:
 * @pt_status: the PT status that the device returned, or -1 when there was none
 * @http_status: the HTTP status of the answer, or 0 when there was none
 * @message: what was refused, and where
 *
 * Makes an error that says that the device understood a request and would not do it. When the
 * status has a name it belongs in @message; see amt_prov_pt_status_to_string().
 *
 * Returns: (transfer full): an error with the code %AMT_PROV_ERROR_REFUSED
 *
 * Since: 0.1
 */
GError *
amt_prov_error_new_refused (int pt_status, guint http_status, const char *message)
{
  GError *error = g_error_new_literal (AMT_PROV_ERROR, AMT_PROV_ERROR_REFUSED, message);
  AmtProvErrorPrivate *priv = amt_prov_error_get_private (error);

  priv->pt_status = pt_status;
  priv->http_status = http_status;
  return error;
}

/**
 * amt_prov_error_new_tls:
 * @alert: the number of the TLS alert that ended the handshake, or -1 when there was none
 * @message: what failed, and where
 *
 * Makes an error for a failed TLS handshake. The alert is kept as data because the next attempt
 * depends on it (`tls-http.md §6.4`).
 *
 * Returns: (transfer full): an error with the code %AMT_PROV_ERROR_TLS
 *
 * Since: 0.1
 */
GError *
amt_prov_error_new_tls (int alert, const char *message)
{
  GError *error = g_error_new_literal (AMT_PROV_ERROR, AMT_PROV_ERROR_TLS, message);

  amt_prov_error_get_private (error)->tls_alert = alert;
  return error;
}

static const AmtProvErrorPrivate *
peek_private (const GError *error)
{
  if (error == NULL || error->domain != AMT_PROV_ERROR)
    return NULL;
  return amt_prov_error_get_private (error);
}

/**
 * amt_prov_error_get_pt_status:
 * @error: (nullable): any error, of any domain
 *
 * Gets the PT status (`heci.md §3`) that the device answered with.
 *
 * Returns: the status, or -1 when @error carries none
 *
 * Since: 0.1
 */
int
amt_prov_error_get_pt_status (const GError *error)
{
  const AmtProvErrorPrivate *priv = peek_private (error);

  return priv ? priv->pt_status : -1;
}

/**
 * amt_prov_error_get_http_status:
 * @error: (nullable): any error, of any domain
 *
 * Gets the HTTP status of the answer that caused the error.
 *
 * Returns: the status, or 0 when @error carries none
 *
 * Since: 0.1
 */
guint
amt_prov_error_get_http_status (const GError *error)
{
  const AmtProvErrorPrivate *priv = peek_private (error);

  return priv ? priv->http_status : 0;
}

/**
 * amt_prov_error_get_tls_alert:
 * @error: (nullable): any error, of any domain
 *
 * Gets the TLS alert that ended the handshake; 20 (bad record mac) asks for another attempt with
 * TLS 1.0 only (`tls-http.md §6.4`). Alerts are those of the peer, but for 70 (protocol version),
 * which may be ours: that the versions do not meet is the same whoever says it.
 *
 * Returns: the number of the alert, or -1 when @error carries none
 *
 * Since: 0.1
 */
int
amt_prov_error_get_tls_alert (const GError *error)
{
  const AmtProvErrorPrivate *priv = peek_private (error);

  return priv ? priv->tls_alert : -1;
}

typedef struct {
  guint status;
  const char *name;
} PtStatusName;

/* heci.md §3. Numbers for which it gives only a range have no name here. */
static const PtStatusName pt_status_names[] = {
    {0, "SUCCESS"},
    {1, "INTERNAL_ERROR"},
    {2, "NOT_READY"},
    {3, "INVALID_AMT_MODE"},
    {4, "INVALID_MESSAGE_LENGTH"},
    {16, "NOT_PERMITTED"},
    {23, "MAX_LIMIT_REACHED"},
    {24, "INVALID_AUTH_TYPE"},
    {25, "AUTHENTICATION_FAILED"},
    {26, "INVALID_DHCP_MODE"},
    {27, "INVALID_IP_ADDRESS"},
    {28, "INVALID_DOMAIN_NAME"},
    {30, "REQUEST_UNEXPECTED"},
    {32, "INVALID_PROVISIONING_STATE"},
    {34, "INVALID_TIME"},
    {35, "INVALID_INDEX"},
    {36, "INVALID_PARAMETER"},
    {37, "INVALID_NETMASK"},
    {38, "FLASH_WRITE_LIMIT_EXCEEDED"},
    {41, "PROPOSE_ANOTHER_VERSION"},
    {42, "INVALID_PID_FORMAT"},
    {43, "INVALID_PPS_FORMAT"},
    {45, "CONNECTION_FAILED"},
    {46, "CONNECTION_TOO_MANY"},
    {47, "RNG_GENERATION_IN_PROGRESS"},
    {48, "RNG_NOT_READY"},
    {49, "CERTIFICATE_NOT_READY"},
    {512, "remote access not granted"},
    {513, "remote access not granted, VPN disabled"},
    {514, "remote access granted without DDNS"},
    {515, "remote access granted with DDNS"},
    {1024, "DISABLED_BY_POLICY"},
    {2049, "unsupported OEM number"},
    {2050, "unsupported boot option"},
    {2051, "invalid command"},
    {2053, "INVALID_HANDLE"},
    {2054, "INVALID_PASSWORD"},
    {2055, "INVALID_REALM"},
    {2057, "DATA_MISSING"},
    {2058, "DUPLICATE"},
    {2060, "PKI_MISSING_KEYS"},
    {2061, "PKI_GENERATING_KEYS"},
    {2062, "INVALID_KEY"},
    {2063, "INVALID_CERT"},
    {2064, "CERT_KEY_NOT_MATCH"},
    {2066, "UNSUPPORTED"},
    {2067, "invalid priority"},
    {2068, "NOT_FOUND"},
    {2069, "INVALID_CREDENTIALS"},
    {2070, "invalid passphrase"},
    {2072, "no association"},
    {2075, "AUDIT_FAIL"},
    {2076, "BLOCKING_COMPONENT"},
    {2081, "USER_CONSENT_REQUIRED"},
    {2500, "IPv6 interface disabled"},
    {2501, "interface does not exist"},
};

/**
 * amt_prov_pt_status_to_string:
 * @status: a PT status, as PTHI and WS-Man return it
 *
 * Gets the name of a status (`heci.md §3`).
 *
 * Returns: (nullable): the name, or %NULL for a number that has none
 *
 * Since: 0.1
 */
const char *
amt_prov_pt_status_to_string (guint status)
{
  for (gsize i = 0; i < G_N_ELEMENTS (pt_status_names); i++)
    if (pt_status_names[i].status == status)
      return pt_status_names[i].name;
  return NULL;
}
