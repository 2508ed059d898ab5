/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <amtprov/error.h>
#include <amtprov/service.h>

#include "engine/hello-listener-private.h"

/* A hello has at most 25 + 33 × 50 bytes; what comes behind is read and thrown away up to this, the
 * limit that another server uses (hello.md §4). */
#define MAX_BYTES 16000

/* A machine sends its hello at once; a connection that is still open after this is closed. */
#define TIME_LIMIT (10 * G_USEC_PER_SEC)

#define RATE_PERIOD (60 * G_USEC_PER_SEC)

/* As many sources are counted in a period; then the count begins anew. */
#define MAX_SOURCES 65536

/* How long to wait when the process has no descriptor left for another connection. */
#define ACCEPT_PAUSE (1 * G_USEC_PER_SEC)

/**
 * AmtProvHelloListener:
 *
 * Takes in hello messages. It never answers, and it trusts nothing: connections are limited in
 * number, bytes, time and rate per source. When as many are open as may be, the others wait in the
 * kernel's queue, so none is lost.
 *
 * Since: 0.1
 */
struct _AmtProvHelloListener {
  GObject parent_instance;
  char **addresses;
  guint max_connections;
  guint max_per_source;
  gint64 time_limit; /* microseconds */
  GMainContext *context;
  GPtrArray *ports;   /* Port */
  GQueue connections; /* Connection, the oldest first */
  GSource *deadline;  /* for the oldest connection */
  GSource *pause;     /* when to accept again, while there is no descriptor */
  GHashTable *rates;  /* source address → Rate */
  gint64 rates_from;  /* when the table was begun */
  GHashTable *logged; /* "source reason" */
  guint64 dropped;
  gboolean full;
};

typedef struct {
  AmtProvHelloListener *listener; /* unowned */
  GSocket *socket;
  GSource *source;
} Port;

typedef struct {
  AmtProvHelloListener *listener; /* unowned */
  GSocket *socket;
  GSource *source;
  char *peer;
  GByteArray *bytes;
  gsize total;
  gint64 opened;
  gboolean complete;
  GList link;
} Connection;

G_DEFINE_FINAL_TYPE (AmtProvHelloListener, amt_prov_hello_listener, G_TYPE_OBJECT)

enum { SIGNAL_HELLO, SIGNAL_DROPPED, N_SIGNALS };

static guint signals[N_SIGNALS];

static void
destroy_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
port_free (Port *port)
{
  destroy_source (&port->source);
  g_socket_close (port->socket, NULL);
  g_object_unref (port->socket);
  g_free (port);
}

static void update_deadline (AmtProvHelloListener *self);
static void resume_accepting (AmtProvHelloListener *self);

static void
connection_close (Connection *connection)
{
  AmtProvHelloListener *self = connection->listener;

  g_queue_unlink (&self->connections, &connection->link);
  destroy_source (&connection->source);
  g_socket_close (connection->socket, NULL);
  g_object_unref (connection->socket);
  g_byte_array_unref (connection->bytes);
  g_free (connection->peer);
  g_free (connection);
}

static void
connection_end (Connection *connection)
{
  AmtProvHelloListener *self = connection->listener;

  connection_close (connection);
  update_deadline (self);
  resume_accepting (self);
}

static void
amt_prov_hello_listener_dispose (GObject *object)
{
  AmtProvHelloListener *self = AMT_PROV_HELLO_LISTENER (object);

  amt_prov_hello_listener_stop (self);
  G_OBJECT_CLASS (amt_prov_hello_listener_parent_class)->dispose (object);
}

static void
amt_prov_hello_listener_finalize (GObject *object)
{
  AmtProvHelloListener *self = AMT_PROV_HELLO_LISTENER (object);

  g_strfreev (self->addresses);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_ptr_array_unref (self->ports);
  g_hash_table_unref (self->rates);
  g_hash_table_unref (self->logged);
  G_OBJECT_CLASS (amt_prov_hello_listener_parent_class)->finalize (object);
}

static void
amt_prov_hello_listener_class_init (AmtProvHelloListenerClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = amt_prov_hello_listener_dispose;
  G_OBJECT_CLASS (klass)->finalize = amt_prov_hello_listener_finalize;

  /**
   * AmtProvHelloListener::hello:
   * @self: the listener
   * @hello: the message
   * @address: where it came from
   *
   * A complete hello has arrived.
   *
   * Since: 0.1
   */
  signals[SIGNAL_HELLO] =
      g_signal_new ("hello", AMT_PROV_TYPE_HELLO_LISTENER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 2, AMT_PROV_TYPE_HELLO, G_TYPE_STRING);
  /**
   * AmtProvHelloListener::dropped:
   * @self: the listener
   * @address: where it came from
   * @reason: why it was dropped
   *
   * Something arrived that is no hello, or too much of it.
   *
   * Since: 0.1
   */
  signals[SIGNAL_DROPPED] =
      g_signal_new ("dropped", AMT_PROV_TYPE_HELLO_LISTENER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_STRING);
}

