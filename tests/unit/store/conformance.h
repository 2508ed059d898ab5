/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/store.h>

G_BEGIN_DECLS

/* Makes an empty, opened store. */
typedef AmtProvStore *(*ConformanceMake) (void);

/* Adds tests under /PREFIX/ that every store must pass. */
void conformance_add (const char *prefix, ConformanceMake make);

/* Small helpers for tests of stores. */
AmtProvChange *put_new (AmtProvKind kind,
                        const char *key,
                        const char *owner,
                        const char *state,
                        AmtProvCondition condition,
                        guint group);
GPtrArray *changes_new (AmtProvChange *first, ...) G_GNUC_NULL_TERMINATED;
GPtrArray *read_all (
    AmtProvStore *store, AmtProvKind kind, const char *key, const char *owner, const char *state);

G_END_DECLS
