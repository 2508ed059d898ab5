/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "plugin-folder.h"

/* Plugins in Python, sound and bad ones. */

#define SCRIPTS "AMT_PROV_TEST_SCRIPTS"

static AmtProvPluginSet *
load (const char *enabled, gboolean scripts)
{
  const char *const folders[] = {g_getenv (SCRIPTS), g_getenv ("AMT_PROV_TEST_PLUGINS"), NULL};
  g_auto (GStrv) names = g_strsplit (enabled, ";", -1);

  return amt_prov_plugin_set_new (folders, (const char *const *)names, scripts);
}

static AmtProvMethod *
find_odd (AmtProvPluginSet *set, const char *mood)
{
  AmtProvMethod *method = amt_prov_plugin_set_find_method (set, "odd");

  g_assert_nonnull (method);
  g_object_set (method, "mood", mood, NULL);
  return method;
}

static void
test_switch (void)
{
  g_autoptr (AmtProvPluginSet) set = load ("odd;psk", FALSE);

  assert_refused (set, "odd", "set [amtprov] script-plugins=yes to allow scripts");
  assert_loaded (set, "psk");
  g_clear_object (&set);
  set = load ("odd;psk", TRUE);
  assert_loaded (set, "odd");
  assert_loaded (set, "psk");
}

static void
test_import_raises (void)
{
  g_autoptr (AmtProvPluginSet) set = load ("broken;odd;psk", TRUE);

  assert_refused (set, "broken", "its code cannot be loaded: the messages before this one say why");
  assert_loaded (set, "odd");
  assert_loaded (set, "psk");
}

static void
test_id_raises (void)
{
  g_autoptr (AmtProvPluginSet) set = load ("nameless;psk", TRUE);

  assert_refused (set, "nameless", "its method does not say its id (an exception in a script?)");
  assert_loaded (set, "psk");
}

/* PyGObject leaks each string that a function returns. */
static void
test_id_is_asked_once (void)
{
  g_autoptr (AmtProvPluginSet) set = load ("odd", TRUE);
  AmtProvMethod *method = find_odd (set, "");
  const char *id = amt_prov_method_get_id (method);
  int asked = 0;

  g_assert_true (id == amt_prov_method_get_id (method));
  g_object_get (method, "asked", &asked, NULL);
  g_assert_cmpint (asked, ==, 1);
}

/* ---- the verdict ---- */

static void
check_verdict (const char *mood, gboolean usable, const char *reason)
{
  g_autoptr (AmtProvPluginSet) set = load ("odd", TRUE);
  g_autoptr (AmtProvFacts) facts = amt_prov_facts_new (NULL, NULL, NULL);
  g_autoptr (AmtProvVerdict) verdict =
      amt_prov_method_evaluate (find_odd (set, mood), facts, NULL, NULL);

  g_assert_true (amt_prov_verdict_get_usable (verdict) == usable);
  g_assert_cmpstr (amt_prov_verdict_get_method (verdict), ==, "odd");
  g_assert_nonnull (strstr (amt_prov_verdict_get_reason (verdict), reason));
}

static void
test_evaluate (void)
{
  check_verdict ("", TRUE, "as odd as it gets");
  check_verdict ("none", FALSE, "its plugin failed: it gave no verdict");
  check_verdict ("raise", FALSE, "its plugin failed: it gave no verdict");
}

/* The person who wrote the script finds the place on stderr. */
static void
test_traceback (void)
{
  if (g_test_subprocess ()) {
    check_verdict ("raise", FALSE, "its plugin failed");
    return;
  }
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
  g_test_trap_assert_stderr ("*amtprov-odd.py*ValueError: no verdict today*");
}

/* ---- the channel ---- */

static void
take_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **)user_data = g_object_ref (result);
}

static void
check_open (const char *mood, guint timeout, AmtProvError code, const char *message)
{
  g_autoptr (AmtProvPluginSet) set = load ("odd", TRUE);
  AmtProvMethod *method = find_odd (set, mood);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  amt_prov_method_open_async (method, NULL, timeout, NULL, take_result, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_null (amt_prov_method_open_finish (method, result, &error));
  g_assert_error (error, AMT_PROV_ERROR, (int)code);
  g_assert_nonnull (strstr (error->message, message));
}

static void
test_open (void)
{
  check_open ("", 0, AMT_PROV_ERROR_BLOCKED, "a person must act");
  check_open ("raise-error", 0, AMT_PROV_ERROR_BLOCKED, "a person must act");
  check_open ("raise", 0, AMT_PROV_ERROR_PLUGIN_FAILED,
              "method odd returned FALSE without an error (an exception in a script?)");
  check_open ("false", 0, AMT_PROV_ERROR_PLUGIN_FAILED, "returned FALSE without an error");
  check_open ("never", 10, AMT_PROV_ERROR_TIMEOUT, "method odd did not answer within 10 ms");
}

/* The first answer counts, and the second is a critical, which ends a test. */
static void
test_answers_twice (void)
{
  if (g_test_subprocess ()) {
    check_open ("twice", 0, AMT_PROV_ERROR_BLOCKED, "a person must act");
    return;
  }
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr ("*method odd answered its operation a second time*");
}

/* libpeas looks for its loaders where there are none. */
static void
test_no_loader (void)
{
  g_autoptr (AmtProvPluginSet) set = load ("odd;psk", TRUE);

  assert_refused (set, "odd",
                  "the loader python3 of libpeas is not there or does not start: "
                  "install libpeas-1.0-0, which has it in Debian 12, and python3-gi");
  assert_loaded (set, "psk");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* libpeas warns of what it cannot load, in its own words. */
  g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
  if (g_getenv ("PEAS_PLUGIN_LOADERS_DIR") != NULL) {
    g_test_add_func ("/script-plugins/no-loader", test_no_loader);
    return g_test_run ();
  }
  g_test_add_func ("/script-plugins/switch", test_switch);
  g_test_add_func ("/script-plugins/import-raises", test_import_raises);
  g_test_add_func ("/script-plugins/id-raises", test_id_raises);
  g_test_add_func ("/script-plugins/id-is-asked-once", test_id_is_asked_once);
  g_test_add_func ("/script-plugins/evaluate", test_evaluate);
  g_test_add_func ("/script-plugins/traceback", test_traceback);
  g_test_add_func ("/script-plugins/open", test_open);
  g_test_add_func ("/script-plugins/answers-twice", test_answers_twice);
  return g_test_run ();
}
