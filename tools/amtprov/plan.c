/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "commands.h"
#include "verdict-text.h"
#include "command/csv-file.h"
#include "command/open-database.h"

#include <stdio.h>

enum { HOST, AMT, UUID, SITE, N_COLUMNS };

static const char *const names[N_COLUMNS] = {"host", "amt", "uuid", "site"};

typedef struct {
  const char *file;
  gboolean json;
  AmtProvConfig *config; /* NULL: sites do not count */
  AmtProvFleet *fleet;
  AmtprovCsv *csv;
  int columns[N_COLUMNS]; /* where they stand */
  GHashTable *line_of;    /* UUID → where it stands */
  guint n_machines;
  JsonBuilder *problems;
} Plan;

static void
plan_clear (Plan *self)
{
  g_clear_object (&self->config);
  g_clear_object (&self->fleet);
  g_clear_pointer (&self->csv, amtprov_csv_free);
  g_clear_pointer (&self->line_of, g_hash_table_unref);
  g_clear_object (&self->problems);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Plan, plan_clear)

/* ---- what is wrong with a row ---- */

static gboolean fail (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
fail (GError **error, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  *error = g_error_new_valist (AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA, format, arguments);
  va_end (arguments);
  return FALSE;
}

static const char *
get_cell (Plan *self, const AmtprovCsvRow *row, guint column)
{
  return row->cells->pdata[self->columns[column]];
}

static gboolean
check_uuid (Plan *self, const AmtprovCsvRow *row, GError **error)
{
  const char *text = get_cell (self, row, UUID);
  g_autofree char *uuid = text != NULL ? amt_prov_uuid_normalize (text) : NULL;
  guint before = uuid != NULL ? GPOINTER_TO_UINT (g_hash_table_lookup (self->line_of, uuid)) : 0;

  if (text == NULL)
    return TRUE;
  if (uuid == NULL)
    return fail (error, "“%s” is no UUID", text);
  if (before > 0)
    return fail (error, "%s stands in line %u already", uuid, before);
  g_hash_table_insert (self->line_of, g_steal_pointer (&uuid), GUINT_TO_POINTER (row->line));
  return TRUE;
}

/* The one that is named, the one that lists the UUID, or the only one. */
static gboolean
find_site (Plan *self, const AmtprovCsvRow *row, AmtProvSite **site, GError **error)
{
  const char *name = get_cell (self, row, SITE);
  GPtrArray *sites;

  *site = NULL;
  if (self->config == NULL)
    return TRUE;
  sites = amt_prov_config_get_sites (self->config);
  if (name != NULL)
    *site = amt_prov_config_find_site (self->config, name);
  else
    *site = amt_prov_config_match_site (self->config, NULL, get_cell (self, row, UUID), NULL);
  if (name != NULL && *site == NULL)
    return fail (error, "there is no site “%s”", name);
  if (*site == NULL && sites->len == 1)
    *site = sites->pdata[0];
  return *site != NULL || fail (error, "the site is missing, and %s has %u sites",
                                amt_prov_config_get_path (self->config), sites->len);
}

static AmtProvVersion *
read_release (Plan *self, const AmtprovCsvRow *row, GError **error)
{
  const char *text = get_cell (self, row, AMT);

  if (text != NULL)
    return amt_prov_version_parse (text, error);
  fail (error, "the AMT release is missing");
  return NULL;
}

/* ---- a machine ---- */

static void
add_text (JsonBuilder *builder, const char *name, const char *text)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, text);
}

static void
add_others (Plan *self, JsonBuilder *builder, const AmtprovCsvRow *row)
{
  GPtrArray *columns = amtprov_csv_get_columns (self->csv);

  json_builder_set_member_name (builder, "others");
  json_builder_begin_object (builder);
  for (guint i = 0; i < columns->len; i++) {
    gboolean own = FALSE;

    for (guint j = 0; j < N_COLUMNS; j++)
      own = own || self->columns[j] == (int)i;
    if (!own)
      add_text (builder, columns->pdata[i], row->cells->pdata[i]);
  }
  json_builder_end_object (builder);
}

