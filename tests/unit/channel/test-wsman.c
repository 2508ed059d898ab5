/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <amtprov/amtprov.h>

#include "channel/wsman-private.h"

#define HEAD                                                                                       \
  "<a:Envelope xmlns:a=\"http://www.w3.org/2003/05/soap-envelope\" "                               \
  "xmlns:b=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\" "                                  \
  "xmlns:e=\"http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd\" xmlns:g=\"urn:g\">"                  \
  "<a:Header></a:Header><a:Body>"
#define TAIL "</a:Body></a:Envelope>"

static AmtProvXml *
read_text (const char *text, guint status, gboolean instance, GError **error)
{
  return amt_prov_wsman_read ((const guint8 *)text, strlen (text), status, instance, error);
}

static void
test_envelope (void)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (AmtProvXml) input =
      amt_prov_wsman_new_method ("AMT_SetupAndConfigurationService", "SetMEBxPassword");
  g_autoptr (GError) error = NULL;

  amt_prov_xml_append (input, amt_prov_xml_new (input->ns, "Password", "a<&>\"b"));
  amt_prov_xml_append (input, amt_prov_xml_new (input->ns, "Empty", NULL));
  amt_prov_wsman_write (out, 7, "AMT_SetupAndConfigurationService", "SetMEBxPassword",
                        "Intel(r) & Co", input);
  g_assert_nonnull (strstr (out->str, "<a:MessageID>7</a:MessageID>"));
  g_assert_nonnull (strstr (out->str, "amt-schema/1/AMT_SetupAndConfigurationService/"
                                      "SetMEBxPassword</a:Action>"));
  g_assert_nonnull (strstr (out->str, "Intel(r) &amp; Co</w:Selector>"));
  g_assert_nonnull (strstr (out->str, "<g:Password>a&lt;&amp;&gt;&quot;b</g:Password>"));
  g_assert_nonnull (strstr (out->str, "<g:Empty></g:Empty>"));
  g_assert_null (strstr (out->str, "/>"));

  g_autoptr (AmtProvXml) body = read_text (out->str, 200, FALSE, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (
      amt_prov_xml_text (amt_prov_xml_child (body, "SetMEBxPassword_INPUT"), "Password"), ==,
      "a<&>\"b");
}

static void
test_class_uri (void)
{
  g_autofree char *amt = amt_prov_wsman_class_uri ("AMT_GeneralSettings");
  g_autofree char *cim = amt_prov_wsman_class_uri ("CIM_SoftwareIdentity");
  g_autofree char *ips = amt_prov_wsman_class_uri ("IPS_HostBasedSetupService");

  g_assert_cmpstr (amt, ==, "http://intel.com/wbem/wscim/1/amt-schema/1/AMT_GeneralSettings");
  g_assert_cmpstr (cim, ==,
                   "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_SoftwareIdentity");
  g_assert_cmpstr (ips, ==, "http://intel.com/wbem/wscim/1/ips-schema/1/IPS_HostBasedSetupService");
}

static void
test_return_values (void)
{
  static const struct {
    const char *body;
    gint64 value;
  } cases[] = {
      {"<g:X_OUTPUT><g:ReturnValue>0</g:ReturnValue></g:X_OUTPUT>", 0},
      {"<g:X_OUTPUT><g:ReturnValue>2054</g:ReturnValue></g:X_OUTPUT>", 2054},
      {"<g:GetUuid_OUTPUT><g:UUID>x</g:UUID></g:GetUuid_OUTPUT>", 0},
      {"<g:X_OUTPUT><g:ReturnValue>zero</g:ReturnValue></g:X_OUTPUT>", -1},
      {"<g:Other></g:Other>", -1},
      {"", -1},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *text = g_strconcat (HEAD, cases[i].body, TAIL, NULL);
    g_autoptr (GError) error = NULL;
    g_autoptr (AmtProvXml) body = read_text (text, 200, FALSE, &error);
    g_assert_no_error (error);
    g_assert_cmpint (amt_prov_wsman_get_return (body), ==, cases[i].value);
    g_assert_cmpint (amt_prov_wsman_check_return (body, "X", &error), ==, cases[i].value == 0);
    if (cases[i].value > 0) {
      g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_REFUSED);
      g_assert_cmpint (amt_prov_error_get_pt_status (error), ==, 2054);
      g_assert_cmpstr (error->message, ==, "X answered 2054 INVALID_PASSWORD");
    } else if (cases[i].value < 0) {
      g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL);
    }
  }
}

