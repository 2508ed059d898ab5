/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "config-fixture.h"

/* What plugins have to say to a configuration. */

#define OEM "[oem]\nsince=1\nhelp=x\n"

static void
test_disabled_plugin (Fixture *f, gconstpointer data)
{
  put (f, "amtprov.conf", "[amtprov]\nplugins=psk\n");
  put (f, "sites.d/lab.conf", NAMED NO_TLS "[pki x]\ncertificate=x\n");
  assert_problem (f, "sites.d/lab.conf", "5: [pki x]: ", "add pki to [amtprov] plugins");
  put (f, "sites.d/lab.conf", NAMED NO_TLS "[methods]\norder=psk;pki\n");
  assert_problem (f, "sites.d/lab.conf", "6: [methods] order: ", "\"pki\"");
}

static void
test_broken_schema (Fixture *f, gconstpointer data)
{
  const Mistake mistakes[] = {
      {OEM "[oem a]\ntype=colour\n", "5: [oem a] ", "string, int"},
      {OEM "[oem a]\nhelp=x\n", "4: [oem a] ", "type: missing"},
      {OEM "[oem a]\ntype=int\nallowed=1-2\n", "4: [oem a] ", "LEAST..MOST"},
      {OEM "[oem a]\ntype=int\nallowed=1..2\ndefault=3\n", "4: [oem a] ", "default"},
      {OEM "[oem a]\ntype=int\nallowed=1..2\ninitial=3\n", "4: [oem a] ", "initial"},
      {OEM "[oem a]\ntype=choice\n", "4: [oem a] ", "allowed: missing"},
      {OEM "[oem a]\ntype=int\ncolour=red\n", "6: [oem a] ", "unknown"},
      {OEM "[oem a]\ntype=int\nsince=1\n", "4: [oem a] ", "help: missing"},
      {OEM "[oem a]\ntype=int\nhelp=\nsince=1\n", "4: [oem a] ", "help: missing"},
      {OEM "[oem a]\ntype=int\nhelp=x\n", "4: [oem a] ", "since: missing"},
      {"[oem]\nsince=1\n", "1: [oem] ", "help: missing"},
      {"[oem]\nhelp=x\n", "1: [oem] ", "since: missing"},
      {"[oem]\nnamed=perhaps\n", "2: [oem] ", "yes or no"},
      {"[oem a]\ntype=int\n", "1: [oem a] ", "declared first"},
      {"[oem]\n[oem]\n", "2: [oem]: ", "already there"},
      {"[site]\n", "1: [site] ", "X-AmtProvProvides names no site"},
      {"[psk rotate]\ntype=int\n", "1: [psk rotate] ", "X-AmtProvProvides names no psk"},
      {"[oem\n", "1: ", "written [NAME]"},
  };

  use_own_plugins (f);
  put (f, "amtprov.conf", "[amtprov]\nplugins=oem\n");
  for (guint i = 0; i < G_N_ELEMENTS (mistakes); i++) {
    g_auto (GStrv) problems = NULL;
    g_autofree char *start =
        g_strdup_printf ("%s:2: [amtprov] plugins: oem: %s/plugins/oem.schema:%s", f->main_file,
                         f->folder, mistakes[i].place);

    put (f, "plugins/oem.plugin",
         "[Plugin]\nModule=amtprov-oem\nName=oem\nX-AmtProvAbi=1\nX-AmtProvProvides=method:oem\n");
    put (f, "plugins/oem.schema", mistakes[i].text);
    problems = check (f);
    g_assert_cmpuint (g_strv_length (problems), ==, 1);
    if (!g_str_has_prefix (problems[0], start) || !strstr (problems[0], mistakes[i].wanted))
      g_error ("wanted \"%s … %s\", got %s", start, mistakes[i].wanted, problems[0]);
  }
}