static void
amt_prov_hello_listener_init (AmtProvHelloListener *self)
{
  self->time_limit = TIME_LIMIT;
  self->ports = g_ptr_array_new_with_free_func ((GDestroyNotify)port_free);
  self->rates = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->logged = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

/**
 * amt_prov_hello_listener_new:
 * @addresses: (array zero-terminated=1): `ADDRESS:PORT` or `[ADDRESS]:PORT` each; port 0 takes a
 *   free one
 * @max_connections: the most connections that may be open at a time
 * @max_per_source: the most connections that one address may open in a minute
 *
 * Makes a listener. It works on the thread-default main context of the thread that starts it.
 *
 * Returns: (transfer full): a listener
 * Since: 0.1
 */
AmtProvHelloListener *
amt_prov_hello_listener_new (const char *const *addresses,
                             guint max_connections,
                             guint max_per_source)
{
  AmtProvHelloListener *self = g_object_new (AMT_PROV_TYPE_HELLO_LISTENER, NULL);

  self->addresses = g_strdupv ((char **)addresses);
  self->max_connections = MAX (max_connections, 1);
  self->max_per_source = MAX (max_per_source, 1);
  return self;
}

void
amt_prov_hello_listener_set_time_limit (AmtProvHelloListener *self, gint64 limit)
{
  self->time_limit = limit;
}

static void
drop (AmtProvHelloListener *self, const char *peer, const char *reason)
{
  self->dropped++;
  amt_prov_hello_log_once (self->logged, peer, reason);
  g_signal_emit (self, signals[SIGNAL_DROPPED], 0, peer, reason);
}

/* ---- one connection ---- */

static void
take_hello (Connection *connection, gsize length)
{
  g_autoptr (AmtProvHelloListener) self = g_object_ref (connection->listener);
  g_autoptr (GBytes) bytes = g_bytes_new (connection->bytes->data, length);
  g_autofree char *peer = g_strdup (connection->peer);
  g_autoptr (GError) error = NULL;
  g_autoptr (AmtProvHello) hello = amt_prov_hello_decode (bytes, NULL, &error);

  connection->complete = TRUE;
  if (connection->bytes->len > length)
    amt_prov_hello_log_once (self->logged, peer, "bytes behind the message, thrown away");
  if (hello == NULL)
    drop (self, peer, error->message);
  else
    g_signal_emit (self, signals[SIGNAL_HELLO], 0, hello, peer);
}

/* Returns whether the connection stays open. */
static gboolean
take_bytes (Connection *connection, const guint8 *data, gsize length)
{
  AmtProvHelloListener *self = connection->listener;
  gsize need = 0;
  g_autoptr (GError) error = NULL;

  connection->total += length;
  if (connection->total > MAX_BYTES) {
    if (!connection->complete)
      drop (self, connection->peer, "more bytes than any hello has");
    return FALSE;
  }
  if (connection->complete) {
    amt_prov_hello_log_once (self->logged, connection->peer,
                             "bytes behind the message, thrown away");
    return TRUE;
  }
  g_byte_array_append (connection->bytes, data, (guint)length);
  if (!amt_prov_hello_measure (connection->bytes->data, connection->bytes->len, &need, &error)) {
    drop (self, connection->peer, error->message);
    return FALSE;
  }
  if (connection->bytes->len >= need)
    take_hello (connection, need);
  return TRUE;
}

static void
report_cut (Connection *connection, const char *how)
{
  g_autofree char *reason = NULL;

  if (connection->complete)
    return;
  reason = g_strdup_printf ("%s after %" G_GSIZE_FORMAT " bytes of an incomplete message", how,
                            connection->total);
  drop (connection->listener, connection->peer, reason);
}

static gboolean
readable (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  Connection *connection = user_data;
  g_autoptr (AmtProvHelloListener) self = g_object_ref (connection->listener);
  GSource *source = g_main_current_source ();
  guint8 buffer[2048];
  g_autoptr (GError) error = NULL;
  gssize length = g_socket_receive (socket, (char *)buffer, sizeof buffer, NULL, &error);

  if (length < 0 && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return G_SOURCE_CONTINUE;
  if (length <= 0)
    report_cut (connection, length < 0 ? "connection broken" : "closed");
  else if (take_bytes (connection, buffer, (gsize)length))
    return G_SOURCE_CONTINUE;
  /* A handler of our signals may have stopped the listener, and this connection with it. */
  if (!g_source_is_destroyed (source))
    connection_end (connection);
  return G_SOURCE_REMOVE;
}

static gboolean
too_old (gpointer user_data)
{
  AmtProvHelloListener *self = g_object_ref (user_data);
  gint64 now = g_get_monotonic_time ();
  Connection *connection;

  while ((connection = g_queue_peek_head (&self->connections)) != NULL &&
         connection->opened + self->time_limit <= now) {
    report_cut (connection, "time limit passed");
    /* A handler of our signals may have stopped the listener. */
    if (connection == g_queue_peek_head (&self->connections))
      connection_close (connection);
  }
  update_deadline (self);
  resume_accepting (self);
  g_object_unref (self);
  return G_SOURCE_REMOVE;
}

/* All connections have the same time limit, so only the oldest needs a timer. */
static void
update_deadline (AmtProvHelloListener *self)
{
  Connection *oldest = g_queue_peek_head (&self->connections);

  destroy_source (&self->deadline);
  if (oldest == NULL)
    return;
  self->deadline = g_timeout_source_new (0);
  g_source_set_ready_time (self->deadline, oldest->opened + self->time_limit);
  g_source_set_callback (self->deadline, too_old, self, NULL);
  g_source_attach (self->deadline, self->context);
}

/* ---- accepting ---- */

static gboolean
within_rate (AmtProvHelloListener *self, const char *peer)
{
  gint64 now = g_get_monotonic_time ();
  guint count;

  if (now - self->rates_from >= RATE_PERIOD || g_hash_table_size (self->rates) >= MAX_SOURCES) {
    g_hash_table_remove_all (self->rates);
    self->rates_from = now;
  }
  count = GPOINTER_TO_UINT (g_hash_table_lookup (self->rates, peer)) + 1;
  g_hash_table_replace (self->rates, g_strdup (peer), GUINT_TO_POINTER (count));
  return count <= self->max_per_source;
}

static char *
peer_of (GSocket *socket)
{
  g_autoptr (GSocketAddress) address = g_socket_get_remote_address (socket, NULL);
  GInetAddress *inet;

  if (!G_IS_INET_SOCKET_ADDRESS (address))
    return NULL;
  inet = g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address));
  return g_inet_address_to_string (inet);
}

