/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <amtprov/store.h>

G_BEGIN_DECLS

/* The thread that makes all calls of one store. What waits while a commit runs goes into the next
 * commit together. */
typedef struct _AmtProvStoreThread AmtProvStoreThread;

AmtProvStoreThread *
amt_prov_store_thread_new (AmtProvStore *store, const char *location, GError **error);
/* Finishes what is queued and ends the thread; later requests fail. May be called again. */
void amt_prov_store_thread_stop (AmtProvStoreThread *self);
void amt_prov_store_thread_free (AmtProvStoreThread *self);

/* Both take over the task and answer it on its own context. */
void amt_prov_store_thread_push_apply (AmtProvStoreThread *self, GPtrArray *changes, GTask *task);
void amt_prov_store_thread_push_query (AmtProvStoreThread *self, AmtProvQuery *query, GTask *task);

gboolean amt_prov_store_thread_apply (AmtProvStoreThread *self, GPtrArray *changes, GError **error);
GPtrArray *
amt_prov_store_thread_query (AmtProvStoreThread *self, AmtProvQuery *query, GError **error);

G_END_DECLS
