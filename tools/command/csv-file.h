/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * AmtprovCsv:
 *
 * A CSV file (RFC 4180) that is read row by row; its first row names the columns.
 */
typedef struct _AmtprovCsv AmtprovCsv;

/**
 * AmtprovCsvRow:
 * @line: where it begins in the file, from 1
 * @cells: (element-type utf8): one for each column, without space around; an empty one is NULL
 * @problem: (nullable): why the cells do not count
 *
 * One row, which is the reader's until the next one.
 */
typedef struct {
  guint line;
  GPtrArray *cells;
  char *problem;
} AmtprovCsvRow;

AmtprovCsv *amtprov_csv_open (const char *path, GError **error);
void amtprov_csv_free (AmtprovCsv *self);
GPtrArray *amtprov_csv_get_columns (AmtprovCsv *self);
int amtprov_csv_find_column (AmtprovCsv *self, const char *name);
const AmtprovCsvRow *amtprov_csv_next (AmtprovCsv *self, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AmtprovCsv, amtprov_csv_free)

G_END_DECLS
