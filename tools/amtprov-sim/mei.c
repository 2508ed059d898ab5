/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The MEI driver and the ME behind it, as a socket: SOCK_SEQPACKET keeps the borders of messages. A
 * connection begins with the connect record, request {op 1, GUID}, answer {errno, max_msg_length,
 * protocol_version}; then come messages. */
#include "mei.h"
#include "mei-firmware.h"
#include "wsman.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CONNECT          1
#define CONNECT_BYTES    (1 + AMT_PROV_UUID_LENGTH)
#define ANSWER_BYTES     12
#define PROTOCOL_VERSION 1
/* Too small for any request. */
#define SMALL_MESSAGE 3
#define PADDED_BYTES  512
/* A client that reads nothing must not hold up the others. */
#define SEND_FLAGS (MSG_NOSIGNAL | MSG_DONTWAIT)

typedef struct {
  SimMei *mei;
  SimModel *model;
  char *path;
  int fd;
  GSource *source;
  GPtrArray *peers; /* of Peer */
} Node;

typedef struct {
  Node *node;
  int fd;
  GSource *source;
  gboolean connected;
  AmtProvHeciClient client;
} Peer;

struct _SimMei {
  SimNet *net;
  GPtrArray *nodes; /* of Node */
};

static void
drop (int fd, GSource *source)
{
  if (source != NULL) {
    g_source_destroy (source);
    g_source_unref (source);
  }
  if (fd >= 0)
    close (fd);
}

static void
peer_free (gpointer data)
{
  Peer *self = data;

  drop (self->fd, self->source);
  g_free (self);
}

static void
node_free (gpointer data)
{
  Node *self = data;

  g_ptr_array_unref (self->peers);
  if (self->source != NULL)
    unlink (self->path);
  drop (self->fd, self->source);
  g_free (self->path);
  g_free (self);
}

SimMei *
sim_mei_new (SimNet *net)
{
  SimMei *self = g_new0 (SimMei, 1);

  self->net = net;
  self->nodes = g_ptr_array_new_with_free_func (node_free);
  return self;
}

void
sim_mei_free (SimMei *self)
{
  g_ptr_array_unref (self->nodes);
  g_free (self);
}

/* AMTHI serves one user at a time (heci.md §1.2). */
static gboolean
is_busy (Node *node)
{
  for (guint i = 0; i < node->peers->len; i++) {
    Peer *peer = node->peers->pdata[i];

    if (peer->connected && peer->client == AMT_PROV_HECI_CLIENT_PTHI)
      return TRUE;
  }
  return FALSE;
}

static gboolean
find_client (const guint8 *guid, AmtProvHeciClient *client)
{
  for (guint i = AMT_PROV_HECI_CLIENT_PTHI; i <= AMT_PROV_HECI_CLIENT_MKHI; i++) {
    guint8 wire[AMT_PROV_UUID_LENGTH];

    amt_prov_uuid_to_wire (amt_prov_heci_client_get_guid (i), wire);
    if (memcmp (wire, guid, sizeof wire) == 0) {
      *client = i;
      return TRUE;
    }
  }
  return FALSE;
}

/* The errno that the driver gives for a connect. */
static int
connect_client (Peer *peer, const guint8 *guid)
{
  SimModel *model = peer->node->model;
  const char *name;

  if (!find_client (guid, &peer->client))
    return ENOTTY;
  name = sim_mei_client_name (peer->client);
  if (sim_find_fault (model, SIM_FAULT_MEI_UNKNOWN, name) != NULL)
    return ENOTTY;
  if (sim_find_fault (model, SIM_FAULT_MEI_BUSY, name) != NULL ||
      (peer->client == AMT_PROV_HECI_CLIENT_PTHI && is_busy (peer->node)))
    return EBUSY;
  peer->connected = TRUE;
  return 0;
}

static void
put_u32 (guint8 *data, guint32 number)
{
  number = GUINT32_TO_LE (number);
  memcpy (data, &number, sizeof number);
}

/* A refused connect may be tried again on the same descriptor. */
static gboolean
answer_connect (Peer *peer, const guint8 *data, gsize length)
{
  guint8 answer[ANSWER_BYTES] = {0};
  guint32 most = AMT_PROV_HECI_MAX_MESSAGE;

  if (length != CONNECT_BYTES || data[0] != CONNECT)
    return FALSE;
  put_u32 (answer, (guint32)connect_client (peer, data + 1));
  if (peer->connected && sim_find_fault (peer->node->model, SIM_FAULT_MEI_SMALL,
                                         sim_mei_client_name (peer->client)) != NULL)
    most = SMALL_MESSAGE;
  put_u32 (answer + 4, most);
  answer[8] = PROTOCOL_VERSION;
  return send (peer->fd, answer, sizeof answer, SEND_FLAGS) == sizeof answer;
}

static SimFaultKind
find_fault (SimModel *model, const char *command)
{
  for (SimFaultKind kind = SIM_FAULT_MEI_RESET; kind <= SIM_FAULT_MEI_SPLIT; kind++) {
    if (sim_find_fault (model, kind, command) != NULL)
      return kind;
  }
  return SIM_FAULT_NONE;
}

