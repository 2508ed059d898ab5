/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sockets: one listener for each port on all addresses; the local address of an accepted connection
 * names the machine, its state names the daemon that serves it. */
#include "net.h"

#include <errno.h>
#include <glib-unix.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct _SimNet {
  GMainContext *context;
  gboolean trace;
  gboolean stopping;
  gint64 touched;
  GHashTable *machines;  /* (address << 16 | port) → SimMachine */
  GPtrArray *all;        /* of SimMachine */
  GHashTable *listeners; /* port → Listener */
  GHashTable *webs;      /* kind and priorities → SimWeb */
  GList *hung;           /* of struct MHD_Connection */
};

typedef struct {
  SimNet *net;
  int fd;
  guint16 port;
  GSource *source;
} Listener;

static void
listener_free (gpointer data)
{
  Listener *self = data;

  if (self->source != NULL) {
    g_source_destroy (self->source);
    g_source_unref (self->source);
  }
  if (self->fd >= 0)
    close (self->fd);
  g_free (self);
}

SimNet *
sim_net_new (GMainContext *context, gboolean trace)
{
  SimNet *self = g_new0 (SimNet, 1);

  self->context = g_main_context_ref (context);
  self->trace = trace;
  self->touched = g_get_monotonic_time ();
  self->machines = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  self->all = g_ptr_array_new_with_free_func (g_free);
  self->listeners = g_hash_table_new_full (NULL, NULL, NULL, listener_free);
  self->webs =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)sim_web_free);
  return self;
}

void
sim_net_free (SimNet *self)
{
  self->stopping = TRUE;
  /* A daemon cannot stop while a connection is suspended. */
  for (GList *item = self->hung; item != NULL; item = item->next)
    MHD_resume_connection (item->data);
  g_list_free (self->hung);
  g_hash_table_unref (self->listeners);
  g_hash_table_unref (self->webs);
  g_hash_table_unref (self->machines);
  g_ptr_array_unref (self->all);
  g_main_context_unref (self->context);
  g_free (self);
}

GMainContext *
sim_net_get_context (SimNet *self)
{
  return self->context;
}

gboolean
sim_net_get_trace (SimNet *self)
{
  return self->trace;
}

gboolean
sim_net_is_stopping (SimNet *self)
{
  return self->stopping;
}

void
sim_net_touch (SimNet *self)
{
  self->touched = g_get_monotonic_time ();
}

/* Microseconds since anybody last talked to a machine. */
gint64
sim_net_get_idle (SimNet *self)
{
  return g_get_monotonic_time () - self->touched;
}

void
sim_net_hang (SimNet *self, struct MHD_Connection *connection)
{
  self->hung = g_list_prepend (self->hung, connection);
  MHD_suspend_connection (connection);
}

void
sim_connection_free (SimConnection *self)
{
  g_free (self->refusal);
  g_free (self);
}

static gint64
place_key (guint32 address, guint16 port)
{
  return (gint64)address << 16 | port;
}

static SimMachine *
find_machine (SimNet *self, int fd, guint16 port)
{
  struct sockaddr_in local = {0};
  socklen_t length = sizeof local;
  gint64 key;

  if (getsockname (fd, (struct sockaddr *)&local, &length) < 0)
    return NULL;
  key = place_key (ntohl (local.sin_addr.s_addr), port);
  return g_hash_table_lookup (self->machines, &key);
}