static void
test_faults (void)
{
  static const struct {
    const char *subcode;
    const char *detail;
    guint status;
    gboolean instance;
    AmtProvError code;
    int pt_status;
  } cases[] = {
      {"b:DestinationUnreachable", "", 400, FALSE, AMT_PROV_ERROR_NOT_SUPPORTED, -1},
      {"b:DestinationUnreachable", "", 400, TRUE, AMT_PROV_ERROR_NOT_FOUND, -1},
      {"b:ActionNotSupported", "", 400, FALSE, AMT_PROV_ERROR_NOT_SUPPORTED, -1},
      {"e:AccessDenied", "", 400, FALSE, AMT_PROV_ERROR_REFUSED, -1},
      {"e:InternalError", "<a:Text>AMT-STATUS 27</a:Text>", 500, TRUE, AMT_PROV_ERROR_REFUSED, 27},
      {"e:InternalError", "AMT-STATUS: 26 x", 500, TRUE, AMT_PROV_ERROR_REFUSED, 26},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *text = g_strdup_printf (
        HEAD "<a:Fault><a:Code><a:Value>a:Sender</a:Value><a:Subcode><a:Value>%s</a:Value>"
             "</a:Subcode></a:Code><a:Reason><a:Text xml:lang=\"en-US\">Because.</a:Text>"
             "</a:Reason><a:Detail>%s</a:Detail></a:Fault>" TAIL,
        cases[i].subcode, cases[i].detail);
    g_autoptr (GError) error = NULL;
    g_assert_null (read_text (text, cases[i].status, cases[i].instance, &error));
    g_assert_error (error, AMT_PROV_ERROR, (int)cases[i].code);
    g_assert_nonnull (strstr (error->message, cases[i].subcode + 2));
    g_assert_cmpint (amt_prov_error_get_pt_status (error), ==, cases[i].pt_status);
    if (cases[i].code == AMT_PROV_ERROR_REFUSED)
      g_assert_cmpuint (amt_prov_error_get_http_status (error), ==, cases[i].status);
  }
}

static void
test_garbage (void)
{
  static const char *const texts[] = {
      "",
      "\001\002 not XML at all",
      "<html><body>hello</body></html>",
      HEAD "<nobody:knows></nobody:knows>" TAIL,
      "<Envelope><Body></Body></Envelope>",
      "<a:Envelope xmlns:a=\"http://www.w3.org/2003/05/soap-envelope\"></a:Envelope>",
      "<a:Envelope xmlns:a=\"http://www.w3.org/2003/05/soap-envelope\"><a:Body>",
      "<!DOCTYPE x [<!ENTITY e \"y\">]><a:Envelope "
      "xmlns:a=\"http://www.w3.org/2003/05/soap-envelope\"><a:Body>&e;</a:Body></a:Envelope>",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (GError) error = NULL;
    g_assert_null (read_text (texts[i], 200, FALSE, &error));
    g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL);
    g_assert_true (g_utf8_validate (error->message, -1, NULL));
    g_assert_null (strchr (error->message, '\001'));
  }
}

static void
test_deep_and_wide (void)
{
  g_autoptr (GString) deep = g_string_new (HEAD);
  g_autoptr (GString) wide = g_string_new (HEAD);
  g_autoptr (GError) error = NULL;

  for (int i = 0; i < 100; i++)
    g_string_append (deep, "<x>");
  for (int i = 0; i < 100; i++)
    g_string_append (deep, "</x>");
  g_string_append (deep, TAIL);
  g_assert_null (read_text (deep->str, 200, FALSE, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL);
  g_clear_error (&error);

  for (int i = 0; i < 30000; i++)
    g_string_append (wide, "<x></x>");
  g_string_append (wide, TAIL);
  g_assert_null (read_text (wide->str, 200, FALSE, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL);
}

static void
test_order_is_kept (void)
{
  static const char text[] = "<g:C xmlns:g=\"urn:g\"><g:DHCP>true</g:DHCP><g:Default>x</g:Default>"
                             "<g:New><h:T xmlns:h=\"urn:h\" N=\"a&amp;b\">1</h:T></g:New>"
                             "<g:P>1</g:P><g:P>2</g:P><g:z></g:z></g:C>";
  g_autoptr (GError) error = NULL;
  g_autoptr (AmtProvXml) root = amt_prov_xml_parse ((const guint8 *)text, sizeof text - 1, &error);
  g_autoptr (GString) out = g_string_new (NULL);

  g_assert_no_error (error);
  g_assert_false (amt_prov_xml_set (root, "DHCP", "true"));
  g_assert_true (amt_prov_xml_set (root, "Default", "y"));
  g_assert_true (amt_prov_xml_set (root, "IPAddress", "10.0.0.1"));
  g_assert_true (amt_prov_xml_remove (root, "z"));
  amt_prov_xml_write (root, out);
  g_assert_cmpstr (out->str, ==,
                   "<g:C xmlns:g=\"urn:g\"><g:DHCP>true</g:DHCP><g:Default>y</g:Default>"
                   "<g:IPAddress>10.0.0.1</g:IPAddress>"
                   "<g:New><x:T xmlns:x=\"urn:h\" N=\"a&amp;b\">1</x:T></g:New>"
                   "<g:P>1</g:P><g:P>2</g:P></g:C>");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/channel/wsman/envelope", test_envelope);
  g_test_add_func ("/channel/wsman/class-uri", test_class_uri);
  g_test_add_func ("/channel/wsman/return-values", test_return_values);
  g_test_add_func ("/channel/wsman/faults", test_faults);
  g_test_add_func ("/channel/wsman/garbage", test_garbage);
  g_test_add_func ("/channel/wsman/deep-and-wide", test_deep_and_wide);
  g_test_add_func ("/channel/wsman/order-is-kept", test_order_is_kept);
  return g_test_run ();
}
