/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "../commands.h"
#include "house.h"
#include "store-subject.h"

typedef struct {
  char *config;
  char *pid;
  char *simulated;
  gboolean json;
  gboolean list;
} Options;

static void
options_clear (Options *options)
{
  g_free (options->config);
  g_free (options->pid);
  g_free (options->simulated);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

/* ---- what the checks say ---- */

static const char *const results[] = {"passed", "failed", "skipped"};

static void
print_line (guint number, CheckOutcome *outcome)
{
  g_print ("%s %u - %s: %s%s%s\n", outcome->result == CHECK_FAILED ? "not ok" : "ok", number,
           outcome->row->name, outcome->row->meaning,
           outcome->result == CHECK_SKIPPED ? " # SKIP " : "",
           outcome->result == CHECK_SKIPPED ? outcome->text : "");
  if (outcome->result == CHECK_FAILED)
    g_print ("# %s\n", outcome->text);
}

static void
add_member (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value);
}

static void
print_json (GPtrArray *outcomes, guint failed)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "checks");
  json_builder_begin_array (builder);
  for (guint i = 0; i < outcomes->len; i++) {
    CheckOutcome *outcome = outcomes->pdata[i];

    json_builder_begin_object (builder);
    add_member (builder, "name", outcome->row->name);
    add_member (builder, "meaning", outcome->row->meaning);
    add_member (builder, "result", results[outcome->result]);
    add_member (builder, "why", outcome->text);
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "failed");
  json_builder_add_int_value (builder, failed);
  json_builder_end_object (builder);
  amtprov_print_json (builder);
}

static guint
count_rows (const CheckRow *const *tables)
{
  guint count = 0;

  for (guint i = 0; tables[i] != NULL; i++)
    for (const CheckRow *row = tables[i]; row->name != NULL; row++)
      count++;
  return count;
}

/* When one of the first table fails, the others cannot say anything. */
static guint
run_tables (const CheckRow *const *tables, gpointer subject, gboolean json, GPtrArray *outcomes)
{
  guint failed = 0;

  for (guint i = 0; tables[i] != NULL; i++) {
    for (const CheckRow *row = tables[i]; row->name != NULL; row++) {
      CheckOutcome *outcome = check_run (row, subject);

      g_ptr_array_add (outcomes, outcome);
      if (!json)
        print_line (outcomes->len, outcome);
      if (outcome->result == CHECK_FAILED)
        failed++;
      if (failed > 0 && i == 0)
        return failed;
    }
  }
  return failed;
}

static int
run_checks (const CheckRow *const *tables, gpointer subject, const Options *options)
{
  g_autoptr (GPtrArray) outcomes =
      g_ptr_array_new_with_free_func ((GDestroyNotify)check_outcome_free);
  guint all = count_rows (tables);
  guint failed;

  if (!options->json)
    g_print ("1..%u\n", all);
  failed = run_tables (tables, subject, options->json, outcomes);
  if (options->json)
    print_json (outcomes, failed);
  else if (outcomes->len < all)
    g_print ("Bail out! the other checks need what has failed\n");
  return failed > 0 ? AMTPROV_EXIT_FAILED : AMTPROV_EXIT_DONE;
}

static void
print_list (const CheckRow *const *tables)
{
  for (guint i = 0; tables[i] != NULL; i++)
    for (const CheckRow *row = tables[i]; row->name != NULL; row++)
      g_print ("%-18s %s\n", row->name, row->meaning);
}

static void
print_json_list (const CheckRow *const *tables)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_array (builder);
  for (guint i = 0; tables[i] != NULL; i++) {
    for (const CheckRow *row = tables[i]; row->name != NULL; row++) {
      json_builder_begin_object (builder);
      add_member (builder, "name", row->name);
      add_member (builder, "meaning", row->meaning);
      json_builder_end_object (builder);
    }
  }
  json_builder_end_array (builder);
  amtprov_print_json (builder);
}

static int
list_checks (const CheckRow *const *tables, const Options *options)
{
  if (options->json)
    print_json_list (tables);
  else
    print_list (tables);
  return AMTPROV_EXIT_DONE;
}

/* ---- the commands ---- */

/* FALSE after a message when the command line is wrong. */
static gboolean
parse (const AmtprovUsage *usage, Options *options, gboolean has_hello, int *argc, char ***argv)
{
  const GOptionEntry entries[] = {
      {"config", 0, 0, G_OPTION_ARG_FILENAME, &options->config, "The configuration file", "FILE"},
      {"json", 0, 0, G_OPTION_ARG_NONE, &options->json, "Print JSON", NULL},
      {"list", 0, 0, G_OPTION_ARG_NONE, &options->list, "List the checks with their meaning", NULL},
      {has_hello ? "pid" : NULL, 0, 0, G_OPTION_ARG_STRING, &options->pid,
       "The machine's hello names this PID", "PID"},
      {"simulate", 0, 0, G_OPTION_ARG_STRING, &options->simulated,
       "A machine that the method can open, as amtprov-sim --device takes it", "KEY=VALUE,..."},
      G_OPTION_ENTRY_NULL};

  if (!amtprov_parse_options (usage, entries, argc, argv))
    return FALSE;
  if (!options->list && *argc < 2) {
    amtprov_usage_error ("something is missing, the form is: %s %s", g_get_prgname (),
                         usage->synopsis);
    return FALSE;
  }
  return TRUE;
}

