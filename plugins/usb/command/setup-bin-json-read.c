/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "setup-bin-json.h"

static gboolean G_GNUC_PRINTF (2, 3) refuse (GError **error, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_propagate_error (
      error, g_error_new_valist (AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA, format, args));
  va_end (args);
  return FALSE;
}

/* A misspelt member would otherwise be left out without a word. */
static gboolean
check_members (JsonObject *object, const char *const *known, GError **error)
{
  JsonObjectIter iter;
  const char *name;

  json_object_iter_init (&iter, object);
  while (json_object_iter_next (&iter, &name, NULL))
    if (!g_strv_contains (known, name))
      return refuse (error, "member \"%s\" is not known here", name);
  return TRUE;
}

static gboolean
read_number (JsonObject *object, const char *name, gint64 max, gint64 *value, GError **error)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL)
    return TRUE;
  if (json_node_get_value_type (node) != G_TYPE_INT64)
    return refuse (error, "\"%s\" is not a whole number", name);
  *value = json_node_get_int (node);
  return (*value >= 0 && *value <= max) ||
         refuse (error, "\"%s\" is not from 0 to %" G_GINT64_FORMAT, name, max);
}

static gboolean
read_boolean (JsonObject *object, const char *name, gboolean *value, GError **error)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL)
    return TRUE;
  if (json_node_get_value_type (node) != G_TYPE_BOOLEAN)
    return refuse (error, "\"%s\" is neither true nor false", name);
  *value = json_node_get_boolean (node);
  return TRUE;
}

/* Leaves *value alone when the member is missing or null. */
static gboolean
read_string (JsonObject *object, const char *name, const char **value, GError **error)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return TRUE;
  if (json_node_get_value_type (node) != G_TYPE_STRING)
    return refuse (error, "\"%s\" is not a string", name);
  *value = json_node_get_string (node);
  return TRUE;
}

static AmtProvSecret *
read_hex (const char *hex, GError **error)
{
  gsize length = strlen (hex) / 2;
  g_autoptr (GByteArray) bytes = g_byte_array_sized_new (length);
  AmtProvSecret *value;

  if (strlen (hex) % 2 != 0 || strspn (hex, "0123456789abcdefABCDEF") != 2 * length) {
    refuse (error, "\"hex\" is not pairs of hexadecimal digits");
    return NULL;
  }
  for (gsize i = 0; i < length; i++) {
    guint8 byte = g_ascii_xdigit_value (hex[2 * i]) << 4 | g_ascii_xdigit_value (hex[2 * i + 1]);

    g_byte_array_append (bytes, &byte, 1);
  }
  value = amt_prov_secret_new (bytes->data, bytes->len);
  if (bytes->len > 0)
    explicit_bzero (bytes->data, bytes->len);
  return value;
}

static AmtProvSetupBinVariable *
read_hex_value (guint module, guint id, JsonObject *object, GError **error)
{
  static const char *const members[] = {"hex", NULL};
  g_autoptr (AmtProvSecret) value = NULL;
  const char *hex = NULL;

  if (!check_members (object, members, error) || !read_string (object, "hex", &hex, error))
    return NULL;
  if (hex == NULL) {
    refuse (error, "\"hex\" is missing");
    return NULL;
  }
  value = read_hex (hex, error);
  return value ? amt_prov_setup_bin_variable_new (module, id, value, error) : NULL;
}

static AmtProvSetupBinVariable *
read_hash_value (const char *name, JsonObject *object, GError **error)
{
  static const char *const members[] = {"algorithm", "hash", "name", NULL};
  const char *algorithm = NULL, *hash = NULL, *label = "";
  g_autofree char *text = NULL;

  if (!check_members (object, members, error) ||
      !read_string (object, "algorithm", &algorithm, error) ||
      !read_string (object, "hash", &hash, error) || !read_string (object, "name", &label, error))
    return NULL;
  if (algorithm == NULL || hash == NULL) {
    refuse (error, "\"value\" has neither \"hex\" nor \"algorithm\" and \"hash\"");
    return NULL;
  }
  text = g_strdup_printf ("%s:%s:%s", algorithm, hash, label);
  return amt_prov_setup_bin_variable_new_from_text (name, text, error);
}

