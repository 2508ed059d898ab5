/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <amtprov/amtprov.h>

/* psk.md §2 */
static const struct {
  const char *pid, *pps;
} pairs[] = {
    {"0000-037M", "NKLD-G5DC-RRNQ-E9YZ-ZIJL-7LFL-VJED-69XJ"},
    {"OKRS-GI18", "RPGH-4DGB-2Y4B-TY5A-7RR3-ZHBC-B1TJ-9VFX"},
    {"QFFT-UD9B", "093C-LJ7P-V9ZH-MZX3-UDNF-XFOL-P89D-N4CH"},
};

static char *
without_dashes (const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, "-", -1);

  return g_strjoinv (NULL, parts);
}

static void
test_pairs (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (pairs); i++) {
    g_autofree char *pid = without_dashes (pairs[i].pid);
    g_autofree char *pps = without_dashes (pairs[i].pps);
    g_autoptr (GError) error = NULL;
    g_autoptr (AmtProvPsk) dashed = amt_prov_psk_new (pairs[i].pid, pairs[i].pps, &error);
    g_autoptr (AmtProvPsk) plain = amt_prov_psk_new (pid, pps, &error);
    g_autofree char *dashed_pid = NULL;
    g_autoptr (AmtProvSecret) dashed_pps = NULL;

    g_assert_no_error (error);
    g_assert_cmpstr (amt_prov_psk_get_pid (dashed), ==, pid);
    g_assert_cmpstr (amt_prov_secret_peek_text (amt_prov_psk_get_pps (dashed)), ==, pps);
    g_assert_true (
        amt_prov_secret_equal (amt_prov_psk_get_pps (dashed), amt_prov_psk_get_pps (plain)));
    dashed_pid = amt_prov_psk_dup_dashed_pid (plain);
    dashed_pps = amt_prov_psk_dup_dashed_pps (plain);
    g_assert_cmpstr (dashed_pid, ==, pairs[i].pid);
    g_assert_cmpstr (amt_prov_secret_peek_text (dashed_pps), ==, pairs[i].pps);
  }
}

static void
test_pid_checks (void)
{
  static const char *const good[] = {"0000000C", "44444444", "1111111J",
                                     "AAAAAAAN", "ZZZZZZZI", "0000001D"};
  static const struct {
    const char *pid, *says;
  } bad[] = {
      {"4444-4445", "should be 4"},
      {"0000-0000", "should be C"},
      {"0000037m", "upper case"},
      {"000-0037M", "character 4"},
      {"0000037", "not 7"},
      {"0000-037MX", "not 10"},
      {"", "not 0"},
      {"0000 37M", "character 5"},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++) {
    g_autoptr (GError) error = NULL;
    g_autofree char *pid = amt_prov_psk_parse_pid (good[i], &error);

    g_assert_no_error (error);
    g_assert_cmpstr (pid, ==, good[i]);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (amt_prov_psk_parse_pid (bad[i].pid, &error));
    g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA);
    g_assert_nonnull (strstr (error->message, bad[i].says));
  }
}

static void
test_pps_refused (void)
{
  static const struct {
    const char *pps, *says;
  } bad[] = {
      {"NKLD-G5DC-RRNQ-E9YZ-ZIJL-7LFL-VJED-69XK", "group 8"},
      {"NKLEG5DCRRNQE9YZZIJL7LFLVJED69XJ", "group 1"},
      {"NKLD-G5DC-RRNQ-E9YZ-ZIJL-7LFL-VJED-69X", "not 38"},
      {"NKLD-G5DC-RRNQ-E9YZ-ZIJL-7LFL-VJED69XJ-", "dash"},
      {"nkldg5dcrrnqe9yzzijl7lflvjed69xj", "upper case"},
      {"00000000000000000000000000000000", "zeros"},
      {"", "not 0"},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (amt_prov_psk_parse_pps (bad[i].pps, &error));
    g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA);
    g_assert_nonnull (strstr (error->message, bad[i].says));
    g_assert_null (strstr (error->message, "NKL"));
    g_assert_null (strstr (error->message, "nkl"));
    g_assert_null (amt_prov_psk_new ("0000037M", bad[i].pps, NULL));
  }
  g_assert_null (amt_prov_psk_new ("0000037X", pairs[0].pps, NULL));
}

static void
test_generate (void)
{
  g_autoptr (GHashTable) pids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < 500; i++) {
    g_autoptr (AmtProvPsk) psk = amt_prov_psk_generate ();
    g_autoptr (GError) error = NULL;
    g_autoptr (AmtProvPsk) again = amt_prov_psk_new (
        amt_prov_psk_get_pid (psk), amt_prov_secret_peek_text (amt_prov_psk_get_pps (psk)), &error);

    g_assert_no_error (error);
    g_assert_nonnull (again);
    g_assert_true (g_hash_table_add (pids, g_strdup (amt_prov_psk_get_pid (psk))));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/psk/pairs", test_pairs);
  g_test_add_func ("/psk/pid", test_pid_checks);
  g_test_add_func ("/psk/pps-refused", test_pps_refused);
  g_test_add_func ("/psk/generate", test_generate);
  return g_test_run ();
}