/* What goes wrong within an answer; offsets are those of AMTHI (heci.md §2). */
static void
spoil (GByteArray *answer, SimFaultKind kind)
{
  const guint length = answer->len;

  switch (kind) {
  case SIM_FAULT_MEI_EMPTY:
    g_byte_array_set_size (answer, 0);
    break;
  case SIM_FAULT_MEI_SHORT:
    g_byte_array_set_size (answer, length - 1);
    break;
  case SIM_FAULT_MEI_LONG:
    g_byte_array_append (answer, (const guint8 *)"\xff", 1);
    break;
  case SIM_FAULT_MEI_PADDED:
    g_byte_array_set_size (answer, MAX (length, PADDED_BYTES));
    memset (answer->data + length, 0, answer->len - length);
    break;
  case SIM_FAULT_MEI_COMMAND:
    answer->data[MIN (4, length - 1)] ^= 1;
    break;
  case SIM_FAULT_MEI_LENGTH:
    answer->data[MIN (8, length - 1)] += 4;
    break;
  default:
    break;
  }
}

static gboolean
send_answer (Peer *peer, GBytes *bytes, SimFaultKind kind)
{
  g_autoptr (GByteArray) answer = g_byte_array_new ();
  gsize length;
  const guint8 *data = g_bytes_get_data (bytes, &length);
  gsize first;

  g_byte_array_append (answer, data, length);
  spoil (answer, kind);
  first = kind == SIM_FAULT_MEI_SPLIT ? answer->len / 2 : answer->len;
  if (send (peer->fd, answer->data, first, SEND_FLAGS) < 0)
    return FALSE;
  return first == answer->len ||
         send (peer->fd, answer->data + first, answer->len - first, SEND_FLAGS) >= 0;
}

/* FALSE: the connection ends. */
static gboolean
answer_message (Peer *peer, const guint8 *data, gsize length)
{
  Node *node = peer->node;
  g_autoptr (GBytes) request = g_bytes_new (data, length);
  g_autoptr (GBytes) answer = NULL;
  const char *command;
  SimFaultKind kind;

  answer = sim_mei_answer (node->model, peer->client, request, &command);
  if (command == NULL)
    command = "unknown";
  if (sim_net_get_trace (node->mei->net)) {
    g_autofree char *text = g_strdup_printf ("%s %s", command, sim_mei_client_name (peer->client));

    sim_model_emit (node->model, "request", text);
  }
  kind = find_fault (node->model, command);
  if (kind == SIM_FAULT_MEI_HANG)
    return TRUE;
  return kind != SIM_FAULT_MEI_RESET && send_answer (peer, answer, kind);
}

static gboolean
on_message (int fd, GIOCondition condition, gpointer data)
{
  Peer *peer = data;
  guint8 message[AMT_PROV_HECI_MAX_MESSAGE];
  gssize length = recv (fd, message, sizeof message, 0);

  sim_net_touch (peer->node->mei->net);
  if (length > 0 && (peer->connected ? answer_message (peer, message, (gsize)length)
                                     : answer_connect (peer, message, (gsize)length)))
    return G_SOURCE_CONTINUE;
  g_ptr_array_remove_fast (peer->node->peers, peer);
  return G_SOURCE_REMOVE;
}

static GSource *
watch (Node *node, int fd, GUnixFDSourceFunc callback, gpointer data)
{
  GSource *source = g_unix_fd_source_new (fd, G_IO_IN);

  g_source_set_callback (source, G_SOURCE_FUNC (callback), data, NULL);
  g_source_attach (source, sim_net_get_context (node->mei->net));
  return source;
}

static gboolean
on_connection (int listen_fd, GIOCondition condition, gpointer data)
{
  Node *node = data;
  int fd = accept4 (listen_fd, NULL, NULL, SOCK_CLOEXEC);
  Peer *peer;

  if (fd < 0)
    return G_SOURCE_CONTINUE;
  peer = g_new0 (Peer, 1);
  peer->node = node;
  peer->fd = fd;
  peer->source = watch (node, fd, on_message, peer);
  g_ptr_array_add (node->peers, peer);
  return G_SOURCE_CONTINUE;
}

static gboolean
listen_at (Node *node)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};

  if (g_strlcpy (address.sun_path, node->path, sizeof address.sun_path) >=
      sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return FALSE;
  }
  node->fd = socket (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  return node->fd >= 0 && bind (node->fd, (struct sockaddr *)&address, sizeof address) == 0 &&
         listen (node->fd, SOMAXCONN) == 0;
}

gboolean
sim_mei_add (SimMei *self, SimModel *model, GError **error)
{
  Node *node;

  if (model->settings->mei == NULL)
    return TRUE;
  node = g_new0 (Node, 1);
  g_ptr_array_add (self->nodes, node);
  node->mei = self;
  node->model = model;
  node->path = g_strdup (model->settings->mei);
  node->fd = -1;
  node->peers = g_ptr_array_new_with_free_func (peer_free);
  if (!listen_at (node)) {
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
                 "mei=%s: cannot listen there: %s; name a socket that does not exist", node->path,
                 g_strerror (errno));
    return FALSE;
  }
  node->source = watch (node, node->fd, on_connection, node);
  return TRUE;
}