static void
print_machine (Plan *self,
               const AmtprovCsvRow *row,
               AmtProvSite *site,
               AmtProvFleetGroup *group,
               GPtrArray *verdicts)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "line");
  json_builder_add_int_value (builder, row->line);
  for (guint i = 0; i < SITE; i++)
    add_text (builder, names[i], get_cell (self, row, i));
  add_text (builder, names[SITE],
            site != NULL ? amt_prov_site_get_name (site) : get_cell (self, row, SITE));
  add_others (self, builder, row);
  add_text (builder, "method", amt_prov_fleet_group_get_method (group));
  json_builder_set_member_name (builder, "group");
  json_builder_add_int_value (builder, amt_prov_fleet_group_get_number (group));
  json_builder_set_member_name (builder, "verdicts");
  amtprov_verdicts_add (builder, verdicts);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  text = json_to_string (root, FALSE);
  printf ("%s\n%s", self->n_machines > 0 ? "," : "", text);
}

static gboolean
plan_machine (Plan *self, const AmtprovCsvRow *row, GError **error)
{
  g_autoptr (AmtProvVersion) release = NULL;
  AmtProvFleetGroup *group;
  GPtrArray *verdicts;
  AmtProvSite *site;

  if (row->problem != NULL)
    return fail (error, "%s", row->problem);
  release = read_release (self, row, error);
  if (release == NULL || !check_uuid (self, row, error) || !find_site (self, row, &site, error))
    return FALSE;
  group = amt_prov_fleet_add (self->fleet, release, site, &verdicts, error);
  if (group == NULL)
    return FALSE;
  if (self->json)
    print_machine (self, row, site, group, verdicts);
  self->n_machines++;
  return TRUE;
}

static void
report_row (Plan *self, guint line, const GError *error)
{
  g_printerr ("%s:%u: %s\n", self->file, line, error->message);
  json_builder_begin_object (self->problems);
  json_builder_set_member_name (self->problems, "line");
  json_builder_add_int_value (self->problems, line);
  add_text (self->problems, "problem", error->message);
  json_builder_end_object (self->problems);
}

/* A bad row is told, and the rest goes on; FALSE when there was one. */
static gboolean
plan_machines (Plan *self)
{
  g_autoptr (GError) broken = NULL;
  const AmtprovCsvRow *row;
  gboolean good = TRUE;

  while ((row = amtprov_csv_next (self->csv, &broken)) != NULL) {
    g_autoptr (GError) error = NULL;

    if (plan_machine (self, row, &error))
      continue;
    report_row (self, row->line, error);
    good = FALSE;
  }
  if (broken == NULL)
    return good;
  amtprov_report (broken);
  return FALSE;
}

/* ---- groups ---- */

static void
print_group (AmtProvFleetGroup *group)
{
  const char *method = amt_prov_fleet_group_get_method (group);
  g_autofree char *preparation = amt_prov_fleet_group_dup_preparation (group);
  guint n = amt_prov_fleet_group_get_n_machines (group);

  g_print ("%u machine%s, ", n, n == 1 ? "" : "s");
  if (method == NULL)
    g_print ("no method is usable\n");
  else
    g_print ("%s%s%s\n", method, preparation != NULL ? ": " : "",
             preparation != NULL ? preparation : "");
  amtprov_verdicts_print (amt_prov_fleet_group_get_verdicts (group), 2);
}

static void
add_group (JsonBuilder *builder, AmtProvFleetGroup *group)
{
  g_autofree char *preparation = amt_prov_fleet_group_dup_preparation (group);

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "number");
  json_builder_add_int_value (builder, amt_prov_fleet_group_get_number (group));
  json_builder_set_member_name (builder, "machines");
  json_builder_add_int_value (builder, amt_prov_fleet_group_get_n_machines (group));
  add_text (builder, "method", amt_prov_fleet_group_get_method (group));
  add_text (builder, "preparation", preparation);
  json_builder_set_member_name (builder, "verdicts");
  amtprov_verdicts_add (builder, amt_prov_fleet_group_get_verdicts (group));
  json_builder_end_object (builder);
}