static void
adopt (AmtProvHelloListener *self, GSocket *socket)
{
  g_autofree char *peer = peer_of (socket);
  Connection *connection;

  if (peer == NULL)
    return;
  if (!within_rate (self, peer)) {
    drop (self, peer, "more connections in a minute than [limits] hellos-per-source allows");
    return;
  }
  connection = g_new0 (Connection, 1);
  connection->listener = self;
  connection->socket = g_object_ref (socket);
  connection->peer = g_steal_pointer (&peer);
  connection->bytes = g_byte_array_new ();
  connection->opened = g_get_monotonic_time ();
  connection->link.data = connection;
  g_socket_set_blocking (socket, FALSE);
  g_queue_push_tail_link (&self->connections, &connection->link);
  connection->source = g_socket_create_source (socket, G_IO_IN | G_IO_HUP, NULL);
  g_source_set_callback (connection->source, G_SOURCE_FUNC (readable), connection, NULL);
  g_source_attach (connection->source, self->context);
  if (self->deadline == NULL)
    update_deadline (self);
}

static gboolean accept_ready (GSocket *socket, GIOCondition condition, gpointer user_data);

static void
watch_port (Port *port)
{
  port->source = g_socket_create_source (port->socket, G_IO_IN, NULL);
  g_source_set_callback (port->source, G_SOURCE_FUNC (accept_ready), port, NULL);
  g_source_attach (port->source, port->listener->context);
}

static void
pause_accepting (AmtProvHelloListener *self)
{
  self->full = TRUE;
  for (guint i = 0; i < self->ports->len; i++)
    destroy_source (&((Port *)self->ports->pdata[i])->source);
}

static void
resume_accepting (AmtProvHelloListener *self)
{
  if (!self->full || g_queue_get_length (&self->connections) >= self->max_connections)
    return;
  self->full = FALSE;
  destroy_source (&self->pause);
  for (guint i = 0; i < self->ports->len; i++)
    watch_port (self->ports->pdata[i]);
}

static gboolean
pause_over (gpointer user_data)
{
  resume_accepting (user_data);
  return G_SOURCE_REMOVE;
}

/* The connection stays in the kernel's queue, so the port stays readable: asking again at once
 * would never end. One of ours that ends frees a descriptor; that others do, nobody tells. */
