/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "branch.h"

/* Reaches machines by CONNECT to an HTTP proxy. The core speaks TLS and HTTP through it. */

#define SCHEME "jump"

struct _BranchJumpTransport {
  GObject parent_instance;
};

static void branch_jump_transport_iface_init (AmtProvTransportInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (BranchJumpTransport,
                               branch_jump_transport,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (AMT_PROV_TYPE_TRANSPORT,
                                                      branch_jump_transport_iface_init))

static const char *const *
branch_jump_transport_get_schemes (AmtProvTransport *transport)
{
  static const char *const schemes[] = {SCHEME, NULL};

  return schemes;
}

static void
connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (AmtProvOperation) operation = user_data;
  GSocketClient *client = G_SOCKET_CLIENT (source);
  g_autofree char *proxy = NULL;
  GError *error = NULL;
  g_autoptr (GSocketConnection) connection =
      g_socket_client_connect_to_host_finish (client, result, &error);

  if (connection != NULL) {
    amt_prov_operation_return_object (operation, G_OBJECT (connection));
    return;
  }
  /* It does not say by itself whether the machine or the proxy is meant. */
  g_object_get (g_socket_client_get_proxy_resolver (client), "default-proxy", &proxy, NULL);
  g_prefix_error (&error, "by the proxy %s: ", proxy);
  amt_prov_operation_return_error (operation, error);
}

static GProxyResolver *
make_resolver (AmtProvSite *site, GError **error)
{
  AmtProvSettings *settings = amt_prov_site_get_settings (site, SCHEME);
  g_autofree char *proxy = NULL;

  if (settings == NULL) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_BLOCKED,
                 "site %s says transport=" SCHEME ", but has no group [" SCHEME "] with a proxy",
                 amt_prov_site_get_name (site));
    return NULL;
  }
  proxy = g_strconcat ("http://", amt_prov_settings_get_string (settings, "proxy"), NULL);
  return g_simple_proxy_resolver_new (proxy, NULL);
}

static gboolean
branch_jump_transport_open_stream (AmtProvTransport *transport,
                                   const char *uri,
                                   AmtProvSite *site,
                                   AmtProvOperation *operation,
                                   GError **error)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GProxyResolver) resolver = make_resolver (site, error);
  const char *address_and_port = uri + strlen (SCHEME ":");

  if (resolver == NULL)
    return FALSE;
  g_socket_client_set_proxy_resolver (client, resolver);
  g_socket_client_connect_to_host_async (client, address_and_port, amt_prov_site_get_port (site),
                                         amt_prov_operation_get_cancellable (operation), connected,
                                         g_object_ref (operation));
  return TRUE;
}

static void
branch_jump_transport_iface_init (AmtProvTransportInterface *iface)
{
  iface->get_schemes = branch_jump_transport_get_schemes;
  iface->open_stream = branch_jump_transport_open_stream;
}

static void
branch_jump_transport_class_init (BranchJumpTransportClass *klass)
{
}

static void
branch_jump_transport_init (BranchJumpTransport *self)
{
}
