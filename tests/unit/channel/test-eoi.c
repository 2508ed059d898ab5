/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "channel/eoi-private.h"
#include "fake-device.h"

#define SECURITY "http://schemas.intel.com/platform/client/SecurityAdministration/2004/01"
#define NETWORK  "http://schemas.intel.com/platform/client/NetworkAdministration/2004/01"
#define CLOCK    "http://schemas.intel.com/platform/client/NetworkTime/2004/01"

/* One request and its answer. */
typedef struct {
  const char *wanted; /* parts of the request, separated by | */
  const char *unwanted;
  guint status;
  const char *answer; /* the Body */
} Line;

typedef struct {
  const Line *lines;
  guint count;
  guint at; /* atomic */
} Script;

static GString *
envelope (const char *body, guint status)
{
  g_autofree char *text = g_strdup_printf (
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?><SOAP-ENV:Envelope xmlns:SOAP-ENV=\""
      "http://schemas.xmlsoap.org/soap/envelope/\" xmlns:s0=\"" SECURITY "\" xmlns:net=\"" NETWORK
      "\" xmlns:t=\"" CLOCK "\"><SOAP-ENV:Body>%s</SOAP-ENV:Body></SOAP-ENV:Envelope>",
      body);

  return fake_http (status, "Content-Type: text/xml; charset=UTF-8\r\n", text);
}

static GString *
answer_line (const char *request, gpointer data)
{
  Script *script = data;
  guint at = (guint)g_atomic_int_add (&script->at, 1);
  const Line *line = &script->lines[at];
  g_auto (GStrv) wanted = NULL;

  if (at >= script->count)
    g_error ("a request too many: %s", request);
  wanted = g_strsplit (line->wanted, "|", -1);
  for (char **part = wanted; *part != NULL; part++)
    if (strstr (request, *part) == NULL)
      g_error ("'%s' is missing in: %s", *part, request);
  if (line->unwanted != NULL && strstr (request, line->unwanted) != NULL)
    g_error ("'%s' is present in: %s", line->unwanted, request);
  return envelope (line->answer, line->status != 0 ? line->status : 200);
}

static AmtProvCapabilities *
look_up (const char *release)
{
  g_autoptr (AmtProvCapabilityRegistry) registry = amt_prov_capability_registry_new (NULL, NULL);
  g_autoptr (AmtProvVersion) version = amt_prov_version_parse (release, NULL);

  return amt_prov_capability_registry_lookup (registry, version);
}

#define NAME_LINES                                                                                 \
  {"POST /NetworkAdministrationService |Content-Type: text/xml; charset=utf-8|SOAPAction: "        \
   "\"" NETWORK "#GetHostName\"|<GetHostName xmlns=\"" NETWORK "\"",                               \
   NULL, 0,                                                                                        \
   "<net:GetHostNameResponse><net:Status>0</net:Status><net:HostName>old</net:HostName>"           \
   "</net:GetHostNameResponse>"},                                                                  \
      {"GetDomainName", NULL, 0,                                                                   \
       "<net:GetDomainNameResponse><net:Status>0</net:Status><net:DomainName>lab.example"          \
       "</net:DomainName></net:GetDomainNameResponse>"},                                           \
  {                                                                                                \
    "POST /SecurityAdministrationService |GetDigestRealm", NULL, 0,                                \
        "<s0:GetDigestRealmResponse><s0:Status>0</s0:Status><s0:DigestRealm>Intel(R) AMT "         \
        "(ID:00112233-4455-6677-8899-AABBCCDDEEFF)</s0:DigestRealm></s0:GetDigestRealmResponse>"   \
  }

static const Line opening[] = {NAME_LINES};

#define OK(operation_)                                                                             \
  "<s0:" operation_ "Response><s0:Status>0</s0:Status></s0:" operation_ "Response>"
#define CODE(operation_, code_)                                                                    \
  "<s0:" operation_ "Response><s0:Status>" #code_ "</s0:Status></s0:" operation_ "Response>"
#define UNKNOWN                                                                                    \
  "<SOAP-ENV:Fault><faultcode>SOAP-ENV:Client</faultcode><faultstring>Method not supported"        \
  "</faultstring></SOAP-ENV:Fault>"

