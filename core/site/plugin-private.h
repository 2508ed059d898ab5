/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/plugin.h>
#include "site/schema-private.h"

G_BEGIN_DECLS

/* A site's order of methods comes before the plugins' own ranks, however high these are. */
#define AMT_PROV_RANK_LIMIT 1000

struct _AmtProvPlugin {
  gatomicrefcount references;
  char *name;
  char *module;
  char *file; /* NULL when a plugin was asked for that is not there */
  char *loader;
  char **provides;
  char **depends;
  char *command;
  char *preparation;
  int rank;
  gboolean proves_machine; /* by its method, not the server to the machine only */
  gboolean enabled;
  gboolean loaded;
  gboolean bad_schema;
  char *refusal;
};

/* What X-AmtProvPreparation may name; all but the first are capability keys. */
extern const char *const amt_prov_preparation_variables[];

AmtProvPlugin *amt_prov_plugin_new_from_file (const char *path);
AmtProvPlugin *amt_prov_plugin_new_missing (const char *name);
void amt_prov_plugin_refuse (AmtProvPlugin *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
gboolean amt_prov_plugin_is_script (AmtProvPlugin *self);
/* KIND:ID, and any kind when that is NULL. */
gboolean amt_prov_plugin_provides (AmtProvPlugin *self, const char *kind, const char *id);

GPtrArray *amt_prov_plugin_list_read (const char *const *directories,
                                      const char *const *enabled,
                                      gboolean scripts,
                                      AmtProvSchema *schema,
                                      AmtProvSchema *host);
AmtProvPlugin *amt_prov_plugin_list_find (GPtrArray *plugins, const char *name);
AmtProvPlugin *
amt_prov_plugin_list_find_provider (GPtrArray *plugins, const char *kind, const char *id);
/* The ids of the methods of the enabled plugins. */
char **amt_prov_plugin_list_ids (GPtrArray *plugins, const char *kind);
char *amt_prov_plugin_list_explain_missing (GPtrArray *plugins, const char *kind, const char *id);

G_END_DECLS
