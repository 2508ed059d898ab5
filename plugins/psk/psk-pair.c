/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "psk-method.h"

AmtProvPsk *
amt_prov_psk_method_read_pair (AmtProvCredential *credential, GError **error)
{
  AmtProvSecret *pps = amt_prov_credential_get_value (credential, "pps");

  if (pps == NULL) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_STORE,
                 "the store has PID %s without its PPS", amt_prov_credential_get_id (credential));
    return NULL;
  }
  return amt_prov_psk_new (amt_prov_credential_get_id (credential), amt_prov_secret_peek_text (pps),
                           error);
}

/* Gives a pair to the session's machine, in another state. */
AmtProvCredential *
amt_prov_psk_method_change_pair (AmtProvSession *session,
                                 AmtProvCredential *pair,
                                 const char *state)
{
  const char *uuid = amt_prov_device_get_uuid (amt_prov_session_get_device (session));

  amt_prov_credential_set_owner (pair, uuid);
  amt_prov_credential_set_state (pair, state);
  return amt_prov_credential_ref (pair);
}
