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
 * @get_id: the method's id, as capability and site files name it. Asked once. Since: 0.1
 * @evaluate: can this method bring such a machine to operational at this site? Since: 0.1
 * @open: answer with an open, authenticated #AmtProvChannel. Since: 0.1
 * @adjust_plan: add or drop steps. Since: 0.1
 *
 * The functions that a method implements.
 *
 * Since: 0.1
 */
/**
 * AmtProvMethodInterface::open:
 * @self: a method
 * @session: the machine, its site, its secrets and what is known of it
 * @operation: takes the answer
 * @error: return location for an error
 *
 * Opens an authenticated channel to the machine and answers @operation with the #AmtProvChannel.
 * Most methods choose a #AmtProvTlsPolicy with their secret and call
 * amt_prov_session_connect_async(). Answer with %AMT_PROV_ERROR_BLOCKED when a person must act
 * before another try can help; every other error makes the machine `failed`, and its next hello
 * tries again. Must not block: everything is done on amt_prov_operation_get_context(), with
 * amt_prov_operation_get_cancellable().
 *
 * Returns: %TRUE when @operation is or will be answered; %FALSE with @error set is an answer too
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
