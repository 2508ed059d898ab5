/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "command/command.h"
#include "command/open-database.h"
#include "command/psk-booking.h"
#include "command/psk-store.h"
#include "psk-commands.h"

#include <string.h>

/* Notes of a pair, as JSON shows them. */
static const char *const notes[] = {"medium", "file", "record", "booking", "revoked"};

char *
amtprov_psk_dup_dashed (const char *pid)
{
  return g_strdup_printf ("%.4s-%s", pid, strlen (pid) > 4 ? pid + 4 : "");
}

/* The machine that has it, or where it stands as long as no machine has said hello with it. */
static char *
dup_place (AmtProvCredential *pair)
{
  const char *owner = amt_prov_credential_get_owner (pair);
  const char *medium = amt_prov_credential_get_note (pair, "medium");

  if ((owner != NULL && *owner != '\0') || medium == NULL)
    return g_strdup (owner != NULL ? owner : "");
  return g_strdup_printf ("%s: %s, record %s, booking %s", medium,
                          amt_prov_credential_get_note (pair, "file"),
                          amt_prov_credential_get_note (pair, "record"),
                          amt_prov_credential_get_note (pair, "booking"));
}

static void
print_pair (AmtProvCredential *pair)
{
  g_autofree char *pid = amtprov_psk_dup_dashed (amt_prov_credential_get_id (pair));
  g_autofree char *place = dup_place (pair);

  g_print ("%s  %-8s  %s\n", pid, amt_prov_credential_get_state (pair), place);
}

static void
add_pair (JsonBuilder *builder, AmtProvCredential *pair)
{
  const char *owner = amt_prov_credential_get_owner (pair);
  g_autofree char *pid = amtprov_psk_dup_dashed (amt_prov_credential_get_id (pair));

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "pid");
  json_builder_add_string_value (builder, pid);
  json_builder_set_member_name (builder, "state");
  json_builder_add_string_value (builder, amt_prov_credential_get_state (pair));
  json_builder_set_member_name (builder, "uuid");
  json_builder_add_string_value (builder, owner != NULL && *owner != '\0' ? owner : NULL);
  for (guint i = 0; i < G_N_ELEMENTS (notes); i++) {
    json_builder_set_member_name (builder, notes[i]);
    json_builder_add_string_value (builder, amt_prov_credential_get_note (pair, notes[i]));
  }
  json_builder_end_object (builder);
}

static void
print_json (GPtrArray *pairs)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "pairs");
  json_builder_begin_array (builder);
  for (guint i = 0; i < pairs->len; i++)
    add_pair (builder, pairs->pdata[i]);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  amtprov_print_json (builder);
}

/* amtprov psk list [--json] [--config FILE] */
int
amtprov_psk_list (int argc, char **argv)
{
  static const AmtprovUsage usage = {
      "",
      "Lists the pairs in the store: PID, state, and the machine that a pair is bound to or the\n"
      "stick or sheet on which it stands.",
      "amtprov psk list --config /etc/amtprov/amtprov.conf", 0, 0};
  gboolean json = FALSE;
  g_autofree char *config_path = NULL;
  const GOptionEntry entries[] = {
      {"json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON", NULL},
      {"config", 0, 0, G_OPTION_ARG_FILENAME, &config_path, "The configuration file", "FILE"},
      G_OPTION_ENTRY_NULL};
  g_autoptr (AmtProvDatabase) database = NULL;
  g_autoptr (GPtrArray) pairs = NULL;
  g_autoptr (GError) error = NULL;

  if (!amtprov_parse_options (&usage, entries, &argc, &argv))
    return AMTPROV_EXIT_USAGE;
  database = amtprov_open_database (config_path, &error);
  if (database != NULL && amtprov_psk_booking_recover (database, &error))
    pairs = amtprov_psk_store_list (database, &error);
  if (pairs == NULL)
    return amtprov_report (error);
  if (json) {
    print_json (pairs);
    return AMTPROV_EXIT_DONE;
  }
  for (guint i = 0; i < pairs->len; i++)
    print_pair (pairs->pdata[i]);
  return AMTPROV_EXIT_DONE;
}
