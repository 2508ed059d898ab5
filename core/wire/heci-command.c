/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "wire/heci-private.h"

#define FIELDS(...)                                                                                \
  (const HeciField[])                                                                              \
  {                                                                                                \
    __VA_ARGS__,                                                                                   \
    {                                                                                              \
      0                                                                                            \
    }                                                                                              \
  }
#define U8(name)                                                                                   \
  {                                                                                                \
    name, HECI_U8                                                                                  \
  }
#define U16(name)                                                                                  \
  {                                                                                                \
    name, HECI_U16                                                                                 \
  }
#define U32(name)                                                                                  \
  {                                                                                                \
    name, HECI_U32                                                                                 \
  }
#define BOOLEAN(name)                                                                              \
  {                                                                                                \
    name, HECI_BOOLEAN                                                                             \
  }
#define IPV4(name)                                                                                 \
  {                                                                                                \
    name, HECI_IPV4                                                                                \
  }
#define MAC(name)                                                                                  \
  {                                                                                                \
    name, HECI_MAC                                                                                 \
  }
#define ANSI(name, most)                                                                           \
  {                                                                                                \
    name, HECI_ANSI, most                                                                          \
  }
#define TEXT(name, size)                                                                           \
  {                                                                                                \
    name, HECI_TEXT, size                                                                          \
  }
#define BYTES(name, size)                                                                          \
  {                                                                                                \
    name, HECI_BYTES, size                                                                         \
  }
#define LIST(name, row)                                                                            \
  {                                                                                                \
    name, HECI_LIST, .elements = row                                                               \
  }
#define PADDING(size)                                                                              \
  {                                                                                                \
    "reserved", HECI_PADDING, size                                                                 \
  }

/* heci.md §5: a suffix has at most 223 bytes; other texts have no stated limit. */
#define MAX_NAME   255
#define MAX_SUFFIX 223
/* Text forms of addresses. */
#define ADDRESS 46

static const HeciField hash_handle[] = {U32 ("handle"), {0}};
static const HeciField version_row[] = {
    {"name", HECI_COUNTED_TEXT, 20}, {"version", HECI_COUNTED_TEXT, 20}, {0}};
static const HeciField ipv6_address[] = {
    TEXT ("address", ADDRESS), U32 ("type"), U32 ("state"), {0}};

#define HBASED_HEAD U8 ("algorithm"), BYTES ("hash", 64)
#define HBASED_SUFFIXES                                                                            \
  {                                                                                                \
    "suffixes", HECI_NAME_BUFFER, 320                                                              \
  }

