/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <amtprov/amtprov.h>

#include "registry/key-file-private.h"

static AmtProvKeyFile *
parse (const char *text, gsize length, GPtrArray *problems)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, length);

  return amt_prov_key_file_parse ("x.conf", bytes, problems);
}

static void
test_lines (void)
{
  static const char text[] =
      "\xef\xbb\xbf# first\r\n[a]\r\n key = value = more \r\n\n[b b]\nempty=\n";
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (AmtProvKeyFile) file = parse (text, strlen (text), problems);
  AmtProvKeyFileGroup *a = amt_prov_key_file_find_group (file, "a");
  AmtProvKeyFileGroup *b = amt_prov_key_file_find_group (file, "b b");
  AmtProvKeyFileEntry *key = amt_prov_key_file_group_find (a, "key");

  g_assert_cmpuint (problems->len, ==, 0);
  g_assert_cmpuint (a->line, ==, 2);
  g_assert_cmpuint (key->line, ==, 3);
  g_assert_cmpstr (key->value, ==, "value = more");
  g_assert_cmpuint (b->line, ==, 5);
  g_assert_cmpstr (amt_prov_key_file_group_find (b, "empty")->value, ==, "");
  g_assert_null (amt_prov_key_file_find_group (file, "c"));
  g_assert_null (amt_prov_key_file_group_find (a, "c"));
}

static void
test_problems (void)
{
  static const struct {
    const char *text;
    gsize length;
    const char *place, *says;
  } cases[] = {
      {"key=1\n", 0, "x.conf:1: ", "[GROUP]"},
      {"[a]\nb\n", 0, "x.conf:2: ", "KEY=VALUE"},
      {"[a]\n=b\n", 0, "x.conf:2: ", "KEY=VALUE"},
      {"[a\n", 0, "x.conf:1: ", "[NAME]"},
      {"[a]\nb=1\nb=2\n", 0, "x.conf:3: ", "line 2"},
      {"[a]\n[b]\n[a]\n", 0, "x.conf:3: ", "line 1"},
      {"[a]\nb=\xff\n", 0, "x.conf:2: ", "UTF-8"},
      {"[a]\nb=c\0d\n", 10, "x.conf:2: ", "NUL"},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
    gsize length = cases[i].length ? cases[i].length : strlen (cases[i].text);
    g_autoptr (AmtProvKeyFile) file = parse (cases[i].text, length, problems);

    g_test_message ("case %" G_GSIZE_FORMAT, i);
    g_assert_nonnull (file);
    g_assert_cmpuint (problems->len, ==, 1);
    g_test_message ("%s", (char *)problems->pdata[0]);
    g_assert_true (g_str_has_prefix (problems->pdata[0], cases[i].place));
    g_assert_nonnull (strstr (problems->pdata[0], cases[i].says));
  }
}

static void
test_missing (void)
{
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);

  g_assert_null (amt_prov_key_file_load ("/nonexistent/amtprov.conf", problems));
  g_assert_cmpuint (problems->len, ==, 1);
  g_assert_nonnull (strstr (problems->pdata[0], "/nonexistent/amtprov.conf"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/key-file/lines", test_lines);
  g_test_add_func ("/key-file/problems", test_problems);
  g_test_add_func ("/key-file/missing", test_missing);
  return g_test_run ();
}