/* Opens a channel to a machine of that release and performs an action over it. */
static gboolean
play (const char *release, const Line *lines, guint count, AmtProvAction *action, GError **error)
{
  g_autofree Line *all = g_new (Line, G_N_ELEMENTS (opening) + count);
  Script script = {all, G_N_ELEMENTS (opening) + count, 0};
  g_autoptr (AmtProvCapabilities) capabilities = look_up (release);
  g_autoptr (FakeDevice) device = fake_device_new (NULL, answer_line, &script);
  g_autoptr (AmtProvChannel) channel =
      amt_prov_channel_new ("127.0.0.1", fake_device_get_port (device), NULL, capabilities);
  g_autoptr (GError) problem = NULL;
  gboolean done;

  memcpy (all, opening, sizeof opening);
  if (count > 0)
    memcpy (all + G_N_ELEMENTS (opening), lines, count * sizeof *lines);
  run_open (channel, NULL, &problem);
  g_assert_no_error (problem);
  g_assert_cmpstr (amt_prov_channel_get_interface (channel), ==, "eoi");
  done = run_perform (channel, action, error);
  g_assert_cmpuint (amt_prov_channel_get_request_count (channel), ==, script.count);
  return done;
}

#define PLAY(release_, lines_, action_, error_)                                                    \
  play (release_, lines_, G_N_ELEMENTS (lines_), action_, error_)

static void
test_identity (void)
{
  static const Line lines[] = {
      {"SecurityAdministration/2004/01#GetCoreVersion", NULL, 0,
       "<s0:GetCoreVersionResponse><s0:StatusCode>0</s0:StatusCode><s0:Version>2.1.3</s0:Version>"
       "<s0:More>ignored</s0:More></s0:GetCoreVersionResponse>"},
      {"GetUuid", NULL, 500, UNKNOWN},
  };
  static const Line with_uuid[] = {
      {"GetCoreVersion", NULL, 0,
       "<s0:GetCoreVersionResponse><s0:Status>0</s0:Status><s0:Version>3.0.5</s0:Version>"
       "</s0:GetCoreVersionResponse>"},
      {"GetUuid", NULL, 0,
       "<s0:GetUuidResponse><s0:Status>0</s0:Status><s0:UUID>MyIRAFVEd2aImaq7zN3u/w==</s0:UUID>"
       "</s0:GetUuidResponse>"},
  };
  g_autoptr (AmtProvAction) action = amt_prov_action_new (AMT_PROV_ACTION_GET_IDENTITY);
  g_autoptr (GError) error = NULL;

  PLAY ("2.1", lines, action, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (amt_prov_action_get_string (action, "release"), ==, "2.1.3");
  g_assert_false (amt_prov_action_has (action, "uuid"));
  PLAY ("3.0", with_uuid, action, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (amt_prov_action_get_string (action, "uuid"), ==,
                   "00112233-4455-6677-8899-aabbccddeeff");
}

static void
test_state (void)
{
  static const Line told[] = {
      {"GetProvisioningState", NULL, 0,
       "<s0:GetProvisioningStateResponse><s0:Status>0</s0:Status><s0:ProvisioningState>1"
       "</s0:ProvisioningState></s0:GetProvisioningStateResponse>"},
      {"GetProvisioningServerOTP", NULL, 0,
       "<s0:GetProvisioningServerOTPResponse><s0:Status>0</s0:Status><s0:OTP>MDEyMzQ1Njc="
       "</s0:OTP></s0:GetProvisioningServerOTPResponse>"},
  };
  static const Line untold[] = {
      {"GetProvisioningState", NULL, 500, UNKNOWN},
      {"GetProvisioningServerOTP", NULL, 404, ""},
  };
  g_autoptr (AmtProvAction) action = amt_prov_action_new (AMT_PROV_ACTION_READ_STATE);
  g_autoptr (AmtProvAction) later = amt_prov_action_new (AMT_PROV_ACTION_READ_STATE);
  g_autoptr (GError) error = NULL;

  PLAY ("2.2", told, action, &error);
  g_assert_no_error (error);
  g_assert_cmpint (amt_prov_action_get_int (action, "state"), ==, 1);
  g_assert_cmpstr (amt_prov_secret_peek_text (amt_prov_action_get_secret (action, "otp")), ==,
                   "01234567");
  PLAY ("2.2", untold, later, &error);
  g_assert_no_error (error);
  g_assert_false (amt_prov_action_has (later, "state"));
  g_assert_false (amt_prov_action_has (later, "otp"));
}

/* The vector of eoi.md §4.2: the realm of that machine, admin, P@ssw0rd. */
static void
test_admin (void)
{
  static const Line lines[] = {
      {"#SetAdminAclEntryEx\"|<EntryEx><Username>admin</Username><DigestPassword>"
       "f48KXLI1SL+aHt1/sBjp8w==</DigestPassword></EntryEx></SetAdminAclEntryEx>",
       NULL, 0, OK ("SetAdminAclEntryEx")},
  };
  static const Line refused[] = {{"SetAdminAclEntryEx", NULL, 0, CODE ("SetAdminAclEntryEx", 36)}};
  g_autoptr (AmtProvAction) action = amt_prov_action_new (AMT_PROV_ACTION_SET_ADMIN);
  g_autoptr (AmtProvSecret) password = amt_prov_secret_new_text ("P@ssw0rd");
  g_autoptr (GError) error = NULL;

  amt_prov_action_set_string (action, "user", "admin");
  amt_prov_action_set_secret (action, "password", password);
  PLAY ("2.1", lines, action, &error);
  g_assert_no_error (error);
  PLAY ("2.1", refused, action, &error);
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_REFUSED);
  g_assert_cmpint (amt_prov_error_get_pt_status (error), ==, 36);
  g_assert_nonnull (strstr (error->message, "SetAdminAclEntryEx of SecurityAdministration"));
}

static void
test_clock (void)
{
  static const Line lines[] = {
      {"POST /NetworkTimeService |GetLowAccuracyTimeSynch", NULL, 0,
       "<t:GetLowAccuracyTimeSynchResponse><t:Status>0</t:Status><t:Ta0>1164290000</t:Ta0>"
       "</t:GetLowAccuracyTimeSynchResponse>"},
      {"SetHighAccuracyTimeSynch|<Ta0>|</Ta0><Tm1>|</Tm1><Tm2>", NULL, 0,
       "<t:SetHighAccuracyTimeSynchResponse><t:Status>0</t:Status>"
       "</t:SetHighAccuracyTimeSynchResponse>"},
  };
  static const Line senseless[] = {{"GetLowAccuracyTimeSynch", NULL, 0,
                                    "<t:GetLowAccuracyTimeSynchResponse><t:Status>0</t:Status>"
                                    "</t:GetLowAccuracyTimeSynchResponse>"}};
  g_autoptr (AmtProvAction) action = amt_prov_action_new (AMT_PROV_ACTION_SET_CLOCK);
  g_autoptr (GError) error = NULL;

  PLAY ("2.5", lines, action, &error);
  g_assert_no_error (error);
  g_assert_cmpint (amt_prov_action_get_int (action, "offset"), >, 0);
  PLAY ("2.5", senseless, action, &error);
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL);
}