static AmtProvSetupBinVariable *
read_plain_value (const char *name, JsonNode *value, GError **error)
{
  g_autoptr (AmtProvSetupBinVariable) variable = NULL;
  GType type = json_node_get_value_type (value);
  g_autofree char *number = NULL;
  const char *text = NULL;

  if (type == G_TYPE_INT64)
    text = number = g_strdup_printf ("%" G_GINT64_FORMAT, json_node_get_int (value));
  else if (type == G_TYPE_STRING)
    text = json_node_get_string (value);
  if (text == NULL) {
    refuse (error, "\"value\" is neither a string, nor a whole number, nor an object");
    return NULL;
  }
  variable = amt_prov_setup_bin_variable_new_from_text (name, text, error);
  if (variable == NULL)
    return NULL;
  if (amt_prov_setup_bin_variable_is_secret (variable) && g_str_equal (text, USB_JSON_HIDDEN)) {
    refuse (error, "the value is hidden; inspect the file with --show-secrets");
    return NULL;
  }
  return g_steal_pointer (&variable);
}

/* NULL for a variable that is not known. */
static const char *
find_name (guint module, guint id)
{
  g_autoptr (AmtProvSecret) nothing = amt_prov_secret_new (NULL, 0);
  g_autoptr (AmtProvSetupBinVariable) variable =
      amt_prov_setup_bin_variable_new (module, id, nothing, NULL);

  return amt_prov_setup_bin_variable_get_name (variable);
}

/* The name counts; without one, module and id say what it is. */
static gboolean
read_identity (JsonObject *object, const char **name, gint64 *module, gint64 *id, GError **error)
{
  guint named_module, named_id;

  if (!read_string (object, "name", name, error) ||
      !read_number (object, "module", G_MAXUINT16, module, error) ||
      !read_number (object, "id", G_MAXUINT16, id, error))
    return FALSE;
  if (*name == NULL && (*module == 0 || *id == 0))
    return refuse (error, "neither \"name\" nor \"module\" and \"id\" say what it is");
  if (*name == NULL) {
    *name = find_name (*module, *id);
    return TRUE;
  }
  if (!amt_prov_setup_bin_variable_find_name (*name, &named_module, &named_id))
    return refuse (error, "setup.bin has no variable \"%s\"", *name);
  if ((*module != 0 && *module != named_module) || (*id != 0 && *id != named_id))
    return refuse (error, "\"%s\" is %u/%u, not %" G_GINT64_FORMAT "/%" G_GINT64_FORMAT, *name,
                   named_module, named_id, *module, *id);
  *module = named_module;
  *id = named_id;
  return TRUE;
}

static AmtProvSetupBinVariable *
read_variable (JsonNode *node, GError **error)
{
  static const char *const members[] = {"module", "id", "name", "length", "value", NULL};
  JsonObject *object;
  JsonNode *value;
  const char *name = NULL;
  gint64 module = 0, id = 0;

  if (!JSON_NODE_HOLDS_OBJECT (node)) {
    refuse (error, "it is not an object");
    return NULL;
  }
  object = json_node_get_object (node);
  if (!check_members (object, members, error) ||
      !read_identity (object, &name, &module, &id, error))
    return NULL;
  value = json_object_get_member (object, "value");
  if (value == NULL) {
    refuse (error, "\"value\" is missing");
    return NULL;
  }
  if (JSON_NODE_HOLDS_OBJECT (value) &&
      (name == NULL || json_object_has_member (json_node_get_object (value), "hex")))
    return read_hex_value (module, id, json_node_get_object (value), error);
  if (name == NULL) {
    refuse (error, "its layout is not known, so \"value\" must be {\"hex\": …}");
    return NULL;
  }
  if (JSON_NODE_HOLDS_OBJECT (value))
    return read_hash_value (name, json_node_get_object (value), error);
  return read_plain_value (name, value, error);
}

