/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/record.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_CHANGE (amt_prov_change_get_type ())

/**
 * AmtProvVerb:
 * @AMT_PROV_VERB_PUT: insert or replace
 * @AMT_PROV_VERB_DELETE: remove
 *
 * What a change does.
 *
 * Since: 0.1
 */
typedef enum {
  AMT_PROV_VERB_PUT,
  AMT_PROV_VERB_DELETE,
} AmtProvVerb;

/**
 * AmtProvCondition:
 * @AMT_PROV_CONDITION_NONE: always
 * @AMT_PROV_CONDITION_ABSENT: no record with this kind and key exists
 * @AMT_PROV_CONDITION_REVISION: the stored revision equals the record's
 * @AMT_PROV_CONDITION_LEASE: no record exists, or it has the same owner, or its due time lies
 * before the record's `now` (see amt_prov_change_set_now())
 *
 * When a change is made. A change whose condition fails is not made, nor is any other change of its
 * group.
 *
 * Since: 0.1
 */
typedef enum {
  AMT_PROV_CONDITION_NONE,
  AMT_PROV_CONDITION_ABSENT,
  AMT_PROV_CONDITION_REVISION,
  AMT_PROV_CONDITION_LEASE,
} AmtProvCondition;

/**
 * AmtProvChange:
 *
 * One change to a store, with its compare-and-set condition and, afterwards, its result.
 *
 * Since: 0.1
 */
typedef struct _AmtProvChange AmtProvChange;

AMT_PROV_EXPORT GType amt_prov_change_get_type (void);
AMT_PROV_EXPORT AmtProvChange *
amt_prov_change_new (AmtProvVerb verb, AmtProvRecord *record, AmtProvCondition condition);
AMT_PROV_EXPORT AmtProvChange *
amt_prov_change_new_event (const char *uuid, const char *state, const char *text);
AMT_PROV_EXPORT AmtProvChange *amt_prov_change_ref (AmtProvChange *self);
AMT_PROV_EXPORT void amt_prov_change_unref (AmtProvChange *self);
AMT_PROV_EXPORT AmtProvVerb amt_prov_change_get_verb (AmtProvChange *self);
AMT_PROV_EXPORT AmtProvRecord *amt_prov_change_get_record (AmtProvChange *self);
AMT_PROV_EXPORT AmtProvCondition amt_prov_change_get_condition (AmtProvChange *self);
AMT_PROV_EXPORT guint amt_prov_change_get_group (AmtProvChange *self);
AMT_PROV_EXPORT void amt_prov_change_set_group (AmtProvChange *self, guint group);
AMT_PROV_EXPORT gint64 amt_prov_change_get_now (AmtProvChange *self);
AMT_PROV_EXPORT void amt_prov_change_set_now (AmtProvChange *self, gint64 microseconds);
AMT_PROV_EXPORT gboolean amt_prov_change_is_applied (AmtProvChange *self);
AMT_PROV_EXPORT void amt_prov_change_set_applied (AmtProvChange *self, gboolean applied);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AmtProvChange, amt_prov_change_unref)

G_END_DECLS