/* A site that says nothing of a plugin has its defaults, where everything has one. */
static void
test_left_out_groups (Fixture *f, gconstpointer data)
{
  const char *const schema =
      "[oem]\nsince=1\nhelp=x\n[oem a]\nsince=1\nhelp=x\ntype=string\n"
      "[jump]\nsince=1\nhelp=x\n[jump b]\nsince=1\nhelp=x\ntype=int\nrequired=yes\n";
  g_autoptr (AmtProvConfig) config = NULL;
  AmtProvSite *site;

  use_own_plugins (f);
  put (f, "plugins/oem.plugin",
       "[Plugin]\nModule=amtprov-oem\nName=oem\nX-AmtProvAbi=1\n"
       "X-AmtProvProvides=method:oem;transport:jump\n");
  put (f, "plugins/oem.schema", schema);
  put (f, "amtprov.conf", "[amtprov]\nplugins=oem\n");
  put (f, "sites.d/lab.conf", NAMED NO_TLS);
  config = load (f);
  site = amt_prov_config_find_site (config, "lab");
  g_assert_nonnull (amt_prov_site_get_settings (site, "oem"));
  g_assert_null (amt_prov_site_get_settings (site, "jump"));
}

/* A plugin that is refused disturbs neither the other plugins nor the sites. */
static void
test_refused_plugin (Fixture *f, gconstpointer data)
{
  g_auto (GStrv) dirs = g_new0 (char *, 3);
  g_auto (GStrv) problems = NULL;
  g_autoptr (AmtProvConfig) config = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *place = g_strdup_printf ("%s/plugins/oem.schema:1: [site]", f->folder);
  AmtProvSite *site;

  dirs[0] = g_build_filename (f->folder, "plugins", NULL);
  dirs[1] = g_strdup (f->plugin_dirs[0]);
  put (f, "plugins/oem.plugin",
       "[Plugin]\nModule=amtprov-oem\nName=oem\nX-AmtProvAbi=1\nX-AmtProvProvides=method:oem\n");
  put (f, "plugins/oem.schema", "[site]\n");
  put (f, "amtprov.conf", "[amtprov]\nplugins=oem;psk\n");
  put (f, "sites.d/lab.conf",
       NAMED NO_TLS "[methods]\norder=oem;psk\n[oem]\nspeed=high\n[psk]\nrotate=no\n");
  config = amt_prov_config_load (f->main_file, (const char *const *)dirs, &error);
  g_assert_no_error (error);
  site = amt_prov_config_find_site (config, "lab");
  g_assert_null (amt_prov_site_get_settings (site, "oem"));
  g_assert_false (
      amt_prov_settings_get_boolean (amt_prov_site_get_settings (site, "psk"), "rotate"));
  problems = amt_prov_config_check (f->main_file, (const char *const *)dirs);
  g_assert_cmpuint (g_strv_length (problems), ==, 1);
  g_assert_nonnull (strstr (problems[0], "[amtprov] plugins: oem: "));
  g_assert_nonnull (strstr (problems[0], place));
}

/* The order names methods, whatever their plugins are called. */
static void
test_order_names_methods (Fixture *f, gconstpointer data)
{
  use_own_plugins (f);
  put (
      f, "plugins/works.plugin",
      "[Plugin]\nModule=amtprov-works\nName=works\nX-AmtProvAbi=1\nX-AmtProvProvides=method:oem\n");
  put (f, "amtprov.conf", "[amtprov]\nplugins=works\n");
  put (f, "sites.d/lab.conf", NAMED NO_TLS "[methods]\norder=oem\n");
  g_object_unref (load (f));
  put (f, "sites.d/lab.conf", NAMED NO_TLS "[methods]\norder=works\n");
  assert_problem (
      f, "sites.d/lab.conf", "6: [methods] order: ",
      "no plugin provides a method \"works\"; the methods of [amtprov] plugins are oem");
  put (f, "sites.d/lab.conf", NAMED NO_TLS "[oem]\n");
  assert_problem (f, "sites.d/lab.conf", "5: [oem]: ", "the plugin works has no settings");
  put (f, "plugins/rests.plugin",
       "[Plugin]\nName=rests\nModule=amtprov-rests\nX-AmtProvAbi=1\n"
       "X-AmtProvProvides=method:rest\n");
  put (f, "amtprov.conf", "[amtprov]\nplugins=rests\n");
  put (f, "sites.d/lab.conf", NAMED NO_TLS "[methods]\norder=oem\n");
  assert_problem (f, "sites.d/lab.conf", "6: [methods] order: ", "add works to [amtprov] plugins");
}

