/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin-folder.h"

/* Plugins that cannot be loaded: each is one sentence, and the others load. */

#define PSK ABI "X-AmtProvProvides=method:psk\n"
#define OEM ABI "X-AmtProvProvides=method:oem;transport:jump\n"

/* A plugin with these lines is refused, and psk beside it is loaded. */
static void
check_refused (const char *real, const char *lines, const char *reason)
{
  g_autoptr (PluginFolder) folder = plugin_folder_new ();
  g_autoptr (AmtProvPluginSet) set = NULL;

  plugin_folder_add (folder, "psk", "psk", PSK);
  plugin_folder_add (folder, "bad", real, lines);
  set = plugin_folder_load (folder->path, "bad;psk");
  assert_refused (set, "bad", reason);
  assert_loaded (set, "psk");
  g_assert_cmpuint (amt_prov_plugin_set_get_methods (set)->len, ==, 1);
  g_assert_null (amt_prov_plugin_set_find_transport (set, "jump"));
}

static void
test_abi (void)
{
  check_refused ("oem", "X-AmtProvAbi=2\nX-AmtProvProvides=method:oem\n",
                 "built for plugin ABI 2, this is ABI 1: rebuild it");
  check_refused ("oem", "X-AmtProvAbi=0\nX-AmtProvProvides=method:oem\n", "built for plugin ABI 0");
  check_refused ("oem", "X-AmtProvAbi=one\nX-AmtProvProvides=method:oem\n", "is no number");
  check_refused ("oem", "X-AmtProvProvides=method:oem\n", "states no X-AmtProvAbi");
}

static void
test_metadata (void)
{
  check_refused ("oem", ABI, "states no X-AmtProvProvides");
  check_refused ("oem", ABI "X-AmtProvProvides=\n", "states no X-AmtProvProvides");
  check_refused ("oem", ABI "X-AmtProvProvides=oem\n", "method:ID, store:SCHEME");
  check_refused ("oem", ABI "X-AmtProvProvides=method:\n", "method:ID, store:SCHEME");
  check_refused ("oem", ABI "X-AmtProvProvides=method:Oem\n", "lower case");
  check_refused ("oem", ABI "X-AmtProvProvides=method:oem;method:men\n", "names 2 methods");
  check_refused ("oem", OEM "X-AmtProvRank=1000\n", "a rank is a number from 0 to 999");
  check_refused ("oem", OEM "X-AmtProvRank=-1\n", "a rank is a number");
  check_refused ("oem", OEM "X-AmtProvRank=high\n", "a rank is a number");
  check_refused ("oem", OEM "X-AmtProvAuthenticates=all\n", "proves the server or both");
  check_refused ("oem", OEM "X-AmtProvPreparation=plug in all %{number}\n",
                 "there is no variable %{number}; allowed are %{count}, %{setup-bin-version}");
  check_refused ("oem", OEM "X-AmtProvPreparation=half of them: 50 %\n", "begins no variable");
  check_refused ("oem", OEM "X-AmtProvPreparation=\n", "X-AmtProvPreparation=: empty");
  check_refused ("oem", OEM "X-AmtProvAmtVersions=new\n", "no range of AMT releases");
  check_refused ("oem", OEM "X-AmtProvAmtVersions=5.0..4.x\n", "no range of AMT releases");
}

static void
test_sound (void)
{
  g_autoptr (PluginFolder) folder = plugin_folder_new ();
  g_autoptr (AmtProvPluginSet) set = NULL;
  AmtProvPlugin *plugin;
  AmtProvTransport *transport;

  plugin_folder_add (folder, "oem", "oem",
                     OEM "X-AmtProvRank=999\nX-AmtProvAmtVersions=3.0..x\n"
                         "X-AmtProvPreparation=call the OEM for %{count}\n"
                         "X-AmtProvCommand=does what the OEM likes\n");
  set = plugin_folder_load (folder->path, "oem");
  assert_loaded (set, "oem");
  g_assert_nonnull (amt_prov_plugin_set_find_method (set, "oem"));
  transport = amt_prov_plugin_set_find_transport (set, "jump");
  g_assert_true (AMT_PROV_IS_TRANSPORT (transport));
  g_assert_null (amt_prov_plugin_set_find_transport (set, "tcp"));
  plugin = amt_prov_plugin_set_get_plugins (set)->pdata[0];
  g_assert_cmpstr (amt_prov_plugin_get_name (plugin), ==, "oem");
  g_assert_cmpstr (amt_prov_plugin_get_loader (plugin), ==, "c");
  g_assert_cmpstr (amt_prov_plugin_get_command (plugin), ==, "does what the OEM likes");
  g_assert_cmpstr (amt_prov_plugin_get_preparation (plugin), ==, "call the OEM for %{count}");
  g_assert_true (g_str_has_suffix (amt_prov_plugin_get_file (plugin), "/oem.plugin"));
  g_assert_true (g_strv_contains (amt_prov_plugin_get_provides (plugin), "transport:jump"));
}

