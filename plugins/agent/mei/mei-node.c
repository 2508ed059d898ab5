/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mei-node.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* After sys/ioctl.h, which it needs and does not include. */
#include <linux/mei.h>

#define SOCKET_PREFIX "unix:"

/* The driver's own limit for a connect. */
#define CONNECT_MS 15000

/* The connect record of a socket that stands for a device file (docs/man/amtprov-sim.1). */
#define CONNECT 1

typedef struct __attribute__ ((packed)) {
  guint8 op;
  guint8 guid[AMT_PROV_UUID_LENGTH];
} ConnectRequest;

typedef struct __attribute__ ((packed)) {
  gint32 error;
  guint32 max_length;
  guint8 version;
  guint8 reserved[3];
} ConnectAnswer;

/* EBUSY is normal while another program talks to AMTHI, and ENODEV while the firmware resets
 * (heci.md §1.2). */
static const guint16 busy_waits[] = {100, 200, 400, 800, 1500, 2000, 0};
static const guint16 reset_waits[] = {50, 100, 200, 300, 500, 1000, 2000, 0};

static int
open_socket (const char *path)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int fd;

  if (g_strlcpy (address.sun_path, path, sizeof address.sun_path) >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  fd = socket (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd >= 0 && connect (fd, (struct sockaddr *)&address, sizeof address) < 0) {
    int error = errno;

    close (fd);
    errno = error;
    return -1;
  }
  return fd;
}

static int
connect_socket (int fd, const guint8 *guid, MeiNode *self)
{
  ConnectRequest request = {.op = CONNECT};
  ConnectAnswer answer;
  struct pollfd wait = {.fd = fd, .events = POLLIN};

  memcpy (request.guid, guid, sizeof request.guid);
  if (send (fd, &request, sizeof request, MSG_NOSIGNAL) < 0)
    return errno;
  if (poll (&wait, 1, CONNECT_MS) == 0)
    return ETIME;
  if (recv (fd, &answer, sizeof answer, 0) != sizeof answer)
    return ENODEV;
  self->max_length = GUINT32_FROM_LE (answer.max_length);
  self->version = answer.version;
  return GINT32_FROM_LE (answer.error);
}

static int
connect_device (int fd, const guint8 *guid, MeiNode *self)
{
  struct mei_connect_client_data data;

  memcpy (&data.in_client_uuid, guid, AMT_PROV_UUID_LENGTH);
  if (ioctl (fd, IOCTL_MEI_CONNECT_CLIENT, &data) < 0)
    return errno;
  self->max_length = data.out_client_properties.max_msg_length;
  self->version = data.out_client_properties.protocol_version;
  return 0;
}

static void
open_node (MeiNode *self, const char *path, const guint8 *guid)
{
  const char *socket_path =
      g_str_has_prefix (path, SOCKET_PREFIX) ? path + strlen (SOCKET_PREFIX) : NULL;

  g_free (self->path);
  self->path = g_strdup (path);
  self->fd = socket_path != NULL ? open_socket (socket_path)
                                 : open (path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
  self->error = self->fd < 0 ? errno : 0;
  self->connecting = self->fd >= 0;
  if (self->fd >= 0)
    self->error = socket_path != NULL ? connect_socket (self->fd, guid, self)
                                      : connect_device (self->fd, guid, self);
  if (self->error == 0 || self->fd < 0)
    return;
  close (self->fd);
  self->fd = -1;
}

MeiNode *
amt_prov_mei_node_open (const char *const *paths, const guint8 *guid)
{
  MeiNode *self = g_new0 (MeiNode, 1);

  for (gsize i = 0; paths[i] != NULL; i++) {
    open_node (self, paths[i], guid);
    if (self->connecting || self->error != ENOENT)
      return self;
  }
  g_free (self->path);
  self->path = g_strdup (paths[0]);
  return self;
}

void
amt_prov_mei_node_free (MeiNode *self)
{
  if (self->fd >= 0)
    close (self->fd);
  g_free (self->path);
  g_free (self);
}

guint
amt_prov_mei_node_get_wait (const MeiNode *self, guint tries)
{
  const guint16 *waits = self->error == EBUSY    ? busy_waits
                         : self->error == ENODEV ? reset_waits
                                                 : NULL;

  if (waits == NULL)
    return 0;
  while (tries > 0 && *waits != 0) {
    waits++;
    tries--;
  }
  return *waits;
}

GError *
amt_prov_mei_node_make_error (const MeiNode *self, const char *guid)
{
  switch (self->error) {
  case ENOENT:
    if (g_str_has_prefix (self->path, SOCKET_PREFIX))
      return g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_FOUND,
                          "%s does not exist; is the simulator running?", self->path);
    return g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_FOUND,
                        "%s does not exist: the machine has no Intel ME, or its driver is not "
                        "loaded (modprobe mei_me)",
                        self->path);
  case EACCES:
  case EPERM:
    return g_error_new (G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED,
                        "%s may not be opened: run as root, or as a user whom a udev rule allows",
                        self->path);
  case ENOTTY:
    return g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_SUPPORTED,
                        "%s: the firmware has no client %s", self->path, guid);
  case EBUSY:
    return g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_CONFLICT,
                        "%s: another program has kept the firmware client %s busy; stop it (lms, "
                        "another agent) or try again later",
                        self->path, guid);
  case ENODEV:
    return g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_CONNECTION,
                        "%s: the firmware is resetting and has not come back; try again later",
                        self->path);
  case ECONNREFUSED:
    return g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_CONNECTION,
                        "%s: nobody listens there; is the simulator running?", self->path);
  default:
    return g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_CONNECTION, "%s cannot be %s: %s",
                        self->path, self->connecting ? "connected" : "opened",
                        g_strerror (self->error));
  }
}
