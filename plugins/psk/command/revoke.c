/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "../psk-method.h"

#include "command/command.h"
#include "command/open-database.h"
#include "command/psk-booking.h"
#include "command/psk-store.h"
#include "psk-commands.h"

typedef struct {
  AmtProvDatabase *database;
  GPtrArray *revoked;   /* pairs, changed but not yet stored */
  GPtrArray *unchanged; /* PIDs that no machine is set up with any more as it is */
  JsonBuilder *refused;
  guint n_refused;
} Revocation;

static void
revocation_clear (Revocation *self)
{
  g_clear_object (&self->database);
  g_clear_pointer (&self->revoked, g_ptr_array_unref);
  g_clear_pointer (&self->unchanged, g_ptr_array_unref);
  g_clear_object (&self->refused);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Revocation, revocation_clear)

static void
add_text (JsonBuilder *builder, const char *name, const char *text)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, text);
}

static void
refuse (Revocation *self, const char *pid, const char *reason)
{
  g_printerr ("%s is not revoked: %s\n", pid, reason);
  json_builder_begin_object (self->refused);
  add_text (self->refused, "pid", pid);
  add_text (self->refused, "reason", reason);
  json_builder_end_object (self->refused);
  self->n_refused++;
}

/* The machine that a pair belongs to; NULL without @error when there is none. */
static AmtProvDevice *
find_machine (Revocation *self, AmtProvCredential *pair, GError **error)
{
  const char *owner = amt_prov_credential_get_owner (pair);
  g_autoptr (AmtProvQuery) query = amt_prov_query_new (AMT_PROV_KIND_DEVICE);
  g_autoptr (GPtrArray) records = NULL;

  if (owner == NULL || *owner == '\0')
    return NULL;
  amt_prov_query_set_key (query, owner);
  records = amt_prov_database_query (self->database, query, error);
  return records != NULL && records->len > 0 ? amt_prov_device_new_from_record (records->pdata[0])
                                             : NULL;
}

/* What a machine has in its MEBx, or is just being given, cannot be taken from it here. */
static char *
find_objection (AmtProvDevice *machine)
{
  if (machine == NULL)
    return NULL;
  switch (amt_prov_device_get_state (machine)) {
  case AMT_PROV_DEVICE_STATE_OPERATIONAL:
    return g_strdup_printf ("it is bound to %s, which is operational and has it for its next "
                            "setup: unprovision that machine first, in its MEBx",
                            amt_prov_device_get_uuid (machine));
  case AMT_PROV_DEVICE_STATE_PROVISIONING:
    return g_strdup_printf ("%s is being set up with it: wait for its end",
                            amt_prov_device_get_uuid (machine));
  default:
    return NULL;
  }
}

static void
change (AmtProvCredential *pair)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *text = g_date_time_format_iso8601 (now);

  amt_prov_credential_set_state (pair, PSK_REVOKED);
  amt_prov_credential_set_note (pair, PSK_REVOKED, text);
  amt_prov_credential_set_value (pair, "pps", NULL);
  amt_prov_credential_set_value (pair, "password", NULL);
}

static gboolean
revoke_pair (Revocation *self, AmtProvCredential *pair, GError **error)
{
  const char *state = amt_prov_credential_get_state (pair);
  g_autofree char *pid = amtprov_psk_dup_dashed (amt_prov_credential_get_id (pair));
  g_autofree char *objection = NULL;
  g_autoptr (AmtProvDevice) machine = NULL;
  g_autoptr (GError) failed = NULL;

  if (g_str_equal (state, PSK_REVOKED) || g_str_equal (state, PSK_RETIRED)) {
    g_ptr_array_add (self->unchanged, g_steal_pointer (&pid));
    return TRUE;
  }
  machine = find_machine (self, pair, &failed);
  if (failed != NULL) {
    g_propagate_error (error, g_steal_pointer (&failed));
    return FALSE;
  }
  objection = find_objection (machine);
  if (objection != NULL) {
    refuse (self, pid, objection);
    return TRUE;
  }
  change (pair);
  g_ptr_array_add (self->revoked, amt_prov_credential_ref (pair));
  return TRUE;
}

/* Whether it was named before, by the same command. */
static gboolean
is_revoked (Revocation *self, const char *pid)
{
  for (guint i = 0; i < self->revoked->len; i++)
    if (g_str_equal (amt_prov_credential_get_id (self->revoked->pdata[i]), pid))
      return TRUE;
  return FALSE;
}

