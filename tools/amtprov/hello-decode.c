/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "commands.h"

#include <amtprov/amtprov.h>

static int
hex_digit_at (const char *text, gsize length, gsize *at)
{
  while (*at < length && g_ascii_isspace (text[*at]))
    (*at)++;
  return *at < length ? g_ascii_xdigit_value (text[*at]) : -1;
}

static GBytes *
decode_hex (GBytes *input, GError **error)
{
  gsize length;
  const char *text = g_bytes_get_data (input, &length);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  for (gsize at = 0; at < length; at++) {
    int high = hex_digit_at (text, length, &at);
    if (at == length)
      break;
    gsize next = at + 1;
    int low = high < 0 ? -1 : hex_digit_at (text, length, &next);
    if (high < 0 || low < 0) {
      gsize bad = high < 0 ? at : next;
      g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
                   bad < length ? "offset %" G_GSIZE_FORMAT " of the text: not a hex digit"
                                : "offset %" G_GSIZE_FORMAT " of the text: half a byte at the end",
                   bad);
      return NULL;
    }
    guint8 byte = (guint8)(high << 4 | low);
    g_byte_array_append (bytes, &byte, 1);
    at = next;
  }
  return g_byte_array_free_to_bytes (g_steal_pointer (&bytes));
}

static AmtProvHello *
decode (GBytes *message, GError **error)
{
  gsize used = 0;
  g_autoptr (AmtProvHello) hello = amt_prov_hello_decode (message, &used, error);

  if (hello == NULL)
    return NULL;
  if (used < g_bytes_get_size (message)) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
                 "offset %" G_GSIZE_FORMAT ": %" G_GSIZE_FORMAT
                 " bytes follow the end of the message",
                 used, g_bytes_get_size (message) - used);
    return NULL;
  }
  return g_steal_pointer (&hello);
}

static void
print_as_json (AmtProvHello *hello)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  GPtrArray *hashes = amt_prov_hello_get_hashes (hello);

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "interface_version");
  json_builder_add_int_value (builder, amt_prov_hello_get_interface_version (hello));
  json_builder_set_member_name (builder, "admin_credentials_set");
  json_builder_add_boolean_value (builder, amt_prov_hello_get_admin_credentials_set (hello));
  json_builder_set_member_name (builder, "retry");
  json_builder_add_int_value (builder, amt_prov_hello_get_retry (hello));
  json_builder_set_member_name (builder, "uuid");
  json_builder_add_string_value (builder, amt_prov_hello_get_uuid (hello));
  json_builder_set_member_name (builder, "pid");
  json_builder_add_string_value (builder, amt_prov_hello_get_pid (hello));
  json_builder_set_member_name (builder, "hashes");
  json_builder_begin_array (builder);
  for (guint i = 0; hashes != NULL && i < hashes->len; i++) {
    g_autofree char *hex = amt_prov_cert_hash_to_hex (hashes->pdata[i]);
    AmtProvHashAlgorithm algorithm = amt_prov_cert_hash_get_algorithm (hashes->pdata[i]);
    json_builder_begin_object (builder);
    json_builder_set_member_name (builder, "algorithm");
    json_builder_add_string_value (builder, amt_prov_hash_algorithm_to_string (algorithm));
    json_builder_set_member_name (builder, "hash");
    json_builder_add_string_value (builder, hex);
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  amtprov_print_json (builder);
}

static void
print_as_text (AmtProvHello *hello)
{
  GPtrArray *hashes = amt_prov_hello_get_hashes (hello);
  const char *pid = amt_prov_hello_get_pid (hello);

  g_print ("interface version      %u\n", amt_prov_hello_get_interface_version (hello));
  g_print ("admin credentials set  %s\n",
           amt_prov_hello_get_admin_credentials_set (hello) ? "yes" : "no");
  g_print ("retry                  %" G_GUINT32_FORMAT "\n", amt_prov_hello_get_retry (hello));
  g_print ("uuid                   %s\n", amt_prov_hello_get_uuid (hello));
  if (pid != NULL)
    g_print ("pid                    %s\n", pid);
  for (guint i = 0; hashes != NULL && i < hashes->len; i++) {
    g_autofree char *hex = amt_prov_cert_hash_to_hex (hashes->pdata[i]);
    AmtProvHashAlgorithm algorithm = amt_prov_cert_hash_get_algorithm (hashes->pdata[i]);
    g_print ("hash %-2u                %s %s\n", i, amt_prov_hash_algorithm_to_string (algorithm),
             hex);
  }
}

/* amtprov hello decode FILE|- [--hex] [--json] */
int
amtprov_hello_decode (int argc, char **argv)
{
  static const AmtprovUsage usage = {
      "FILE|-", "Decodes one hello message strictly: a bad, missing or trailing byte is an error.",
      "amtprov hello decode --hex --json hello.txt", 1, 1};
  gboolean hex = FALSE, json = FALSE;
  const GOptionEntry entries[] = {
      {"hex", 0, 0, G_OPTION_ARG_NONE, &hex, "The input is hex text, white space is skipped", NULL},
      {"json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON", NULL},
      G_OPTION_ENTRY_NULL};
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) input = NULL;
  g_autoptr (GBytes) message = NULL;
  g_autoptr (AmtProvHello) hello = NULL;

  if (!amtprov_parse_options (&usage, entries, &argc, &argv))
    return AMTPROV_EXIT_USAGE;
  input = amtprov_read_input (argv[1], &error);
  if (input != NULL)
    message = hex ? decode_hex (input, &error) : g_bytes_ref (input);
  if (message != NULL)
    hello = decode (message, &error);
  if (hello == NULL) {
    if (!g_str_has_prefix (error->message, argv[1]))
      g_prefix_error (&error, "%s: ", argv[1]);
    return amtprov_report (error);
  }
  if (json)
    print_as_json (hello);
  else
    print_as_text (hello);
  return AMTPROV_EXIT_DONE;
}
