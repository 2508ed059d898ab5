/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "command/command.h"
#include "command/csv-file.h"
#include "command/open-database.h"
#include "command/psk-booking.h"
#include "psk-commands.h"
#include "sheet-page.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>

#define MEDIUM "sheet"

/* The name of the sheet in the folder in which it is made. */
#define PAGES "sheet"

static const char *const columns[N_SHEET_FACTS] = {"host", "asset", "uuid"};

typedef struct {
  const SheetForm *form;
  const char *output;
  guint n_cards;
  GPtrArray *machines; /* of char *[N_SHEET_FACTS], for the first cards */
  AmtprovPskBooking *booking;
  FILE *out;
  JsonBuilder *list; /* NULL without --json */
} Sheet;

static void
sheet_clear (Sheet *self)
{
  g_clear_pointer (&self->machines, g_ptr_array_unref);
  if (self->out != NULL)
    fclose (self->out);
  g_clear_pointer (&self->booking, amtprov_psk_booking_free);
  g_clear_object (&self->list);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Sheet, sheet_clear)

char *
sheet_dup_marks (const char *text)
{
  g_autoptr (GString) marks = g_string_new (NULL);

  for (; *text != '\0'; text++)
    g_string_append_c (marks, g_ascii_isdigit (*text) ? '^' : ' ');
  return g_strchomp (g_string_free (g_steal_pointer (&marks), FALSE));
}

/* ---- machines ---- */

static void
machine_free (char **machine)
{
  for (guint i = 0; i < N_SHEET_FACTS; i++)
    g_free (machine[i]);
  g_free (machine);
}

static gboolean
read_machine (Sheet *self, const AmtprovCsvRow *row, const int *places, GError **error)
{
  char **machine = g_new0 (char *, N_SHEET_FACTS);

  g_ptr_array_add (self->machines, machine);
  for (guint i = 0; row->problem == NULL && i < N_SHEET_FACTS; i++)
    machine[i] = places[i] >= 0 ? g_strdup (row->cells->pdata[places[i]]) : NULL;
  if (row->problem == NULL)
    return TRUE;
  g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA, row->problem);
  return FALSE;
}

/* A card for each row; other columns do not matter. */
static gboolean
read_inventory (Sheet *self, const char *path, GError **error)
{
  g_autoptr (AmtprovCsv) csv = amtprov_csv_open (path, error);
  g_autoptr (GError) broken = NULL;
  int places[N_SHEET_FACTS];
  const AmtprovCsvRow *row;
  gboolean any = FALSE;

  if (csv == NULL)
    return FALSE;
  for (guint i = 0; i < N_SHEET_FACTS; i++) {
    places[i] = amtprov_csv_find_column (csv, columns[i]);
    any = any || places[i] >= 0;
  }
  if (!any) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
                 "%s:1: the first line names none of the columns host, asset and uuid", path);
    return FALSE;
  }
  while ((row = amtprov_csv_next (csv, &broken)) != NULL) {
    if (read_machine (self, row, places, error))
      continue;
    g_prefix_error (error, "%s:%u: ", path, row->line);
    return FALSE;
  }
  if (broken == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&broken));
  return FALSE;
}

/* ---- cards ---- */

static void
list_card (Sheet *self, const AmtprovPskRow *row, char **facts)
{
  g_autofree char *pid = amt_prov_psk_dup_dashed_pid (row->psk);

  json_builder_begin_object (self->list);
  json_builder_set_member_name (self->list, "card");
  json_builder_add_int_value (self->list, row->line);
  json_builder_set_member_name (self->list, "pid");
  json_builder_add_string_value (self->list, pid);
  for (guint i = 0; i < N_SHEET_FACTS; i++) {
    json_builder_set_member_name (self->list, columns[i]);
    json_builder_add_string_value (self->list, facts[i]);
  }
  json_builder_end_object (self->list);
}

static void
write_card (Sheet *self, const AmtprovPskRow *row)
{
  char *nothing[N_SHEET_FACTS] = {NULL};
  char **facts = row->line <= self->machines->len ? self->machines->pdata[row->line - 1] : nothing;

  self->form->card (self->out, amtprov_psk_booking_get_id (self->booking), self->n_cards, row,
                    facts);
  if (self->list != NULL)
    list_card (self, row, facts);
}

static gboolean
write_cards (Sheet *self, GError **error)
{
  for (guint done = 0; done < self->n_cards;) {
    g_autoptr (GPtrArray) rows =
        amtprov_psk_booking_claim (self->booking, self->n_cards - done, NULL, error);

    if (rows == NULL)
      return FALSE;
    for (guint i = 0; i < rows->len; i++)
      write_card (self, rows->pdata[i]);
    done += rows->len;
  }
  return TRUE;
}

static gboolean
fail_errno (Sheet *self, GError **error)
{
  int code = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "cannot write %s: %s", self->output,
               g_strerror (code));
  return FALSE;
}

static gboolean
close_pages (Sheet *self, GError **error)
{
  FILE *out = g_steal_pointer (&self->out);
  gboolean written = fflush (out) == 0 && !ferror (out);

  if (!written)
    fail_errno (self, error);
  fclose (out);
  return written;
}

