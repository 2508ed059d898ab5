/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "fake-device.h"

/* What the device hears and says, line by line. */
typedef struct {
  const char *wanted;   /* parts of the request, separated by | */
  const char *unwanted; /* parts that must be missing */
  const char *answer;   /* the Body */
} Line;

typedef struct {
  const Line *lines;
  guint count;
  guint at; /* atomic */
} Script;

static void
check_parts (const char *request, const char *parts, gboolean present)
{
  g_auto (GStrv) list = g_strsplit (parts == NULL ? "" : parts, "|", -1);

  for (char **part = list; *part != NULL; part++) {
    if ((strstr (request, *part) != NULL) == present)
      continue;
    g_test_message ("'%s' is %s in: %s", *part, present ? "missing" : "present", request);
    g_assert_not_reached ();
  }
}

static GString *
answer_line (const char *request, gpointer data)
{
  Script *script = data;
  guint at = (guint)g_atomic_int_add (&script->at, 1);

  if (at >= script->count)
    g_test_message ("a request too many: %s", request);
  g_assert_cmpuint (at, <, script->count);
  check_parts (request, script->lines[at].wanted, TRUE);
  check_parts (request, script->lines[at].unwanted, FALSE);
  return fake_soap (script->lines[at].answer);
}

static gboolean
play (const Line *lines, guint count, AmtProvAction *action, GError **error)
{
  Script script = {lines, count, 0};
  g_autoptr (FakeDevice) device = fake_device_new (NULL, answer_line, &script);
  g_autoptr (AmtProvChannel) channel =
      amt_prov_channel_new ("127.0.0.1", fake_device_get_port (device), NULL, NULL);
  gboolean done = run_perform (channel, action, error);

  g_assert_cmpuint (amt_prov_channel_get_request_count (channel), ==, count);
  return done;
}

#define PLAY(lines_, action_, error_) play (lines_, G_N_ELEMENTS (lines_), action_, error_)

#define OK(method_) "<g:" method_ "_OUTPUT><g:ReturnValue>0</g:ReturnValue></g:" method_ "_OUTPUT>"
#define CODE(method_, code_)                                                                       \
  "<g:" method_ "_OUTPUT><g:ReturnValue>" #code_ "</g:ReturnValue></g:" method_ "_OUTPUT>"
#define CONTEXT                                                                                    \
  "<g:EnumerateResponse><g:EnumerationContext>6B08</g:EnumerationContext></g:EnumerateResponse>"
#define ITEMS(items_)                                                                              \
  "<g:PullResponse><g:Items>" items_                                                               \
  "</g:Items><g:EndOfSequence></g:EndOfSequence></g:PullResponse>"
#define REFERENCE(name_, handle_)                                                                  \
  "<g:" name_ "><b:Address>x</b:Address><b:ReferenceParameters><c:ResourceURI>x</c:ResourceURI>"   \
  "<c:SelectorSet><c:Selector Name=\"InstanceID\">" handle_                                        \
  "</c:Selector></c:SelectorSet></b:ReferenceParameters></g:" name_ ">"

#define IDENTITY(id_, version_)                                                                    \
  "<h:CIM_SoftwareIdentity><h:InstanceID>" id_ "</h:InstanceID><h:VersionString>" version_         \
  "</h:VersionString></h:CIM_SoftwareIdentity>"

