/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fake-transport.h"

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
