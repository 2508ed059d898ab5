/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "setup-bin-json.h"

#include <string.h>

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

/* Appends to out what stands there as text. */
#define APPEND(out, text) g_string_append_len (out, "" text, sizeof (text) - 1)

static void
append_number (GString *out, guint32 number)
{
  char digits[10];
  gsize at = sizeof digits;

  do
    digits[--at] = '0' + number % 10;
  while ((number /= 10) > 0);
  g_string_append_len (out, digits + at, sizeof digits - at);
}

/* Names and texts are printable ASCII, or else they are shown as bytes. */
static void
append_string (GString *out, const char *text)
{
  g_string_append_c (out, '"');
  for (gsize plain; *text != '\0'; text += plain) {
    plain = strcspn (text, "\"\\");
    g_string_append_len (out, text, plain);
    if (text[plain] == '\0')
      break;
    g_string_append_c (out, '\\');
    g_string_append_c (out, text[plain++]);
  }
  g_string_append_c (out, '"');
}

static void
append_hash (GString *out, AmtProvSetupBinVariable *variable)
{
  g_autofree char *name = NULL;
  g_autoptr (AmtProvCertHash) hash = amt_prov_setup_bin_variable_dup_hash (variable, &name);
  g_autofree char *hex = amt_prov_cert_hash_to_hex (hash);

  APPEND (out, "{\"algorithm\":");
  append_string (out, amt_prov_hash_algorithm_to_string (amt_prov_cert_hash_get_algorithm (hash)));
  APPEND (out, ",\"hash\":");
  append_string (out, hex);
  APPEND (out, ",\"name\":");
  append_string (out, name);
  g_string_append_c (out, '}');
}

static void
append_hex (GString *out, AmtProvSetupBinVariable *variable)
{
  gsize length;
  const guint8 *data =
      amt_prov_secret_peek (amt_prov_setup_bin_variable_get_value (variable), &length);

  APPEND (out, "{\"hex\":\"");
  for (gsize i = 0; i < length; i++)
    g_string_append_printf (out, "%02x", data[i]);
  APPEND (out, "\"}");
}

static void
append_text (GString *out, AmtProvSetupBinVariable *variable)
{
  g_autofree char *text = amt_prov_setup_bin_variable_dup_text (variable);

  append_string (out, text);
}

static void
append_value (GString *out, AmtProvSetupBinVariable *variable, gboolean show_secrets)
{
  if (amt_prov_setup_bin_variable_is_secret (variable) && !show_secrets) {
    append_string (out, USB_JSON_HIDDEN);
    return;
  }
  switch (amt_prov_setup_bin_variable_get_value_type (variable)) {
  case AMT_PROV_SETUP_BIN_TYPE_INTEGER:
    append_number (out, amt_prov_setup_bin_variable_get_integer (variable));
    break;
  case AMT_PROV_SETUP_BIN_TYPE_HASH:
    append_hash (out, variable);
    break;
  case AMT_PROV_SETUP_BIN_TYPE_TEXT:
    append_string (out,
                   amt_prov_secret_peek_text (amt_prov_setup_bin_variable_get_value (variable)));
    break;
  case AMT_PROV_SETUP_BIN_TYPE_GUID:
  case AMT_PROV_SETUP_BIN_TYPE_IPV4:
    append_text (out, variable);
    break;
  case AMT_PROV_SETUP_BIN_TYPE_RAW:
  default:
    append_hex (out, variable);
    break;
  }
}

static void
append_variable (GString *out, AmtProvSetupBinVariable *variable, gboolean show_secrets)
{
  const char *name = amt_prov_setup_bin_variable_get_name (variable);
  gsize length;

  amt_prov_secret_peek (amt_prov_setup_bin_variable_get_value (variable), &length);
  APPEND (out, "{\"module\":");
  append_number (out, amt_prov_setup_bin_variable_get_module (variable));
  APPEND (out, ",\"id\":");
  append_number (out, amt_prov_setup_bin_variable_get_id (variable));
  APPEND (out, ",\"name\":");
  if (name != NULL)
    append_string (out, name);
  else
    APPEND (out, "null");
  APPEND (out, ",\"length\":");
  append_number (out, length);
  APPEND (out, ",\"value\":");
  append_value (out, variable, show_secrets);
  g_string_append_c (out, '}');
}

/* A record that is not valid has been used, and without variables it has been wiped. */
static gboolean
goes_without_saying (AmtProvSetupBinState state, gboolean is_empty)
{
  return state == AMT_PROV_SETUP_BIN_STATE_VALID || state == AMT_PROV_SETUP_BIN_STATE_WIPED ||
         (state == AMT_PROV_SETUP_BIN_STATE_USED && !is_empty);
}

void
usb_json_write_record (GString *out, AmtProvSetupBinRecord *record, gboolean show_secrets)
{
  AmtProvSetupBinState state = amt_prov_setup_bin_record_get_state (record);
  GPtrArray *variables = amt_prov_setup_bin_record_get_variables (record);
  guint32 number = amt_prov_setup_bin_record_get_number (record);

  if (number > 1)
    g_string_append_c (out, ',');
  APPEND (out, "{\"number\":");
  append_number (out, number);
  APPEND (out, ",\"valid\":");
  g_string_append (out, state == AMT_PROV_SETUP_BIN_STATE_VALID ? "true" : "false");
  if (!goes_without_saying (state, variables->len == 0)) {
    APPEND (out, ",\"state\":");
    append_string (out, usb_json_state_to_string (state));
  }
  APPEND (out, ",\"scrambled\":");
  g_string_append (out, amt_prov_setup_bin_record_get_scrambled (record) ? "true" : "false");
  APPEND (out, ",\"variables\":[");
  for (guint i = 0; i < variables->len; i++) {
    if (i > 0)
      g_string_append_c (out, ',');
    append_variable (out, variables->pdata[i], show_secrets);
  }
  APPEND (out, "]}");
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