/* heci.md §5, in its order. The layouts of 27, 8C and 8E are not known there. */
static const HeciCommand commands[] = {
    {.code = 0x04000006,
     .name = "get-tcpip-parameters",
     .response = FIELDS (U32 ("dhcp-mode"),
                         IPV4 ("address"),
                         IPV4 ("mask"),
                         IPV4 ("gateway"),
                         IPV4 ("dns1"),
                         IPV4 ("dns2"),
                         ANSI ("domain", MAX_NAME))},
    {.code = 0x04000008,
     .name = "get-provisioning-mode",
     .response = FIELDS (U32 ("mode"), BOOLEAN ("legacy"))},
    {.code = 0x04000010,
     .name = "unprovision",
     .request = FIELDS (U32 ("mode")),
     .response = FIELDS ({"state", HECI_U32, .optional = TRUE})},
    {.code = 0x04000011, .name = "get-provisioning-state", .response = FIELDS (U32 ("state"))},
    {.code = 0x0400001a,
     .name = "get-code-versions",
     .response = FIELDS (TEXT ("bios", 65), LIST ("versions", version_row))},
    {.code = 0x0400001b,
     .name = "get-security-parameters",
     .response = FIELDS (BOOLEAN ("enterprise"),
                         BOOLEAN ("tls"),
                         BOOLEAN ("hardware-crypto"),
                         U32 ("state"),
                         BOOLEAN ("network"),
                         BOOLEAN ("sol"),
                         BOOLEAN ("ider"),
                         BOOLEAN ("firmware-update"),
                         BOOLEAN ("link"),
                         BOOLEAN ("kvm"),
                         PADDING (28))},
    {.code = 0x0400001e,
     .name = "get-admin-net-acl-entry-status",
     .response = FIELDS (BOOLEAN ("default"))},
    {.code = 0x04000025,
     .name = "get-mac-addresses",
     .response = FIELDS (MAC ("dedicated"), MAC ("host"))},
    {.code = 0x04000028, .name = "generate-rng-seed"},
    {.code = 0x04000029, .name = "start-configuration"},
    {.code = 0x0400002a,
     .name = "set-provisioning-server-otp",
     .request = FIELDS ({"otp", HECI_ANSI, 32, 8, .secret = TRUE})},
    {.code = 0x0400002b, .name = "get-provisioning-tls-mode", .response = FIELDS (U32 ("mode"))},
    {.code = 0x0400002c,
     .name = "enumerate-hash-handles",
     .response = FIELDS (LIST ("handles", hash_handle))},
    {.code = 0x0400002d,
     .name = "get-certificate-hash-entry",
     .request = FIELDS (U32 ("handle")),
     .response = FIELDS (BOOLEAN ("default"),
                         BOOLEAN ("active"),
                         BYTES ("hash", 64),
                         U8 ("algorithm"),
                         ANSI ("name", 32))},
    {.code = 0x0400002e, .name = "get-rng-seed-status", .response = FIELDS (U32 ("rng-status"))},
    {.code = 0x0400002f,
     .name = "set-pki-fqdn-suffix",
     .request = FIELDS (ANSI ("suffix", MAX_SUFFIX))},
    {.code = 0x04000030,
     .name = "get-zero-touch-enabled",
     .response = FIELDS (BOOLEAN ("zero-touch"))},
    {.code = 0x04000036,
     .name = "get-pki-fqdn-suffix",
     .response = FIELDS (ANSI ("suffix", MAX_SUFFIX))},
    {.code = 0x0400003a, .name = "set-zero-touch-enabled", .request = FIELDS (U32 ("mode"))},
    {.code = 0x0400003b, .name = "get-pid", .response = FIELDS ({"pid", HECI_TEXT, 8, 8})},
    {.code = 0x0400003e,
     .name = "get-dns-suffix-list",
     .response = FIELDS ({"suffixes", HECI_NAMES})},
    {.code = 0x0400003f,
     .name = "set-enterprise-access",
     .request = FIELDS (U8 ("flags"), BYTES ("address", 16), U8 ("access"))},
    {.code = 0x04000044, .name = "open-user-initiated-connection"},
    {.code = 0x04000045, .name = "close-user-initiated-connection"},
    {.code = 0x04000046,
     .name = "get-remote-access-connection-status",
     .response =
         FIELDS (U32 ("network"), U32 ("connection"), U32 ("trigger"), ANSI ("server", MAX_NAME))},
    {.code = 0x04000047,
     .name = "get-current-power-policy",
     .response = FIELDS (ANSI ("policy", MAX_NAME))},
    {.code = 0x04000048,
     .name = "get-lan-interface-settings",
     .request = FIELDS (U32 ("index")),
     .response = FIELDS (BOOLEAN ("enabled"),
                         IPV4 ("address"),
                         BOOLEAN ("dhcp"),
                         U8 ("dhcp-mode"),
                         {"link", HECI_BOOLEAN8},
                         MAC ("mac"))},
    {.code = 0x04000049,
     .name = "get-features-state",
     .request = FIELDS (U32 ("id")),
     .response = FIELDS (U32 ("id"), {"states", HECI_NUMBERS})},
    {.code = 0x0400004a,
     .name = "get-last-host-reset-reason",
     .response = FIELDS (U32 ("reason"), U32 ("timestamp"))},
    {.code = 0x0400004d,
     .name = "get-user-initiated-enabled-interfaces",
     .response = FIELDS (U32 ("interfaces"))},
    {.code = 0x0400004e,
     .name = "get-config-server-data",
     .response = FIELDS (U16 ("port"), TEXT ("address", ADDRESS), ANSI ("fqdn", MAX_NAME))},
    {.code = 0x04000050,
     .name = "get-me-setup-audit-record",
     .response = FIELDS (U8 ("tls-mode"),
                         BOOLEAN ("secure-dns"),
                         BOOLEAN ("host-initiated"),
                         U32 ("algorithm"),
                         BYTES ("hash", 64),
                         BYTES ("serials", 48),
                         BOOLEAN ("more-serials"),
                         BOOLEAN ("default"),
                         BOOLEAN ("time-valid"),
                         TEXT ("address", ADDRESS),
                         BYTES ("time", 14),
                         ANSI ("fqdn", MAX_NAME))},
    {.code = 0x04000052,
     .name = "get-ipv6-lan-interface-status",
     .request = FIELDS (U32 ("index")),
     .response = FIELDS (TEXT ("router", ADDRESS),
                         TEXT ("dns1", ADDRESS),
                         TEXT ("dns2", ADDRESS),
                         LIST ("addresses", ipv6_address))},
    {.code = 0x04000056,
     .name = "get-fqdn",
     .response = FIELDS (BOOLEAN ("shared"),
                         BOOLEAN ("ddns"),
                         U32 ("interval"),
                         U32 ("ttl"),
                         U32 ("host-name-length"),
                         ANSI ("fqdn", MAX_NAME))},
    {.code = 0x04000058, .name = "get-redirection-state", .response = FIELDS (U32 ("features"))},
    {.code = 0x0400005b, .name = "set-host-fqdn", .request = FIELDS (ANSI ("fqdn", MAX_NAME))},
    {.code = 0x0400005c, .name = "get-uuid", .response = FIELDS ({"uuid", HECI_UUID})},
    {.code = 0x0400005e, .name = "stop-configuration"},
    {.code = 0x04000062, .name = "start-configuration-ex", .request = FIELDS (BOOLEAN ("ipv6"))},
    /* Firmware pads the answer to 68 bytes; clients also read 66. */
    {.code = 0x04000067,
     .name = "get-local-system-account",
     .request = FIELDS (PADDING (40)),
     .response = FIELDS (TEXT ("user", 33),
                         {"password", HECI_TEXT, 33, .secret = TRUE},
                         {"reserved", HECI_PADDING, 2, .optional = TRUE})},
    {.code = 0x0400006b, .name = "get-control-mode", .response = FIELDS (U32 ("mode"))},
    {.code = 0x04000084, .name = "get-ehbc-state", .response = FIELDS (U32 ("state"))},
    {.code = 0x04000085, .name = "set-ehbc-state", .request = FIELDS (U32 ("state"))},
    {.code = 0x04000087,
     .name = "get-audit-log-records",
     .request = FIELDS (U32 ("start")),
     .response = FIELDS (U32 ("total"), U32 ("returned"), {"records", HECI_REST})},
    {.code = 0x04000088, .name = "disable-and-clear-amt"},
    /* heci.md §7: one client writes the boolean as one byte, which makes 390 bytes. */
    {.code = 0x0400008b,
     .name = "start-configuration-hbased",
     .request = FIELDS (HBASED_HEAD, BOOLEAN ("vpn"), HBASED_SUFFIXES),
     .other_request = FIELDS (HBASED_HEAD, {"vpn", HECI_BOOLEAN8}, HBASED_SUFFIXES),
     .other_size = 390,
     .response = FIELDS (HBASED_HEAD)},
    {.code = 0x01000001,
     .name = "get-amt-state",
     .request = FIELDS (BYTES ("variable", 16)),
     .response = FIELDS (BYTES ("variable", 16),
                         U32 ("size"),
                         {"link", HECI_BOOLEAN8},
                         PADDING (1),
                         U8 ("crypto-fuse"),
                         U8 ("flash-protection"),
                         U8 ("last-reset"))},
    /* heci.md §8 */
    {AMT_PROV_HECI_CLIENT_WATCHDOG, 0x51, "is-change-to-amt-enabled",
     .response = FIELDS ({"flags", HECI_LOW_BYTE}), .bare = TRUE},
    {AMT_PROV_HECI_CLIENT_WATCHDOG, 0x52, "change-to-amt"},
    {AMT_PROV_HECI_CLIENT_WATCHDOG, 0x53, "set-amt-operational-state",
     .request = FIELDS ({"enabled", HECI_BOOLEAN8})},
    /* heci.md §9 */
    {AMT_PROV_HECI_CLIENT_MKHI, 0x02ff, "get-firmware-version",
     .response = FIELDS (U16 ("code-minor"),
                         U16 ("code-major"),
                         U16 ("code-build"),
                         U16 ("code-hotfix"),
                         U16 ("recovery-minor"),
                         U16 ("recovery-major"),
                         U16 ("recovery-build"),
                         U16 ("recovery-hotfix"))},
    {AMT_PROV_HECI_CLIENT_MKHI, 0x0203, "get-rule", .request = FIELDS (U32 ("rule")),
     .response = FIELDS (U32 ("rule"), U8 ("size"), U32 ("value"))},
};

