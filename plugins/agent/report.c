/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "refusal.h"

/* json-glib reads what is inside what is inside by calling itself. */
#define MAX_DEPTH 16

#define MAX_ENTRIES 64

static gboolean malformed (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
malformed (GError **error, const char *format, ...)
{
  va_list arguments;
  g_autofree char *text = NULL;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error_literal (error, AGENT_REFUSAL, AGENT_REFUSAL_MALFORMED, text);
  return FALSE;
}

static gboolean
check_depth (const char *text, gsize length, GError **error)
{
  gboolean quoted = FALSE;
  guint depth = 0;

  for (gsize i = 0; i < length; i++) {
    if (quoted && text[i] == '\\')
      i++;
    else if (text[i] == '"')
      quoted = !quoted;
    else if (!quoted && strchr ("[{", text[i]) != NULL && ++depth > MAX_DEPTH)
      return malformed (error, "the report is nested more than %d deep", MAX_DEPTH);
    else if (!quoted && strchr ("]}", text[i]) != NULL && depth > 0)
      depth--;
  }
  return TRUE;
}

/* ---- the members ---- */

/* What may stand in texts: names and numbers of people and of firmware, in one line. */
static gboolean
is_text (const char *text, gsize most)
{
  if (strlen (text) > most)
    return FALSE;
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    if (g_unichar_iscntrl (g_utf8_get_char (p)))
      return FALSE;
  return TRUE;
}

/* A member that is missing, null or empty is not known. */
static gboolean
take_text (JsonObject *object, const char *name, gsize most, char **text, GError **error)
{
  JsonNode *node = json_object_get_member (object, name);
  const char *value;

  *text = NULL;
  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return TRUE;
  if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_STRING)
    return malformed (error, "\"%s\" of the report is no text", name);
  value = json_node_get_string (node);
  if (!is_text (value, most))
    return malformed (error,
                      "\"%s\" of the report is longer than %" G_GSIZE_FORMAT
                      " bytes or has control characters",
                      name, most);
  *text = *value != '\0' ? g_strdup (value) : NULL;
  return TRUE;
}

static gboolean
is_domain (const char *text)
{
  return text[strspn (text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                            "0123456789-_.")] == '\0' &&
         *text != '.' && strstr (text, "..") == NULL;
}

static gboolean
take_domain (JsonObject *object, const char *name, char **text, GError **error)
{
  gsize length;

  if (!take_text (object, name, 253, text, error))
    return FALSE;
  if (*text == NULL)
    return TRUE;
  length = strlen (*text);
  if (length > 1 && (*text)[length - 1] == '.')
    (*text)[length - 1] = '\0';
  return is_domain (*text) ? TRUE
                           : malformed (error, "\"%s\" of the report is no domain name", name);
}

static gboolean
take_uuid (AgentReport *self, JsonObject *object, GError **error)
{
  g_autofree char *text = NULL;

  if (!take_text (object, "uuid", 64, &text, error))
    return FALSE;
  self->uuid = text != NULL ? amt_prov_uuid_normalize (text) : NULL;
  if (self->uuid != NULL && self->uuid[strspn (self->uuid, "0-")] != '\0' &&
      self->uuid[strspn (self->uuid, "f-")] != '\0')
    return TRUE;
  g_set_error (error, AGENT_REFUSAL, AGENT_REFUSAL_BAD_UUID,
               "\"%s\" is not the UUID of a machine: its maker has not set it, or the report is "
               "wrong; set it with the maker's tool",
               text != NULL ? text : "");
  return FALSE;
}

static gboolean
take_release (AgentReport *self, JsonObject *object, GError **error)
{
  g_autofree char *text = NULL;

  if (!take_text (object, "amt", 64, &text, error))
    return FALSE;
  self->release = text != NULL ? amt_prov_version_parse (text, NULL) : NULL;
  if (self->release != NULL)
    return TRUE;
  g_set_error (error, AGENT_REFUSAL, AGENT_REFUSAL_UNKNOWN_RELEASE,
               "\"%s\" is no AMT release such as 9.5.61", text != NULL ? text : "");
  return FALSE;
}

static gboolean
take_state (AgentReport *self, JsonObject *object, GError **error)
{
  static const char *const names[] = {"pre", "in", "post"};
  g_autofree char *text = NULL;

  if (!take_text (object, "provisioning_state", 16, &text, error))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    if (g_strcmp0 (text, names[i]) == 0) {
      self->state = i;
      return TRUE;
    }
  }
  return malformed (error, "\"provisioning_state\" of the report must be pre, in or post");
}

static gboolean
take_array (JsonObject *object, const char *name, JsonArray **array, GError **error)
{
  JsonNode *node = json_object_get_member (object, name);

  *array = NULL;
  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return TRUE;
  if (!JSON_NODE_HOLDS_ARRAY (node))
    return malformed (error, "\"%s\" of the report is no list", name);
  *array = json_node_get_array (node);
  return json_array_get_length (*array) <= MAX_ENTRIES
             ? TRUE
             : malformed (error, "\"%s\" of the report has more than %d entries", name,
                          MAX_ENTRIES);
}

static void
take_fact (AgentReport *self, const char *name, char *text)
{
  if (text != NULL)
    g_hash_table_replace (self->facts, g_strdup (name), text);
}