/* What is known already is neither asked nor set again. */
static void
test_names (void)
{
  static const Line lines[] = {{"#SetHostName\"|<HostName>pc-&lt;1</HostName>", NULL, 0,
                                "<net:SetHostNameResponse><net:Status>0</net:Status>"
                                "</net:SetHostNameResponse>"}};
  g_autoptr (AmtProvAction) action = amt_prov_action_new (AMT_PROV_ACTION_PUT_GENERAL);
  g_autoptr (GError) error = NULL;

  amt_prov_action_set_string (action, "host", "pc-<1");
  amt_prov_action_set_string (action, "domain", "lab.example");
  amt_prov_action_set_boolean (action, "ping", TRUE);
  PLAY ("2.0", lines, action, &error);
  g_assert_no_error (error);
  g_assert_true (amt_prov_action_get_boolean (action, "changed"));
}

#define INTERFACE(dhcp_)                                                                           \
  "<net:GetInterfaceSettingsResponse><net:Status>0</net:Status><net:InterfaceDescriptor>"          \
  "<net:DhcpEnabled>" dhcp_ "</net:DhcpEnabled><net:IPv4Parameters><net:LocalAddress>3232235796"   \
  "</net:LocalAddress><net:SubnetMask>4294967040</net:SubnetMask></net:IPv4Parameters>"            \
  "</net:InterfaceDescriptor></net:GetInterfaceSettingsResponse>"
#define HANDLES                                                                                    \
  "<net:EnumerateInterfacesResponse><net:Status>0</net:Status><net:Anything>7</net:Anything>"      \
  "<net:Anything>8</net:Anything></net:EnumerateInterfacesResponse>"
#define SET_INTERFACE                                                                              \
  "<net:SetInterfaceSettingsResponse><net:Status>0</net:Status></"                                 \
  "net:SetInterfaceSettingsResponse>"

