/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "registry/capabilities-private.h"
#include "registry/key-file-private.h"

G_BEGIN_DECLS

/* The root certificates that capability files name by id: one group per id with name=, sha1= and
 * sha256=. A later group of the same id takes the place of an earlier one. */
typedef struct {
  GHashTable *roots;
} AmtProvRootTable;

AmtProvRootTable *amt_prov_root_table_new (void);
void amt_prov_root_table_free (AmtProvRootTable *self);
void amt_prov_root_table_add (AmtProvRootTable *self,
                              const char *file,
                              AmtProvKeyFileGroup *source,
                              GPtrArray *problems);
/* Fills in the root hashes of a row. A root that is not there adds to problems, once per place. */
void amt_prov_root_table_resolve (AmtProvRootTable *self, AmtProvRow *row, GPtrArray *problems);
/* (nullable) */
const char *amt_prov_root_table_find_name (AmtProvRootTable *self, AmtProvCertHash *hash);

G_END_DECLS
