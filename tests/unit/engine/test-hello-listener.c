/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "engine/hello-listener-private.h"
#include "hello-client.h"

#define MANY 1000

static void
assert_heard (Ear *ear, guint index, const char *address)
{
  g_autofree char *expected = g_strdup_printf ("%s " HELLO_UUID, address);

  g_assert_cmpuint (ear->hellos->len, >, index);
  g_assert_cmpstr (ear->hellos->pdata[index], ==, expected);
}

static void
assert_dropped (Ear *ear, guint count, const char *reason)
{
  ear_wait (ear, ear->drops, count);
  g_assert_cmpuint (amt_prov_hello_listener_get_dropped (ear->listener), ==, count);
  g_assert_true (g_str_has_prefix (ear->drops->pdata[count - 1], "127.0.0.1: "));
  if (strstr (ear->drops->pdata[count - 1], reason) == NULL)
    g_error ("\"%s\" does not say \"%s\"", (char *)ear->drops->pdata[count - 1], reason);
}

/* ---- messages and segments ---- */

static void
test_one_piece (void)
{
  g_autoptr (Ear) ear = ear_new_started (MANY, MANY);
  g_autoptr (GBytes) hello = psk_hello ();
  g_autoptr (Client) client = client_new (ear, NULL);

  client_send_all (client, hello);
  ear_wait (ear, ear->hellos, 1);
  assert_heard (ear, 0, "127.0.0.1");
  client_close (client);
  client_wait_closed (client, ear);
  g_assert_cmpuint (ear->drops->len, ==, 0);
}

static void
test_byte_by_byte (void)
{
  g_autoptr (Ear) ear = ear_new_started (MANY, MANY);
  g_autoptr (GBytes) hello = psk_hello ();
  gsize length = g_bytes_get_size (hello);
  g_autoptr (Client) client = client_new (ear, NULL);

  ear_dispatch (ear);
  for (gsize i = 0; i < length; i++) {
    g_assert_cmpuint (ear->hellos->len, ==, 0);
    client_send (client, hello, i, i + 1);
    ear_dispatch (ear);
  }
  assert_heard (ear, 0, "127.0.0.1");
  g_assert_cmpuint (ear->drops->len, ==, 0);
}

/* Inside the header, at and around the number of hashes, inside a hash, before the last byte. */
static void
test_two_segments (void)
{
  static const gsize places[] = {1,  2,  3,  4,  7,  8,  23,  24,  25,
                                 26, 27, 28, 59, 60, 61, 536, 839, 840};
  g_autoptr (Ear) ear = ear_new_started (MANY, MANY);
  g_autoptr (GBytes) hello = real_hello ();
  g_autofree char *digest = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, hello);

  g_assert_cmpuint (g_bytes_get_size (hello), ==, 841);
  g_assert_cmpstr (digest, ==, "88bff00cf5be4abb1ec933a9381bb041d3d34ad4e718af66a683e5748ade0931");
  for (guint i = 0; i < G_N_ELEMENTS (places); i++) {
    g_autoptr (Client) client = client_new (ear, NULL);

    ear_dispatch (ear);
    client_send (client, hello, 0, places[i]);
    ear_dispatch (ear);
    g_assert_cmpuint (ear->hellos->len, ==, i);
    client_send (client, hello, places[i], 841);
    ear_wait (ear, ear->hellos, i + 1);
    assert_heard (ear, i, "127.0.0.1");
    client_close (client);
    client_wait_closed (client, ear);
  }
  g_assert_cmpuint (amt_prov_hello_listener_get_dropped (ear->listener), ==, 0);
}

static void
test_pki_without_roots (void)
{
  g_autoptr (Ear) ear = ear_new_started (MANY, MANY);
  g_autoptr (GBytes) hello = bytes_from_hex ("00000300000000003ec2ffd2d19d2d41860a54b2039b72ff00");
  g_autoptr (Client) client = client_new (ear, NULL);

  client_send_all (client, hello);
  ear_wait (ear, ear->hellos, 1);
  assert_heard (ear, 0, "127.0.0.1");
}

static void
check_trailing (gboolean at_once)
{
  g_autoptr (Ear) ear = ear_new_started (MANY, MANY);
  g_autoptr (GBytes) hello = psk_hello ();
  g_autofree char *doubled = g_strnfill (64, '\0');
  g_autoptr (GBytes) both = NULL;
  g_autoptr (Client) client = client_new (ear, NULL);

  memcpy (doubled, g_bytes_get_data (hello, NULL), 32);
  memcpy (doubled + 32, g_bytes_get_data (hello, NULL), 32);
  both = g_bytes_new (doubled, 64);
  ear_dispatch (ear);
  if (at_once) {
    client_send_all (client, both);
  } else {
    client_send_all (client, hello);
    ear_dispatch (ear);
    client_send_all (client, hello);
  }
  client_close (client);
  client_wait_closed (client, ear);
  g_assert_cmpuint (ear->hellos->len, ==, 1);
  g_assert_cmpuint (amt_prov_hello_listener_get_dropped (ear->listener), ==, 0);
}

