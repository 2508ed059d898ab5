/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <amtprov/amtprov.h>

#include "hex.h"

static GVariant *
make_bytes (const char *name)
{
  static const struct {
    const char *name;
    gsize size;
  } sizes[] = {{"hash", 64}, {"serials", 48}, {"time", 14}, {"address", 16}, {"variable", 16}};
  guint8 data[64];
  gsize size = 5;

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    if (g_str_equal (sizes[i].name, name))
      size = sizes[i].size;
  for (gsize i = 0; i < size; i++)
    data[i] = 200 + i;
  return g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, data, size, 1);
}

static const char *
make_text (const char *name)
{
  if (g_str_equal (name, "uuid"))
    return "d2ffc23e-9dd1-412d-860a-54b2039b72ff";
  return g_str_equal (name, "mac") || g_str_equal (name, "dedicated") || g_str_equal (name, "host")
             ? "00:01:02:fd:fe:ff"
             : "10.1.2.3";
}

static GVariant *
make_value (const char *name, const char *type)
{
  if (g_str_equal (type, "s"))
    return g_variant_new_string (make_text (name));
  if (g_str_equal (type, "ay"))
    return make_bytes (name);
  return g_variant_new_parsed (g_str_equal (type, "u")       ? "uint32 200"
                               : g_str_equal (type, "b")     ? "true"
                               : g_str_equal (type, "as")    ? "['a.example', 'b.example']"
                               : g_str_equal (type, "au")    ? "[uint32 1, 4000000000]"
                               : g_str_equal (type, "a(ss)") ? "[('AMT', '16.1.25'), ('Sku', '8')]"
                                                             : "[('fe80::1', uint32 2, uint32 3)]");
}

/* All values of a message through bytes and back. */
static void
check_round_trip (AmtProvHeciMessage *message)
{
  const char *command = amt_prov_heci_message_get_command (message);
  gboolean response = amt_prov_heci_message_is_response (message);
  g_autoptr (GVariant) names = amt_prov_heci_list_values (command, response);
  g_autoptr (AmtProvSecret) secret = amt_prov_secret_new_text ("Secret-0123");
  g_autoptr (AmtProvHeciMessage) back = NULL;
  g_autoptr (GVariant) before = NULL, after = NULL;
  g_autoptr (GBytes) bytes = NULL, again = NULL;
  g_autoptr (GError) error = NULL;
  const char *name, *type;
  GVariantIter iter;
  gboolean hidden = FALSE;

  g_variant_iter_init (&iter, names);
  while (g_variant_iter_next (&iter, "(&s&s)", &name, &type)) {
    if (*type != '\0')
      amt_prov_heci_message_set_value (message, name, make_value (name, type));
    else
      amt_prov_heci_message_set_secret (message, secret);
    hidden |= *type == '\0';
  }
  bytes = amt_prov_heci_message_encode (message, &error);
  g_assert_no_error (error);
  back = response ? amt_prov_heci_message_decode_response (command, bytes, &error)
                  : amt_prov_heci_message_decode_request (
                        amt_prov_heci_message_get_client (message), bytes, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (amt_prov_heci_message_get_command (back), ==, command);
  before = amt_prov_heci_message_dup_values (message);
  after = amt_prov_heci_message_dup_values (back);
  g_assert_cmpvariant (before, after);
  g_assert_true (!hidden ||
                 amt_prov_secret_equal (amt_prov_heci_message_get_secret (back), secret));
  again = amt_prov_heci_message_encode (back, &error);
  g_assert_no_error (error);
  g_assert_true (g_bytes_equal (bytes, again));
}

static void
test_all (void)
{
  for (int client = AMT_PROV_HECI_CLIENT_PTHI; client <= AMT_PROV_HECI_CLIENT_MKHI; client++) {
    g_auto (GStrv) commands = amt_prov_heci_list_commands (client);

    g_assert_cmpuint (g_strv_length (commands), >, 1);
    for (char **command = commands; *command; command++) {
      g_autoptr (AmtProvHeciMessage) request = amt_prov_heci_message_new_request (*command);
      g_autoptr (AmtProvHeciMessage) response = amt_prov_heci_message_new_response (*command, 0);

      check_round_trip (request);
      check_round_trip (response);
    }
  }
}

static void
assert_does_not_encode (AmtProvHeciMessage *message, const char *why)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = amt_prov_heci_message_encode (message, &error);

  g_assert_null (bytes);
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA);
  g_assert_cmpstr (error->message, ==, why);
}

