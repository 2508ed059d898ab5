/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/operation-private.h"
#include "base/vfunc-private.h"
#include "engine/method-private.h"

/**
 * AmtProvMethod:
 *
 * A way to bring a machine to operational, usually from a plugin. The core asks in this order:
 * the capabilities of the release, the site, [vfunc@AmtProv.Method.evaluate] of the method. Of the
 * usable methods it takes one, lets it [vfunc@AmtProv.Method.open] a channel, makes a plan, and
 * lets the method [vfunc@AmtProv.Method.adjust_plan] it. A `.plugin` file names a method with
 * `X-AmtProvProvides=method:ID`.
 *
 * Since: 0.1
 */
G_DEFINE_INTERFACE (AmtProvMethod, amt_prov_method, G_TYPE_OBJECT)

static void
amt_prov_method_default_init (AmtProvMethodInterface *iface)
{
}

static GQuark
get_rank_quark (void)
{
  return g_quark_from_static_string ("amtprov-rank");
}

void
amt_prov_method_set_rank (AmtProvMethod *self, int rank)
{
  g_object_set_qdata (G_OBJECT (self), get_rank_quark (), GINT_TO_POINTER (rank));
}

int
amt_prov_method_get_rank (AmtProvMethod *self)
{
  return GPOINTER_TO_INT (g_object_get_qdata (G_OBJECT (self), get_rank_quark ()));
}

/**
 * amt_prov_method_get_id:
 * @self: a method
 *
 * The id by which capability files, site files and verdicts name the method. A plugin returns the
 * same string for as long as the object lives: the ID of its `X-AmtProvProvides=method:ID`.
 *
 * Returns: (transfer none): the id, lower case
 * Since: 0.1
 */
const char *
amt_prov_method_get_id (AmtProvMethod *self)
{
  g_return_val_if_fail (AMT_PROV_IS_METHOD (self), NULL);

  return amt_prov_vfunc_get_id (
      self, "amtprov-method-id",
      (const char *(*)(gpointer))AMT_PROV_METHOD_GET_IFACE (self)->get_id);
}

static void
check_time (AmtProvMethod *self, const char *vfunc, gint64 began)
{
  amt_prov_vfunc_check (self, self, "method", amt_prov_method_get_id (self), vfunc, began);
}

/**
 * amt_prov_method_evaluate:
 * @self: a method
 * @facts: what is known of the machine
 * @site: the machine's site
 * @capabilities: what its release, or every release it may be, can do
 *
 * Asks whether the method can bring such a machine to operational. It is asked only when the
 * capabilities and the site's order allow the method. The same arguments give the same answer:
 * no I/O, no state, no clock; `amtprov explain` asks too, without a machine. Every part of @facts
 * may be missing, and what is not known is no reason to refuse. The reason of the verdict is one
 * sentence for an administrator, its #AmtProvRule the line of a file that decided. A method that
 * answers nothing counts as unusable.
 *
 * Returns: (transfer full): the verdict
 * Since: 0.1
 */
AmtProvVerdict *
amt_prov_method_evaluate (AmtProvMethod *self,
                          AmtProvFacts *facts,
                          AmtProvSite *site,
                          AmtProvCapabilities *capabilities)
{
  gint64 began = g_get_monotonic_time ();
  AmtProvVerdict *verdict;

  g_return_val_if_fail (AMT_PROV_IS_METHOD (self), NULL);

  verdict = AMT_PROV_METHOD_GET_IFACE (self)->evaluate (self, facts, site, capabilities);
  check_time (self, "evaluate", began);
  if (verdict != NULL)
    return verdict;
  return amt_prov_verdict_new (amt_prov_method_get_id (self), FALSE, 0,
                               "its plugin failed: it gave no verdict (an exception in a script?)",
                               NULL);
}

/**
 * amt_prov_method_open_async:
 * @self: a method
 * @session: the session that wants a channel
 * @timeout: time limit in milliseconds
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when done
 * @user_data: data for @callback
 *
 * Opens an authenticated channel to the session's machine.
 *
 * Since: 0.1
 */
void
amt_prov_method_open_async (AmtProvMethod *self,
                            AmtProvSession *session,
                            guint timeout,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  g_autoptr (AmtProvOperation) operation = NULL;
  g_autofree char *what = NULL;
  gint64 began = g_get_monotonic_time ();
  GError *error = NULL;
  gboolean started;

  g_return_if_fail (AMT_PROV_IS_METHOD (self));

  what = g_strdup_printf ("opening a channel by method %s", amt_prov_method_get_id (self));
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, amt_prov_method_open_async);
  operation = amt_prov_operation_new (task, timeout, what);
  amt_prov_operation_expect (operation, AMT_PROV_TYPE_CHANNEL, FALSE);
  started = AMT_PROV_METHOD_GET_IFACE (self)->open (self, session, operation, &error);
  check_time (self, "open", began);
  amt_prov_operation_conclude (operation, started, error);
}

/**
 * amt_prov_method_open_finish:
 * @self: a method
 * @result: the result given to the callback
 * @error: return location for an error
 *
 * Ends amt_prov_method_open_async(). %AMT_PROV_ERROR_BLOCKED means that a person must act.
 *
 * Returns: (transfer full): the open channel, or %NULL with @error set
 * Since: 0.1
 */
AmtProvChannel *
amt_prov_method_open_finish (AmtProvMethod *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * amt_prov_method_adjust_plan:
 * @self: a method
 * @session: the session
 * @plan: the plan that the core made
 *
 * Lets the method add or drop steps. Called once in a session, before the first step. A method that
 * needs no steps of its own leaves the function out. A session that only verifies a machine which
 * was committed before a restart has no channel yet: of its steps only those of
 * %AMT_PROV_PHASE_VERIFY are run.
 *
 * Since: 0.1
 */
void
amt_prov_method_adjust_plan (AmtProvMethod *self, AmtProvSession *session, AmtProvPlan *plan)
{
  gint64 began = g_get_monotonic_time ();
  AmtProvMethodInterface *iface;

  g_return_if_fail (AMT_PROV_IS_METHOD (self));

  iface = AMT_PROV_METHOD_GET_IFACE (self);
  if (iface->adjust_plan != NULL)
    iface->adjust_plan (self, session, plan);
  check_time (self, "adjust_plan", began);
}
