/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/store.h>

G_BEGIN_DECLS

/* The records of one kind that agree with what is not NULL. */
GPtrArray *read_all (
    AmtProvStore *store, AmtProvKind kind, const char *key, const char *owner, const char *state);

G_END_DECLS
