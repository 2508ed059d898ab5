/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <amtprov/error.h>
#include <amtprov/step.h>

#include "base/operation-private.h"
#include "base/vfunc-private.h"
#include "engine/session-private.h"

/**
 * AmtProvStep:
 *
 * One thing that a session does to a machine. Steps run in the order of their phases, and inside a
 * phase in the order in which they were added to the plan. For each the core asks
 * [vfunc@AmtProv.Step.is_needed], writes `begun` into the journal, calls
 * [vfunc@AmtProv.Step.start], and writes `done` or `failed`. The first step that fails ends the
 * session.
 *
 * Since: 0.1
 */
G_DEFINE_INTERFACE (AmtProvStep, amt_prov_step, G_TYPE_OBJECT)

static void
amt_prov_step_default_init (AmtProvStepInterface *iface)
{
}

/**
 * amt_prov_step_get_id:
 * @self: a step
 *
 * The name of the step in journal, events and errors. It does not change, and it stays the same
 * from release to release of a plugin: a journal is read by later versions.
 *
 * Returns: (transfer none): a kebab-case name, unique in a plan
 * Since: 0.1
 */
const char *
amt_prov_step_get_id (AmtProvStep *self)
{
  g_return_val_if_fail (AMT_PROV_IS_STEP (self), NULL);

  return amt_prov_vfunc_get_id (self, "amtprov-step-id",
                                (const char *(*)(gpointer))AMT_PROV_STEP_GET_IFACE (self)->get_id);
}

/**
 * amt_prov_step_get_phase:
 * @self: a step
 *
 * Where the step stands in a plan. It does not change.
 *
 * Returns: the phase
 * Since: 0.1
 */
AmtProvPhase
amt_prov_step_get_phase (AmtProvStep *self)
{
  g_return_val_if_fail (AMT_PROV_IS_STEP (self), AMT_PROV_PHASE_CONFIGURE);

  return AMT_PROV_STEP_GET_IFACE (self)->get_phase (self);
}

typedef gboolean (*StepFunc) (AmtProvStep *, AmtProvSession *, AmtProvOperation *, GError **);

/* Each session has steps of its own, but they come by one method. */
static void
check_time (AmtProvStep *self, AmtProvSession *session, const char *vfunc, gint64 began)
{
  amt_prov_vfunc_check (session != NULL ? (gpointer)session->method : self, self, "step",
                        amt_prov_step_get_id (self), vfunc, began);
}

static void
call_step (AmtProvStep *self,
           const char *vfunc,
           StepFunc func,
           AmtProvSession *session,
           guint timeout,
           GCancellable *cancellable,
           GAsyncReadyCallback callback,
           gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autofree char *what = g_strdup_printf ("step %s", amt_prov_step_get_id (self));
  g_autoptr (AmtProvOperation) operation = amt_prov_operation_new (task, timeout, what);
  gint64 began = g_get_monotonic_time ();
  GError *error = NULL;
  gboolean started;

  /* The finish functions take every answer for a variant. */
  amt_prov_operation_expect (operation, G_TYPE_VARIANT, TRUE);
  started = func (self, session, operation, &error);
  check_time (self, session, vfunc, began);
  amt_prov_operation_conclude (operation, started, error);
}

/**
 * amt_prov_step_is_needed_async:
 * @self: a step
 * @session: the session
 * @timeout: time limit in milliseconds
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when done
 * @user_data: data for @callback
 *
 * Asks the machine whether the step has something to do.
 *
 * Since: 0.1
 */
void
amt_prov_step_is_needed_async (AmtProvStep *self,
                               AmtProvSession *session,
                               guint timeout,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_return_if_fail (AMT_PROV_IS_STEP (self));

  call_step (self, "is_needed", AMT_PROV_STEP_GET_IFACE (self)->is_needed, session, timeout,
             cancellable, callback, user_data);
}

/**
 * amt_prov_step_is_needed_finish:
 * @self: a step
 * @result: the result given to the callback
 * @needed: (out): whether the step has something to do
 * @error: return location for an error
 *
 * Ends amt_prov_step_is_needed_async().
 *
 * Returns: %TRUE when the machine could be asked
 * Since: 0.1
 */
gboolean
amt_prov_step_is_needed_finish (AmtProvStep *self,
                                GAsyncResult *result,
                                gboolean *needed,
                                GError **error)
{
  g_autoptr (GVariant) answer = NULL;
  g_autoptr (GError) local = NULL;

  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (needed != NULL, FALSE);

  answer = g_task_propagate_pointer (G_TASK (result), &local);
  if (local != NULL) {
    g_propagate_error (error, g_steal_pointer (&local));
    return FALSE;
  }
  if (answer == NULL || !g_variant_is_of_type (answer, G_VARIANT_TYPE_BOOLEAN)) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PLUGIN_FAILED,
                 "step %s did not say whether it is needed", amt_prov_step_get_id (self));
    return FALSE;
  }
  *needed = g_variant_get_boolean (answer);
  return TRUE;
}

/**
 * amt_prov_step_collect:
 * @self: a step
 * @session: the session
 * @credentials: (out) (transfer full) (element-type AmtProvCredential): what must be durable before
 *   the step starts, perhaps none
 * @error: return location for an error
 *
 * Asks for the secrets that the step will send.
 *
 * Returns: %TRUE unless the step cannot start
 * Since: 0.1
 */
gboolean
amt_prov_step_collect (AmtProvStep *self,
                       AmtProvSession *session,
                       GPtrArray **credentials,
                       GError **error)
{
  AmtProvStepInterface *iface;
  g_autoptr (GError) local = NULL;
  gint64 began = g_get_monotonic_time ();

  g_return_val_if_fail (AMT_PROV_IS_STEP (self), FALSE);
  g_return_val_if_fail (credentials != NULL, FALSE);

  iface = AMT_PROV_STEP_GET_IFACE (self);
  *credentials = iface->collect != NULL ? iface->collect (self, session, &local) : NULL;
  check_time (self, session, "collect", began);
  if (local != NULL) {
    g_clear_pointer (credentials, g_ptr_array_unref);
    g_propagate_error (error, g_steal_pointer (&local));
    return FALSE;
  }
  if (*credentials == NULL)
    *credentials = g_ptr_array_new ();
  return TRUE;
}

/**
 * amt_prov_step_run_async:
 * @self: a step
 * @session: the session
 * @timeout: time limit in milliseconds
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when done
 * @user_data: data for @callback
 *
 * Does the step.
 *
 * Since: 0.1
 */
void
amt_prov_step_run_async (AmtProvStep *self,
                         AmtProvSession *session,
                         guint timeout,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_return_if_fail (AMT_PROV_IS_STEP (self));

  call_step (self, "start", AMT_PROV_STEP_GET_IFACE (self)->start, session, timeout, cancellable,
             callback, user_data);
}

/**
 * amt_prov_step_run_finish:
 * @self: a step
 * @result: the result given to the callback
 * @error: return location for an error
 *
 * Ends amt_prov_step_run_async().
 *
 * Returns: %TRUE when the step is done
 * Since: 0.1
 */
gboolean
amt_prov_step_run_finish (AmtProvStep *self, GAsyncResult *result, GError **error)
{
  g_autoptr (GVariant) answer = NULL;
  g_autoptr (GError) local = NULL;

  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  answer = g_task_propagate_pointer (G_TASK (result), &local);
  if (local != NULL) {
    g_propagate_error (error, g_steal_pointer (&local));
    return FALSE;
  }
  return TRUE;
}
