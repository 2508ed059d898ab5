/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/amtprov.h>
#include "command/csv-file.h"

G_BEGIN_DECLS

/* The columns of an inventory; the enum names their places in a row. */
typedef enum {
  IMPORT_UUID,
  IMPORT_AMT,
  IMPORT_HOSTNAME,
  IMPORT_SITE,
  IMPORT_SUFFIX,
  IMPORT_OTP,
  N_IMPORT_COLUMNS,
} ImportColumn;

/* A machine of the inventory; a cell that is empty or whose column is missing is NULL. */
typedef struct {
  guint line;
  char *cells[N_IMPORT_COLUMNS];
} ImportRow;

const char *amtprov_import_column_name (ImportColumn column);

/* Reads an inventory. Every bad line is added to @problems by its number; the rows count only when
 * there is none. */
GPtrArray *
amtprov_import_read (AmtprovCsv *csv, AmtProvConfig *config, GPtrArray *problems, GError **error);

G_END_DECLS