static void
test_trailing_bytes (void)
{
  check_trailing (TRUE);
  check_trailing (FALSE);
}

static void
test_too_many_bytes (void)
{
  g_autoptr (Ear) ear = ear_new_started (MANY, MANY);
  g_autoptr (GBytes) hello = psk_hello ();
  g_autofree char *filler = g_strnfill (16000, 'x');
  g_autoptr (GBytes) rest = g_bytes_new (filler, 16000);
  g_autoptr (Client) client = client_new (ear, NULL);

  client_send_all (client, hello);
  client_send (client, rest, 0, 15968);
  ear_settle (ear);
  ear_wait (ear, ear->hellos, 1);
  g_assert_cmpint (g_socket_condition_check (client->socket, G_IO_IN | G_IO_HUP), ==, 0);
  client_send (client, rest, 15968, 16000);
  client_wait_closed (client, ear);
  g_assert_cmpuint (ear->hellos->len, ==, 1);
  g_assert_cmpuint (ear->drops->len, ==, 0);
}

/* ---- what is no hello ---- */

static void
check_refused (const char *hex, const char *reason)
{
  g_autoptr (Ear) ear = ear_new_started (MANY, MANY);
  g_autoptr (GBytes) bytes = bytes_from_hex (hex);
  g_autoptr (Client) client = client_new (ear, NULL);

  client_send_all (client, bytes);
  client_wait_closed (client, ear);
  assert_dropped (ear, 1, reason);
  g_assert_cmpuint (ear->hellos->len, ==, 0);
}

static void
test_no_hello (void)
{
  check_refused ("01000100000000003ec2ffd2d19d2d41860a54b2039b72ff303030303033374d", "version");
  check_refused ("01000400000000003ec2ffd2d19d2d41860a54b2039b72ff303030303033374d", "version");
  check_refused ("02000200000000003ec2ffd2d19d2d41860a54b2039b72ff303030303033374d", "offset 0");
  check_refused ("00000300000000003ec2ffd2d19d2d41860a54b2039b72ff22", "offset 24");
  check_refused ("474554202f20485454502f312e310d0a0d0a", "offset");
}

static void
check_cut (GBytes *hello, gsize length, const char *reason)
{
  g_autoptr (Ear) ear = ear_new_started (MANY, MANY);
  g_autoptr (Client) client = client_new (ear, NULL);

  if (length > 0)
    client_send (client, hello, 0, length);
  client_close (client);
  client_wait_closed (client, ear);
  assert_dropped (ear, 1, reason);
  g_assert_cmpuint (ear->hellos->len, ==, 0);
}

static void
test_cut (void)
{
  g_autoptr (GBytes) psk = psk_hello ();
  g_autoptr (GBytes) real = real_hello ();

  check_cut (psk, 0, "closed after 0 bytes");
  check_cut (psk, 1, "closed after 1 bytes");
  check_cut (psk, 31, "closed after 31 bytes");
  check_cut (real, 25, "closed after 25 bytes");
  check_cut (real, 840, "closed after 840 bytes");
}

static void
test_counter (void)
{
  g_autoptr (Ear) ear = ear_new_started (MANY, MANY);
  g_autoptr (GBytes) hello = psk_hello ();

  for (guint i = 0; i < 3; i++) {
    g_autoptr (Client) client = client_new (ear, NULL);

    client_send (client, hello, 0, 5);
    client_close (client);
    assert_dropped (ear, i + 1, "closed after 5 bytes");
  }
}

/* ---- limits ---- */

static void
test_rate (void)
{
  g_autoptr (Ear) ear = ear_new_started (MANY, 2);
  g_autoptr (GBytes) hello = psk_hello ();

  for (guint i = 0; i < 2; i++) {
    g_autoptr (Client) client = client_new (ear, NULL);

    client_send_all (client, hello);
    ear_wait (ear, ear->hellos, i + 1);
  }
  for (guint i = 0; i < 2; i++) {
    g_autoptr (Client) client = client_new (ear, NULL);

    client_wait_closed (client, ear);
    assert_dropped (ear, i + 1, "hellos-per-source");
  }
  g_autoptr (Client) neighbour = client_new (ear, "127.0.0.2");

  client_send_all (neighbour, hello);
  ear_wait (ear, ear->hellos, 3);
  assert_heard (ear, 2, "127.0.0.2");
}

