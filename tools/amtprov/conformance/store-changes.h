/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/store.h>

G_BEGIN_DECLS

/* Short forms for those who write many changes: the checks of stores, and unit tests. */
AmtProvChange *put_new (AmtProvKind kind,
                        const char *key,
                        const char *owner,
                        const char *state,
                        AmtProvCondition condition,
                        guint group);
GPtrArray *changes_new (AmtProvChange *first, ...) G_GNUC_NULL_TERMINATED;
AmtProvQuery *query_new (AmtProvKind kind, const char *key, const char *owner, const char *state);

G_END_DECLS
