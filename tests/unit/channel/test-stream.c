/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <glib/gstdio.h>

#include "transport-fixture.h"

/* How a channel uses the streams of its transport, and what becomes of it when they break. */

static void
check_streams (Fixture *self, FakeReply reply, guint expected)
{
  g_autoptr (AmtProvAction) action = amt_prov_action_new (AMT_PROV_ACTION_GET_IDENTITY);
  g_autoptr (GError) error = NULL;

  self->device = fake_device_new (NULL, reply, NULL);
  make_channel (self, open_device, NULL, LONG);
  run_open (self->channel, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (self->opened, ==, 1);
  g_assert_cmpuint (count_entries (folder_of_sockets), ==, 1);
  /* The answer is of another class: what counts is that it came. */
  run_perform (self->channel, action, &error);
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL);
  g_assert_cmpuint (self->opened, ==, expected);
  amt_prov_channel_close (self->channel);
  g_assert_cmpuint (count_entries (folder_of_sockets), ==, 0);
  g_clear_error (&error);
  run_open (self->channel, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (self->opened, ==, expected + 1);
}

static void
test_one_stream (Fixture *self, gconstpointer data)
{
  check_streams (self, answer_general, 1);
}

static void
test_stream_for_each_connection (Fixture *self, gconstpointer data)
{
  check_streams (self, answer_and_close, 2);
}

/* ---- a stream that ends early ---- */

static GSocket *
wrap (int fd)
{
  g_autoptr (GError) error = NULL;
  GSocket *socket = g_socket_new_from_fd (fd, &error);

  g_assert_no_error (error);
  return socket;
}

static gboolean
open_pair (const char *uri, AmtProvOperation *operation, gpointer data, GError **error)
{
  Fixture *self = data;
  g_autoptr (GSocket) own = NULL;
  int pair[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
  own = wrap (pair[0]);
  g_clear_object (&self->machine);
  self->machine = wrap (pair[1]);
  g_clear_object (&self->stream);
  self->stream = G_IO_STREAM (g_socket_connection_factory_create_connection (own));
  self->opened++;
  amt_prov_operation_return_object (operation, G_OBJECT (self->stream));
  return TRUE;
}

static void
receive_some (Fixture *self)
{
  char buffer[16];
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_socket_receive (self->machine, buffer, sizeof buffer, NULL, &error), >, 0);
  g_assert_no_error (error);
}

/* The request is under way and its answer has begun. */
static gboolean
on_request (GSocket *machine, GIOCondition condition, gpointer data)
{
  static const char begun[] = "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n<a:Env";
  Fixture *self = data;

  receive_some (self);
  g_assert_cmpint (g_socket_send (machine, begun, strlen (begun), NULL, NULL), ==, strlen (begun));
  return G_SOURCE_REMOVE;
}

static gboolean
close_machine (GSocket *machine, GIOCondition condition, gpointer data)
{
  on_request (machine, condition, data);
  g_socket_close (machine, NULL);
  return G_SOURCE_REMOVE;
}

static gboolean
cancel_in_answer (GSocket *machine, GIOCondition condition, gpointer data)
{
  Fixture *self = data;

  on_request (machine, condition, data);
  later (self, cancel, self->cancellable);
  return G_SOURCE_REMOVE;
}

static gboolean
open_and_watch (Fixture *self,
                const char *uri,
                AmtProvOperation *operation,
                GSocketSourceFunc func,
                GError **error)
{
  g_autoptr (GSource) source = NULL;
  gboolean opened = open_pair (uri, operation, self, error);

  source = g_socket_create_source (self->machine, G_IO_IN, NULL);
  g_source_set_callback (source, G_SOURCE_FUNC (func), self, NULL);
  g_source_attach (source, self->context);
  return opened;
}

static gboolean
open_cut (const char *uri, AmtProvOperation *operation, gpointer data, GError **error)
{
  return open_and_watch (data, uri, operation, close_machine, error);
}

static gboolean
open_cancelled (const char *uri, AmtProvOperation *operation, gpointer data, GError **error)
{
  return open_and_watch (data, uri, operation, cancel_in_answer, error);
}

static void
test_cut (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  make_channel (self, open_cut, NULL, LONG);
  g_assert_false (run_open (self->channel, NULL, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONNECTION);
  g_assert_nonnull (strstr (error->message, "fake:127.0.0.1:16993"));
}

static void
test_cancelled_in_answer (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  make_channel (self, open_cancelled, NULL, LONG);
  g_assert_false (run_open (self->channel, self->cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* A stream that gives an error instead of an answer: the closed one is closed already. */
static gboolean
open_closed (const char *uri, AmtProvOperation *operation, gpointer data, GError **error)
{
  Fixture *self = data;
  gboolean opened = open_pair (uri, operation, self, error);

  g_io_stream_close (self->stream, NULL, NULL);
  return opened;
}

static void
test_broken_stream (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  make_channel (self, open_closed, NULL, LONG);
  g_assert_false (run_open (self->channel, NULL, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONNECTION);
  g_assert_nonnull (strstr (error->message, "fake:127.0.0.1:16993"));
  g_assert_nonnull (strstr (error->message, "closed"));
}

/* A machine that says why before it closes is heard to the end, though nothing can be written to it
 * any more. */
static gboolean
open_shut (const char *uri, AmtProvOperation *operation, gpointer data, GError **error)
{
  Fixture *self = data;
  gboolean opened = open_pair (uri, operation, self, error);
  g_autofree char *body = g_strnfill (60000, 'x');
  g_autofree char *refusal = g_strdup_printf (
      "HTTP/1.1 503 No\r\nContent-Length: 60000\r\nConnection: close\r\n\r\n%s", body);

  g_assert_cmpint (g_socket_send (self->machine, refusal, strlen (refusal), NULL, NULL), ==,
                   strlen (refusal));
  g_socket_close (self->machine, NULL);
  return opened;
}

static void
test_last_words (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  make_channel (self, open_shut, NULL, LONG);
  g_assert_false (run_open (self->channel, NULL, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL);
  g_assert_nonnull (strstr (error->message, "503"));
}

static gboolean
drop_channel (GSocket *machine, GIOCondition condition, gpointer data)
{
  amt_prov_channel_close (((Fixture *)data)->channel);
  return G_SOURCE_REMOVE;
}

static gboolean
open_dropped (const char *uri, AmtProvOperation *operation, gpointer data, GError **error)
{
  return open_and_watch (data, uri, operation, drop_channel, error);
}

static void
test_closed_in_request (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  make_channel (self, open_dropped, NULL, LONG);
  g_assert_false (run_open (self->channel, NULL, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONNECTION);
  settle (self);
  g_assert_true (g_io_stream_is_closed (self->stream));
}

/* ---- the socket between curl and us ---- */

/* Runs in another process: 0 when it was connected and then shut out. */
static int
intrude (const struct sockaddr_un *address)
{
  char byte;
  int fd = socket (AF_UNIX, SOCK_STREAM, 0);

  alarm (20); /* it must end even when nobody shuts it out */
  if (fd < 0 || connect (fd, (const struct sockaddr *)address, sizeof *address) != 0)
    return 1;
  return read (fd, &byte, 1) == 0 ? 0 : 2;
}

static void
intruder_ended (GPid pid, int status, gpointer data)
{
  *(int *)data = status;
}

static void
test_other_process (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = NULL;
  g_autoptr (GSource) watch = NULL;
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  GStatBuf entry;
  int status = -1;
  pid_t child;

  self->device = fake_device_new (NULL, answer_general, NULL);
  make_channel (self, open_device, NULL, LONG);
  run_open (self->channel, NULL, &error);
  g_assert_no_error (error);
  dir = g_dir_open (folder_of_sockets, 0, &error);
  g_assert_no_error (error);
  g_snprintf (address.sun_path, sizeof address.sun_path, "%s/%s", folder_of_sockets,
              g_dir_read_name (dir));
  g_assert_cmpint (g_stat (address.sun_path, &entry), ==, 0);
  g_assert_cmpint (entry.st_mode & 0777, ==, 0700);
  g_strlcat (address.sun_path, "/s", sizeof address.sun_path);
  child = fork ();
  if (child == 0)
    _exit (intrude (&address));
  watch = g_child_watch_source_new (child);
  g_source_set_callback (watch, G_SOURCE_FUNC (intruder_ended), &status, NULL);
  g_source_attach (watch, self->context);
  while (status == -1)
    g_main_context_iteration (self->context, TRUE);
  g_assert_cmpint (status, ==, 0);
  g_assert_cmpuint (self->opened, ==, 1);
}

static void
test_no_folder (void)
{
  if (g_test_subprocess ()) {
    Fixture self = {0};
    g_autoptr (GError) error = NULL;

    set_up (&self, NULL);
    make_channel (&self, open_pair, NULL, LONG);
    g_assert_false (run_open (self.channel, NULL, &error));
    g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_FAILED);
    g_assert_nonnull (strstr (error->message, "too long a name for a socket"));
    g_assert_cmpuint (count_entries (folder_of_sockets), ==, 0);
    g_assert_cmpint (g_rmdir (folder_of_sockets), ==, 0);
    g_clear_error (&error);
    g_assert_false (run_open (self.channel, NULL, &error));
    g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
    g_assert_cmpuint (self.opened, ==, 0);
    g_assert_cmpint (g_mkdir (folder_of_sockets, 0700), ==, 0);
    tear_down (&self, NULL);
    return;
  }
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
  g_test_trap_assert_passed ();
}

int
main (int argc, char **argv)
{
  transport_init (&argc, &argv);
  ADD ("/channel/stream/one-stream", test_one_stream);
  ADD ("/channel/stream/stream-for-each-connection", test_stream_for_each_connection);
  ADD ("/channel/stream/cut", test_cut);
  ADD ("/channel/stream/cancelled-in-answer", test_cancelled_in_answer);
  ADD ("/channel/stream/broken-stream", test_broken_stream);
  ADD ("/channel/stream/last-words", test_last_words);
  ADD ("/channel/stream/closed-in-request", test_closed_in_request);
  ADD ("/channel/stream/other-process", test_other_process);
  g_test_add_func ("/channel/stream/no-folder", test_no_folder);
  return transport_run ();
}
