/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/wsman-private.h"

#include <amtprov/error.h>

#define GENERAL     "AMT_GeneralSettings"
#define NETWORK     "AMT_EthernetPortSettings"
#define WIRED       "Intel(r) AMT Ethernet Port Settings 0"
#define REDIRECTION "AMT_RedirectionService"

#define REDIRECTION_OFF  32768
#define REDIRECTION_BOTH 32771

static AmtProvStageStart
fail_missing (const char *what, GError **error)
{
  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_FOUND, "the device has no %s", what);
  return AMT_PROV_STAGE_START_FAIL;
}

static const char *
boolean_text (gboolean value)
{
  return value ? "true" : "false";
}

/* General settings */

static AmtProvStageStart
start_tell_general (AmtProvCall *call, GError **error)
{
  const AmtProvXml *general = amt_prov_wsman_find_instance (call, GENERAL, NULL);

  amt_prov_action_set_string (call->action, "host", amt_prov_xml_text (general, "HostName"));
  amt_prov_action_set_string (call->action, "domain", amt_prov_xml_text (general, "DomainName"));
  amt_prov_action_set_string (call->action, "realm", amt_prov_xml_text (general, "DigestRealm"));
  amt_prov_action_set_boolean (call->action, "ping",
                               amt_prov_xml_boolean (general, "PingResponseEnabled"));
  return AMT_PROV_STAGE_START_DONE;
}

const AmtProvStage amt_prov_wsman_read_general[] = {
    AMT_PROV_WSMAN_GET (GENERAL),
    {.start = start_tell_general},
    {0},
};

static gboolean
set_if_asked (AmtProvCall *call, AmtProvXml *instance, const char *name, const char *property)
{
  if (!amt_prov_action_has (call->action, name))
    return FALSE;
  return amt_prov_xml_set (instance, property, amt_prov_action_get_string (call->action, name));
}

static AmtProvStageStart
start_put_general (AmtProvCall *call, GError **error)
{
  const AmtProvXml *present = amt_prov_wsman_find_instance (call, GENERAL, NULL);
  g_autoptr (AmtProvXml) wanted = amt_prov_xml_copy (present);
  gboolean changed = set_if_asked (call, wanted, "host", "HostName");

  changed = set_if_asked (call, wanted, "domain", "DomainName") || changed;
  if (amt_prov_action_has (call->action, "ping")) {
    gboolean ping = amt_prov_action_get_boolean (call->action, "ping");
    changed = amt_prov_xml_set (wanted, "PingResponseEnabled", boolean_text (ping)) || changed;
  }
  amt_prov_action_set_boolean (call->action, "changed", changed);
  if (!changed)
    return AMT_PROV_STAGE_START_DONE;
  amt_prov_wsman_ask (call, GENERAL, AMT_PROV_WSMAN_TRANSFER "/Put", NULL, wanted);
  return AMT_PROV_STAGE_START_SEND;
}

const AmtProvStage amt_prov_wsman_put_general[] = {
    AMT_PROV_WSMAN_GET (GENERAL),
    {.start = start_put_general, .end = amt_prov_wsman_end_put, .class_name = GENERAL},
    {0},
};

/* Network */

static const struct {
  const char *name;
  const char *property;
} addresses[] = {
    {"ip", "IPAddress"},    {"mask", "SubnetMask"},   {"gateway", "DefaultGateway"},
    {"dns1", "PrimaryDNS"}, {"dns2", "SecondaryDNS"},
};

/* IpSyncEnabled and SharedStaticIp came later than the class: only a device that has them gets
 * them (wsman-examples.md §5.3). */
static gboolean
set_known (AmtProvXml *instance, const char *property, gboolean value)
{
  return amt_prov_xml_child (instance, property) != NULL &&
         amt_prov_xml_set (instance, property, boolean_text (value));
}

/* With DHCP the addresses must stay away, and those of a lease are no difference. */
static gboolean
set_addresses (AmtProvCall *call, AmtProvXml *instance, gboolean dhcp)
{
  gboolean changed = FALSE;

  for (gsize i = 0; i < G_N_ELEMENTS (addresses); i++) {
    if (dhcp)
      amt_prov_xml_remove (instance, addresses[i].property);
    else if (amt_prov_action_has (call->action, addresses[i].name))
      changed = set_if_asked (call, instance, addresses[i].name, addresses[i].property) || changed;
    else
      changed = amt_prov_xml_remove (instance, addresses[i].property) || changed;
  }
  return changed;
}

