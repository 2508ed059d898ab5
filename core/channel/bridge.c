/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/bridge-private.h"

#include <unistd.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <amtprov/error.h>

/* curl 7.88 takes no socket that is connected already (curl bug 10626), but it connects to a Unix
 * socket. So it gets one of ours, and each connection that it makes is joined to a new stream of
 * the transport. */

typedef struct {
  AmtProvBridge *bridge; /* NULL when it has let go */
  GCancellable *cancellable;
  GIOStream *near; /* to curl */
  GIOStream *far;  /* to the machine */
} Link;

struct _AmtProvBridge {
  AmtProvTransport *transport;
  char *uri;
  AmtProvSite *site;
  guint milliseconds;
  char *folder;
  char *path;
  GSocket *listener;
  GSource *incoming;
  Link *link;    /* curl uses one connection at a time */
  GError *error; /* what broke the last one */
};

static void
close_stream (GIOStream *stream)
{
  g_io_stream_close_async (stream, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
  g_object_unref (stream);
}

/* Whatever is under way holds a reference, so nothing is pending on the streams here. */
static void
link_clear (gpointer data)
{
  Link *link = data;

  g_clear_pointer (&link->near, close_stream);
  g_clear_pointer (&link->far, close_stream);
  g_object_unref (link->cancellable);
}

static void
link_unref (Link *link)
{
  g_rc_box_release_full (link, link_clear);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Link, link_unref)

static void
let_go (AmtProvBridge *self)
{
  g_autoptr (Link) link = g_steal_pointer (&self->link);

  if (link == NULL)
    return;
  link->bridge = NULL;
  g_cancellable_cancel (link->cancellable);
}

/* Takes error. What the transport said first counts; what comes after we have let go is no news. */
static void
note (Link *link, GError *error)
{
  if (link->bridge != NULL && link->bridge->error == NULL)
    link->bridge->error = error;
  else
    g_error_free (error);
}

static GError *
make_lost (const char *uri, GError *error)
{
  return g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_CONNECTION, "the connection to %s failed: %s",
                      uri, error->message);
}

/* An open stream that breaks is a lost connection for whoever waits for an answer. */
static void
note_broken (Link *link, GError *error)
{
  if (link->bridge != NULL)
    note (link, make_lost (link->bridge->uri, error));
}

static void
end (Link *link)
{
  if (link->bridge != NULL)
    let_go (link->bridge);
}

/* The machine may have said why before it closed, so a write that fails ends nothing: what it sent
 * is still read to its end. */
static void
on_sent (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (Link) link = data;
  g_autoptr (GError) error = NULL;

  if (g_output_stream_splice_finish (G_OUTPUT_STREAM (source), result, &error) < 0)
    note_broken (link, error);
  else
    end (link);
}

static void
on_received (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (Link) link = data;
  g_autoptr (GError) error = NULL;

  if (g_output_stream_splice_finish (G_OUTPUT_STREAM (source), result, &error) < 0)
    note_broken (link, error);
  end (link);
}

static void
join (Link *link)
{
  g_output_stream_splice_async (g_io_stream_get_output_stream (link->far),
                                g_io_stream_get_input_stream (link->near),
                                G_OUTPUT_STREAM_SPLICE_NONE, G_PRIORITY_DEFAULT, link->cancellable,
                                on_sent, g_rc_box_acquire (link));
  g_output_stream_splice_async (g_io_stream_get_output_stream (link->near),
                                g_io_stream_get_input_stream (link->far),
                                G_OUTPUT_STREAM_SPLICE_NONE, G_PRIORITY_DEFAULT, link->cancellable,
                                on_received, g_rc_box_acquire (link));
}

static void
on_opened (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (Link) link = data;
  GError *error = NULL;

  link->far = amt_prov_transport_open_stream_finish (AMT_PROV_TRANSPORT (source), result, &error);
  if (link->far != NULL) {
    join (link);
    return;
  }
  note (link, error);
  end (link);
}

/* The folder is ours alone, but root may enter any. */
static gboolean
is_own (GSocket *socket)
{
  g_autoptr (GCredentials) peer = g_socket_get_credentials (socket, NULL);

  return peer != NULL && g_credentials_get_unix_pid (peer, NULL) == getpid ();
}

