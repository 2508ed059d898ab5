/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  char *key;
  char *value;
  guint line;
} AmtProvKeyFileEntry;

typedef struct {
  char *name;
  guint line;
  GPtrArray *entries;
} AmtProvKeyFileGroup;

/* A key file with its line numbers, which GKeyFile forgets. Groups and entries keep their order. */
typedef struct {
  char *file;
  GPtrArray *groups;
} AmtProvKeyFile;

AmtProvKeyFile *amt_prov_key_file_parse (const char *file, GBytes *contents, GPtrArray *problems);
AmtProvKeyFile *amt_prov_key_file_load (const char *path, GPtrArray *problems);
void amt_prov_key_file_free (AmtProvKeyFile *self);
AmtProvKeyFileGroup *amt_prov_key_file_find_group (AmtProvKeyFile *self, const char *name);
AmtProvKeyFileEntry *amt_prov_key_file_group_find (AmtProvKeyFileGroup *group, const char *key);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AmtProvKeyFile, amt_prov_key_file_free)

G_END_DECLS
