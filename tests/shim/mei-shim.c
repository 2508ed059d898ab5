/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Preloaded, it makes /dev/mei0 a connection to the socket in AMTPROV_MEI_SOCKET, so that a client
 * of the MEI driver runs as it is, with its real system calls, against a simulated machine. What a
 * socket does otherwise than the driver (heci.md §1.2) is mended here; poll() is the socket's. The
 * machine may have a host name of its own, in AMTPROV_MEI_HOSTNAME. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/mei.h>

#define DEVICE      "/dev/mei0"
#define VARIABLE    "AMTPROV_MEI_SOCKET"
#define NAME        "AMTPROV_MEI_HOSTNAME"
#define EXPORT      __attribute__ ((visibility ("default")))
#define MAX_FD      1024
#define MAX_MESSAGE 65536
/* What the driver grants the firmware to answer a connect. */
#define CONNECT_SECONDS 15

typedef enum {
  NOT_OURS,
  UNCONNECTED,
  CONNECTED,
} State;

/* The connect record (docs/man/amtprov-sim.1); numbers are little-endian, as this machine's. */
typedef struct __attribute__ ((packed)) {
  uint8_t op;
  uint8_t guid[16];
} Request;

typedef struct __attribute__ ((packed)) {
  int32_t error;
  uint32_t max_msg_length;
  uint8_t protocol_version;
  uint8_t reserved[3];
} Answer;

/* A descriptor is used by one thread at a time, as with the driver. */
static struct {
  _Atomic State state;
  uint32_t max_msg_length;
  size_t offset; /* what was read already of the message that waits */
} nodes[MAX_FD];

static State
state_of (int fd)
{
  return fd >= 0 && fd < MAX_FD ? nodes[fd].state : NOT_OURS;
}

static int
fail (int error)
{
  errno = error;
  return -1;
}

/* Where the peer has gone the driver says that the device has. */
static int
fail_as_device (void)
{
  return fail (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN ? ENODEV : errno);
}

static int
open_node (int flags)
{
  const char *path = getenv (VARIABLE);
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int fd;

  strncpy (address.sun_path, path, sizeof address.sun_path - 1);
  fd = socket (AF_UNIX, SOCK_SEQPACKET | ((flags & O_CLOEXEC) != 0 ? SOCK_CLOEXEC : 0), 0);
  if (fd < 0)
    return -1;
  if (fd >= MAX_FD || connect (fd, (struct sockaddr *)&address, sizeof address) < 0) {
    close (fd);
    return fail (fd >= MAX_FD ? EMFILE : ENODEV);
  }
  if ((flags & O_NONBLOCK) != 0)
    fcntl (fd, F_SETFL, O_NONBLOCK);
  nodes[fd].state = UNCONNECTED;
  nodes[fd].offset = 0;
  return fd;
}

static int
is_device (const char *path)
{
  return path != NULL && strcmp (path, DEVICE) == 0 && getenv (VARIABLE) != NULL;
}

static mode_t
take_mode (int flags, va_list arguments)
{
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg (arguments, mode_t) : 0;
}

#define NEXT(name) ((__typeof__ (&name))dlsym (RTLD_NEXT, #name))

#define DEFINE_OPEN(name)                                                                          \
  EXPORT int name (const char *path, int flags, ...)                                               \
  {                                                                                                \
    va_list arguments;                                                                             \
    mode_t mode;                                                                                   \
                                                                                                   \
    va_start (arguments, flags);                                                                   \
    mode = take_mode (flags, arguments);                                                           \
    va_end (arguments);                                                                            \
    return is_device (path) ? open_node (flags) : NEXT (name) (path, flags, mode);                 \
  }

#define DEFINE_OPENAT(name)                                                                        \
  EXPORT int name (int folder, const char *path, int flags, ...)                                   \
  {                                                                                                \
    va_list arguments;                                                                             \
    mode_t mode;                                                                                   \
                                                                                                   \
    va_start (arguments, flags);                                                                   \
    mode = take_mode (flags, arguments);                                                           \
    va_end (arguments);                                                                            \
    return is_device (path) ? open_node (flags) : NEXT (name) (folder, path, flags, mode);         \
  }

/* What a fortified build calls instead when the flags need no mode. */
#define DEFINE_OPEN_2(name)                                                                        \
  EXPORT int name (const char *path, int flags);                                                   \
  EXPORT int name (const char *path, int flags)                                                    \
  {                                                                                                \
    return is_device (path) ? open_node (flags) : NEXT (name) (path, flags);                       \
  }

#define DEFINE_OPENAT_2(name)                                                                      \
  EXPORT int name (int folder, const char *path, int flags);                                       \
  EXPORT int name (int folder, const char *path, int flags)                                        \
  {                                                                                                \
    return is_device (path) ? open_node (flags) : NEXT (name) (folder, path, flags);               \
  }

