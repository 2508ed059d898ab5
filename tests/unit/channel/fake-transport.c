/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fake-transport.h"

#include <string.h>

struct _FakeTransport {
  GObject parent_instance;
  FakeOpen open;
  gpointer data;
};

static void fake_transport_iface_init (AmtProvTransportInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (FakeTransport,
                               fake_transport,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (AMT_PROV_TYPE_TRANSPORT,
                                                      fake_transport_iface_init))

static void
fake_transport_class_init (FakeTransportClass *klass)
{
}

static void
fake_transport_init (FakeTransport *self)
{
}

AmtProvTransport *
fake_transport_new (FakeOpen open, gpointer data)
{
  FakeTransport *self = g_object_new (FAKE_TYPE_TRANSPORT, NULL);

  self->open = open;
  self->data = data;
  return AMT_PROV_TRANSPORT (self);
}

static const char *const *
fake_transport_get_schemes (AmtProvTransport *transport)
{
  static const char *const schemes[] = {"fake", NULL};

  return schemes;
}

static gboolean
fake_transport_open_stream (AmtProvTransport *transport,
                            const char *uri,
                            AmtProvSite *site,
                            AmtProvOperation *operation,
                            GError **error)
{
  FakeTransport *self = FAKE_TRANSPORT (transport);

  g_assert_true (AMT_PROV_IS_SITE (site));
  return self->open (uri, operation, self->data, error);
}

static void
fake_transport_iface_init (AmtProvTransportInterface *iface)
{
  iface->get_schemes = fake_transport_get_schemes;
  iface->open_stream = fake_transport_open_stream;
}

static void
dialled (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (AmtProvOperation) operation = data;
  GError *error = NULL;
  g_autoptr (GSocketConnection) connection =
      g_socket_client_connect_to_host_finish (G_SOCKET_CLIENT (source), result, &error);

  if (connection != NULL)
    amt_prov_operation_return_object (operation, G_OBJECT (connection));
  else
    amt_prov_operation_return_error (operation, error);
}

gboolean
fake_transport_dial (const char *uri, AmtProvOperation *operation, gpointer data, GError **error)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();

  g_assert_true (g_str_has_prefix (uri, "fake:127.0.0.1:"));
  g_socket_client_set_enable_proxy (client, FALSE);
  g_socket_client_connect_to_host_async (client, uri + strlen ("fake:"), 0,
                                         amt_prov_operation_get_cancellable (operation), dialled,
                                         g_object_ref (operation));
  return TRUE;
}
