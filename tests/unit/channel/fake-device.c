/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fake-device.h"

#include <errno.h>
#include <string.h>
#include <gnutls/gnutls.h>

#include "fake-transport.h"

/* One thread serves one connection after the other, as a device does. TLS is GnuTLS, so that
 * OpenSSL meets another stack. */
struct _FakeDevice {
  FakeTls tls;
  FakeReply reply;
  gpointer data;
  GSocket *listener;
  GSocket *connection;
  gnutls_session_t session;
  gnutls_psk_server_credentials_t psk;
  gnutls_certificate_credentials_t certificate;
  GCancellable *stop;
  GThread *thread;
  guint16 port;
  guint connections;  /* atomic */
  guint client_chain; /* atomic */
};

/* GnuTLS looks at errno, which GSocket leaves as it is: without a word it may try again for ever.
 */
static ssize_t
told (FakeDevice *self, ssize_t length)
{
  if (length < 0)
    gnutls_transport_set_errno (self->session, ECONNRESET);
  return length;
}

static ssize_t
pull (gnutls_transport_ptr_t transport, void *buffer, size_t size)
{
  FakeDevice *self = transport;

  return told (self, g_socket_receive (self->connection, buffer, size, self->stop, NULL));
}

static ssize_t
push (gnutls_transport_ptr_t transport, const void *buffer, size_t size)
{
  FakeDevice *self = transport;

  return told (self, g_socket_send (self->connection, buffer, size, self->stop, NULL));
}

static int
give_psk (gnutls_session_t session, const char *user, gnutls_datum_t *key)
{
  FakeDevice *self = gnutls_transport_get_ptr (session);

  if (!g_str_equal (user, self->tls.pid))
    return -1;
  key->size = (unsigned int)strlen (self->tls.pps);
  key->data = gnutls_malloc (key->size);
  memcpy (key->data, self->tls.pps, key->size);
  return 0;
}

static int
check_client (gnutls_session_t session)
{
  FakeDevice *self = gnutls_transport_get_ptr (session);
  unsigned int count = 0;

  gnutls_certificate_get_peers (session, &count);
  g_atomic_int_set (&self->client_chain, count);
  if (self->tls.refuse_client)
    gnutls_alert_send (session, GNUTLS_AL_FATAL, GNUTLS_A_CERTIFICATE_UNKNOWN);
  return self->tls.refuse_client ? GNUTLS_E_CERTIFICATE_ERROR : 0;
}

static gboolean
start_tls (FakeDevice *self)
{
  gnutls_init (&self->session, GNUTLS_SERVER);
  g_assert_cmpint (gnutls_priority_set_direct (self->session, self->tls.priority, NULL), ==, 0);
  if (self->psk != NULL)
    gnutls_credentials_set (self->session, GNUTLS_CRD_PSK, self->psk);
  if (self->certificate != NULL)
    gnutls_credentials_set (self->session, GNUTLS_CRD_CERTIFICATE, self->certificate);
  if (self->tls.mutual)
    gnutls_certificate_server_set_request (self->session, GNUTLS_CERT_REQUIRE);
  gnutls_transport_set_ptr (self->session, self);
  gnutls_transport_set_pull_function (self->session, pull);
  gnutls_transport_set_push_function (self->session, push);
  int result;
  do
    result = gnutls_handshake (self->session);
  while (result != 0 && !gnutls_error_is_fatal (result));
  if (result != 0)
    gnutls_alert_send_appropriate (self->session, result);
  return result == 0;
}

static gssize
receive (FakeDevice *self, char *buffer, gsize size)
{
  if (self->session != NULL)
    return gnutls_record_recv (self->session, buffer, size);
  return g_socket_receive (self->connection, buffer, size, self->stop, NULL);
}

static gboolean
transmit (FakeDevice *self, const char *data, gsize length)
{
  while (length > 0) {
    gssize sent = self->session != NULL
                      ? gnutls_record_send (self->session, data, length)
                      : g_socket_send (self->connection, data, length, self->stop, NULL);
    if (sent <= 0)
      return FALSE;
    data += sent;
    length -= (gsize)sent;
  }
  return TRUE;
}

static gboolean
is_complete (GString *request)
{
  const char *end = strstr (request->str, "\r\n\r\n");
  const char *length = strstr (request->str, "Content-Length: ");

  if (end == NULL)
    return FALSE;
  guint64 wanted = length == NULL ? 0 : g_ascii_strtoull (length + 16, NULL, 10);
  return request->len >= (gsize)(end + 4 - request->str) + wanted;
}

static gboolean
serve_one (FakeDevice *self)
{
  g_autoptr (GString) request = g_string_new (NULL);
  char buffer[4096];

  while (!is_complete (request)) {
    gssize got = receive (self, buffer, sizeof buffer);
    if (got <= 0)
      return FALSE;
    g_string_append_len (request, buffer, got);
  }
  GString *answer = self->reply (request->str, self->data);
  if (answer == NULL)
    return FALSE;
  gboolean go_on = transmit (self, answer->str, answer->len) &&
                   strstr (answer->str, "Connection: close") == NULL;
  if (answer->len == 0)
    go_on = receive (self, buffer, 1) > 0;
  g_string_free (answer, TRUE);
  return go_on;
}

static gpointer
serve (gpointer data)
{
  FakeDevice *self = data;

  while ((self->connection = g_socket_accept (self->listener, self->stop, NULL)) != NULL) {
    g_atomic_int_inc (&self->connections);
    gboolean ready = self->tls.priority == NULL || start_tls (self);
    while (ready && serve_one (self))
      ;
    g_clear_pointer (&self->session, gnutls_deinit);
    g_socket_close (self->connection, NULL);
    g_clear_object (&self->connection);
  }
  return NULL;
}