static void
test_network (void)
{
  static const Line fixed[] = {
      {"EnumerateInterfaces", NULL, 0, HANDLES},
      {"GetInterfaceSettings|<InterfaceHandle>7</InterfaceHandle>", NULL, 0, INTERFACE ("1")},
      {"<InterfaceHandle>7</InterfaceHandle><InterfaceDescriptor><InterfaceMode>"
       "SEPARATE_MAC_ADDRESS</InterfaceMode><LinkPolicy>15</LinkPolicy><IPv4Parameters>"
       "<LocalAddress>3232235796</LocalAddress><SubnetMask>4294967040</SubnetMask>"
       "<DefaultGatewayAddress>3232235777</DefaultGatewayAddress><PrimaryDnsAddress>0"
       "</PrimaryDnsAddress><SecondaryDnsAddress>0</SecondaryDnsAddress></IPv4Parameters>",
       NULL, 0, SET_INTERFACE},
  };
  static const Line same[] = {{"EnumerateInterfaces", NULL, 0, HANDLES},
                              {"GetInterfaceSettings", NULL, 0, INTERFACE ("true")}};
  static const Line none[] = {{"EnumerateInterfaces", NULL, 0,
                               "<net:EnumerateInterfacesResponse><net:Status>0</net:Status>"
                               "</net:EnumerateInterfacesResponse>"}};
  g_autoptr (AmtProvAction) action = amt_prov_action_new (AMT_PROV_ACTION_PUT_NETWORK);
  g_autoptr (AmtProvAction) dhcp = amt_prov_action_new (AMT_PROV_ACTION_PUT_NETWORK);
  g_autoptr (GError) error = NULL;

  amt_prov_action_set_boolean (dhcp, "dhcp", TRUE);
  PLAY ("2.5", same, dhcp, &error);
  g_assert_no_error (error);
  g_assert_false (amt_prov_action_get_boolean (dhcp, "changed"));
  amt_prov_action_set_string (action, "ip", "192.168.1.20");
  amt_prov_action_set_string (action, "mask", "255.255.255.0");
  amt_prov_action_set_string (action, "gateway", "192.168.1.1");
  PLAY ("2.6", fixed, action, &error);
  g_assert_no_error (error);
  g_assert_true (amt_prov_action_get_boolean (action, "changed"));
  PLAY ("2.6", none, action, &error);
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_FOUND);
  g_clear_error (&error);
  play ("2.2", NULL, 0, dhcp, &error);
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_SUPPORTED);
  g_assert_nonnull (strstr (error->message, "eoi-interface-settings=no"));
}

static void
test_bad_address (void)
{
  static const Line lines[] = {{"EnumerateInterfaces", NULL, 0, HANDLES},
                               {"GetInterfaceSettings", NULL, 0, INTERFACE ("true")}};
  static const char *const bad[][2] = {
      {"ip", "fe80::1"}, {"ip", "300.1.1.1"}, {"mask", NULL}, {"dns1", "x"}};

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (AmtProvAction) action = amt_prov_action_new (AMT_PROV_ACTION_PUT_NETWORK);
    g_autoptr (GError) error = NULL;

    amt_prov_action_set_string (action, "ip", "192.168.1.20");
    amt_prov_action_set_string (action, "mask", "255.255.255.0");
    amt_prov_action_set_string (action, bad[i][0], bad[i][1]);
    PLAY ("2.5", lines, action, &error);
    g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA);
    g_assert_nonnull (strstr (error->message, bad[i][0]));
  }
}

