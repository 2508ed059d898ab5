/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sends a hello over a connection of its own, from the machine's own address. */
#include "net.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#define DEFAULT_PORT 9971
/* Between two pieces, so that the other side really reads them one by one. */
#define PIECE_PAUSE_MS 5
#define SEND_SECONDS   10

typedef struct {
  GBytes *bytes;
  gsize sent;
  guint split;
  GSocketConnection *connection;
} Sending;

static void
sending_free (Sending *self)
{
  g_bytes_unref (self->bytes);
  g_clear_object (&self->connection);
  g_free (self);
}

static void send_piece (Sending *self);

static gboolean
on_pause (gpointer data)
{
  send_piece (data);
  return G_SOURCE_REMOVE;
}

static void
on_written (GObject *source, GAsyncResult *result, gpointer data)
{
  Sending *self = data;
  gsize written = 0;
  g_autoptr (GSource) pause = NULL;

  if (!g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, &written, NULL) ||
      self->sent + written >= g_bytes_get_size (self->bytes)) {
    g_io_stream_close (G_IO_STREAM (self->connection), NULL, NULL);
    sending_free (self);
    return;
  }
  self->sent += written;
  pause = g_timeout_source_new (PIECE_PAUSE_MS);
  g_source_set_callback (pause, on_pause, self, NULL);
  g_source_attach (pause, g_main_context_get_thread_default ());
}

static void
send_piece (Sending *self)
{
  gsize length;
  const guint8 *data = g_bytes_get_data (self->bytes, &length);
  gsize rest = length - self->sent;

  g_output_stream_write_all_async (g_io_stream_get_output_stream (G_IO_STREAM (self->connection)),
                                   data + self->sent,
                                   self->split != 0 ? MIN (rest, self->split) : rest,
                                   G_PRIORITY_DEFAULT, NULL, on_written, self);
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer data)
{
  Sending *self = data;

  self->connection =
      g_socket_client_connect_to_host_finish (G_SOCKET_CLIENT (source), result, NULL);
  if (self->connection == NULL) {
    /* As a machine does: nobody there, the next hello comes by the schedule. */
    sending_free (self);
    return;
  }
  g_socket_set_option (g_socket_connection_get_socket (self->connection), IPPROTO_TCP, TCP_NODELAY,
                       1, NULL);
  send_piece (self);
}

void
sim_hello_send (SimModel *model, AmtProvHello *hello, const char *server)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (model->settings->address);
  g_autoptr (GSocketAddress) local = g_inet_socket_address_new (address, 0);
  Sending *sending = g_new0 (Sending, 1);

  sending->bytes = amt_prov_hello_encode (hello);
  sending->split = model->settings->split;
  if (g_str_has_prefix (server, "127.") || g_str_has_prefix (server, "localhost"))
    g_socket_client_set_local_address (client, local);
  g_socket_client_set_timeout (client, SEND_SECONDS);
  g_socket_client_set_enable_proxy (client, FALSE);
  g_socket_client_connect_to_host_async (client, server, DEFAULT_PORT, NULL, on_connected, sending);
}
