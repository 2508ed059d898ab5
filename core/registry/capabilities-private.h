/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/capabilities.h>

G_BEGIN_DECLS

/* One cell: what a key says, and where it says so. */
typedef struct {
  char *value;
  AmtProvRule *rule;
} AmtProvCell;

/* A row: every cell that applies to an interval of releases. Shared, immutable once built. */
typedef struct {
  gatomicrefcount ref_count;
  GHashTable *cells;
  /* The lists of root ids, resolved; the registry fills them in. */
  GPtrArray *roots_sha1;
  GPtrArray *roots_sha256;
} AmtProvRow;

AmtProvRow *amt_prov_row_new (void);
AmtProvRow *amt_prov_row_ref (AmtProvRow *self);
void amt_prov_row_unref (AmtProvRow *self);
/* Sets a cell in place of an earlier one. A method cell drops the earlier note, which explained
 * another answer. */
void amt_prov_row_set (AmtProvRow *self, const char *key, const char *value, AmtProvRule *rule);
const AmtProvCell *amt_prov_row_get (AmtProvRow *self, const char *key);
/* Whether any method is named: only then is the release known at all. */
gboolean amt_prov_row_names_methods (AmtProvRow *self);
/* What is true of a machine that may be in any of the rows (oldest first). */
AmtProvRow *amt_prov_row_merge (GPtrArray *rows);

/* release: (nullable): NULL for a merged row. */
AmtProvCapabilities *amt_prov_capabilities_new (AmtProvVersion *release, AmtProvRow *row);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AmtProvRow, amt_prov_row_unref)

G_END_DECLS
