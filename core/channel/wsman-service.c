/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/wsman-private.h"

#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <amtprov/error.h>
#include <amtprov/uuid.h>

#define SERVICE       "AMT_SetupAndConfigurationService"
#define AUTHORIZATION "AMT_AuthorizationService"
#define CLOCK         "AMT_TimeSynchronizationService"
#define GENERAL       "AMT_GeneralSettings"
#define IDENTITY      "CIM_SoftwareIdentity"

/* A clock this far off is set; closer is what a request's own time explains (wsman.md §5.4). */
#define CLOCK_TOLERANCE 10

static AmtProvXml *
new_input (AmtProvCall *call)
{
  return amt_prov_wsman_new_method (call->stage->class_name, call->stage->what);
}

static void
add (AmtProvXml *input, const char *name, const char *text)
{
  amt_prov_xml_append (input, amt_prov_xml_new (input->ns, name, text));
}

static void
add_int (AmtProvXml *input, const char *name, gint64 value)
{
  g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT, value);

  add (input, name, text);
}

static AmtProvStageStart
start_plain_method (AmtProvCall *call, GError **error)
{
  amt_prov_wsman_ask_method (call, new_input (call));
  return AMT_PROV_STAGE_START_SEND;
}

static AmtProvStageStart
start_need (AmtProvCall *call, const char *name, GError **error)
{
  if (amt_prov_action_has (call->action, name))
    return AMT_PROV_STAGE_START_SEND;
  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
               "the action lacks its value '%s'", name);
  return AMT_PROV_STAGE_START_FAIL;
}

/* Identity */

static const char *
find_version (AmtProvCall *call, const char *instance_id)
{
  return amt_prov_xml_text (amt_prov_wsman_find_instance (call, IDENTITY, instance_id),
                            "VersionString");
}

static AmtProvStageEnd
end_uuid (AmtProvCall *call, const AmtProvXml *body, GError **error)
{
  const char *text =
      amt_prov_xml_text (body->children->len > 0 ? body->children->pdata[0] : NULL, "UUID");
  const char *release = find_version (call, "AMT");
  const char *sku = find_version (call, "Sku");
  gsize length = 0;

  if (!amt_prov_wsman_check_return (body, call->stage->what, error))
    return AMT_PROV_STAGE_END_FAIL;
  if (release == NULL)
    release = find_version (call, "AMT FW Core Version");
  g_autofree guchar *bytes = text == NULL ? NULL : g_base64_decode (text, &length);
  if (release == NULL || length != AMT_PROV_UUID_LENGTH) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL, "the device does not tell its %s",
                 release == NULL ? "release: CIM_SoftwareIdentity has no instance 'AMT'" : "UUID");
    return AMT_PROV_STAGE_END_FAIL;
  }
  g_autofree char *uuid = amt_prov_uuid_from_wire (bytes);
  amt_prov_action_set_string (call->action, "release", release);
  amt_prov_action_set_string (call->action, "build", find_version (call, "Build Number"));
  if (sku != NULL)
    amt_prov_action_set_int (call->action, "sku", g_ascii_strtoll (sku, NULL, 10));
  amt_prov_action_set_string (call->action, "uuid", uuid);
  return AMT_PROV_STAGE_END_NEXT;
}

const AmtProvStage amt_prov_wsman_get_identity[] = {
    AMT_PROV_WSMAN_ENUMERATE (IDENTITY),
    {.start = start_plain_method, .end = end_uuid, .class_name = SERVICE, .what = "GetUuid"},
    {0},
};

/* State: always asked anew, as it changes by itself. */

static AmtProvStageStart
start_state (AmtProvCall *call, GError **error)
{
  amt_prov_wsman_ask (call, SERVICE, AMT_PROV_WSMAN_TRANSFER "/Get", NULL, NULL);
  return AMT_PROV_STAGE_START_SEND;
}

/* 32 zero bytes stand for no one-time password (wsman-examples.md §5.2). */
static AmtProvSecret *
read_otp (const char *text)
{
  gsize length = 0;
  gboolean set = FALSE;
  guchar *bytes = text == NULL ? NULL : g_base64_decode (text, &length);

  for (gsize i = 0; i < length; i++)
    set = set || bytes[i] != 0;
  AmtProvSecret *otp = set ? amt_prov_secret_new (bytes, length) : NULL;
  if (bytes != NULL)
    OPENSSL_cleanse (bytes, length);
  g_free (bytes);
  return otp;
}

