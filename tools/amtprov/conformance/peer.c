/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "peer.h"

/* RFC 5246 §6.2.1, §7.2: a handshake record that promises more bytes than it has, and a fatal
 * handshake_failure. */
static const char half_record[] = "\x16\x03\x01\x01\x00\x02";
static const char alert_record[] = "\x15\x03\x01\x00\x02\x02\x28";
static const char garbage[] = "This is no machine.\r\n\r\n";

typedef struct {
  Peer *peer;
  GSocketConnection *connection;
  GSource *source;
  gboolean answered;
} Guest;

static void
guest_free (gpointer data)
{
  Guest *guest = data;

  g_source_destroy (guest->source);
  g_source_unref (guest->source);
  g_io_stream_close (G_IO_STREAM (guest->connection), NULL, NULL);
  g_object_unref (guest->connection);
  g_free (guest);
}

const char *
peer_describe (PeerBehaviour behaviour)
{
  static const char *const names[] = {
      "a machine that never answers",         "a machine that stops within a TLS record",
      "a machine that answers with garbage",  "a machine that refuses the handshake by an alert",
      "a machine that closes the connection", "a machine that sends back what it gets"};

  return names[behaviour];
}

/* What comes at once fits into the buffers of a socket. */
static void
answer (Guest *guest, const char *heard, gsize length)
{
  GSocket *socket = g_socket_connection_get_socket (guest->connection);
  gboolean closes = TRUE;

  switch (guest->peer->behaviour) {
  case PEER_HALF:
    g_socket_send (socket, half_record, sizeof half_record - 1, NULL, NULL);
    closes = FALSE;
    break;
  case PEER_GARBAGE:
    g_socket_send (socket, garbage, sizeof garbage - 1, NULL, NULL);
    break;
  case PEER_ALERT:
    g_socket_send (socket, alert_record, sizeof alert_record - 1, NULL, NULL);
    break;
  case PEER_CLOSE:
    break;
  case PEER_ECHO:
    g_socket_send (socket, heard, length, NULL, NULL);
    closes = FALSE;
    break;
  case PEER_SILENT:
    closes = FALSE;
    break;
  }
  if (closes)
    g_socket_shutdown (socket, FALSE, TRUE, NULL);
}

static gboolean
on_input (GSocket *socket, GIOCondition condition, gpointer data)
{
  Guest *guest = data;
  char buffer[4096];
  gssize length = g_socket_receive (socket, buffer, sizeof buffer, NULL, NULL);

  if (length <= 0) {
    g_ptr_array_remove_fast (guest->peer->connections, guest);
    return G_SOURCE_REMOVE;
  }
  if (!guest->answered)
    guest->peer->heard++;
  if (!guest->answered || guest->peer->behaviour == PEER_ECHO)
    answer (guest, buffer, (gsize)length);
  guest->answered = TRUE;
  return G_SOURCE_CONTINUE;
}

static void accept_next (Peer *peer);

static void
on_accepted (GObject *source, GAsyncResult *result, gpointer data)
{
  Peer *peer = data;
  GSocketConnection *connection =
      g_socket_listener_accept_finish (G_SOCKET_LISTENER (source), result, NULL, NULL);
  Guest *guest;

  /* The peer is gone when the wait was cancelled. */
  if (connection == NULL)
    return;
  guest = g_new0 (Guest, 1);
  guest->peer = peer;
  guest->connection = connection;
  guest->source =
      g_socket_create_source (g_socket_connection_get_socket (connection), G_IO_IN, NULL);
  g_source_set_callback (guest->source, G_SOURCE_FUNC (on_input), guest, NULL);
  g_source_attach (guest->source, g_main_context_get_thread_default ());
  g_ptr_array_add (peer->connections, guest);
  peer->accepted++;
  accept_next (peer);
}

static void
accept_next (Peer *peer)
{
  g_socket_listener_accept_async (peer->listener, peer->cancellable, on_accepted, peer);
}

Peer *
peer_new (const char *address, guint16 port, PeerBehaviour behaviour, GError **error)
{
  g_autoptr (GSocketAddress) where = g_inet_socket_address_new_from_string (address, port);
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  Peer *peer;

  if (!g_socket_listener_add_address (listener, where, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP,
                                      NULL, NULL, error))
    return NULL;
  peer = g_new0 (Peer, 1);
  peer->listener = g_steal_pointer (&listener);
  peer->cancellable = g_cancellable_new ();
  peer->behaviour = behaviour;
  peer->connections = g_ptr_array_new_with_free_func (guest_free);
  accept_next (peer);
  return peer;
}

void
peer_hang_up (Peer *peer)
{
  for (guint i = 0; i < peer->connections->len; i++) {
    Guest *guest = peer->connections->pdata[i];

    g_socket_shutdown (g_socket_connection_get_socket (guest->connection), FALSE, TRUE, NULL);
  }
}

gboolean
peer_is_alone (gpointer peer)
{
  return ((Peer *)peer)->connections->len == 0;
}

void
peer_free (Peer *peer)
{
  g_cancellable_cancel (peer->cancellable);
  g_socket_listener_close (peer->listener);
  g_object_unref (peer->listener);
  g_object_unref (peer->cancellable);
  g_ptr_array_unref (peer->connections);
  g_free (peer);
}
