/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include <amtprov/amtprov.h>

/* Plugin sets of the plugins in the build tree, and of .plugin files that are written here. */

typedef struct {
  char *path;
} Folder;

static Folder *
folder_new (void)
{
  g_autoptr (GError) error = NULL;
  Folder *folder = g_new0 (Folder, 1);

  folder->path = g_dir_make_tmp ("amtprov-plugins-XXXXXX", &error);
  g_assert_no_error (error);
  return folder;
}

static void
folder_free (Folder *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder->path, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (folder->path, name, NULL);

    g_assert_cmpint (g_remove (path), ==, 0);
  }
  g_assert_cmpint (g_rmdir (folder->path), ==, 0);
  g_free (folder->path);
  g_free (folder);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Folder, folder_free)

static char *
build_folder (const char *plugin)
{
  return g_build_filename (g_getenv ("AMT_PROV_TEST_PLUGINS"), plugin, NULL);
}

/* A .plugin file whose module is that of @real, or none. */
static void
add_plugin (Folder *folder, const char *name, const char *real, const char *lines)
{
  g_autofree char *file = g_strdup_printf ("%s/%s.plugin", folder->path, name);
  g_autofree char *text =
      g_strdup_printf ("[Plugin]\nModule=amtprov-%s\nName=%s\nDescription=A plugin for tests\n%s",
                       name, name, lines);
  g_autoptr (GError) error = NULL;

  g_file_set_contents (file, text, -1, &error);
  g_assert_no_error (error);
  if (real != NULL) {
    g_autofree char *from_folder = build_folder (real);
    g_autofree char *from = g_strdup_printf ("%s/libamtprov-%s.so", from_folder, real);
    g_autofree char *to = g_strdup_printf ("%s/libamtprov-%s.so", folder->path, name);

    g_assert_cmpint (symlink (from, to), ==, 0);
  }
}

/* @enabled: names, separated by semicolons. */
static AmtProvPluginSet *
load (const char *folder, const char *enabled)
{
  const char *const folders[] = {folder, NULL};
  g_auto (GStrv) names = g_strsplit (enabled, ";", -1);

  return amt_prov_plugin_set_new (folders, (const char *const *)names);
}

static void
assert_loaded (AmtProvPluginSet *set, const char *name)
{
  g_autofree char *why = NULL;

  if (!amt_prov_plugin_set_is_loaded (set, name, &why))
    g_error ("%s is not loaded: %s", name, why);
  g_assert_null (why);
}

static void
assert_refused (AmtProvPluginSet *set, const char *name, const char *reason)
{
  g_autofree char *why = NULL;

  g_assert_false (amt_prov_plugin_set_is_loaded (set, name, &why));
  g_assert_false (amt_prov_plugin_set_is_loaded (set, name, NULL));
  if (why == NULL || strstr (why, reason) == NULL)
    g_error ("\"%s\" does not say \"%s\"", why, reason);
}

static void
test_loaded (void)
{
  g_autoptr (AmtProvPluginSet) set = load (g_getenv ("AMT_PROV_TEST_PLUGINS"), "pki;sqlite");
  g_auto (GStrv) names = amt_prov_plugin_set_list (set);
  GPtrArray *methods = amt_prov_plugin_set_get_methods (set);

  assert_loaded (set, "pki");
  assert_loaded (set, "sqlite");
  assert_refused (set, "psk", "not named in [amtprov] plugins");
  g_assert_cmpuint (methods->len, ==, 1);
  g_assert_cmpstr (amt_prov_method_get_id (methods->pdata[0]), ==, "pki");
  g_assert_true (amt_prov_plugin_set_find_method (set, "pki") == methods->pdata[0]);
  g_assert_null (amt_prov_plugin_set_find_method (set, "psk"));
  g_assert_true (g_strv_contains ((const char *const *)names, "psk"));
  g_assert_true (g_strv_contains ((const char *const *)names, "pki"));
  g_assert_true (g_strv_contains ((const char *const *)names, "sqlite"));
}

/* One set does not disturb another one in the same process. */
static void
test_two_sets (void)
{
  g_autoptr (AmtProvPluginSet) first = load (g_getenv ("AMT_PROV_TEST_PLUGINS"), "psk");
  g_autoptr (AmtProvPluginSet) second = load (g_getenv ("AMT_PROV_TEST_PLUGINS"), "psk;pki");

  g_assert_cmpuint (amt_prov_plugin_set_get_methods (first)->len, ==, 1);
  g_assert_cmpuint (amt_prov_plugin_set_get_methods (second)->len, ==, 2);
  g_clear_object (&first);
  assert_loaded (second, "psk");
  g_assert_nonnull (amt_prov_plugin_set_find_method (second, "psk"));
}

static void
test_nothing (void)
{
  g_autoptr (AmtProvPluginSet) set = amt_prov_plugin_set_new (NULL, NULL);
  g_auto (GStrv) names = amt_prov_plugin_set_list (set);

  g_assert_cmpuint (g_strv_length (names), ==, 0);
  g_assert_cmpuint (amt_prov_plugin_set_get_methods (set)->len, ==, 0);
  assert_refused (set, "psk", "no such plugin was found");
}

