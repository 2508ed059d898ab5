/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <glib/gstdio.h>

#include <amtprov/amtprov.h>

static void
test_text (void)
{
  g_autoptr (AmtProvSecret) secret = amt_prov_secret_new_text ("P@ssw0rd");
  g_autoptr (AmtProvSecret) same = amt_prov_secret_new ((const guint8 *)"P@ssw0rd", 8);
  g_autoptr (AmtProvSecret) other = amt_prov_secret_new_text ("P@ssw0re");
  g_autoptr (AmtProvSecret) longer = amt_prov_secret_new_text ("P@ssw0rd1");
  g_autoptr (AmtProvSecret) ref = amt_prov_secret_ref (secret);
  gsize length;

  g_assert_cmpmem (amt_prov_secret_peek (secret, &length), 8, "P@ssw0rd", 8);
  g_assert_cmpuint (length, ==, 8);
  g_assert_cmpstr (amt_prov_secret_peek_text (ref), ==, "P@ssw0rd");
  g_assert_true (amt_prov_secret_equal (secret, same));
  g_assert_false (amt_prov_secret_equal (secret, other));
  g_assert_false (amt_prov_secret_equal (secret, longer));
}

static void
test_empty (void)
{
  g_autoptr (AmtProvSecret) secret = amt_prov_secret_new (NULL, 0);
  gsize length = 1;

  g_assert_nonnull (amt_prov_secret_peek (secret, &length));
  g_assert_cmpuint (length, ==, 0);
  g_assert_cmpstr (amt_prov_secret_peek_text (secret), ==, "");
}

static char *
write_file (const char *content, gsize length)
{
  g_autoptr (GError) error = NULL;
  char *path = NULL;
  int fd = g_file_open_tmp ("amtprov-secret-XXXXXX", &path, &error);

  g_assert_no_error (error);
  close (fd);
  g_file_set_contents (path, content, length, &error);
  g_assert_no_error (error);
  return path;
}

static void
test_file (void)
{
  static const struct {
    const char *content, *secret;
  } cases[] = {
      {"admin\n", "admin"}, {"admin", "admin"}, {"admin\n\n", "admin\n"}, {"", ""}, {"\n", ""}};

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autofree char *path = write_file (cases[i].content, strlen (cases[i].content));
    g_autoptr (AmtProvSecret) secret = amt_prov_secret_new_from_file (path, &error);

    g_assert_no_error (error);
    g_assert_cmpstr (amt_prov_secret_peek_text (secret), ==, cases[i].secret);
    g_remove (path);
  }
}

static void
test_file_refused (void)
{
  g_autofree char *content = g_strnfill (64 * 1024 + 1, 'x');
  g_autofree char *path = write_file (content, 64 * 1024);
  g_autofree char *big = write_file (content, 64 * 1024 + 1);
  g_autofree char *tmp = g_strdup (g_get_tmp_dir ());
  g_autoptr (AmtProvSecret) largest = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;

  largest = amt_prov_secret_new_from_file (path, &error);
  g_assert_no_error (error);
  amt_prov_secret_peek (largest, &length);
  g_assert_cmpuint (length, ==, 64 * 1024);

  g_assert_null (amt_prov_secret_new_from_file (big, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA);
  g_assert_nonnull (strstr (error->message, big));
  g_clear_error (&error);

  g_remove (path);
  g_remove (big);
  g_assert_null (amt_prov_secret_new_from_file (path, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, path));
  g_clear_error (&error);

  g_assert_null (amt_prov_secret_new_from_file (tmp, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_FAILED);
}

static void
test_generate (void)
{
  static const char forbidden[] = "\"',><:& ";
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < 500; i++) {
    g_autoptr (AmtProvSecret) secret = amt_prov_secret_generate_password ();
    g_autoptr (GError) error = NULL;
    const char *text = amt_prov_secret_peek_text (secret);

    g_assert_cmpuint (strlen (text), ==, 16);
    g_assert_null (strpbrk (text, forbidden));
    amt_prov_secret_check_password (secret, &error);
    g_assert_no_error (error);
    g_assert_true (g_hash_table_add (seen, g_strdup (text)));
  }
}

static void
test_check (void)
{
  static const struct {
    const char *password, *says;
  } cases[] = {
      {"P@ssw0rd", NULL},
      {"P@ss w0rd_", NULL},
      {"P@ssw0r", "7 characters"},
      {"P@ssw0rdP@ssw0rdP@ssw0rdP@ssw0rd", NULL},
      {"P@ssw0rdP@ssw0rdP@ssw0rdP@ssw0rd1", "33 characters"},
      {"Location_1", "special character"},
      {"Location 1", "special character"},
      {"p@ssw0rd", "an upper-case letter"},
      {"P@SSW0RD", "a lower-case letter"},
      {"P@ssword", "a digit"},
      {"P@ssw0rd:", "colon"},
      {"P@ssw0rd,", "comma"},
      {"P@ssw0rd\"", "double quote"},
      {"P@ssw0rd\t", "printable"},
      {"P@ssw\xc3\xb6rd1", "ASCII"},
      {"", "0 characters"},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (AmtProvSecret) secret = amt_prov_secret_new_text (cases[i].password);
    g_autoptr (GError) error = NULL;
    gboolean good = amt_prov_secret_check_password (secret, &error);

    g_test_message ("case %" G_GSIZE_FORMAT, i);
    g_assert_cmpint (good, ==, cases[i].says == NULL);
    if (good)
      continue;
    g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA);
    g_assert_nonnull (strstr (error->message, cases[i].says));
    if (*cases[i].password)
      g_assert_null (strstr (error->message, cases[i].password));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/secret/text", test_text);
  g_test_add_func ("/secret/empty", test_empty);
  g_test_add_func ("/secret/file", test_file);
  g_test_add_func ("/secret/file-refused", test_file_refused);
  g_test_add_func ("/secret/generate", test_generate);
  g_test_add_func ("/secret/check", test_check);
  return g_test_run ();
}
