/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "setup-bin-json.h"

const char *
usb_json_state_to_string (AmtProvSetupBinState state)
{
  switch (state) {
  case AMT_PROV_SETUP_BIN_STATE_VALID:
    return "valid";
  case AMT_PROV_SETUP_BIN_STATE_USED:
    return "used";
  case AMT_PROV_SETUP_BIN_STATE_WIPED:
    return "wiped";
  case AMT_PROV_SETUP_BIN_STATE_INVALID:
  default:
    return "invalid";
  }
}

void
usb_json_write_start (GString *out, AmtProvSetupBinHeader *header)
{
  g_string_append_printf (out, "{\"major\":%u,\"minor\":%u,\"consumable\":%s,\"records\":[",
                          amt_prov_setup_bin_header_get_major (header),
                          amt_prov_setup_bin_header_get_minor (header),
                          amt_prov_setup_bin_header_get_consumable (header) ? "true" : "false");
}

static void
add_hash (JsonBuilder *builder, AmtProvSetupBinVariable *variable)
{
  g_autofree char *name = NULL;
  g_autoptr (AmtProvCertHash) hash = amt_prov_setup_bin_variable_dup_hash (variable, &name);
  g_autofree char *hex = amt_prov_cert_hash_to_hex (hash);

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "algorithm");
  json_builder_add_string_value (
      builder, amt_prov_hash_algorithm_to_string (amt_prov_cert_hash_get_algorithm (hash)));
  json_builder_set_member_name (builder, "hash");
  json_builder_add_string_value (builder, hex);
  json_builder_set_member_name (builder, "name");
  json_builder_add_string_value (builder, name);
  json_builder_end_object (builder);
}

static void
add_hex (JsonBuilder *builder, AmtProvSetupBinVariable *variable)
{
  gsize length;
  const guint8 *data =
      amt_prov_secret_peek (amt_prov_setup_bin_variable_get_value (variable), &length);
  g_autoptr (GString) hex = g_string_sized_new (2 * length);

  for (gsize i = 0; i < length; i++)
    g_string_append_printf (hex, "%02x", data[i]);
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "hex");
  json_builder_add_string_value (builder, hex->str);
  json_builder_end_object (builder);
}

static void
add_text (JsonBuilder *builder, AmtProvSetupBinVariable *variable)
{
  g_autofree char *text = amt_prov_setup_bin_variable_dup_text (variable);

  json_builder_add_string_value (
      builder,
      text ? text : amt_prov_secret_peek_text (amt_prov_setup_bin_variable_get_value (variable)));
}

static void
add_value (JsonBuilder *builder, AmtProvSetupBinVariable *variable, gboolean show_secrets)
{
  if (amt_prov_setup_bin_variable_is_secret (variable) && !show_secrets) {
    json_builder_add_string_value (builder, USB_JSON_HIDDEN);
    return;
  }
  switch (amt_prov_setup_bin_variable_get_value_type (variable)) {
  case AMT_PROV_SETUP_BIN_TYPE_INTEGER:
    json_builder_add_int_value (builder, amt_prov_setup_bin_variable_get_integer (variable));
    break;
  case AMT_PROV_SETUP_BIN_TYPE_HASH:
    add_hash (builder, variable);
    break;
  case AMT_PROV_SETUP_BIN_TYPE_TEXT:
  case AMT_PROV_SETUP_BIN_TYPE_GUID:
  case AMT_PROV_SETUP_BIN_TYPE_IPV4:
    add_text (builder, variable);
    break;
  case AMT_PROV_SETUP_BIN_TYPE_RAW:
  default:
    add_hex (builder, variable);
    break;
  }
}

static void
add_variable (JsonBuilder *builder, AmtProvSetupBinVariable *variable, gboolean show_secrets)
{
  const char *name = amt_prov_setup_bin_variable_get_name (variable);
  gsize length;

  amt_prov_secret_peek (amt_prov_setup_bin_variable_get_value (variable), &length);
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "module");
  json_builder_add_int_value (builder, amt_prov_setup_bin_variable_get_module (variable));
  json_builder_set_member_name (builder, "id");
  json_builder_add_int_value (builder, amt_prov_setup_bin_variable_get_id (variable));
  json_builder_set_member_name (builder, "name");
  if (name != NULL)
    json_builder_add_string_value (builder, name);
  else
    json_builder_add_null_value (builder);
  json_builder_set_member_name (builder, "length");
  json_builder_add_int_value (builder, length);
  json_builder_set_member_name (builder, "value");
  add_value (builder, variable, show_secrets);
  json_builder_end_object (builder);
}

static JsonNode *
build_record (AmtProvSetupBinRecord *record, gboolean show_secrets)
{
  g_autoptr (JsonBuilder) builder = json_builder_new_immutable ();
  AmtProvSetupBinState state = amt_prov_setup_bin_record_get_state (record);
  GPtrArray *variables = amt_prov_setup_bin_record_get_variables (record);

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "number");
  json_builder_add_int_value (builder, amt_prov_setup_bin_record_get_number (record));
  json_builder_set_member_name (builder, "state");
  json_builder_add_string_value (builder, usb_json_state_to_string (state));
  json_builder_set_member_name (builder, "valid");
  json_builder_add_boolean_value (builder, state == AMT_PROV_SETUP_BIN_STATE_VALID);
  json_builder_set_member_name (builder, "scrambled");
  json_builder_add_boolean_value (builder, amt_prov_setup_bin_record_get_scrambled (record));
  json_builder_set_member_name (builder, "variables");
  json_builder_begin_array (builder);
  for (guint i = 0; i < variables->len; i++)
    add_variable (builder, variables->pdata[i], show_secrets);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  return json_builder_get_root (builder);
}

void
usb_json_write_record (GString *out, AmtProvSetupBinRecord *record, gboolean show_secrets)
{
  g_autoptr (JsonNode) node = build_record (record, show_secrets);
  g_autofree char *text = json_to_string (node, FALSE);

  if (amt_prov_setup_bin_record_get_number (record) > 1)
    g_string_append_c (out, ',');
  g_string_append (out, text);
}

static gboolean
has_usual_modules (const guint16 *modules, gsize n_modules)
{
  return n_modules == 2 && modules[0] == 1 && modules[1] == 2;
}

void
usb_json_write_end (GString *out,
                    AmtProvSetupBinHeader *header,
                    guint32 next_available,
                    guint32 n_used)
{
  gsize n_modules;
  const guint16 *modules = amt_prov_setup_bin_header_get_modules (header, &n_modules);
  guint chunks = amt_prov_setup_bin_header_get_record_chunks (header);
  guint32 n_consumed = amt_prov_setup_bin_header_get_n_consumed (header);

  g_string_append (out, "],\"next_available\":");
  if (next_available > 0)
    g_string_append_printf (out, "%u", next_available);
  else
    g_string_append (out, "null");
  g_string_append_printf (out, ",\"used\":%u", n_used);
  if (n_consumed != n_used)
    g_string_append_printf (out, ",\"consumed\":%u", n_consumed);
  if (chunks != 1)
    g_string_append_printf (out, ",\"record_chunks\":%u", chunks);
  if (!has_usual_modules (modules, n_modules)) {
    g_string_append (out, ",\"modules\":[");
    for (gsize i = 0; i < n_modules; i++)
      g_string_append_printf (out, "%s%u", i > 0 ? "," : "", modules[i]);
    g_string_append_c (out, ']');
  }
  g_string_append_c (out, '}');
}