static void
test_unknown_name (void)
{
  g_autoptr (AmtProvPluginSet) set = load (g_getenv ("AMT_PROV_TEST_PLUGINS"), "leek;psk");
  g_auto (GStrv) names = amt_prov_plugin_set_list (set);

  assert_refused (set, "leek", "no such plugin was found");
  g_assert_true (g_strv_contains ((const char *const *)names, "leek"));
  assert_loaded (set, "psk");
}

static void
test_named_twice (void)
{
  g_autoptr (AmtProvPluginSet) set = load (g_getenv ("AMT_PROV_TEST_PLUGINS"), "psk;leek;psk;leek");
  g_auto (GStrv) names = amt_prov_plugin_set_list (set);
  guint leeks = 0;

  assert_loaded (set, "psk");
  g_assert_cmpuint (amt_prov_plugin_set_get_methods (set)->len, ==, 1);
  for (guint i = 0; names[i] != NULL; i++)
    leeks += g_str_equal (names[i], "leek");
  g_assert_cmpuint (leeks, ==, 1);
}

static void
check_metadata (const char *lines, const char *reason)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autoptr (AmtProvPluginSet) set = NULL;

  add_plugin (folder, "psk", "psk", lines);
  set = load (folder->path, "psk");
  assert_refused (set, "psk", reason);
  g_assert_cmpuint (amt_prov_plugin_set_get_methods (set)->len, ==, 0);
}

static void
test_metadata (void)
{
  check_metadata ("X-AmtProvAbi=2\nX-AmtProvProvides=method:psk\n",
                  "built for plugin ABI 2, this is ABI 1: rebuild it");
  check_metadata ("X-AmtProvAbi=0\nX-AmtProvProvides=method:psk\n", "built for plugin ABI 0");
  check_metadata ("X-AmtProvAbi=one\nX-AmtProvProvides=method:psk\n", "is no number");
  check_metadata ("X-AmtProvProvides=method:psk\n", "states no X-AmtProvAbi");
  check_metadata ("X-AmtProvAbi=1\n", "states no X-AmtProvProvides");
}

/* Metadata speaks first: a plugin that nobody named may be as broken as it likes. */
static void
test_broken_but_not_named (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autoptr (AmtProvPluginSet) set = NULL;

  add_plugin (folder, "psk", "psk", "X-AmtProvAbi=1\nX-AmtProvProvides=method:psk\n");
  add_plugin (folder, "broken", NULL, "X-AmtProvAbi=7\n");
  set = load (folder->path, "psk");
  assert_loaded (set, "psk");
  assert_refused (set, "broken", "not named");
}

static void
test_no_module (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autoptr (AmtProvPluginSet) set = NULL;

  add_plugin (folder, "hollow", NULL, "X-AmtProvAbi=1\nX-AmtProvProvides=method:hollow\n");
  add_plugin (folder, "psk", "psk", "X-AmtProvAbi=1\nX-AmtProvProvides=method:psk\n");
  g_test_expect_message ("libpeas", G_LOG_LEVEL_WARNING, "*amtprov-hollow*");
  g_test_expect_message ("libpeas", G_LOG_LEVEL_WARNING, "*amtprov-hollow*");
  set = load (folder->path, "hollow;psk");
  g_test_assert_expected_messages ();
  assert_refused (set, "hollow", "its module cannot be loaded: ");
  assert_loaded (set, "psk");
}

static void
test_same_method (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autoptr (AmtProvPluginSet) set = NULL;

  add_plugin (folder, "psk", "psk", "X-AmtProvAbi=1\nX-AmtProvProvides=method:psk\n");
  add_plugin (folder, "twin", "psk", "X-AmtProvAbi=1\nX-AmtProvProvides=method:psk\n");
  set = load (folder->path, "psk;twin");
  assert_loaded (set, "psk");
  assert_refused (set, "twin", "another plugin has the method psk already");
  g_assert_cmpuint (amt_prov_plugin_set_get_methods (set)->len, ==, 1);
}

static void
test_store (void)
{
  g_autoptr (AmtProvPluginSet) set = load (g_getenv ("AMT_PROV_TEST_PLUGINS"), "psk;sqlite");
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
  g_autoptr (AmtProvPluginSet) set = load (g_getenv ("AMT_PROV_TEST_PLUGINS"), enabled);
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

/* A plugin that claims a store but has none is an error like a missing one. */
static void
test_false_store (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autoptr (AmtProvPluginSet) set = NULL;
  g_autoptr (GError) error = NULL;

  add_plugin (folder, "psk", "psk", "X-AmtProvAbi=1\nX-AmtProvProvides=method:psk; store:leek\n");
  set = load (folder->path, "psk");
  assert_loaded (set, "psk");
  g_assert_null (amt_prov_plugin_set_create_store (set, "leek", &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_FOUND);
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
  g_test_add_func ("/plugin-set/metadata", test_metadata);
  g_test_add_func ("/plugin-set/broken-but-not-named", test_broken_but_not_named);
  g_test_add_func ("/plugin-set/no-module", test_no_module);
  g_test_add_func ("/plugin-set/same-method", test_same_method);
  g_test_add_func ("/plugin-set/store", test_store);
  g_test_add_func ("/plugin-set/no-store", test_no_store);
  g_test_add_func ("/plugin-set/false-store", test_false_store);
  return g_test_run ();
}
