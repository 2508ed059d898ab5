/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "setup-bin-file.h"
#include "setup-bin-json.h"

static char *
to_json (GByteArray *file, gboolean show_secrets)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ReadFile) read = read_file (file, TRUE, &error);
  GString *out = g_string_new (NULL);

  g_assert_no_error (error);
  usb_json_write_start (out, read->header);
  for (guint i = 0; i < read->records->len; i++)
    usb_json_write_record (out, read->records->pdata[i], show_secrets);
  usb_json_write_end (out, read->header, read->next_available, read->n_used);
  return g_string_free (out, FALSE);
}

static GByteArray *
from_json (const char *text, GError **error)
{
  g_autoptr (JsonNode) root = json_from_string (text, NULL);
  g_autoptr (AmtProvSetupBinHeader) header = NULL;
  g_autoptr (GPtrArray) records = NULL;

  g_assert_nonnull (root);
  header = usb_json_read (root, &records, error);
  return header ? write_file (header, records, error) : NULL;
}

static void
assert_survives (GByteArray *file)
{
  g_autofree char *text = to_json (file, TRUE);
  g_autoptr (GError) error = NULL;
  g_autoptr (GByteArray) again = from_json (text, &error);

  g_assert_no_error (error);
  assert_same (again, file);
}

static void
test_example (void)
{
  g_autoptr (GByteArray) file = example_file ();
  g_autofree char *text = to_json (file, TRUE);

  g_assert_cmpstr (
      text, ==,
      "{\"major\":4,\"minor\":0,\"consumable\":false,\"records\":[{\"number\":1,"
      "\"valid\":true,\"scrambled\":false,\"variables\":["
      "{\"module\":1,\"id\":1,\"name\":\"current-mebx-password\",\"length\":5,\"value\":\"admin\"},"
      "{\"module\":1,\"id\":2,\"name\":\"new-mebx-password\",\"length\":8,\"value\":\"P@ssw0rd\"},"
      "{\"module\":1,\"id\":3,\"name\":\"manageability-feature-selection\",\"length\":1,"
      "\"value\":1},"
      "{\"module\":2,\"id\":3,\"name\":\"pki-dns-suffix\",\"length\":25,"
      "\"value\":\"amt-provisioning.test.com\"},"
      "{\"module\":2,\"id\":5,\"name\":\"remote-configuration-enabled\",\"length\":1,\"value\":1},"
      "{\"module\":2,\"id\":8,\"name\":\"user-defined-certificate-addition\",\"length\":45,"
      "\"value\":{\"algorithm\":\"sha256\","
      "\"hash\":\"e835ac6d905036d519211743b8fab8907395ca4d75428bd9f84f2e107c65c11e\","
      "\"name\":\"AMT Test CA\"}}]}],\"next_available\":1,\"used\":0}");
  assert_survives (file);
}

static void
add_raw (AmtProvSetupBinRecord *record, guint module, guint id, const char *bytes, gsize length)
{
  g_autoptr (AmtProvSecret) value = amt_prov_secret_new ((const guint8 *)bytes, length);
  g_autoptr (AmtProvSetupBinVariable) variable =
      amt_prov_setup_bin_variable_new (module, id, value, NULL);

  amt_prov_setup_bin_record_append (record, variable);
}

/* One of each kind of value, in each state of a record. */
static void
test_kinds (void)
{
  g_autoptr (AmtProvSetupBinHeader) header = amt_prov_setup_bin_header_new ("2.1", 8, TRUE, NULL);
  g_autoptr (GPtrArray) records =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_setup_bin_record_unref);
  g_autoptr (GError) error = NULL;
  g_autoptr (GByteArray) file = NULL;
  g_autofree char *text = NULL;

  for (guint i = 0; i < 8; i++) {
    AmtProvSetupBinRecord *record =
        make_record ("current-mebx-password", "Old!\\Passw0rd/", "new-mebx-password", "P@ssw0rd",
                     "power-package", "46732273-DC23-2F43-A98A-13D37982D855",
                     "provisioning-server-address", "10.1.2.3", NULL);

    add_raw (record, 2, 20, "\x00\x01", 2);
    add_raw (record, 77, 88, "", 0);
    amt_prov_setup_bin_record_set_scrambled (record, i % 2 == 1);
    amt_prov_setup_bin_record_set_state (record, i / 2);
    g_ptr_array_add (records, record);
  }
  amt_prov_setup_bin_header_set_n_consumed (header, 5);
  amt_prov_setup_bin_header_set_record_chunks (header, 3);
  g_assert_true (amt_prov_setup_bin_header_set_modules (header, (const guint16[]){1, 2, 77}, 3));
  file = write_file (header, records, &error);
  g_assert_no_error (error);
  assert_survives (file);
  text = to_json (file, TRUE);
  g_assert_nonnull (strstr (text, "\"value\":\"46732273-dc23-2f43-a98a-13d37982d855\""));
  g_assert_nonnull (strstr (text, "\"value\":\"10.1.2.3\""));
  g_assert_nonnull (strstr (text, "\"name\":\"vlan\",\"length\":2,\"value\":{\"hex\":\"0001\"}"));
  g_assert_nonnull (strstr (text, "\"name\":null,\"length\":0,\"value\":{\"hex\":\"\"}"));
  /* Which records are used, and which of them are wiped, needs no word. */
  g_assert_null (strstr (text, "\"state\":\"used\""));
  g_assert_null (strstr (text, "\"state\":\"wiped\""));
  g_assert_nonnull (strstr (text, "\"valid\":false,\"state\":\"invalid\",\"scrambled\":true"));
  g_assert_true (g_str_has_suffix (text, "\"next_available\":1,\"used\":6,\"consumed\":5,"
                                         "\"record_chunks\":3,\"modules\":[1,2,77]}"));
}