static void
check_limit (gboolean first_is_cut)
{
  g_autoptr (Ear) ear = ear_new_started (2, MANY);
  g_autoptr (GBytes) hello = psk_hello ();
  g_autoptr (Client) first = client_new (ear, "127.0.0.1");
  g_autoptr (Client) second = client_new (ear, "127.0.0.2");
  g_autoptr (Client) third = client_new (ear, "127.0.0.3");
  g_autoptr (Client) fourth = client_new (ear, "127.0.0.4");

  client_send_all (third, hello);
  client_send_all (fourth, hello);
  client_close (third);
  ear_dispatch (ear);
  ear_settle (ear);
  g_assert_cmpuint (ear->hellos->len, ==, 0);
  if (!first_is_cut)
    client_send_all (first, hello);
  client_close (first);
  ear_wait (ear, ear->hellos, first_is_cut ? 2 : 3);
  assert_heard (ear, ear->hellos->len - 2, "127.0.0.3");
  assert_heard (ear, ear->hellos->len - 1, "127.0.0.4");
  client_close (second);
  client_wait_closed (second, ear);
  g_assert_cmpuint (amt_prov_hello_listener_get_dropped (ear->listener), ==, first_is_cut ? 2 : 1);
}

static void
test_connection_limit (void)
{
  check_limit (FALSE);
  check_limit (TRUE);
}

static void
test_time_limit (void)
{
  g_autoptr (Ear) ear = ear_new_started (MANY, MANY);
  g_autoptr (GBytes) hello = psk_hello ();
  g_autoptr (Client) silent = NULL;
  g_autoptr (Client) another = NULL;
  g_autoptr (Client) complete = NULL;

  amt_prov_hello_listener_set_time_limit (ear->listener, 0);
  silent = client_new (ear, NULL);
  another = client_new (ear, NULL);
  client_wait_closed (silent, ear);
  client_wait_closed (another, ear);
  assert_dropped (ear, 2, "time limit passed after 0 bytes");
  /* A machine that has said everything may be late with closing. */
  complete = client_new (ear, NULL);
  client_send_all (complete, hello);
  client_wait_closed (complete, ear);
  g_assert_cmpuint (ear->hellos->len, ==, 1);
  g_assert_cmpuint (ear->drops->len, ==, 2);
}

/* When the time limit makes room, those that wait come in. */
static void
test_time_limit_makes_room (void)
{
  g_autoptr (Ear) ear = ear_new_started (1, MANY);
  g_autoptr (GBytes) hello = psk_hello ();
  g_autoptr (Client) silent = NULL;
  g_autoptr (Client) next = NULL;

  amt_prov_hello_listener_set_time_limit (ear->listener, 0);
  silent = client_new (ear, NULL);
  next = client_new (ear, NULL);
  client_send_all (next, hello);
  ear_wait (ear, ear->hellos, 1);
  assert_dropped (ear, 1, "time limit");
}

/* ---- addresses ---- */

static gboolean
has_ipv6 (void)
{
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string ("::1", 0);
  g_autoptr (GSocket) socket =
      g_socket_new (G_SOCKET_FAMILY_IPV6, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);

  return socket != NULL && g_socket_bind (socket, address, FALSE, NULL);
}

static void
test_both_families (void)
{
  const char *const addresses[] = {"127.0.0.1:0", "[::1]:0", NULL};
  g_autoptr (Ear) ear = NULL;
  g_autoptr (GBytes) hello = psk_hello ();
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) real = NULL;

  if (!has_ipv6 ()) {
    g_test_skip ("no IPv6 here");
    return;
  }
  ear = ear_new (addresses, MANY, MANY);
  amt_prov_hello_listener_start (ear->listener, &error);
  g_assert_no_error (error);
  real = amt_prov_hello_listener_get_addresses (ear->listener);
  g_assert_cmpuint (g_strv_length (real), ==, 2);
  g_assert_true (g_regex_match_simple ("^127\\.0\\.0\\.1:[1-9][0-9]*$", real[0], 0, 0));
  g_assert_true (g_regex_match_simple ("^\\[::1\\]:[1-9][0-9]*$", real[1], 0, 0));

  g_autoptr (Client) four = client_new_to (real[0], NULL);
  g_autoptr (Client) six = client_new_to (real[1], NULL);

  client_send_all (four, hello);
  ear_wait (ear, ear->hellos, 1);
  client_send_all (six, hello);
  ear_wait (ear, ear->hellos, 2);
  assert_heard (ear, 0, "127.0.0.1");
  assert_heard (ear, 1, "::1");
}

