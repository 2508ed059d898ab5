/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <netinet/in.h>
#include <string.h>

#include <amtprov/error.h>
#include <amtprov/provisioner.h>
#include <amtprov/service.h>

#include "base/vfunc-private.h"
#include "engine/provisioner-private.h"

/* Connections that the kernel holds until they are accepted. */
#define BACKLOG 1024

/**
 * AmtProvService:
 *
 * Something that a plugin does for as long as a provisioner listens: an endpoint to which machines
 * or other programs come. A `.plugin` file names it with `X-AmtProvProvides=service:ID`, and its
 * settings are the group `[ID]` of `amtprov.conf`. What is only looked at, as commands do, has no
 * services running.
 *
 * Since: 0.1
 */
G_DEFINE_INTERFACE (AmtProvService, amt_prov_service, G_TYPE_OBJECT)

/* A script may leave a function out. */
static gboolean
have_no_start (AmtProvService *self, AmtProvProvisioner *provisioner, GError **error)
{
  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PLUGIN_FAILED,
               "the service %s has no function start", G_OBJECT_TYPE_NAME (self));
  return FALSE;
}

static void
have_no_stop (AmtProvService *self)
{
}

static void
amt_prov_service_default_init (AmtProvServiceInterface *iface)
{
  iface->start = have_no_start;
  iface->stop = have_no_stop;
}

/**
 * amt_prov_service_start:
 * @self: a service
 * @provisioner: for whom it works
 * @error: return location for an error
 *
 * Begins to serve. amt_prov_provisioner_listen() calls it for every loaded service.
 *
 * Returns: %TRUE when it serves, %FALSE with the error of the service or
 *   %AMT_PROV_ERROR_PLUGIN_FAILED
 * Since: 0.1
 */
gboolean
amt_prov_service_start (AmtProvService *self, AmtProvProvisioner *provisioner, GError **error)
{
  gint64 began = g_get_monotonic_time ();
  GError *cause = NULL;
  gboolean started;

  g_return_val_if_fail (AMT_PROV_IS_SERVICE (self), FALSE);
  g_return_val_if_fail (AMT_PROV_IS_PROVISIONER (provisioner), FALSE);

  started = AMT_PROV_SERVICE_GET_IFACE (self)->start (self, provisioner, &cause);
  amt_prov_vfunc_check (self, self, "service", G_OBJECT_TYPE_NAME (self), "start", began);
  if (!started && cause == NULL)
    g_set_error (&cause, AMT_PROV_ERROR, AMT_PROV_ERROR_PLUGIN_FAILED,
                 "the service %s did not start and gave no error (an exception in a script?)",
                 G_OBJECT_TYPE_NAME (self));
  if (cause != NULL)
    g_propagate_error (error, cause);
  return started;
}

/**
 * amt_prov_service_stop:
 * @self: a service that was started
 *
 * Takes nothing in any more.
 *
 * Since: 0.1
 */
void
amt_prov_service_stop (AmtProvService *self)
{
  gint64 began = g_get_monotonic_time ();

  g_return_if_fail (AMT_PROV_IS_SERVICE (self));

  AMT_PROV_SERVICE_GET_IFACE (self)->stop (self);
  amt_prov_vfunc_check (self, self, "service", G_OBJECT_TYPE_NAME (self), "stop", began);
}

void
amt_prov_provisioner_stop_services (AmtProvProvisioner *self)
{
  while (self->services > 0)
    amt_prov_service_stop (
        amt_prov_plugin_set_get_services (self->plugins)->pdata[--self->services]);
}

gboolean
amt_prov_provisioner_start_services (AmtProvProvisioner *self, GError **error)
{
  GPtrArray *services = amt_prov_plugin_set_get_services (self->plugins);

  for (; self->services < services->len; self->services++)
    if (!amt_prov_service_start (services->pdata[self->services], self, error))
      return FALSE;
  return TRUE;
}

/* ---- what it listens on ---- */

/* Without one GLib takes port 0, and nobody would find out where the listener is. */
static gboolean
names_port (const char *text)
{
  const char *host_end = strrchr (text, ']');
  const char *colon = strrchr (host_end != NULL ? host_end : text, ':');

  return colon != NULL && g_ascii_isdigit (colon[1]) &&
         (host_end != NULL || strchr (text, ':') == colon);
}

static GSocketAddress *
parse_address (const char *text, GError **error)
{
  g_autoptr (GSocketConnectable) connectable = g_network_address_parse (text, 0, NULL);
  GSocketAddress *address = NULL;

  if (connectable != NULL && names_port (text))
    address = g_inet_socket_address_new_from_string (
        g_network_address_get_hostname (G_NETWORK_ADDRESS (connectable)),
        g_network_address_get_port (G_NETWORK_ADDRESS (connectable)));
  if (address == NULL)
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFIG,
                 "%s is no IPv4 or IPv6 address with a port, as in 127.0.0.1:9971 or [::1]:9971",
                 text);
  return address;
}

/**
 * amt_prov_service_open_socket:
 * @text: an IPv4 or IPv6 address and a port, as in `127.0.0.1:9971` or `[::1]:9971`; port 0 takes a
 *   free one
 * @error: return location for an error
 *
 * Opens a TCP socket for what a service or a listener serves, which listens already. A whole site
 * that is switched on in the morning finds room in its queue. An IPv6 address takes no IPv4, so
 * `0.0.0.0` and `[::]` may stand side by side.
 *
 * Returns: (transfer full): the socket, or %NULL with %AMT_PROV_ERROR_CONFIG for a text that is no
 *   address with a port, else with an error of GIO
 * Since: 0.1
 */
GSocket *
amt_prov_service_open_socket (const char *text, GError **error)
{
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GSocket) socket = NULL;

  g_return_val_if_fail (text != NULL, NULL);

  address = parse_address (text, error);
  if (address == NULL)
    return NULL;
  socket = g_socket_new (g_socket_address_get_family (address), G_SOCKET_TYPE_STREAM,
                         G_SOCKET_PROTOCOL_TCP, error);
  if (socket == NULL)
    return NULL;
  g_socket_set_blocking (socket, FALSE);
  g_socket_set_listen_backlog (socket, BACKLOG);
  if (g_socket_address_get_family (address) == G_SOCKET_FAMILY_IPV6)
    g_socket_set_option (socket, IPPROTO_IPV6, IPV6_V6ONLY, 1, NULL);
  if (!g_socket_bind (socket, address, TRUE, error) || !g_socket_listen (socket, error)) {
    g_prefix_error (error, "cannot listen on %s: ", text);
    return NULL;
  }
  return g_steal_pointer (&socket);
}
