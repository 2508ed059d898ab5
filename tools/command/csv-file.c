/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "csv-file.h"

#include <amtprov/amtprov.h>
#include <csv.h>
#include <gio/gunixinputstream.h>
#include <string.h>
#include <unistd.h>

#define BLOCK 65536

/* A quotation mark that is missing must not draw a whole file into one cell, nor a file without
 * lines into one row. */
#define MAX_CELL  (16 * BLOCK)
#define MAX_CELLS BLOCK

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

struct _AmtprovCsv {
  char *path;
  GInputStream *input;
  struct csv_parser parser;
  gboolean begun;
  gboolean ended;
  GError *failed;        /* told when the rows before it are taken */
  guint line;            /* that of the next character */
  AmtprovCsvRow *filled; /* NULL between two rows */
  AmtprovCsvRow *current;
  GQueue rows;
  GPtrArray *columns;
};

static void
row_free (AmtprovCsvRow *row)
{
  g_ptr_array_unref (row->cells);
  g_free (row->problem);
  g_free (row);
}

/* ---- what the parser finds ---- */

static void
add_cell (void *bytes, size_t size, void *user_data)
{
  AmtprovCsv *self = user_data;
  const char *text = bytes;

  if (self->filled == NULL) {
    self->filled = g_new0 (AmtprovCsvRow, 1);
    self->filled->line = self->line;
    self->filled->cells = g_ptr_array_new_with_free_func (g_free);
  }
  for (size_t i = 0; i < size; i++)
    self->line += text[i] == '\n';
  if (!g_utf8_validate_len (text, size, NULL)) {
    if (self->filled->problem == NULL)
      self->filled->problem =
          g_strdup_printf ("cell %u is no UTF-8 text", self->filled->cells->len + 1);
    size = 0;
  }
  g_ptr_array_add (self->filled->cells, size > 0 ? g_strndup (text, size) : NULL);
}

static void
end_row (int terminator, void *user_data)
{
  AmtprovCsv *self = user_data;

  if (self->filled != NULL)
    g_queue_push_tail (&self->rows, g_steal_pointer (&self->filled));
  self->line += terminator == '\n';
}

/* ---- reading ---- */

static gboolean
fail (AmtprovCsv *self, guint line, const char *what, GError **error)
{
  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA, "%s:%u: %s", self->path, line,
               what);
  return FALSE;
}

static gboolean
fail_row (AmtprovCsv *self, const char *what, GError **error)
{
  return fail (self, self->filled != NULL ? self->filled->line : self->line, what, error);
}

static gboolean
fail_quote (AmtprovCsv *self, GError **error)
{
  return fail_row (self,
                   "a quotation mark is missing, or stands inside a cell; a cell with one is "
                   "written \"like \"\"this\"\"\". What follows was not read",
                   error);
}

static gboolean
read_block (AmtprovCsv *self, GError **error)
{
  char block[BLOCK];
  const char *begin = block;
  gsize size;

  if (!g_input_stream_read_all (self->input, block, sizeof block, &size, NULL, error)) {
    g_prefix_error (error, "%s: ", self->path);
    return FALSE;
  }
  self->ended = size < sizeof block;
  if (!self->begun && size >= strlen (BYTE_ORDER_MARK) &&
      memcmp (block, BYTE_ORDER_MARK, strlen (BYTE_ORDER_MARK)) == 0) {
    begin += strlen (BYTE_ORDER_MARK);
    size -= strlen (BYTE_ORDER_MARK);
  }
  self->begun = TRUE;
  if (csv_parse (&self->parser, begin, size, add_cell, end_row, self) != size)
    return fail_quote (self, error);
  if (csv_get_buffer_size (&self->parser) > MAX_CELL)
    return fail_row (self, "a cell of more than 1 MiB: is a quotation mark missing?", error);
  if (self->filled != NULL && self->filled->cells->len > MAX_CELLS)
    return fail_row (self, "more than 65536 cells: is this a CSV file?", error);
  if (self->ended && csv_fini (&self->parser, add_cell, end_row, self) != 0)
    return fail_quote (self, error);
  return TRUE;
}

