/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* EOI, the SOAP interface of AMT 2.0 to 8.x: what each operation does (eoi.md). */
#include "eoi.h"

#include <string.h>

#define NS_SOAP "http://schemas.xmlsoap.org/soap/envelope/"

#define SECURITY "SecurityAdministration"
#define NETWORK  "NetworkAdministration"
#define CLOCK    "NetworkTime"
#define GENERAL  "AMT_GeneralSettings"
#define PORT     "AMT_EthernetPortSettings"
#define WIRED    "Intel(r) AMT Ethernet Port Settings 0"
#define TLS      "AMT_TLSSettingData"
#define REDIRECT "AMT_RedirectionService"

/* An operation answers so when the request does not fit it. */
#define BAD_REQUEST G_MAXUINT

typedef guint (*OperationFunc) (SimModel *model, xmlNode *in, const char *prefix, GString *out);

/* ---- security administration ---- */

static guint
get_core_version (SimModel *model, xmlNode *in, const char *prefix, GString *out)
{
  const char *version = amt_prov_capabilities_get_string (model->capabilities, "sample-firmware");

  sim_wsman_append_text (out, prefix, "Version", version);
  return SIM_PT_SUCCESS;
}

static guint
get_uuid (SimModel *model, xmlNode *in, const char *prefix, GString *out)
{
  guint8 bytes[AMT_PROV_UUID_LENGTH] = {0};
  g_autofree char *text = NULL;

  amt_prov_uuid_to_wire (model->settings->uuid, bytes);
  text = g_base64_encode (bytes, sizeof bytes);
  sim_wsman_append_text (out, prefix, "UUID", text);
  return SIM_PT_SUCCESS;
}

static guint
get_realm (SimModel *model, xmlNode *in, const char *prefix, GString *out)
{
  sim_wsman_append_text (out, prefix, "DigestRealm", model->realm);
  return SIM_PT_SUCCESS;
}

static guint
get_state (SimModel *model, xmlNode *in, const char *prefix, GString *out)
{
  g_autofree char *state = g_strdup_printf ("%u", sim_model_get_provisioning_state (model));

  sim_wsman_append_text (out, prefix, "ProvisioningState", state);
  return SIM_PT_SUCCESS;
}

static guint
get_otp (SimModel *model, xmlNode *in, const char *prefix, GString *out)
{
  g_autofree char *text = sim_model_encode_otp (model);

  sim_wsman_append_text (out, prefix, "OTP", text);
  return SIM_PT_SUCCESS;
}

static guint
extend_period (SimModel *model, xmlNode *in, const char *prefix, GString *out)
{
  g_autofree char *text = sim_request_text (in, "Duration");
  guint64 hours;

  if (text == NULL || !g_ascii_string_to_unsigned (text, 10, 0, 255, &hours, NULL))
    return BAD_REQUEST;
  return sim_model_extend_window (model, (guint)hours);
}

static guint
set_mebx_password (SimModel *model, xmlNode *in, const char *prefix, GString *out)
{
  g_autofree char *password = sim_request_text (in, "Password");

  return password != NULL ? sim_model_set_mebx_password (model, password) : BAD_REQUEST;
}

static guint
set_admin (SimModel *model, xmlNode *in, const char *prefix, GString *out)
{
  xmlNode *entry = sim_request_child (in, "EntryEx");
  g_autofree char *user = sim_request_text (entry, "Username");
  g_autofree char *digest = sim_request_text (entry, "DigestPassword");

  return user != NULL && digest != NULL ? sim_model_set_admin (model, user, digest) : BAD_REQUEST;
}

static guint
set_psk (SimModel *model, xmlNode *in, const char *prefix, GString *out)
{
  g_autofree char *pid = sim_request_text (in, "PID");
  g_autofree char *pps = sim_request_text (in, "PPS");

  return pid != NULL && pps != NULL ? sim_model_set_psk (model, pid, pps) : BAD_REQUEST;
}

static guint
set_seed (SimModel *model, xmlNode *in, const char *prefix, GString *out)
{
  g_autofree char *text = sim_request_text (in, "RNGKey");
  gsize length = 0;
  g_autofree guchar *seed = text != NULL ? g_base64_decode (text, &length) : NULL;

  if (length < 16 || length > 64)
    return SIM_PT_INVALID_PARAMETER;
  model->seeded = TRUE;
  return SIM_PT_SUCCESS;
}