static void
test_identity (void)
{
  static const Line lines[] = {
      {"enumeration/Enumerate<|CIM_SoftwareIdentity", NULL, CONTEXT},
      {"enumeration/Pull<|EnumerationContext>6B08<|MaxElements>999<", NULL,
       "<g:PullResponse><g:EnumerationContext>6B08</g:EnumerationContext><g:Items>" IDENTITY (
           "AMT", "11.8.50") "</g:Items></g:PullResponse>"},
      {"enumeration/Pull<", NULL,
       "<g:PullResponse><g:EnumerationContext>6B08</g:EnumerationContext><g:Items>" IDENTITY (
           "Build Number", "3425")
           IDENTITY ("Sku",
                     "16392") "</g:Items><g:EndOfSequence></g:EndOfSequence></g:PullResponse>"},
      {"AMT_SetupAndConfigurationService/GetUuid<", NULL,
       "<g:GetUuid_OUTPUT><g:UUID>MyIRAFVEd2aImaq7zN3u/w==</g:UUID></g:GetUuid_OUTPUT>"},
  };
  g_autoptr (AmtProvAction) action = amt_prov_action_new (AMT_PROV_ACTION_GET_IDENTITY);
  g_autoptr (GError) error = NULL;

  PLAY (lines, action, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (amt_prov_action_get_string (action, "release"), ==, "11.8.50");
  g_assert_cmpstr (amt_prov_action_get_string (action, "build"), ==, "3425");
  g_assert_cmpint (amt_prov_action_get_int (action, "sku"), ==, 16392);
  g_assert_cmpstr (amt_prov_action_get_string (action, "uuid"), ==,
                   "00112233-4455-6677-8899-aabbccddeeff");
}

static void
test_state (void)
{
  static const Line otp[] = {{"transfer/Get<|AMT_SetupAndConfigurationService", "Selector",
                              "<g:AMT_SetupAndConfigurationService>"
                              "<g:DhcpDNSSuffix>corp.example.com</g:DhcpDNSSuffix>"
                              "<g:ProvisioningMode>1</g:ProvisioningMode>"
                              "<g:ProvisioningServerOTP>MDEyMzQ1Njc4OWFiY2RlZg==</"
                              "g:ProvisioningServerOTP><g:ProvisioningState>1</"
                              "g:ProvisioningState><g:ZeroTouchConfigurationEnabled>true</"
                              "g:ZeroTouchConfigurationEnabled>"
                              "</g:AMT_SetupAndConfigurationService>"}};
  static const Line zero[] = {{"transfer/Get<", NULL,
                               "<g:AMT_SetupAndConfigurationService><g:ProvisioningServerOTP>"
                               "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=</"
                               "g:ProvisioningServerOTP><g:ProvisioningState>2</"
                               "g:ProvisioningState></g:AMT_SetupAndConfigurationService>"}};
  g_autoptr (AmtProvAction) action = amt_prov_action_new (AMT_PROV_ACTION_READ_STATE);
  g_autoptr (AmtProvAction) later = amt_prov_action_new (AMT_PROV_ACTION_READ_STATE);
  g_autoptr (GError) error = NULL;

  PLAY (otp, action, &error);
  g_assert_no_error (error);
  g_assert_cmpint (amt_prov_action_get_int (action, "state"), ==, 1);
  g_assert_cmpint (amt_prov_action_get_int (action, "mode"), ==, 1);
  g_assert_cmpstr (amt_prov_secret_peek_text (amt_prov_action_get_secret (action, "otp")), ==,
                   "0123456789abcdef");
  g_assert_cmpstr (amt_prov_action_get_string (action, "dhcp-suffix"), ==, "corp.example.com");
  g_assert_false (amt_prov_action_has (action, "trusted-suffix"));
  g_assert_true (amt_prov_action_get_boolean (action, "zero-touch"));
  PLAY (zero, later, &error);
  g_assert_no_error (error);
  g_assert_cmpint (amt_prov_action_get_int (later, "state"), ==, 2);
  g_assert_false (amt_prov_action_has (later, "otp"));
}

#define GENERAL(host_)                                                                             \
  "<g:AMT_GeneralSettings><g:AMTNetworkEnabled>1</g:AMTNetworkEnabled>"                            \
  "<g:DigestRealm>Digest:0123456789ABCDEF0123456789ABCDEF</g:DigestRealm>"                         \
  "<g:HostName>" host_ "</g:HostName><g:NewThing>a &amp; b</g:NewThing>"                           \
  "<g:PingResponseEnabled>true</g:PingResponseEnabled></g:AMT_GeneralSettings>"

static void
test_set_admin (void)
{
  static const Line lines[] = {
      {"transfer/Get<|AMT_GeneralSettings", NULL, GENERAL ("")},
      {"SetAdminAclEntryEx<|<g:Username>admin</g:Username>|"
       "<g:DigestPassword>tnEEhfhuYXTMp0BFGN9W2g==</g:DigestPassword>",
       "P@ssw0rd", OK ("SetAdminAclEntryEx")},
  };
  g_autoptr (AmtProvAction) action = amt_prov_action_new (AMT_PROV_ACTION_SET_ADMIN);
  g_autoptr (AmtProvSecret) password = amt_prov_secret_new_text ("P@ssw0rd");
  g_autoptr (GError) error = NULL;

  amt_prov_action_set_string (action, "user", "admin");
  amt_prov_action_set_secret (action, "password", password);
  PLAY (lines, action, &error);
  g_assert_no_error (error);
}

static void
test_mebx_refused (void)
{
  static const Line lines[] = {{"SetMEBxPassword<|<g:Password>P@ss&lt;0rd</g:Password>", NULL,
                                CODE ("SetMEBxPassword", 2054)}};
  g_autoptr (AmtProvAction) action = amt_prov_action_new (AMT_PROV_ACTION_SET_MEBX_PASSWORD);
  g_autoptr (AmtProvSecret) password = amt_prov_secret_new_text ("P@ss<0rd");
  g_autoptr (GError) error = NULL;

  amt_prov_action_set_secret (action, "password", password);
  g_assert_false (PLAY (lines, action, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_REFUSED);
  g_assert_cmpint (amt_prov_error_get_pt_status (error), ==, 2054);
  g_assert_nonnull (strstr (error->message, "SetMEBxPassword answered 2054 INVALID_PASSWORD"));
  g_assert_null (strstr (error->message, "0rd"));
}

static void
test_missing_value (void)
{
  g_autoptr (AmtProvAction) action = amt_prov_action_new (AMT_PROV_ACTION_SET_MEBX_PASSWORD);
  g_autoptr (GError) error = NULL;

  g_assert_false (play (NULL, 0, action, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA);
}

static void
test_clock (void)
{
  g_autofree char *good = g_strdup_printf (
      "<g:GetLowAccuracyTimeSynch_OUTPUT><g:Ta0>%" G_GINT64_FORMAT
      "</g:Ta0><g:ReturnValue>0</g:ReturnValue></g:GetLowAccuracyTimeSynch_OUTPUT>",
      g_get_real_time () / G_USEC_PER_SEC);
  const Line right[] = {{"GetLowAccuracyTimeSynch<", NULL, good}};
  static const Line wrong[] = {
      {"GetLowAccuracyTimeSynch<", NULL,
       "<g:GetLowAccuracyTimeSynch_OUTPUT><g:Ta0>1700000000</g:Ta0><g:ReturnValue>0</"
       "g:ReturnValue></g:GetLowAccuracyTimeSynch_OUTPUT>"},
      {"SetHighAccuracyTimeSynch<|<g:Ta0>17000000|<g:Tm1>|<g:Tm2>", NULL,
       OK ("SetHighAccuracyTimeSynch")},
  };
  g_autoptr (AmtProvAction) action = amt_prov_action_new (AMT_PROV_ACTION_SET_CLOCK);
  g_autoptr (GError) error = NULL;

  PLAY (right, action, &error);
  g_assert_no_error (error);
  g_assert_cmpint (ABS (amt_prov_action_get_int (action, "offset")), <=, 10);
  PLAY (wrong, action, &error);
  g_assert_no_error (error);
  g_assert_cmpint (amt_prov_action_get_int (action, "offset"), >, 1000000);
}

/* One Get serves both Puts; the second has nothing to change. */
static void
test_general (void)
{
  static const Line lines[] = {
      {"transfer/Get<", NULL, GENERAL ("")},
      {"transfer/Put<|<g:HostName>pc0042</g:HostName><g:NewThing>a &amp; b</g:NewThing>",
       "Selector", GENERAL ("pc0042")},
  };
  Script script = {lines, G_N_ELEMENTS (lines), 0};
  g_autoptr (FakeDevice) device = fake_device_new (NULL, answer_line, &script);
  g_autoptr (AmtProvChannel) channel =
      amt_prov_channel_new ("127.0.0.1", fake_device_get_port (device), NULL, NULL);
  g_autoptr (AmtProvAction) read = amt_prov_action_new (AMT_PROV_ACTION_READ_GENERAL);
  g_autoptr (AmtProvAction) put = amt_prov_action_new (AMT_PROV_ACTION_PUT_GENERAL);
  g_autoptr (GError) error = NULL;

  amt_prov_action_set_string (put, "host", "pc0042");
  run_perform (channel, read, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (amt_prov_action_get_string (read, "host"), ==, "");
  g_assert_true (amt_prov_action_get_boolean (read, "ping"));
  run_perform (channel, put, &error);
  g_assert_no_error (error);
  g_assert_true (amt_prov_action_get_boolean (put, "changed"));
  run_perform (channel, put, &error);
  g_assert_no_error (error);
  g_assert_false (amt_prov_action_get_boolean (put, "changed"));
  g_assert_cmpuint (amt_prov_channel_get_request_count (channel), ==, 2);
}

#define PORT(dhcp_, more_)                                                                         \
  "<h:AMT_EthernetPortSettings><h:DHCPEnabled>" dhcp_ "</h:DHCPEnabled>" more_                     \
  "<h:InstanceID>Intel(r) AMT Ethernet Port Settings 0</h:InstanceID>"                             \
  "<h:IpSyncEnabled>" dhcp_ "</h:IpSyncEnabled><h:LinkPolicy>1</h:LinkPolicy>"                     \
  "<h:LinkPolicy>14</h:LinkPolicy></h:AMT_EthernetPortSettings>"

static void
test_network (void)
{
  static const Line same[] = {
      {"transfer/Get<|Name=\"InstanceID\">Intel(r) AMT Ethernet Port Settings 0<", NULL,
       PORT ("true", "<h:IPAddress>10.0.0.9</h:IPAddress>")},
  };
  static const Line dhcp[] = {
      {"transfer/Get<", NULL, PORT ("false", "<h:IPAddress>10.0.0.9</h:IPAddress>")},
      {"transfer/Put<|Name=\"InstanceID\">Intel(r) AMT Ethernet Port Settings 0<|"
       "DHCPEnabled>true<|LinkPolicy>1</g:LinkPolicy><g:LinkPolicy>14<",
       "IPAddress", PORT ("true", "")},
  };
  static const Line fixed[] = {
      {"transfer/Get<", NULL, PORT ("true", "")},
      {"DHCPEnabled>false<|<g:IPAddress>10.0.0.5</g:IPAddress>|<g:SubnetMask>255.0.0.0<|"
       "IpSyncEnabled>false<",
       "DefaultGateway", PORT ("false", "")},
  };
  g_autoptr (AmtProvAction) action = amt_prov_action_new (AMT_PROV_ACTION_PUT_NETWORK);
  g_autoptr (GError) error = NULL;

  amt_prov_action_set_boolean (action, "dhcp", TRUE);
  PLAY (same, action, &error);
  g_assert_no_error (error);
  g_assert_false (amt_prov_action_get_boolean (action, "changed"));
  PLAY (dhcp, action, &error);
  g_assert_no_error (error);
  g_assert_true (amt_prov_action_get_boolean (action, "changed"));
  amt_prov_action_set_boolean (action, "dhcp", FALSE);
  amt_prov_action_set_string (action, "ip", "10.0.0.5");
  amt_prov_action_set_string (action, "mask", "255.0.0.0");
  PLAY (fixed, action, &error);
  g_assert_no_error (error);
}

static void
test_make_key (void)
{
  static const Line lines[] = {
      {"GenerateKeyPair<|<g:KeyAlgorithm>0<|<g:KeyLength>2048<", NULL,
       "<g:GenerateKeyPair_OUTPUT>" REFERENCE (
           "KeyPair", "Intel(r) AMT Key: Handle: 0") "<g:ReturnValue>0</g:ReturnValue></"
                                                     "g:GenerateKeyPair_OUTPUT>"},
      {"transfer/Get<|AMT_PublicPrivateKeyPair|Intel(r) AMT Key: Handle: 0</w:Selector>", NULL,
       "<g:AMT_PublicPrivateKeyPair><g:DERKey>AQID</g:DERKey></g:AMT_PublicPrivateKeyPair>"},
  };
  static const guint8 key[] = {1, 2, 3};
  g_autoptr (AmtProvAction) action = amt_prov_action_new (AMT_PROV_ACTION_MAKE_KEY);
  g_autoptr (GError) error = NULL;

  amt_prov_action_set_int (action, "bits", 2048);
  PLAY (lines, action, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (amt_prov_action_get_string (action, "handle"), ==,
                   "Intel(r) AMT Key: Handle: 0");
  gsize length = 0;
  const guint8 *data = g_bytes_get_data (amt_prov_action_get_bytes (action, "public-key"), &length);
  g_assert_cmpmem (data, length, key, sizeof key);
}

/* The key is there already: found by its public half. */
static void
test_known_key (void)
{
  EVP_PKEY *pair = EVP_RSA_gen (2048);
  unsigned char *private_der = NULL, *public_der = NULL;
  int private_size = i2d_PrivateKey (pair, &private_der);
  int public_size = i2d_PublicKey (pair, &public_der);
  g_autofree char *public_text = g_base64_encode (public_der, (gsize)public_size);
  g_autofree char *items = g_strdup_printf (
      ITEMS ("<h:AMT_PublicPrivateKeyPair><h:DERKey>AQID</h:DERKey><h:InstanceID>zero"
             "</h:InstanceID></h:AMT_PublicPrivateKeyPair><h:AMT_PublicPrivateKeyPair>"
             "<h:DERKey>%s</h:DERKey><h:InstanceID>one</h:InstanceID>"
             "</h:AMT_PublicPrivateKeyPair>"),
      public_text);
  const Line lines[] = {
      {"AddKey<|<g:KeyBlob>MII", NULL, CODE ("AddKey", 2068)},
      {"Enumerate<|AMT_PublicPrivateKeyPair", NULL, CONTEXT},
      {"Pull<", NULL, items},
  };
  g_autoptr (AmtProvSecret) key = amt_prov_secret_new (private_der, (gsize)private_size);
  g_autoptr (AmtProvAction) action = amt_prov_action_new (AMT_PROV_ACTION_ADD_KEY);
  g_autoptr (GError) error = NULL;

  amt_prov_action_set_secret (action, "key", key);
  PLAY (lines, action, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (amt_prov_action_get_string (action, "handle"), ==, "one");
  OPENSSL_free (private_der);
  OPENSSL_free (public_der);
  EVP_PKEY_free (pair);
}

static void
test_certificate (void)
{
  static const Line fresh[] = {
      {"AddCertificate<|<g:CertificateBlob>AQID<", NULL,
       "<g:AddCertificate_OUTPUT>" REFERENCE (
           "CreatedCertificate",
           "seven") "<g:ReturnValue>0</g:ReturnValue></g:AddCertificate_OUTPUT>"}};
  static const Line known[] = {
      {"AddTrustedRootCertificate<", NULL, CODE ("AddTrustedRootCertificate", 2058)},
      {"Enumerate<", NULL, CONTEXT},
      {"Pull<", NULL, ITEMS ("")},
  };
  static const guint8 der[] = {1, 2, 3};
  g_autoptr (GBytes) certificate = g_bytes_new_static (der, sizeof der);
  g_autoptr (AmtProvAction) add = amt_prov_action_new (AMT_PROV_ACTION_ADD_CERTIFICATE);
  g_autoptr (AmtProvAction) root = amt_prov_action_new (AMT_PROV_ACTION_ADD_TRUSTED_ROOT);
  g_autoptr (GError) error = NULL;

  amt_prov_action_set_bytes (add, "certificate", certificate);
  amt_prov_action_set_bytes (root, "certificate", certificate);
  PLAY (fresh, add, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (amt_prov_action_get_string (add, "handle"), ==, "seven");
  g_assert_false (PLAY (known, root, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFLICT);
}

#define BINDING                                                                                    \
  "<h:AMT_TLSCredentialContext>"                                                                   \
  "<h:ElementInContext><b:ReferenceParameters><c:SelectorSet><c:Selector "                         \
  "Name=\"InstanceID\">old</c:Selector></c:SelectorSet></b:ReferenceParameters>"                   \
  "</h:ElementInContext><h:ElementProvidingContext><b:ReferenceParameters><c:SelectorSet>"         \
  "<c:Selector Name=\"ElementName\">Some Collection</c:Selector></c:SelectorSet>"                  \
  "</b:ReferenceParameters></h:ElementProvidingContext></h:AMT_TLSCredentialContext>"

static void
test_bind (void)
{
  static const Line create[] = {
      {"Enumerate<|AMT_TLSCredentialContext", NULL, CONTEXT},
      {"Pull<", NULL, ITEMS ("")},
      {"Enumerate<|AMT_TLSProtocolEndpointCollection", NULL, CONTEXT},
      {"Pull<", NULL,
       ITEMS ("<h:AMT_TLSProtocolEndpointCollection><h:ElementName>Their Name</h:ElementName>"
              "</h:AMT_TLSProtocolEndpointCollection>")},
      {"transfer/Create<|<w:Selector Name=\"InstanceID\">new</w:Selector>|"
       "<w:Selector Name=\"ElementName\">Their Name</w:Selector>|<a:Address>/wsman</a:Address>",
       NULL, "<g:ResourceCreated></g:ResourceCreated>"},
  };
  static const Line put[] = {
      {"Enumerate<", NULL, CONTEXT},
      {"Pull<", NULL, ITEMS (BINDING)},
      {"transfer/Put<|>new</w:Selector>|>Some Collection<", "old", BINDING},
  };
  static const Line bound[] = {
      {"Enumerate<", NULL, CONTEXT},
      {"Pull<", NULL, ITEMS (BINDING)},
  };
  g_autoptr (AmtProvAction) action = amt_prov_action_new (AMT_PROV_ACTION_BIND_CERTIFICATE);
  g_autoptr (GError) error = NULL;

  amt_prov_action_set_string (action, "handle", "new");
  PLAY (create, action, &error);
  g_assert_no_error (error);
  PLAY (put, action, &error);
  g_assert_no_error (error);
  amt_prov_action_set_string (action, "handle", "old");
  PLAY (bound, action, &error);
  g_assert_no_error (error);
}

#define TLS(id_, enabled_, more_)                                                                  \
  "<h:AMT_TLSSettingData><h:AcceptNonSecureConnections>true</h:AcceptNonSecureConnections>"        \
  "<h:Enabled>" enabled_ "</h:Enabled><h:InstanceID>Intel(r) AMT " id_                             \
  " TLS Settings</h:InstanceID><h:MutualAuthentication>false</h:MutualAuthentication>" more_       \
  "</h:AMT_TLSSettingData>"

static void
test_tls (void)
{
  static const Line read[] = {
      {"transfer/Get<|AMT_TLSSettingData|Intel(r) AMT 802.3 TLS Settings</w:Selector>", NULL,
       TLS ("802.3", "true", "")},
      {"Enumerate<|AMT_TLSCredentialContext", NULL, CONTEXT},
      {"Pull<", NULL, ITEMS (BINDING)},
      {"Enumerate<|AMT_PublicKeyCertificate", NULL, CONTEXT},
      {"Pull<", NULL,
       ITEMS ("<h:AMT_PublicKeyCertificate><h:InstanceID>root</h:InstanceID>"
              "<h:TrustedRootCertficate>true</h:TrustedRootCertficate>"
              "<h:X509Certificate>AA==</h:X509Certificate></h:AMT_PublicKeyCertificate>"
              "<h:AMT_PublicKeyCertificate><h:InstanceID>old</h:InstanceID>"
              "<h:X509Certificate>AQID</h:X509Certificate></h:AMT_PublicKeyCertificate>")},
  };
  static const Line set[] = {
      {"transfer/Get<", NULL,
       TLS ("802.3", "false", "<h:TrustedCN>gone.example.com</h:TrustedCN>")},
      {"transfer/Put<|Intel(r) AMT 802.3 TLS Settings</w:Selector>|<g:Enabled>true<|"
       "MutualAuthentication>true<|AcceptNonSecureConnections>false<|"
       "<g:TrustedCN>a.example.com</g:TrustedCN><g:TrustedCN>b.example.com</g:TrustedCN>",
       "gone.example.com", TLS ("802.3", "true", "")},
  };
  static const Line settings[] = {
      {"transfer/Get<", NULL, TLS ("802.3", "true", "")},
  };
  g_autoptr (AmtProvAction) reader = amt_prov_action_new (AMT_PROV_ACTION_READ_TLS);
  g_autoptr (AmtProvAction) brief = amt_prov_action_new (AMT_PROV_ACTION_READ_TLS);
  g_autoptr (AmtProvAction) writer = amt_prov_action_new (AMT_PROV_ACTION_SET_TLS);
  g_autoptr (GError) error = NULL;

  amt_prov_action_set_boolean (reader, "certificates", TRUE);
  PLAY (read, reader, &error);
  g_assert_no_error (error);
  g_assert_true (amt_prov_action_get_boolean (reader, "tls"));
  g_assert_false (amt_prov_action_get_boolean (reader, "mutual"));
  g_assert_true (amt_prov_action_get_boolean (reader, "plain"));
  g_assert_cmpstr (amt_prov_action_get_string (reader, "handle"), ==, "old");
  g_assert_cmpint (amt_prov_action_get_int (reader, "roots"), ==, 1);
  g_assert_cmpuint (g_bytes_get_size (amt_prov_action_get_bytes (reader, "certificate")), ==, 3);
  PLAY (settings, brief, &error);
  g_assert_no_error (error);
  g_assert_true (amt_prov_action_get_boolean (brief, "tls"));
  g_assert_null (amt_prov_action_get_bytes (brief, "certificate"));
  amt_prov_action_set_boolean (writer, "tls", TRUE);
  amt_prov_action_set_boolean (writer, "mutual", TRUE);
  amt_prov_action_set_string (writer, "trusted-names", "a.example.com, b.example.com");
  PLAY (set, writer, &error);
  g_assert_no_error (error);
}

#define REDIRECTION(state_, listener_)                                                             \
  "<g:AMT_RedirectionService><g:EnabledState>" state_                                              \
  "</g:EnabledState><g:ListenerEnabled>" listener_                                                 \
  "</g:ListenerEnabled><g:Name>x</g:Name></g:AMT_RedirectionService>"

static void
test_redirection (void)
{
  static const Line lines[] = {
      {"transfer/Get<", NULL, REDIRECTION ("32768", "false")},
      {"RequestStateChange<|RequestedState>32771<", NULL, OK ("RequestStateChange")},
      {"transfer/Put<|EnabledState>32771<|ListenerEnabled>true<|<g:Name>x<", NULL,
       REDIRECTION ("32771", "true")},
  };
  static const Line refused[] = {
      {"transfer/Get<", NULL, REDIRECTION ("32768", "false")},
      {"RequestStateChange<", NULL, CODE ("RequestStateChange", 32784)},
  };
  g_autoptr (AmtProvAction) action = amt_prov_action_new (AMT_PROV_ACTION_SET_REDIRECTION);
  g_autoptr (GError) error = NULL;

  amt_prov_action_set_boolean (action, "redirection", TRUE);
  PLAY (lines, action, &error);
  g_assert_no_error (error);
  g_assert_false (PLAY (refused, action, &error));
  g_assert_cmpint (amt_prov_error_get_pt_status (error), ==, 16);
}

static void
test_psk_and_commit (void)
{
  static const Line psk_lines[] = {
      {"SetTLSPSK<|<g:PID>OKRSGI18</g:PID><g:PPS>RPGH4DGB2Y4BTY5A7RR3ZHBCB1TJ9VFX<", NULL,
       OK ("SetTLSPSK")}};
  static const Line window_lines[] = {
      {"ExtendProvisioningPeriod<|<g:Duration>6<", NULL, OK ("ExtendProvisioningPeriod")}};
  static const Line commit_lines[] = {
      {"CommitChanges<|CommitChanges_INPUT", NULL, CODE ("CommitChanges", 2057)}};
  g_autoptr (GError) error = NULL;
  g_autoptr (AmtProvPsk) pair =
      amt_prov_psk_new ("OKRS-GI18", "RPGH-4DGB-2Y4B-TY5A-7RR3-ZHBC-B1TJ-9VFX", &error);
  g_autoptr (AmtProvAction) psk = amt_prov_action_new (AMT_PROV_ACTION_SET_PSK);
  g_autoptr (AmtProvAction) window = amt_prov_action_new (AMT_PROV_ACTION_EXTEND_WINDOW);
  g_autoptr (AmtProvAction) commit = amt_prov_action_new (AMT_PROV_ACTION_COMMIT);

  amt_prov_action_set_psk (psk, "psk", pair);
  amt_prov_action_set_int (window, "hours", 6);
  PLAY (psk_lines, psk, &error);
  g_assert_no_error (error);
  PLAY (window_lines, window, &error);
  g_assert_no_error (error);
  g_assert_false (PLAY (commit_lines, commit, &error));
  g_assert_cmpint (amt_prov_error_get_pt_status (error), ==, 2057);
  g_assert_nonnull (strstr (error->message, "DATA_MISSING"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/channel/conversation/identity", test_identity);
  g_test_add_func ("/channel/conversation/state", test_state);
  g_test_add_func ("/channel/conversation/set-admin", test_set_admin);
  g_test_add_func ("/channel/conversation/mebx-refused", test_mebx_refused);
  g_test_add_func ("/channel/conversation/missing-value", test_missing_value);
  g_test_add_func ("/channel/conversation/clock", test_clock);
  g_test_add_func ("/channel/conversation/general", test_general);
  g_test_add_func ("/channel/conversation/network", test_network);
  g_test_add_func ("/channel/conversation/make-key", test_make_key);
  g_test_add_func ("/channel/conversation/known-key", test_known_key);
  g_test_add_func ("/channel/conversation/certificate", test_certificate);
  g_test_add_func ("/channel/conversation/bind", test_bind);
  g_test_add_func ("/channel/conversation/tls", test_tls);
  g_test_add_func ("/channel/conversation/redirection", test_redirection);
  g_test_add_func ("/channel/conversation/psk-and-commit", test_psk_and_commit);
  return g_test_run ();
}
