/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Puts known machines into the store of a configuration, with the UUIDs of say-hello. */
#include <amtprov/amtprov.h>

#include "bench.h"

#define TOGETHER 10000

static AmtProvChange *
make_change (guint64 machine)
{
  g_autofree char *uuid =
      g_strdup_printf ("00000000-0000-4000-8000-%012" G_GINT64_MODIFIER "x", machine);
  g_autofree char *host = g_strdup_printf ("host-%" G_GUINT64_FORMAT, machine);
  g_autoptr (AmtProvDevice) device = amt_prov_device_new (uuid);
  g_autoptr (AmtProvRecord) record = NULL;

  amt_prov_device_set_fact (device, "hostname", host);
  amt_prov_device_set_fact (device, "amt", "9.5");
  record = amt_prov_device_to_record (device);
  return amt_prov_change_new (AMT_PROV_VERB_PUT, record, AMT_PROV_CONDITION_ABSENT);
}

static gboolean
fill (AmtProvDatabase *database, guint64 count, GError **error)
{
  for (guint64 i = 0; i < count; i += TOGETHER) {
    g_autoptr (GPtrArray) changes =
        g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_change_unref);

    for (guint64 j = i; j < MIN (i + TOGETHER, count); j++)
      g_ptr_array_add (changes, make_change (j));
    if (!amt_prov_database_apply (database, changes, error))
      return FALSE;
  }
  return TRUE;
}

int
main (int argc, char **argv)
{
  g_auto (GStrv) directories = amt_prov_config_get_default_plugin_dirs ();
  g_autoptr (AmtProvConfig) config = NULL;
  g_autoptr (AmtProvPluginSet) plugins = NULL;
  g_autoptr (AmtProvDatabase) database = NULL;
  g_autoptr (GError) error = NULL;
  const char *const enabled[] = {"sqlite", NULL};

  bench_need (argc == 3, "usage: fill-store CONFIG COUNT");
  config = amt_prov_config_load (argv[1], (const char *const *)directories, &error);
  bench_need (config != NULL, error != NULL ? error->message : "");
  plugins = amt_prov_plugin_set_new ((const char *const *)directories, enabled, FALSE);
  database = amt_prov_plugin_set_open_database (plugins, config, &error);
  bench_need (database != NULL, error != NULL ? error->message : "");
  bench_need (fill (database, g_ascii_strtoull (argv[2], NULL, 10), &error),
              error != NULL ? error->message : "");
  return 0;
}
