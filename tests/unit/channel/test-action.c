/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <amtprov/amtprov.h>

static void
test_values (void)
{
  g_autoptr (AmtProvAction) action = amt_prov_action_new (AMT_PROV_ACTION_SET_ADMIN);
  g_autoptr (AmtProvSecret) password = amt_prov_secret_new_text ("P@ssw0rd");
  g_autoptr (GBytes) bytes = g_bytes_new_static ("x", 1);

  g_assert_cmpint (amt_prov_action_get_kind (action), ==, AMT_PROV_ACTION_SET_ADMIN);
  g_assert_false (amt_prov_action_has (action, "user"));
  amt_prov_action_set_string (action, "user", "admin");
  amt_prov_action_set_secret (action, "password", password);
  amt_prov_action_set_int (action, "hours", 24);
  amt_prov_action_set_boolean (action, "ping", 2);
  amt_prov_action_set_bytes (action, "certificate", bytes);
  g_assert_cmpstr (amt_prov_action_get_string (action, "user"), ==, "admin");
  g_assert_true (amt_prov_action_get_secret (action, "password") == password);
  g_assert_cmpint (amt_prov_action_get_int (action, "hours"), ==, 24);
  g_assert_cmpint (amt_prov_action_get_boolean (action, "ping"), ==, TRUE);
  g_assert_true (amt_prov_action_get_bytes (action, "certificate") == bytes);
  amt_prov_action_set_string (action, "user", NULL);
  g_assert_false (amt_prov_action_has (action, "user"));
}

static void
test_unset (void)
{
  g_autoptr (AmtProvAction) action = amt_prov_action_new (AMT_PROV_ACTION_COMMIT);

  g_assert_null (amt_prov_action_get_string (action, "host"));
  g_assert_cmpint (amt_prov_action_get_int (action, "offset"), ==, 0);
  g_assert_false (amt_prov_action_get_boolean (action, "tls"));
  g_assert_null (amt_prov_action_get_bytes (action, "certificate"));
  g_assert_null (amt_prov_action_get_secret (action, "otp"));
  g_assert_null (amt_prov_action_get_psk (action, "psk"));
}

static void
misuse_integer (AmtProvAction *action)
{
  amt_prov_action_set_int (action, "host", 1);
}

static void
misuse_secret (AmtProvAction *action)
{
  amt_prov_action_get_string (action, "otp");
}

static void
misuse_name (AmtProvAction *action)
{
  amt_prov_action_get_string (action, "nonsense");
}

typedef struct {
  const char *name;
  void (*misuse) (AmtProvAction *action);
  const char *message;
} Misuse;

static const Misuse misuses[] = {
    {"integer", misuse_integer, "*'host' is of type text*integer*"},
    {"secret", misuse_secret, "*'otp' is of type secret*text*"},
    {"name", misuse_name, "*no action has a value named 'nonsense'*"},
};

static void
test_misuse (gconstpointer data)
{
  const Misuse *misuse = data;

  if (g_test_subprocess ()) {
    g_autoptr (AmtProvAction) action = amt_prov_action_new (AMT_PROV_ACTION_COMMIT);
    misuse->misuse (action);
    return;
  }
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr (misuse->message);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/channel/action/values", test_values);
  g_test_add_func ("/channel/action/unset", test_unset);
  for (gsize i = 0; i < G_N_ELEMENTS (misuses); i++) {
    g_autofree char *path = g_strdup_printf ("/channel/action/misuse/%s", misuses[i].name);
    g_test_add_data_func (path, &misuses[i], test_misuse);
  }
  return g_test_run ();
}
