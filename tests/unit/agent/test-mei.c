/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "caller.h"
#include "mei/mei-node.h"

/* The other end of mei:unix:, as docs/architecture.md defines it. */
typedef struct {
  Caller caller;
  char *folder;
  char *path;
  char *uri;
  int fd;
  GThread *thread;
  const int *errors; /* what connects are answered with, one after the other, and 0 at the end */
  guint connections;
  GAsyncQueue *go; /* what the other end waits for when it is told to pause */
} Fixture;

#define GUID    "\x28\x00\xf8\x12\xb7\xb4\x2d\x4b\xac\xa8\x46\xe0\xff\x65\x81\x4c"
#define LONGEST 16

static void
answer_connect (int fd, int error)
{
  guint8 answer[12] = {error, 0, 0, 0, LONGEST, 0, 0, 0, 1};
  guint8 request[64];

  g_assert_cmpint (recv (fd, request, sizeof request, 0), ==, 17);
  g_assert_cmpint (request[0], ==, 1);
  g_assert_cmpmem (request + 1, 16, GUID, 16);
  g_assert_cmpint (send (fd, answer, sizeof answer, MSG_NOSIGNAL), ==, sizeof answer);
}

/* Says each message back; "empty", "close", "hang" and "pause" are words of command. FALSE: all is
 * over */
static gboolean
serve (Fixture *self, int fd)
{
  char message[64];
  ssize_t length;

  while ((length = recv (fd, message, sizeof message, 0)) > 0) {
    g_autofree char *text = g_strndup (message, length);

    if (g_str_equal (text, "close"))
      return TRUE;
    if (g_str_equal (text, "end"))
      return FALSE;
    if (g_str_equal (text, "pause"))
      g_async_queue_pop (self->go);
    else if (!g_str_equal (text, "hang"))
      g_assert_cmpint (send (fd, message, g_str_equal (text, "empty") ? 0 : length, MSG_NOSIGNAL),
                       >=, 0);
  }
  return TRUE;
}

static gpointer
run (gpointer data)
{
  Fixture *self = data;
  gboolean more = TRUE;

  while (more) {
    int fd = accept (self->fd, NULL, NULL);
    const int *error = g_atomic_pointer_get (&self->errors);

    g_assert_cmpint (fd, >=, 0);
    self->connections++;
    answer_connect (fd, *error);
    /* The test may be over, and have taken the errors away. */
    if (*error != 0)
      g_atomic_pointer_compare_and_exchange (&self->errors, error, error + 1);
    else
      more = serve (self, fd);
    close (fd);
  }
  return NULL;
}

static void
set_up (Fixture *self, gconstpointer data)
{
  static const int none[] = {0};
  struct sockaddr_un address = {.sun_family = AF_UNIX};

  caller_set_up (&self->caller, NULL);
  self->errors = data != NULL ? data : none;
  self->go = g_async_queue_new ();
  self->folder = g_dir_make_tmp ("amtprov-mei-XXXXXX", NULL);
  self->path = g_build_filename (self->folder, "mei", NULL);
  self->uri = g_strconcat ("mei:unix:", self->path, NULL);
  g_strlcpy (address.sun_path, self->path, sizeof address.sun_path);
  self->fd = socket (AF_UNIX, SOCK_SEQPACKET, 0);
  g_assert_cmpint (bind (self->fd, (struct sockaddr *)&address, sizeof address), ==, 0);
  g_assert_cmpint (listen (self->fd, 5), ==, 0);
  self->thread = g_thread_new ("mei", run, self);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  static const int none[] = {0};
  g_autoptr (AmtProvMessageChannel) channel = NULL;
  g_autoptr (GBytes) end = g_bytes_new_static ("end", 3);

  g_atomic_pointer_set (&self->errors, none);
  channel = caller_open_well (&self->caller, self->uri);
  g_assert_true (caller_send (&self->caller, channel, end, NULL));
  g_thread_join (self->thread);
  close (self->fd);
  g_unlink (self->path);
  g_rmdir (self->folder);
  g_free (self->folder);
  g_free (self->path);
  g_free (self->uri);
  g_async_queue_unref (self->go);
  g_clear_object (&channel);
  caller_tear_down (&self->caller, NULL);
}

