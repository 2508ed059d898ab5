/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <amtprov/amtprov.h>

/* Two provisioners in one process, each in a thread and on a main context of its own. The default
 * main context runs all the time and must have nothing to do; at the end nothing may be left.
 *
 * two-hosts MACHINES drain|cut|drop CONFIG CONFIG
 *
 * drain: until so many machines are operational, then let the rest end
 * cut: until so many sessions are in the middle, then cut them off
 * drop: the same, but only drop the last reference */

#define HOSTS 2

/* What a session has reached when it counts as being in the middle. */
#define MIDDLE_STEP "set-clock"

typedef enum { DRAIN, CUT, DROP } Ending;

typedef struct {
  const char *config;
  guint machines;
  Ending ending;
  GMainContext *context;
  GMainLoop *loop;
  GHashTable *arrived; /* UUIDs */
  GAsyncResult *drained;
} Host;

static int running = HOSTS;

/* ---- what a process has ---- */

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

/* The names of a folder under /proc, but for the descriptor that reads it. */
static char **
list_folder (const char *path)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  const char *name;

  g_assert_nonnull (folder);
  while ((name = g_dir_read_name (folder)) != NULL) {
    g_autofree char *link = g_build_filename (path, name, NULL);
    g_autofree char *target = g_file_read_link (link, NULL);

    if (target == NULL || !g_str_has_prefix (target, "/proc/"))
      g_ptr_array_add (names, target != NULL ? g_strdup_printf ("%s → %s", name, target)
                                             : g_strdup (name));
  }
  g_ptr_array_sort (names, compare_names);
  g_ptr_array_add (names, NULL);
  return (char **)g_ptr_array_free (g_steal_pointer (&names), FALSE);
}

static void
assert_same (const char *path, char **before)
{
  g_auto (GStrv) after = list_folder (path);
  g_autofree char *was = g_strjoinv ("\n", before);
  g_autofree char *is = g_strjoinv ("\n", after);

  g_assert_cmpstr (is, ==, was);
}

/* Neither a descriptor nor a timeout of anybody is in the default context. */
static void
assert_default_context_is_empty (void)
{
  GMainContext *context = g_main_context_default ();
  GPollFD descriptors[8];
  int timeout = 0;
  int used;

  g_assert_true (g_main_context_acquire (context));
  g_assert_false (g_main_context_prepare (context, NULL));
  used =
      g_main_context_query (context, G_MAXINT, &timeout, descriptors, G_N_ELEMENTS (descriptors));
  g_assert_cmpint (used, ==, 1); /* its own, for g_main_context_wakeup() */
  g_assert_cmpint (timeout, ==, -1);
  g_main_context_release (context);
}

/* ---- one host ---- */

static gboolean
counts (Host *host, AmtProvDevice *device)
{
  if (host->ending == DRAIN)
    return amt_prov_device_get_state (device) == AMT_PROV_DEVICE_STATE_OPERATIONAL;
  return g_strcmp0 (amt_prov_device_get_fact (device, "step"), MIDDLE_STEP) == 0;
}

static void
on_device_changed (AmtProvProvisioner *provisioner, AmtProvDevice *device, gpointer user_data)
{
  Host *host = user_data;

  g_assert_true (g_main_context_get_thread_default () == host->context);
  g_assert_true (g_main_context_is_owner (host->context));
  g_main_context_wakeup (NULL);
  if (!counts (host, device))
    return;
  g_hash_table_add (host->arrived, g_strdup (amt_prov_device_get_uuid (device)));
  if (g_hash_table_size (host->arrived) == host->machines)
    g_main_loop_quit (host->loop);
}

static void
on_event (AmtProvProvisioner *provisioner, const char *uuid, const char *text, gpointer user_data)
{
  g_printerr ("%s: %s\n", uuid, text);
}

static void
on_drained (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Host *host = user_data;

  host->drained = g_object_ref (result);
}

