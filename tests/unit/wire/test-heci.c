/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <amtprov/amtprov.h>

#include "hex.h"

#define UUID       "d2ffc23e-9dd1-412d-860a-54b2039b72ff"
#define UUID_BYTES "3ec2ffd2d19d2d41860a54b2039b72ff"
#define ZEROS_32   "0000000000000000000000000000000000000000000000000000000000000000"
#define ZEROS_64   ZEROS_32 ZEROS_32

static void
assert_encodes (AmtProvHeciMessage *message, const char *hex)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = amt_prov_heci_message_encode (message, &error);

  g_assert_no_error (error);
  assert_bytes (bytes, hex);
}

static AmtProvHeciMessage *
decode (const char *command, const char *hex)
{
  g_autoptr (GBytes) bytes = from_hex (hex);
  g_autoptr (GError) error = NULL;
  AmtProvHeciMessage *message = amt_prov_heci_message_decode_response (command, bytes, &error);

  g_assert_no_error (error);
  return message;
}

static AmtProvHeciMessage *
decode_request (AmtProvHeciClient client, const char *hex)
{
  g_autoptr (GBytes) bytes = from_hex (hex);
  g_autoptr (GError) error = NULL;
  AmtProvHeciMessage *message = amt_prov_heci_message_decode_request (client, bytes, &error);

  g_assert_no_error (error);
  return message;
}

/* A response with a body, as hex, behind a head that fits it. */
static char *
with_head (guint32 command, const char *body)
{
  gsize length = 4 + strlen (body) / 2;

  return g_strdup_printf ("01010000%02x008004%02x%02x000000000000%s", command, (guint)length & 0xff,
                          (guint)length >> 8, body);
}

static AmtProvHeciMessage *
decode_body (const char *command, guint32 code, const char *body)
{
  g_autofree char *hex = with_head (code, body);

  return decode (command, hex);
}

/* Takes error. */
static void
assert_refused (AmtProvHeciMessage *message, GError *error, int code, const char *why)
{
  g_assert_null (message);
  g_assert_error (error, AMT_PROV_ERROR, code);
  if (strstr (error->message, why) == NULL)
    g_error ("\"%s\" does not say \"%s\"", error->message, why);
  g_error_free (error);
}

static void
assert_refuses (const char *command, const char *hex, const char *why)
{
  g_autoptr (GBytes) bytes = from_hex (hex);
  GError *error = NULL;
  AmtProvHeciMessage *message = amt_prov_heci_message_decode_response (command, bytes, &error);

  assert_refused (message, error, AMT_PROV_ERROR_INVALID_DATA, why);
}

static void
assert_refuses_body (const char *command, guint32 code, const char *body, const char *why)
{
  g_autofree char *hex = with_head (code, body);

  assert_refuses (command, hex, why);
}

static void
assert_refuses_request (AmtProvHeciClient client, const char *hex, int code, const char *why)
{
  g_autoptr (GBytes) bytes = from_hex (hex);
  GError *error = NULL;
  AmtProvHeciMessage *message = amt_prov_heci_message_decode_request (client, bytes, &error);

  assert_refused (message, error, code, why);
}

static void
test_heads (void)
{
  g_autoptr (AmtProvHeciMessage) uuid = amt_prov_heci_message_new_request ("get-uuid");
  g_autoptr (AmtProvHeciMessage) answer = amt_prov_heci_message_new_response ("get-uuid", 0);
  g_autoptr (AmtProvHeciMessage) back = NULL;

  assert_encodes (uuid, "010100005c00000400000000");
  amt_prov_heci_message_set_value (answer, "uuid", g_variant_new_string (UUID));
  assert_encodes (answer, "010100005c0080041400000000000000" UUID_BYTES);
  back = decode ("get-uuid", "010100005c0080041400000000000000" UUID_BYTES);
  g_assert_true (amt_prov_heci_message_is_response (back));
  g_assert_cmpstr (amt_prov_heci_message_get_string (back, "uuid"), ==, UUID);
  g_assert_true (amt_prov_heci_message_check_status (back, NULL));
}

