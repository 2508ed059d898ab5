/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/version.h>

#include "registry/capabilities-private.h"
#include "registry/key-file-private.h"

G_BEGIN_DECLS

/* A group of a capability file: a range of releases and what it says of them. */
typedef struct {
  char *name;
  /* From low, included, up to end, excluded. */
  AmtProvVersion *low;
  AmtProvVersion *end;
  /* Notes after everything else. */
  GPtrArray *cells;
} AmtProvCapabilityGroup;

/* "2.2", "7.x", "3.0..5.x": from low, included, up to end, excluded. The caller frees both,
 * whatever the answer. */
gboolean
amt_prov_capability_range_parse (const char *text, AmtProvVersion **low, AmtProvVersion **end);

/* Mistakes go to problems as FILE:LINE: [GROUP] KEY: text. NULL when the range itself is wrong. */
AmtProvCapabilityGroup *
amt_prov_capability_group_new (const char *file, AmtProvKeyFileGroup *source, GPtrArray *problems);
void amt_prov_capability_group_free (AmtProvCapabilityGroup *self);
gboolean amt_prov_capability_group_covers (AmtProvCapabilityGroup *self, AmtProvVersion *release);
void amt_prov_capability_group_apply (AmtProvCapabilityGroup *self, AmtProvRow *row);
/* Adds the ids of the methods that the group names to ids, each once. */
void amt_prov_capability_group_collect_methods (AmtProvCapabilityGroup *self, GPtrArray *ids);

/* rule: FILE:LINE: [GROUP] KEY. */
void amt_prov_capability_complain (GPtrArray *problems, AmtProvRule *rule, const char *text);

G_END_DECLS