static void
drain (Host *host, AmtProvProvisioner *provisioner, gboolean cut)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  if (cut) {
    g_assert_cmpuint (amt_prov_provisioner_get_session_count (provisioner), ==, host->machines);
    g_cancellable_cancel (cancellable);
  }
  amt_prov_provisioner_drain_async (provisioner, cancellable, on_drained, host);
  while (host->drained == NULL)
    g_main_context_iteration (host->context, TRUE);
  g_assert_true (amt_prov_provisioner_drain_finish (provisioner, host->drained, &error) != cut);
  g_assert_true (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) == cut);
  g_assert_cmpuint (amt_prov_provisioner_get_session_count (provisioner), ==, 0);
  g_clear_object (&host->drained);
}

static void
serve (Host *host)
{
  g_autoptr (GError) error = NULL;
  AmtProvConfig *config = amt_prov_config_load (host->config, NULL, &error);
  AmtProvProvisioner *provisioner;
  gpointer parts[4];

  g_assert_no_error (error);
  provisioner = amt_prov_provisioner_new (config, &error);
  g_assert_no_error (error);
  parts[0] = amt_prov_provisioner_get_database (provisioner);
  parts[1] = amt_prov_provisioner_get_plugins (provisioner);
  parts[2] = amt_prov_provisioner_get_registry (provisioner);
  parts[3] = config;
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    g_object_add_weak_pointer (parts[i], &parts[i]);
  g_object_add_weak_pointer (G_OBJECT (provisioner), (gpointer *)&provisioner);
  g_object_unref (config);
  g_signal_connect (provisioner, "device-changed", G_CALLBACK (on_device_changed), host);
  g_signal_connect (provisioner, "event", G_CALLBACK (on_event), NULL);
  g_assert_true (amt_prov_provisioner_listen (provisioner, &error));
  g_main_loop_run (host->loop);

  if (host->ending != DROP)
    drain (host, provisioner, host->ending == CUT);
  g_object_unref (provisioner);
  g_assert_null (provisioner);
  /* Sessions that were cut off free their leases first. */
  while (host->ending == DROP && parts[0] != NULL)
    g_main_context_iteration (host->context, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    g_assert_null (parts[i]);
}

static gpointer
run_host (gpointer data)
{
  Host *host = data;

  host->context = g_main_context_new ();
  g_main_context_push_thread_default (host->context);
  host->loop = g_main_loop_new (host->context, FALSE);
  host->arrived = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  serve (host);
  g_hash_table_unref (host->arrived);
  g_main_loop_unref (host->loop);
  g_main_context_pop_thread_default (host->context);
  g_main_context_unref (host->context);
  g_atomic_int_dec_and_test (&running);
  g_main_context_wakeup (NULL);
  return NULL;
}

static Ending
parse_ending (const char *text)
{
  if (g_str_equal (text, "drain"))
    return DRAIN;
  g_assert_true (g_str_equal (text, "cut") || g_str_equal (text, "drop"));
  return g_str_equal (text, "cut") ? CUT : DROP;
}

int
main (int argc, char **argv)
{
  g_auto (GStrv) descriptors = NULL;
  g_auto (GStrv) threads = NULL;
  Host hosts[HOSTS] = {0};
  GThread *host_threads[HOSTS];

  g_assert_cmpint (argc, ==, 3 + HOSTS);
  assert_default_context_is_empty ();
  /* The first GTask of a process starts GLib's worker thread, which stays. */
  g_type_ensure (G_TYPE_TASK);
  descriptors = list_folder ("/proc/self/fd");
  threads = list_folder ("/proc/self/task");
  for (guint i = 0; i < HOSTS; i++) {
    hosts[i].machines = (guint)g_ascii_strtoull (argv[1], NULL, 10);
    hosts[i].ending = parse_ending (argv[2]);
    hosts[i].config = argv[3 + i];
    host_threads[i] = g_thread_new ("host", run_host, &hosts[i]);
  }
  while (g_atomic_int_get (&running) > 0) {
    g_assert_false (g_main_context_iteration (NULL, TRUE));
    assert_default_context_is_empty ();
  }
  for (guint i = 0; i < HOSTS; i++)
    g_thread_join (host_threads[i]);
  assert_same ("/proc/self/fd", descriptors);
  assert_same ("/proc/self/task", threads);
  return 0;
}
