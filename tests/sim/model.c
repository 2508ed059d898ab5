/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The state machine of one machine and its WS-Man answers, without input or output. */
#include "bench.h"
#include "wsman.h"

#include <libxml/parser.h>
#include <string.h>

#define PID  "0000-037M"
#define PPS  "NKLD-G5DC-RRNQ-E9YZ-ZIJL-7LFL-VJED-69XJ"
#define HOUR (3600 * G_TIME_SPAN_SECOND)

static char *
ask_selected (Bench *bench,
              const char *class,
              const char *action,
              const char *id,
              const char *body,
              guint *http)
{
  g_autofree char *uri = sim_class_uri (class);
  g_autofree char *full = *action == '/' ? g_strconcat (uri, action, NULL) : g_strdup (action);
  g_autofree char *selector =
      id != NULL ? g_strdup_printf ("<w:SelectorSet><w:Selector Name=\"InstanceID\">%s"
                                    "</w:Selector></w:SelectorSet>",
                                    id)
                 : g_strdup ("");
  g_autofree char *text = g_strdup_printf (
      "<s:Envelope xmlns:s=\"" SIM_NS_SOAP "\" xmlns:a=\"" SIM_NS_WSA "\" xmlns:w=\"" SIM_NS_WSM
      "\" xmlns:n=\"" SIM_NS_WSEN "\" xmlns:m=\"%s\"><s:Header><a:Action>%s</a:Action>"
      "<w:ResourceURI>%s</w:ResourceURI><a:MessageID>7</a:MessageID>%s</s:Header><s:Body>%s"
      "</s:Body></s:Envelope>",
      uri, full, uri, selector, body);
  g_autoptr (SimRequest) request = sim_request_parse (text, strlen (text));
  char *answer = g_string_free (sim_wsman_answer (bench->model, request, http), FALSE);
  xmlDoc *doc = xmlReadMemory (answer, (int)strlen (answer), "answer", NULL, XML_PARSE_NONET);

  g_assert_nonnull (doc);
  g_assert_null (strstr (answer, "/>"));
  xmlFreeDoc (doc);
  return answer;
}

static char *
ask (Bench *bench, const char *class, const char *action, const char *body, guint *http)
{
  return ask_selected (bench, class, action, NULL, body, http);
}

/* The ReturnValue of a method call. */
static guint
call (Bench *bench, const char *class, const char *method, const char *inputs)
{
  g_autofree char *action = g_strconcat ("/", method, NULL);
  g_autofree char *body = g_strdup_printf ("<m:%s_INPUT>%s</m:%s_INPUT>", method, inputs, method);
  guint http;
  g_autofree char *answer = ask (bench, class, action, body, &http);
  const char *value = strstr (answer, "<g:ReturnValue>");

  g_assert_cmpuint (http, ==, 200);
  g_assert_nonnull (value);
  return (guint)g_ascii_strtoull (value + strlen ("<g:ReturnValue>"), NULL, 10);
}

#define SETUP "AMT_SetupAndConfigurationService"
#define GET   SIM_NS_WXF "/Get"
#define PUT   SIM_NS_WXF "/Put"

static void
test_hello_psk (void)
{
  Bench bench = {0};
  guint hellos = 0;
  gint64 first, last = 0;

  bench_start (&bench, "amt=9.5,mode=psk,pid=" PID ",pps=" PPS);
  first = bench.now;
  g_assert_cmpint (bench.model->state, ==, SIM_STATE_SETUP);
  for (;;) {
    gint64 due = sim_model_next_due (bench.model);
    g_autoptr (AmtProvHello) hello = NULL;

    if (due == 0)
      break;
    bench.now = due;
    hello = sim_model_tick (bench.model);
    if (hello == NULL)
      continue;
    g_assert_cmpstr (amt_prov_hello_get_pid (hello), ==, "0000037M");
    g_assert_cmpuint (amt_prov_hello_get_retry (hello), ==, hellos);
    g_assert_false (amt_prov_hello_get_admin_credentials_set (hello));
    hellos++;
    last = bench.now;
  }
  g_assert_cmpuint (hellos, ==, 15);
  g_assert_cmpint (last - first, ==, (5 + 50 + 4 * 60) * 60 * G_TIME_SPAN_SECOND);
  g_assert_cmpint (bench.now - first, ==, 6 * HOUR);
  g_assert_cmpint (bench.model->state, ==, SIM_STATE_CLOSED);
  g_assert_false (sim_model_secure_port_open (bench.model));
  bench_stop (&bench);
}

