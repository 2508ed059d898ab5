/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/hello-listener-private.h"
#include "hello-client.h"

#include <sys/resource.h>
#include <unistd.h>

#define MANY 1000

static void
stop_listener (AmtProvHelloListener *listener)
{
  amt_prov_hello_listener_stop (listener);
}

static void
restart_listener (AmtProvHelloListener *listener)
{
  g_autoptr (GError) error = NULL;

  amt_prov_hello_listener_stop (listener);
  amt_prov_hello_listener_start (listener, &error);
  g_assert_no_error (error);
}

static void
drop_listener (Ear *ear)
{
  g_clear_object (&ear->listener);
}

/* What may go on inside each handler, for a connection that a signal is about and another one. */
static void
check_inside (const char *signal, GBytes *bytes, GCallback callback, gint64 limit)
{
  g_autoptr (Ear) ear = ear_new_started (MANY, 2);
  g_autoptr (Client) bystander = client_new (ear, NULL);
  g_autoptr (Client) client = NULL;

  if (callback == G_CALLBACK (drop_listener))
    g_signal_connect_swapped (ear->listener, signal, callback, ear);
  else
    g_signal_connect (ear->listener, signal, callback, NULL);
  if (limit >= 0)
    amt_prov_hello_listener_set_time_limit (ear->listener, limit);
  client = client_new (ear, NULL);
  if (bytes != NULL)
    client_send_all (client, bytes);
  client_wait_closed (client, ear);
  client_wait_closed (bystander, ear);
  if (ear->listener != NULL) {
    g_auto (GStrv) real = amt_prov_hello_listener_get_addresses (ear->listener);

    g_assert_cmpuint (g_strv_length (real), ==, callback == G_CALLBACK (restart_listener) ? 1 : 0);
  }
}

static void
check_inside_rate (GCallback callback)
{
  g_autoptr (Ear) ear = ear_new_started (MANY, 1);
  g_autoptr (Client) bystander = client_new (ear, NULL);
  g_autoptr (Client) client = NULL;

  if (callback == G_CALLBACK (drop_listener))
    g_signal_connect_swapped (ear->listener, "dropped", callback, ear);
  else
    g_signal_connect (ear->listener, "dropped", callback, NULL);
  client = client_new (ear, NULL);
  client_wait_closed (client, ear);
  client_wait_closed (bystander, ear);
}

static void
test_inside_a_handler (void)
{
  const GCallback callbacks[] = {G_CALLBACK (stop_listener), G_CALLBACK (restart_listener),
                                 G_CALLBACK (drop_listener)};
  g_autoptr (GBytes) hello = psk_hello ();
  g_autoptr (GBytes) nonsense = bytes_from_hex ("ffffffff");

  for (guint i = 0; i < G_N_ELEMENTS (callbacks); i++) {
    check_inside ("hello", hello, callbacks[i], -1);
    check_inside ("dropped", nonsense, callbacks[i], -1);
    check_inside ("dropped", NULL, callbacks[i], 0);
    check_inside_rate (callbacks[i]);
  }
}

static void
test_stop_and_start (void)
{
  g_autoptr (Ear) ear = ear_new_started (MANY, MANY);
  g_autoptr (GBytes) hello = psk_hello ();
  g_autoptr (GError) error = NULL;
  g_autoptr (Client) before = client_new (ear, NULL);
  g_autoptr (Client) after = NULL;

  ear_dispatch (ear);
  amt_prov_hello_listener_stop (ear->listener);
  amt_prov_hello_listener_stop (ear->listener);
  client_wait_closed (before, ear);
  g_assert_cmpuint (ear->drops->len, ==, 0);
  amt_prov_hello_listener_start (ear->listener, &error);
  g_assert_no_error (error);
  after = client_new (ear, NULL);
  client_send_all (after, hello);
  ear_wait (ear, ear->hellos, 1);
}

typedef struct {
  GMutex mutex;
  GCond cond;
  char *address;
  char *heard;
} Shared;

static void
quit_loop (AmtProvHelloListener *listener,
           AmtProvHello *hello,
           const char *address,
           GMainLoop *loop)
{
  g_main_loop_quit (loop);
}