static void
print_array (const char *name, JsonBuilder *builder)
{
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;

  json_builder_end_array (builder);
  root = json_builder_get_root (builder);
  text = json_to_string (root, TRUE);
  printf (",\n\"%s\":%s", name, text);
}

static void
print_groups (Plan *self)
{
  GPtrArray *groups = amt_prov_fleet_get_groups (self->fleet);
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  if (self->json)
    json_builder_begin_array (builder);
  for (guint i = 0; i < groups->len; i++) {
    if (self->json)
      add_group (builder, groups->pdata[i]);
    else
      print_group (groups->pdata[i]);
  }
  if (!self->json)
    return;
  printf ("]");
  print_array ("groups", builder);
  print_array ("problems", self->problems);
  printf ("}\n");
}

/* ---- the command ---- */

static gboolean
find_columns (Plan *self, GError **error)
{
  for (guint i = 0; i < N_COLUMNS; i++) {
    self->columns[i] = amtprov_csv_find_column (self->csv, names[i]);
    if (self->columns[i] < 0)
      return fail (error,
                   "%s:1: the first line must name the columns host, amt, uuid and site, and “%s” "
                   "is missing",
                   self->file, names[i]);
  }
  return TRUE;
}

/* Without a configuration every plugin that is found has its say. */
static gboolean
make_fleet (Plan *self, const char *config_path, GError **error)
{
  g_auto (GStrv) directories = amt_prov_config_get_default_capability_dirs ();
  g_auto (GStrv) folders = amt_prov_config_get_default_plugin_dirs ();
  g_autoptr (AmtProvCapabilityRegistry) registry =
      amt_prov_capability_registry_new ((const char *const *)directories, error);
  g_autoptr (AmtProvPluginSet) plugins = NULL;
  g_autoptr (AmtProvSelector) selector = NULL;

  if (registry == NULL)
    return FALSE;
  if (config_path != NULL) {
    self->config = amtprov_load_config (config_path, error);
    if (self->config == NULL)
      return FALSE;
    plugins = amt_prov_plugin_set_new_for_config (self->config);
  } else {
    plugins = amt_prov_plugin_set_new ((const char *const *)folders, NULL, FALSE);
  }
  selector = amt_prov_selector_new_for_plugins (registry, plugins);
  self->fleet = amt_prov_fleet_new (selector);
  return TRUE;
}

static int
plan (Plan *self, const char *config_path)
{
  g_autoptr (GError) error = NULL;
  gboolean good;

  if (!make_fleet (self, config_path, &error) ||
      (self->csv = amtprov_csv_open (self->file, &error)) == NULL || !find_columns (self, &error))
    return amtprov_report (error);
  self->line_of = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->problems = json_builder_new ();
  json_builder_begin_array (self->problems);
  if (self->json)
    printf ("{\"machines\":[");
  good = plan_machines (self);
  print_groups (self);
  return good ? AMTPROV_EXIT_DONE : AMTPROV_EXIT_FAILED;
}

/* amtprov plan INVENTORY.csv [--config FILE] [--json] */
int
amtprov_plan (int argc, char **argv)
{
  static const AmtprovUsage usage = {
      "INVENTORY.csv|-",
      "Says for each machine of an inventory which method is best and what a person has to do, in\n"
      "groups, with the rules. The first line names the columns: host, amt, uuid, site and any\n"
      "others. Without --config only the releases count.",
      "amtprov plan inventory.csv --config /etc/amtprov/amtprov.conf", 1, 1};
  g_auto (Plan) self = {NULL};
  g_autofree char *config_path = NULL;
  const GOptionEntry entries[] = {
      {"config", 0, 0, G_OPTION_ARG_FILENAME, &config_path,
       "Also ask the sites and the plugins of this configuration", "FILE"},
      {"json", 0, 0, G_OPTION_ARG_NONE, &self.json, "Print JSON, with each machine", NULL},
      G_OPTION_ENTRY_NULL};

  if (!amtprov_parse_options (&usage, entries, &argc, &argv))
    return AMTPROV_EXIT_USAGE;
  self.file = argv[1];
  return plan (&self, config_path);
}