static void
test_redirection (void)
{
  static const Line read[] = {
      {"GetEnabledInterfaces", NULL, 0,
       "<s0:GetEnabledInterfacesResponse><s0:Status>0</s0:Status><s0:EnabledInterfaces>WebUI"
       "</s0:EnabledInterfaces><s0:EnabledInterfaces>SerialOverLAN</s0:EnabledInterfaces>"
       "</s0:GetEnabledInterfacesResponse>"}};
  static const Line set[] = {
      {"GetEnabledInterfaces", NULL, 0,
       "<s0:GetEnabledInterfacesResponse><s0:Status>0</s0:Status><s0:EnabledInterfaces>WebUI"
       "</s0:EnabledInterfaces></s0:GetEnabledInterfacesResponse>"},
      {"<EnabledInterfaces>WebUI</EnabledInterfaces><EnabledInterfaces>SerialOverLAN"
       "</EnabledInterfaces><EnabledInterfaces>IdeRedirection</EnabledInterfaces>",
       NULL, 0, OK ("SetEnabledInterfaces")},
  };
  g_autoptr (AmtProvAction) action = amt_prov_action_new (AMT_PROV_ACTION_READ_REDIRECTION);
  g_autoptr (AmtProvAction) change = amt_prov_action_new (AMT_PROV_ACTION_SET_REDIRECTION);
  g_autoptr (GError) error = NULL;

  PLAY ("2.1", read, action, &error);
  g_assert_no_error (error);
  g_assert_false (amt_prov_action_get_boolean (action, "redirection"));
  amt_prov_action_set_boolean (change, "redirection", TRUE);
  PLAY ("2.1", set, change, &error);
  g_assert_no_error (error);
}

static void
test_psk (void)
{
  static const Line lines[] = {{"<PID>OKRSGI18</PID><PPS>RPGH4DGB2Y4BTY5A7RR3ZHBCB1TJ9VFX</PPS>",
                                NULL, 0, OK ("SetTLSPSK")}};
  static const Line refusals[][1] = {{{"SetTLSPSK", NULL, 500, UNKNOWN}},
                                     {{"SetTLSPSK", NULL, 404, ""}},
                                     {{"SetTLSPSK", NULL, 500, "no answer"}},
                                     {{"SetTLSPSK", NULL, 0, CODE ("SetTLSPSK", 2066)}}};
  static const Line odd[] = {{"SetTLSPSK", NULL, 0, OK ("SetSomethingElse")}};
  g_autoptr (AmtProvAction) action = amt_prov_action_new (AMT_PROV_ACTION_SET_PSK);
  g_autoptr (AmtProvPsk) psk =
      amt_prov_psk_new ("OKRSGI18", "RPGH4DGB2Y4BTY5A7RR3ZHBCB1TJ9VFX", NULL);
  g_autoptr (GError) error = NULL;

  amt_prov_action_set_psk (action, "psk", psk);
  PLAY ("2.1", lines, action, &error);
  g_assert_no_error (error);
  for (gsize i = 0; i < G_N_ELEMENTS (refusals); i++) {
    PLAY ("2.1", refusals[i], action, &error);
    g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_SUPPORTED);
    g_clear_error (&error);
  }
  PLAY ("2.1", odd, action, &error);
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL);
}

/* Key and certificate are sent together, when they are bound. */
static void
test_tls (void)
{
  static const Line lines[] = {
      {"#SetTLSKeyAndCertificate\"|<Key>a2V5</Key><Certificate>Y2VydA==</Certificate>", NULL, 0,
       OK ("SetTLSKeyAndCertificate")},
      {"#SetTlsOptions\"|<TlsServerAuthentication>true</TlsServerAuthentication>"
       "<TlsMutualAuthentication>false</TlsMutualAuthentication>",
       NULL, 0, OK ("SetTlsOptions")},
  };
  Line all[G_N_ELEMENTS (opening) + G_N_ELEMENTS (lines)];
  Script script = {all, G_N_ELEMENTS (all), 0};
  g_autoptr (AmtProvCapabilities) capabilities = look_up ("2.1");
  g_autoptr (FakeDevice) device = NULL;
  g_autoptr (AmtProvChannel) channel = NULL;
  g_autoptr (AmtProvSecret) key = amt_prov_secret_new_text ("key");
  g_autoptr (GBytes) certificate = g_bytes_new_static ("cert", 4);
  static const AmtProvActionKind kinds[] = {
      AMT_PROV_ACTION_ADD_KEY, AMT_PROV_ACTION_ADD_CERTIFICATE, AMT_PROV_ACTION_BIND_CERTIFICATE,
      AMT_PROV_ACTION_SET_TLS};
  g_autoptr (GError) error = NULL;

  memcpy (all, opening, sizeof opening);
  memcpy (all + G_N_ELEMENTS (opening), lines, sizeof lines);
  device = fake_device_new (NULL, answer_line, &script);
  channel = amt_prov_channel_new ("127.0.0.1", fake_device_get_port (device), NULL, capabilities);
  run_open (channel, NULL, &error);
  g_assert_no_error (error);
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++) {
    g_autoptr (AmtProvAction) action = amt_prov_action_new (kinds[i]);

    amt_prov_action_set_secret (action, "key", key);
    amt_prov_action_set_bytes (action, "certificate", certificate);
    amt_prov_action_set_boolean (action, "tls", TRUE);
    amt_prov_action_set_boolean (action, "mutual", FALSE);
    run_perform (channel, action, &error);
    g_assert_no_error (error);
  }
  g_assert_cmpuint (amt_prov_channel_get_request_count (channel), ==, script.count);
}

