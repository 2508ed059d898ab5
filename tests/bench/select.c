/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks up capabilities and selects a method, as the intake does for each hello: with the release
 * known and unknown, by either kind of hello. Prints the microseconds of CPU for the dearest. */
#include <amtprov/amtprov.h>

#include "bench.h"

#define UUID "00000000-0000-4000-8000-000000000001"

static double
measure (AmtProvSelector *selector, AmtProvSite *site, AmtProvFacts *facts, guint rounds)
{
  double begin = bench_cpu ();

  for (guint i = 0; i < rounds; i++) {
    g_autoptr (AmtProvCapabilities) capabilities = amt_prov_selector_lookup (selector, facts);
    g_autoptr (AmtProvVerdict) verdict = NULL;
    g_autoptr (GError) error = NULL;

    AmtProvMethod *method = amt_prov_selector_select (selector, facts, site, &verdict, &error);

    bench_need (capabilities != NULL && method != NULL, error != NULL ? error->message : "nothing");
  }
  return (bench_cpu () - begin) / rounds;
}

static double
measure_all (AmtProvSelector *selector, AmtProvSite *site, AmtProvCertHash *root, guint rounds)
{
  g_autoptr (GPtrArray) roots = g_ptr_array_new ();
  AmtProvHello *hellos[2] = {amt_prov_hello_new_psk (UUID, FALSE, 0, "0000037M"), NULL};
  const char *const releases[][2] = {{NULL, "9.5"}, {NULL, "16.1"}};
  double most = 0;

  g_ptr_array_add (roots, root);
  hellos[1] = amt_prov_hello_new_pki (UUID, FALSE, 0, roots);
  for (guint i = 0; i < G_N_ELEMENTS (hellos); i++) {
    for (guint j = 0; j < G_N_ELEMENTS (releases[i]); j++) {
      g_autoptr (AmtProvVersion) release =
          releases[i][j] != NULL ? amt_prov_version_parse (releases[i][j], NULL) : NULL;
      g_autoptr (AmtProvFacts) facts =
          amt_prov_facts_new (release, hellos[i], "office.example.net");
      double one = measure (selector, site, facts, rounds);

      g_printerr ("%s, release %s: %.2f µs\n", i == 0 ? "PSK" : "PKI",
                  releases[i][j] != NULL ? releases[i][j] : "unknown", one);
      most = MAX (most, one);
    }
    amt_prov_hello_unref (hellos[i]);
  }
  return most;
}

int
main (int argc, char **argv)
{
  g_auto (GStrv) directories = amt_prov_config_get_default_plugin_dirs ();
  const char *const enabled[] = {"psk", "pki", NULL};
  g_autoptr (AmtProvConfig) config = NULL;
  g_autoptr (AmtProvPluginSet) plugins = NULL;
  g_autoptr (AmtProvCapabilityRegistry) registry = NULL;
  g_autoptr (AmtProvSelector) selector = NULL;
  g_autoptr (AmtProvCertHash) root = NULL;
  g_autoptr (GError) error = NULL;

  bench_need (argc == 5, "usage: select CONFIG SITE ROOT ROUNDS");
  config = amt_prov_config_load (argv[1], (const char *const *)directories, &error);
  if (config != NULL)
    registry = amt_prov_capability_registry_new (NULL, &error);
  if (registry != NULL)
    root = amt_prov_cert_hash_new_from_hex (argv[3], &error);
  bench_need (root != NULL, error != NULL ? error->message : "");
  plugins = amt_prov_plugin_set_new ((const char *const *)directories, enabled, FALSE);
  selector = amt_prov_selector_new (registry, amt_prov_plugin_set_get_methods (plugins));
  printf ("%.2f\n", measure_all (selector, amt_prov_config_find_site (config, argv[2]), root,
                                 (guint)atoi (argv[4])));
  return 0;
}
