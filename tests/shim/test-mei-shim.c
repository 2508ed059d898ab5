/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The preloaded shim against a scripted peer: a client sees what the MEI driver would show it. */
#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/mei.h>

#define DEVICE "/dev/mei0"

static const guint8 amthi[16] = {0x28, 0x00, 0xf8, 0x12, 0xb7, 0xb4, 0x2d, 0x4b,
                                 0xac, 0xa8, 0x46, 0xe0, 0xff, 0x65, 0x81, 0x4c};
/* errno 0, 20 bytes at most, version 1 */
static const guint8 accepted[12] = {0, 0, 0, 0, 20, 0, 0, 0, 1, 0, 0, 0};

typedef void (*ServeFunc) (int fd);

/* A peer that runs a script for each test, on a connection that the client makes. */
typedef struct {
  char *folder;
  char *path;
  GSocket *listener;
  ServeFunc serve;
  GThread *thread;
} Peer;

static gpointer
run_peer (gpointer data)
{
  Peer *peer = data;
  g_autoptr (GSocket) socket = g_socket_accept (peer->listener, NULL, NULL);

  g_assert_nonnull (socket);
  fcntl (g_socket_get_fd (socket), F_SETFL, 0);
  peer->serve (g_socket_get_fd (socket));
  return NULL;
}

static void
peer_start (Peer *peer, ServeFunc serve)
{
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GError) error = NULL;

  peer->folder = g_dir_make_tmp ("amtprov-mei-XXXXXX", &error);
  g_assert_no_error (error);
  peer->path = g_build_filename (peer->folder, "mei", NULL);
  peer->listener = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_SEQPACKET,
                                 G_SOCKET_PROTOCOL_DEFAULT, &error);
  g_assert_no_error (error);
  address = g_unix_socket_address_new (peer->path);
  g_socket_bind (peer->listener, address, FALSE, &error);
  g_assert_no_error (error);
  g_socket_listen (peer->listener, &error);
  g_assert_no_error (error);
  g_setenv ("AMTPROV_MEI_SOCKET", peer->path, TRUE);
  peer->serve = serve;
  peer->thread = g_thread_new ("peer", run_peer, peer);
}

static void
peer_stop (Peer *peer)
{
  g_thread_join (peer->thread);
  g_object_unref (peer->listener);
  g_unsetenv ("AMTPROV_MEI_SOCKET");
  g_unlink (peer->path);
  g_rmdir (peer->folder);
  g_free (peer->path);
  g_free (peer->folder);
}

/* Takes what the client sends, which must be these bytes. */
static void
expect (int fd, gconstpointer data, gsize length)
{
  guint8 got[100];
  gssize size = recv (fd, got, sizeof got, 0);

  g_assert_cmpmem (got, size, data, length);
}

static void
answer (int fd, gconstpointer data, gsize length)
{
  g_assert_cmpint (send (fd, data, length, MSG_NOSIGNAL), ==, length);
}

static void
accept_connect (int fd)
{
  guint8 request[17] = {1};

  memcpy (request + 1, amthi, sizeof amthi);
  expect (fd, request, sizeof request);
  answer (fd, accepted, sizeof accepted);
}

static void
wait_for_end (int fd)
{
  guint8 byte;

  g_assert_cmpint (recv (fd, &byte, 1, 0), ==, 0);
}

static int
connect_amthi (int fd, struct mei_connect_client_data *data)
{
  memset (data, 0, sizeof *data);
  memcpy (&data->in_client_uuid, amthi, sizeof amthi);
  return ioctl (fd, IOCTL_MEI_CONNECT_CLIENT, data);
}

static int
open_amthi (int flags)
{
  struct mei_connect_client_data data;
  int fd = open (DEVICE, O_RDWR | flags);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (connect_amthi (fd, &data), ==, 0);
  g_assert_cmpuint (data.out_client_properties.max_msg_length, ==, 20);
  g_assert_cmpuint (data.out_client_properties.protocol_version, ==, 1);
  return fd;
}

#define assert_fails(call, error)                                                                  \
  G_STMT_START                                                                                     \
  {                                                                                                \
    errno = 0;                                                                                     \
    g_assert_cmpint (call, ==, -1);                                                                \
    g_assert_cmpint (errno, ==, error);                                                            \
  }                                                                                                \
  G_STMT_END