/* Adds it when it is active. */
static gboolean
take_hash (JsonNode *node, GPtrArray *roots, GError **error)
{
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  JsonNode *active = object != NULL ? json_object_get_member (object, "active") : NULL;
  g_autofree char *hex = NULL;
  g_autofree char *algorithm = NULL;
  g_autoptr (AmtProvCertHash) hash = NULL;

  if (active == NULL || json_node_get_value_type (active) != G_TYPE_BOOLEAN)
    return malformed (error, "an entry of \"hashes\" does not say whether it is active");
  if (!take_text (object, "hash", 128, &hex, error) ||
      !take_text (object, "algorithm", 16, &algorithm, error))
    return FALSE;
  /* No certificate is looked for by such a hash. */
  if (algorithm != NULL && g_ascii_strcasecmp (algorithm, "md5") == 0)
    return TRUE;
  hash = hex != NULL ? amt_prov_cert_hash_new_from_hex (hex, NULL) : NULL;
  if (hash == NULL)
    return malformed (error, "an entry of \"hashes\" has no hash in hexadecimal digits");
  if (algorithm != NULL &&
      g_ascii_strcasecmp (algorithm, amt_prov_hash_algorithm_to_string (
                                         amt_prov_cert_hash_get_algorithm (hash))) != 0)
    return malformed (error,
                      "an entry of \"hashes\" is as long as a hash of another algorithm "
                      "than %s",
                      algorithm);
  if (json_node_get_boolean (active))
    g_ptr_array_add (roots, g_steal_pointer (&hash));
  return TRUE;
}

static gboolean
take_hashes (AgentReport *self, JsonObject *object, GError **error)
{
  g_autoptr (GString) all = g_string_new (NULL);
  JsonArray *array;

  if (!take_array (object, "hashes", &array, error))
    return FALSE;
  if (array == NULL)
    return TRUE;
  self->roots = g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_cert_hash_unref);
  for (guint i = 0; i < json_array_get_length (array); i++)
    if (!take_hash (json_array_get_element (array, i), self->roots, error))
      return FALSE;
  for (guint i = 0; i < self->roots->len; i++) {
    g_autofree char *hex = amt_prov_cert_hash_to_hex (self->roots->pdata[i]);

    g_string_append_printf (all, "%s%s", i > 0 ? ";" : "", hex);
  }
  take_fact (self, "report-hashes", g_strdup (all->str));
  return TRUE;
}

static gboolean
take_addresses (AgentReport *self, JsonObject *object, GError **error)
{
  g_autoptr (GString) all = g_string_new (NULL);
  JsonArray *array;

  if (!take_array (object, "addresses", &array, error))
    return FALSE;
  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++) {
    JsonNode *node = json_array_get_element (array, i);
    const char *text = JSON_NODE_HOLDS_VALUE (node) ? json_node_get_string (node) : NULL;
    g_autoptr (GInetAddress) address = text != NULL ? g_inet_address_new_from_string (text) : NULL;

    if (address == NULL)
      return malformed (error, "an entry of \"addresses\" is no IP address");
    g_string_append_printf (all, "%s%s", all->len > 0 ? ";" : "", text);
  }
  if (all->len > 0)
    take_fact (self, "report-addresses", g_strdup (all->str));
  return TRUE;
}

/* Texts that only people read, or that say nothing by themselves. */
static gboolean
take_texts (AgentReport *self, JsonObject *object, GError **error)
{
  static const struct {
    const char *member;
    const char *fact;
  } texts[] = {
      {"sku", "report-sku"}, {"control_mode", "report-control-mode"}, {"host", "report-host"},
      {"os", "report-os"},   {"os_version", "report-os-version"},     {"asset", "report-asset"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    char *text;

    if (!take_text (object, texts[i].member, 255, &text, error))
      return FALSE;
    take_fact (self, texts[i].fact, text);
  }
  return TRUE;
}

static gboolean
take_members (AgentReport *self, JsonObject *object, GError **error)
{
  char *fqdn;

  if (!take_uuid (self, object, error) || !take_release (self, object, error) ||
      !take_state (self, object, error) || !take_texts (self, object, error) ||
      !take_domain (object, "pki_suffix", &self->suffix, error) ||
      !take_text (object, "dhcp_domain", 253, &self->domain, error) ||
      !take_domain (object, "fqdn", &fqdn, error))
    return FALSE;
  take_fact (self, "report-fqdn", fqdn);
  return take_hashes (self, object, error) && take_addresses (self, object, error);
}

AgentReport *
amt_prov_agent_report_parse (const char *text, gsize length, GError **error)
{
  g_autoptr (AgentReport) self = g_new0 (AgentReport, 1);
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (GError) cause = NULL;
  JsonNode *root;

  self->facts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  if (!g_utf8_validate_len (text, length, NULL)) {
    malformed (error, "the report is not in UTF-8");
    return NULL;
  }
  if (!check_depth (text, length, error))
    return NULL;
  if (!json_parser_load_from_data (parser, text, (gssize)length, &cause)) {
    malformed (error, "the report is no JSON: %s", cause->message);
    return NULL;
  }
  root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root)) {
    malformed (error, "the report is no JSON object");
    return NULL;
  }
  if (!take_members (self, json_node_get_object (root), error))
    return NULL;
  return g_steal_pointer (&self);
}

void
amt_prov_agent_report_free (AgentReport *self)
{
  g_free (self->uuid);
  g_clear_pointer (&self->release, amt_prov_version_free);
  g_free (self->suffix);
  g_free (self->domain);
  g_clear_pointer (&self->roots, g_ptr_array_unref);
  g_hash_table_unref (self->facts);
  g_free (self);
}
