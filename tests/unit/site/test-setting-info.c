/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <amtprov/amtprov.h>

#include "fixture.h"
#include "registry/capability-key-private.h"

static char **
list_plugin_dirs (void)
{
  return g_strsplit (g_getenv ("AMT_PROV_TEST_PLUGINS"), ":", -1);
}

static GPtrArray *
list (AmtProvSettingFile file, const char *const *plugins)
{
  g_auto (GStrv) dirs = list_plugin_dirs ();
  g_autoptr (GError) error = NULL;
  GPtrArray *infos = amt_prov_setting_info_list (file, (const char *const *)dirs, plugins, &error);

  g_assert_no_error (error);
  return infos;
}

static AmtProvSettingInfo *
find (GPtrArray *infos, const char *group, const char *key)
{
  for (guint i = 0; i < infos->len; i++) {
    AmtProvSettingInfo *info = infos->pdata[i];

    if (g_str_equal (amt_prov_setting_info_get_group (info), group) &&
        g_strcmp0 (amt_prov_setting_info_get_key (info), key) == 0)
      return info;
  }
  return NULL;
}

static char *
join_allowed (AmtProvSettingInfo *info)
{
  return g_strjoinv (" ", (char **)amt_prov_setting_info_get_allowed (info));
}

static void
assert_key (
    GPtrArray *infos, const char *group, const char *key, const char *type, const char *allowed)
{
  AmtProvSettingInfo *info = find (infos, group, key);
  g_autofree char *found = NULL;

  g_assert_nonnull (info);
  found = join_allowed (info);
  g_assert_cmpstr (amt_prov_setting_info_get_type_name (info), ==, type);
  g_assert_cmpstr (found, ==, allowed);
}

/* Whole sentences, a version, and each group before its keys: a manual can be made of it. */
static void
assert_documented (GPtrArray *infos)
{
  const char *group = "";

  g_assert_cmpuint (infos->len, >, 0);
  for (guint i = 0; i < infos->len; i++) {
    AmtProvSettingInfo *info = infos->pdata[i];
    const char *help = amt_prov_setting_info_get_help (info);
    const char *key = amt_prov_setting_info_get_key (info);

    g_assert_true (g_str_has_suffix (help, "."));
    g_assert_cmpuint (strlen (help), >=, 15);
    g_assert_cmpstr (amt_prov_setting_info_get_since (info), ==, "0.1");
    if (!key)
      group = amt_prov_setting_info_get_group (info);
    g_assert_cmpstr (amt_prov_setting_info_get_group (info), ==, group);
    g_assert_cmpint (key == NULL, ==, amt_prov_setting_info_get_type_name (info) == NULL);
    g_assert_cmpint (key == NULL, ==, amt_prov_setting_info_get_allowed (info) == NULL);
    if (key)
      g_assert_nonnull (amt_prov_setting_info_get_allowed (info)[0]);
  }
}

static void
test_config (void)
{
  g_autoptr (GPtrArray) infos = list (AMT_PROV_SETTING_FILE_CONFIG, NULL);
  AmtProvSettingInfo *sessions = find (infos, "limits", "sessions");

  assert_documented (infos);
  assert_key (infos, "amtprov", "store", "store", "SCHEME:REST");
  assert_key (infos, "hello", "listen", "addresses", "ADDRESS:PORT [IPV6]:PORT");
  assert_key (infos, "limits", "sessions", "int", "1..100000");
  g_assert_cmpstr (amt_prov_setting_info_get_default (sessions), ==, "200");
  g_assert_false (amt_prov_setting_info_get_required (sessions));
}

static void
test_site (void)
{
  const char *const only_psk[] = {"psk", "sqlite", NULL};
  g_autoptr (GPtrArray) infos = list (AMT_PROV_SETTING_FILE_SITE, NULL);
  g_autoptr (GPtrArray) fewer = list (AMT_PROV_SETTING_FILE_SITE, only_psk);
  AmtProvSettingInfo *tls = find (infos, "profile", "tls");

  assert_documented (infos);
  assert_key (infos, "profile", "tls", "choice", "off server mutual");
  assert_key (infos, "profile", "dhcp", "boolean", "yes no");
  assert_key (infos, "profile", "hostname", "template", "TEXT %{host} %{fqdn} %{uuid} %{asset}");
  assert_key (infos, "profile", "mebx-password", "password", "generate keep file:PATH");
  assert_key (infos, "match", "subnets", "subnets", "ADDRESS/LENGTH");
  assert_key (infos, "psk", "rotate", "boolean", "yes no");
  assert_key (infos, "pki NAME", "certificate", "certificate", "PATH");
  g_assert_true (amt_prov_setting_info_get_required (find (infos, "site", "name")));
  g_assert_true (amt_prov_setting_info_get_required (find (infos, "pki NAME", "certificate")));
  g_assert_cmpstr (amt_prov_setting_info_get_default (tls), ==, "server");
  g_assert_cmpstr (amt_prov_setting_info_get_initial (tls), ==, "off");
  g_assert_null (amt_prov_setting_info_get_initial (find (infos, "profile", "ping")));
  g_assert_nonnull (find (fewer, "psk", NULL));
  g_assert_null (find (fewer, "pki NAME", NULL));
}