/* NULL with an error also when it is no array. */
static JsonArray *
get_array (JsonObject *object, const char *name, GError **error)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node != NULL && JSON_NODE_HOLDS_ARRAY (node))
    return json_node_get_array (node);
  refuse (error, "\"%s\" is not an array", name);
  return NULL;
}

static gboolean
read_variables (JsonObject *object, AmtProvSetupBinRecord *record, GError **error)
{
  JsonArray *array = get_array (object, "variables", error);

  if (array == NULL)
    return FALSE;
  for (guint i = 0; i < json_array_get_length (array); i++) {
    g_autoptr (AmtProvSetupBinVariable) variable =
        read_variable (json_array_get_element (array, i), error);

    if (variable == NULL) {
      g_prefix_error (error, "variables[%u]: ", i);
      return FALSE;
    }
    amt_prov_setup_bin_record_append (record, variable);
  }
  return TRUE;
}

/* What "valid" alone says: see goes_without_saying() of the writer. */
static AmtProvSetupBinState
state_of (gboolean valid, AmtProvSetupBinRecord *record)
{
  if (valid)
    return AMT_PROV_SETUP_BIN_STATE_VALID;
  return amt_prov_setup_bin_record_get_variables (record)->len > 0 ? AMT_PROV_SETUP_BIN_STATE_USED
                                                                   : AMT_PROV_SETUP_BIN_STATE_WIPED;
}

static gboolean
find_state (const char *text, AmtProvSetupBinState *state)
{
  for (*state = AMT_PROV_SETUP_BIN_STATE_VALID; *state <= AMT_PROV_SETUP_BIN_STATE_INVALID;
       (*state)++)
    if (g_str_equal (text, usb_json_state_to_string (*state)))
      return TRUE;
  return FALSE;
}

/* When its variables have been read. */
static gboolean
read_state (JsonObject *object, AmtProvSetupBinRecord *record, GError **error)
{
  gboolean valid = TRUE, scrambled = FALSE;
  const char *text = NULL;
  AmtProvSetupBinState state;

  if (!read_boolean (object, "valid", &valid, error) ||
      !read_boolean (object, "scrambled", &scrambled, error) ||
      !read_string (object, "state", &text, error))
    return FALSE;
  state = state_of (valid, record);
  if (text != NULL && !find_state (text, &state))
    return refuse (error, "\"state\" is none of valid, used, wiped, invalid");
  if (json_object_has_member (object, "valid") &&
      valid != (state == AMT_PROV_SETUP_BIN_STATE_VALID))
    return refuse (error, "\"valid\" and \"state\" contradict each other");
  if (state == AMT_PROV_SETUP_BIN_STATE_WIPED &&
      amt_prov_setup_bin_record_get_variables (record)->len > 0)
    return refuse (error, "a wiped record has no variables");
  amt_prov_setup_bin_record_set_state (record, state);
  amt_prov_setup_bin_record_set_scrambled (record, scrambled);
  return TRUE;
}

static AmtProvSetupBinRecord *
read_record (JsonNode *node, guint32 expected, GError **error)
{
  static const char *const members[] = {"number", "state", "valid", "scrambled", "variables", NULL};
  g_autoptr (AmtProvSetupBinRecord) record = amt_prov_setup_bin_record_new (expected);
  JsonObject *object;
  gint64 number = expected;

  if (!JSON_NODE_HOLDS_OBJECT (node)) {
    refuse (error, "it is not an object");
    return NULL;
  }
  object = json_node_get_object (node);
  if (!check_members (object, members, error) ||
      !read_number (object, "number", G_MAXUINT32, &number, error) ||
      !read_variables (object, record, error) || !read_state (object, record, error))
    return NULL;
  if (number != expected) {
    refuse (error, "\"number\" is %" G_GINT64_FORMAT ", not %u", number, expected);
    return NULL;
  }
  return g_steal_pointer (&record);
}