static GBytes *
get_blob (xmlNode *in, const char *name)
{
  g_autofree char *text = sim_request_text (in, name);
  gsize length = 0;
  guchar *data = text != NULL ? g_base64_decode (text, &length) : NULL;

  return g_bytes_new_take (data, length);
}

static guint
set_key_and_certificate (SimModel *model, xmlNode *in, const char *prefix, GString *out)
{
  g_autoptr (GBytes) key = get_blob (in, "Key");
  g_autoptr (GBytes) certificate = get_blob (in, "Certificate");
  guint handle = 0;
  guint status;

  status = sim_model_add_key (model, key, &handle);
  if (status != SIM_PT_SUCCESS && status != SIM_PT_DUPLICATE)
    return status;
  status = sim_model_add_certificate (model, certificate, FALSE, &handle);
  return status == SIM_PT_SUCCESS ? sim_model_bind_certificate (model, handle) : status;
}

static guint
add_root (SimModel *model, xmlNode *in, const char *prefix, GString *out)
{
  g_autoptr (GBytes) certificate = get_blob (in, "Certificate");
  g_autofree char *text = NULL;
  guint handle = 0;
  guint status = sim_model_add_certificate (model, certificate, TRUE, &handle);

  text = g_strdup_printf ("%u", handle);
  sim_wsman_append_text (out, prefix, "CertHandle", text);
  return status;
}

static guint
set_tls (SimModel *model, xmlNode *in, const char *prefix, GString *out)
{
  g_autofree char *server = sim_request_text (in, "TlsServerAuthentication");
  g_autofree char *mutual = sim_request_text (in, "TlsMutualAuthentication");

  if (server == NULL || mutual == NULL)
    return BAD_REQUEST;
  sim_store_set (model, TLS, 0, "Enabled", server);
  sim_store_set (model, TLS, 0, "MutualAuthentication", mutual);
  sim_store_set (model, TLS, 0, "AcceptNonSecureConnections",
                 strcmp (server, "true") == 0 ? "false" : "true");
  return SIM_PT_SUCCESS;
}

/* EnabledState counts serial over LAN as 1 and IDE redirection as 2, on top of this. */
#define REDIRECT_OFF 32768

static guint
get_enabled (SimModel *model, xmlNode *in, const char *prefix, GString *out)
{
  g_autofree char *state = sim_store_get (model, REDIRECT, NULL, "EnabledState");
  guint64 bits = g_ascii_strtoull (state, NULL, 10) - REDIRECT_OFF;

  sim_wsman_append_text (out, prefix, "EnabledInterfaces", "WebUI");
  if ((bits & 2) != 0)
    sim_wsman_append_text (out, prefix, "EnabledInterfaces", "SerialOverLAN");
  if ((bits & 1) != 0)
    sim_wsman_append_text (out, prefix, "EnabledInterfaces", "IdeRedirection");
  return SIM_PT_SUCCESS;
}

static guint
set_enabled (SimModel *model, xmlNode *in, const char *prefix, GString *out)
{
  guint bits = 0;
  g_autofree char *state = NULL;

  for (xmlNode *child = xmlFirstElementChild (in); child != NULL;
       child = xmlNextElementSibling (child)) {
    g_autofree char *word = sim_request_content (child);

    if (strcmp (word, "SerialOverLAN") == 0)
      bits |= 2;
    else if (strcmp (word, "IdeRedirection") == 0)
      bits |= 1;
    else if (strcmp (word, "WebUI") != 0)
      return SIM_PT_INVALID_PARAMETER;
  }
  state = g_strdup_printf ("%u", REDIRECT_OFF + bits);
  sim_store_set (model, REDIRECT, 0, "EnabledState", state);
  sim_store_set (model, REDIRECT, 0, "ListenerEnabled", bits != 0 ? "true" : "false");
  return SIM_PT_SUCCESS;
}

static guint
commit_changes (SimModel *model, xmlNode *in, const char *prefix, GString *out)
{
  if (model->settings->seed_needed && !model->seeded) {
    sim_model_emit (model, "commit-refused", "no random bytes were set");
    return SIM_PT_DATA_MISSING;
  }
  return sim_model_commit (model);
}