/* NULL at the end of the file too. */
static AmtprovCsvRow *
take_row (AmtprovCsv *self, GError **error)
{
  while (g_queue_is_empty (&self->rows) && !self->ended)
    self->ended = !read_block (self, &self->failed) || self->ended;
  if (g_queue_is_empty (&self->rows) && self->failed != NULL)
    g_propagate_error (error, g_steal_pointer (&self->failed));
  return g_queue_pop_head (&self->rows);
}

/* ---- columns ---- */

static gboolean
take_header (AmtprovCsv *self, GError **error)
{
  g_autoptr (GError) failed = NULL;
  AmtprovCsvRow *row = take_row (self, &failed);

  if (row == NULL && failed == NULL)
    return fail (self, 1, "the file is empty; its first line must name the columns", error);
  if (row == NULL) {
    g_propagate_error (error, g_steal_pointer (&failed));
    return FALSE;
  }
  self->current = row;
  if (row->problem != NULL)
    return fail (self, row->line, row->problem, error);
  for (guint i = 0; i < row->cells->len; i++) {
    const char *name = row->cells->pdata[i] != NULL ? row->cells->pdata[i] : "";
    g_autofree char *twice = g_strdup_printf ("the column “%s” stands there twice", name);

    if (*name != '\0' && amtprov_csv_find_column (self, name) >= 0)
      return fail (self, row->line, twice, error);
    g_ptr_array_add (self->columns, g_strdup (name));
  }
  return TRUE;
}

/*
 * amtprov_csv_open:
 * @path: a file, or `-` for stdin
 *
 * Opens a file and reads the names of its columns.
 *
 * Returns: (transfer full): the reader, NULL with @error
 */
AmtprovCsv *
amtprov_csv_open (const char *path, GError **error)
{
  g_autoptr (AmtprovCsv) self = g_new0 (AmtprovCsv, 1);

  self->path = g_strdup (path);
  self->line = 1;
  self->columns = g_ptr_array_new_with_free_func (g_free);
  g_queue_init (&self->rows);
  csv_init (&self->parser, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL);
  if (g_str_equal (path, "-")) {
    self->input = g_unix_input_stream_new (STDIN_FILENO, FALSE);
  } else {
    g_autoptr (GFile) file = g_file_new_for_commandline_arg (path);
    self->input = G_INPUT_STREAM (g_file_read (file, NULL, error));
  }
  return self->input != NULL && take_header (self, error) ? g_steal_pointer (&self) : NULL;
}

void
amtprov_csv_free (AmtprovCsv *self)
{
  g_free (self->path);
  g_clear_object (&self->input);
  g_clear_error (&self->failed);
  csv_free (&self->parser);
  g_clear_pointer (&self->filled, row_free);
  g_clear_pointer (&self->current, row_free);
  g_queue_clear_full (&self->rows, (GDestroyNotify)row_free);
  g_ptr_array_unref (self->columns);
  g_free (self);
}

GPtrArray *
amtprov_csv_get_columns (AmtprovCsv *self)
{
  return self->columns;
}

/* Upper and lower case are the same; -1 when there is no such column. */
int
amtprov_csv_find_column (AmtprovCsv *self, const char *name)
{
  for (guint i = 0; i < self->columns->len; i++)
    if (g_ascii_strcasecmp (self->columns->pdata[i], name) == 0)
      return (int)i;
  return -1;
}

/*
 * amtprov_csv_next:
 *
 * Reads the next row that is not empty. A row with a @problem does not disturb those behind it.
 *
 * Returns: (nullable): the row; NULL at the end of the file, or with @error when nothing behind it
 *   can be read
 */
const AmtprovCsvRow *
amtprov_csv_next (AmtprovCsv *self, GError **error)
{
  AmtprovCsvRow *row;

  g_clear_pointer (&self->current, row_free);
  row = self->current = take_row (self, error);
  if (row != NULL && row->problem == NULL && row->cells->len != self->columns->len)
    row->problem = g_strdup_printf ("%u cells, but the first line names %u columns",
                                    row->cells->len, self->columns->len);
  return row;
}
