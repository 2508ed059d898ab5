/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin-folder.h"
#include "site-folder.h"

/* A fleet over the plugins of the build tree and over one of an OEM. */

#define ORDER(methods) "[methods]\norder=" methods "\n" SITE_TLS_ON

static const char *
get_plugins (void)
{
  return g_getenv ("AMT_PROV_TEST_PLUGINS");
}

static AmtProvFleet *
fleet_new (AmtProvPluginSet *plugins)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (AmtProvCapabilityRegistry) registry = amt_prov_capability_registry_new (NULL, &error);
  g_autoptr (AmtProvSelector) selector = NULL;

  g_assert_no_error (error);
  selector = amt_prov_selector_new_for_plugins (registry, plugins);
  return amt_prov_fleet_new (selector);
}

static AmtProvFleetGroup *
add (AmtProvFleet *fleet, const char *release, AmtProvSite *site, GPtrArray **verdicts)
{
  g_autoptr (AmtProvVersion) version = amt_prov_version_parse (release, NULL);
  g_autoptr (GError) error = NULL;
  AmtProvFleetGroup *group = amt_prov_fleet_add (fleet, version, site, verdicts, &error);

  g_assert_no_error (error);
  return group;
}

static void
assert_preparation (AmtProvFleetGroup *group, const char *wanted)
{
  g_autofree char *text = amt_prov_fleet_group_dup_preparation (group);

  g_assert_cmpstr (text, ==, wanted);
}

static void
test_groups (void)
{
  const char *const folders[] = {get_plugins (), NULL};
  g_autoptr (SiteFolder) folder =
      site_folder_new ("psk;pki;usb", folders, SITE_PKI ORDER ("pki;usb;psk"));
  g_autoptr (AmtProvPluginSet) plugins = amt_prov_plugin_set_new_for_config (folder->config);
  g_autoptr (AmtProvFleet) fleet = fleet_new (plugins);
  GPtrArray *verdicts;
  AmtProvFleetGroup *usb = add (fleet, "2.1", folder->site, &verdicts);
  AmtProvFleetGroup *pki;

  g_assert_cmpuint (verdicts->len, ==, 1);
  g_assert_cmpstr (amt_prov_verdict_get_method (verdicts->pdata[0]), ==, "usb");
  assert_preparation (usb, "start each once with a stick that has a record for it: amtprov usb "
                           "create --version 1.0 --records 1 --image stick.img");
  pki = add (fleet, "9.5", folder->site, NULL);
  g_assert_true (add (fleet, "2.6", folder->site, NULL) == usb);
  g_assert_true (add (fleet, "2.6", folder->site, NULL) == usb);
  g_assert_cmpuint (amt_prov_fleet_group_get_n_machines (usb), ==, 3);
  g_assert_cmpuint (amt_prov_fleet_group_get_verdicts (usb)->len, ==, 2);
  g_assert_cmpstr (amt_prov_fleet_group_get_method (pki), ==, "pki");
  g_assert_cmpuint (amt_prov_fleet_group_get_number (pki), ==, 2);
  g_assert_cmpuint (amt_prov_fleet_get_groups (fleet)->len, ==, 2);
}

/* What stands in the way of one machine is not what stands in the way of another. */
static void
test_no_method (void)
{
  const char *const folders[] = {get_plugins (), NULL};
  g_autoptr (SiteFolder) folder = site_folder_new ("psk", folders, ORDER ("psk"));
  g_autoptr (AmtProvPluginSet) plugins = amt_prov_plugin_set_new_for_config (folder->config);
  g_autoptr (AmtProvFleet) fleet = fleet_new (plugins);
  GPtrArray *verdicts;
  AmtProvFleetGroup *late = add (fleet, "12.0", folder->site, &verdicts);

  g_assert_cmpuint (verdicts->len, ==, 4);
  g_assert_null (amt_prov_fleet_group_get_method (late));
  assert_preparation (late, NULL);
  g_assert_true (add (fleet, "16.1", folder->site, NULL) == late);
  g_assert_true (add (fleet, "1.0", folder->site, NULL) != late);
}

/* The site speaks only where there is one. */
static void
test_sites (void)
{
  const char *const folders[] = {get_plugins (), NULL};
  g_autoptr (SiteFolder) folder = site_folder_new ("psk;pki", folders, ORDER ("psk"));
  g_autoptr (AmtProvPluginSet) plugins = amt_prov_plugin_set_new_for_config (folder->config);
  g_autoptr (AmtProvFleet) fleet = fleet_new (plugins);

  g_assert_cmpstr (amt_prov_fleet_group_get_method (add (fleet, "9.5", folder->site, NULL)), ==,
                   "psk");
  g_assert_cmpstr (amt_prov_fleet_group_get_method (add (fleet, "9.5", NULL, NULL)), ==, "pki");
}

static void
test_unknown_release (void)
{
  g_autoptr (AmtProvPluginSet) plugins = plugin_folder_load (get_plugins (), "psk");
  g_autoptr (AmtProvFleet) fleet = fleet_new (plugins);
  g_autoptr (AmtProvVersion) version = amt_prov_version_parse ("13.0", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (amt_prov_fleet_add (fleet, version, NULL, NULL, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_FOUND);
  g_assert_cmpstr (error->message, ==, "no capability file has a group for AMT 13.0");
  g_assert_cmpuint (amt_prov_fleet_get_groups (fleet)->len, ==, 0);
}

/* A plugin of somebody else says it in its own words, or says nothing. */
static void
test_others (void)
{
  static const char *const lines[] = {"X-AmtProvPreparation=%{count} boxes, %{count} letters\n",
                                      ""};
  static const char *const wanted[] = {"2 boxes, 2 letters", NULL};

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++) {
    g_autoptr (PluginFolder) folder = plugin_folder_new ();
    g_autofree char *text =
        g_strconcat ("X-AmtProvAbi=1\nX-AmtProvProvides=method:psk\n", lines[i], NULL);
    g_autoptr (AmtProvPluginSet) plugins = NULL;
    g_autoptr (AmtProvFleet) fleet = NULL;

    plugin_folder_add (folder, "other", "psk", text);
    plugins = plugin_folder_load (folder->path, "other");
    assert_loaded (plugins, "other");
    fleet = fleet_new (plugins);
    add (fleet, "9.5", NULL, NULL);
    assert_preparation (add (fleet, "9.5", NULL, NULL), wanted[i]);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/fleet/groups", test_groups);
  g_test_add_func ("/fleet/no-method", test_no_method);
  g_test_add_func ("/fleet/sites", test_sites);
  g_test_add_func ("/fleet/unknown-release", test_unknown_release);
  g_test_add_func ("/fleet/others", test_others);
  return g_test_run ();
}