static void
serve_one_exchange (int fd)
{
  accept_connect (fd);
  expect (fd, "ask", 3);
  answer (fd, "answer", 6);
  wait_for_end (fd);
}

static void
test_exchange (void)
{
  Peer peer;
  struct mei_connect_client_data data;
  struct pollfd wait;
  char bytes[20];
  int fd;

  peer_start (&peer, serve_one_exchange);
  fd = open_amthi (0);
  assert_fails (connect_amthi (fd, &data), EBUSY);
  assert_fails (ioctl (fd, FIONREAD, &data), ENOTTY);
  g_assert_cmpint (write (fd, "", 0), ==, 0);
  assert_fails (write (fd, "longer than it may be", 21), EFBIG);
  g_assert_cmpint (write (fd, "ask", 3), ==, 3);
  wait = (struct pollfd){fd, POLLIN, 0};
  g_assert_cmpint (poll (&wait, 1, -1), ==, 1);
  g_assert_cmpint (wait.revents, ==, POLLIN);
  g_assert_cmpint (read (fd, bytes, sizeof bytes), ==, 6);
  g_assert_cmpmem (bytes, 6, "answer", 6);
  close (fd);
  peer_stop (&peer);
}

static void
test_split_read (void)
{
  Peer peer;
  struct pollfd wait;
  char bytes[20];
  int fd;

  peer_start (&peer, serve_one_exchange);
  fd = open_amthi (0);
  g_assert_cmpint (write (fd, "ask", 3), ==, 3);
  g_assert_cmpint (read (fd, bytes, 4), ==, 4);
  wait = (struct pollfd){fd, POLLIN, 0};
  g_assert_cmpint (poll (&wait, 1, 0), ==, 1);
  g_assert_cmpint (read (fd, bytes + 4, 16), ==, 2);
  g_assert_cmpmem (bytes, 6, "answer", 6);
  g_assert_cmpint (poll (&wait, 1, 0), ==, 0);
  close (fd);
  peer_stop (&peer);
}

static void
serve_silence (int fd)
{
  accept_connect (fd);
  wait_for_end (fd);
}

static void
test_no_message (void)
{
  Peer peer;
  char byte;
  int fd;

  peer_start (&peer, serve_silence);
  fd = open_amthi (O_NONBLOCK | O_CLOEXEC);
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, FD_CLOEXEC);
  assert_fails (read (fd, &byte, 1), EAGAIN);
  close (fd);
  peer_stop (&peer);
}

static void
serve_empty_message (int fd)
{
  accept_connect (fd);
  expect (fd, "ask", 3);
  answer (fd, "", 0);
  expect (fd, "more", 4);
  answer (fd, "yes", 3);
  wait_for_end (fd);
}

/* AMT is disabled: an empty message, and the connection stays. */
static void
test_empty_message (void)
{
  Peer peer;
  char bytes[20];
  int fd;

  peer_start (&peer, serve_empty_message);
  fd = open_amthi (0);
  g_assert_cmpint (write (fd, "ask", 3), ==, 3);
  g_assert_cmpint (read (fd, bytes, sizeof bytes), ==, 0);
  g_assert_cmpint (write (fd, "more", 4), ==, 4);
  g_assert_cmpint (read (fd, bytes, sizeof bytes), ==, 3);
  close (fd);
  peer_stop (&peer);
}

static void
serve_reset (int fd)
{
  accept_connect (fd);
  expect (fd, "ask", 3);
  shutdown (fd, SHUT_RDWR);
}

static void
test_reset (void)
{
  Peer peer;
  struct pollfd wait;
  char byte;
  int fd;

  peer_start (&peer, serve_reset);
  fd = open_amthi (0);
  g_assert_cmpint (write (fd, "ask", 3), ==, 3);
  assert_fails (read (fd, &byte, 1), ENODEV);
  wait = (struct pollfd){fd, POLLIN, 0};
  g_assert_cmpint (poll (&wait, 1, 0), ==, 1);
  g_assert_cmpint (wait.revents & POLLHUP, ==, POLLHUP);
  assert_fails (write (fd, "ask", 3), ENODEV);
  close (fd);
  peer_stop (&peer);
}

