/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/eoi-private.h"

#include <string.h>
#include <amtprov/error.h>

#include "channel/request-private.h"

/* Before 2.5 the operations on interfaces are not there (eoi.md §3). */
#define CAN_SET_INTERFACE "eoi-interface-settings"

/* How the machine gets its address (eoi.md §4.2). */
#define OWN_ADDRESS    "SEPARATE_MAC_ADDRESS"
#define SHARED_ADDRESS "SHARED_MAC_ADDRESS"

/* Names. Each has an operation of its own to get and to set it. */

static const struct {
  const char *name;
  const char *element;
  const char *get;
  const char *set;
} names[] = {
    {"host", "HostName", "GetHostName", "SetHostName"},
    {"domain", "DomainName", "GetDomainName", "SetDomainName"},
};

static const char *
present_name (AmtProvCall *call, guint index)
{
  return amt_prov_xml_text (amt_prov_eoi_get_answer (call, names[index].get), names[index].element);
}

/* Whether it answers ping is nothing that this interface tells. */
static AmtProvStageStart
start_tell_general (AmtProvCall *call, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    amt_prov_action_set_string (call->action, names[i].name, present_name (call, i));
  amt_prov_action_set_string (
      call->action, "realm",
      amt_prov_xml_text (amt_prov_eoi_get_answer (call, "GetDigestRealm"), "DigestRealm"));
  return AMT_PROV_STAGE_START_DONE;
}

const AmtProvStage amt_prov_eoi_read_general[] = {
    AMT_PROV_EOI_ONCE ("GetHostName"),
    AMT_PROV_EOI_ONCE ("GetDomainName"),
    AMT_PROV_EOI_ONCE ("GetDigestRealm"),
    {.start = start_tell_general},
    {0},
};

static AmtProvStageStart
start_set_name (AmtProvCall *call, GError **error)
{
  guint index = g_str_equal (call->stage->what, names[0].set) ? 0 : 1;
  const char *wanted = amt_prov_action_get_string (call->action, names[index].name);

  if (wanted == NULL || g_strcmp0 (wanted, present_name (call, index)) == 0)
    return AMT_PROV_STAGE_START_SKIP;
  AmtProvXml *request = amt_prov_eoi_new_request (call->stage->what);
  amt_prov_request_add (request, names[index].element, wanted);
  amt_prov_eoi_forget (call, names[index].get);
  amt_prov_action_set_boolean (call->action, "changed", TRUE);
  amt_prov_eoi_ask (call, request);
  return AMT_PROV_STAGE_START_SEND;
}

const AmtProvStage amt_prov_eoi_put_general[] = {
    AMT_PROV_EOI_ONCE ("GetHostName"),
    AMT_PROV_EOI_ONCE ("GetDomainName"),
    {.start = start_set_name, .end = amt_prov_eoi_end_plain, .what = "SetHostName"},
    {.start = start_set_name, .end = amt_prov_eoi_end_plain, .what = "SetDomainName"},
    {0},
};

/* Network */

static const struct {
  const char *name;
  const char *element;
} addresses[] = {
    {"ip", "LocalAddress"},
    {"mask", "SubnetMask"},
    {"gateway", "DefaultGatewayAddress"},
    {"dns1", "PrimaryDnsAddress"},
    {"dns2", "SecondaryDnsAddress"},
};

static AmtProvStageStart
start_enumerate (AmtProvCall *call, GError **error)
{
  if (call->capabilities == NULL ||
      amt_prov_capabilities_get_boolean (call->capabilities, CAN_SET_INTERFACE))
    return amt_prov_eoi_start_plain (call, error);
  g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_SUPPORTED,
                       "this release cannot be told over its SOAP interface how it gets its "
                       "address (" CAN_SET_INTERFACE "=no); it keeps what it has, as a rule DHCP");
  return AMT_PROV_STAGE_START_FAIL;
}

/* The handles follow the status, whatever they are called (wsman-examples.md §9); the first is the
 * wired one. */
static AmtProvStageEnd
end_enumerate (AmtProvCall *call, const AmtProvXml *answer, GError **error)
{
  const AmtProvXml *handle = answer->children->len > 1 ? answer->children->pdata[1] : NULL;

  if (handle == NULL || handle->text == NULL) {
    g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_FOUND,
                         "the device has no wired network port");
    return AMT_PROV_STAGE_END_FAIL;
  }
  g_free (call->found);
  call->found = g_strdup (handle->text);
  return AMT_PROV_STAGE_END_NEXT;
}

static AmtProvStageStart
start_get_interface (AmtProvCall *call, GError **error)
{
  AmtProvXml *request = amt_prov_eoi_new_request (call->stage->what);

  amt_prov_request_add (request, "InterfaceHandle", call->found);
  amt_prov_eoi_ask (call, request);
  return AMT_PROV_STAGE_START_SEND;
}

/* 192.168.1.20 is 3232235796 (eoi.md §2.2). */
static gboolean
read_address (const char *text, guint32 *number)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (text);
  guint32 bytes;

  if (address == NULL || g_inet_address_get_family (address) != G_SOCKET_FAMILY_IPV4)
    return FALSE;
  memcpy (&bytes, g_inet_address_to_bytes (address), sizeof bytes);
  *number = GUINT32_FROM_BE (bytes);
  return TRUE;
}

static guint32
wanted_address (AmtProvCall *call, const char *name)
{
  const char *text = amt_prov_action_get_string (call->action, name);
  guint32 number = 0;

  if (text != NULL)
    read_address (text, &number);
  return number;
}

