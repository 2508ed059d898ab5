/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/eoi-private.h"

#include <string.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <amtprov/error.h>

#include "channel/request-private.h"

/* PT status DATA_MISSING (heci.md §3) */
#define PT_STATUS_DATA_MISSING 2057

/* SetRNGKey takes 16 to 64 bytes (eoi.md §3). */
#define SEED_LENGTH 32

static AmtProvXml *
new_request (AmtProvCall *call)
{
  return amt_prov_eoi_new_request (call->stage->what);
}

static AmtProvStageStart
ask (AmtProvCall *call, AmtProvXml **request)
{
  amt_prov_eoi_ask (call, g_steal_pointer (request));
  return AMT_PROV_STAGE_START_SEND;
}

/* Identity. On 2.x nothing tells the UUID (wsman-examples.md §9): the value stays unset. */

static AmtProvStageEnd
end_version (AmtProvCall *call, const AmtProvXml *answer, GError **error)
{
  const char *release = amt_prov_xml_text (answer, "Version");

  if (release == NULL) {
    g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL,
                         "the answer has no Version");
    return AMT_PROV_STAGE_END_FAIL;
  }
  amt_prov_action_set_string (call->action, "release", release);
  return AMT_PROV_STAGE_END_NEXT;
}

static AmtProvStageEnd
end_uuid (AmtProvCall *call, const AmtProvXml *answer, GError **error)
{
  g_autofree char *uuid = amt_prov_request_read_uuid (amt_prov_xml_text (answer, "UUID"));

  amt_prov_action_set_string (call->action, "uuid", uuid);
  return AMT_PROV_STAGE_END_NEXT;
}

const AmtProvStage amt_prov_eoi_get_identity[] = {
    {.start = amt_prov_eoi_start_plain, .end = end_version, .what = "GetCoreVersion"},
    {.start = amt_prov_eoi_start_plain, .end = end_uuid, .what = "GetUuid", .optional = TRUE},
    {0},
};

/* State: what a machine does not tell stays unset. */

static AmtProvStageEnd
end_state (AmtProvCall *call, const AmtProvXml *answer, GError **error)
{
  gint64 state = amt_prov_xml_int (answer, "ProvisioningState", -1);

  if (state >= 0)
    amt_prov_action_set_int (call->action, "state", state);
  return AMT_PROV_STAGE_END_NEXT;
}

static AmtProvStageEnd
end_otp (AmtProvCall *call, const AmtProvXml *answer, GError **error)
{
  g_autoptr (AmtProvSecret) otp = amt_prov_request_read_otp (amt_prov_xml_text (answer, "OTP"));

  amt_prov_action_set_secret (call->action, "otp", otp);
  return AMT_PROV_STAGE_END_NEXT;
}

const AmtProvStage amt_prov_eoi_read_state[] = {
    {.start = amt_prov_eoi_start_plain,
     .end = end_state,
     .what = "GetProvisioningState",
     .optional = TRUE},
    {.start = amt_prov_eoi_start_plain,
     .end = end_otp,
     .what = "GetProvisioningServerOTP",
     .optional = TRUE},
    {0},
};

/* Window, MEBx password, PSK */

static AmtProvStageStart
start_extend (AmtProvCall *call, GError **error)
{
  g_autoptr (AmtProvXml) request = new_request (call);

  if (!amt_prov_request_add_hours (request, call, error))
    return AMT_PROV_STAGE_START_FAIL;
  return ask (call, &request);
}

const AmtProvStage amt_prov_eoi_extend_window[] = {
    {.start = start_extend, .end = amt_prov_eoi_end_plain, .what = "ExtendProvisioningPeriod"},
    {0},
};

static AmtProvStageStart
start_mebx (AmtProvCall *call, GError **error)
{
  g_autoptr (AmtProvXml) request = new_request (call);

  if (!amt_prov_request_add_password (request, call, error))
    return AMT_PROV_STAGE_START_FAIL;
  return ask (call, &request);
}

const AmtProvStage amt_prov_eoi_set_mebx_password[] = {
    {.start = start_mebx, .end = amt_prov_eoi_end_plain, .what = "SetMEBxPassword"},
    {0},
};

