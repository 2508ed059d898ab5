/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <amtprov/amtprov.h>

#include "fixture.h"

#define UUID "00112233-4455-6677-8899-aabbccddeeff"

static AmtProvProfile *
load_profile (const char *keys)
{
  g_autofree char *folder = g_dir_make_tmp ("amtprov-XXXXXX", NULL);
  g_autofree char *site = g_strdup_printf ("[site]\nname=lab\n[profile]\ntls=off\n%s", keys);
  g_autofree char *main_file = write_file (folder, "amtprov.conf", "[amtprov]\n");
  g_autofree char *site_file = write_file (folder, "sites.d/lab.conf", site);
  const char *const none[] = {NULL};
  g_autoptr (GError) error = NULL;
  g_autoptr (AmtProvConfig) config = amt_prov_config_load (main_file, none, &error);

  g_assert_no_error (error);
  remove_folder (folder);
  return amt_prov_profile_ref (
      amt_prov_site_get_profile (amt_prov_config_find_site (config, "lab")));
}

static void
test_hostname (void)
{
  const struct {
    const char *template;
    const char *host;
    const char *fqdn;
    const char *asset;
    const char *wanted;
  } cases[] = {
      {"", NULL, NULL, NULL, "amt-aabbccddeeff"},
      {"", "PC1", NULL, NULL, "PC1"},
      {"", "pc1.example.com", NULL, NULL, "pc1"},
      {"", NULL, "pc2.example.com", NULL, "pc2"},
      {"hostname=%{host}-amt", "pc1", NULL, NULL, "pc1-amt"},
      {"hostname=%{host}-amt", NULL, NULL, NULL, "amt"},
      {"hostname=%{fqdn}", "pc1", "pc3.example.com", NULL, "pc3"},
      {"hostname=%{asset}", "pc1", NULL, NULL, "pc1"},
      {"hostname=%{asset}", "pc1", NULL, "A_17/b", "A-17-b"},
      {"hostname=--%{asset}--", NULL, NULL, "7", "7"},
      {"hostname=m-%{uuid}-%{uuid}", "pc1", NULL, NULL, "pc1"},
      {"hostname=m-%{uuid}", NULL, NULL, NULL, "m-" UUID},
      {"", "%{uuid}", NULL, NULL, "uuid"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (AmtProvProfile) profile = load_profile (cases[i].template);
    g_autofree char *name =
        amt_prov_profile_dup_hostname (profile, UUID, cases[i].host, cases[i].fqdn, cases[i].asset);

    g_assert_cmpstr (name, ==, cases[i].wanted);
  }
}

static void
test_domain (void)
{
  g_autoptr (AmtProvProfile) plain = load_profile ("");
  g_autoptr (AmtProvProfile) fixed = load_profile ("domain=corp.example.com\n");
  g_autofree char *none = amt_prov_profile_dup_domain (plain, UUID, "pc1", NULL, NULL);
  g_autofree char *imported =
      amt_prov_profile_dup_domain (plain, UUID, "pc1", "pc1.lab.example.com", NULL);
  g_autofree char *stated =
      amt_prov_profile_dup_domain (fixed, UUID, "pc1", "pc1.lab.example.com", NULL);

  g_assert_null (none);
  g_assert_cmpstr (imported, ==, "lab.example.com");
  g_assert_cmpstr (stated, ==, "corp.example.com");
}

/* A hole that a variable leaves would make a name that no DNS takes. */
static void
test_domain_variable (void)
{
  g_autoptr (AmtProvProfile) below = load_profile ("domain=amt.%{domain}\n");
  g_autofree char *known =
      amt_prov_profile_dup_domain (below, UUID, "pc1", "pc1.lab.example.com", NULL);
  g_autofree char *unknown = amt_prov_profile_dup_domain (below, UUID, "pc1", NULL, NULL);
  g_autofree char *bare = amt_prov_profile_dup_domain (below, UUID, "pc1", "pc1.", NULL);

  g_assert_cmpstr (known, ==, "amt.lab.example.com");
  g_assert_null (unknown);
  g_assert_null (bare);
}

static void
test_switches (void)
{
  g_autoptr (AmtProvProfile) usual = load_profile ("");
  g_autoptr (AmtProvProfile) changed =
      load_profile ("dhcp=no\nredirection=true\nping=0\nwindow-extension=0\n");

  g_assert_true (amt_prov_profile_get_dhcp (usual));
  g_assert_false (amt_prov_profile_get_redirection (usual));
  g_assert_true (amt_prov_profile_get_ping (usual));
  g_assert_cmpuint (amt_prov_profile_get_window_extension (usual), ==, 6);
  g_assert_cmpint (amt_prov_profile_get_admin_password_policy (usual), ==,
                   AMT_PROV_PASSWORD_POLICY_GENERATE);
  g_assert_null (amt_prov_profile_get_certificate_authority (usual));
  g_assert_false (amt_prov_profile_get_dhcp (changed));
  g_assert_true (amt_prov_profile_get_redirection (changed));
  g_assert_false (amt_prov_profile_get_ping (changed));
  g_assert_cmpuint (amt_prov_profile_get_window_extension (changed), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/site/profile/hostname", test_hostname);
  g_test_add_func ("/site/profile/domain", test_domain);
  g_test_add_func ("/site/profile/domain-variable", test_domain_variable);
  g_test_add_func ("/site/profile/switches", test_switches);
  return g_test_run ();
}
