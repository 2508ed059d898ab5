/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <amtprov/method.h>
#include <amtprov/operation.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_STEP (amt_prov_step_get_type ())

/**
 * AmtProvPhase:
 * @AMT_PROV_PHASE_IDENTIFY: who is it, may it come in
 * @AMT_PROV_PHASE_SECURE: passwords, window
 * @AMT_PROV_PHASE_CONFIGURE: names, network, TLS, features
 * @AMT_PROV_PHASE_COMMIT: CommitChanges
 * @AMT_PROV_PHASE_VERIFY: log in with the new credentials
 *
 * The order of a plan.
 *
 * Since: 0.1
 */
typedef enum {
  AMT_PROV_PHASE_IDENTIFY,
  AMT_PROV_PHASE_SECURE,
  AMT_PROV_PHASE_CONFIGURE,
  AMT_PROV_PHASE_COMMIT,
  AMT_PROV_PHASE_VERIFY,
} AmtProvPhase;

AMT_PROV_EXPORT
G_DECLARE_INTERFACE (AmtProvStep, amt_prov_step, AMT_PROV, STEP, GObject)

/**
 * AmtProvStepInterface:
 * @parent_iface: the parent
 * @get_id: a short kebab-case name, unique in a plan. Since: 0.1
 * @get_phase: where it stands in a plan. Since: 0.1
 * @is_needed: answer with a boolean variant: is there something to do? Since: 0.1
 * @start: do it, then answer with no variant. Since: 0.1
 * @collect: (nullable): the secrets that it will send. Since: 0.1
 *
 * The functions that a step implements.
 *
 * Since: 0.1
 */
/**
 * AmtProvStepInterface::is_needed:
 * @self: a step
 * @session: the machine, its channel and its profile
 * @operation: takes the answer
 * @error: return location for an error
 *
 * Answers @operation with a boolean variant: does the step have something to do? It decides by what
 * the machine says and by the profile, never by the journal. What a machine does not give back (a
 * password, a key) is needed again.
 *
 * Returns: %TRUE when @operation is or will be answered; %FALSE with @error set is an answer too
 * Since: 0.1
 */
/**
 * AmtProvStepInterface::start:
 * @self: a step
 * @session: the machine, its channel and its profile
 * @operation: takes the answer
 * @error: return location for an error
 *
 * Does the step, usually with one amt_prov_channel_perform_async(), and answers @operation with no
 * variant. It may run again after a crash, so doing it twice must do no harm. A secret is saved as
 * pending before it is sent to the machine: by AmtProvStepInterface::collect, or, when it comes up
 * later, with amt_prov_session_save_credentials_async(). Must not block.
 *
 * Returns: %TRUE when @operation is or will be answered; %FALSE with @error set is an answer too
 * Since: 0.1
 */
/**
 * AmtProvStepInterface::collect:
 * @self: a step
 * @session: the machine, its channel and its profile
 * @error: return location for an error
 *
 * Lists credentials that must be durable before the step starts, such as a new password in the
 * state `pending`. They are saved in one commit with the journal's entry that the step has begun.
 * Called when the step is needed, before it starts. A step without secrets leaves it out. Must not
 * block.
 *
 * Returns: (transfer full) (nullable) (element-type AmtProvCredential): what to save; %NULL for
 *   nothing, or with @error set when the step cannot start
 * Since: 0.1
 */
struct _AmtProvStepInterface {
  GTypeInterface parent_iface;
  const char *(*get_id) (AmtProvStep *self);
  AmtProvPhase (*get_phase) (AmtProvStep *self);
  gboolean (*is_needed) (AmtProvStep *self,
                         AmtProvSession *session,
                         AmtProvOperation *operation,
                         GError **error);
  gboolean (*start) (AmtProvStep *self,
                     AmtProvSession *session,
                     AmtProvOperation *operation,
                     GError **error);
  GPtrArray *(*collect) (AmtProvStep *self, AmtProvSession *session, GError **error);
  /*< private >*/
  gpointer padding[7];
};

AMT_PROV_EXPORT const char *amt_prov_step_get_id (AmtProvStep *self);
AMT_PROV_EXPORT AmtProvPhase amt_prov_step_get_phase (AmtProvStep *self);
AMT_PROV_EXPORT void amt_prov_step_is_needed_async (AmtProvStep *self,
                                                    AmtProvSession *session,
                                                    guint timeout,
                                                    GCancellable *cancellable,
                                                    GAsyncReadyCallback callback,
                                                    gpointer user_data);
AMT_PROV_EXPORT gboolean amt_prov_step_is_needed_finish (AmtProvStep *self,
                                                         GAsyncResult *result,
                                                         gboolean *needed,
                                                         GError **error);
AMT_PROV_EXPORT gboolean amt_prov_step_collect (AmtProvStep *self,
                                                AmtProvSession *session,
                                                GPtrArray **credentials,
                                                GError **error);
AMT_PROV_EXPORT void amt_prov_step_run_async (AmtProvStep *self,
                                              AmtProvSession *session,
                                              guint timeout,
                                              GCancellable *cancellable,
                                              GAsyncReadyCallback callback,
                                              gpointer user_data);
AMT_PROV_EXPORT gboolean amt_prov_step_run_finish (AmtProvStep *self,
                                                   GAsyncResult *result,
                                                   GError **error);

G_END_DECLS
