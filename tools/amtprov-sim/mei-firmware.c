/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the firmware clients AMTHI, watchdog and MKHI answer to a program on the machine (heci.md §5
 * to §9). Sockets are not its business. */
#include "mei-firmware.h"
#include "wsman.h"

#include <string.h>

#define PORT  "AMT_EthernetPortSettings"
#define WIRED "Intel(r) AMT Ethernet Port Settings 0"

/* heci.md §9 */
#define MKHI_NOT_SUPPORTED 0x89

typedef guint (*CommandFunc) (SimModel *model, AmtProvHeciMessage *in, AmtProvHeciMessage *out);

static void
put_number (AmtProvHeciMessage *out, const char *name, guint32 number)
{
  amt_prov_heci_message_set_value (out, name, g_variant_new_uint32 (number));
}

static void
put_flag (AmtProvHeciMessage *out, const char *name, gboolean flag)
{
  amt_prov_heci_message_set_value (out, name, g_variant_new_boolean (flag));
}

static void
put_text (AmtProvHeciMessage *out, const char *name, const char *text)
{
  amt_prov_heci_message_set_value (out, name, g_variant_new_string (text != NULL ? text : ""));
}

static void
put_bytes (AmtProvHeciMessage *out, const char *name, gconstpointer data, gsize length)
{
  amt_prov_heci_message_set_value (
      out, name, g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, data, length, 1));
}

/* ---- AMTHI: what the machine is ---- */

static guint
get_uuid (SimModel *model, AmtProvHeciMessage *in, AmtProvHeciMessage *out)
{
  put_text (out, "uuid", model->settings->uuid);
  return SIM_PT_SUCCESS;
}

static guint
get_code_versions (SimModel *model, AmtProvHeciMessage *in, AmtProvHeciMessage *out)
{
  const char *firmware = amt_prov_capabilities_get_string (model->capabilities, "sample-firmware");
  const char *build = amt_prov_capabilities_get_string (model->capabilities, "sample-build");
  g_autofree char *sku = g_strdup_printf ("%u", sim_model_get_sku (model));
  const char *const rows[] = {
      "Flash",
      firmware,
      "Netstack",
      firmware,
      "AMTApps",
      firmware,
      "AMT",
      firmware,
      "Sku",
      sku,
      "VendorID",
      "8086",
      "Build Number",
      build,
      "Recovery Version",
      firmware,
      "Recovery Build Num",
      build,
      "Legacy Mode",
      "False",
  };
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a(ss)"));

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i += 2)
    g_variant_builder_add (&builder, "(ss)", rows[i], rows[i + 1]);
  put_text (out, "bios", "AMTSIM 1.0");
  amt_prov_heci_message_set_value (out, "versions", g_variant_builder_end (&builder));
  return SIM_PT_SUCCESS;
}

static guint
get_local_account (SimModel *model, AmtProvHeciMessage *in, AmtProvHeciMessage *out)
{
  g_autofree char *text = g_strconcat ("local account of ", model->settings->uuid, NULL);
  g_autofree char *hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
  g_autoptr (AmtProvSecret) password = NULL;

  hash[32] = '\0';
  password = amt_prov_secret_new_text (hash);
  put_text (out, "user", "$$OsAdmin");
  amt_prov_heci_message_set_secret (out, password);
  return SIM_PT_SUCCESS;
}

static guint
get_pid (SimModel *model, AmtProvHeciMessage *in, AmtProvHeciMessage *out)
{
  if (model->psk == NULL)
    return SIM_PT_NOT_FOUND;
  put_text (out, "pid", amt_prov_psk_get_pid (model->psk));
  return SIM_PT_SUCCESS;
}

/* ---- AMTHI: where it stands ---- */

static guint
get_provisioning_state (SimModel *model, AmtProvHeciMessage *in, AmtProvHeciMessage *out)
{
  put_number (out, "state", sim_model_get_provisioning_state (model));
  return SIM_PT_SUCCESS;
}

static guint
get_provisioning_mode (SimModel *model, AmtProvHeciMessage *in, AmtProvHeciMessage *out)
{
  put_number (out, "mode", model->state == SIM_STATE_FACTORY ? 0 : 1);
  put_flag (out, "legacy", FALSE);
  return SIM_PT_SUCCESS;
}

static guint
get_control_mode (SimModel *model, AmtProvHeciMessage *in, AmtProvHeciMessage *out)
{
  put_number (out, "mode", model->state == SIM_STATE_OPERATIONAL ? 2 : 0);
  return SIM_PT_SUCCESS;
}