static void
test_hello_pki (void)
{
  Bench bench = {0};
  g_autoptr (AmtProvHello) hello = NULL;
  GPtrArray *hashes;
  AmtProvCertHash *first;
  g_autofree char *hex = NULL;

  bench_start (&bench, "amt=9.5,mode=pki,root=00112233445566778899aabbccddeeff00112233");
  hello = sim_model_tick (bench.model);
  g_assert_nonnull (hello);
  g_assert_cmpuint (amt_prov_hello_get_interface_version (hello), ==, 3);
  hashes = amt_prov_hello_get_hashes (hello);
  g_assert_cmpuint (hashes->len, ==, 23);
  first = hashes->pdata[0];
  hex = amt_prov_cert_hash_to_hex (first);
  g_assert_cmpstr (hex, ==, "00112233445566778899aabbccddeeff00112233");
  g_assert_cmpuint (sim_model_extend_window (bench.model, 25), ==, 36);
  g_assert_cmpuint (sim_model_extend_window (bench.model, 0), ==, 0);
  g_assert_cmpint (bench.model->state, ==, SIM_STATE_CLOSED);
  g_assert_cmpint (sim_model_next_due (bench.model), ==, 0);
  bench_stop (&bench);
}

static void
test_mebx_refuses (void)
{
  Bench bench = {0};

  bench_start (&bench, "amt=9.5,mode=psk,pid=0000-0370,pps=" PPS);
  g_assert_cmpint (bench.model->state, ==, SIM_STATE_FACTORY);
  g_assert_cmpstr (bench.events->pdata[0], ==, "error");
  g_assert_false (sim_model_secure_port_open (bench.model));
  bench_stop (&bench);
  bench_start (&bench, "amt=9.5,mode=psk,password=weak,pid=" PID ",pps=" PPS);
  g_assert_cmpint (bench.model->state, ==, SIM_STATE_FACTORY);
  bench_stop (&bench);
}

