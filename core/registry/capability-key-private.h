/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define AMT_PROV_METHOD_KEY_PREFIX  "method."
#define AMT_PROV_METHOD_NOTE_SUFFIX ".note"

typedef enum {
  AMT_PROV_KEY_BOOLEAN,
  AMT_PROV_KEY_INTEGER,
  AMT_PROV_KEY_CHOICE,
  AMT_PROV_KEY_LIST,
  AMT_PROV_KEY_ROOTS,
  AMT_PROV_KEY_TEXT,
} AmtProvKeyKind;

/* How the cells of several releases become one (the release is not known yet). */
typedef enum {
  AMT_PROV_MERGE_FIRST,
  /* Numbers by value, choices by their place in the list of what is allowed. */
  AMT_PROV_MERGE_LOWEST,
  AMT_PROV_MERGE_HIGHEST,
  AMT_PROV_MERGE_ANY,
  AMT_PROV_MERGE_UNION,
  AMT_PROV_MERGE_JOIN,
} AmtProvKeyMerge;

/* A key that capability files may use. */
typedef struct {
  const char *name;
  AmtProvKeyKind kind;
  AmtProvKeyMerge merge;
  /* Choices and list entries, in order; NULL where any text goes. */
  const char *allowed[8];
  int min;
  int max;
  const char *since;
  const char *help;
} AmtProvCapabilityKey;

/* What a capability file says of its groups. */
#define AMT_PROV_CAPABILITY_GROUP_HELP                                                             \
  "A range of AMT releases: 2.2 with its maintenance releases, 2.0..2.1, 7.x, 3.0..5.x, 20.0..x. " \
  "Later groups override single cells of earlier ones."

/* (nullable): NULL for a key that no capability file may use. method.ID and method.ID.note are
 * found by their form. */
const AmtProvCapabilityKey *amt_prov_capability_key_find (const char *name);
/* NULL when the value is good, else (transfer full) what is allowed. */
char *amt_prov_capability_key_check (const AmtProvCapabilityKey *self, const char *value);
/* For LOWEST and HIGHEST. */
int amt_prov_capability_key_order (const AmtProvCapabilityKey *self, const char *value);
/* All keys; those of methods stand first, with ID in the place of an id. */
const AmtProvCapabilityKey *amt_prov_capability_key_get_all (gsize *count);
const char *amt_prov_capability_key_get_type_name (const AmtProvCapabilityKey *self);
/* (transfer full): words as they are written, a range LEAST..MOST, or what stands for them. */
char **amt_prov_capability_key_list_allowed (const AmtProvCapabilityKey *self);
/* Their names, for a message. (transfer full) */
char *amt_prov_capability_key_list (void);
gboolean amt_prov_capability_key_is_method (const char *name);
char **amt_prov_capability_value_split (const char *value);

G_END_DECLS