/* Scrambled nothing is not the same as wiped. */
static void
test_used_without_variables (void)
{
  g_autoptr (AmtProvSetupBinRecord) record = amt_prov_setup_bin_record_new (1);
  g_autoptr (GByteArray) file = NULL;
  g_autofree char *text = NULL;

  amt_prov_setup_bin_record_set_scrambled (record, TRUE);
  amt_prov_setup_bin_record_set_state (record, AMT_PROV_SETUP_BIN_STATE_USED);
  file = make_file ("4", record);
  text = to_json (file, TRUE);
  g_assert_nonnull (strstr (text, "\"valid\":false,\"state\":\"used\",\"scrambled\":true"));
  assert_survives (file);
}

static void
test_old_files_without_modules (void)
{
  g_autoptr (GByteArray) file = example_file ();

  put_hex (file, 0x28, "0000 0000");
  assert_survives (file);
}

static void
test_hidden_secrets (void)
{
  g_autoptr (AmtProvSetupBinRecord) record = make_record (
      "current-mebx-password", "admin", "new-mebx-password", "P@ssw0rd", "pid", "0000037M", "pps",
      "NKLDG5DCRRNQE9YZZIJL7LFLVJED69XJ", "enrolment-passcode", "sesame", NULL);
  g_autoptr (GByteArray) file = make_file ("4", record);
  g_autofree char *text = to_json (file, FALSE);
  g_autoptr (GError) error = NULL;

  g_assert_null (strstr (text, "admin"));
  g_assert_null (strstr (text, "P@ssw0rd"));
  g_assert_null (strstr (text, "NKLD"));
  g_assert_null (strstr (text, "sesame"));
  g_assert_nonnull (strstr (text, "0000037M"));
  g_assert_nonnull (strstr (text, "\"pps\",\"length\":32,\"value\":\"***\""));
  g_assert_null (from_json (text, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA);
  g_assert_nonnull (strstr (error->message, "--show-secrets"));
  g_assert_true (g_str_has_prefix (error->message, "records[0]: variables[0]: "));
}

/* A secret whose bytes are no text is hidden all the same. */
static void
test_hidden_bytes (void)
{
  g_autoptr (AmtProvSetupBinRecord) record = amt_prov_setup_bin_record_new (1);
  g_autoptr (GByteArray) file = NULL;
  g_autofree char *hidden = NULL, *shown = NULL;

  add_raw (record, 1, 1, "\xab\xcd", 2);
  file = make_file ("4", record);
  hidden = to_json (file, FALSE);
  shown = to_json (file, TRUE);
  g_assert_null (strstr (hidden, "abcd"));
  g_assert_nonnull (strstr (shown, "{\"hex\":\"abcd\"}"));
}

/* What a person writes may leave out whatever goes without saying. */
static void
test_short_form (void)
{
  g_autoptr (GByteArray) expected = example_file ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GByteArray) file = from_json (
      "{\"major\":4,\"consumable\":false,\"records\":[{\"variables\":["
      "{\"name\":\"current-mebx-password\",\"value\":\"admin\"},"
      "{\"name\":\"new-mebx-password\",\"value\":\"P@ssw0rd\"},"
      "{\"module\":1,\"id\":3,\"value\":{\"hex\":\"01\"}},"
      "{\"name\":\"pki-dns-suffix\",\"value\":\"amt-provisioning.test.com\"},"
      "{\"name\":\"remote-configuration-enabled\",\"value\":1},"
      "{\"name\":\"user-defined-certificate-addition\",\"value\":{\"algorithm\":\"sha256\","
      "\"hash\":\"E835AC6D905036D519211743B8FAB8907395CA4D75428BD9F84F2E107C65C11E\","
      "\"name\":\"AMT Test CA\"}}]}]}",
      &error);

  g_assert_no_error (error);
  assert_same (file, expected);
}

#define VARIABLE(text) "{\"major\":4,\"records\":[{\"variables\":[" text "]}]}"

