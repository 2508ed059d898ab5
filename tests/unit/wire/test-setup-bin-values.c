/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "setup-bin-file.h"

/* Values between text and bytes, and all of them at random. */

typedef struct {
  guint module, id;
  const char *name;
  const char *text;
  const char *hex;
  AmtProvSetupBinType type;
} Value;

#define T(kind) AMT_PROV_SETUP_BIN_TYPE_##kind
static const Value values[] = {
    {1, 1, "current-mebx-password", "admin", "61646d696e", T (TEXT)},
    {1, 2, "new-mebx-password", "P@ssw0rd", "5040737377307264", T (TEXT)},
    {1, 3, "manageability-feature-selection", "1", "01", T (INTEGER)},
    {1, 4, "firmware-local-update", "2", "02", T (INTEGER)},
    {1, 5, "firmware-update-qualifier", "0", "00", T (INTEGER)},
    {1, 6, "power-package", "46732273-dc23-2f43-a98a-13d37982d855",
     "7322734623dc432fa98a13d37982d855", T (GUID)},
    {2, 1, "pid", "0000037M", "303030303033374d", T (TEXT)},
    {2, 2, "pps", "RPGH4DGB2Y4BTY5A7RR3ZHBCB1TJ9VFX",
     "525047483444474232593442545935413752 52335a4842434231544a39564658", T (TEXT)},
    {2, 3, "pki-dns-suffix", "a.b", "612e62", T (TEXT)},
    {2, 4, "configuration-server-fqdn", "s.a.b", "732e612e62", T (TEXT)},
    {2, 5, "remote-configuration-enabled", "1", "01", T (INTEGER)},
    {2, 6, "pre-installed-certificates-enabled", "0", "00", T (INTEGER)},
    {2, 7, "user-defined-certificate-configuration", "2", "02", T (INTEGER)},
    {2, 8, "user-defined-certificate-addition", "sha1:72b4433ae39d27a2cc46a01b11186545f986dd5c:A:B",
     "0172b4433ae39d27a2cc46a01b11186545f986dd5c03413a42", T (HASH)},
    {2, 8, "user-defined-certificate-addition",
     "sha384:4bca8bc5d15e3ffb50b0b8f6059411f050a0f3794090c9df4a774ed6a2a3e63c5e57f4fd4fd4397d92fa0"
     "73fedc9dd57:",
     "034bca8bc5d15e3ffb50b0b8f6059411f050a0f3794090c9df4a774ed6a2a3e63c5e57f4fd4fd4397d92fa073f"
     "edc9dd5700",
     T (HASH)},
    {2, 10, "sol-ider", "7", "07", T (INTEGER)},
    {2, 11, "host-name", "pc-1", "70632d31", T (TEXT)},
    {2, 12, "domain-name", "a.b", "612e62", T (TEXT)},
    {2, 13, "dhcp", "2", "02", T (INTEGER)},
    {2, 14, "secure-firmware-update", "1", "01", T (INTEGER)},
    {2, 16, "provisioning-mode", "1", "01", T (INTEGER)},
    {2, 17, "provisioning-server-address", "10.1.2.3", "0302010a", T (IPV4)},
    {2, 18, "provisioning-server-port", "9971", "f326", T (INTEGER)},
    {2, 23, "shared-dedicated-fqdn", "1", "01", T (INTEGER)},
    {2, 24, "dynamic-dns-update", "1", "01", T (INTEGER)},
    {2, 25, "kvm-state", "1", "01", T (INTEGER)},
    {2, 26, "opt-in", "255", "ff", T (INTEGER)},
    {2, 27, "remote-change-of-opt-in", "1", "01", T (INTEGER)},
    {2, 28, "me-provisioning-halt-active", "1", "01", T (INTEGER)},
    {2, 29, "manual-setup-and-configuration", "0", "00", T (INTEGER)},
    {2, 30, "support-channel-identifier", "65535", "ffff0000", T (INTEGER)},
    {2, 31, "support-channel-description", "Help desk", "48656c70206465736b", T (TEXT)},
    {2, 32, "service-account-number", "", "", T (TEXT)},
    {2, 33, "enrolment-passcode", "x", "78", T (TEXT)},
    {2, 34, "service-type", "4", "04000000", T (INTEGER)},
    {2, 35, "service-provider-identifier", "46732273-dc23-2f43-a98a-13d37982d855",
     "7322734623dc432fa98a13d37982d855", T (GUID)},
};

