/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/wsman-private.h"

#include <amtprov/error.h>

#include "channel/request-private.h"

#define SERVICE       "AMT_SetupAndConfigurationService"
#define AUTHORIZATION "AMT_AuthorizationService"
#define CLOCK         "AMT_TimeSynchronizationService"
#define GENERAL       "AMT_GeneralSettings"
#define IDENTITY      "CIM_SoftwareIdentity"

static AmtProvXml *
new_input (AmtProvCall *call)
{
  return amt_prov_wsman_new_method (call->stage->class_name, call->stage->what);
}

static AmtProvStageStart
start_plain_method (AmtProvCall *call, GError **error)
{
  amt_prov_wsman_ask_method (call, new_input (call));
  return AMT_PROV_STAGE_START_SEND;
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
  g_autofree char *uuid = amt_prov_request_read_uuid (text);

  if (!amt_prov_wsman_check_return (body, call->stage->what, error))
    return AMT_PROV_STAGE_END_FAIL;
  if (release == NULL)
    release = find_version (call, "AMT FW Core Version");
  if (release == NULL || uuid == NULL) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL, "the device does not tell its %s",
                 release == NULL ? "release: CIM_SoftwareIdentity has no instance 'AMT'" : "UUID");
    return AMT_PROV_STAGE_END_FAIL;
  }
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
  g_autoptr (AmtProvSecret) otp =
      amt_prov_request_read_otp (amt_prov_xml_text (service, "ProvisioningServerOTP"));
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
  g_autoptr (AmtProvXml) input = new_input (call);

  if (!amt_prov_request_add_hours (input, call, error))
    return AMT_PROV_STAGE_START_FAIL;
  amt_prov_wsman_ask_method (call, g_steal_pointer (&input));
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
  g_autoptr (AmtProvXml) input = new_input (call);

  if (!amt_prov_request_add_password (input, call, error))
    return AMT_PROV_STAGE_START_FAIL;
  amt_prov_wsman_ask_method (call, g_steal_pointer (&input));
  return AMT_PROV_STAGE_START_SEND;
}

const AmtProvStage amt_prov_wsman_set_mebx_password[] = {
    {.start = start_mebx,
     .end = amt_prov_wsman_end_method,
     .class_name = SERVICE,
     .what = "SetMEBxPassword"},
    {0},
};

static AmtProvStageStart
start_psk (AmtProvCall *call, GError **error)
{
  g_autoptr (AmtProvXml) input = new_input (call);

  if (!amt_prov_request_add_pair (input, call, error))
    return AMT_PROV_STAGE_START_FAIL;
  amt_prov_wsman_ask_method (call, g_steal_pointer (&input));
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

static AmtProvStageStart
start_admin (AmtProvCall *call, GError **error)
{
  const char *realm =
      amt_prov_xml_text (amt_prov_wsman_find_instance (call, GENERAL, NULL), "DigestRealm");
  g_autoptr (AmtProvXml) input = new_input (call);

  if (!amt_prov_request_add_admin (input, call, realm, error))
    return AMT_PROV_STAGE_START_FAIL;
  amt_prov_wsman_ask_method (call, g_steal_pointer (&input));
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

static AmtProvStageEnd
end_read_clock (AmtProvCall *call, const AmtProvXml *body, GError **error)
{
  if (!amt_prov_wsman_check_return (body, call->stage->what, error))
    return AMT_PROV_STAGE_END_FAIL;
  return amt_prov_request_compare_clock (call, body->children->pdata[0], error);
}

static AmtProvStageStart
start_set_clock (AmtProvCall *call, GError **error)
{
  AmtProvXml *input = new_input (call);

  amt_prov_request_add_clock (input, call);
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
