/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <amtprov/macros.h>
#include "registry/key-file-private.h"

G_BEGIN_DECLS

typedef enum {
  AMT_PROV_SCHEMA_TYPE_STRING,
  AMT_PROV_SCHEMA_TYPE_INT,
  AMT_PROV_SCHEMA_TYPE_BOOLEAN,
  AMT_PROV_SCHEMA_TYPE_CHOICE,
  AMT_PROV_SCHEMA_TYPE_LIST,
  AMT_PROV_SCHEMA_TYPE_NAME,
  AMT_PROV_SCHEMA_TYPE_TEMPLATE,
  AMT_PROV_SCHEMA_TYPE_STORE,
  AMT_PROV_SCHEMA_TYPE_PATH,
  AMT_PROV_SCHEMA_TYPE_FILE,
  AMT_PROV_SCHEMA_TYPE_SECRET,
  AMT_PROV_SCHEMA_TYPE_PASSWORD,
  AMT_PROV_SCHEMA_TYPE_CERTIFICATE,
  AMT_PROV_SCHEMA_TYPE_ADDRESSES,
  AMT_PROV_SCHEMA_TYPE_SUBNETS,
  AMT_PROV_SCHEMA_TYPE_SUFFIXES,
  AMT_PROV_SCHEMA_TYPE_UUIDS,
} AmtProvSchemaType;

typedef struct {
  char *name;
  AmtProvSchemaType type;
  char *fallback;
  char *allowed_text;
  char **allowed;
  gint64 least;
  gint64 most;
  gboolean required;
  char *key_from;
  char *passphrase_from;
  /* What a new file has instead of the default. */
  char *initial;
  char *since;
  char *help;
} AmtProvSchemaKey;

typedef struct {
  char *name;
  gboolean named;
  char *since;
  char *help;
  GPtrArray *keys;
} AmtProvSchemaGroup;

/* What a kind of configuration file may hold: the core's schema and those of plugins. */
typedef struct _AmtProvSchema AmtProvSchema;

AmtProvSchema *amt_prov_schema_new (void);
AmtProvSchema *amt_prov_schema_ref (AmtProvSchema *self);
void amt_prov_schema_unref (AmtProvSchema *self);
AmtProvKeyFile *amt_prov_schema_parse (const char *file, GBytes *contents, GError **error);
gboolean amt_prov_schema_add (AmtProvSchema *self, AmtProvKeyFile *source, GError **error);
gboolean amt_prov_schema_add_core (AmtProvSchema *self, const char *name, GError **error);
GPtrArray *amt_prov_schema_list_groups (AmtProvSchema *self);
AmtProvSchemaGroup *amt_prov_schema_find_group (AmtProvSchema *self, const char *header);
AmtProvSchemaKey *amt_prov_schema_group_find_key (AmtProvSchemaGroup *group, const char *name);
char *amt_prov_schema_group_list_keys (AmtProvSchemaGroup *group);

const char *amt_prov_schema_key_get_type_name (AmtProvSchemaKey *key);
char **amt_prov_schema_key_list_allowed (AmtProvSchemaKey *key);
char *amt_prov_schema_key_check (AmtProvSchemaKey *key, const char *value, const char *directory);
gboolean amt_prov_schema_parse_boolean (const char *value, gboolean *result);
char **amt_prov_schema_split_list (const char *value);
GInetAddressMask *amt_prov_schema_parse_subnet (const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AmtProvSchema, amt_prov_schema_unref)

G_END_DECLS