static void
serve_refusals (int fd)
{
  const gint32 errors[] = {ENOTTY, EBUSY, 0};

  for (gsize i = 0; i < G_N_ELEMENTS (errors); i++) {
    guint8 record[17];
    guint8 reply[12] = {(guint8)errors[i], 0, 0, 0, 20, 0, 0, 0, 1};

    g_assert_cmpint (recv (fd, record, sizeof record, 0), ==, sizeof record);
    answer (fd, reply, sizeof reply);
  }
  wait_for_end (fd);
}

static void
test_refused_connect (void)
{
  Peer peer;
  struct mei_connect_client_data data;
  char byte;
  int fd;

  peer_start (&peer, serve_refusals);
  fd = open (DEVICE, O_RDWR);
  assert_fails (write (fd, "ask", 3), ENODEV);
  assert_fails (read (fd, &byte, 1), ENODEV);
  assert_fails (connect_amthi (fd, &data), ENOTTY);
  assert_fails (connect_amthi (fd, &data), EBUSY);
  g_assert_cmpint (connect_amthi (fd, &data), ==, 0);
  close (fd);
  peer_stop (&peer);
}

static void
serve_end (int fd)
{
  wait_for_end (fd);
}

/* All the names that a build may call to open a file. */
static void
test_every_open (void)
{
  extern int __open_2 (const char *, int);
  extern int __open64_2 (const char *, int);
  extern int __openat_2 (int, const char *, int);
  extern int __openat64_2 (int, const char *, int);

  for (guint i = 0; i < 8; i++) {
    Peer peer;
    int fd = -1;

    peer_start (&peer, serve_end);
    switch (i) {
    case 0:
      fd = open (DEVICE, O_RDWR);
      break;
    case 1:
      fd = open64 (DEVICE, O_RDWR);
      break;
    case 2:
      fd = openat (AT_FDCWD, DEVICE, O_RDWR);
      break;
    case 3:
      fd = openat64 (AT_FDCWD, DEVICE, O_RDWR);
      break;
    case 4:
      fd = __open_2 (DEVICE, O_RDWR);
      break;
    case 5:
      fd = __open64_2 (DEVICE, O_RDWR);
      break;
    case 6:
      fd = __openat_2 (AT_FDCWD, DEVICE, O_RDWR);
      break;
    default:
      fd = __openat64_2 (AT_FDCWD, DEVICE, O_RDWR);
    }
    g_assert_cmpint (fd, >=, 0);
    close (fd);
    peer_stop (&peer);
  }
}

/* Other files, and all files when the variable is not set, are the system's. */
static void
test_other_files (void)
{
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;
  int fd = g_file_open_tmp (NULL, &path, &error);
  char bytes[4];

  g_assert_no_error (error);
  g_assert_cmpint (write (fd, "text", 4), ==, 4);
  close (fd);
  g_setenv ("AMTPROV_MEI_SOCKET", "/nowhere", TRUE);
  fd = open (path, O_RDONLY);
  g_assert_cmpint (read (fd, bytes, 4), ==, 4);
  close (fd);
  g_unlink (path);
  assert_fails (open (DEVICE, O_RDWR), ENODEV);
  assert_fails (open ("/dev/mei-other", O_RDWR), ENOENT);
  g_unsetenv ("AMTPROV_MEI_SOCKET");
}

static void
test_host_name (void)
{
  char before[100], name[100];

  g_assert_cmpint (gethostname (before, sizeof before), ==, 0);
  g_setenv ("AMTPROV_MEI_HOSTNAME", "pc-1.example.com", TRUE);
  g_assert_cmpint (gethostname (name, sizeof name), ==, 0);
  g_assert_cmpstr (name, ==, "pc-1.example.com");
  assert_fails (gethostname (name, 16), ENAMETOOLONG);
  g_unsetenv ("AMTPROV_MEI_HOSTNAME");
  g_assert_cmpint (gethostname (name, sizeof name), ==, 0);
  g_assert_cmpstr (name, ==, before);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/shim/exchange", test_exchange);
  g_test_add_func ("/shim/split-read", test_split_read);
  g_test_add_func ("/shim/no-message", test_no_message);
  g_test_add_func ("/shim/empty-message", test_empty_message);
  g_test_add_func ("/shim/reset", test_reset);
  g_test_add_func ("/shim/refused-connect", test_refused_connect);
  g_test_add_func ("/shim/every-open", test_every_open);
  g_test_add_func ("/shim/other-files", test_other_files);
  g_test_add_func ("/shim/host-name", test_host_name);
  return g_test_run ();
}