static void
test_strict (void)
{
  static const struct {
    const char *hex;
    const char *why;
  } bad[] = {
      {"", "get-uuid response, offset 0 (head): 16 bytes are needed, 0 are left"},
      {"010100005c00800400000000", "offset 0 (head): 16 bytes are needed"},
      {"020100005c0080041400000000000000" UUID_BYTES, "offset 0 (version): the version is 2.1"},
      {"010000005c0080041400000000000000" UUID_BYTES, "offset 0 (version): the version is 1.0"},
      {"010101005c0080041400000000000000" UUID_BYTES, "offset 2 (reserved): the value is 1"},
      {"010100005c0000041400000000000000" UUID_BYTES,
       "offset 4 (command): the value is 0x0400005c"},
      {"010100005d0080041400000000000000" UUID_BYTES,
       "offset 4 (command): the value is 0x0480005d"},
      {"010100005c0080041300000000000000" UUID_BYTES, "offset 8 (length): the value is 19, but 20"},
      {"010100005c0080041500000000000000" UUID_BYTES "00", "offset 32 (end): 1 bytes stand after"},
      {"010100005c0080040c000000000000003ec2ffd2d19d2d41", "offset 16 (uuid): 16 bytes are needed"},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    assert_refuses ("get-uuid", bad[i].hex, bad[i].why);
  assert_refuses_body ("get-zero-touch-enabled", 0x30, "02000000",
                       "offset 16 (zero-touch): the value is 2, neither 0 nor 1");
}

/* The status is read before the body; firmware has no body then, but might pad. */
static void
test_status (void)
{
  g_autoptr (AmtProvHeciMessage) refused =
      decode ("get-control-mode", "010100006b008004040000000d080000");
  g_autoptr (AmtProvHeciMessage) padded =
      decode ("get-control-mode", "010100006b0080040800000000040000ffffffff");
  g_autoptr (AmtProvHeciMessage) unnamed =
      decode ("get-control-mode", "010100006b0080040400000077000000");
  g_autoptr (AmtProvHeciMessage) access =
      amt_prov_heci_message_new_response ("set-enterprise-access", 514);
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (amt_prov_heci_message_get_status (refused), ==, 2061);
  g_assert_null (amt_prov_heci_message_get_value (refused, "mode"));
  g_assert_false (amt_prov_heci_message_check_status (refused, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_REFUSED);
  g_assert_cmpint (amt_prov_error_get_pt_status (error), ==, 2061);
  g_assert_cmpstr (error->message, ==,
                   "get-control-mode: the firmware answered 2061 (PKI_GENERATING_KEYS)");
  g_assert_cmpuint (amt_prov_heci_message_get_status (padded), ==, 1024);
  g_clear_error (&error);
  g_assert_false (amt_prov_heci_message_check_status (unnamed, &error));
  g_assert_cmpstr (error->message, ==, "get-control-mode: the firmware answered 0x77");
  assert_encodes (access, "010100003f0080040400000002020000");
}

static void
test_refusals (void)
{
  g_autoptr (GBytes) unknown = from_hex ("010100009900000400000000");
  g_autoptr (GBytes) stump = from_hex ("0101");
  g_autoptr (GBytes) rule = from_hex ("0302000000000000");
  g_autoptr (GBytes) a = amt_prov_heci_encode_refusal (AMT_PROV_HECI_CLIENT_PTHI, unknown, 4);
  g_autoptr (GBytes) b = amt_prov_heci_encode_refusal (AMT_PROV_HECI_CLIENT_PTHI, stump, 4);
  g_autoptr (GBytes) c = amt_prov_heci_encode_refusal (AMT_PROV_HECI_CLIENT_MKHI, rule, 0x89);
  g_autoptr (GBytes) d = amt_prov_heci_encode_refusal (AMT_PROV_HECI_CLIENT_WATCHDOG, stump, 16);

  assert_bytes (a, "01010000990080040400000004000000");
  assert_bytes (b, "01010000000080000400000004000000");
  assert_bytes (c, "03820089");
  assert_bytes (d, "10000000");
}

static void
test_requests (void)
{
  static const struct {
    const char *hex;
    int code;
    const char *why;
  } bad[] = {
      {"0101", AMT_PROV_ERROR_INVALID_DATA, "HECI request, offset 0 (head): 12 bytes are needed"},
      {"010100009900000400000000", AMT_PROV_ERROR_NOT_SUPPORTED, "command 0x04000099 is not known"},
      {"010100005c00800400000000", AMT_PROV_ERROR_NOT_SUPPORTED, "command 0x0480005c is not known"},
      {"010100005c0000040100000000", AMT_PROV_ERROR_INVALID_DATA,
       "get-uuid request, offset 12 (end): 1 bytes stand after the end"},
      {"010100002d00000400000000", AMT_PROV_ERROR_INVALID_DATA,
       "get-certificate-hash-entry request, offset 12 (handle): 4 bytes are needed"},
  };
  g_autoptr (AmtProvHeciMessage) entry =
      decode_request (AMT_PROV_HECI_CLIENT_PTHI, "010100002d0000040400000005000000");

  g_assert_cmpstr (amt_prov_heci_message_get_command (entry), ==, "get-certificate-hash-entry");
  g_assert_false (amt_prov_heci_message_is_response (entry));
  g_assert_cmpuint (amt_prov_heci_message_get_number (entry, "handle"), ==, 5);
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    assert_refuses_request (AMT_PROV_HECI_CLIENT_PTHI, bad[i].hex, bad[i].code, bad[i].why);
}

#define BIOS                                                                                       \
  "4e314545" ZEROS_32 "00000000000000000000000000000000000000000000000000000000"                   \
  "00"
#define ROW(length, rest) length "414d54" ZEROS_17 rest
#define ZEROS_17          "0000000000000000000000000000000000"
#define VERSION                                                                                    \
  "0700"                                                                                           \
  "31312e382e3933"                                                                                 \
  "00000000000000000000000000"

static void
test_code_versions (void)
{
  g_autoptr (AmtProvHeciMessage) read =
      decode_body ("get-code-versions", 0x1a, BIOS "01000000" ROW ("0300", VERSION));
  const char *name, *version;

  g_assert_cmpstr (amt_prov_heci_message_get_string (read, "bios"), ==, "N1EE");
  g_assert_cmpuint (g_variant_n_children (amt_prov_heci_message_get_value (read, "versions")), ==,
                    1);
  g_variant_get_child (amt_prov_heci_message_get_value (read, "versions"), 0, "(&s&s)", &name,
                       &version);
  g_assert_cmpstr (name, ==, "AMT");
  g_assert_cmpstr (version, ==, "11.8.93");
  assert_refuses_body ("get-code-versions", 0x1a, BIOS "02000000" ROW ("0300", VERSION),
                       "element 2 of 2: get-code-versions response, offset 129 (name): 22 bytes");
  assert_refuses_body ("get-code-versions", 0x1a, BIOS "00000000" ROW ("0300", VERSION),
                       "offset 85 (end): 44 bytes stand after the end");
  assert_refuses_body (
      "get-code-versions", 0x1a, BIOS "01000000" ROW ("0200", VERSION),
      "element 1 of 1: get-code-versions response, offset 85 (name): no NUL stands "
      "after the 2 bytes");
  assert_refuses_body ("get-code-versions", 0x1a, BIOS "01000000" ROW ("1400", VERSION),
                       "no NUL stands after the 20 bytes that are announced, in 20");
  assert_refuses_body ("get-code-versions", 0x1a, BIOS "01000000" ROW ("0400", VERSION),
                       "offset 90 (name): a NUL stands inside the text");
}

static void
test_ansi (void)
{
  g_autoptr (AmtProvHeciMessage) plain = decode_body ("get-pki-fqdn-suffix", 0x36,
                                                      "0300"
                                                      "612e62");
  g_autoptr (AmtProvHeciMessage) ended = decode_body ("get-pki-fqdn-suffix", 0x36,
                                                      "0400"
                                                      "612e6200");
  g_autoptr (AmtProvHeciMessage) empty = decode_body ("get-pki-fqdn-suffix", 0x36, "0000");
  g_autoptr (AmtProvHeciMessage) latin = decode_body ("get-pki-fqdn-suffix", 0x36,
                                                      "0100"
                                                      "e9");
  g_autoptr (AmtProvHeciMessage) otp =
      decode_request (AMT_PROV_HECI_CLIENT_PTHI, "010100002a0000040b0000000900"
                                                 "3132333435363738"
                                                 "00");

  g_assert_cmpstr (amt_prov_heci_message_get_string (plain, "suffix"), ==, "a.b");
  g_assert_cmpstr (amt_prov_heci_message_get_string (ended, "suffix"), ==, "a.b");
  g_assert_cmpstr (amt_prov_heci_message_get_string (empty, "suffix"), ==, "");
  g_assert_cmpstr (amt_prov_heci_message_get_string (latin, "suffix"), ==, "é");
  assert_encodes (latin, "0101000036008004070000000000000001"
                         "00e9");
  g_assert_cmpstr (amt_prov_secret_peek_text (amt_prov_heci_message_get_secret (otp)), ==,
                   "12345678");
  assert_refuses_body ("get-pki-fqdn-suffix", 0x36,
                       "0400"
                       "61006200",
                       "offset 19 (suffix): a NUL");
  assert_refuses_body ("get-pki-fqdn-suffix", 0x36,
                       "0400"
                       "612e62",
                       "offset 18 (suffix): 4 bytes are needed, 3 are left");
}

/* Firmware pads to 68 bytes, other readers take 66 (heci.md §5). */
static void
test_account (void)
{
  g_autoptr (GString) body = g_string_new ("24244f7341646d696e");
  g_autoptr (AmtProvHeciMessage) exact = NULL, padded = NULL;

  while (body->len < 66)
    g_string_append (body, "00");
  g_string_append (body, "5061737331");
  while (body->len < 132)
    g_string_append (body, "00");
  exact = decode_body ("get-local-system-account", 0x67, body->str);
  g_string_append (body, "00");
  assert_refuses_body ("get-local-system-account", 0x67, body->str,
                       "offset 82 (reserved): 2 bytes");
  g_string_append (body, "00");
  padded = decode_body ("get-local-system-account", 0x67, body->str);
  g_assert_cmpstr (amt_prov_heci_message_get_string (exact, "user"), ==, "$$OsAdmin");
  g_assert_cmpstr (amt_prov_secret_peek_text (amt_prov_heci_message_get_secret (padded)), ==,
                   "Pass1");
  g_assert_null (amt_prov_heci_message_get_value (padded, "password"));
}

static void
test_watchdog (void)
{
  g_autoptr (AmtProvHeciMessage) ask =
      amt_prov_heci_message_new_request ("is-change-to-amt-enabled");
  g_autoptr (AmtProvHeciMessage) narrow = decode ("is-change-to-amt-enabled", "83");
  g_autoptr (AmtProvHeciMessage) wide = decode ("is-change-to-amt-enabled", "83000000");
  g_autoptr (AmtProvHeciMessage) enable =
      amt_prov_heci_message_new_request ("set-amt-operational-state");
  g_autoptr (AmtProvHeciMessage) asked =
      decode_request (AMT_PROV_HECI_CLIENT_WATCHDOG, "0503531001");
  g_autoptr (AmtProvHeciMessage) answer = decode ("set-amt-operational-state", "03000000");
  g_autoptr (AmtProvHeciMessage) echoed = decode ("set-amt-operational-state", "0503531003000000");
  g_autoptr (AmtProvHeciMessage) old = decode ("change-to-amt", "9e000000");

  assert_encodes (ask, "05025110");
  g_assert_cmpuint (amt_prov_heci_message_get_number (narrow, "flags"), ==, 0x83);
  g_assert_cmpuint (amt_prov_heci_message_get_number (wide, "flags"), ==, 0x83);
  amt_prov_heci_message_set_value (enable, "enabled", g_variant_new_boolean (TRUE));
  assert_encodes (enable, "0503531001");
  g_assert_cmpint (amt_prov_heci_message_get_client (asked), ==, AMT_PROV_HECI_CLIENT_WATCHDOG);
  g_assert_true (amt_prov_heci_message_get_boolean (asked, "enabled"));
  g_assert_cmpuint (amt_prov_heci_message_get_status (answer), ==, 3);
  g_assert_cmpuint (amt_prov_heci_message_get_status (echoed), ==, 3);
  g_assert_cmpuint (amt_prov_heci_message_get_status (old), ==, 0x9e);
  assert_refuses ("is-change-to-amt-enabled", "8300", "2 bytes are left, neither 1 nor 4");
  assert_refuses ("is-change-to-amt-enabled", "", "0 bytes are left");
  assert_refuses ("set-amt-operational-state", "0503521003000000",
                  "offset 0 (status): 8 bytes are left, not 4");
  assert_refuses_request (AMT_PROV_HECI_CLIENT_WATCHDOG, "05025310", AMT_PROV_ERROR_INVALID_DATA,
                          "set-amt-operational-state request, offset 4 (enabled)");
  assert_refuses_request (AMT_PROV_HECI_CLIENT_WATCHDOG, "05035110", AMT_PROV_ERROR_INVALID_DATA,
                          "offset 1 (length): the value is 3, but 2 bytes follow");
  assert_refuses_request (AMT_PROV_HECI_CLIENT_WATCHDOG, "06025110", AMT_PROV_ERROR_INVALID_DATA,
                          "offset 0 (command)");
  assert_refuses_request (AMT_PROV_HECI_CLIENT_WATCHDOG, "05025111", AMT_PROV_ERROR_INVALID_DATA,
                          "offset 3 (version)");
  assert_refuses_request (AMT_PROV_HECI_CLIENT_WATCHDOG, "05025f10", AMT_PROV_ERROR_NOT_SUPPORTED,
                          "command 0x0000005f is not known");
}

static void
test_mkhi (void)
{
  g_autoptr (AmtProvHeciMessage) ask = amt_prov_heci_message_new_request ("get-firmware-version");
  g_autoptr (AmtProvHeciMessage) version = decode ("get-firmware-version", "ff820000"
                                                                           "08000b00900d5d00"
                                                                           "08000b00910d5d00");
  g_autoptr (AmtProvHeciMessage) rule = amt_prov_heci_message_new_request ("get-rule");
  g_autoptr (AmtProvHeciMessage) value = decode ("get-rule", "03820000"
                                                             "00000000"
                                                             "04"
                                                             "04100000");
  g_autoptr (AmtProvHeciMessage) refused = decode ("get-rule", "03820089");
  g_autoptr (GError) error = NULL;

  assert_encodes (ask, "ff020000");
  g_assert_cmpuint (amt_prov_heci_message_get_number (version, "code-major"), ==, 11);
  g_assert_cmpuint (amt_prov_heci_message_get_number (version, "code-minor"), ==, 8);
  g_assert_cmpuint (amt_prov_heci_message_get_number (version, "recovery-build"), ==, 0x0d91);
  amt_prov_heci_message_set_value (rule, "rule", g_variant_new_uint32 (32));
  assert_encodes (rule, "0302000020000000");
  g_assert_cmpuint (amt_prov_heci_message_get_number (value, "value"), ==, 0x1004);
  g_assert_false (amt_prov_heci_message_check_status (refused, &error));
  g_assert_cmpstr (error->message, ==, "get-rule: the firmware answered 0x89");
  assert_refuses ("get-rule", "ff820000", "offset 0 (command): the value is 0x82ff");
}

static void
test_hbased (void)
{
  static const struct {
    const char *vpn;
    const char *list;
    gsize padding;
    gboolean sound;
  } bodies[] = {
      {"01000000", "00000000", 0, TRUE},
      {"01000000", "04000000612e6200", 316, TRUE},
      {"01", "04000000612e6200", 316, TRUE},
      {"01", "00000000", 0, FALSE},
      {"01000000", "04000000612e6200", 315, FALSE},
      {"01000000", "41010000612e6200", 316, FALSE},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bodies); i++) {
    g_autoptr (GString) hex = g_string_new (NULL);
    g_autoptr (GBytes) bytes = NULL;
    g_autoptr (AmtProvHeciMessage) message = NULL;
    gsize length =
        65 + strlen (bodies[i].vpn) / 2 + strlen (bodies[i].list) / 2 + bodies[i].padding;

    g_string_printf (hex,
                     "010100008b000004%02x%02x0000"
                     "02" ZEROS_64 "%s%s",
                     (guint)length & 0xff, (guint)length >> 8, bodies[i].vpn, bodies[i].list);
    for (gsize n = 0; n < bodies[i].padding; n++)
      g_string_append (hex, "00");
    bytes = from_hex (hex->str);
    message = amt_prov_heci_message_decode_request (AMT_PROV_HECI_CLIENT_PTHI, bytes, NULL);
    g_assert_cmpint (message != NULL, ==, bodies[i].sound);
    if (message == NULL)
      continue;
    g_assert_cmpuint (amt_prov_heci_message_get_number (message, "algorithm"), ==, 2);
    g_assert_true (amt_prov_heci_message_get_boolean (message, "vpn"));
    g_assert_cmpuint (g_variant_n_children (amt_prov_heci_message_get_value (message, "suffixes")),
                      ==, bodies[i].padding > 0 ? 1 : 0);
  }
}

static void
test_further (void)
{
  g_autoptr (AmtProvHeciMessage) none = decode_body ("unprovision", 0x10, "");
  g_autoptr (AmtProvHeciMessage) one = decode_body ("unprovision", 0x10, "01000000");
  g_autoptr (AmtProvHeciMessage) lan = decode_body ("get-lan-interface-settings", 0x48,
                                                    "01000000"
                                                    "0203a8c0"
                                                    "01000000"
                                                    "02"
                                                    "01"
                                                    "001122aabbcc");
  g_autoptr (AmtProvHeciMessage) names = decode_body ("get-dns-suffix-list", 0x3e,
                                                      "0700"
                                                      "6100"
                                                      "622e63"
                                                      "00"
                                                      "00");
  g_autoptr (GVariant) list = g_variant_ref_sink (g_variant_new_parsed ("['a', 'b.c']"));

  g_assert_null (amt_prov_heci_message_get_value (none, "state"));
  g_assert_cmpuint (amt_prov_heci_message_get_number (one, "state"), ==, 1);
  g_assert_cmpstr (amt_prov_heci_message_get_string (lan, "address"), ==, "192.168.3.2");
  g_assert_cmpstr (amt_prov_heci_message_get_string (lan, "mac"), ==, "00:11:22:aa:bb:cc");
  g_assert_true (amt_prov_heci_message_get_boolean (lan, "link"));
  g_assert_true (g_variant_equal (amt_prov_heci_message_get_value (names, "suffixes"), list));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/heci/heads", test_heads);
  g_test_add_func ("/heci/strict", test_strict);
  g_test_add_func ("/heci/status", test_status);
  g_test_add_func ("/heci/refusals", test_refusals);
  g_test_add_func ("/heci/requests", test_requests);
  g_test_add_func ("/heci/code-versions", test_code_versions);
  g_test_add_func ("/heci/ansi", test_ansi);
  g_test_add_func ("/heci/account", test_account);
  g_test_add_func ("/heci/watchdog", test_watchdog);
  g_test_add_func ("/heci/mkhi", test_mkhi);
  g_test_add_func ("/heci/hbased", test_hbased);
  g_test_add_func ("/heci/further", test_further);
  return g_test_run ();
}
