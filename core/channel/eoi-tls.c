/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/eoi-private.h"

#include <string.h>
#include <openssl/crypto.h>
#include <amtprov/error.h>

#include "channel/request-private.h"

/* Key and certificate go out in one operation (eoi.md §3), which is sent when they are bound: until
 * then the channel keeps them. There is one such pair, so its handle is any word. */
#define HANDLE "0"

static AmtProvStageStart
start_keep_key (AmtProvCall *call, GError **error)
{
  AmtProvEoi *eoi = call->memory;

  if (!amt_prov_request_needs (call, "key", error))
    return AMT_PROV_STAGE_START_FAIL;
  g_clear_pointer (&eoi->key, amt_prov_secret_unref);
  eoi->key = amt_prov_secret_ref (amt_prov_action_get_secret (call->action, "key"));
  amt_prov_action_set_string (call->action, "handle", HANDLE);
  return AMT_PROV_STAGE_START_DONE;
}

const AmtProvStage amt_prov_eoi_add_key[] = {
    {.start = start_keep_key},
    {0},
};

static AmtProvStageStart
start_keep_certificate (AmtProvCall *call, GError **error)
{
  AmtProvEoi *eoi = call->memory;

  if (!amt_prov_request_needs (call, "certificate", error))
    return AMT_PROV_STAGE_START_FAIL;
  g_clear_pointer (&eoi->certificate, g_bytes_unref);
  eoi->certificate = g_bytes_ref (amt_prov_action_get_bytes (call->action, "certificate"));
  amt_prov_action_set_string (call->action, "handle", HANDLE);
  return AMT_PROV_STAGE_START_DONE;
}

const AmtProvStage amt_prov_eoi_add_certificate[] = {
    {.start = start_keep_certificate},
    {0},
};

static void
add_base64 (AmtProvXml *request, const char *name, const guint8 *data, gsize length)
{
  char *text = g_base64_encode (data, length);

  amt_prov_request_add (request, name, text);
  OPENSSL_cleanse (text, strlen (text));
  g_free (text);
}

static AmtProvStageStart
start_bind (AmtProvCall *call, GError **error)
{
  AmtProvEoi *eoi = call->memory;
  gsize length = 0;

  if (eoi->key == NULL || eoi->certificate == NULL) {
    g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_WRONG_STATE,
                         "key and certificate must be added over this connection first");
    return AMT_PROV_STAGE_START_FAIL;
  }
  AmtProvXml *request = amt_prov_eoi_new_request (call->stage->what);
  const guint8 *key = amt_prov_secret_peek (eoi->key, &length);
  add_base64 (request, "Key", key, length);
  const guint8 *certificate = g_bytes_get_data (eoi->certificate, &length);
  add_base64 (request, "Certificate", certificate, length);
  amt_prov_eoi_ask (call, request);
  return AMT_PROV_STAGE_START_SEND;
}

const AmtProvStage amt_prov_eoi_bind_certificate[] = {
    {.start = start_bind, .end = amt_prov_eoi_end_plain, .what = "SetTLSKeyAndCertificate"},
    {0},
};

static AmtProvStageStart
start_trust (AmtProvCall *call, GError **error)
{
  GBytes *certificate = amt_prov_action_get_bytes (call->action, "certificate");
  gsize length = 0;

  if (!amt_prov_request_needs (call, "certificate", error))
    return AMT_PROV_STAGE_START_FAIL;
  AmtProvXml *request = amt_prov_eoi_new_request (call->stage->what);
  const guint8 *data = g_bytes_get_data (certificate, &length);
  add_base64 (request, "Certificate", data, length);
  amt_prov_eoi_ask (call, request);
  return AMT_PROV_STAGE_START_SEND;
}

static AmtProvStageEnd
end_trust (AmtProvCall *call, const AmtProvXml *answer, GError **error)
{
  amt_prov_action_set_string (call->action, "handle", amt_prov_xml_text (answer, "CertHandle"));
  return AMT_PROV_STAGE_END_NEXT;
}

const AmtProvStage amt_prov_eoi_add_trusted_root[] = {
    {.start = start_trust, .end = end_trust, .what = "CertStoreAddCertificate"},
    {0},
};

static AmtProvStageStart
start_set_tls (AmtProvCall *call, GError **error)
{
  AmtProvXml *request = amt_prov_eoi_new_request (call->stage->what);
  gboolean tls = amt_prov_action_get_boolean (call->action, "tls");
  gboolean mutual = amt_prov_action_get_boolean (call->action, "mutual");

  amt_prov_request_add (request, "TlsServerAuthentication", tls ? "true" : "false");
  amt_prov_request_add (request, "TlsMutualAuthentication", mutual ? "true" : "false");
  amt_prov_eoi_ask (call, request);
  return AMT_PROV_STAGE_START_SEND;
}

const AmtProvStage amt_prov_eoi_set_tls[] = {
    {.start = start_set_tls, .end = amt_prov_eoi_end_plain, .what = "SetTlsOptions"},
    {0},
};