static AmtProvStageEnd
end_state (AmtProvCall *call, const AmtProvXml *body, GError **error)
{
  const AmtProvXml *service = amt_prov_xml_child (body, SERVICE);
  gint64 state = amt_prov_xml_int (service, "ProvisioningState", -1);

  if (state < 0) {
    g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL,
                         "the answer has no ProvisioningState");
    return AMT_PROV_STAGE_END_FAIL;
  }
  g_autoptr (AmtProvSecret) otp = read_otp (amt_prov_xml_text (service, "ProvisioningServerOTP"));
  amt_prov_action_set_int (call->action, "state", state);
  amt_prov_action_set_int (call->action, "mode", amt_prov_xml_int (service, "ProvisioningMode", 0));
  amt_prov_action_set_secret (call->action, "otp", otp);
  amt_prov_action_set_string (call->action, "dhcp-suffix",
                              amt_prov_xml_text (service, "DhcpDNSSuffix"));
  amt_prov_action_set_string (call->action, "trusted-suffix",
                              amt_prov_xml_text (service, "TrustedDNSSuffix"));
  amt_prov_action_set_boolean (call->action, "zero-touch",
                               amt_prov_xml_boolean (service, "ZeroTouchConfigurationEnabled"));
  return AMT_PROV_STAGE_END_NEXT;
}

const AmtProvStage amt_prov_wsman_read_state[] = {
    {.start = start_state, .end = end_state, .class_name = SERVICE},
    {0},
};

/* Window, MEBx password, PSK, commit */

static AmtProvStageStart
start_extend (AmtProvCall *call, GError **error)
{
  gint64 hours = amt_prov_action_get_int (call->action, "hours");

  if (hours < 0 || hours > 24) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
                 "a setup window can be extended by 0 to 24 hours, not by %" G_GINT64_FORMAT,
                 hours);
    return AMT_PROV_STAGE_START_FAIL;
  }
  AmtProvXml *input = new_input (call);
  add_int (input, "Duration", hours);
  amt_prov_wsman_ask_method (call, input);
  return AMT_PROV_STAGE_START_SEND;
}

const AmtProvStage amt_prov_wsman_extend_window[] = {
    {.start = start_extend,
     .end = amt_prov_wsman_end_method,
     .class_name = SERVICE,
     .what = "ExtendProvisioningPeriod"},
    {0},
};

static AmtProvStageStart
start_mebx (AmtProvCall *call, GError **error)
{
  if (start_need (call, "password", error) == AMT_PROV_STAGE_START_FAIL)
    return AMT_PROV_STAGE_START_FAIL;
  AmtProvXml *input = new_input (call);
  add (input, "Password",
       amt_prov_secret_peek_text (amt_prov_action_get_secret (call->action, "password")));
  amt_prov_wsman_ask_method (call, input);
  return AMT_PROV_STAGE_START_SEND;
}

const AmtProvStage amt_prov_wsman_set_mebx_password[] = {
    {.start = start_mebx,
     .end = amt_prov_wsman_end_method,
     .class_name = SERVICE,
     .what = "SetMEBxPassword"},
    {0},
};

/* Without dashes (psk.md §5). */
static AmtProvStageStart
start_psk (AmtProvCall *call, GError **error)
{
  AmtProvPsk *psk = amt_prov_action_get_psk (call->action, "psk");

  if (start_need (call, "psk", error) == AMT_PROV_STAGE_START_FAIL)
    return AMT_PROV_STAGE_START_FAIL;
  AmtProvXml *input = new_input (call);
  add (input, "PID", amt_prov_psk_get_pid (psk));
  add (input, "PPS", amt_prov_secret_peek_text (amt_prov_psk_get_pps (psk)));
  amt_prov_wsman_ask_method (call, input);
  return AMT_PROV_STAGE_START_SEND;
}

const AmtProvStage amt_prov_wsman_set_psk[] = {
    {.start = start_psk,
     .end = amt_prov_wsman_end_method,
     .class_name = SERVICE,
     .what = "SetTLSPSK"},
    {0},
};

const AmtProvStage amt_prov_wsman_commit[] = {
    {.start = start_plain_method,
     .end = amt_prov_wsman_end_method,
     .class_name = SERVICE,
     .what = "CommitChanges"},
    {0},
};

/* Administrator */