/* Metadata speaks first: a plugin that nobody named may be as broken as it likes. */
static void
test_broken_but_not_named (void)
{
  g_autoptr (PluginFolder) folder = plugin_folder_new ();
  g_autoptr (AmtProvPluginSet) set = NULL;

  plugin_folder_add (folder, "psk", "psk", PSK);
  plugin_folder_add (folder, "broken", NULL, "X-AmtProvAbi=7\n");
  set = plugin_folder_load (folder->path, "psk");
  assert_loaded (set, "psk");
  assert_refused (set, "broken", "not named");
}

static void
test_no_module (void)
{
  check_refused (NULL, ABI "X-AmtProvProvides=method:bad\n",
                 "libamtprov-bad.so is not there: install it, or remove ");
}

/* Something else lies where the module should be. */
static void
test_no_code (void)
{
  g_autoptr (PluginFolder) folder = plugin_folder_new ();
  g_autoptr (AmtProvPluginSet) set = NULL;

  plugin_folder_add (folder, "psk", "psk", PSK);
  plugin_folder_add (folder, "bad", NULL, ABI "X-AmtProvProvides=method:bad\n");
  plugin_folder_write (folder, "libamtprov-bad.so", "no code\n");
  g_test_expect_message ("libpeas", G_LOG_LEVEL_WARNING, "*libamtprov-bad.so*");
  g_test_expect_message ("libpeas", G_LOG_LEVEL_WARNING, "*amtprov-bad*");
  set = plugin_folder_load (folder->path, "bad;psk");
  g_test_assert_expected_messages ();
  assert_refused (set, "bad", "its code cannot be loaded");
  assert_loaded (set, "psk");
}

static void
test_no_key_file (void)
{
  g_autoptr (PluginFolder) folder = plugin_folder_new ();
  g_autoptr (AmtProvPluginSet) set = NULL;

  plugin_folder_add (folder, "psk", "psk", PSK);
  plugin_folder_write (folder, "bad.plugin", "Module=bad\n");
  g_test_expect_message ("libpeas", G_LOG_LEVEL_WARNING, "*bad.plugin*");
  g_test_expect_message ("libpeas", G_LOG_LEVEL_WARNING, "*bad.plugin*");
  set = plugin_folder_load (folder->path, "bad;psk");
  g_test_assert_expected_messages ();
  assert_refused (set, "bad", "/bad.plugin: ");
  assert_loaded (set, "psk");
}

static void
test_no_name (void)
{
  g_autoptr (PluginFolder) folder = plugin_folder_new ();
  g_autoptr (AmtProvPluginSet) set = NULL;

  plugin_folder_add (folder, "psk", "psk", PSK);
  plugin_folder_write (folder, "bad.plugin", "[Plugin]\nModule=bad\n" OEM);
  g_test_expect_message ("libpeas", G_LOG_LEVEL_WARNING, "*bad.plugin*");
  g_test_expect_message ("libpeas", G_LOG_LEVEL_WARNING, "*bad.plugin*");
  set = plugin_folder_load (folder->path, "bad;psk");
  g_test_assert_expected_messages ();
  assert_refused (set, "bad", "/bad.plugin states no Name");
  assert_loaded (set, "psk");
}

static void
test_unknown_loader (void)
{
  g_autoptr (PluginFolder) folder = plugin_folder_new ();
  g_autoptr (AmtProvPluginSet) set = NULL;

  plugin_folder_add (folder, "psk", "psk", PSK);
  plugin_folder_add (folder, "bad", "oem", OEM "Loader=ruby\n");
  g_test_expect_message ("libpeas", G_LOG_LEVEL_WARNING, "*ruby*");
  g_test_expect_message ("libpeas", G_LOG_LEVEL_WARNING, "*bad.plugin*");
  set = plugin_folder_load (folder->path, "bad;psk");
  g_test_assert_expected_messages ();
  assert_refused (set, "bad", "states Loader=ruby; plugins are written in C");
  assert_loaded (set, "psk");
}