/* 0 not started, 1 PSK, 2 PKI (heci.md §4) */
static guint
get_tls_mode (SimModel *model, AmtProvHeciMessage *in, AmtProvHeciMessage *out)
{
  put_number (out, "mode", model->state == SIM_STATE_FACTORY ? 0 : model->by_psk ? 1 : 2);
  return SIM_PT_SUCCESS;
}

static guint
get_zero_touch (SimModel *model, AmtProvHeciMessage *in, AmtProvHeciMessage *out)
{
  put_flag (out, "zero-touch", model->zero_touch);
  return SIM_PT_SUCCESS;
}

static guint
get_admin_status (SimModel *model, AmtProvHeciMessage *in, AmtProvHeciMessage *out)
{
  put_flag (out, "default", sim_model_has_default_admin (model));
  return SIM_PT_SUCCESS;
}

static guint
get_security_parameters (SimModel *model, AmtProvHeciMessage *in, AmtProvHeciMessage *out)
{
  put_flag (out, "enterprise", TRUE);
  put_flag (out, "tls", model->tls);
  put_flag (out, "hardware-crypto", TRUE);
  put_number (out, "state", sim_model_get_provisioning_state (model));
  put_flag (out, "network",
            sim_model_secure_port_open (model) || sim_model_plain_port_open (model));
  put_flag (out, "sol", TRUE);
  put_flag (out, "ider", TRUE);
  put_flag (out, "firmware-update", TRUE);
  put_flag (out, "link", model->settings->link);
  put_flag (out, "kvm", amt_prov_version_at_least (model->settings->amt, 6, 0));
  return SIM_PT_SUCCESS;
}

static guint
get_audit_record (SimModel *model, AmtProvHeciMessage *in, AmtProvHeciMessage *out)
{
  const SimAudit *audit = &model->audit;
  guint8 hash[64] = {0}, time[14] = {0};
  gsize length;
  const guint8 *data;

  if (audit->root == NULL)
    return SIM_PT_NOT_FOUND;
  data = amt_prov_cert_hash_get_data (audit->root, &length);
  memcpy (hash, data, length);
  sim_audit_write_time (audit, time);
  put_number (out, "tls-mode", 0);
  put_flag (out, "secure-dns", audit->own_suffix);
  put_flag (out, "host-initiated", audit->delayed);
  put_number (out, "algorithm", amt_prov_cert_hash_get_algorithm (audit->root));
  put_bytes (out, "hash", hash, sizeof hash);
  put_bytes (out, "serials", audit->serials, sizeof audit->serials);
  put_flag (out, "more-serials", audit->more_serials);
  put_flag (out, "default", audit->is_default);
  put_flag (out, "time-valid", audit->time_valid);
  put_text (out, "address", audit->address);
  put_bytes (out, "time", time, sizeof time);
  put_text (out, "fqdn", audit->fqdn);
  return SIM_PT_SUCCESS;
}

/* ---- AMTHI: the network ---- */

static void
put_property (SimModel *model, AmtProvHeciMessage *out, const char *name, const char *property)
{
  g_autofree char *value = sim_store_get (model, PORT, WIRED, property);

  put_text (out, name, value != NULL && *value != '\0' ? value : "0.0.0.0");
}

static gboolean
uses_dhcp (SimModel *model)
{
  g_autofree char *value = sim_store_get (model, PORT, WIRED, "DHCPEnabled");

  return g_strcmp0 (value, "true") == 0;
}

static guint
get_tcpip_parameters (SimModel *model, AmtProvHeciMessage *in, AmtProvHeciMessage *out)
{
  put_number (out, "dhcp-mode", uses_dhcp (model) ? 2 : 1);
  put_text (out, "address", model->settings->address);
  put_property (model, out, "mask", "SubnetMask");
  put_property (model, out, "gateway", "DefaultGateway");
  put_property (model, out, "dns1", "PrimaryDNS");
  put_property (model, out, "dns2", "SecondaryDNS");
  put_text (out, "domain", model->settings->option15);
  return SIM_PT_SUCCESS;
}

static guint
get_mac_addresses (SimModel *model, AmtProvHeciMessage *in, AmtProvHeciMessage *out)
{
  g_autofree char *mac = sim_store_mac (model, ":");

  put_text (out, "dedicated", "00:00:00:00:00:00");
  put_text (out, "host", mac);
  return SIM_PT_SUCCESS;
}