static void
connect_through (AmtProvBridge *self, GSocket *socket)
{
  let_go (self);
  g_clear_error (&self->error);
  self->link = g_rc_box_new0 (Link);
  self->link->bridge = self;
  self->link->cancellable = g_cancellable_new ();
  self->link->near = G_IO_STREAM (g_socket_connection_factory_create_connection (socket));
  amt_prov_transport_open_stream_async (self->transport, self->uri, self->site, self->milliseconds,
                                        self->link->cancellable, on_opened,
                                        g_rc_box_acquire (self->link));
}

static void
stop_listening (AmtProvBridge *self)
{
  if (self->incoming != NULL)
    g_source_destroy (self->incoming);
  g_clear_pointer (&self->incoming, g_source_unref);
  if (self->listener != NULL)
    g_socket_close (self->listener, NULL);
  g_clear_object (&self->listener);
}

static gboolean
on_incoming (GSocket *listener, GIOCondition condition, gpointer data)
{
  AmtProvBridge *self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) socket = g_socket_accept (listener, NULL, &error);

  if (socket != NULL && is_own (socket)) {
    connect_through (self, socket);
  } else if (socket == NULL && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) {
    /* Without a descriptor, for instance, it would be tried again at once, for ever. */
    g_clear_error (&self->error);
    self->error = make_lost (self->uri, error);
    stop_listening (self);
  }
  return G_SOURCE_CONTINUE;
}

AmtProvBridge *
amt_prov_bridge_new (AmtProvTransport *transport, const char *uri, AmtProvSite *site)
{
  AmtProvBridge *self = g_new0 (AmtProvBridge, 1);

  self->transport = g_object_ref (transport);
  self->uri = g_strdup (uri);
  self->site = g_object_ref (site);
  return self;
}

void
amt_prov_bridge_free (AmtProvBridge *self)
{
  amt_prov_bridge_close (self);
  g_object_unref (self->transport);
  g_object_unref (self->site);
  g_free (self->uri);
  g_free (self);
}

static gboolean
start_listening (AmtProvBridge *self, GError **error)
{
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (self->path);

  /* GIO cuts off what is longer than the system allows. */
  if (!g_str_equal (self->path, g_unix_socket_address_get_path (G_UNIX_SOCKET_ADDRESS (address)))) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_FAILED,
                 "%s is too long a name for a socket: let TMPDIR name a shorter folder",
                 self->path);
    return FALSE;
  }
  self->listener =
      g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, error);
  if (self->listener == NULL || !g_socket_bind (self->listener, address, FALSE, error) ||
      !g_socket_listen (self->listener, error))
    return FALSE;
  g_socket_set_blocking (self->listener, FALSE);
  self->incoming = g_socket_create_source (self->listener, G_IO_IN, NULL);
  g_source_set_callback (self->incoming, G_SOURCE_FUNC (on_incoming), self, NULL);
  g_source_attach (self->incoming, g_main_context_get_thread_default ());
  return TRUE;
}

/* Each connection that curl makes gets a stream of its own. The transport has as long for it as TCP
 * has to connect. For curl, which is connected at once, that counts as a part of the TLS handshake.
 */
gboolean
amt_prov_bridge_attach (AmtProvBridge *self, CURL *easy, guint milliseconds, GError **error)
{
  self->milliseconds = milliseconds;
  self->folder = g_dir_make_tmp ("amtprov-XXXXXX", error);
  if (self->folder == NULL)
    return FALSE;
  self->path = g_build_filename (self->folder, "s", NULL);
  if (!start_listening (self, error))
    return FALSE;
  curl_easy_setopt (easy, CURLOPT_UNIX_SOCKET_PATH, self->path);
  curl_easy_setopt (easy, CURLOPT_CONNECTTIMEOUT_MS, 2L * milliseconds);
  return TRUE;
}

void
amt_prov_bridge_close (AmtProvBridge *self)
{
  let_go (self);
  g_clear_error (&self->error);
  stop_listening (self);
  if (self->path != NULL)
    g_unlink (self->path);
  if (self->folder != NULL)
    g_rmdir (self->folder);
  g_clear_pointer (&self->path, g_free);
  g_clear_pointer (&self->folder, g_free);
}

/* What the transport said about the last connection, NULL when nothing. */
GError *
amt_prov_bridge_steal_error (AmtProvBridge *self)
{
  return g_steal_pointer (&self->error);
}
