/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <amtprov/capabilities.h>
#include <amtprov/channel.h>
#include <amtprov/facts.h>
#include <amtprov/operation.h>
#include <amtprov/site.h>
#include <amtprov/verdict.h>

G_BEGIN_DECLS

typedef struct _AmtProvSession AmtProvSession;
typedef struct _AmtProvPlan AmtProvPlan;

#define AMT_PROV_TYPE_METHOD (amt_prov_method_get_type ())

AMT_PROV_EXPORT
G_DECLARE_INTERFACE (AmtProvMethod, amt_prov_method, AMT_PROV, METHOD, GObject)

/**
 * AmtProvMethodInterface:
 * @parent_iface: the parent
 * @get_id: the method's id, as capability and site files name it. Since: 0.1
 * @evaluate: can this method bring such a machine to operational at this site? Pure: no I/O, no
 * state. The core has asked the capabilities and the site's order before. Since: 0.1
 * @open: answer with an open, authenticated #AmtProvChannel. An %AMT_PROV_ERROR_BLOCKED means that
 * a person must act. Since: 0.1
 * @adjust_plan: add or drop steps. Since: 0.1
 *
 * A way to bring a machine to operational.
 *
 * Since: 0.1
 */
struct _AmtProvMethodInterface {
  GTypeInterface parent_iface;
  const char *(*get_id) (AmtProvMethod *self);
  AmtProvVerdict *(*evaluate) (AmtProvMethod *self,
                               AmtProvFacts *facts,
                               AmtProvSite *site,
                               AmtProvCapabilities *capabilities);
  gboolean (*open) (AmtProvMethod *self,
                    AmtProvSession *session,
                    AmtProvOperation *operation,
                    GError **error);
  void (*adjust_plan) (AmtProvMethod *self, AmtProvSession *session, AmtProvPlan *plan);
  /*< private >*/
  gpointer padding[8];
};

AMT_PROV_EXPORT const char *amt_prov_method_get_id (AmtProvMethod *self);
AMT_PROV_EXPORT AmtProvVerdict *amt_prov_method_evaluate (AmtProvMethod *self,
                                                          AmtProvFacts *facts,
                                                          AmtProvSite *site,
                                                          AmtProvCapabilities *capabilities);
AMT_PROV_EXPORT void amt_prov_method_open_async (AmtProvMethod *self,
                                                 AmtProvSession *session,
                                                 guint timeout,
                                                 GCancellable *cancellable,
                                                 GAsyncReadyCallback callback,
                                                 gpointer user_data);
AMT_PROV_EXPORT AmtProvChannel *
amt_prov_method_open_finish (AmtProvMethod *self, GAsyncResult *result, GError **error);
AMT_PROV_EXPORT void
amt_prov_method_adjust_plan (AmtProvMethod *self, AmtProvSession *session, AmtProvPlan *plan);

G_END_DECLS