/* A sheet that is there may have pairs on it that machines wait for. */
static gboolean
make_sheet (Sheet *self, AmtProvDatabase *database, GError **error)
{
  g_autofree char *path = NULL;
  int fd;

  if (g_file_test (self->output, G_FILE_TEST_EXISTS)) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFLICT,
                 "%s is there already, and is not overwritten: name another file", self->output);
    return FALSE;
  }
  self->booking = amtprov_psk_booking_begin (database, MEDIUM, self->output, error);
  if (self->booking == NULL)
    return FALSE;
  path = g_build_filename (amtprov_psk_booking_get_folder (self->booking), PAGES, NULL);
  fd = g_open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0 || (self->out = fdopen (fd, "w")) == NULL)
    return fail_errno (self, error);
  self->form->begin (self->out, amtprov_psk_booking_get_id (self->booking), self->n_cards);
  if (!write_cards (self, error))
    return FALSE;
  self->form->end (self->out);
  return close_pages (self, error) && amtprov_psk_booking_publish (self->booking, PAGES, error);
}

/* ---- the command ---- */

static void
tell (Sheet *self)
{
  const char *booking = amtprov_psk_booking_get_id (self->booking);
  g_autoptr (JsonBuilder) builder = NULL;

  if (self->list == NULL) {
    g_print ("%u card%s in %s. If the sheet is lost: amtprov psk revoke --booking %s\n",
             self->n_cards, self->n_cards == 1 ? "" : "s", self->output, booking);
    return;
  }
  json_builder_end_array (self->list);
  builder = json_builder_new ();
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "file");
  json_builder_add_string_value (builder, self->output);
  json_builder_set_member_name (builder, "booking");
  json_builder_add_string_value (builder, booking);
  json_builder_set_member_name (builder, "cards");
  json_builder_add_value (builder, json_builder_get_root (self->list));
  json_builder_end_object (builder);
  amtprov_print_json (builder);
}

static const SheetForm *
find_form (const char *output)
{
  const SheetForm *const forms[] = {&sheet_html, &sheet_text};

  for (guint i = 0; output != NULL && i < G_N_ELEMENTS (forms); i++)
    if (g_str_has_suffix (output, forms[i]->ending))
      return forms[i];
  return NULL;
}

static int
make (Sheet *self, const char *inventory, const char *config_path)
{
  g_autoptr (AmtProvDatabase) database = NULL;
  g_autoptr (GError) error = NULL;

  if (inventory != NULL && !read_inventory (self, inventory, &error))
    return amtprov_report (error);
  if (self->n_cards == 0)
    self->n_cards = self->machines->len;
  if (self->n_cards == 0 || self->n_cards < self->machines->len ||
      self->n_cards > AMTPROV_PSK_MAX_COUNT)
    return amtprov_usage_error ("%s has %u machines, and --count is %u: the sheet needs a card for "
                                "each, from 1 to %d",
                                inventory, self->machines->len, self->n_cards,
                                AMTPROV_PSK_MAX_COUNT);
  database = amtprov_open_database (config_path, &error);
  if (database == NULL || !make_sheet (self, database, &error))
    return amtprov_report (error);
  tell (self);
  return AMTPROV_EXIT_DONE;
}

/* amtprov psk sheet --count N --output FILE.html|FILE.txt [--inventory FILE.csv] [--json] */
int
amtprov_psk_sheet (int argc, char **argv)
{
  static const AmtprovUsage usage = {
      "--count N --output FILE.html|FILE.txt",
      "Makes a sheet of new PID/PPS pairs for typing into the MEBx: a card for each machine, with "
      "a\n"
      "new MEBx password. The pairs are put into the store, which knows that they were handed out.",
      "amtprov psk sheet --count 20 --output sheet.html --config /etc/amtprov/amtprov.conf", 0, 0};
  g_auto (Sheet) self = {NULL};
  int count = 0;
  gboolean json = FALSE;
  g_autofree char *output = NULL, *inventory = NULL, *config_path = NULL;
  const GOptionEntry entries[] = {
      {"count", 0, 0, G_OPTION_ARG_INT, &count,
       "How many cards, 1 to 100000; with --inventory one for each machine unless stated", "N"},
      {"output", 0, 0, G_OPTION_ARG_FILENAME, &output,
       "Make this file: .html for printing, .txt is plain text", "FILE"},
      {"inventory", 0, 0, G_OPTION_ARG_FILENAME, &inventory,
       "Fill in host, asset and uuid from these columns of a CSV file", "FILE"},
      {"json", 0, 0, G_OPTION_ARG_NONE, &json, "Print which pair is on which card as JSON", NULL},
      {"config", 0, 0, G_OPTION_ARG_FILENAME, &config_path, "The configuration file", "FILE"},
      G_OPTION_ENTRY_NULL};

  if (!amtprov_parse_options (&usage, entries, &argc, &argv))
    return AMTPROV_EXIT_USAGE;
  self.form = find_form (output);
  self.output = output;
  if (self.form == NULL)
    return amtprov_usage_error ("--output names the sheet: a file that ends in .html or .txt");
  if (count < 0 || count > AMTPROV_PSK_MAX_COUNT || (count == 0 && inventory == NULL))
    return amtprov_usage_error ("--count is a number from 1 to %d", AMTPROV_PSK_MAX_COUNT);
  self.n_cards = (guint)count;
  self.machines = g_ptr_array_new_with_free_func ((GDestroyNotify)machine_free);
  if (json) {
    self.list = json_builder_new ();
    json_builder_begin_array (self.list);
  }
  return make (&self, inventory, config_path);
}
