/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <amtprov/amtprov.h>

#include "hex.h"
#include "vectors.h"

static AmtProvHello *
decode (const char *hex)
{
  g_autoptr (GBytes) bytes = from_hex (hex);
  g_autoptr (GError) error = NULL;
  AmtProvHello *hello = amt_prov_hello_decode (bytes, NULL, &error);

  g_assert_no_error (error);
  return hello;
}

static void
test_psk (void)
{
  g_autoptr (AmtProvHello) hello = decode (VECTOR_PSK);
  g_autoptr (AmtProvHello) late = decode (VECTOR_PSK_14);

  g_assert_cmpuint (amt_prov_hello_get_interface_version (hello), ==, AMT_PROV_HELLO_VERSION_PSK);
  g_assert_true (amt_prov_hello_get_admin_credentials_set (hello));
  g_assert_cmpuint (amt_prov_hello_get_retry (hello), ==, 0);
  g_assert_cmpstr (amt_prov_hello_get_uuid (hello), ==, VECTOR_UUID);
  g_assert_cmpstr (amt_prov_hello_get_pid (hello), ==, "0000037M");
  g_assert_cmpuint (amt_prov_hello_get_hashes (hello)->len, ==, 0);
  g_assert_false (amt_prov_hello_get_admin_credentials_set (late));
  g_assert_cmpuint (amt_prov_hello_get_retry (late), ==, 14);
  g_assert_cmpstr (amt_prov_hello_get_pid (late), ==, "0000000C");
}

static void
test_pki (void)
{
  static const char *const hashes[] = {
      "72b4433ae39d27a2cc46a01b11186545f986dd5c",
      "a702f86f60357ec0893f900c3145f152d10a8039e80b1f9b0eec836d4b45b6d9",
      "4bca8bc5d15e3ffb50b0b8f6059411f050a0f3794090c9df4a774ed6a2a3e63c5e57f4fd4fd4397d92fa073fedc9"
      "dd57"};
  g_autoptr (AmtProvHello) hello = decode (vector_pki);
  g_autoptr (AmtProvHello) empty = decode (VECTOR_NO_ROOT);
  GPtrArray *roots = amt_prov_hello_get_hashes (hello);

  g_assert_cmpuint (amt_prov_hello_get_interface_version (hello), ==, AMT_PROV_HELLO_VERSION_PKI);
  g_assert_cmpuint (amt_prov_hello_get_retry (hello), ==, 1);
  g_assert_null (amt_prov_hello_get_pid (hello));
  g_assert_cmpuint (roots->len, ==, G_N_ELEMENTS (hashes));
  for (guint i = 0; i < roots->len; i++) {
    g_autoptr (AmtProvCertHash) hash = amt_prov_cert_hash_new_from_hex (hashes[i], NULL);

    g_assert_true (amt_prov_cert_hash_equal (roots->pdata[i], hash));
    g_assert_true (amt_prov_hello_has_hash (hello, hash));
    g_assert_false (amt_prov_hello_has_hash (empty, hash));
  }
}

static void
test_real (void)
{
  g_autoptr (GBytes) bytes = from_hex (vector_real);
  g_autofree char *sum = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes);
  g_autoptr (AmtProvHello) hello = decode (vector_real);
  GPtrArray *roots = amt_prov_hello_get_hashes (hello);
  g_autofree char *own = NULL;

  g_assert_cmpuint (g_bytes_get_size (bytes), ==, 841);
  g_assert_cmpstr (sum, ==, VECTOR_REAL_SHA256);
  g_assert_cmpstr (amt_prov_hello_get_uuid (hello), ==, VECTOR_UUID);
  g_assert_cmpuint (amt_prov_hello_get_retry (hello), ==, 1);
  g_assert_true (amt_prov_hello_get_admin_credentials_set (hello));
  g_assert_cmpuint (roots->len, ==, 24);
  own = amt_prov_cert_hash_to_hex (roots->pdata[19]);
  g_assert_true (g_str_has_prefix (own, "a267c480"));
}

static void
test_round_trips (void)
{
  const char *const all[] = {VECTOR_PSK, VECTOR_PSK_14, VECTOR_NO_ROOT, vector_pki, vector_real};

  for (gsize i = 0; i < G_N_ELEMENTS (all); i++) {
    g_autoptr (GBytes) bytes = from_hex (all[i]);
    g_autoptr (AmtProvHello) hello = decode (all[i]);
    g_autoptr (GBytes) again = amt_prov_hello_encode (hello);

    g_assert_true (g_bytes_equal (bytes, again));
  }
}