static gboolean
revoke_pids (Revocation *self, char **pids, GError **error)
{
  for (; *pids != NULL; pids++) {
    g_autofree char *pid = amt_prov_psk_parse_pid (*pids, error);
    g_autoptr (AmtProvCredential) pair = NULL;

    if (pid != NULL && is_revoked (self, pid))
      continue;
    if (pid != NULL)
      pair = amtprov_psk_store_find (self->database, pid, error);
    if (pair == NULL || !revoke_pair (self, pair, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
revoke_booking (Revocation *self, const char *booking, GError **error)
{
  g_autoptr (GPtrArray) pairs = amtprov_psk_store_list (self->database, error);
  guint n = 0;

  if (pairs == NULL)
    return FALSE;
  for (guint i = 0; i < pairs->len; i++) {
    if (g_strcmp0 (amt_prov_credential_get_note (pairs->pdata[i], "booking"), booking) != 0)
      continue;
    if (!revoke_pair (self, pairs->pdata[i], error))
      return FALSE;
    n++;
  }
  if (n == 0)
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_FOUND,
                 "no pair has the booking %s; amtprov psk list shows which ones have one", booking);
  return n > 0;
}

/* ---- the command ---- */

static void
print_text (Revocation *self)
{
  for (guint i = 0; i < self->revoked->len; i++) {
    g_autofree char *pid =
        amtprov_psk_dup_dashed (amt_prov_credential_get_id (self->revoked->pdata[i]));

    g_print ("%s  revoked\n", pid);
  }
  for (guint i = 0; i < self->unchanged->len; i++)
    g_print ("%s  was revoked or replaced before\n", (const char *)self->unchanged->pdata[i]);
}

static void
print_json (Revocation *self)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "revoked");
  json_builder_begin_array (builder);
  for (guint i = 0; i < self->revoked->len; i++) {
    g_autofree char *pid =
        amtprov_psk_dup_dashed (amt_prov_credential_get_id (self->revoked->pdata[i]));

    json_builder_add_string_value (builder, pid);
  }
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "unchanged");
  json_builder_begin_array (builder);
  for (guint i = 0; i < self->unchanged->len; i++)
    json_builder_add_string_value (builder, self->unchanged->pdata[i]);
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "refused");
  json_builder_end_array (self->refused);
  json_builder_add_value (builder, json_builder_get_root (self->refused));
  json_builder_end_object (builder);
  amtprov_print_json (builder);
}

static int
revoke_all (
    Revocation *self, char **pids, const char *booking, gboolean json, const char *config_path)
{
  g_autoptr (GError) error = NULL;
  gboolean done;

  self->database = amtprov_open_database (config_path, &error);
  self->revoked = g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_credential_unref);
  self->unchanged = g_ptr_array_new_with_free_func (g_free);
  self->refused = json_builder_new ();
  json_builder_begin_array (self->refused);
  if (self->database == NULL || !amtprov_psk_booking_recover (self->database, &error))
    return amtprov_report (error);
  done =
      booking != NULL ? revoke_booking (self, booking, &error) : revoke_pids (self, pids, &error);
  if (!done || !amtprov_psk_store_update (self->database, self->revoked, &error)) {
    g_prefix_error (&error, "nothing was revoked: ");
    return amtprov_report (error);
  }
  if (json)
    print_json (self);
  else
    print_text (self);
  return self->n_refused > 0 ? AMTPROV_EXIT_BLOCKED : AMTPROV_EXIT_DONE;
}

/* amtprov psk revoke PID…|--booking ID [--json] [--config FILE] */
int
amtprov_psk_revoke (int argc, char **argv)
{
  static const AmtprovUsage usage = {
      "PID…|--booking ID",
      "Accepts no machine with these pairs any more: for a sheet or a stick that was lost. The "
      "pair\n"
      "of a machine that is operational is refused.",
      "amtprov psk revoke 0000-037M --config /etc/amtprov/amtprov.conf", 0, G_MAXINT - 1};
  gboolean json = FALSE;
  g_autofree char *config_path = NULL, *booking = NULL;
  const GOptionEntry entries[] = {
      {"booking", 0, 0, G_OPTION_ARG_STRING, &booking,
       "All pairs of one sheet or stick; “amtprov psk list” shows its id", "ID"},
      {"json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON", NULL},
      {"config", 0, 0, G_OPTION_ARG_FILENAME, &config_path, "The configuration file", "FILE"},
      G_OPTION_ENTRY_NULL};
  g_auto (Revocation) self = {NULL};

  if (!amtprov_parse_options (&usage, entries, &argc, &argv))
    return AMTPROV_EXIT_USAGE;
  if ((booking != NULL) == (argc > 1))
    return amtprov_usage_error ("name the pairs: either PIDs or --booking ID");
  return revoke_all (&self, argv + 1, booking, json, config_path);
}
