/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gio/gio.h>

#include <amtprov/amtprov.h>

static void
assert_data (const GError *error, int pt_status, guint http_status, int alert)
{
  g_assert_cmpint (amt_prov_error_get_pt_status (error), ==, pt_status);
  g_assert_cmpuint (amt_prov_error_get_http_status (error), ==, http_status);
  g_assert_cmpint (amt_prov_error_get_tls_alert (error), ==, alert);
}

static void
test_refused (void)
{
  g_autoptr (GError) error = amt_prov_error_new_refused (2054, 200, "SetMEBxPassword: weak");
  g_autoptr (GError) copy = g_error_copy (error);

  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_REFUSED);
  assert_data (error, 2054, 200, -1);
  g_prefix_error (&copy, "step: ");
  g_assert_cmpstr (copy->message, ==, "step: SetMEBxPassword: weak");
  assert_data (copy, 2054, 200, -1);
}

static void
test_tls (void)
{
  g_autoptr (GError) error = amt_prov_error_new_tls (20, "bad record mac");

  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_TLS);
  assert_data (error, -1, 0, 20);
}

static void
test_absent (void)
{
  g_autoptr (GError) plain = g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_STORE, "%s", "x");
  g_autoptr (GError) foreign = g_error_new (G_IO_ERROR, G_IO_ERROR_CANCELLED, "%s", "x");

  assert_data (plain, -1, 0, -1);
  assert_data (foreign, -1, 0, -1);
  assert_data (NULL, -1, 0, -1);
}

static void
test_names (void)
{
  g_assert_cmpstr (amt_prov_pt_status_to_string (0), ==, "SUCCESS");
  g_assert_cmpstr (amt_prov_pt_status_to_string (16), ==, "NOT_PERMITTED");
  g_assert_cmpstr (amt_prov_pt_status_to_string (42), ==, "INVALID_PID_FORMAT");
  g_assert_cmpstr (amt_prov_pt_status_to_string (2061), ==, "PKI_GENERATING_KEYS");
  g_assert_null (amt_prov_pt_status_to_string (5));
  g_assert_null (amt_prov_pt_status_to_string (2052));
  g_assert_null (amt_prov_pt_status_to_string (G_MAXUINT));
}

static void
test_uuid (void)
{
  static const guint8 wire[AMT_PROV_UUID_LENGTH] = {0x3e, 0xc2, 0xff, 0xd2, 0xd1, 0x9d, 0x2d, 0x41,
                                                    0x86, 0x0a, 0x54, 0xb2, 0x03, 0x9b, 0x72, 0xff};
  static const char text[] = "d2ffc23e-9dd1-412d-860a-54b2039b72ff";
  static const char *const forms[] = {text, "D2FFC23E-9DD1-412D-860A-54B2039B72FF",
                                      "D2ffc23e9dd1412d860a54b2039b72ff"};
  static const char *const bad[] = {"",
                                    "d2ffc23e",
                                    "d2ffc23e-9dd1-412d-860a-54b2039b72fg",
                                    "d2ffc23e-9dd1-412d-860a-54b2039b72f",
                                    "d2ffc23e-9dd1-412d-860a-54b2039b72ff0",
                                    "d2ffc23e+9dd1-412d-860a-54b2039b72ff",
                                    "d2ffc23e-9dd1-412d-860a54b2039b-72ff",
                                    "{2ffc23e9dd1412d860a54b2039b72f}"};
  g_autofree char *from_wire = amt_prov_uuid_from_wire (wire);
  guint8 bytes[AMT_PROV_UUID_LENGTH] = {0};

  g_assert_cmpstr (from_wire, ==, text);
  for (gsize i = 0; i < G_N_ELEMENTS (forms); i++) {
    g_autofree char *normal = amt_prov_uuid_normalize (forms[i]);

    g_assert_cmpstr (normal, ==, text);
    g_assert_true (amt_prov_uuid_to_wire (forms[i], bytes));
    g_assert_cmpmem (bytes, sizeof bytes, wire, sizeof wire);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_assert_null (amt_prov_uuid_normalize (bad[i]));
    g_assert_false (amt_prov_uuid_to_wire (bad[i], bytes));
  }
  g_assert_null (amt_prov_uuid_normalize (NULL));
  g_assert_cmpmem (bytes, sizeof bytes, wire, sizeof wire);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/error/refused", test_refused);
  g_test_add_func ("/error/tls", test_tls);
  g_test_add_func ("/error/absent", test_absent);
  g_test_add_func ("/error/pt-status-names", test_names);
  g_test_add_func ("/uuid", test_uuid);
  return g_test_run ();
}