static const char *const nameless_layouts[] = {"ito", "static-ipv4-parameters", "vlan",
                                               "password-policy-flag", "ipv6-parameters"};
static const char *const secrets[] = {"current-mebx-password", "new-mebx-password", "pps",
                                      "enrolment-passcode", NULL};

static void
assert_value (const Value *value)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (AmtProvSetupBinVariable) variable =
      amt_prov_setup_bin_variable_new_from_text (value->name, value->text, &error);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autofree char *text = NULL;
  const guint8 *data;
  gsize length;

  g_assert_no_error (error);
  put_hex (bytes, 0, value->hex);
  data = amt_prov_secret_peek (amt_prov_setup_bin_variable_get_value (variable), &length);
  g_assert_cmpmem (data, length, bytes->data, bytes->len);
  g_assert_cmpuint (amt_prov_setup_bin_variable_get_module (variable), ==, value->module);
  g_assert_cmpuint (amt_prov_setup_bin_variable_get_id (variable), ==, value->id);
  g_assert_cmpstr (amt_prov_setup_bin_variable_get_name (variable), ==, value->name);
  g_assert_cmpint (amt_prov_setup_bin_variable_get_value_type (variable), ==, value->type);
  g_assert_cmpint (amt_prov_setup_bin_variable_is_secret (variable), ==,
                   g_strv_contains (secrets, value->name));
  text = amt_prov_setup_bin_variable_dup_text (variable);
  g_assert_cmpstr (text, ==, amt_prov_setup_bin_variable_is_secret (variable) ? NULL : value->text);
  if (value->type == AMT_PROV_SETUP_BIN_TYPE_INTEGER)
    g_assert_cmpuint (amt_prov_setup_bin_variable_get_integer (variable), ==,
                      g_ascii_strtoull (value->text, NULL, 10));
}

/* Every variable that has a layout is in the table above. */
static void
test_values (void)
{
  g_auto (GStrv) names = amt_prov_setup_bin_variable_list_names ();
  guint found = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
    assert_value (&values[i]);
  for (gsize i = 0; names[i] != NULL; i++) {
    guint module, id;

    g_assert_true (amt_prov_setup_bin_variable_find_name (names[i], &module, &id));
    for (gsize k = 0; k < G_N_ELEMENTS (values); k++)
      if (values[k].module == module && values[k].id == id) {
        found++;
        break;
      }
  }
  g_assert_cmpuint (found + G_N_ELEMENTS (nameless_layouts), ==, g_strv_length (names));
}

static void
test_raw (void)
{
  g_autoptr (AmtProvSecret) bytes = amt_prov_secret_new ((const guint8 *)"\x01\xab", 2);
  g_autoptr (AmtProvSetupBinVariable) vlan = amt_prov_setup_bin_variable_new (2, 20, bytes, NULL);
  g_autoptr (AmtProvSetupBinVariable) wrong = amt_prov_setup_bin_variable_new (2, 13, bytes, NULL);
  g_autofree char *vlan_text = amt_prov_setup_bin_variable_dup_text (vlan);
  g_autofree char *wrong_text = amt_prov_setup_bin_variable_dup_text (wrong);

  g_assert_cmpint (amt_prov_setup_bin_variable_get_value_type (vlan), ==,
                   AMT_PROV_SETUP_BIN_TYPE_RAW);
  g_assert_cmpstr (amt_prov_setup_bin_variable_get_name (vlan), ==, "vlan");
  g_assert_cmpstr (vlan_text, ==, "01ab");
  /* A known variable whose value is not what it should be. */
  g_assert_cmpint (amt_prov_setup_bin_variable_get_value_type (wrong), ==,
                   AMT_PROV_SETUP_BIN_TYPE_RAW);
  g_assert_cmpuint (amt_prov_setup_bin_variable_get_integer (wrong), ==, 0);
  g_assert_null (amt_prov_setup_bin_variable_dup_hash (wrong, NULL));
  g_assert_cmpstr (wrong_text, ==, "01ab");
}