static gboolean
same_addresses (AmtProvCall *call, const AmtProvXml *present)
{
  for (gsize i = 0; i < G_N_ELEMENTS (addresses); i++)
    if (amt_prov_xml_int (present, addresses[i].element, 0) !=
        wanted_address (call, addresses[i].name))
      return FALSE;
  return TRUE;
}

static AmtProvStageEnd
end_get_interface (AmtProvCall *call, const AmtProvXml *answer, GError **error)
{
  const AmtProvXml *present = amt_prov_xml_child (answer, "InterfaceDescriptor");
  gboolean dhcp = amt_prov_action_get_boolean (call->action, "dhcp");
  gboolean same = present != NULL && amt_prov_xml_boolean (present, "DhcpEnabled") == dhcp &&
                  (dhcp || same_addresses (call, amt_prov_xml_child (present, "IPv4Parameters")));

  amt_prov_action_set_boolean (call->action, "changed", !same);
  return same ? AMT_PROV_STAGE_END_DONE : AMT_PROV_STAGE_END_NEXT;
}

static gboolean
check_addresses (AmtProvCall *call, GError **error)
{
  guint32 number;

  for (gsize i = 0; i < G_N_ELEMENTS (addresses); i++) {
    const char *text = amt_prov_action_get_string (call->action, addresses[i].name);

    if (text == NULL ? i > 1 : read_address (text, &number))
      continue;
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
                 "a fixed address needs '%s' as an IPv4 address, not \"%s\"", addresses[i].name,
                 text != NULL ? text : "");
    return FALSE;
  }
  return TRUE;
}

/* With DHCP the addresses stay away. */
static AmtProvStageStart
start_set_interface (AmtProvCall *call, GError **error)
{
  gboolean dhcp = amt_prov_action_get_boolean (call->action, "dhcp");

  if (!dhcp && !check_addresses (call, error))
    return AMT_PROV_STAGE_START_FAIL;
  AmtProvXml *request = amt_prov_eoi_new_request (call->stage->what);
  amt_prov_request_add (request, "InterfaceHandle", call->found);
  AmtProvXml *settings =
      amt_prov_xml_append (request, amt_prov_xml_new (request->ns, "InterfaceDescriptor", NULL));
  amt_prov_request_add (settings, "InterfaceMode", dhcp ? SHARED_ADDRESS : OWN_ADDRESS);
  amt_prov_request_add (settings, "LinkPolicy", "15");
  if (!dhcp) {
    AmtProvXml *ip =
        amt_prov_xml_append (settings, amt_prov_xml_new (request->ns, "IPv4Parameters", NULL));
    for (gsize i = 0; i < G_N_ELEMENTS (addresses); i++)
      amt_prov_request_add_int (ip, addresses[i].element, wanted_address (call, addresses[i].name));
  }
  amt_prov_eoi_ask (call, request);
  return AMT_PROV_STAGE_START_SEND;
}

const AmtProvStage amt_prov_eoi_put_network[] = {
    {.start = start_enumerate, .end = end_enumerate, .what = "EnumerateInterfaces"},
    {.start = start_get_interface, .end = end_get_interface, .what = "GetInterfaceSettings"},
    {.start = start_set_interface, .end = amt_prov_eoi_end_plain, .what = "SetInterfaceSettings"},
    {0},
};

/* Redirection: a list of what is switched on, of which the web pages are not our business. */

#define ENABLED "EnabledInterfaces"

static const char *const redirections[] = {"SerialOverLAN", "IdeRedirection", NULL};

static gboolean
is_enabled (const AmtProvXml *answer, const char *word)
{
  for (guint i = 0; answer != NULL && i < answer->children->len; i++) {
    const AmtProvXml *child = answer->children->pdata[i];

    if (g_str_equal (child->name, ENABLED) && g_strcmp0 (child->text, word) == 0)
      return TRUE;
  }
  return FALSE;
}

static AmtProvStageStart
start_tell_redirection (AmtProvCall *call, GError **error)
{
  const AmtProvXml *answer = amt_prov_eoi_get_answer (call, "GetEnabledInterfaces");

  amt_prov_action_set_boolean (call->action, "redirection",
                               is_enabled (answer, redirections[0]) &&
                                   is_enabled (answer, redirections[1]));
  return AMT_PROV_STAGE_START_DONE;
}

const AmtProvStage amt_prov_eoi_read_redirection[] = {
    AMT_PROV_EOI_ONCE ("GetEnabledInterfaces"),
    {.start = start_tell_redirection},
    {0},
};

static AmtProvStageStart
start_set_redirection (AmtProvCall *call, GError **error)
{
  const AmtProvXml *answer = amt_prov_eoi_get_answer (call, "GetEnabledInterfaces");
  AmtProvXml *request = amt_prov_eoi_new_request (call->stage->what);

  if (is_enabled (answer, "WebUI"))
    amt_prov_request_add (request, ENABLED, "WebUI");
  if (amt_prov_action_get_boolean (call->action, "redirection"))
    for (gsize i = 0; redirections[i] != NULL; i++)
      amt_prov_request_add (request, ENABLED, redirections[i]);
  amt_prov_eoi_forget (call, "GetEnabledInterfaces");
  amt_prov_eoi_ask (call, request);
  return AMT_PROV_STAGE_START_SEND;
}

const AmtProvStage amt_prov_eoi_set_redirection[] = {
    AMT_PROV_EOI_ONCE ("GetEnabledInterfaces"),
    {.start = start_set_redirection, .end = amt_prov_eoi_end_plain, .what = "SetEnabledInterfaces"},
    {0},
};