static void
test_capabilities (void)
{
  g_autoptr (GPtrArray) infos = list (AMT_PROV_SETTING_FILE_CAPABILITIES, NULL);
  gsize count;

  amt_prov_capability_key_get_all (&count);
  g_assert_cmpuint (infos->len, ==, count + 1);
  assert_documented (infos);
  assert_key (infos, "RANGE", "method.ID", "boolean", "yes no");
  assert_key (infos, "RANGE", "method.ID.note", "string", "TEXT");
  assert_key (infos, "RANGE", "tls-min", "choice", "1.0 1.1 1.2");
  assert_key (infos, "RANGE", "interfaces", "list", "wsman eoi");
  assert_key (infos, "RANGE", "roots-sha256", "list", "ROOT");
  assert_key (infos, "RANGE", "max-chain", "int", "1..16");
}

static void
assert_refused (AmtProvSettingInfo *info, const char *value, const char *wanted)
{
  g_autofree char *problem = amt_prov_setting_info_check_value (info, value, "/");

  g_assert_nonnull (problem);
  g_assert_nonnull (strstr (problem, wanted));
}

static void
test_check_value (void)
{
  g_autoptr (GPtrArray) site = list (AMT_PROV_SETTING_FILE_SITE, NULL);
  g_autoptr (GPtrArray) cells = list (AMT_PROV_SETTING_FILE_CAPABILITIES, NULL);

  for (guint i = 0; i < site->len; i++) {
    AmtProvSettingInfo *info = site->pdata[i];
    const char *value = amt_prov_setting_info_get_default (info);

    if (value)
      g_assert_null (amt_prov_setting_info_check_value (info, value, "/"));
  }
  assert_refused (find (site, "profile", "window-extension"), "25", "0..24");
  assert_refused (find (site, "profile", "tls"), "on", "off, server, mutual");
  assert_refused (find (site, "site", "name"), "a/b", "letters, digits");
  assert_refused (find (site, "profile", "tls-ca-key"), "nothing", "there is no file");
  assert_refused (find (cells, "RANGE", "max-chain"), "0", "1 to 16");
  g_assert_null (amt_prov_setting_info_check_value (find (cells, "RANGE", "tls-min"), "1.1", "/"));
}

/* A row outlives its list, and with it its texts. */
static void
test_references (void)
{
  GPtrArray *infos = list (AMT_PROV_SETTING_FILE_SITE, NULL);
  g_autoptr (AmtProvSettingInfo) rotate =
      g_boxed_copy (AMT_PROV_TYPE_SETTING_INFO, find (infos, "psk", "rotate"));

  g_ptr_array_unref (infos);
  g_assert_cmpstr (amt_prov_setting_info_get_key (rotate), ==, "rotate");
  assert_refused (rotate, "perhaps", "yes, no");
}

#define OEM "[Plugin]\nModule=amtprov-oem\nName=oem\nX-AmtProvAbi=1\nX-AmtProvProvides=method:oem\n"

/* Found twice, in two folders: the first one counts. With a mistake: refused, with its place. */
static void
test_folders (void)
{
  g_autofree char *folder = g_dir_make_tmp ("amtprov-XXXXXX", NULL);
  g_autofree char *first = g_build_filename (folder, "first", NULL);
  g_autofree char *second = g_build_filename (folder, "second", NULL);
  const char *const dirs[] = {first, second, NULL};
  g_autofree char *plugin = write_file (first, "oem.plugin", OEM);
  g_autofree char *twin_plugin = write_file (second, "oem/oem.plugin", OEM);
  g_autofree char *good =
      write_file (first, "oem.schema", "[oem]\nsince=2\nhelp=The first of the two.\n");
  g_autofree char *twin = write_file (second, "oem/oem.schema", "[oem]\nsince=3\nhelp=Second.\n");
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) infos =
      amt_prov_setting_info_list (AMT_PROV_SETTING_FILE_SITE, dirs, NULL, &error);
  g_autoptr (GPtrArray) none = NULL;
  g_autofree char *bad = NULL;
  g_autofree char *place = NULL;

  g_assert_no_error (error);
  g_assert_cmpstr (amt_prov_setting_info_get_since (find (infos, "oem", NULL)), ==, "2");
  bad = write_file (first, "oem.schema", "[oem]\nsince=2\n");
  none = amt_prov_setting_info_list (AMT_PROV_SETTING_FILE_SITE, dirs, NULL, &error);
  g_assert_null (none);
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFIG);
  place = g_strdup_printf ("%s:1: [oem] help: missing", bad);
  g_assert_true (g_str_has_prefix (error->message, place));
  remove_folder (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/site/setting-info/config", test_config);
  g_test_add_func ("/site/setting-info/site", test_site);
  g_test_add_func ("/site/setting-info/capabilities", test_capabilities);
  g_test_add_func ("/site/setting-info/check-value", test_check_value);
  g_test_add_func ("/site/setting-info/references", test_references);
  g_test_add_func ("/site/setting-info/folders", test_folders);
  return g_test_run ();
}