/* ---- network administration ---- */

static guint
get_name (SimModel *model, const char *name, const char *prefix, GString *out)
{
  g_autofree char *value = sim_store_get (model, GENERAL, NULL, name);

  sim_wsman_append_text (out, prefix, name, value != NULL ? value : "");
  return SIM_PT_SUCCESS;
}

static guint
set_name (SimModel *model, xmlNode *in, const char *name)
{
  g_autofree char *value = sim_request_text (in, name);

  if (value == NULL)
    return BAD_REQUEST;
  sim_store_set (model, GENERAL, 0, name, value);
  return SIM_PT_SUCCESS;
}

static guint
get_host (SimModel *model, xmlNode *in, const char *prefix, GString *out)
{
  return get_name (model, "HostName", prefix, out);
}

static guint
set_host (SimModel *model, xmlNode *in, const char *prefix, GString *out)
{
  return set_name (model, in, "HostName");
}

static guint
get_domain (SimModel *model, xmlNode *in, const char *prefix, GString *out)
{
  return get_name (model, "DomainName", prefix, out);
}

static guint
set_domain (SimModel *model, xmlNode *in, const char *prefix, GString *out)
{
  return set_name (model, in, "DomainName");
}

static guint
enumerate_interfaces (SimModel *model, xmlNode *in, const char *prefix, GString *out)
{
  sim_wsman_append_text (out, prefix, "InterfaceHandle", "0");
  return SIM_PT_SUCCESS;
}

/* Elements of IPv4Parameters, in the order in which they must come, and the properties that hold
 * them. */
static const struct {
  const char *element;
  const char *property;
} addresses[] = {
    {"LocalAddress", "IPAddress"},
    {"SubnetMask", "SubnetMask"},
    {"DefaultGatewayAddress", "DefaultGateway"},
    {"PrimaryDnsAddress", "PrimaryDNS"},
    {"SecondaryDnsAddress", "SecondaryDNS"},
};

static guint32
address_to_number (const char *text)
{
  g_autoptr (GInetAddress) address = text != NULL ? g_inet_address_new_from_string (text) : NULL;
  guint32 bytes = 0;

  if (address != NULL)
    memcpy (&bytes, g_inet_address_to_bytes (address), sizeof bytes);
  return GUINT32_FROM_BE (bytes);
}

static char *
number_to_address (guint64 number)
{
  return g_strdup_printf ("%u.%u.%u.%u", (guint)(number >> 24) & 255, (guint)(number >> 16) & 255,
                          (guint)(number >> 8) & 255, (guint)number & 255);
}

static guint
get_interface (SimModel *model, xmlNode *in, const char *prefix, GString *out)
{
  g_autofree char *handle = sim_request_text (in, "InterfaceHandle");
  g_autofree char *dhcp = sim_store_get (model, PORT, WIRED, "DHCPEnabled");
  gboolean is_dhcp = strcmp (dhcp, "true") == 0;

  if (g_strcmp0 (handle, "0") != 0)
    return SIM_PT_INVALID_PARAMETER;
  g_string_append_printf (out, "<%s:InterfaceDescriptor>", prefix);
  sim_wsman_append_text (out, prefix, "HardwareAddressDescription", "Wired0");
  sim_wsman_append_text (out, prefix, "InterfaceMode",
                         is_dhcp ? "SHARED_MAC_ADDRESS" : "SEPARATE_MAC_ADDRESS");
  sim_wsman_append_text (out, prefix, "LinkPolicy", "15");
  sim_wsman_append_text (out, prefix, "DhcpEnabled", dhcp);
  g_string_append_printf (out, "<%s:IPv4Parameters>", prefix);
  for (gsize i = 0; i < G_N_ELEMENTS (addresses); i++) {
    g_autofree char *text = sim_store_get (model, PORT, WIRED, addresses[i].property);
    g_autofree char *number = g_strdup_printf ("%u", address_to_number (text));

    sim_wsman_append_text (out, prefix, addresses[i].element, number);
  }
  g_string_append_printf (out, "</%s:IPv4Parameters></%s:InterfaceDescriptor>", prefix, prefix);
  return SIM_PT_SUCCESS;
}

