/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/amtprov.h>

#include "check.h"

G_BEGIN_DECLS

/* What the checks of stores work on. */
typedef struct {
  const char *scheme;
  const char *location;
  AmtProvConfig *config; /* says which plugins are loaded; NULL: all that are found */
  AmtProvPluginSet *set; /* made by each check for itself */
} StoreSubject;

extern const CheckRow store_first_checks[]; /* the others make no sense when one of these fails */
extern const CheckRow store_checks[];
extern const CheckRow store_process_checks[];

/* Makes a store that is not open. NULL, and the check has failed, when there is none. */
AmtProvStore *store_make (Check *check, StoreSubject *subject);
AmtProvStore *store_open (Check *check, StoreSubject *subject);
/* The same without a record: what an earlier check has left is removed. */
AmtProvStore *store_begin (Check *check, StoreSubject *subject);

/* The result of a change is in the change. FALSE, and the check has failed, on an error. */
gboolean store_apply (Check *check, AmtProvStore *store, GPtrArray *changes);
/* One change alone, which is consumed: was it made? */
gboolean store_try (Check *check, AmtProvStore *store, AmtProvChange *change);
/* NULL, and the check has failed, on an error. @what: what is asked, for messages. */
GPtrArray *store_read (Check *check, AmtProvStore *store, AmtProvQuery *query, const char *what);
/* Never NULL; empty, and the check has failed, on an error. */
GPtrArray *store_find (Check *check,
                       AmtProvStore *store,
                       AmtProvKind kind,
                       const char *key,
                       const char *owner,
                       const char *state);

G_END_DECLS