static void
test_messages (Fixture *self, gconstpointer data)
{
  g_autoptr (AmtProvMessageChannel) channel = caller_open_well (&self->caller, self->uri);
  g_autoptr (GBytes) longest = g_bytes_new_static ("0123456789abcdef!", LONGEST + 1);
  g_autofree char *once = caller_ask (&self->caller, channel, "once", NULL);
  g_autofree char *empty = caller_ask (&self->caller, channel, "empty", NULL);
  g_autofree char *again = caller_ask (&self->caller, channel, "0123456789abcdef", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (once, ==, "once");
  g_assert_cmpstr (empty, ==, "");
  g_assert_cmpstr (again, ==, "0123456789abcdef");
  g_assert_false (caller_send (&self->caller, channel, longest, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL);
  g_assert_nonnull (strstr (error->message, "17 bytes is longer than the 16 that the firmware"));
}

static void
test_ends (Fixture *self, gconstpointer data)
{
  g_autoptr (AmtProvMessageChannel) channel = caller_open_well (&self->caller, self->uri);
  g_autoptr (AmtProvMessageChannel) silent = NULL;
  g_autoptr (GBytes) hang = g_bytes_new_static ("hang", 4);
  g_autoptr (GError) error = NULL;

  g_assert_null (caller_ask (&self->caller, channel, "close", &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONNECTION);
  g_assert_nonnull (strstr (error->message, "the firmware has ended the connection"));
  g_clear_error (&error);
  silent = caller_open_well (&self->caller, self->uri);
  g_assert_true (caller_send (&self->caller, silent, hang, NULL));
  g_assert_null (caller_receive (&self->caller, silent, 1, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_TIMEOUT);
  g_clear_error (&error);
  amt_prov_message_channel_close (silent);
  g_assert_null (caller_ask (&self->caller, silent, "late", &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONNECTION);
}

/* Milliseconds until the context does something by itself, G_MAXINT: never. */
static int
look_ahead (GMainContext *context)
{
  GPollFD fds[8];
  int priority, timeout, n_fds;

  g_assert_true (g_main_context_acquire (context));
  g_main_context_prepare (context, &priority);
  n_fds = g_main_context_query (context, G_MAXINT, &timeout, fds, G_N_ELEMENTS (fds));
  g_main_context_check (context, priority, fds, n_fds);
  g_main_context_release (context);
  return timeout < 0 ? G_MAXINT : timeout;
}

/* The device takes no more for a while: it is waited for, and not tried again and again. */
static void
test_full (Fixture *self, gconstpointer data)
{
  g_autoptr (AmtProvMessageChannel) channel = caller_open_well (&self->caller, self->uri);
  g_autoptr (GBytes) pause = g_bytes_new_static ("pause", 5);
  g_autoptr (GBytes) hang = g_bytes_new_static ("hang", 4);
  g_autofree char *answer = NULL;
  gboolean sent = TRUE;

  g_assert_true (caller_send (&self->caller, channel, pause, NULL));
  while (sent)
    sent = caller_begin_send (&self->caller, channel, hang);
  g_assert_cmpint (look_ahead (self->caller.context), >, 1000);
  g_async_queue_push (self->go, self);
  g_assert_true (caller_end_send (&self->caller, channel, NULL));
  answer = caller_ask (&self->caller, channel, "after", NULL);
  g_assert_cmpstr (answer, ==, "after");
}

/* With the connection, what waits to be sent ends too. */
static void
test_ends_while_full (Fixture *self, gconstpointer data)
{
  g_autoptr (AmtProvMessageChannel) channel = caller_open_well (&self->caller, self->uri);
  g_autoptr (GBytes) close = g_bytes_new_static ("close", 5);
  g_autoptr (GBytes) pause = g_bytes_new_static ("pause", 5);
  g_autoptr (GError) error = NULL;

  g_assert_true (caller_send (&self->caller, channel, pause, NULL));
  while (caller_begin_send (&self->caller, channel, close))
    ;
  g_async_queue_push (self->go, self);
  g_assert_false (caller_end_send (&self->caller, channel, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONNECTION);
}

static void
test_busy (Fixture *self, gconstpointer data)
{
  g_autoptr (AmtProvMessageChannel) channel = caller_open_well (&self->caller, self->uri);
  g_autofree char *answer = caller_ask (&self->caller, channel, "now", NULL);

  g_assert_cmpstr (answer, ==, "now");
  g_assert_cmpuint (self->connections, ==, 4);
}

static void
test_unknown (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (caller_open (&self->caller, self->uri, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_SUPPORTED);
  g_assert_nonnull (strstr (error->message, "no client 12f80028-b4b7-4b2d-aca8-46e0ff65814c"));
  g_assert_cmpuint (self->connections, ==, 1);
}

static void
test_missing (Caller *self, gconstpointer data)
{
  static const struct {
    const char *uri;
    const char *why;
  } missing[] = {
      {"mei:unix:/nowhere/mei", "unix:/nowhere/mei does not exist; is the simulator"},
      {"mei:/nowhere/mei9", "/nowhere/mei9 does not exist: the machine has no Intel ME, or"},
      {"mei:/dev/null", "/dev/null: the firmware has no client"},
      {"mei:/", "/ cannot be opened: Is a directory"},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (missing); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (caller_open (self, missing[i].uri, &error));
    g_assert_nonnull (error);
    g_assert_nonnull (strstr (error->message, missing[i].why));
  }
}

/* A client that is busy for ever is given up. */
static void
test_waits (void)
{
  static const int errors[] = {EBUSY, ENODEV};
  MeiNode node = {.path = (char *)"/dev/mei0", .fd = -1, .connecting = TRUE};

  for (gsize i = 0; i < G_N_ELEMENTS (errors); i++) {
    g_autoptr (GError) error = NULL;
    guint tries = 0;

    node.error = errors[i];
    while (amt_prov_mei_node_get_wait (&node, tries) > 0)
      tries++;
    g_assert_cmpuint (tries, >, 3);
    g_assert_cmpuint (tries, <, 10);
    g_assert_cmpuint (amt_prov_mei_node_get_wait (&node, 1000), ==, 0);
    error = amt_prov_mei_node_make_error (&node, "GUID");
    g_assert_error (error, AMT_PROV_ERROR,
                    (errors[i] == EBUSY ? AMT_PROV_ERROR_CONFLICT : AMT_PROV_ERROR_CONNECTION));
  }
  node.error = EACCES;
  g_assert_cmpuint (amt_prov_mei_node_get_wait (&node, 0), ==, 0);
}

int
main (int argc, char **argv)
{
  static const int busy[] = {EBUSY, ENODEV, EBUSY, 0};
  static const int unknown[] = {ENOTTY, 0};

  g_test_init (&argc, &argv, NULL);
  g_test_add ("/mei/messages", Fixture, NULL, set_up, test_messages, tear_down);
  g_test_add ("/mei/ends", Fixture, NULL, set_up, test_ends, tear_down);
  g_test_add ("/mei/full", Fixture, NULL, set_up, test_full, tear_down);
  g_test_add ("/mei/ends-while-full", Fixture, NULL, set_up, test_ends_while_full, tear_down);
  g_test_add ("/mei/busy", Fixture, busy, set_up, test_busy, tear_down);
  g_test_add ("/mei/unknown", Fixture, unknown, set_up, test_unknown, tear_down);
  g_test_add ("/mei/missing", Caller, NULL, caller_set_up, test_missing, caller_tear_down);
  g_test_add_func ("/mei/waits", test_waits);
  return g_test_run ();
}