DEFINE_OPEN (open)
DEFINE_OPEN (open64)
DEFINE_OPENAT (openat)
DEFINE_OPENAT (openat64)
DEFINE_OPEN_2 (__open_2)
DEFINE_OPEN_2 (__open64_2)
DEFINE_OPENAT_2 (__openat_2)
DEFINE_OPENAT_2 (__openat64_2)

EXPORT int
close (int fd)
{
  if (state_of (fd) != NOT_OURS)
    nodes[fd].state = NOT_OURS;
  return NEXT (close) (fd);
}

static int
connect_client (int fd, struct mei_connect_client_data *data)
{
  Request request = {.op = 1};
  Answer answer;
  struct pollfd wait = {.fd = fd, .events = POLLIN};

  if (nodes[fd].state == CONNECTED)
    return fail (EBUSY);
  memcpy (request.guid, &data->in_client_uuid, sizeof request.guid);
  if (send (fd, &request, sizeof request, MSG_NOSIGNAL) < 0)
    return fail_as_device ();
  if (poll (&wait, 1, CONNECT_SECONDS * 1000) == 0)
    return fail (ETIME);
  if (recv (fd, &answer, sizeof answer, 0) != sizeof answer)
    return fail (ENODEV);
  if (answer.error != 0)
    return fail (answer.error);
  nodes[fd].max_msg_length = answer.max_msg_length;
  nodes[fd].state = CONNECTED;
  data->out_client_properties.max_msg_length = answer.max_msg_length;
  data->out_client_properties.protocol_version = answer.protocol_version;
  return 0;
}

EXPORT int
ioctl (int fd, unsigned long request, ...)
{
  va_list arguments;
  void *argument;

  va_start (arguments, request);
  argument = va_arg (arguments, void *);
  va_end (arguments);
  if (state_of (fd) == NOT_OURS)
    return NEXT (ioctl) (fd, request, argument);
  return request == IOCTL_MEI_CONNECT_CLIENT ? connect_client (fd, argument) : fail (ENOTTY);
}

EXPORT ssize_t
write (int fd, const void *data, size_t length)
{
  ssize_t sent;

  if (state_of (fd) == NOT_OURS)
    return NEXT (write) (fd, data, length);
  if (nodes[fd].state != CONNECTED)
    return fail (ENODEV);
  if (length > nodes[fd].max_msg_length)
    return fail (EFBIG);
  if (length == 0)
    return 0;
  sent = send (fd, data, length, MSG_NOSIGNAL);
  return sent < 0 ? fail_as_device () : sent;
}

/* Nothing was received: an empty message, or the end of the connection? */
static int
has_ended (int fd)
{
  struct pollfd look = {.fd = fd};

  return poll (&look, 1, 0) == 1 && (look.revents & POLLHUP) != 0;
}

static ssize_t
read_node (int fd, void *data, size_t length)
{
  char whole[MAX_MESSAGE];
  ssize_t size = recv (fd, whole, sizeof whole, MSG_PEEK);
  size_t part;

  if (size < 0)
    return fail_as_device ();
  if (size == 0 && has_ended (fd))
    return fail (ENODEV);
  part = (size_t)size - nodes[fd].offset;
  if (part > length)
    part = length;
  memcpy (data, whole + nodes[fd].offset, part);
  nodes[fd].offset += part;
  /* A buffer that is too short gets the first part, and the rest stays for the next read. */
  if (nodes[fd].offset == (size_t)size) {
    recv (fd, whole, sizeof whole, 0);
    nodes[fd].offset = 0;
  }
  return (ssize_t)part;
}

EXPORT ssize_t
read (int fd, void *data, size_t length)
{
  if (state_of (fd) == NOT_OURS)
    return NEXT (read) (fd, data, length);
  return nodes[fd].state == CONNECTED ? read_node (fd, data, length) : fail (ENODEV);
}

/* What a fortified build calls instead; the check of the buffer is the caller's. */
EXPORT ssize_t __read_chk (int fd, void *data, size_t length, size_t size);

EXPORT ssize_t
__read_chk (int fd, void *data, size_t length, size_t size)
{
  if (state_of (fd) == NOT_OURS)
    return NEXT (__read_chk) (fd, data, length, size);
  return read (fd, data, length < size ? length : size);
}

EXPORT int
gethostname (char *name, size_t size)
{
  const char *own = getenv (NAME);

  if (own == NULL)
    return NEXT (gethostname) (name, size);
  if (strlen (own) >= size)
    return fail (ENAMETOOLONG);
  strcpy (name, own);
  return 0;
}