static void
test_refused (void)
{
  static const char *const bad[][3] = {
      {"dhcp", "0", "known are 1 to 2"},
      {"dhcp", "3", "known are 1 to 2"},
      {"dhcp", "on", "no whole number"},
      {"dhcp", "-1", "no whole number"},
      {"dhcp", "", "no whole number"},
      {"opt-in", "2", "0 to 1 and 255"},
      {"service-type", "3", "1 to 2 and 4"},
      {"provisioning-server-port", "0", "1 to 65535"},
      {"provisioning-server-port", "65536", "1 to 65535"},
      {"provisioning-server-port", "4294967297", "32 bits"},
      {"provisioning-server-address", "::1", "no IPv4 address"},
      {"provisioning-server-address", "10.1.2", "no IPv4 address"},
      {"power-package", "46732273", "no GUID"},
      {"pid", "0000", "4 bytes"},
      {"pki-dns-suffix", "", "0 bytes"},
      {"host-name", "p\xc3\xa4", "character 2"},
      {"user-defined-certificate-addition", "sha1", "ALGORITHM:HASH"},
      {"user-defined-certificate-addition", "sha1:72", "hexadecimal digits"},
      {"user-defined-certificate-addition", "sha256:72b4433ae39d27a2cc46a01b11186545f986dd5c",
       "is sha1"},
      {"user-defined-certificate-addition",
       "sha1:72b4433ae39d27a2cc46a01b11186545f986dd5c:123456789012345678901234567890123",
       "33 characters"},
      {"vlan", "1", "cannot be set by name"},
  };
  g_autoptr (AmtProvSecret) empty = amt_prov_secret_new (NULL, 0);
  g_autoptr (AmtProvSecret) large = NULL;
  g_autofree guint8 *bytes = g_malloc0 (65536);
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) refused = NULL;

    g_assert_null (amt_prov_setup_bin_variable_new_from_text (bad[i][0], bad[i][1], &refused));
    g_assert_error (refused, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA);
    g_assert_true (g_str_has_prefix (refused->message, bad[i][0]));
    g_assert_nonnull (strstr (refused->message, bad[i][2]));
  }
  g_assert_null (amt_prov_setup_bin_variable_new_from_text ("colour", "blue", &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_FOUND);
  g_assert_null (amt_prov_setup_bin_variable_new (0, 1, empty, NULL));
  g_assert_null (amt_prov_setup_bin_variable_new (1, 0, empty, NULL));
  g_assert_null (amt_prov_setup_bin_variable_new (65536, 1, empty, NULL));
  g_assert_null (amt_prov_setup_bin_variable_new (1, 65536, empty, NULL));
  large = amt_prov_secret_new (bytes, 65536);
  g_assert_null (amt_prov_setup_bin_variable_new (1, 1, large, NULL));
}

static void
test_put (void)
{
  g_autoptr (AmtProvSetupBinRecord) record =
      make_record ("current-mebx-password", "admin", "new-mebx-password", "P@ssw0rd",
                   "pki-dns-suffix", "old", "dhcp", "2", NULL);
  GPtrArray *variables = amt_prov_setup_bin_record_get_variables (record);
  g_autoptr (AmtProvPsk) psk = amt_prov_psk_generate ();
  g_autoptr (AmtProvPsk) got = NULL;
  g_autofree char *suffix = NULL;
  static const char *const order[] = {"current-mebx-password",
                                      "new-mebx-password",
                                      "pid",
                                      "pps",
                                      "pki-dns-suffix",
                                      "user-defined-certificate-addition",
                                      "user-defined-certificate-addition",
                                      "dhcp"};

  g_assert_null (amt_prov_setup_bin_record_dup_psk (record));
  amt_prov_setup_bin_record_put_psk (record, psk);
  g_assert_true (amt_prov_setup_bin_record_put_text (record, "pki-dns-suffix", "new", NULL));
  for (guint i = 0; i < 2; i++)
    g_assert_true (
        amt_prov_setup_bin_record_put_text (record, "user-defined-certificate-addition",
                                            "sha1:72b4433ae39d27a2cc46a01b11186545f986dd5c", NULL));
  g_assert_false (amt_prov_setup_bin_record_put_text (record, "dhcp", "9", NULL));
  g_assert_cmpuint (variables->len, ==, G_N_ELEMENTS (order));
  for (guint i = 0; i < variables->len; i++)
    g_assert_cmpstr (amt_prov_setup_bin_variable_get_name (variables->pdata[i]), ==, order[i]);
  suffix = amt_prov_setup_bin_variable_dup_text (
      amt_prov_setup_bin_record_find (record, "pki-dns-suffix"));
  g_assert_cmpstr (suffix, ==, "new");
  got = amt_prov_setup_bin_record_dup_psk (record);
  g_assert_cmpstr (amt_prov_psk_get_pid (got), ==, amt_prov_psk_get_pid (psk));
  g_assert_true (amt_prov_secret_equal (amt_prov_psk_get_pps (got), amt_prov_psk_get_pps (psk)));
  g_assert_null (amt_prov_setup_bin_record_find (record, "host-name"));
}