/* The order of parameters counts (eoi.md §2.1). */
static guint
take_addresses (SimModel *model, xmlNode *parameters)
{
  xmlNode *child = xmlFirstElementChild (parameters);

  for (gsize i = 0; i < G_N_ELEMENTS (addresses); i++, child = xmlNextElementSibling (child)) {
    g_autofree char *text = sim_request_text (parameters, addresses[i].element);
    g_autofree char *address = NULL;
    guint64 number;

    if (child == NULL || strcmp ((const char *)child->name, addresses[i].element) != 0 ||
        !g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT32, &number, NULL))
      return BAD_REQUEST;
    address = number_to_address (number);
    sim_store_set (model, PORT, 0, addresses[i].property, address);
  }
  return SIM_PT_SUCCESS;
}

static guint
set_interface (SimModel *model, xmlNode *in, const char *prefix, GString *out)
{
  g_autofree char *handle = sim_request_text (in, "InterfaceHandle");
  xmlNode *settings = sim_request_child (in, "InterfaceDescriptor");
  xmlNode *parameters = sim_request_child (settings, "IPv4Parameters");

  if (g_strcmp0 (handle, "0") != 0 || settings == NULL)
    return SIM_PT_INVALID_PARAMETER;
  sim_store_set (model, PORT, 0, "DHCPEnabled", parameters == NULL ? "true" : "false");
  return parameters != NULL ? take_addresses (model, parameters) : SIM_PT_SUCCESS;
}

/* ---- network time ---- */

static guint
get_time (SimModel *model, xmlNode *in, const char *prefix, GString *out)
{
  g_autofree char *now = g_strdup_printf ("%" G_GINT64_FORMAT, sim_model_get_time (model));

  sim_wsman_append_text (out, prefix, "Ta0", now);
  return SIM_PT_SUCCESS;
}

static guint
set_time (SimModel *model, xmlNode *in, const char *prefix, GString *out)
{
  g_autofree char *tm1 = sim_request_text (in, "Tm1");
  g_autofree char *tm2 = sim_request_text (in, "Tm2");
  guint64 first, second;

  if (tm1 == NULL || tm2 == NULL ||
      !g_ascii_string_to_unsigned (tm1, 10, 0, G_MAXUINT32, &first, NULL) ||
      !g_ascii_string_to_unsigned (tm2, 10, 0, G_MAXUINT32, &second, NULL))
    return BAD_REQUEST;
  return sim_model_set_time (model, (gint64)first, (gint64)second);
}

/* What the sources are not sure of is left out with eoi=certain. */
static const struct {
  const char *name;
  const char *service;
  guint since;
  gboolean certain;
  OperationFunc call;
} operations[] = {
    {"GetCoreVersion", SECURITY, 200, TRUE, get_core_version},
    {"GetUuid", SECURITY, 300, FALSE, get_uuid},
    {"GetDigestRealm", SECURITY, 200, TRUE, get_realm},
    {"GetProvisioningState", SECURITY, 200, FALSE, get_state},
    {"GetProvisioningServerOTP", SECURITY, 200, FALSE, get_otp},
    {"ExtendProvisioningPeriod", SECURITY, 200, FALSE, extend_period},
    {"SetMEBxPassword", SECURITY, 200, TRUE, set_mebx_password},
    {"SetAdminAclEntryEx", SECURITY, 200, TRUE, set_admin},
    {"SetTLSPSK", SECURITY, 200, FALSE, set_psk},
    {"SetRNGKey", SECURITY, 200, FALSE, set_seed},
    {"SetTLSKeyAndCertificate", SECURITY, 200, FALSE, set_key_and_certificate},
    {"CertStoreAddCertificate", SECURITY, 200, FALSE, add_root},
    {"SetTlsOptions", SECURITY, 200, FALSE, set_tls},
    {"GetEnabledInterfaces", SECURITY, 200, FALSE, get_enabled},
    {"SetEnabledInterfaces", SECURITY, 200, FALSE, set_enabled},
    {"CommitChanges", SECURITY, 200, TRUE, commit_changes},
    {"GetHostName", NETWORK, 200, TRUE, get_host},
    {"SetHostName", NETWORK, 200, TRUE, set_host},
    {"GetDomainName", NETWORK, 200, TRUE, get_domain},
    {"SetDomainName", NETWORK, 200, TRUE, set_domain},
    {"EnumerateInterfaces", NETWORK, 205, TRUE, enumerate_interfaces},
    {"GetInterfaceSettings", NETWORK, 205, TRUE, get_interface},
    {"SetInterfaceSettings", NETWORK, 205, TRUE, set_interface},
    {"GetLowAccuracyTimeSynch", CLOCK, 200, TRUE, get_time},
    {"SetHighAccuracyTimeSynch", CLOCK, 200, TRUE, set_time},
};