static AmtProvStageStart
start_psk (AmtProvCall *call, GError **error)
{
  g_autoptr (AmtProvXml) request = new_request (call);

  if (!amt_prov_request_add_pair (request, call, error))
    return AMT_PROV_STAGE_START_FAIL;
  return ask (call, &request);
}

const AmtProvStage amt_prov_eoi_set_psk[] = {
    {.start = start_psk, .end = amt_prov_eoi_end_plain, .what = "SetTLSPSK"},
    {0},
};

/* Administrator */

static AmtProvStageStart
start_admin (AmtProvCall *call, GError **error)
{
  const char *realm =
      amt_prov_xml_text (amt_prov_eoi_get_answer (call, "GetDigestRealm"), "DigestRealm");
  g_autoptr (AmtProvXml) request = new_request (call);
  AmtProvXml *entry =
      amt_prov_xml_append (request, amt_prov_xml_new (request->ns, "EntryEx", NULL));

  if (!amt_prov_request_add_admin (entry, call, realm, error))
    return AMT_PROV_STAGE_START_FAIL;
  return ask (call, &request);
}

static AmtProvStageEnd
end_admin (AmtProvCall *call, const AmtProvXml *answer, GError **error)
{
  call->log_in_again = TRUE;
  return AMT_PROV_STAGE_END_NEXT;
}

const AmtProvStage amt_prov_eoi_set_admin[] = {
    AMT_PROV_EOI_ONCE ("GetDigestRealm"),
    {.start = start_admin, .end = end_admin, .what = "SetAdminAclEntryEx"},
    {0},
};

/* Clock */

static AmtProvStageStart
start_set_clock (AmtProvCall *call, GError **error)
{
  g_autoptr (AmtProvXml) request = new_request (call);

  amt_prov_request_add_clock (request, call);
  return ask (call, &request);
}

const AmtProvStage amt_prov_eoi_set_clock[] = {
    {.start = amt_prov_eoi_start_plain,
     .end = amt_prov_request_compare_clock,
     .what = "GetLowAccuracyTimeSynch"},
    {.start = start_set_clock, .end = amt_prov_eoi_end_plain, .what = "SetHighAccuracyTimeSynch"},
    {0},
};

/* Commit. Some firmware misses random bytes before it commits (eoi.md §4.1, step 5): it gets them
 * and is asked once more. */

static AmtProvStageStart
start_seed (AmtProvCall *call, GError **error)
{
  guint8 seed[SEED_LENGTH];
  g_autoptr (AmtProvXml) request = new_request (call);

  if (RAND_priv_bytes (seed, sizeof seed) != 1) {
    g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_FAILED,
                         "OpenSSL gives no random bytes");
    return AMT_PROV_STAGE_START_FAIL;
  }
  char *text = g_base64_encode (seed, sizeof seed);
  amt_prov_request_add (request, "RNGKey", text);
  OPENSSL_cleanse (seed, sizeof seed);
  OPENSSL_cleanse (text, strlen (text));
  g_free (text);
  return ask (call, &request);
}

static AmtProvStageEnd
end_commit (AmtProvCall *call, const AmtProvXml *answer, GError **error)
{
  if (answer != NULL)
    return AMT_PROV_STAGE_END_DONE;
  if (amt_prov_error_get_pt_status (call->refusal) == PT_STATUS_DATA_MISSING)
    return AMT_PROV_STAGE_END_NEXT;
  g_propagate_error (error, g_steal_pointer (&call->refusal));
  return AMT_PROV_STAGE_END_FAIL;
}

const AmtProvStage amt_prov_eoi_commit[] = {
    {.start = amt_prov_eoi_start_plain,
     .end = end_commit,
     .what = "CommitChanges",
     .optional = TRUE},
    {.start = start_seed, .end = amt_prov_eoi_end_plain, .what = "SetRNGKey", .optional = TRUE},
    {.start = amt_prov_eoi_start_plain, .end = amt_prov_eoi_end_plain, .what = "CommitChanges"},
    {0},
};