static guint
get_lan_settings (SimModel *model, AmtProvHeciMessage *in, AmtProvHeciMessage *out)
{
  g_autofree char *mac = sim_store_mac (model, ":");

  /* Wired only. */
  if (amt_prov_heci_message_get_number (in, "index") != 0)
    return SIM_PT_NO_INTERFACE;
  put_flag (out, "enabled", TRUE);
  put_text (out, "address", model->settings->link ? model->settings->address : "0.0.0.0");
  put_flag (out, "dhcp", uses_dhcp (model));
  put_number (out, "dhcp-mode", model->state == SIM_STATE_FACTORY ? 2 : 1);
  put_flag (out, "link", model->settings->link);
  put_text (out, "mac", mac);
  return SIM_PT_SUCCESS;
}

static guint
get_suffix (SimModel *model, AmtProvHeciMessage *in, AmtProvHeciMessage *out)
{
  put_text (out, "suffix", model->suffix);
  return SIM_PT_SUCCESS;
}

static guint
set_suffix (SimModel *model, AmtProvHeciMessage *in, AmtProvHeciMessage *out)
{
  return sim_model_set_suffix (model, amt_prov_heci_message_get_string (in, "suffix"));
}

static guint
set_host_fqdn (SimModel *model, AmtProvHeciMessage *in, AmtProvHeciMessage *out)
{
  sim_model_set_host_fqdn (model, amt_prov_heci_message_get_string (in, "fqdn"));
  return SIM_PT_SUCCESS;
}

/* ---- AMTHI: root hashes ---- */

static guint
enumerate_hashes (SimModel *model, AmtProvHeciMessage *in, AmtProvHeciMessage *out)
{
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("au"));

  for (guint i = 0; i < model->hashes->len; i++)
    g_variant_builder_add (&builder, "u", i);
  amt_prov_heci_message_set_value (out, "handles", g_variant_builder_end (&builder));
  return SIM_PT_SUCCESS;
}

static guint
get_hash (SimModel *model, AmtProvHeciMessage *in, AmtProvHeciMessage *out)
{
  guint32 handle = amt_prov_heci_message_get_number (in, "handle");
  guint8 hash[64] = {0};
  /* heci.md §5: 32 characters at most */
  char name[33];
  const guint8 *data;
  gsize length;
  SimHash *slot;

  if (handle >= model->hashes->len)
    return SIM_PT_NOT_FOUND;
  slot = model->hashes->pdata[handle];
  data = amt_prov_cert_hash_get_data (slot->hash, &length);
  memcpy (hash, data, length);
  put_flag (out, "default", slot->is_default);
  put_flag (out, "active", slot->active);
  put_bytes (out, "hash", hash, sizeof hash);
  put_number (out, "algorithm", amt_prov_cert_hash_get_algorithm (slot->hash));
  g_strlcpy (name, slot->name, sizeof name);
  put_text (out, "name", name);
  return SIM_PT_SUCCESS;
}

/* ---- AMTHI: setup ---- */

static guint
generate_seed (SimModel *model, AmtProvHeciMessage *in, AmtProvHeciMessage *out)
{
  return sim_model_generate_seed (model);
}

static guint
get_seed_status (SimModel *model, AmtProvHeciMessage *in, AmtProvHeciMessage *out)
{
  put_number (out, "rng-status", sim_model_get_seed (model));
  return SIM_PT_SUCCESS;
}

static guint
set_otp (SimModel *model, AmtProvHeciMessage *in, AmtProvHeciMessage *out)
{
  gsize length;
  const guint8 *data = amt_prov_secret_peek (amt_prov_heci_message_get_secret (in), &length);
  g_autofree char *otp = g_strndup ((const char *)data, length);

  return sim_model_set_otp (model, otp);
}

static guint
start_configuration (SimModel *model, AmtProvHeciMessage *in, AmtProvHeciMessage *out)
{
  return sim_model_start_configuration (model, FALSE);
}

static guint
start_configuration_ex (SimModel *model, AmtProvHeciMessage *in, AmtProvHeciMessage *out)
{
  return sim_model_start_configuration (model, TRUE);
}

static guint
stop_configuration (SimModel *model, AmtProvHeciMessage *in, AmtProvHeciMessage *out)
{
  return sim_model_stop_configuration (model);
}

/* ---- watchdog ---- */