/* /NAMEService */
char *
sim_eoi_service_of (const char *url)
{
  if (*url != '/' || !g_str_has_suffix (url, "Service"))
    return NULL;
  return g_strndup (url + 1, strlen (url) - 1 - strlen ("Service"));
}

static OperationFunc
find_operation (SimModel *model, const char *service, const char *name)
{
  guint release = sim_release_number (model->settings->amt);

  for (gsize i = 0; i < G_N_ELEMENTS (operations); i++) {
    if (strcmp (operations[i].name, name) == 0 && strcmp (operations[i].service, service) == 0 &&
        operations[i].since <= release &&
        (operations[i].certain || !model->settings->eoi_certain_only))
      return operations[i].call;
  }
  return NULL;
}

static gboolean
fits_service (xmlNode *body, const char *service)
{
  g_autofree char *uri =
      g_strdup_printf ("http://schemas.intel.com/platform/client/%s/2004/01", service);

  return body->ns != NULL && strcmp ((const char *)body->ns->href, uri) == 0;
}

static GString *
make_fault (const char *code, const char *text, guint *http)
{
  GString *out = g_string_new (NULL);

  g_string_append_printf (out,
                          "<?xml version=\"1.0\" encoding=\"UTF-8\"?><a:Envelope xmlns:a=\"" NS_SOAP
                          "\"><a:Body><a:Fault><faultcode>a:%s</faultcode>"
                          "<faultstring>%s</faultstring></a:Fault></a:Body></a:Envelope>",
                          code, text);
  *http = 500;
  return out;
}

static GString *
make_answer (SimModel *model, const char *service, const char *name, guint status, GString *outputs)
{
  const char *prefix = sim_eoi_prefix (model);
  GString *out = g_string_new (NULL);

  g_string_append_printf (
      out,
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?><a:Envelope xmlns:a=\"" NS_SOAP
      "\" xmlns:%s=\"http://schemas.intel.com/platform/client/%s/2004/01\"><a:Body>"
      "<%s:%sResponse><%s:Status>%u</%s:Status>",
      prefix, service, prefix, name, prefix, status, prefix);
  if (status == SIM_PT_SUCCESS)
    g_string_append_len (out, outputs->str, (gssize)outputs->len);
  g_string_append_printf (out, "</%s:%sResponse></a:Body></a:Envelope>", prefix, name);
  return out;
}

/* Prefixes are what clients must not rely on: they changed with 6.0 (eoi.md §2.1). */
const char *
sim_eoi_prefix (SimModel *model)
{
  return amt_prov_version_at_least (model->settings->amt, 6, 0) ? "b" : "s0";
}

GString *
sim_eoi_answer (SimModel *model, const char *service, SimRequest *request, guint *http)
{
  xmlNode *body = request->body;
  const char *name = body != NULL ? (const char *)body->name : "";
  OperationFunc call = find_operation (model, service, name);
  SimFault *fault = sim_find_fault (model, SIM_FAULT_STATUS, name);
  g_autoptr (GString) outputs = g_string_new (NULL);
  guint status;

  *http = 200;
  if (body == NULL || !fits_service (body, service))
    return make_fault ("Client", "The request is not valid", http);
  if (call == NULL || sim_find_fault (model, SIM_FAULT_SOAP, name) != NULL)
    return make_fault ("Client", "Method not supported", http);
  if (fault != NULL)
    return make_answer (model, service, name, fault->status, outputs);
  status = call (model, body, sim_eoi_prefix (model), outputs);
  if (status == BAD_REQUEST)
    return make_fault ("Client", "The parameters are not valid", http);
  return make_answer (model, service, name, status, outputs);
}
