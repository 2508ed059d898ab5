/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "info.h"

#include <string.h>

/* So many hashes are asked for before the first is there: the driver keeps them in line. */
#define AHEAD 4

#define HASH_COMMAND "get-certificate-hash-entry"

/* MKHI rule of the platform type; bits 12 to 15 are the brand (heci.md §9). */
#define RULE_PLATFORM 29

static void
hash_free (gpointer data)
{
  AgentHash *self = data;

  g_free (self->algorithm);
  g_free (self->hash);
  g_free (self->name);
  g_free (self);
}

static AgentInfo *
info_new (void)
{
  AgentInfo *self = g_new0 (AgentInfo, 1);

  self->state = self->control_mode = self->zero_touch = self->tls_mode = AGENT_UNKNOWN;
  self->notes = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
  return self;
}

void
amt_prov_agent_info_free (AgentInfo *self)
{
  g_free (self->bios);
  g_clear_pointer (&self->versions, g_variant_unref);
  g_clear_pointer (&self->release, amt_prov_version_free);
  g_free (self->amt);
  g_free (self->build);
  g_free (self->sku);
  g_free (self->uuid);
  g_free (self->suffix);
  g_free (self->domain);
  g_clear_pointer (&self->hashes, g_ptr_array_unref);
  g_clear_pointer (&self->wired, amt_prov_heci_message_unref);
  g_hash_table_unref (self->notes);
  g_free (self);
}

static void
note (AgentInfo *self, const char *key, const char *why)
{
  g_hash_table_insert (self->notes, (gpointer)key, g_strdup (why));
}

/* ---- versions and SKU ---- */

static char *
find_version (GVariant *versions, const char *wanted)
{
  GVariantIter iter;
  const char *name, *version;

  g_variant_iter_init (&iter, versions);
  while (g_variant_iter_next (&iter, "(&s&s)", &name, &version))
    if (g_str_equal (name, wanted))
      return g_strdup (version);
  return NULL;
}

/* heci.md §6 */
static const char *
decode_sku (AmtProvVersion *release, guint64 bits)
{
  if (!amt_prov_version_at_least (release, 3, 0)) {
    static const char *const numbers[] = {"amt", "asf", "qst"};

    return bits < G_N_ELEMENTS (numbers) ? numbers[bits] : NULL;
  }
  if ((bits & 0x08) != 0)
    return "amt";
  if (amt_prov_version_at_least (release, 5, 0) && (bits & 0x10) != 0)
    return "ism";
  return (bits & 0x04) != 0 ? "asf" : (bits & 0x02) != 0 ? "qst" : NULL;
}

static void
take_versions (AgentInfo *self, AmtProvHeciMessage *answer)
{
  g_autofree char *sku = NULL;
  guint64 bits;

  self->bios = g_strdup (amt_prov_heci_message_get_string (answer, "bios"));
  self->versions = g_variant_ref (amt_prov_heci_message_get_value (answer, "versions"));
  self->amt = find_version (self->versions, "AMT");
  self->build = find_version (self->versions, "Build Number");
  self->release = self->amt != NULL ? amt_prov_version_parse (self->amt, NULL) : NULL;
  sku = find_version (self->versions, "Sku");
  if (self->release == NULL)
    note (self, "amt", "the firmware names no release of AMT");
  else if (sku != NULL && g_ascii_string_to_unsigned (sku, 10, 0, G_MAXUINT32, &bits, NULL))
    self->sku = g_strdup (decode_sku (self->release, bits));
}

/* Small business technology is a brand of the platform, which the bits of the SKU do not show. */
static void
take_platform (AgentInfo *self, AmtProvHeciMessage *answer)
{
  static const char *const brands[] = {[1] = "amt", [2] = "ism", [5] = "sbt"};
  guint brand = amt_prov_heci_message_get_number (answer, "value") >> 12 & 0x0f;

  if (brand >= G_N_ELEMENTS (brands) || brands[brand] == NULL)
    return;
  g_free (self->sku);
  self->sku = g_strdup (brands[brand]);
}

/* ---- the rest ---- */

static void
take_uuid (AgentInfo *self, AmtProvHeciMessage *answer)
{
  self->uuid = g_strdup (amt_prov_heci_message_get_string (answer, "uuid"));
}

static void
take_state (AgentInfo *self, AmtProvHeciMessage *answer)
{
  self->state = (int)amt_prov_heci_message_get_number (answer, "state");
}

static void
take_control_mode (AgentInfo *self, AmtProvHeciMessage *answer)
{
  self->control_mode = (int)amt_prov_heci_message_get_number (answer, "mode");
}

static void
take_zero_touch (AgentInfo *self, AmtProvHeciMessage *answer)
{
  self->zero_touch = amt_prov_heci_message_get_boolean (answer, "zero-touch");
}

static void
take_tls_mode (AgentInfo *self, AmtProvHeciMessage *answer)
{
  self->tls_mode = (int)amt_prov_heci_message_get_number (answer, "mode");
}

static void
take_suffix (AgentInfo *self, AmtProvHeciMessage *answer)
{
  self->suffix = g_strdup (amt_prov_heci_message_get_string (answer, "suffix"));
}

static void
take_wired (AgentInfo *self, AmtProvHeciMessage *answer)
{
  self->wired = amt_prov_heci_message_ref (answer);
}

/* ---- hashes ---- */