static gpointer
run_listener (gpointer user_data)
{
  Shared *shared = user_data;
  g_autoptr (Ear) ear = ear_new_started (MANY, MANY);
  g_autoptr (GMainLoop) loop = g_main_loop_new (ear->context, FALSE);
  g_auto (GStrv) addresses = amt_prov_hello_listener_get_addresses (ear->listener);

  g_signal_connect (ear->listener, "hello", G_CALLBACK (quit_loop), loop);
  g_mutex_lock (&shared->mutex);
  shared->address = g_strdup (addresses[0]);
  g_cond_signal (&shared->cond);
  g_mutex_unlock (&shared->mutex);
  g_main_loop_run (loop);
  return g_strdup (ear->hellos->pdata[0]);
}

/* Nobody iterates the default context here, and nothing wants to be done on it. */
static void
test_private_context (void)
{
  Shared shared = {0};
  g_autoptr (GBytes) hello = real_hello ();
  g_autoptr (Client) client = NULL;
  g_autofree char *heard = NULL;
  GThread *thread = g_thread_new ("listener", run_listener, &shared);

  g_mutex_lock (&shared.mutex);
  while (shared.address == NULL)
    g_cond_wait (&shared.cond, &shared.mutex);
  g_mutex_unlock (&shared.mutex);
  client = client_new_to (shared.address, NULL);
  client_send_all (client, hello);
  heard = g_thread_join (thread);
  g_assert_cmpstr (heard, ==, "127.0.0.1 " HELLO_UUID);
  g_assert_false (g_main_context_pending (NULL));
  g_free (shared.address);
  g_mutex_clear (&shared.mutex);
  g_cond_clear (&shared.cond);
}

/* Lets the process have as many descriptors as it has now. */
static void
forbid_descriptors (struct rlimit *before)
{
  struct rlimit none;
  int next = dup (0);

  g_assert_cmpint (next, >=, 0);
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, before), ==, 0);
  none = *before;
  none.rlim_cur = (rlim_t)next;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &none), ==, 0);
  close (next);
}

/* The connection waits in the kernel's queue; nothing is ready until the pause is over. */
static void
test_no_descriptors (void)
{
  g_autoptr (Ear) ear = ear_new_started (MANY, MANY);
  g_autoptr (GBytes) hello = psk_hello ();
  g_autoptr (Client) client = client_new (ear, NULL);
  struct rlimit before;

  client_send_all (client, hello);
  forbid_descriptors (&before);
  g_assert_true (g_main_context_iteration (ear->context, TRUE));
  g_assert_false (g_main_context_pending (ear->context));
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &before), ==, 0);
  g_assert_cmpuint (ear->hellos->len, ==, 0);
  ear_wait (ear, ear->hellos, 1);
}

/* The descriptor of a connection that ends is one for those who wait. */
static void
test_descriptor_free_again (void)
{
  g_autoptr (Ear) ear = ear_new_started (MANY, MANY);
  g_autoptr (GBytes) hello = psk_hello ();
  g_autoptr (Client) first = client_new (ear, NULL);
  g_autoptr (Client) second = NULL;
  struct rlimit before;

  g_assert_true (g_main_context_iteration (ear->context, TRUE));
  second = client_new (ear, NULL);
  client_send_all (second, hello);
  forbid_descriptors (&before);
  g_assert_true (g_main_context_iteration (ear->context, TRUE));
  g_assert_false (g_main_context_pending (ear->context));
  g_clear_pointer (&first, client_free);
  g_assert_true (g_main_context_iteration (ear->context, TRUE));
  g_assert_true (g_main_context_pending (ear->context));
  ear_wait (ear, ear->hellos, 1);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &before), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hello-listener/inside-a-handler", test_inside_a_handler);
  g_test_add_func ("/hello-listener/stop-and-start", test_stop_and_start);
  g_test_add_func ("/hello-listener/no-descriptors", test_no_descriptors);
  g_test_add_func ("/hello-listener/descriptor-free-again", test_descriptor_free_again);
  g_test_add_func ("/hello-listener/private-context", test_private_context);
  return g_test_run ();
}