enum {
  WATCHDOG_MAY_CHANGE = 1 << 0,
  WATCHDOG_ENABLED = 1 << 1,
  WATCHDOG_LOCAL_TLS = 1 << 6,
  WATCHDOG_NEW_METHOD = 1 << 7,
};

static guint
get_enabled (SimModel *model, AmtProvHeciMessage *in, AmtProvHeciMessage *out)
{
  gboolean fixed =
      model->settings->enabled == SIM_ENABLED_LOCKED || model->state != SIM_STATE_FACTORY;
  guint flags = (fixed ? 0 : WATCHDOG_MAY_CHANGE) | (model->enabled ? WATCHDOG_ENABLED : 0);

  if (amt_prov_version_at_least (model->settings->amt, 16, 1))
    flags |= WATCHDOG_NEW_METHOD;
  if (amt_prov_version_at_least (model->settings->amt, 19, 0))
    flags |= WATCHDOG_LOCAL_TLS;
  put_number (out, "flags", flags);
  return SIM_PT_SUCCESS;
}

/* The old command knows one refusal (heci.md §8). */
static guint
change_to_amt (SimModel *model, AmtProvHeciMessage *in, AmtProvHeciMessage *out)
{
  return sim_model_enable (model, TRUE) == SIM_PT_SUCCESS ? SIM_PT_SUCCESS : 0x9e;
}

static guint
set_enabled (SimModel *model, AmtProvHeciMessage *in, AmtProvHeciMessage *out)
{
  return sim_model_enable (model, amt_prov_heci_message_get_boolean (in, "enabled"));
}

/* ---- MKHI ---- */

static guint
get_firmware_version (SimModel *model, AmtProvHeciMessage *in, AmtProvHeciMessage *out)
{
  static const char *const names[] = {"code-major",     "code-minor",     "code-hotfix",
                                      "recovery-major", "recovery-minor", "recovery-hotfix"};
  const char *build = amt_prov_capabilities_get_string (model->capabilities, "sample-build");
  g_auto (GStrv) parts = g_strsplit (
      amt_prov_capabilities_get_string (model->capabilities, "sample-firmware"), ".", 3);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    put_number (out, names[i], (guint32)g_ascii_strtoull (parts[i % 3], NULL, 10));
  put_number (out, "code-build", (guint32)g_ascii_strtoull (build, NULL, 10));
  put_number (out, "recovery-build", (guint32)g_ascii_strtoull (build, NULL, 10));
  return SIM_PT_SUCCESS;
}

enum {
  RULE_CAPABLE = 0,
  RULE_PLATFORM = 29,
  RULE_ENABLED = 32,
};

enum {
  CAPABILITY_AMT = 1 << 2,
  PLATFORM_DESKTOP = 1 << 1,
  PLATFORM_BRAND = 12,
};

static guint
get_rule (SimModel *model, AmtProvHeciMessage *in, AmtProvHeciMessage *out)
{
  static const guint brands[] = {[SIM_SKU_AMT] = 1, [SIM_SKU_ISM] = 2, [SIM_SKU_SBT] = 5};
  guint32 rule = amt_prov_heci_message_get_number (in, "rule");
  guint32 value;

  switch (rule) {
  case RULE_CAPABLE:
    value = CAPABILITY_AMT;
    break;
  case RULE_PLATFORM:
    value = PLATFORM_DESKTOP | brands[model->settings->sku] << PLATFORM_BRAND;
    break;
  case RULE_ENABLED:
    value = model->enabled ? CAPABILITY_AMT : 0;
    break;
  default:
    return MKHI_NOT_SUPPORTED;
  }
  put_number (out, "rule", rule);
  put_number (out, "size", sizeof value);
  put_number (out, "value", value);
  return SIM_PT_SUCCESS;
}

/* ---- all of them ---- */

