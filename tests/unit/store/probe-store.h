/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/store.h>

G_BEGIN_DECLS

#define PROBE_TYPE_STORE (probe_store_get_type ())
G_DECLARE_FINAL_TYPE (ProbeStore, probe_store, PROBE, STORE, GObject)

/* A SQLite store that counts commits, can be held at its next one, and can be told to fail. */
ProbeStore *probe_store_new (void);
guint probe_store_get_commits (ProbeStore *self);
void probe_store_hold (ProbeStore *self);
void probe_store_wait_held (ProbeStore *self);
void probe_store_let_go (ProbeStore *self);
/* With a message the next commit fails with it; with NULL it fails without an error. */
void probe_store_fail_next (ProbeStore *self, const char *message);
/* The next query gives this record alone, in an array as scripts make it: it frees nothing. */
void probe_store_find_next (ProbeStore *self, AmtProvRecord *record);

G_END_DECLS