int
amtprov_conformance_store (int argc, char **argv)
{
  static const AmtprovUsage usage = {
      "SCHEME:LOCATION",
      "Holds a store plugin to its contract. The location must be empty: records are written to it "
      "and removed.",
      "amtprov conformance store sqlite:/tmp/try.db", 0, 1};
  const CheckRow *const tables[] = {store_first_checks, store_checks, store_process_checks, NULL};
  g_auto (Options) options = {0};
  g_auto (GStrv) plugin_dirs = NULL;
  g_auto (GStrv) parts = NULL;
  g_autoptr (AmtProvConfig) config = NULL;
  g_autoptr (GError) error = NULL;
  StoreSubject subject = {0};

  if (!parse (&usage, &options, FALSE, &argc, &argv))
    return AMTPROV_EXIT_USAGE;
  if (options.list)
    return list_checks (tables, &options);
  parts = g_strsplit (argv[1], ":", 2);
  if (g_strv_length (parts) != 2 || *parts[0] == '\0')
    return amtprov_usage_error ("“%s” is not SCHEME:LOCATION, as in [amtprov] store", argv[1]);
  plugin_dirs = amt_prov_config_get_default_plugin_dirs ();
  if (options.config != NULL) {
    config = amt_prov_config_load (options.config, (const char *const *)plugin_dirs, &error);
    if (config == NULL)
      return amtprov_report (error);
  }
  subject.scheme = parts[0];
  subject.location = parts[1];
  subject.config = config;
  return run_checks (tables, &subject, &options);
}

static AmtProvHello *
make_hello (const char *pid_text, GError **error)
{
  g_autoptr (GPtrArray) none = g_ptr_array_new ();
  g_autofree char *pid = NULL;

  if (pid_text == NULL)
    return amt_prov_hello_new_pki (MACHINE_UUID, TRUE, 0, none);
  pid = amt_prov_psk_parse_pid (pid_text, error);
  return pid != NULL ? amt_prov_hello_new_psk (MACHINE_UUID, TRUE, 0, pid) : NULL;
}

/* What methods and transports have in common. */
static int
check_openings (Subject *subject, const CheckRow *const *tables, Options *options)
{
  g_auto (GStrv) plugin_dirs = amt_prov_config_get_default_plugin_dirs ();

  if (options->config == NULL)
    options->config = amt_prov_config_dup_default_path ();
  subject->config = options->config;
  subject->plugin_dirs = plugin_dirs;
  return run_checks (tables, subject, options);
}

int
amtprov_conformance_method (int argc, char **argv)
{
  static const AmtprovUsage usage = {
      "ID",
      "Holds a method plugin to its contract. The configuration needs a site that matches "
      "127.0.0.1\n"
      "and allows the method; machines that misbehave are played on its [device] port, and with\n"
      "--simulate one that does not.",
      "amtprov conformance method pki --config amtprov.conf", 0, 1};
  const CheckRow *const tables[] = {method_first_checks, method_checks, method_open_checks, NULL};
  g_auto (Options) options = {0};
  g_autoptr (AmtProvHello) hello = NULL;
  g_autoptr (GError) error = NULL;
  Subject subject = {0};

  if (!parse (&usage, &options, TRUE, &argc, &argv))
    return AMTPROV_EXIT_USAGE;
  if (options.list)
    return list_checks (tables, &options);
  hello = make_hello (options.pid, &error);
  if (hello == NULL)
    return amtprov_report (error);
  subject.id = argv[1];
  subject.hello = hello;
  subject.simulated = options.simulated;
  return check_openings (&subject, tables, &options);
}

int
amtprov_conformance_transport (int argc, char **argv)
{
  static const AmtprovUsage usage = {
      "SCHEME",
      "Holds a transport plugin to its contract. The configuration needs a site that matches "
      "127.0.0.1;\n"
      "the transport must lead to its [device] port there, where machines are played.",
      "amtprov conformance transport jump --config amtprov.conf", 0, 1};
  const CheckRow *const tables[] = {transport_first_checks, transport_checks, NULL};
  g_auto (Options) options = {0};
  Subject subject = {0};

  if (!parse (&usage, &options, FALSE, &argc, &argv))
    return AMTPROV_EXIT_USAGE;
  if (options.list)
    return list_checks (tables, &options);
  subject.id = argv[1];
  return check_openings (&subject, tables, &options);
}