static void
test_setup_codes (void)
{
  Bench bench = {0};
  guint http;
  g_autofree char *answer = NULL;
  g_autofree char *host = NULL;

  bench_start (&bench, "amt=9.5,mode=psk,pid=" PID ",pps=" PPS);
  g_assert_cmpuint (call (&bench, SETUP, "CommitChanges", ""), ==, 2057);
  g_assert_cmpuint (call (&bench, SETUP, "SetMEBxPassword", "<m:Password>weak</m:Password>"), ==,
                    2054);
  g_assert_cmpuint (call (&bench, SETUP, "SetMEBxPassword", "<m:Password>P@ssw0rd</m:Password>"),
                    ==, 0);
  g_assert_cmpuint (call (&bench, SETUP, "CommitChanges", ""), ==, 2057);
  answer =
      ask (&bench, "AMT_GeneralSettings", PUT,
           "<m:AMT_GeneralSettings><m:HostName>pc1</m:HostName></m:AMT_GeneralSettings>", &http);
  g_assert_cmpuint (http, ==, 200);
  host = sim_store_get (bench.model, "AMT_GeneralSettings", NULL, "HostName");
  g_assert_cmpstr (host, ==, "pc1");
  g_assert_cmpuint (call (&bench, SETUP, "CommitChanges", ""), ==, 2057);
  g_assert_cmpuint (call (&bench, "AMT_TimeSynchronizationService", "SetHighAccuracyTimeSynch",
                          "<m:Ta0>1</m:Ta0><m:Tm1>1000</m:Tm1><m:Tm2>1000</m:Tm2>"),
                    ==, 34);
  g_assert_cmpuint (call (&bench, "AMT_TimeSynchronizationService", "SetHighAccuracyTimeSynch",
                          "<m:Ta0>1</m:Ta0><m:Tm1>1790000000</m:Tm1><m:Tm2>1790000000</m:Tm2>"),
                    ==, 0);
  g_assert_cmpuint (call (&bench, SETUP, "SetTLSPSK", "<m:PID>00000370</m:PID><m:PPS>x</m:PPS>"),
                    ==, 42);
  g_assert_cmpuint (call (&bench, SETUP, "SetTLSPSK", "<m:PID>OKRSGI18</m:PID><m:PPS>x</m:PPS>"),
                    ==, 43);
  g_assert_cmpuint (call (&bench, SETUP, "SetTLSPSK",
                          "<m:PID>OKRSGI18</m:PID>"
                          "<m:PPS>RPGH4DGB2Y4BTY5A7RR3ZHBCB1TJ9VFX</m:PPS>"),
                    ==, 0);
  g_assert_cmpstr (amt_prov_psk_get_pid (bench.model->psk), ==, "0000037M");
  g_assert_cmpuint (call (&bench, SETUP, "CommitChanges", ""), ==, 0);
  g_assert_cmpstr (amt_prov_psk_get_pid (bench.model->psk), ==, "OKRSGI18");
  g_assert_cmpint (bench.model->state, ==, SIM_STATE_OPERATIONAL);
  g_assert_true (sim_model_plain_port_open (bench.model));
  g_assert_false (sim_model_secure_port_open (bench.model));
  g_assert_cmpuint (call (&bench, SETUP, "SetMEBxPassword", "<m:Password>P@ssw0rd</m:Password>"),
                    ==, 16);
  g_assert_cmpuint (call (&bench, SETUP, "PartialUnprovision", ""), ==, 0);
  g_assert_cmpint (bench.model->state, ==, SIM_STATE_SETUP);
  g_assert_cmpuint (
      call (&bench, SETUP, "Unprovision", "<m:ProvisioningMode>1</m:ProvisioningMode>"), ==, 0);
  g_assert_cmpint (bench.model->state, ==, SIM_STATE_FACTORY);
  g_assert_null (bench.model->psk);
  bench_stop (&bench);
}

static void
test_admin_digest (void)
{
  Bench bench = {0};
  const char *hex = "b6710485f86e6174cca7404518df56da";
  const char *auth = "AMT_AuthorizationService";
  guint before;

  bench_start (&bench, "amt=11.8,mode=pki");
  before = bench.model->acl_generation;
  g_assert_cmpuint (call (&bench, auth, "SetAdminAclEntryEx",
                          "<m:Username>admin</m:Username><m:DigestPassword>"
                          "b6710485f86e6174cca7404518df56da</m:DigestPassword>"),
                    ==, 36);
  g_assert_cmpuint (call (&bench, auth, "SetAdminAclEntryEx",
                          "<m:Username>admin</m:Username><m:DigestPassword>"
                          "tnEEhfhuYXTMp0BFGN9W2g==</m:DigestPassword>"),
                    ==, 0);
  g_assert_cmpstr (bench.model->admin_ha1, ==, hex);
  g_assert_cmpuint (bench.model->acl_generation, >, before);
  bench_stop (&bench);
}

static void
expect_fault (Bench *bench,
              const char *class,
              const char *action,
              const char *body,
              const char *subcode,
              guint status)
{
  guint http;
  g_autofree char *answer = ask (bench, class, action, body, &http);

  g_assert_nonnull (strstr (answer, subcode));
  g_assert_cmpuint (http, ==, status);
}