static void
test_script_not_allowed (void)
{
  check_refused (NULL, ABI "X-AmtProvProvides=method:bad\nLoader=python3\n",
                 "set [amtprov] script-plugins=yes");
}

/* ---- two that want the same ---- */

static void
check_twins (const char *first, const char *second, const char *reason)
{
  g_autoptr (PluginFolder) folder = plugin_folder_new ();
  g_autoptr (AmtProvPluginSet) set = NULL;

  plugin_folder_add (folder, "zeta", "oem", first);
  /* Without a module: nobody looks for it. */
  plugin_folder_add (folder, "alpha", NULL, second);
  set = plugin_folder_load (folder->path, "zeta;alpha");
  assert_loaded (set, "zeta");
  assert_refused (set, "alpha", reason);
}

static void
test_taken (void)
{
  check_twins (OEM, ABI "X-AmtProvProvides=method:oem\n",
               "it provides method:oem, and so does the plugin zeta, which comes first");
  check_twins (OEM, ABI "X-AmtProvProvides=method:other;transport:jump\n",
               "it provides transport:jump, and so does the plugin zeta");
  check_refused ("oem", ABI "X-AmtProvProvides=method:oem;transport:tcp\n",
                 "it provides transport:tcp, and so does the core itself");
}

static void
test_store_taken (void)
{
  g_autoptr (PluginFolder) folder = plugin_folder_new ();
  g_autoptr (AmtProvPluginSet) set = NULL;

  plugin_folder_add (folder, "sqlite", "sqlite", ABI "X-AmtProvProvides=store:sqlite\n");
  plugin_folder_add (folder, "other", "sqlite", ABI "X-AmtProvProvides=store:sqlite\n");
  set = plugin_folder_load (folder->path, "sqlite;other");
  assert_loaded (set, "sqlite");
  assert_refused (set, "other", "it provides store:sqlite, and so does the plugin sqlite");
}

/* What a plugin that is refused by its file would provide is free for the next one. */
static void
test_refused_takes_nothing (void)
{
  g_autoptr (PluginFolder) folder = plugin_folder_new ();
  g_autoptr (AmtProvPluginSet) set = NULL;

  plugin_folder_add (folder, "old", "oem",
                     "X-AmtProvAbi=0\nX-AmtProvProvides=method:oem;transport:jump\n");
  plugin_folder_add (folder, "new", "oem", OEM);
  set = plugin_folder_load (folder->path, "old;new");
  assert_refused (set, "old", "ABI 0");
  assert_loaded (set, "new");
}

/* ---- code and file disagree ---- */

static void
test_code_disagrees (void)
{
  check_refused ("oem", ABI "X-AmtProvProvides=method:other;transport:jump\n",
                 "its method has the id oem, but X-AmtProvProvides does not name method:oem");
  check_refused ("oem", ABI "X-AmtProvProvides=method:oem\n",
                 "its code has a transport, but X-AmtProvProvides names none");
  check_refused ("oem", ABI "X-AmtProvProvides=transport:jump\n",
                 "its code has a method, but X-AmtProvProvides names none");
  check_refused ("oem", ABI "X-AmtProvProvides=method:oem;transport:leap\n",
                 "its transport serves jump, but X-AmtProvProvides does not name transport:jump");
  check_refused ("oem", ABI "X-AmtProvProvides=method:oem;transport:jump;transport:leap\n",
                 "X-AmtProvProvides names transport:leap, but its transport does not serve leap");
  check_refused ("oem", ABI "X-AmtProvProvides=method:oem;transport:jump;store:oem\n",
                 "X-AmtProvProvides names a store, but its code has none");
  check_refused ("oem", ABI "X-AmtProvProvides=method:oem;transport:jump;service:oem\n",
                 "X-AmtProvProvides names a service, but its code has none");
  check_refused ("sqlite", ABI "X-AmtProvProvides=store:bad;method:bad\n",
                 "X-AmtProvProvides names a method, but its code has none");
}

/* ---- plugins that need others ---- */

static void
test_dependency (void)
{
  g_autoptr (PluginFolder) folder = plugin_folder_new ();
  g_autoptr (AmtProvPluginSet) set = NULL;

  plugin_folder_add (folder, "psk", "psk", PSK);
  plugin_folder_add (folder, "oem", "oem", OEM "Depends=amtprov-psk\n");
  set = plugin_folder_load (folder->path, "oem;psk");
  assert_loaded (set, "oem");
  assert_loaded (set, "psk");
  g_clear_object (&set);
  set = plugin_folder_load (folder->path, "oem");
  assert_refused (set, "oem", "it needs the plugin psk: name that in [amtprov] plugins as well");
  assert_refused (set, "psk", "not named");
  g_assert_cmpuint (amt_prov_plugin_set_get_methods (set)->len, ==, 0);
}

