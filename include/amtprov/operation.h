/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <amtprov/macros.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_OPERATION (amt_prov_operation_get_type ())

AMT_PROV_EXPORT
G_DECLARE_FINAL_TYPE (AmtProvOperation, amt_prov_operation, AMT_PROV, OPERATION, GObject)

AMT_PROV_EXPORT GCancellable *amt_prov_operation_get_cancellable (AmtProvOperation *self);
AMT_PROV_EXPORT GMainContext *amt_prov_operation_get_context (AmtProvOperation *self);
AMT_PROV_EXPORT void amt_prov_operation_add_timeout (AmtProvOperation *self,
                                                     guint milliseconds,
                                                     GSourceFunc func,
                                                     gpointer user_data,
                                                     GDestroyNotify notify);
AMT_PROV_EXPORT void
amt_prov_operation_progress (AmtProvOperation *self, const char *what, double fraction);
AMT_PROV_EXPORT void amt_prov_operation_return_object (AmtProvOperation *self, GObject *object);
AMT_PROV_EXPORT void amt_prov_operation_return_variant (AmtProvOperation *self, GVariant *variant);
AMT_PROV_EXPORT void amt_prov_operation_return_error (AmtProvOperation *self, GError *error);

G_END_DECLS
