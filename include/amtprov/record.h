/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include <amtprov/macros.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_RECORD (amt_prov_record_get_type ())

/**
 * AmtProvKind:
 * @AMT_PROV_KIND_META: facts of the store itself, such as the check value of its key
 * @AMT_PROV_KIND_DEVICE: a machine; the key is its UUID
 * @AMT_PROV_KIND_CREDENTIAL: a secret; the key is `TYPE:ID`, the owner a UUID
 * @AMT_PROV_KIND_JOURNAL: what became of the steps of a machine; the key and the owner are its
 * UUID, the body has `(sss)` for each step: time, state such as `begun` or `done`, reason
 * @AMT_PROV_KIND_LEASE: who works on a device; the key is its UUID
 * @AMT_PROV_KIND_EVENT: something a person may want to read later; the owner is a UUID or empty
 *
 * The kinds of records a store keeps.
 *
 * Since: 0.1
 */
typedef enum {
  AMT_PROV_KIND_META,
  AMT_PROV_KIND_DEVICE,
  AMT_PROV_KIND_CREDENTIAL,
  AMT_PROV_KIND_JOURNAL,
  AMT_PROV_KIND_LEASE,
  AMT_PROV_KIND_EVENT,
} AmtProvKind;

/**
 * AmtProvRecord:
 *
 * One row of a store. Kind and key name it; owner and state can be searched; the body is an `a{sv}`
 * that a store keeps without looking inside; sealed bytes are already encrypted. A record without a
 * key gets the next sequence number as its key. A store fills in sequence and revision.
 *
 * Since: 0.1
 */
typedef struct _AmtProvRecord AmtProvRecord;

AMT_PROV_EXPORT GType amt_prov_record_get_type (void);
AMT_PROV_EXPORT AmtProvRecord *amt_prov_record_new (AmtProvKind kind, const char *key);
AMT_PROV_EXPORT AmtProvRecord *amt_prov_record_ref (AmtProvRecord *self);
AMT_PROV_EXPORT void amt_prov_record_unref (AmtProvRecord *self);
AMT_PROV_EXPORT AmtProvKind amt_prov_record_get_kind (AmtProvRecord *self);
AMT_PROV_EXPORT const char *amt_prov_record_get_key (AmtProvRecord *self);
AMT_PROV_EXPORT void amt_prov_record_set_key (AmtProvRecord *self, const char *key);
AMT_PROV_EXPORT const char *amt_prov_record_get_owner (AmtProvRecord *self);
AMT_PROV_EXPORT void amt_prov_record_set_owner (AmtProvRecord *self, const char *owner);
AMT_PROV_EXPORT const char *amt_prov_record_get_state (AmtProvRecord *self);
AMT_PROV_EXPORT void amt_prov_record_set_state (AmtProvRecord *self, const char *state);
AMT_PROV_EXPORT gint64 amt_prov_record_get_due (AmtProvRecord *self);
AMT_PROV_EXPORT void amt_prov_record_set_due (AmtProvRecord *self, gint64 microseconds);
AMT_PROV_EXPORT GVariant *amt_prov_record_get_body (AmtProvRecord *self);
AMT_PROV_EXPORT void amt_prov_record_set_body (AmtProvRecord *self, GVariant *body);
AMT_PROV_EXPORT GBytes *amt_prov_record_get_sealed (AmtProvRecord *self);
AMT_PROV_EXPORT void amt_prov_record_set_sealed (AmtProvRecord *self, GBytes *sealed);
AMT_PROV_EXPORT guint64 amt_prov_record_get_sequence (AmtProvRecord *self);
AMT_PROV_EXPORT void amt_prov_record_set_sequence (AmtProvRecord *self, guint64 sequence);
AMT_PROV_EXPORT guint64 amt_prov_record_get_revision (AmtProvRecord *self);
AMT_PROV_EXPORT void amt_prov_record_set_revision (AmtProvRecord *self, guint64 revision);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AmtProvRecord, amt_prov_record_unref)

G_END_DECLS
