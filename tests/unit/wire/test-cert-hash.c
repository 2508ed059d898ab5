/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <amtprov/amtprov.h>

/* Hashes of the texts of hello.md §9.1. */
static const struct {
  AmtProvHashAlgorithm algorithm;
  const char *text, *name, *hex;
} vectors[] = {
    {AMT_PROV_HASH_ALGORITHM_SHA1, "root-one", "sha1", "72b4433ae39d27a2cc46a01b11186545f986dd5c"},
    {AMT_PROV_HASH_ALGORITHM_SHA256, "root-two", "sha256",
     "a702f86f60357ec0893f900c3145f152d10a8039e80b1f9b0eec836d4b45b6d9"},
    {AMT_PROV_HASH_ALGORITHM_SHA384, "root-three", "sha384",
     "4bca8bc5d15e3ffb50b0b8f6059411f050a0f3794090c9df4a774ed6a2a3e63c5e57f4fd4fd4397d92fa073fedc9d"
     "d57"},
};

static void
test_vectors (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (vectors); i++) {
    g_autoptr (GBytes) der = g_bytes_new (vectors[i].text, strlen (vectors[i].text));
    g_autoptr (AmtProvCertHash) hash = amt_prov_cert_hash_new_from_der (vectors[i].algorithm, der);
    g_autoptr (GError) error = NULL;
    g_autofree char *upper = g_ascii_strup (vectors[i].hex, -1);
    g_autoptr (AmtProvCertHash) from_hex = amt_prov_cert_hash_new_from_hex (upper, &error);
    g_autofree char *hex = amt_prov_cert_hash_to_hex (hash);
    gsize length;

    g_assert_no_error (error);
    g_assert_cmpstr (hex, ==, vectors[i].hex);
    g_assert_true (amt_prov_cert_hash_equal (hash, from_hex));
    g_assert_cmpint (amt_prov_cert_hash_get_algorithm (from_hex), ==, vectors[i].algorithm);
    g_assert_cmpstr (amt_prov_hash_algorithm_to_string (vectors[i].algorithm), ==, vectors[i].name);
    amt_prov_cert_hash_get_data (hash, &length);
    g_assert_cmpuint (length, ==, amt_prov_hash_algorithm_get_length (vectors[i].algorithm));
  }
}

static void
test_refused (void)
{
  static const char *const bad[] = {"", "12", "72b4433ae39d27a2cc46a01b11186545f986dd5",
                                    "72b4433ae39d27a2cc46a01b11186545f986dd5x"};
  static const guint8 bytes[48] = {0};
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_assert_null (amt_prov_cert_hash_new_from_hex (bad[i], &error));
    g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA);
    g_clear_error (&error);
  }
  g_assert_null (amt_prov_cert_hash_new (AMT_PROV_HASH_ALGORITHM_SHA1, bytes, 32, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA);
  g_clear_error (&error);
  g_assert_null (amt_prov_cert_hash_new (4, bytes, 48, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA);
  g_assert_null (amt_prov_hash_algorithm_to_string (0));
  g_assert_cmpuint (amt_prov_hash_algorithm_get_length (99), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cert-hash/vectors", test_vectors);
  g_test_add_func ("/cert-hash/refused", test_refused);
  return g_test_run ();
}
