/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/operation.h>

G_BEGIN_DECLS

/* Wraps a task for a plugin vfunc. @what names it in errors ("psk: open"); @timeout_ms is the
 * core's time limit, 0 for none. The task gets exactly one answer:
 *
 *   GTask *task = g_task_new (self, cancellable, callback, user_data);
 *   g_autoptr (AmtProvOperation) op = amt_prov_operation_new (task, 30000, "psk: open");
 *   g_autoptr (GError) e = NULL;
 *   gboolean started = iface->open (self, session, op, &e);
 *   amt_prov_operation_conclude (op, started, g_steal_pointer (&e));
 *
 * The operation keeps its own reference to @task. */
AmtProvOperation *amt_prov_operation_new (GTask *task, guint timeout_ms, const char *what);

/* What the vfunc has to answer with: G_TYPE_VARIANT, a type of objects, or G_TYPE_NONE for no
 * result at all. An answer of another type fails the task with PLUGIN_FAILED, so the pointer of
 * g_task_propagate_pointer() may be cast. Without this call any answer passes. */
void amt_prov_operation_expect (AmtProvOperation *self, GType type, gboolean nullable);

/* After the vfunc has returned: FALSE and unanswered becomes an error. @error: (transfer full)
 * (nullable). */
void amt_prov_operation_conclude (AmtProvOperation *self, gboolean started, GError *error);

G_END_DECLS