/* 0.0.0.0 and [::] on one port; IPv4 machines keep their IPv4 address. */
static void
test_same_port (void)
{
  g_autoptr (GBytes) hello = psk_hello ();

  if (!has_ipv6 ()) {
    g_test_skip ("no IPv6 here");
    return;
  }
  for (guint tries = 0; tries < 10; tries++) {
    g_autoptr (Ear) ear = ear_new_started (MANY, MANY);
    g_auto (GStrv) real = amt_prov_hello_listener_get_addresses (ear->listener);
    g_autofree char *four = g_strdup_printf ("0.0.0.0%s", strrchr (real[0], ':'));
    g_autofree char *six = g_strdup_printf ("[::]%s", strrchr (real[0], ':'));
    const char *const addresses[] = {four, six, NULL};
    g_autoptr (Ear) both = NULL;
    g_autoptr (Client) client = NULL;

    amt_prov_hello_listener_stop (ear->listener);
    both = ear_new (addresses, MANY, MANY);
    /* Somebody else may have taken the port. */
    if (amt_prov_hello_listener_start (both->listener, NULL)) {
      client = client_new_to (real[0], NULL);
      client_send_all (client, hello);
      ear_wait (both, both->hellos, 1);
      assert_heard (both, 0, "127.0.0.1");
      g_clear_pointer (&both, ear_free);
      return;
    }
    g_clear_pointer (&both, ear_free);
  }
  g_test_skip ("no port is free in both families");
}

static void
check_bad_address (const char *text)
{
  const char *const addresses[] = {"127.0.0.1:0", text, NULL};
  g_autoptr (Ear) ear = ear_new (addresses, MANY, MANY);
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) real = NULL;

  g_assert_false (amt_prov_hello_listener_start (ear->listener, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFIG);
  g_assert_nonnull (strstr (error->message, text));
  /* All or none. */
  real = amt_prov_hello_listener_get_addresses (ear->listener);
  g_assert_cmpuint (g_strv_length (real), ==, 0);
}

static void
test_bad_address (void)
{
  check_bad_address ("localhost:9971");
  check_bad_address ("127.0.0.1:99999");
  check_bad_address ("127.0.0.1:hello");
  check_bad_address ("127.0.0.1:");
  check_bad_address ("127.0.0.1");
  check_bad_address ("[::1]");
  check_bad_address ("::1");
  check_bad_address ("[::1:9971");
  check_bad_address ("300.0.0.1:9971");
}

static void
test_port_taken (void)
{
  g_autoptr (Ear) ear = ear_new_started (MANY, MANY);
  g_auto (GStrv) taken = amt_prov_hello_listener_get_addresses (ear->listener);
  g_autoptr (Ear) second = ear_new ((const char *const *)taken, MANY, MANY);
  g_autoptr (GError) error = NULL;

  g_assert_false (amt_prov_hello_listener_start (second->listener, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
  g_assert_nonnull (strstr (error->message, taken[0]));
  g_clear_pointer (&second, ear_free);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hello-listener/one-piece", test_one_piece);
  g_test_add_func ("/hello-listener/byte-by-byte", test_byte_by_byte);
  g_test_add_func ("/hello-listener/two-segments", test_two_segments);
  g_test_add_func ("/hello-listener/pki-without-roots", test_pki_without_roots);
  g_test_add_func ("/hello-listener/trailing-bytes", test_trailing_bytes);
  g_test_add_func ("/hello-listener/too-many-bytes", test_too_many_bytes);
  g_test_add_func ("/hello-listener/no-hello", test_no_hello);
  g_test_add_func ("/hello-listener/cut", test_cut);
  g_test_add_func ("/hello-listener/counter", test_counter);
  g_test_add_func ("/hello-listener/rate", test_rate);
  g_test_add_func ("/hello-listener/connection-limit", test_connection_limit);
  g_test_add_func ("/hello-listener/time-limit", test_time_limit);
  g_test_add_func ("/hello-listener/time-limit-makes-room", test_time_limit_makes_room);
  g_test_add_func ("/hello-listener/both-families", test_both_families);
  g_test_add_func ("/hello-listener/same-port", test_same_port);
  g_test_add_func ("/hello-listener/bad-address", test_bad_address);
  g_test_add_func ("/hello-listener/port-taken", test_port_taken);
  return g_test_run ();
}
