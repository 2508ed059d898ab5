/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench.h"

static gint64
bench_now (gpointer data)
{
  return ((Bench *)data)->now;
}

static void
on_event (SimModel *model, const char *event, const char *reason, gpointer data)
{
  g_ptr_array_add (((Bench *)data)->events, g_strdup (event));
  g_ptr_array_add (((Bench *)data)->reasons, g_strdup (reason != NULL ? reason : ""));
}

void
bench_make (Bench *bench, const char *keys)
{
  g_autoptr (GHashTable) values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_auto (GStrv) parts = g_strsplit (keys, ",", -1);
  SimClock clock = {bench_now, bench, 1};
  g_autoptr (GError) error = NULL;

  for (guint i = 0; parts[i] != NULL; i++) {
    g_auto (GStrv) pair = g_strsplit (parts[i], "=", 2);

    g_hash_table_insert (values, g_strdup (pair[0]), g_strdup (pair[1]));
  }
  bench->now = G_GINT64_CONSTANT (1790000000) * G_TIME_SPAN_SECOND;
  bench->events = g_ptr_array_new_with_free_func (g_free);
  bench->reasons = g_ptr_array_new_with_free_func (g_free);
  bench->catalog = sim_catalog_new (&error);
  g_assert_no_error (error);
  bench->pool = sim_key_pool_new ();
  bench->registry = amt_prov_capability_registry_new (NULL, &error);
  g_assert_no_error (error);
  bench->settings = sim_settings_new (values, &error);
  g_assert_no_error (error);
  bench->model =
      sim_model_new (bench->settings, bench->catalog, bench->pool, bench->registry, &clock, &error);
  g_assert_no_error (error);
  sim_model_set_observer (bench->model, on_event, bench);
}

void
bench_start (Bench *bench, const char *keys)
{
  bench_make (bench, keys);
  sim_model_start (bench->model);
}

void
bench_stop (Bench *bench)
{
  sim_model_free (bench->model);
  sim_settings_free (bench->settings);
  g_object_unref (bench->registry);
  sim_key_pool_free (bench->pool);
  sim_catalog_free (bench->catalog);
  g_ptr_array_unref (bench->events);
  g_ptr_array_unref (bench->reasons);
}
