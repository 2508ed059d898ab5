/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "local.h"

#include <gio/gio.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

#include "info.h"

/* As many as a report may have. */
#define MAX_ADDRESSES 64

static const char *const asset_files[] = {
    "/sys/class/dmi/id/chassis_asset_tag",
    "/sys/class/dmi/id/board_asset_tag",
};

/* What makers leave in the field. */
static const char *const no_assets[] = {
    "",
    "none",
    "default string",
    "no asset tag",
    "no asset information",
    "not specified",
    "n/a",
    "to be filled by o.e.m.",
    "not available",
    "asset-1234567890",
};

static char *
read_asset (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (asset_files); i++) {
    g_autofree char *text = NULL;
    g_autofree char *lower = NULL;
    gboolean known = TRUE;

    if (!g_file_get_contents (asset_files[i], &text, NULL, NULL) ||
        !g_utf8_validate (text, -1, NULL))
      continue;
    g_strstrip (text);
    lower = g_ascii_strdown (text, -1);
    for (gsize n = 0; n < G_N_ELEMENTS (no_assets); n++)
      known &= !g_str_equal (lower, no_assets[n]);
    if (known)
      return g_steal_pointer (&text);
  }
  return NULL;
}

/* The name that the resolver has for the host, when it has a domain. */
static char *
find_fqdn (const char *host)
{
  const struct addrinfo hints = {.ai_flags = AI_CANONNAME, .ai_socktype = SOCK_STREAM};
  struct addrinfo *found = NULL;
  char *fqdn = NULL;

  if (strchr (host, '.') != NULL)
    return g_strdup (host);
  if (getaddrinfo (host, NULL, &hints, &found) != 0)
    return NULL;
  if (found->ai_canonname != NULL && strchr (found->ai_canonname, '.') != NULL &&
      !g_str_has_prefix (found->ai_canonname, "localhost"))
    fqdn = g_strdup (found->ai_canonname);
  freeaddrinfo (found);
  return fqdn;
}

static char *
address_to_text (const struct ifaddrs *entry)
{
  g_autoptr (GSocketAddress) socket_address = NULL;
  GInetAddress *address;
  gsize size;

  if (entry->ifa_addr == NULL || (entry->ifa_flags & IFF_LOOPBACK) != 0 ||
      (entry->ifa_flags & IFF_UP) == 0)
    return NULL;
  switch (entry->ifa_addr->sa_family) {
  case AF_INET:
    size = sizeof (struct sockaddr_in);
    break;
  case AF_INET6:
    size = sizeof (struct sockaddr_in6);
    break;
  default:
    return NULL;
  }
  socket_address = g_socket_address_new_from_native (entry->ifa_addr, size);
  address = g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (socket_address));
  return g_inet_address_get_is_link_local (address) ? NULL : g_inet_address_to_string (address);
}

static void
read_addresses (AgentLocal *self)
{
  struct ifaddrs *list = NULL;

  if (getifaddrs (&list) < 0)
    return;
  for (struct ifaddrs *entry = list; entry != NULL && self->addresses->len < MAX_ADDRESSES;
       entry = entry->ifa_next) {
    char *text = address_to_text (entry);

    if (text != NULL)
      g_ptr_array_add (self->addresses, text);
  }
  freeifaddrs (list);
}

AgentLocal *
amt_prov_agent_local_read (void)
{
  AgentLocal *self = g_new0 (AgentLocal, 1);
  char *dot;

  self->host = g_strdup (g_get_host_name ());
  self->fqdn = find_fqdn (self->host);
  dot = strchr (self->host, '.');
  if (dot != NULL)
    *dot = '\0';
  self->os = g_get_os_info (G_OS_INFO_KEY_NAME);
  self->os_version = g_get_os_info (G_OS_INFO_KEY_VERSION_ID);
  self->asset = read_asset ();
  self->addresses = g_ptr_array_new_with_free_func (g_free);
  read_addresses (self);
  return self;
}

void
amt_prov_agent_local_free (AgentLocal *self)
{
  g_free (self->host);
  g_free (self->fqdn);
  g_free (self->os);
  g_free (self->os_version);
  g_free (self->asset);
  g_ptr_array_unref (self->addresses);
  g_free (self);
}

void
amt_prov_agent_local_add_report (AgentLocal *self, JsonBuilder *builder)
{
  amt_prov_agent_add_text (builder, "host", self->host);
  amt_prov_agent_add_text (builder, "fqdn", self->fqdn);
  amt_prov_agent_add_text (builder, "os", self->os);
  amt_prov_agent_add_text (builder, "os_version", self->os_version);
  amt_prov_agent_add_text (builder, "asset", self->asset);
  json_builder_set_member_name (builder, "addresses");
  json_builder_begin_array (builder);
  for (guint i = 0; i < self->addresses->len; i++)
    json_builder_add_string_value (builder, self->addresses->pdata[i]);
  json_builder_end_array (builder);
}