const HeciCommand *
amt_prov_heci_command_find (AmtProvHeciClient client, guint32 code)
{
  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    if (commands[i].client == client && commands[i].code == code)
      return &commands[i];
  return NULL;
}

const HeciCommand *
amt_prov_heci_command_find_name (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    if (g_str_equal (commands[i].name, name))
      return &commands[i];
  return NULL;
}

/**
 * amt_prov_heci_list_commands:
 * @client: a firmware client
 *
 * Lists the commands of a client that are known.
 *
 * Returns: (transfer full): their names, as amt_prov_heci_message_new_request() takes them
 *
 * Since: 0.1
 */
char **
amt_prov_heci_list_commands (AmtProvHeciClient client)
{
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    if (commands[i].client == client)
      g_strv_builder_add (names, commands[i].name);
  return g_strv_builder_end (names);
}

/**
 * amt_prov_heci_client_get_guid:
 * @client: a firmware client
 *
 * Gets the GUID by which the MEI driver knows the client. amt_prov_uuid_to_wire() gives its bytes:
 * Microsoft's order is that of SMBIOS.
 *
 * Returns: the GUID as text
 *
 * Since: 0.1
 */
const char *
amt_prov_heci_client_get_guid (AmtProvHeciClient client)
{
  static const char *const guids[] = {
      [AMT_PROV_HECI_CLIENT_PTHI] = "12f80028-b4b7-4b2d-aca8-46e0ff65814c",
      [AMT_PROV_HECI_CLIENT_WATCHDOG] = "05b79a6f-4628-4d7f-899d-a91514cb32ab",
      [AMT_PROV_HECI_CLIENT_MKHI] = "8e6a6715-9abc-4043-88ef-9e39c6f63e0f",
  };

  return guids[client];
}
