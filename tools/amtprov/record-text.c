/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "record-text.h"

#include <json-glib/json-glib.h>

static GList *
names_of (AmtProvRecord *record)
{
  GVariant *body = amt_prov_record_get_body (record);
  GList *names = NULL;
  GVariantIter iter;
  char *name;

  if (body == NULL)
    return NULL;
  g_variant_iter_init (&iter, body);
  while (g_variant_iter_next (&iter, "{sv}", &name, NULL))
    names = g_list_insert_sorted (names, name, (GCompareFunc)g_strcmp0);
  return names;
}

static char *
dup_value (AmtProvRecord *record, const char *name)
{
  GVariant *body = amt_prov_record_get_body (record);
  g_autoptr (GVariant) value = body != NULL ? g_variant_lookup_value (body, name, NULL) : NULL;

  if (value == NULL)
    return NULL;
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return g_variant_dup_string (value, NULL);
  return g_variant_print (value, FALSE);
}

/* When it happened: the body says so, else the due time of the record. */
static char *
dup_time (AmtProvRecord *record)
{
  g_autoptr (GDateTime) seconds = NULL;
  char *time = dup_value (record, "time");

  if (time != NULL || amt_prov_record_get_due (record) == 0)
    return time;
  seconds = g_date_time_new_from_unix_utc (amt_prov_record_get_due (record) / G_USEC_PER_SEC);
  return seconds != NULL ? g_date_time_format_iso8601 (seconds) : NULL;
}

char *
amtprov_record_to_line (AmtProvRecord *record)
{
  g_autofree char *time = dup_time (record);
  GString *line = g_string_new (time != NULL ? time : "-");
  const char *owner = amt_prov_record_get_owner (record);
  const char *state = amt_prov_record_get_state (record);
  GList *names = names_of (record);

  if (amt_prov_record_get_kind (record) == AMT_PROV_KIND_EVENT)
    g_string_append_printf (line, " %s", owner != NULL && *owner != '\0' ? owner : "-");
  g_string_append_printf (line, " %s", state != NULL ? state : "-");
  for (GList *l = names; l != NULL; l = l->next) {
    g_autofree char *value = dup_value (record, l->data);

    if (g_str_equal (l->data, "text"))
      g_string_append_printf (line, " %s", value);
    else if (!g_str_equal (l->data, "time"))
      g_string_append_printf (line, " %s=%s", (const char *)l->data, value);
  }
  g_list_free_full (names, g_free);
  return g_string_free (line, FALSE);
}

static void
add (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_set_member_name (builder, name);
  if (value != NULL)
    json_builder_add_string_value (builder, value);
  else
    json_builder_add_null_value (builder);
}

char *
amtprov_record_to_json (AmtProvRecord *record)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *time = dup_time (record);
  GList *names = names_of (record);

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "sequence");
  json_builder_add_int_value (builder, (gint64)amt_prov_record_get_sequence (record));
  for (GList *l = names; l != NULL; l = l->next) {
    g_autofree char *value = dup_value (record, l->data);

    add (builder, l->data, value);
  }
  add (builder, "time", time);
  add (builder, "uuid", amt_prov_record_get_owner (record));
  add (builder, "event", amt_prov_record_get_state (record));
  json_builder_end_object (builder);
  g_list_free_full (names, g_free);
  root = json_builder_get_root (builder);
  return json_to_string (root, FALSE);
}

void
amtprov_print_facts (AmtProvRecord *record)
{
  GList *names = names_of (record);

  for (GList *l = names; l != NULL; l = l->next) {
    g_autofree char *value = dup_value (record, l->data);

    g_print ("%s: %s\n", (const char *)l->data, value);
  }
  g_list_free_full (names, g_free);
}
