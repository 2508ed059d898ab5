/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <libpeas/peas.h>

#include <amtprov/amtprov.h>

/* A plugin as an OEM writes it, with the method "oem" and a transport for "jump". */

#define OEM_TYPE_METHOD (oem_method_get_type ())
G_DECLARE_FINAL_TYPE (OemMethod, oem_method, OEM, METHOD, GObject)

struct _OemMethod {
  GObject parent_instance;
};

static void oem_method_iface_init (AmtProvMethodInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (OemMethod,
                               oem_method,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (AMT_PROV_TYPE_METHOD, oem_method_iface_init))

static const char *
oem_method_get_id (AmtProvMethod *method)
{
  return "oem";
}

static void
oem_method_iface_init (AmtProvMethodInterface *iface)
{
  iface->get_id = oem_method_get_id;
}

static void
oem_method_class_init (OemMethodClass *klass)
{
}

static void
oem_method_init (OemMethod *self)
{
}

#define OEM_TYPE_TRANSPORT (oem_transport_get_type ())
G_DECLARE_FINAL_TYPE (OemTransport, oem_transport, OEM, TRANSPORT, GObject)

struct _OemTransport {
  GObject parent_instance;
};

static void oem_transport_iface_init (AmtProvTransportInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (OemTransport,
                               oem_transport,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (AMT_PROV_TYPE_TRANSPORT,
                                                      oem_transport_iface_init))

static const char *const *
oem_transport_get_schemes (AmtProvTransport *transport)
{
  static const char *const schemes[] = {"jump", NULL};

  return schemes;
}

static void
connected (GObject *source, GAsyncResult *result, gpointer data)
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

/* Over as many ports as the site says. */
static gboolean
oem_transport_open_stream (AmtProvTransport *transport,
                           const char *uri,
                           AmtProvSite *site,
                           AmtProvOperation *operation,
                           GError **error)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_auto (GStrv) parts = g_strsplit (uri, ":", 3);
  AmtProvSettings *settings = amt_prov_site_get_settings (site, "jump");
  guint64 port = g_ascii_strtoull (parts[2], NULL, 10) +
                 (guint64)amt_prov_settings_get_int (settings, "ports");

  g_socket_client_set_enable_proxy (client, FALSE);
  g_socket_client_connect_to_host_async (client, parts[1], (guint16)port,
                                         amt_prov_operation_get_cancellable (operation), connected,
                                         g_object_ref (operation));
  return TRUE;
}

static void
oem_transport_iface_init (AmtProvTransportInterface *iface)
{
  iface->get_schemes = oem_transport_get_schemes;
  iface->open_stream = oem_transport_open_stream;
}

static void
oem_transport_class_init (OemTransportClass *klass)
{
}

static void
oem_transport_init (OemTransport *self)
{
}

AMT_PROV_EXPORT void peas_register_types (PeasObjectModule *module);

void
peas_register_types (PeasObjectModule *module)
{
  peas_object_module_register_extension_type (module, AMT_PROV_TYPE_METHOD, OEM_TYPE_METHOD);
  peas_object_module_register_extension_type (module, AMT_PROV_TYPE_TRANSPORT, OEM_TYPE_TRANSPORT);
}