static void
check_bad_value (
    const char *command, gboolean response, const char *name, const char *value, const char *why)
{
  g_autoptr (AmtProvHeciMessage) message = response
                                               ? amt_prov_heci_message_new_response (command, 0)
                                               : amt_prov_heci_message_new_request (command);

  amt_prov_heci_message_set_value (message, name, g_variant_new_parsed (value));
  assert_does_not_encode (message, why);
}

static void
test_bad_values (void)
{
  g_autoptr (AmtProvHeciMessage) otp =
      amt_prov_heci_message_new_request ("set-provisioning-server-otp");
  g_autoptr (AmtProvSecret) small = amt_prov_secret_new_text ("1234567");
  g_autofree char *most = g_strnfill (223, 'a');
  g_autofree char *suffix = g_strdup_printf ("'%sb'", most);
  g_autoptr (GString) versions = g_string_new ("[");

  assert_does_not_encode (otp, "set-provisioning-server-otp request: otp is not set");
  amt_prov_heci_message_set_secret (otp, small);
  assert_does_not_encode (otp, "set-provisioning-server-otp request: otp has 7 characters, allowed "
                               "are 8 to 32");
  check_bad_value ("set-pki-fqdn-suffix", FALSE, "suffix", suffix,
                   "set-pki-fqdn-suffix request: suffix has 224 characters, allowed are 0 to 223");
  check_bad_value (
      "set-host-fqdn", FALSE, "fqdn", "'\\u2026'",
      "set-host-fqdn request: fqdn has the character U+2026, which does not fit into a "
      "byte");
  check_bad_value ("get-uuid", TRUE, "uuid", "'no'",
                   "get-uuid response: uuid is \"no\", which cannot be read");
  check_bad_value (
      "get-mac-addresses", TRUE, "dedicated", "'00:11:22:33:44:55:66'",
      "get-mac-addresses response: dedicated is \"00:11:22:33:44:55:66\", which cannot "
      "be read");
  check_bad_value ("get-tcpip-parameters", TRUE, "dhcp-mode", "uint32 1",
                   "get-tcpip-parameters response: address is not set");
  check_bad_value ("set-enterprise-access", FALSE, "flags", "uint32 256",
                   "set-enterprise-access request: flags is 256, more than 1 bytes hold");
  for (guint i = 0; i < 120; i++)
    g_string_append (versions, "('AMT', '1.0'),");
  versions->str[versions->len - 1] = ']';
  {
    g_autoptr (AmtProvHeciMessage) message =
        amt_prov_heci_message_new_response ("get-code-versions", 0);

    amt_prov_heci_message_set_value (message, "bios", g_variant_new_string ("X"));
    amt_prov_heci_message_set_value (message, "versions", g_variant_new_parsed (versions->str));
    assert_does_not_encode (message,
                            "get-code-versions response: it would have more than 5120 bytes");
  }
}

/* heci.md §1.3 has the bytes of the first one. */
static void
test_guids (void)
{
  guint8 bytes[AMT_PROV_UUID_LENGTH];
  g_autoptr (GBytes) wire = NULL;

  g_assert_true (
      amt_prov_uuid_to_wire (amt_prov_heci_client_get_guid (AMT_PROV_HECI_CLIENT_PTHI), bytes));
  wire = g_bytes_new (bytes, sizeof bytes);
  assert_bytes (wire, "2800f812b7b42d4baca846e0ff65814c");
  g_assert_cmpstr (amt_prov_heci_client_get_guid (AMT_PROV_HECI_CLIENT_WATCHDOG), ==,
                   "05b79a6f-4628-4d7f-899d-a91514cb32ab");
  g_assert_cmpstr (amt_prov_heci_client_get_guid (AMT_PROV_HECI_CLIENT_MKHI), ==,
                   "8e6a6715-9abc-4043-88ef-9e39c6f63e0f");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/heci-values/all", test_all);
  g_test_add_func ("/heci-values/bad", test_bad_values);
  g_test_add_func ("/heci-values/guids", test_guids);
  return g_test_run ();
}