static AmtProvStageStart
start_put_network (AmtProvCall *call, GError **error)
{
  const AmtProvXml *present = amt_prov_wsman_find_instance (call, NETWORK, WIRED);
  gboolean dhcp = amt_prov_action_get_boolean (call->action, "dhcp");

  if (present == NULL)
    return fail_missing ("wired network port ('" WIRED "')", error);
  if (!dhcp &&
      (!amt_prov_action_has (call->action, "ip") || !amt_prov_action_has (call->action, "mask"))) {
    g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
                         "a fixed address needs both 'ip' and 'mask'");
    return AMT_PROV_STAGE_START_FAIL;
  }
  g_autoptr (AmtProvXml) wanted = amt_prov_xml_copy (present);
  gboolean changed = amt_prov_xml_set (wanted, "DHCPEnabled", boolean_text (dhcp));
  changed = set_known (wanted, "IpSyncEnabled", dhcp) || changed;
  changed = set_known (wanted, "SharedStaticIp", FALSE) || changed;
  changed = set_addresses (call, wanted, dhcp) || changed;
  amt_prov_action_set_boolean (call->action, "changed", changed);
  if (!changed)
    return AMT_PROV_STAGE_START_DONE;
  amt_prov_wsman_ask (call, NETWORK, AMT_PROV_WSMAN_TRANSFER "/Put", WIRED, wanted);
  return AMT_PROV_STAGE_START_SEND;
}

const AmtProvStage amt_prov_wsman_put_network[] = {
    AMT_PROV_WSMAN_GET_ONE (NETWORK, WIRED),
    {.start = start_put_network, .end = amt_prov_wsman_end_put, .class_name = NETWORK},
    {0},
};

/* Redirection */

static AmtProvStageStart
start_tell_redirection (AmtProvCall *call, GError **error)
{
  const AmtProvXml *service = amt_prov_wsman_find_instance (call, REDIRECTION, NULL);

  amt_prov_action_set_boolean (call->action, "redirection",
                               amt_prov_xml_int (service, "EnabledState", 0) == REDIRECTION_BOTH &&
                                   amt_prov_xml_boolean (service, "ListenerEnabled"));
  return AMT_PROV_STAGE_START_DONE;
}

const AmtProvStage amt_prov_wsman_read_redirection[] = {
    AMT_PROV_WSMAN_GET (REDIRECTION),
    {.start = start_tell_redirection},
    {0},
};

static const char *
wanted_state (AmtProvCall *call)
{
  return amt_prov_action_get_boolean (call->action, "redirection") ? G_STRINGIFY (REDIRECTION_BOTH)
                                                                   : G_STRINGIFY (REDIRECTION_OFF);
}

static AmtProvStageStart
start_change_redirection (AmtProvCall *call, GError **error)
{
  AmtProvXml *input = amt_prov_wsman_new_method (call->stage->class_name, call->stage->what);

  amt_prov_xml_append (input, amt_prov_xml_new (input->ns, "RequestedState", wanted_state (call)));
  amt_prov_wsman_ask_method (call, input);
  return AMT_PROV_STAGE_START_SEND;
}

static AmtProvStageStart
start_put_redirection (AmtProvCall *call, GError **error)
{
  g_autoptr (AmtProvXml) wanted =
      amt_prov_xml_copy (amt_prov_wsman_find_instance (call, REDIRECTION, NULL));
  gboolean on = amt_prov_action_get_boolean (call->action, "redirection");

  amt_prov_xml_set (wanted, "EnabledState", wanted_state (call));
  amt_prov_xml_set (wanted, "ListenerEnabled", boolean_text (on));
  amt_prov_wsman_ask (call, REDIRECTION, AMT_PROV_WSMAN_TRANSFER "/Put", NULL, wanted);
  return AMT_PROV_STAGE_START_SEND;
}

const AmtProvStage amt_prov_wsman_set_redirection[] = {
    AMT_PROV_WSMAN_GET (REDIRECTION),
    {.start = start_change_redirection,
     .end = amt_prov_wsman_end_method,
     .class_name = REDIRECTION,
     .what = "RequestStateChange"},
    {.start = start_put_redirection, .end = amt_prov_wsman_end_put, .class_name = REDIRECTION},
    {0},
};