static void
test_faults (void)
{
  Bench bench = {0};

  bench_start (&bench, "amt=5.0,mode=operational,password=P@ssw0rd");
  expect_fault (&bench, "CIM_Unknown", GET, "", "b:DestinationUnreachable", 400);
  expect_fault (&bench, "CIM_KVMRedirectionSAP", GET, "", "b:DestinationUnreachable", 400);
  expect_fault (&bench, "IPS_HostBasedSetupService", GET, "", "b:DestinationUnreachable", 400);
  expect_fault (&bench, "AMT_TLSSettingData", GET, "", "e:InvalidSelectors", 400);
  expect_fault (&bench, SETUP, "/NoSuchMethod", "", "b:ActionNotSupported", 400);
  expect_fault (&bench, "AMT_PublicKeyManagementService", "/GenerateKeyPair",
                "<m:GenerateKeyPair_INPUT><m:KeyAlgorithm>0</m:KeyAlgorithm>"
                "<m:KeyLength>2048</m:KeyLength></m:GenerateKeyPair_INPUT>",
                "b:ActionNotSupported", 400);
  expect_fault (&bench, "AMT_GeneralSettings", PUT,
                "<m:AMT_GeneralSettings><m:HostNam>x</m:HostNam></m:AMT_GeneralSettings>",
                "e:SchemaValidationError", 400);
  expect_fault (&bench, "AMT_GeneralSettings", PUT, "<m:Other></m:Other>",
                "d:InvalidRepresentation", 400);
  expect_fault (
      &bench, "AMT_EthernetPortSettings", PUT,
      "<m:AMT_EthernetPortSettings><m:InstanceID>Intel(r) AMT Ethernet Port Settings 0"
      "</m:InstanceID><m:DHCPEnabled>false</m:DHCPEnabled><m:IPAddress>1.2.3</m:IPAddress>"
      "<m:SubnetMask>255.0.0.0</m:SubnetMask></m:AMT_EthernetPortSettings>",
      "AMT-STATUS 27", 500);
  expect_fault (&bench, "AMT_GeneralSettings", SIM_NS_WSEN "/Pull",
                "<n:Pull><n:EnumerationContext>x</n:EnumerationContext></n:Pull>",
                "c:InvalidEnumerationContext", 500);
  bench_stop (&bench);
}

static char *
dup_between (const char *text, const char *from, const char *to)
{
  const char *start = strstr (text, from);
  const char *end;

  g_assert_nonnull (start);
  start += strlen (from);
  end = strstr (start, to);
  g_assert_nonnull (end);
  return g_strndup (start, end - start);
}

static char *
enumerate (Bench *bench, const char *class)
{
  guint http;
  g_autofree char *answer =
      ask (bench, class, SIM_NS_WSEN "/Enumerate", "<n:Enumerate></n:Enumerate>", &http);

  g_assert_cmpuint (http, ==, 200);
  return dup_between (answer, "<g:EnumerationContext>", "</g:EnumerationContext>");
}

static char *
pull (Bench *bench, const char *class, const char *context, const char *extra)
{
  guint http;
  g_autofree char *body = g_strdup_printf (
      "<n:Pull><n:EnumerationContext>%s</n:EnumerationContext>%s</n:Pull>", context, extra);

  return ask (bench, class, SIM_NS_WSEN "/Pull", body, &http);
}

static void
test_enumeration (void)
{
  Bench bench = {0};
  const char *class = "CIM_SoftwareIdentity";
  g_autofree char *context = NULL;
  g_autofree char *one = NULL;
  g_autofree char *rest = NULL;

  bench_start (&bench, "amt=11.8,mode=operational,password=P@ssw0rd");
  context = enumerate (&bench, class);
  one = pull (&bench, class, context, "");
  g_assert_nonnull (strstr (one, "<g:EnumerationContext>"));
  g_assert_null (strstr (one, "EndOfSequence"));
  rest = pull (&bench, class, context, "<n:MaxElements>999</n:MaxElements>");
  g_assert_nonnull (strstr (rest, "<g:EndOfSequence></g:EndOfSequence>"));
  g_assert_nonnull (strstr (rest, "AMT FW Core Version"));
  for (guint i = 0; i < SIM_CONTEXTS; i++)
    g_free (enumerate (&bench, class));
  expect_fault (&bench, class, SIM_NS_WSEN "/Enumerate", "<n:Enumerate></n:Enumerate>",
                "e:Concurrency", 500);
  bench.now += 61 * G_TIME_SPAN_SECOND;
  g_free (enumerate (&bench, class));
  bench_stop (&bench);
}