static void
test_new (void)
{
  g_autoptr (AmtProvHello) psk =
      amt_prov_hello_new_psk (VECTOR_UUID, TRUE, G_MAXUINT32, "0000037M");
  g_autoptr (GBytes) bytes = amt_prov_hello_encode (psk);
  g_autoptr (AmtProvHello) again = amt_prov_hello_decode (bytes, NULL, NULL);
  g_autoptr (GPtrArray) many =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_cert_hash_unref);

  g_assert_cmpuint (amt_prov_hello_get_retry (again), ==, G_MAXUINT32);
  g_assert_null (amt_prov_hello_new_psk ("no", TRUE, 0, "0000037M"));
  g_assert_null (amt_prov_hello_new_psk (VECTOR_UUID, TRUE, 0, "0000-037M"));
  g_assert_null (amt_prov_hello_new_psk (VECTOR_UUID, TRUE, 0, "0000037"));
  for (guint i = 0; i <= AMT_PROV_HELLO_MAX_HASHES; i++)
    g_ptr_array_add (
        many, amt_prov_cert_hash_new_from_hex ("72b4433ae39d27a2cc46a01b11186545f986dd5c", NULL));
  g_assert_null (amt_prov_hello_new_pki (VECTOR_UUID, TRUE, 0, many));
  g_assert_null (amt_prov_hello_new_pki ("no", TRUE, 0, NULL));
}

#define HEAD_PKI                                                                                   \
  "0100030001000000"                                                                               \
  "3ec2ffd2d19d2d41860a54b2039b72ff"

static void
test_refused (void)
{
  static const struct {
    const char *hex, *offset;
    /* Whether the bytes can never become a hello, whatever follows. */
    gboolean hopeless;
  } cases[] = {
      {"", "offset 0:", FALSE},
      {"02", "offset 0:", TRUE},
      {"0101", "offset 0:", TRUE},
      {"010001", "offset 2:", TRUE},
      {"010004", "offset 2:", TRUE},
      {"01000201", "offset 2:", TRUE},
      {"01000300", "offset 4:", FALSE},
      {HEAD_PKI, "offset 24:", FALSE},
      {HEAD_PKI "01", "offset 25:", FALSE},
      {HEAD_PKI "22", "offset 24:", TRUE},
      {HEAD_PKI "0104", "offset 25:", TRUE},
      {HEAD_PKI "0100", "offset 25:", TRUE},
      {HEAD_PKI "010120", "offset 26:", TRUE},
      {HEAD_PKI "010114", "offset 27:", FALSE},
      {VECTOR_NO_ROOT "00", "offset 25:", FALSE},
      {VECTOR_PSK "0000", "offset 32:", FALSE},
      {"01000200000000003ec2ffd2d19d2d41860a54b2039b72ff3030303030333761", "offset 31:", TRUE},
      {"01000200000000003ec2ffd2d19d2d41860a54b2039b72ff30303030303337", "offset 31:", FALSE},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GBytes) bytes = from_hex (cases[i].hex);
    g_autoptr (GError) error = NULL, measured = NULL;
    gsize size, need = 0;
    const guint8 *data = g_bytes_get_data (bytes, &size);

    g_test_message ("%s", cases[i].hex);
    g_assert_null (amt_prov_hello_decode (bytes, NULL, &error));
    g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA);
    g_test_message ("%s", error->message);
    g_assert_nonnull (strstr (error->message, cases[i].offset));
    g_assert_cmpint (amt_prov_hello_measure (data, size, &need, &measured), ==, !cases[i].hopeless);
  }
}

/* Whatever arrives of a good message: it is never refused, never asks for more than there is, and
 * is complete exactly at its end. */
static void
test_measure (void)
{
  const char *const all[] = {VECTOR_PSK, VECTOR_NO_ROOT, vector_pki, vector_real};

  for (gsize i = 0; i < G_N_ELEMENTS (all); i++) {
    g_autoptr (GBytes) bytes = from_hex (all[i]);
    gsize size;
    const guint8 *data = g_bytes_get_data (bytes, &size);

    for (gsize have = 0; have <= size; have++) {
      g_autoptr (GError) error = NULL;
      gsize need = 0;

      g_assert_true (amt_prov_hello_measure (data, have, &need, &error));
      g_assert_no_error (error);
      g_assert_cmpuint (need, <=, size);
      if (have < size)
        g_assert_cmpuint (need, >, have);
      else
        g_assert_cmpuint (need, ==, size);
    }
  }
}

static void
test_trailing (void)
{
  g_autofree char *hex = g_strconcat (vector_pki, "deadbeef", NULL);
  g_autoptr (GBytes) bytes = from_hex (hex);
  g_autoptr (GError) error = NULL;
  gsize used = 0;
  g_autoptr (AmtProvHello) hello = amt_prov_hello_decode (bytes, &used, &error);

  g_assert_no_error (error);
  g_assert_nonnull (hello);
  g_assert_cmpuint (used, ==, 131);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hello/psk", test_psk);
  g_test_add_func ("/hello/pki", test_pki);
  g_test_add_func ("/hello/real", test_real);
  g_test_add_func ("/hello/round-trips", test_round_trips);
  g_test_add_func ("/hello/new", test_new);
  g_test_add_func ("/hello/refused", test_refused);
  g_test_add_func ("/hello/measure", test_measure);
  g_test_add_func ("/hello/trailing", test_trailing);
  return g_test_run ();
}
