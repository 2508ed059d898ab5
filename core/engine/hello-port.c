/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <netinet/in.h>
#include <string.h>

#include <amtprov/error.h>

#include "engine/hello-listener-private.h"

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

GSocket *
amt_prov_hello_listener_open_socket (const char *text, GError **error)
{
  g_autoptr (GSocketAddress) address = parse_address (text, error);
  g_autoptr (GSocket) socket = NULL;

  if (address == NULL)
    return NULL;
  socket = g_socket_new (g_socket_address_get_family (address), G_SOCKET_TYPE_STREAM,
                         G_SOCKET_PROTOCOL_TCP, error);
  if (socket == NULL)
    return NULL;
  g_socket_set_blocking (socket, FALSE);
  g_socket_set_listen_backlog (socket, 1024);
  /* 0.0.0.0 and [::] may stand side by side. */
  if (g_socket_address_get_family (address) == G_SOCKET_FAMILY_IPV6)
    g_socket_set_option (socket, IPPROTO_IPV6, IPV6_V6ONLY, 1, NULL);
  if (!g_socket_bind (socket, address, TRUE, error) || !g_socket_listen (socket, error)) {
    g_prefix_error (error, "cannot listen on %s: ", text);
    return NULL;
  }
  return g_steal_pointer (&socket);
}

/* Reasons are logged once per source and reason; the table of those is bounded. */
#define MAX_LOGGED 4096

void
amt_prov_hello_log_once (GHashTable *logged, const char *peer, const char *reason)
{
  g_autofree char *key = g_strdup_printf ("%s %s", peer, reason);

  if (g_hash_table_contains (logged, key))
    return;
  if (g_hash_table_size (logged) >= MAX_LOGGED)
    g_hash_table_remove_all (logged);
  g_hash_table_add (logged, g_steal_pointer (&key));
  g_message ("hello from %s: %s", peer, reason);
}