static void
test_every_class (void)
{
  Bench bench = {0};
  GList *names;

  bench_start (&bench, "amt=16.1,mode=operational,password=P@ssw0rd");
  names = sim_catalog_list (bench.catalog);
  g_assert_cmpuint (g_list_length (names), >=, 59);
  for (GList *item = names; item != NULL; item = item->next) {
    guint http;
    g_autofree char *got = ask (&bench, item->data, GET, "", &http);
    g_autofree char *context = enumerate (&bench, item->data);
    g_autofree char *items =
        pull (&bench, item->data, context, "<n:MaxElements>999</n:MaxElements>");

    g_assert_true (http == 200 || http == 400);
    g_assert_nonnull (strstr (items, "EndOfSequence"));
  }
  g_list_free (names);
  bench_stop (&bench);
}

static void
test_keys_and_certificates (void)
{
  Bench bench = {0};
  guint http;
  g_autofree char *made = NULL;
  g_autofree char *pair = NULL;
  const char *keys = "AMT_PublicKeyManagementService";

  bench_start (&bench, "amt=11.8,mode=pki");
  made = ask (&bench, keys, "/GenerateKeyPair",
              "<m:GenerateKeyPair_INPUT><m:KeyAlgorithm>0</m:KeyAlgorithm>"
              "<m:KeyLength>2048</m:KeyLength></m:GenerateKeyPair_INPUT>",
              &http);
  g_assert_nonnull (strstr (made, "Intel(r) AMT Key: Handle: 0"));
  pair = ask_selected (&bench, "AMT_PublicPrivateKeyPair", GET, "Intel(r) AMT Key: Handle: 0", "",
                       &http);
  g_assert_nonnull (strstr (pair, "<g:DERKey>MII"));
  g_assert_cmpuint (
      call (&bench, keys, "AddCertificate", "<m:CertificateBlob>AAAA</m:CertificateBlob>"), ==,
      2063);
  g_assert_cmpuint (call (&bench, keys, "AddKey", "<m:KeyBlob>AAAA</m:KeyBlob>"), ==, 2062);
  g_assert_cmpuint (sim_model_bind_certificate (bench.model, 0), ==, 2063);
  bench_stop (&bench);
}

static void
test_bad_settings (void)
{
  static const char *const bad[] = {
      "amt",  "x",     "mode",    "foo",  "address",    "10.0.0.1", "nonsense",
      "1",    "fault", "boom@",   "root", "12zz",       "sku",      "pro",
      "link", "yes",   "enabled", "off",  "zero-touch", "no",       "bare-metal-hours",
      "256"};

  for (guint i = 0; i < G_N_ELEMENTS (bad); i += 2) {
    g_autoptr (GHashTable) values = g_hash_table_new (g_str_hash, g_str_equal);
    g_autoptr (GError) error = NULL;

    g_hash_table_insert (values, "amt", "9.5");
    g_hash_table_insert (values, (char *)bad[i], (char *)bad[i + 1]);
    g_assert_null (sim_settings_new (values, &error));
    g_assert_nonnull (error);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sim/hello-psk", test_hello_psk);
  g_test_add_func ("/sim/hello-pki", test_hello_pki);
  g_test_add_func ("/sim/mebx-refuses", test_mebx_refuses);
  g_test_add_func ("/sim/setup-codes", test_setup_codes);
  g_test_add_func ("/sim/admin-digest", test_admin_digest);
  g_test_add_func ("/sim/faults", test_faults);
  g_test_add_func ("/sim/enumeration", test_enumeration);
  g_test_add_func ("/sim/every-class", test_every_class);
  g_test_add_func ("/sim/keys-and-certificates", test_keys_and_certificates);
  g_test_add_func ("/sim/bad-settings", test_bad_settings);
  return g_test_run ();
}