/* Releases count as 100 * major + minor; agent: only those that an agent can start. */
static const struct {
  const char *name;
  CommandFunc call;
  guint since, until;
  gboolean agent;
} commands[] = {
    {"get-tcpip-parameters", get_tcpip_parameters},
    /* gone with PSK, which it was for */
    {"get-provisioning-mode", get_provisioning_mode, .until = 1100},
    {"get-provisioning-state", get_provisioning_state},
    {"get-code-versions", get_code_versions},
    {"get-security-parameters", get_security_parameters},
    {"get-admin-net-acl-entry-status", get_admin_status},
    {"get-mac-addresses", get_mac_addresses},
    {"generate-rng-seed", generate_seed, .agent = TRUE},
    {"start-configuration", start_configuration, .agent = TRUE},
    {"set-provisioning-server-otp", set_otp, .agent = TRUE},
    {"get-provisioning-tls-mode", get_tls_mode},
    {"enumerate-hash-handles", enumerate_hashes, .agent = TRUE},
    {"get-certificate-hash-entry", get_hash, .agent = TRUE},
    {"get-rng-seed-status", get_seed_status, .agent = TRUE},
    {"set-pki-fqdn-suffix", set_suffix, .agent = TRUE},
    {"get-zero-touch-enabled", get_zero_touch, .agent = TRUE},
    {"get-pki-fqdn-suffix", get_suffix, .agent = TRUE},
    {"get-pid", get_pid, .until = 1100},
    {"get-lan-interface-settings", get_lan_settings},
    {"get-me-setup-audit-record", get_audit_record, .since = 600},
    {"set-host-fqdn", set_host_fqdn},
    {"get-uuid", get_uuid},
    {"stop-configuration", stop_configuration, .agent = TRUE},
    {"start-configuration-ex", start_configuration_ex, .since = 600},
    {"get-local-system-account", get_local_account, .since = 602},
    {"get-control-mode", get_control_mode, .since = 602},
    {"is-change-to-amt-enabled", get_enabled},
    {"change-to-amt", change_to_amt, .until = 1601},
    {"set-amt-operational-state", set_enabled, .since = 1601},
    {"get-firmware-version", get_firmware_version},
    {"get-rule", get_rule},
};

static CommandFunc
find_command (SimModel *model, const char *name)
{
  guint release = sim_release_number (model->settings->amt);

  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++) {
    if (strcmp (commands[i].name, name) == 0 && commands[i].since <= release &&
        (commands[i].until == 0 || release < commands[i].until) &&
        (!commands[i].agent || sim_model_takes_agent (model)))
      return commands[i].call;
  }
  return NULL;
}

/* What the client says instead of the answer that it has no other for. */
static GBytes *
refuse (AmtProvHeciClient client, GBytes *request, guint status)
{
  return amt_prov_heci_encode_refusal (
      client, request, client == AMT_PROV_HECI_CLIENT_MKHI ? MKHI_NOT_SUPPORTED : status);
}

static GBytes *
run (SimModel *model, AmtProvHeciMessage *in, GBytes *request)
{
  AmtProvHeciClient client = amt_prov_heci_message_get_client (in);
  const char *name = amt_prov_heci_message_get_command (in);
  CommandFunc call = find_command (model, name);
  SimFault *fault = sim_find_fault (model, SIM_FAULT_STATUS, name);
  g_autoptr (AmtProvHeciMessage) out = amt_prov_heci_message_new_response (name, 0);
  g_autoptr (AmtProvHeciMessage) refusal = NULL;
  GBytes *bytes;
  guint status;

  if (call == NULL)
    return refuse (client, request, SIM_PT_UNSUPPORTED);
  status = fault != NULL ? fault->status : call (model, in, out);
  if (status != SIM_PT_SUCCESS)
    refusal = amt_prov_heci_message_new_response (name, status);
  bytes = amt_prov_heci_message_encode (refusal != NULL ? refusal : out, NULL);
  /* A setting may be too long for its field. */
  return bytes != NULL ? bytes : refuse (client, request, SIM_PT_INTERNAL_ERROR);
}

GBytes *
sim_mei_answer (SimModel *model, AmtProvHeciClient client, GBytes *request, const char **command)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (AmtProvHeciMessage) in =
      amt_prov_heci_message_decode_request (client, request, &error);

  *command = in != NULL ? amt_prov_heci_message_get_command (in) : NULL;
  if (client == AMT_PROV_HECI_CLIENT_PTHI && !model->enabled)
    return g_bytes_new (NULL, 0);
  if (in != NULL)
    return run (model, in, request);
  return refuse (client, request,
                 g_error_matches (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_SUPPORTED)
                     ? SIM_PT_UNSUPPORTED
                     : SIM_PT_INVALID_LENGTH);
}

const char *
sim_mei_client_name (AmtProvHeciClient client)
{
  static const char *const names[] = {
      [AMT_PROV_HECI_CLIENT_PTHI] = "pthi",
      [AMT_PROV_HECI_CLIENT_WATCHDOG] = "watchdog",
      [AMT_PROV_HECI_CLIENT_MKHI] = "mkhi",
  };

  return names[client];
}