static AgentHash *
hash_new (AmtProvHeciMessage *answer)
{
  AgentHash *self = g_new0 (AgentHash, 1);
  guint algorithm = amt_prov_heci_message_get_number (answer, "algorithm");
  gsize length = algorithm == 0 ? 16 : amt_prov_hash_algorithm_get_length (algorithm);
  gsize size;
  const guint8 *data =
      g_variant_get_fixed_array (amt_prov_heci_message_get_value (answer, "hash"), &size, 1);
  GString *hex = g_string_new (NULL);

  for (gsize i = 0; i < (length > 0 ? length : size); i++)
    g_string_append_printf (hex, "%02x", data[i]);
  self->algorithm =
      g_strdup (algorithm == 0 ? "md5" : amt_prov_hash_algorithm_to_string (algorithm));
  self->hash = g_string_free (hex, FALSE);
  self->name = g_strdup (amt_prov_heci_message_get_string (answer, "name"));
  self->active = amt_prov_heci_message_get_boolean (answer, "active");
  self->is_default = amt_prov_heci_message_get_boolean (answer, "default");
  return self;
}

/* FALSE: the firmware is lost. */
static gboolean
read_hash (AgentInfo *self, AgentFirmware *firmware, guint32 handle, GError **error)
{
  GError *why = NULL;
  g_autoptr (AmtProvHeciMessage) answer =
      amt_prov_agent_firmware_ask_number (firmware, HASH_COMMAND, "handle", handle, &why);

  if (answer != NULL) {
    g_ptr_array_add (self->hashes, hash_new (answer));
    return TRUE;
  }
  if (amt_prov_agent_firmware_is_lost (why)) {
    g_propagate_error (error, why);
    return FALSE;
  }
  note (self, "hashes", why->message);
  g_error_free (why);
  return TRUE;
}

static void
send_ahead (AgentFirmware *firmware, const guint32 *handles, gsize n)
{
  for (gsize i = 0; i < n; i++)
    amt_prov_agent_firmware_send_number_ahead (firmware, HASH_COMMAND, "handle", handles[i]);
}

static gboolean
read_hashes (AgentInfo *self, AgentFirmware *firmware, GError **error)
{
  GError *why = NULL;
  g_autoptr (AmtProvHeciMessage) answer =
      amt_prov_agent_firmware_ask (firmware, "enumerate-hash-handles", &why);
  gsize count = 0;
  const guint32 *handles;

  if (answer == NULL && amt_prov_agent_firmware_is_lost (why)) {
    g_propagate_error (error, why);
    return FALSE;
  }
  if (answer == NULL) {
    note (self, "hashes", why->message);
    g_error_free (why);
    return TRUE;
  }
  self->hashes = g_ptr_array_new_with_free_func (hash_free);
  handles = g_variant_get_fixed_array (amt_prov_heci_message_get_value (answer, "handles"), &count,
                                       sizeof *handles);
  /* heci.md §5: there are no more. */
  count = MIN (count, AMT_PROV_HELLO_MAX_HASHES);
  for (gsize i = 0; i < count; i++) {
    if (i % AHEAD == 0)
      send_ahead (firmware, handles + i, MIN (AHEAD, count - i));
    if (!read_hash (self, firmware, handles[i], error))
      return FALSE;
  }
  return TRUE;
}

typedef struct {
  const char *key;
  const char *command;
  void (*take) (AgentInfo *self, AmtProvHeciMessage *answer);
  /* A number that the command wants, and which. */
  const char *name;
  guint32 number;
} Question;

static const Question questions[] = {
    {"versions", "get-code-versions", take_versions},
    {"uuid", "get-uuid", take_uuid},
    {"provisioning_state", "get-provisioning-state", take_state},
    {"control_mode", "get-control-mode", take_control_mode},
    {"zero_touch", "get-zero-touch-enabled", take_zero_touch},
    {"tls_mode", "get-provisioning-tls-mode", take_tls_mode},
    {"pki_suffix", "get-pki-fqdn-suffix", take_suffix},
    {"wired", "get-lan-interface-settings", take_wired, "index", 0},
};

/* FALSE: the firmware is lost. */
static gboolean
ask (AgentInfo *self, AgentFirmware *firmware, const Question *question, GError **error)
{
  GError *why = NULL;
  g_autoptr (AmtProvHeciMessage) answer =
      question->name != NULL
          ? amt_prov_agent_firmware_ask_number (firmware, question->command, question->name,
                                                question->number, &why)
          : amt_prov_agent_firmware_ask (firmware, question->command, &why);

  if (answer != NULL) {
    question->take (self, answer);
    return TRUE;
  }
  if (amt_prov_agent_firmware_is_lost (why)) {
    g_propagate_error (error, why);
    return FALSE;
  }
  note (self, question->key, why->message);
  g_error_free (why);
  return TRUE;
}

AgentInfo *
amt_prov_agent_info_read (AgentFirmware *firmware, GError **error)
{
  static const Question platform = {"sku", "get-rule", take_platform, "rule", RULE_PLATFORM};
  g_autoptr (AgentInfo) self = info_new ();

  if (!amt_prov_agent_firmware_open (firmware, AMT_PROV_HECI_CLIENT_PTHI, error))
    return NULL;
  for (gsize i = 0; i < G_N_ELEMENTS (questions); i++)
    if (!ask (self, firmware, &questions[i], error))
      return NULL;
  if (!read_hashes (self, firmware, error) || !ask (self, firmware, &platform, error))
    return NULL;
  if (self->sku != NULL)
    g_hash_table_remove (self->notes, "sku");
  return g_steal_pointer (&self);
}

void
amt_prov_agent_info_read_domain (AgentInfo *self, AgentFirmware *firmware)
{
  g_autoptr (GError) why = NULL;
  g_autoptr (AmtProvHeciMessage) answer = NULL;

  if (self->suffix != NULL && *self->suffix != '\0')
    return;
  answer = amt_prov_agent_firmware_ask (firmware, "get-tcpip-parameters", &why);
  if (answer != NULL)
    self->domain = g_strdup (amt_prov_heci_message_get_string (answer, "domain"));
  else
    note (self, "dhcp_domain", why->message);
}
