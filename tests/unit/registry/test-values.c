/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <amtprov/amtprov.h>

static void
test_parse (void)
{
  static const struct {
    const char *text;
    guint major, minor;
  } good[] = {{"9.5", 9, 5}, {"11.8.50", 11, 8}, {"15.0.23.1706", 15, 0}, {"2.20", 2, 20}};
  static const char *const bad[] = {
      "",     "9",    "9.",   ".5",   "9..5", "9.5.", "9.x",       "a.b",      " 9.5",
      "9.5 ", "-9.5", "9.05", "+9.5", "9,5",  "09.5", "1.2.3.4.5", "9.123456", "99999999999.0"};

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (AmtProvVersion) version = amt_prov_version_parse (good[i].text, &error);
    g_autoptr (AmtProvVersion) copy = NULL;

    g_assert_no_error (error);
    copy = amt_prov_version_copy (version);
    g_assert_cmpuint (amt_prov_version_get_major (copy), ==, good[i].major);
    g_assert_cmpuint (amt_prov_version_get_minor (copy), ==, good[i].minor);
    g_assert_cmpstr (amt_prov_version_get_text (copy), ==, good[i].text);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;

    g_test_message ("\"%s\"", bad[i]);
    g_assert_null (amt_prov_version_parse (bad[i], &error));
    g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA);
  }
}

static void
test_compare (void)
{
  static const char *const ascending[] = {"2.2",     "2.2.1",        "2.5", "2.20",
                                          "11.8.50", "11.8.65.3580", "11.9"};
  g_autoptr (AmtProvVersion) short_form = amt_prov_version_parse ("9.5", NULL);
  g_autoptr (AmtProvVersion) long_form = amt_prov_version_parse ("9.5.0.0", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (ascending); i++)
    for (gsize j = 0; j < G_N_ELEMENTS (ascending); j++) {
      g_autoptr (AmtProvVersion) a = amt_prov_version_parse (ascending[i], NULL);
      g_autoptr (AmtProvVersion) b = amt_prov_version_parse (ascending[j], NULL);
      int result = amt_prov_version_compare (a, b);

      g_assert_cmpint (result < 0, ==, i < j);
      g_assert_cmpint (result > 0, ==, i > j);
    }
  g_assert_cmpint (amt_prov_version_compare (short_form, long_form), ==, 0);
  g_assert_true (amt_prov_version_at_least (short_form, 9, 5));
  g_assert_true (amt_prov_version_at_least (short_form, 6, 9));
  g_assert_false (amt_prov_version_at_least (short_form, 9, 6));
  g_assert_false (amt_prov_version_at_least (short_form, 10, 0));
}

static void
test_rule (void)
{
  static const struct {
    const char *group, *key;
    guint line;
    const char *text;
  } cases[] = {
      {"2.2", "method.agent", 7, "amt.conf:7: [2.2] method.agent"},
      {"2.2", NULL, 7, "amt.conf:7: [2.2]"},
      {NULL, NULL, 7, "amt.conf:7"},
      {NULL, NULL, 0, "amt.conf"},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (AmtProvRule) rule =
        amt_prov_rule_new ("amt.conf", cases[i].group, cases[i].key, cases[i].line);
    g_autoptr (AmtProvRule) copy = amt_prov_rule_copy (rule);
    g_autofree char *text = amt_prov_rule_to_string (copy);

    g_assert_cmpstr (text, ==, cases[i].text);
    g_assert_cmpstr (amt_prov_rule_get_group (copy), ==, cases[i].group);
    g_assert_cmpuint (amt_prov_rule_get_line (copy), ==, cases[i].line);
  }
}

static void
test_verdict (void)
{
  g_autoptr (AmtProvVerdict) with = NULL;
  g_autoptr (AmtProvVerdict) without = amt_prov_verdict_new ("a", FALSE, 0, "why", NULL);
  g_autoptr (AmtProvVerdict) ref = amt_prov_verdict_ref (without);

  {
    g_autoptr (AmtProvRule) rule = amt_prov_rule_new ("f", "g", "k", 1);

    with = amt_prov_verdict_new ("b", TRUE, 7, "because", rule);
  }
  g_assert_cmpstr (amt_prov_verdict_get_method (with), ==, "b");
  g_assert_true (amt_prov_verdict_get_usable (with));
  g_assert_cmpint (amt_prov_verdict_get_rank (with), ==, 7);
  g_assert_cmpstr (amt_prov_verdict_get_reason (with), ==, "because");
  g_assert_cmpstr (amt_prov_rule_get_key (amt_prov_verdict_get_rule (with)), ==, "k");
  g_assert_null (amt_prov_verdict_get_rule (ref));
  g_assert_false (amt_prov_verdict_get_usable (ref));
}

/* pki.md §6.2 */
static void
test_suffix (void)
{
  static const struct {
    const char *cn, *suffix;
    gboolean strict, table;
  } cases[] = {
      {"example.com", "example.com", TRUE, TRUE},
      {"prov.example.com", "example.com", TRUE, TRUE},
      {"PROV.Example.COM", "eXAMPLE.com.", TRUE, TRUE},
      {"prov.corp.example.com", "example.com", FALSE, TRUE},
      {"prov.example.com", "lab.example.com", FALSE, TRUE},
      {"prov.example.com", "badexample.com", FALSE, FALSE},
      {"prov.example.com", "com", FALSE, FALSE},
      {"prov.example.com", "example.org", FALSE, FALSE},
      {"*.corp.example.com", "corp.example.com", TRUE, TRUE},
      {"*.corp.example.com", "example.com", TRUE, TRUE},
      {"prov.example.fr", "example.fr", TRUE, TRUE},
      {"prov.example.fr", "lab.example.fr", FALSE, FALSE},
      {"prov.example.fr", "lab.prov.example.fr", FALSE, TRUE},
      {"a.prov.example.fr", "prov.example.fr", TRUE, TRUE},
      {"b.a.prov.example.fr", "prov.example.fr", FALSE, TRUE},
      {"prov.example.co.uk", "example.co.uk", TRUE, TRUE},
      {"prov.corp.example.local", "corp.example.local", TRUE, TRUE},
      {"prov.corp.example.local", "example.local", FALSE, FALSE},
      {"com", "com", TRUE, TRUE},
      {"", "example.com", FALSE, FALSE},
      {"prov.example.com", "", FALSE, FALSE},
      {"", "", FALSE, FALSE},
      {NULL, "example.com", FALSE, FALSE},
      {"prov.example.com", NULL, FALSE, FALSE},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_test_message ("%s / %s", cases[i].cn, cases[i].suffix);
    g_assert_cmpint (
        amt_prov_suffix_matches (cases[i].cn, cases[i].suffix, AMT_PROV_SUFFIX_RULE_STRICT), ==,
        cases[i].strict);
    g_assert_cmpint (
        amt_prov_suffix_matches (cases[i].cn, cases[i].suffix, AMT_PROV_SUFFIX_RULE_TABLE), ==,
        cases[i].table);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/version/parse", test_parse);
  g_test_add_func ("/version/compare", test_compare);
  g_test_add_func ("/rule", test_rule);
  g_test_add_func ("/verdict", test_verdict);
  g_test_add_func ("/suffix", test_suffix);
  return g_test_run ();
}