static void
test_bind_without_key (void)
{
  g_autoptr (AmtProvAction) action = amt_prov_action_new (AMT_PROV_ACTION_BIND_CERTIFICATE);
  g_autoptr (GError) error = NULL;

  play ("2.1", NULL, 0, action, &error);
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_WRONG_STATE);
}

/* What this interface cannot do at all. */
static void
test_lacking (void)
{
  static const AmtProvActionKind kinds[] = {AMT_PROV_ACTION_MAKE_KEY, AMT_PROV_ACTION_READ_TLS};

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++) {
    g_autoptr (AmtProvAction) action = amt_prov_action_new (kinds[i]);
    g_autoptr (GError) error = NULL;

    play ("2.1", NULL, 0, action, &error);
    g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_SUPPORTED);
  }
}

static void
test_commit (void)
{
  static const Line plain[] = {{"CommitChanges", NULL, 0, OK ("CommitChanges")}};
  static const Line seeded[] = {{"CommitChanges", NULL, 0, CODE ("CommitChanges", 2057)},
                                {"<SetRNGKey |<RNGKey>", NULL, 0, OK ("SetRNGKey")},
                                {"CommitChanges", NULL, 0, OK ("CommitChanges")}};
  static const Line unseeded[] = {{"CommitChanges", NULL, 0, CODE ("CommitChanges", 2057)},
                                  {"SetRNGKey", NULL, 500, UNKNOWN},
                                  {"CommitChanges", NULL, 0, CODE ("CommitChanges", 2057)}};
  static const Line refused[] = {{"CommitChanges", NULL, 0, CODE ("CommitChanges", 16)}};
  g_autoptr (AmtProvAction) action = amt_prov_action_new (AMT_PROV_ACTION_COMMIT);
  g_autoptr (GError) error = NULL;

  PLAY ("2.1", plain, action, &error);
  g_assert_no_error (error);
  PLAY ("2.1", seeded, action, &error);
  g_assert_no_error (error);
  PLAY ("2.1", unseeded, action, &error);
  g_assert_cmpint (amt_prov_error_get_pt_status (error), ==, 2057);
  g_clear_error (&error);
  PLAY ("2.1", refused, action, &error);
  g_assert_cmpint (amt_prov_error_get_pt_status (error), ==, 16);
}