static void
load_credentials (FakeDevice *self)
{
  if (self->tls.pps != NULL) {
    gnutls_psk_allocate_server_credentials (&self->psk);
    gnutls_psk_set_server_credentials_function (self->psk, give_psk);
  }
  if (self->tls.certificate == NULL)
    return;
  gnutls_datum_t certificate = {(void *)g_bytes_get_data (self->tls.certificate, NULL),
                                (unsigned int)g_bytes_get_size (self->tls.certificate)};
  gnutls_datum_t key = {(void *)g_bytes_get_data (self->tls.key, NULL),
                        (unsigned int)g_bytes_get_size (self->tls.key)};
  gnutls_certificate_allocate_credentials (&self->certificate);
  g_assert_cmpint (gnutls_certificate_set_x509_key_mem (self->certificate, &certificate, &key,
                                                        GNUTLS_X509_FMT_DER),
                   ==, 0);
  gnutls_certificate_set_verify_function (self->certificate, check_client);
}

FakeDevice *
fake_device_new (const FakeTls *tls, FakeReply reply, gpointer data)
{
  FakeDevice *self = g_new0 (FakeDevice, 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, 0);

  if (tls != NULL)
    self->tls = *tls;
  self->reply = reply;
  self->data = data;
  self->stop = g_cancellable_new ();
  load_credentials (self);
  self->listener =
      g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, &error);
  g_assert_no_error (error);
  g_socket_bind (self->listener, address, TRUE, &error);
  g_assert_no_error (error);
  g_socket_listen (self->listener, &error);
  g_assert_no_error (error);
  g_autoptr (GSocketAddress) bound = g_socket_get_local_address (self->listener, &error);
  g_assert_no_error (error);
  self->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
  self->thread = g_thread_new ("fake-device", serve, self);
  return self;
}

void
fake_device_free (FakeDevice *self)
{
  g_cancellable_cancel (self->stop);
  g_thread_join (self->thread);
  g_clear_pointer (&self->psk, gnutls_psk_free_server_credentials);
  g_clear_pointer (&self->certificate, gnutls_certificate_free_credentials);
  g_object_unref (self->listener);
  g_object_unref (self->stop);
  g_free (self);
}

guint16
fake_device_get_port (FakeDevice *self)
{
  return self->port;
}

guint
fake_device_count_connections (FakeDevice *self)
{
  return (guint)g_atomic_int_get (&self->connections);
}

guint
fake_device_get_client_chain (FakeDevice *self)
{
  return (guint)g_atomic_int_get (&self->client_chain);
}

AmtProvChannel *
fake_device_new_channel (FakeDevice *self, AmtProvTlsPolicy *policy)
{
  g_autoptr (AmtProvTransport) transport = fake_transport_new (fake_transport_dial, NULL);
  g_autoptr (AmtProvSite) site = g_object_new (AMT_PROV_TYPE_SITE, NULL);

  if (g_getenv ("AMT_PROV_TEST_TRANSPORT") == NULL)
    return amt_prov_channel_new ("127.0.0.1", self->port, policy, NULL);
  return amt_prov_channel_new_over (transport, "fake", site, "127.0.0.1", self->port, policy, NULL);
}

GString *
fake_http (guint status, const char *headers, const char *body)
{
  GString *out = g_string_new (NULL);

  g_string_append_printf (out, "HTTP/1.1 %u Text\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n%s\r\n",
                          status, strlen (body), headers);
  g_string_append (out, body);
  return out;
}

/* A chunked answer, with sizes as AMT writes them. */
GString *
fake_soap (const char *body)
{
  GString *out = g_string_new ("HTTP/1.1 200 OK\r\nServer: AMT\r\nContent-Type: "
                               "application/soap+xml; charset=UTF-8\r\n"
                               "Transfer-Encoding: chunked\r\n\r\n");
  g_autofree char *envelope = g_strdup_printf (
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?><a:Envelope "
      "xmlns:a=\"http://www.w3.org/2003/05/soap-envelope\" "
      "xmlns:b=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\" "
      "xmlns:c=\"http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd\" xmlns:g=\"urn:g\" "
      "xmlns:h=\"urn:h\"><a:Header></a:Header><a:Body>%s</a:Body></a:Envelope>",
      body);
  gsize length = strlen (envelope);

  for (gsize at = 0; at < length; at += 0x0100) {
    gsize size = MIN (length - at, 0x0100);
    g_string_append_printf (out, "%04" G_GINT64_MODIFIER "X\r\n%.*s\r\n", (gint64)size, (int)size,
                            envelope + at);
  }
  g_string_append (out, "0\r\n\r\n");
  return out;
}

static void
keep_result (GObject *source, GAsyncResult *result, gpointer data)
{
  GAsyncResult **slot = data;

  *slot = g_object_ref (result);
}

gboolean
run_open (AmtProvChannel *channel, GCancellable *cancellable, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  amt_prov_channel_open_async (channel, cancellable, keep_result, &result);
  while (result == NULL)
    g_main_context_iteration (g_main_context_get_thread_default (), TRUE);
  return amt_prov_channel_open_finish (channel, result, error);
}

gboolean
run_perform (AmtProvChannel *channel, AmtProvAction *action, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  amt_prov_channel_perform_async (channel, action, NULL, keep_result, &result);
  while (result == NULL)
    g_main_context_iteration (g_main_context_get_thread_default (), TRUE);
  return amt_prov_channel_perform_finish (channel, result, error);
}
