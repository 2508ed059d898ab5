/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "broken.h"

#include <string.h>
#include <sys/socket.h>
#include <gio/gunixinputstream.h>
#include <gio/gunixoutputstream.h>

/* A gateway that wants to hear one byte back before the way to the machine is free; with one
 * fault. */

typedef struct {
  GObject parent_instance;
} BrokenTransport;

static const char *const *
broken_get_schemes (AmtProvTransport *transport)
{
  static const char *const schemes[] = {NAME, NULL};
  static const char *const others[] = {NAME, "another", NULL};
  static guint asked;

  return FAULT == TRANSPORT_SCHEMES && asked++ > 1 ? others : schemes;
}

/* ---- the stream ---- */

/* What is written goes nowhere. */
static GIOStream *
make_deaf_ear (GIOStream *stream)
{
  g_autoptr (GOutputStream) nowhere = g_memory_output_stream_new_resizable ();

  return g_simple_io_stream_new (g_io_stream_get_input_stream (stream), nowhere);
}

/* The descriptor stays open when the stream is closed. */
static GIOStream *
make_unclosed (GSocketConnection *connection)
{
  int fd = dup (g_socket_get_fd (g_socket_connection_get_socket (connection)));
  g_autoptr (GInputStream) input = g_unix_input_stream_new (fd, FALSE);
  g_autoptr (GOutputStream) output = g_unix_output_stream_new (fd, FALSE);

  return g_simple_io_stream_new (input, output);
}

static void
pump (GIOStream *from, GIOStream *to, GAsyncReadyCallback ended)
{
  g_output_stream_splice_async (g_io_stream_get_output_stream (to),
                                g_io_stream_get_input_stream (from), G_OUTPUT_STREAM_SPLICE_NONE,
                                G_PRIORITY_DEFAULT, NULL, ended, g_object_ref (to));
}

static void
on_machine_gone (GObject *source, GAsyncResult *result, gpointer near)
{
  g_object_unref (near);
}

static void
on_caller_gone (GObject *source, GAsyncResult *result, gpointer far)
{
  g_socket_close (g_socket_connection_get_socket (far), NULL);
  g_object_unref (far);
}

/* Joined to the machine, and not told when the machine has gone. */
static GIOStream *
make_endless (GIOStream *far)
{
  GIOStream *ends[2];
  int pair[2];

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
    return NULL;
  for (guint i = 0; i < 2; i++) {
    g_autoptr (GSocket) socket = g_socket_new_from_fd (pair[i], NULL);

    ends[i] = G_IO_STREAM (g_socket_connection_factory_create_connection (socket));
  }
  pump (far, ends[0], on_machine_gone);
  pump (ends[0], far, on_caller_gone);
  g_object_set_data_full (G_OBJECT (ends[1]), "near", ends[0], g_object_unref);
  return ends[1];
}

static GIOStream *
make_stream (GSocketConnection *connection)
{
  switch ((int)FAULT) {
  case TRANSPORT_ONEWAY:
    return make_deaf_ear (G_IO_STREAM (connection));
  case TRANSPORT_UNCLOSED:
    return make_unclosed (connection);
  case TRANSPORT_ENDLESS:
    return make_endless (G_IO_STREAM (connection));
  default:
    return G_IO_STREAM (g_object_ref (connection));
  }
}

/* ---- open_stream ---- */

static void
fail (BrokenOpening *opening, const char *text)
{
  GError *error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, text);
  AmtProvOperation *operation = opening->operation;

  if (FAULT == TRANSPORT_TWICE)
    amt_prov_operation_return_error (operation, g_error_copy (error));
  if (FAULT != TRANSPORT_NEVER) {
    amt_prov_operation_return_error (operation, error);
    return;
  }
  broken_keep_operation (operation);
  g_error_free (error);
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (BrokenOpening) opening = data;
  g_autoptr (GIOStream) stream = NULL;

  if (g_input_stream_read_finish (G_INPUT_STREAM (source), result, NULL) <= 0) {
    fail (opening, "the gateway does not answer");
    return;
  }
  stream = make_stream (opening->connection);
  amt_prov_operation_return_object (opening->operation, G_OBJECT (stream));
}

static void
wait_answer (BrokenOpening *opening)
{
  g_input_stream_read_async (g_io_stream_get_input_stream (G_IO_STREAM (opening->connection)),
                             &opening->byte, 1, G_PRIORITY_DEFAULT, opening->cancellable, on_read,
                             opening);
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (BrokenOpening) opening = data;
  g_autoptr (GError) error = NULL;

  opening->connection =
      g_socket_client_connect_to_host_finish (G_SOCKET_CLIENT (source), result, &error);
  if (opening->connection == NULL) {
    fail (opening, error->message);
    return;
  }
  g_socket_send (g_socket_connection_get_socket (opening->connection), "?", 1, NULL, NULL);
  wait_answer (g_steal_pointer (&opening));
}

static gboolean
do_nothing (gpointer data)
{
  return G_SOURCE_REMOVE;
}

/* NULL when it names no machine and port. */
static GSocketConnectable *
parse_uri (const char *uri, guint16 port)
{
  const char *rest = uri + strlen (NAME ":");
  GSocketConnectable *address =
      strchr (rest, ':') != NULL ? g_network_address_parse (rest, 0, NULL) : NULL;

  return address == NULL && FAULT == TRANSPORT_LAX ? g_network_address_new ("127.0.0.1", port)
                                                   : address;
}

static gboolean
broken_open_stream (AmtProvTransport *transport,
                    const char *uri,
                    AmtProvSite *site,
                    AmtProvOperation *operation,
                    GError **error)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnectable) address = parse_uri (uri, amt_prov_site_get_port (site));
  BrokenOpening *opening;

  if (address == NULL) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA, "“%s” names no machine", uri);
    return FALSE;
  }
  if (FAULT == TRANSPORT_DEFAULT)
    g_timeout_add_seconds (3600, do_nothing, NULL);
  opening = g_new0 (BrokenOpening, 1);
  opening->operation = g_object_ref (operation);
  if (FAULT != TRANSPORT_DEAF)
    opening->cancellable = g_object_ref (amt_prov_operation_get_cancellable (operation));
  g_socket_client_connect_async (client, address, opening->cancellable, on_connected, opening);
  return TRUE;
}

/* ---- the rest ---- */

static void
broken_transport_iface_init (gpointer iface, gpointer data)
{
  AmtProvTransportInterface *transport = iface;

  transport->get_schemes = broken_get_schemes;
  transport->open_stream = broken_open_stream;
}

void
peas_register_types (PeasObjectModule *module)
{
  peas_object_module_register_extension_type (module, AMT_PROV_TYPE_TRANSPORT,
                                              broken_register_type (NAME, sizeof (BrokenTransport),
                                                                    NULL, AMT_PROV_TYPE_TRANSPORT,
                                                                    broken_transport_iface_init));
}