/* While the release is unknown WS-Man is asked first; without either interface both are named. */
static void
test_fallback (void)
{
  static const Line lines[] = {{"POST /wsman ", "SOAPAction", 404, ""}, NAME_LINES};
  static const Line neither[] = {{"POST /wsman ", NULL, 404, ""},
                                 {"POST /NetworkAdministrationService ", NULL, 404, ""}};
  Script script = {lines, G_N_ELEMENTS (lines), 0};
  Script lost = {neither, G_N_ELEMENTS (neither), 0};
  g_autoptr (FakeDevice) device = fake_device_new (NULL, answer_line, &script);
  g_autoptr (FakeDevice) other = fake_device_new (NULL, answer_line, &lost);
  g_autoptr (AmtProvChannel) channel =
      amt_prov_channel_new ("127.0.0.1", fake_device_get_port (device), NULL, NULL);
  g_autoptr (AmtProvAction) lacking = amt_prov_action_new (AMT_PROV_ACTION_READ_TLS);
  g_autoptr (AmtProvChannel) hopeless =
      amt_prov_channel_new ("127.0.0.1", fake_device_get_port (other), NULL, NULL);
  g_autoptr (GError) error = NULL;

  run_open (channel, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (amt_prov_channel_get_interface (channel), ==, "eoi");
  g_assert_false (run_perform (channel, lacking, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_SUPPORTED);
  g_assert_null (strstr (error->message, "WS-Man"));
  g_clear_error (&error);
  g_assert_false (run_open (hopeless, NULL, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_SUPPORTED);
  g_assert_nonnull (strstr (error->message, "no WS-Man here"));
  g_assert_nonnull (strstr (error->message, "SOAP interface"));
}

/* From 9.0 nothing but WS-Man is asked. */
static void
test_no_fallback (void)
{
  static const Line lines[] = {{"POST /wsman ", NULL, 404, ""}};
  Script script = {lines, G_N_ELEMENTS (lines), 0};
  g_autoptr (FakeDevice) device = fake_device_new (NULL, answer_line, &script);
  g_autoptr (AmtProvCapabilities) capabilities = look_up ("9.5");
  g_autoptr (AmtProvChannel) channel =
      amt_prov_channel_new ("127.0.0.1", fake_device_get_port (device), NULL, capabilities);
  g_autoptr (GError) error = NULL;

  g_assert_false (run_open (channel, NULL, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_SUPPORTED);
  g_assert_cmpuint (amt_prov_channel_get_request_count (channel), ==, 1);
}

static void
test_answers (void)
{
  static const struct {
    const char *text;
    guint status;
    AmtProvError code;
    const char *words;
  } answers[] = {
      {"<html/>", 200, AMT_PROV_ERROR_PROTOCOL, "envelope"},
      {"garbage", 200, AMT_PROV_ERROR_PROTOCOL, "is not EOI"},
      {"<a:Envelope xmlns:a='http://www.w3.org/2003/05/soap-envelope'><a:Body/></a:Envelope>", 200,
       AMT_PROV_ERROR_PROTOCOL, "envelope"},
      {"<a:Envelope xmlns:a='http://schemas.xmlsoap.org/soap/envelope/'/>", 200,
       AMT_PROV_ERROR_PROTOCOL, "no Body"},
      {"<a:Envelope xmlns:a='http://schemas.xmlsoap.org/soap/envelope/'><a:Body/></a:Envelope>",
       200, AMT_PROV_ERROR_PROTOCOL, "does not answer GetHostName"},
      {"<a:Envelope xmlns:a='http://schemas.xmlsoap.org/soap/envelope/'><a:Body>"
       "<GetHostNameResponse/></a:Body></a:Envelope>",
       200, AMT_PROV_ERROR_PROTOCOL, "no Status"},
      {"<a:Envelope xmlns:a='http://schemas.xmlsoap.org/soap/envelope/'><a:Body>"
       "<GetHostNameResponse><Status>-1</Status></GetHostNameResponse></a:Body></a:Envelope>",
       200, AMT_PROV_ERROR_PROTOCOL, "no Status"},
      {"<a:Envelope xmlns:a='http://schemas.xmlsoap.org/soap/envelope/'><a:Body>"
       "<GetHostNameResponse><Status>0</Status></GetHostNameResponse></a:Body></a:Envelope>",
       500, AMT_PROV_ERROR_PROTOCOL, "HTTP 500"},
      {"<a:Envelope xmlns:a='http://schemas.xmlsoap.org/soap/envelope/'><a:Body><a:Fault>"
       "<faultcode>a:Server</faultcode></a:Fault></a:Body></a:Envelope>",
       500, AMT_PROV_ERROR_REFUSED, "fault Server: no reason given"},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (amt_prov_eoi_read ((const guint8 *)answers[i].text, strlen (answers[i].text),
                                      answers[i].status, "GetHostName", &error));
    g_assert_error (error, AMT_PROV_ERROR, (int)answers[i].code);
    g_assert_nonnull (strstr (error->message, answers[i].words));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/channel/eoi/identity", test_identity);
  g_test_add_func ("/channel/eoi/state", test_state);
  g_test_add_func ("/channel/eoi/admin", test_admin);
  g_test_add_func ("/channel/eoi/clock", test_clock);
  g_test_add_func ("/channel/eoi/names", test_names);
  g_test_add_func ("/channel/eoi/network", test_network);
  g_test_add_func ("/channel/eoi/bad-address", test_bad_address);
  g_test_add_func ("/channel/eoi/redirection", test_redirection);
  g_test_add_func ("/channel/eoi/psk", test_psk);
  g_test_add_func ("/channel/eoi/tls", test_tls);
  g_test_add_func ("/channel/eoi/bind-without-key", test_bind_without_key);
  g_test_add_func ("/channel/eoi/lacking", test_lacking);
  g_test_add_func ("/channel/eoi/commit", test_commit);
  g_test_add_func ("/channel/eoi/fallback", test_fallback);
  g_test_add_func ("/channel/eoi/no-fallback", test_no_fallback);
  g_test_add_func ("/channel/eoi/answers", test_answers);
  return g_test_run ();
}