static void
test_transport (Fixture *f, gconstpointer data)
{
  g_autoptr (AmtProvConfig) config = NULL;

  use_own_plugins (f);
  put (
      f, "plugins/oem.plugin",
      "[Plugin]\nName=oem\nModule=amtprov-oem\nX-AmtProvAbi=1\nX-AmtProvProvides=transport:jump\n");
  put (f, "amtprov.conf", "[amtprov]\nplugins=oem\n");
  put (f, "sites.d/lab.conf", NAMED NO_TLS "[device]\ntransport=tunnel\n");
  assert_problem (
      f, "sites.d/lab.conf", "6: [device] transport: ",
      "no plugin provides a transport \"tunnel\"; the transports of [amtprov] plugins are jump");
  put (f, "sites.d/lab.conf", NAMED NO_TLS "[device]\ntransport=jump\n");
  config = load (f);
  g_assert_cmpstr (amt_prov_site_get_transport (amt_prov_config_find_site (config, "lab")), ==,
                   "jump");
  put (f, "plugins/rests.plugin",
       "[Plugin]\nName=rests\nModule=amtprov-rests\nX-AmtProvAbi=1\nX-AmtProvProvides=method:"
       "rest\n");
  put (f, "amtprov.conf", "[amtprov]\nplugins=rests\n");
  assert_problem (f, "sites.d/lab.conf", "6: [device] transport: ", "add oem to [amtprov] plugins");
}

/* A password of the site goes to proven machines only, and that a method proves them must be said.
 */
static void
test_unproven_machines (Fixture *f, gconstpointer data)
{
#define NEEDY "[oem a]\nsince=1\nhelp=x\ntype=string\nrequired=yes\n"
  const struct {
    const char *claim;
    const char *schema;
    const char *site;
    gboolean refused;
  } cases[] = {
      {"", "", "", TRUE},
      {"", OEM, "", TRUE},
      {"X-AmtProvAuthenticates=server\n", "", "", TRUE},
      {"X-AmtProvAuthenticates=both\n", "", "", FALSE},
      {"X-AmtProvAuthenticates=both\n", OEM, "", FALSE},
      /* refused, so no machine comes by it */
      {"X-AmtProvAuthenticates=all\n", "", "", FALSE},
      {"", OEM NEEDY, "", FALSE},
      {"", OEM NEEDY, "[oem]\na=x\n", TRUE},
      {"", "", "[methods]\norder=psk\n", FALSE},
      {"", "", "[methods]\norder=psk;oem\n", TRUE},
  };
  g_autofree char *own = g_build_filename (f->folder, "plugins", NULL);
  g_autofree char *built_in = g_strdup (f->plugin_dirs[0]);
  const char *dirs[] = {own, built_in, NULL};

  g_strfreev (f->plugin_dirs);
  f->plugin_dirs = g_strdupv ((char **)dirs);
  put (f, "amtprov.conf", "[amtprov]\nplugins=psk;oem\n");
  put (f, "sites.d/strong", "Gr8.Secret-1\n");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *site = g_strconcat (
        NAMED NO_TLS "admin-password=file:strong\n[admission]\npolicy=any\n", cases[i].site, NULL);
    g_autofree char *plugin =
        g_strconcat ("[Plugin]\nModule=amtprov-oem\nName=oem\nX-AmtProvAbi=1\n"
                     "X-AmtProvProvides=method:oem\n",
                     cases[i].claim, NULL);

    put (f, "plugins/oem.plugin", plugin);
    put (f, "plugins/oem.schema", cases[i].schema);
    put (f, "sites.d/lab.conf", site);
    if (cases[i].refused)
      assert_problem (f, "sites.d/lab.conf",
                      "7: [admission] policy: any together with the method oem",
                      "does not prove the machine");
    else
      g_object_unref (load (f));
  }
#undef NEEDY
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/site/config-plugins/disabled-plugin", test_disabled_plugin);
  ADD ("/site/config-plugins/broken-schema", test_broken_schema);
  ADD ("/site/config-plugins/left-out-groups", test_left_out_groups);
  ADD ("/site/config-plugins/refused-plugin", test_refused_plugin);
  ADD ("/site/config-plugins/order-names-methods", test_order_names_methods);
  ADD ("/site/config-plugins/transport", test_transport);
  ADD ("/site/config-plugins/unproven-machines", test_unproven_machines);
  return g_test_run ();
}