static GPtrArray *
read_records (JsonObject *root, GError **error)
{
  g_autoptr (GPtrArray) records =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_setup_bin_record_unref);
  JsonArray *array = get_array (root, "records", error);

  if (array == NULL)
    return NULL;
  for (guint i = 0; i < json_array_get_length (array); i++) {
    AmtProvSetupBinRecord *record = read_record (json_array_get_element (array, i), i + 1, error);

    if (record == NULL) {
      g_prefix_error (error, "records[%u]: ", i);
      return NULL;
    }
    g_ptr_array_add (records, record);
  }
  return g_steal_pointer (&records);
}

static gboolean
read_modules (JsonObject *root, AmtProvSetupBinHeader *header, GError **error)
{
  g_autoptr (GArray) modules = g_array_new (FALSE, FALSE, sizeof (guint16));
  JsonArray *array;

  if (!json_object_has_member (root, "modules"))
    return TRUE;
  array = get_array (root, "modules", error);
  if (array == NULL)
    return FALSE;
  for (guint i = 0; i < json_array_get_length (array); i++) {
    JsonNode *node = json_array_get_element (array, i);
    gint64 number = json_node_get_value_type (node) == G_TYPE_INT64 ? json_node_get_int (node) : 0;
    guint16 module = number;

    if (number != module)
      return refuse (error, "modules[%u] is not from 1 to 65535", i);
    g_array_append_val (modules, module);
  }
  return amt_prov_setup_bin_header_set_modules (header, (const guint16 *)modules->data,
                                                modules->len) ||
         refuse (error, "\"modules\" has more numbers than fit into the header, or one that is not "
                        "from 1 to 65535");
}

static AmtProvSetupBinHeader *
read_header (JsonObject *root, GPtrArray *records, GError **error)
{
  g_autoptr (AmtProvSetupBinHeader) header = NULL;
  g_autofree char *version = NULL;
  gboolean consumable = TRUE;
  gint64 major = 0, minor = 0, chunks = 1, consumed = 0;

  for (guint i = 0; i < records->len; i++)
    consumed +=
        amt_prov_setup_bin_record_get_state (records->pdata[i]) != AMT_PROV_SETUP_BIN_STATE_VALID;
  if (!read_number (root, "major", G_MAXUINT8, &major, error) ||
      !read_number (root, "minor", G_MAXUINT8, &minor, error) ||
      !read_number (root, "record_chunks", G_MAXUINT16, &chunks, error) ||
      !read_number (root, "consumed", G_MAXUINT32, &consumed, error) ||
      !read_boolean (root, "consumable", &consumable, error))
    return NULL;
  if (chunks == 0) {
    refuse (error, "\"record_chunks\" is 0, and firmware ignores such a file");
    return NULL;
  }
  version = g_strdup_printf ("%u.%u", (guint)major, (guint)minor);
  header = amt_prov_setup_bin_header_new (version, records->len, consumable, error);
  if (header == NULL || !read_modules (root, header, error))
    return NULL;
  amt_prov_setup_bin_header_set_record_chunks (header, chunks);
  amt_prov_setup_bin_header_set_n_consumed (header, consumed);
  return g_steal_pointer (&header);
}

AmtProvSetupBinHeader *
usb_json_read (JsonNode *root, GPtrArray **records, GError **error)
{
  static const char *const members[] = {
      "major",          "minor",    "consumable",    "records", "used",
      "next_available", "consumed", "record_chunks", "modules", NULL};
  g_autoptr (GPtrArray) found = NULL;
  AmtProvSetupBinHeader *header;
  JsonObject *object;

  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root)) {
    refuse (error, "the JSON text is not an object");
    return NULL;
  }
  object = json_node_get_object (root);
  if (!check_members (object, members, error))
    return NULL;
  found = read_records (object, error);
  if (found == NULL)
    return NULL;
  header = read_header (object, found, error);
  if (header != NULL)
    *records = g_steal_pointer (&found);
  return header;
}