static void
test_dependency_not_there (void)
{
  check_refused ("oem", OEM "Depends=amtprov-leek\n",
                 "it needs the plugin leek, which was not found");
}

static void
test_dependency_refused (void)
{
  g_autoptr (PluginFolder) folder = plugin_folder_new ();
  g_autoptr (AmtProvPluginSet) set = NULL;

  plugin_folder_add (folder, "psk", "psk", "X-AmtProvAbi=0\nX-AmtProvProvides=method:psk\n");
  plugin_folder_add (folder, "oem", "oem", OEM "Depends=amtprov-psk\n");
  set = plugin_folder_load (folder->path, "oem;psk");
  assert_refused (set, "oem",
                  "it needs the plugin psk, which is not loaded: it was built for plugin ABI 0");
}

static void
test_dependency_circle (void)
{
  g_autoptr (PluginFolder) folder = plugin_folder_new ();
  g_autoptr (AmtProvPluginSet) set = NULL;

  plugin_folder_add (folder, "psk", "psk", PSK "Depends=amtprov-oem\n");
  plugin_folder_add (folder, "oem", "oem", OEM "Depends=amtprov-psk\n");
  set = plugin_folder_load (folder->path, "oem;psk");
  assert_refused (set, "psk", "it needs the plugin oem, which needs this one");
  assert_refused (set, "oem", "it needs the plugin psk, which is not loaded: ");
}

/* ---- schemas ---- */

static void
check_schema (const char *schema, const char *reason)
{
  g_autoptr (PluginFolder) folder = plugin_folder_new ();
  g_autoptr (AmtProvPluginSet) set = NULL;

  plugin_folder_add (folder, "psk", "psk", PSK);
  plugin_folder_add (folder, "oem", "oem", OEM);
  plugin_folder_write (folder, "oem.schema", schema);
  set = plugin_folder_load (folder->path, "oem;psk");
  assert_loaded (set, "psk");
  if (reason != NULL)
    assert_refused (set, "oem", reason);
  else
    assert_loaded (set, "oem");
}

static void
test_schema (void)
{
  check_schema ("[oem]\nhelp=Whom.\nsince=0.1\n[jump]\nnamed=yes\nhelp=Where to.\nsince=0.1\n",
                NULL);
  check_schema ("[oem]\nhelp=Whom.\nsince=0.1\n[oem a]\ntype=colour\n",
                "/oem.schema:5: [oem a] type");
  check_schema ("[psk]\nhelp=Mine.\nsince=0.1\n",
                "/oem.schema:1: [psk] is not the plugin's group: X-AmtProvProvides names no psk");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bad-plugins/abi", test_abi);
  g_test_add_func ("/bad-plugins/metadata", test_metadata);
  g_test_add_func ("/bad-plugins/sound", test_sound);
  g_test_add_func ("/bad-plugins/broken-but-not-named", test_broken_but_not_named);
  g_test_add_func ("/bad-plugins/no-module", test_no_module);
  g_test_add_func ("/bad-plugins/no-code", test_no_code);
  g_test_add_func ("/bad-plugins/no-key-file", test_no_key_file);
  g_test_add_func ("/bad-plugins/no-name", test_no_name);
  g_test_add_func ("/bad-plugins/unknown-loader", test_unknown_loader);
  g_test_add_func ("/bad-plugins/script-not-allowed", test_script_not_allowed);
  g_test_add_func ("/bad-plugins/taken", test_taken);
  g_test_add_func ("/bad-plugins/store-taken", test_store_taken);
  g_test_add_func ("/bad-plugins/refused-takes-nothing", test_refused_takes_nothing);
  g_test_add_func ("/bad-plugins/code-disagrees", test_code_disagrees);
  g_test_add_func ("/bad-plugins/dependency", test_dependency);
  g_test_add_func ("/bad-plugins/dependency-not-there", test_dependency_not_there);
  g_test_add_func ("/bad-plugins/dependency-refused", test_dependency_refused);
  g_test_add_func ("/bad-plugins/dependency-circle", test_dependency_circle);
  g_test_add_func ("/bad-plugins/schema", test_schema);
  return g_test_run ();
}
