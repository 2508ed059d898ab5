/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/record.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_QUERY (amt_prov_query_get_type ())

/**
 * AmtProvQuery:
 *
 * Which records to read: of one kind, optionally with one key, owner or state, in sequence order
 * from a cursor on.
 *
 * Since: 0.1
 */
typedef struct _AmtProvQuery AmtProvQuery;

AMT_PROV_EXPORT GType amt_prov_query_get_type (void);
AMT_PROV_EXPORT AmtProvQuery *amt_prov_query_new (AmtProvKind kind);
AMT_PROV_EXPORT AmtProvQuery *amt_prov_query_ref (AmtProvQuery *self);
AMT_PROV_EXPORT void amt_prov_query_unref (AmtProvQuery *self);
AMT_PROV_EXPORT AmtProvKind amt_prov_query_get_kind (AmtProvQuery *self);
AMT_PROV_EXPORT const char *amt_prov_query_get_key (AmtProvQuery *self);
AMT_PROV_EXPORT void amt_prov_query_set_key (AmtProvQuery *self, const char *key);
AMT_PROV_EXPORT const char *amt_prov_query_get_owner (AmtProvQuery *self);
AMT_PROV_EXPORT void amt_prov_query_set_owner (AmtProvQuery *self, const char *owner);
AMT_PROV_EXPORT const char *amt_prov_query_get_state (AmtProvQuery *self);
AMT_PROV_EXPORT void amt_prov_query_set_state (AmtProvQuery *self, const char *state);
AMT_PROV_EXPORT guint64 amt_prov_query_get_after (AmtProvQuery *self);
AMT_PROV_EXPORT void amt_prov_query_set_after (AmtProvQuery *self, guint64 sequence);
AMT_PROV_EXPORT guint amt_prov_query_get_limit (AmtProvQuery *self);
AMT_PROV_EXPORT void amt_prov_query_set_limit (AmtProvQuery *self, guint limit);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AmtProvQuery, amt_prov_query_unref)

G_END_DECLS