/* Records with each variable of the table or not, and some that nobody knows between them. */
static AmtProvSetupBinRecord *
draw_record (GRand *rand)
{
  AmtProvSetupBinRecord *record = amt_prov_setup_bin_record_new (1);

  for (gsize i = 0; i < G_N_ELEMENTS (values); i++) {
    gboolean leads = i < 2;

    if (g_str_equal (values[i].name, "pid") || g_str_equal (values[i].name, "pps"))
      continue;
    if (leads || g_rand_int_range (rand, 0, 3) == 0)
      g_assert_true (
          amt_prov_setup_bin_record_put_text (record, values[i].name, values[i].text, NULL));
    if (!leads && g_rand_int_range (rand, 0, 16) == 0) {
      guint8 bytes[8];
      g_autoptr (AmtProvSecret) value = NULL;
      g_autoptr (AmtProvSetupBinVariable) variable = NULL;

      for (gsize k = 0; k < sizeof bytes; k++)
        bytes[k] = g_rand_int (rand);
      value = amt_prov_secret_new (bytes, g_rand_int_range (rand, 0, 9));
      variable = amt_prov_setup_bin_variable_new (g_rand_int_range (rand, 3, 65536),
                                                  g_rand_int_range (rand, 1, 65536), value, NULL);
      amt_prov_setup_bin_record_put (record, variable);
    }
  }
  amt_prov_setup_bin_record_set_scrambled (record, g_rand_boolean (rand));
  amt_prov_setup_bin_record_set_state (
      record, g_rand_int_range (rand, 0, AMT_PROV_SETUP_BIN_STATE_INVALID + 1));
  return record;
}

static void
test_round_trips (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (4711);

  for (guint round = 0; round < 200; round++) {
    guint n_records = g_rand_int_range (rand, 1, 8), n_used = 0;
    g_autoptr (AmtProvSetupBinHeader) header =
        amt_prov_setup_bin_header_new ("4", n_records, TRUE, NULL);
    g_autoptr (GPtrArray) records =
        g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_setup_bin_record_unref);
    g_autoptr (GError) error = NULL;
    g_autoptr (GByteArray) file = NULL, again = NULL;
    g_autoptr (ReadFile) read = NULL;

    amt_prov_setup_bin_header_set_record_chunks (header, 2);
    for (guint i = 0; i < n_records; i++) {
      AmtProvSetupBinRecord *record = draw_record (rand);

      g_ptr_array_add (records, record);
      n_used += amt_prov_setup_bin_record_get_state (record) != AMT_PROV_SETUP_BIN_STATE_VALID;
    }
    amt_prov_setup_bin_header_set_n_consumed (header, n_used);
    file = write_file (header, records, &error);
    g_assert_no_error (error);
    read = read_file (file, FALSE, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (read->problems->len, ==, 0);
    g_assert_cmpuint (read->n_used, ==, n_used);
    again = write_file (read->header, read->records, &error);
    g_assert_no_error (error);
    assert_same (again, file);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/setup-bin/values/text-and-bytes", test_values);
  g_test_add_func ("/setup-bin/values/raw", test_raw);
  g_test_add_func ("/setup-bin/values/refused", test_refused);
  g_test_add_func ("/setup-bin/values/put", test_put);
  g_test_add_func ("/setup-bin/values/round-trips", test_round_trips);
  return g_test_run ();
}