static void
test_refused (void)
{
  static const char *const bad[][2] = {
      {"[]", "not an object"},
      {"{\"major\":4}", "\"records\" is not an array"},
      {"{\"major\":4,\"records\":{}}", "\"records\" is not an array"},
      {"{\"major\":5,\"records\":[]}", "no version \"5.0\""},
      {"{\"major\":\"4\",\"records\":[]}", "\"major\" is not a whole number"},
      {"{\"major\":4.5,\"records\":[]}", "\"major\" is not a whole number"},
      {"{\"major\":260,\"records\":[]}", "\"major\" is not from 0 to 255"},
      {"{\"major\":4,\"records\":[]}", "no records"},
      {"{\"major\":4,\"records\":[],\"colour\":1}", "\"colour\" is not known"},
      {"{\"major\":4,\"records\":[],\"consumable\":1}", "neither true nor false"},
      {"{\"major\":4,\"records\":[],\"record_chunks\":0}", "firmware ignores"},
      {"{\"major\":4,\"records\":[],\"modules\":[0]}", "from 1 to 65535"},
      {"{\"major\":4,\"records\":[],\"modules\":[65537]}", "modules[0]"},
      {"{\"major\":4,\"records\":[1]}", "records[0]: it is not an object"},
      {"{\"major\":4,\"records\":[{\"vaild\":true,\"variables\":[]}]}", "\"vaild\" is not known"},
      {"{\"major\":4,\"records\":[{}]}", "\"variables\" is not an array"},
      {"{\"major\":4,\"records\":[{\"number\":2,\"variables\":[]}]}", "\"number\" is 2, not 1"},
      {"{\"major\":4,\"records\":[{\"state\":\"lost\",\"variables\":[]}]}", "none of valid, used"},
      {"{\"major\":4,\"records\":[{\"state\":\"used\",\"valid\":true,\"variables\":[]}]}",
       "contradict"},
      {"{\"major\":4,\"records\":[{\"state\":\"wiped\",\"variables\":[{\"name\":\"dhcp\",\"value\":"
       "1}]}]}",
       "a wiped record has no variables"},
      {VARIABLE ("7"), "variables[0]: it is not an object"},
      {VARIABLE ("{\"value\":1}"), "say what it is"},
      {VARIABLE ("{\"name\":\"colour\",\"value\":1}"), "no variable \"colour\""},
      {VARIABLE ("{\"name\":\"dhcp\",\"module\":1,\"value\":1}"), "\"dhcp\" is 2/13, not 1/0"},
      {VARIABLE ("{\"name\":\"dhcp\"}"), "\"value\" is missing"},
      {VARIABLE ("{\"name\":\"dhcp\",\"value\":null}"), "neither a string"},
      {VARIABLE ("{\"name\":\"dhcp\",\"value\":[1]}"), "neither a string"},
      {VARIABLE ("{\"name\":\"dhcp\",\"value\":9}"), "known are 1 to 2"},
      {VARIABLE ("{\"name\":\"dhcp\",\"value\":-1}"), "no whole number"},
      {VARIABLE ("{\"name\":\"dhcp\",\"value\":{\"hex\":\"0\"}}"), "pairs of hexadecimal"},
      {VARIABLE ("{\"name\":\"dhcp\",\"value\":{\"hex\":\"0g\"}}"), "pairs of hexadecimal"},
      {VARIABLE ("{\"name\":\"dhcp\",\"value\":{\"hex\":1}}"), "\"hex\" is not a string"},
      {VARIABLE ("{\"name\":\"dhcp\",\"value\":{}}"), "neither \"hex\" nor"},
      {VARIABLE ("{\"module\":9,\"id\":9,\"value\":1}"), "must be {\"hex\""},
      {VARIABLE ("{\"module\":9,\"id\":9,\"value\":{\"hash\":\"\"}}"), "\"hash\" is not known"},
      {VARIABLE ("{\"module\":9,\"id\":65536,\"value\":{\"hex\":\"\"}}"), "from 0 to 65535"},
      {VARIABLE ("{\"name\":\"user-defined-certificate-addition\",\"value\":{\"algorithm\":\"md5\","
                 "\"hash\":\"72b4433ae39d27a2cc46a01b11186545f986dd5c\"}}"),
       "not \"md5\""},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;

    g_test_message ("%s", bad[i][0]);
    g_assert_null (from_json (bad[i][0], &error));
    g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA);
    if (strstr (error->message, bad[i][1]) == NULL)
      g_error ("\"%s\" does not say \"%s\"", error->message, bad[i][1]);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/usb/json/example", test_example);
  g_test_add_func ("/usb/json/kinds", test_kinds);
  g_test_add_func ("/usb/json/used-without-variables", test_used_without_variables);
  g_test_add_func ("/usb/json/no-modules", test_old_files_without_modules);
  g_test_add_func ("/usb/json/hidden-secrets", test_hidden_secrets);
  g_test_add_func ("/usb/json/hidden-bytes", test_hidden_bytes);
  g_test_add_func ("/usb/json/short-form", test_short_form);
  g_test_add_func ("/usb/json/refused", test_refused);
  return g_test_run ();
}