static void
refuse (int fd)
{
  const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

  /* The peer sees a reset, the closest to a closed port while others share the listener. */
  setsockopt (fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close (fd);
}

static SimWeb *
get_web (SimNet *self, SimModel *model, gboolean secure)
{
  SimWebKind kind = !secure                                            ? SIM_WEB_PLAIN
                    : model->state == SIM_STATE_SETUP && model->by_psk ? SIM_WEB_PSK
                                                                       : SIM_WEB_CERTIFICATE;
  g_autofree char *priorities = secure ? sim_tls_priorities (model, kind) : g_strdup ("");
  g_autofree char *name = g_strdup_printf ("%d %s", kind, priorities);
  SimWeb *web = g_hash_table_lookup (self->webs, name);
  g_autoptr (GError) error = NULL;

  if (web != NULL)
    return web;
  web = sim_web_new (self, kind, priorities, &error);
  if (web == NULL)
    g_printerr ("amtprov-sim: %s\n", error->message);
  else
    g_hash_table_insert (self->webs, g_steal_pointer (&name), web);
  return web;
}

static void
take (Listener *listener, int fd, const struct sockaddr *peer, socklen_t length)
{
  SimMachine *machine = find_machine (listener->net, fd, listener->port);
  gboolean secure = machine != NULL && machine->model->settings->port == listener->port;
  gboolean open = machine != NULL && (secure ? sim_model_secure_port_open (machine->model)
                                             : sim_model_plain_port_open (machine->model));
  SimWeb *web = open ? get_web (listener->net, machine->model, secure) : NULL;

  sim_net_touch (listener->net);
  if (web == NULL) {
    refuse (fd);
    return;
  }
  sim_web_take (web, fd, peer, length);
}

static gboolean
on_connection (int listen_fd, GIOCondition condition, gpointer data)
{
  for (;;) {
    struct sockaddr_storage peer;
    socklen_t length = sizeof peer;
    int fd = accept4 (listen_fd, (struct sockaddr *)&peer, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd < 0)
      return G_SOURCE_CONTINUE;
    take (data, fd, (struct sockaddr *)&peer, length);
  }
}

static gboolean
listen_on (SimNet *self, guint16 port, GError **error)
{
  struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons (port)};
  const int yes = 1;
  Listener *listener;

  if (g_hash_table_contains (self->listeners, GUINT_TO_POINTER ((guint)port)))
    return TRUE;
  listener = g_new0 (Listener, 1);
  listener->net = self;
  listener->port = port;
  listener->fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  any.sin_addr.s_addr = htonl (INADDR_ANY);
  setsockopt (listener->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (listener->fd < 0 || bind (listener->fd, (struct sockaddr *)&any, sizeof any) < 0 ||
      listen (listener->fd, SOMAXCONN) < 0) {
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
                 "cannot listen on port %u: %s; stop what uses it or give another port=", port,
                 g_strerror (errno));
    listener_free (listener);
    return FALSE;
  }
  listener->source = g_unix_fd_source_new (listener->fd, G_IO_IN);
  g_source_set_callback (listener->source, G_SOURCE_FUNC (on_connection), listener, NULL);
  g_source_attach (listener->source, self->context);
  g_hash_table_insert (self->listeners, GUINT_TO_POINTER ((guint)port), listener);
  return TRUE;
}

static gboolean
claim (SimNet *self, SimMachine *machine, guint16 port, GError **error)
{
  gint64 key = place_key (machine->address, port);

  if (g_hash_table_contains (self->machines, &key)) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
                 "address=%s: two machines want port %u there; give each its own address",
                 machine->model->settings->address, port);
    return FALSE;
  }
  g_hash_table_insert (self->machines, g_memdup2 (&key, sizeof key), machine);
  return listen_on (self, port, error);
}

gboolean
sim_net_add (SimNet *self, SimModel *model, GError **error)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (model->settings->address);
  SimMachine *machine;
  guint32 number;

  if (address == NULL || g_inet_address_get_native_size (address) != sizeof number) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
                 "address=%s: must be an address in 127.0.0.0/8", model->settings->address);
    return FALSE;
  }
  machine = g_new0 (SimMachine, 1);
  memcpy (&number, g_inet_address_to_bytes (address), sizeof number);
  machine->model = model;
  machine->address = ntohl (number);
  g_ptr_array_add (self->all, machine);
  return claim (self, machine, model->settings->port, error) &&
         claim (self, machine, model->settings->plain_port, error);
}

/* For a socket that libmicrohttpd has just taken over. */
SimConnection *
sim_net_new_connection (SimNet *self, int fd)
{
  SimConnection *connection = g_new0 (SimConnection, 1);
  struct sockaddr_in local = {0};
  socklen_t length = sizeof local;
  guint16 port = 0;

  if (getsockname (fd, (struct sockaddr *)&local, &length) == 0)
    port = ntohs (local.sin_port);
  connection->net = self;
  connection->machine = find_machine (self, fd, port);
  connection->secure =
      connection->machine != NULL && connection->machine->model->settings->port == port;
  return connection;
}