/* base64 of the 16 bytes MD5(user:realm:password) (wsman.md §2). */
static char *
make_digest_password (const char *user, const char *realm, AmtProvSecret *password)
{
  g_autoptr (GChecksum) md5 = g_checksum_new (G_CHECKSUM_MD5);
  gsize length = 0;
  const guint8 *bytes = amt_prov_secret_peek (password, &length);
  guint8 digest[16];
  gsize size = sizeof digest;

  g_checksum_update (md5, (const guchar *)user, -1);
  g_checksum_update (md5, (const guchar *)":", 1);
  g_checksum_update (md5, (const guchar *)realm, -1);
  g_checksum_update (md5, (const guchar *)":", 1);
  g_checksum_update (md5, bytes, (gssize)length);
  g_checksum_get_digest (md5, digest, &size);
  char *text = g_base64_encode (digest, size);
  OPENSSL_cleanse (digest, sizeof digest);
  return text;
}

static AmtProvStageStart
start_admin (AmtProvCall *call, GError **error)
{
  const char *realm =
      amt_prov_xml_text (amt_prov_wsman_find_instance (call, GENERAL, NULL), "DigestRealm");

  if (start_need (call, "user", error) == AMT_PROV_STAGE_START_FAIL ||
      start_need (call, "password", error) == AMT_PROV_STAGE_START_FAIL)
    return AMT_PROV_STAGE_START_FAIL;
  if (realm == NULL || *realm == '\0') {
    g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL,
                         "the device does not tell its DigestRealm; a password cannot be set");
    return AMT_PROV_STAGE_START_FAIL;
  }
  const char *user = amt_prov_action_get_string (call->action, "user");
  AmtProvXml *input = new_input (call);
  char *digest =
      make_digest_password (user, realm, amt_prov_action_get_secret (call->action, "password"));
  add (input, "Username", user);
  add (input, "DigestPassword", digest);
  OPENSSL_cleanse (digest, strlen (digest));
  g_free (digest);
  amt_prov_wsman_ask_method (call, input);
  return AMT_PROV_STAGE_START_SEND;
}

static AmtProvStageEnd
end_admin (AmtProvCall *call, const AmtProvXml *body, GError **error)
{
  if (!amt_prov_wsman_check_return (body, call->stage->what, error))
    return AMT_PROV_STAGE_END_FAIL;
  call->log_in_again = TRUE;
  return AMT_PROV_STAGE_END_NEXT;
}

const AmtProvStage amt_prov_wsman_set_admin[] = {
    AMT_PROV_WSMAN_GET (GENERAL),
    {.start = start_admin,
     .end = end_admin,
     .class_name = AUTHORIZATION,
     .what = "SetAdminAclEntryEx"},
    {0},
};

/* Clock */

static gint64
now (void)
{
  return g_get_real_time () / G_USEC_PER_SEC;
}

static AmtProvStageEnd
end_read_clock (AmtProvCall *call, const AmtProvXml *body, GError **error)
{
  if (!amt_prov_wsman_check_return (body, call->stage->what, error))
    return AMT_PROV_STAGE_END_FAIL;
  gint64 theirs = amt_prov_xml_int (body->children->pdata[0], "Ta0", -1);
  if (theirs < 0) {
    g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL,
                         "the answer has no time Ta0");
    return AMT_PROV_STAGE_END_FAIL;
  }
  gint64 offset = now () - theirs;
  amt_prov_action_set_int (call->action, "offset", offset);
  return ABS (offset) > CLOCK_TOLERANCE ? AMT_PROV_STAGE_END_NEXT : AMT_PROV_STAGE_END_DONE;
}

static AmtProvStageStart
start_set_clock (AmtProvCall *call, GError **error)
{
  AmtProvXml *input = new_input (call);
  gint64 time = now ();

  add_int (input, "Ta0", time - amt_prov_action_get_int (call->action, "offset"));
  add_int (input, "Tm1", time);
  add_int (input, "Tm2", time);
  amt_prov_wsman_ask_method (call, input);
  return AMT_PROV_STAGE_START_SEND;
}

const AmtProvStage amt_prov_wsman_set_clock[] = {
    {.start = start_plain_method,
     .end = end_read_clock,
     .class_name = CLOCK,
     .what = "GetLowAccuracyTimeSynch"},
    {.start = start_set_clock,
     .end = amt_prov_wsman_end_method,
     .class_name = CLOCK,
     .what = "SetHighAccuracyTimeSynch"},
    {0},
};
