/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "plugin-folder.h"

/* Plugin sets of the plugins in the build tree. */

static guint
count (AmtProvPluginSet *set, const char *name)
{
  GPtrArray *plugins = amt_prov_plugin_set_get_plugins (set);
  guint n = 0;

  for (guint i = 0; i < plugins->len; i++)
    n += g_str_equal (amt_prov_plugin_get_name (plugins->pdata[i]), name);
  return n;
}

static void
test_loaded (void)
{
  g_autoptr (AmtProvPluginSet) set =
      plugin_folder_load (g_getenv ("AMT_PROV_TEST_PLUGINS"), "pki;sqlite");
  GPtrArray *methods = amt_prov_plugin_set_get_methods (set);

  assert_loaded (set, "pki");
  assert_loaded (set, "sqlite");
  assert_refused (set, "psk", "not named in [amtprov] plugins");
  g_assert_cmpuint (methods->len, ==, 1);
  g_assert_cmpstr (amt_prov_method_get_id (methods->pdata[0]), ==, "pki");
  g_assert_true (amt_prov_plugin_set_find_method (set, "pki") == methods->pdata[0]);
  g_assert_null (amt_prov_plugin_set_find_method (set, "psk"));
  g_assert_cmpuint (count (set, "psk"), ==, 1);
  g_assert_cmpuint (count (set, "pki"), ==, 1);
  g_assert_cmpuint (count (set, "sqlite"), ==, 1);
}

/* One set does not disturb another one in the same process. */
static void
test_two_sets (void)
{
  g_autoptr (AmtProvPluginSet) first =
      plugin_folder_load (g_getenv ("AMT_PROV_TEST_PLUGINS"), "psk");
  g_autoptr (AmtProvPluginSet) second =
      plugin_folder_load (g_getenv ("AMT_PROV_TEST_PLUGINS"), "psk;pki");

  g_assert_cmpuint (amt_prov_plugin_set_get_methods (first)->len, ==, 1);
  g_assert_cmpuint (amt_prov_plugin_set_get_methods (second)->len, ==, 2);
  g_clear_object (&first);
  assert_loaded (second, "psk");
  g_assert_nonnull (amt_prov_plugin_set_find_method (second, "psk"));
}

static void
test_nothing (void)
{
  g_autoptr (AmtProvPluginSet) set = amt_prov_plugin_set_new (NULL, NULL, FALSE);

  g_assert_cmpuint (amt_prov_plugin_set_get_plugins (set)->len, ==, 0);
  g_assert_cmpuint (amt_prov_plugin_set_get_methods (set)->len, ==, 0);
  assert_refused (set, "psk", "no such plugin was found");
}

static void
test_unknown_name (void)
{
  g_autoptr (AmtProvPluginSet) set =
      plugin_folder_load (g_getenv ("AMT_PROV_TEST_PLUGINS"), "leek;psk");

  assert_refused (set, "leek", "no such plugin was found");
  g_assert_cmpuint (count (set, "leek"), ==, 1);
  assert_loaded (set, "psk");
}

static void
test_named_twice (void)
{
  g_autoptr (AmtProvPluginSet) set =
      plugin_folder_load (g_getenv ("AMT_PROV_TEST_PLUGINS"), "psk;leek;psk;leek");

  assert_loaded (set, "psk");
  g_assert_cmpuint (amt_prov_plugin_set_get_methods (set)->len, ==, 1);
  g_assert_cmpuint (count (set, "leek"), ==, 1);
}

static void
test_store (void)
{
  g_autoptr (AmtProvPluginSet) set =
      plugin_folder_load (g_getenv ("AMT_PROV_TEST_PLUGINS"), "psk;sqlite");
  g_autoptr (GError) error = NULL;
  g_autoptr (AmtProvStore) store = amt_prov_plugin_set_create_store (set, "sqlite", &error);
  g_autoptr (AmtProvStore) other = NULL;

  g_assert_no_error (error);
  g_assert_true (AMT_PROV_IS_STORE (store));
  other = amt_prov_plugin_set_create_store (set, "sqlite", &error);
  g_assert_no_error (error);
  g_assert_true (store != other);
}

static void
check_no_store (const char *enabled, const char *scheme)
{
  g_autoptr (AmtProvPluginSet) set =
      plugin_folder_load (g_getenv ("AMT_PROV_TEST_PLUGINS"), enabled);
  g_autoptr (GError) error = NULL;

  g_assert_null (amt_prov_plugin_set_create_store (set, scheme, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, scheme));
}

static void
test_no_store (void)
{
  check_no_store ("sqlite", "leek");
  check_no_store ("sqlite", "sql");
  check_no_store ("psk", "sqlite");
}

/* One builds on another plugin, and its service is there only with it. */
static void
test_services (void)
{
  const char *folder = g_getenv ("AMT_PROV_TEST_PLUGINS");
  g_autoptr (AmtProvPluginSet) none = plugin_folder_load (folder, "pki;sqlite");
  g_autoptr (AmtProvPluginSet) alone = plugin_folder_load (folder, "agent");
  g_autoptr (AmtProvPluginSet) whole = plugin_folder_load (folder, "agent;pki");

  g_assert_cmpuint (amt_prov_plugin_set_get_services (none)->len, ==, 0);
  assert_refused (alone, "agent", "it needs the plugin pki: name that in [amtprov] plugins");
  g_assert_cmpuint (amt_prov_plugin_set_get_services (alone)->len, ==, 0);
  assert_loaded (whole, "agent");
  g_assert_cmpuint (amt_prov_plugin_set_get_services (whole)->len, ==, 1);
  g_assert_true (AMT_PROV_IS_SERVICE (amt_prov_plugin_set_get_services (whole)->pdata[0]));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/plugin-set/loaded", test_loaded);
  g_test_add_func ("/plugin-set/two-sets", test_two_sets);
  g_test_add_func ("/plugin-set/nothing", test_nothing);
  g_test_add_func ("/plugin-set/unknown-name", test_unknown_name);
  g_test_add_func ("/plugin-set/named-twice", test_named_twice);
  g_test_add_func ("/plugin-set/store", test_store);
  g_test_add_func ("/plugin-set/no-store", test_no_store);
  g_test_add_func ("/plugin-set/services", test_services);
  return g_test_run ();
}