static void
wait_for_descriptors (AmtProvHelloListener *self, GError *error)
{
  amt_prov_hello_log_once (self->logged, "anybody", error->message);
  pause_accepting (self);
  self->pause = g_timeout_source_new (0);
  g_source_set_ready_time (self->pause, g_get_monotonic_time () + ACCEPT_PAUSE);
  g_source_set_callback (self->pause, pause_over, self, NULL);
  g_source_attach (self->pause, self->context);
}

/* What a peer that has gone away again, or a stop in a handler, leaves behind. */
static gboolean
is_harmless (GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CLOSED) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED);
}

static gboolean
accept_ready (GSocket *listening, GIOCondition condition, gpointer user_data)
{
  Port *port = user_data;
  g_autoptr (AmtProvHelloListener) self = g_object_ref (port->listener);

  /* A handler of our signals may stop the listener, which closes @listening. */
  for (;;) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GSocket) socket = NULL;

    if (g_queue_get_length (&self->connections) >= self->max_connections) {
      pause_accepting (self);
      return G_SOURCE_REMOVE;
    }
    socket = g_socket_accept (listening, NULL, &error);
    if (socket == NULL && is_harmless (error))
      return G_SOURCE_CONTINUE;
    if (socket == NULL) {
      wait_for_descriptors (self, error);
      return G_SOURCE_REMOVE;
    }
    adopt (self, socket);
  }
}

static gboolean
add_port (AmtProvHelloListener *self, const char *text, GError **error)
{
  g_autoptr (GSocket) socket = amt_prov_service_open_socket (text, error);
  Port *port;

  if (socket == NULL)
    return FALSE;
  port = g_new0 (Port, 1);
  port->listener = self;
  port->socket = g_steal_pointer (&socket);
  g_ptr_array_add (self->ports, port);
  watch_port (port);
  return TRUE;
}

/**
 * amt_prov_hello_listener_start:
 * @self: a listener
 * @error: return location for an error
 *
 * Listens on all addresses, or on none.
 *
 * Returns: %TRUE when it listens
 * Since: 0.1
 */
gboolean
amt_prov_hello_listener_start (AmtProvHelloListener *self, GError **error)
{
  g_return_val_if_fail (AMT_PROV_IS_HELLO_LISTENER (self), FALSE);
  g_return_val_if_fail (self->context == NULL, FALSE);

  self->context = g_main_context_ref_thread_default ();
  self->rates_from = g_get_monotonic_time ();
  for (guint i = 0; self->addresses[i] != NULL; i++) {
    if (!add_port (self, self->addresses[i], error)) {
      amt_prov_hello_listener_stop (self);
      return FALSE;
    }
  }
  return TRUE;
}

/**
 * amt_prov_hello_listener_stop:
 * @self: a listener
 *
 * Closes everything. May be called from a signal handler.
 *
 * Since: 0.1
 */
void
amt_prov_hello_listener_stop (AmtProvHelloListener *self)
{
  Connection *connection;

  g_return_if_fail (AMT_PROV_IS_HELLO_LISTENER (self));

  self->full = FALSE;
  g_ptr_array_set_size (self->ports, 0);
  while ((connection = g_queue_peek_head (&self->connections)) != NULL)
    connection_close (connection);
  destroy_source (&self->deadline);
  destroy_source (&self->pause);
  g_clear_pointer (&self->context, g_main_context_unref);
}

/**
 * amt_prov_hello_listener_get_addresses:
 * @self: a listener
 *
 * Where it really listens, with the ports that were taken for 0.
 *
 * Returns: (transfer full) (array zero-terminated=1): `ADDRESS:PORT` each
 * Since: 0.1
 */
char **
amt_prov_hello_listener_get_addresses (AmtProvHelloListener *self)
{
  g_autoptr (GStrvBuilder) builder = NULL;

  g_return_val_if_fail (AMT_PROV_IS_HELLO_LISTENER (self), NULL);

  builder = g_strv_builder_new ();
  for (guint i = 0; i < self->ports->len; i++) {
    Port *port = self->ports->pdata[i];
    g_autoptr (GSocketAddress) address = g_socket_get_local_address (port->socket, NULL);
    g_autofree char *text = NULL;

    if (address == NULL)
      continue;
    text = g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address));
    g_strv_builder_add (builder, text);
  }
  return g_strv_builder_end (builder);
}

/**
 * amt_prov_hello_listener_get_dropped:
 * @self: a listener
 *
 * How many connections brought no valid hello.
 *
 * Returns: the number
 * Since: 0.1
 */
guint64
amt_prov_hello_listener_get_dropped (AmtProvHelloListener *self)
{
  g_return_val_if_fail (AMT_PROV_IS_HELLO_LISTENER (self), 0);

  return self->dropped;
}
