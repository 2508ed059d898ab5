/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <amtprov/error.h>

#include "engine/step-table.h"

typedef struct {
  GObject parent_instance;
  const AmtProvStepRow *row;
} AmtProvTableStep;

typedef struct {
  GObjectClass parent_class;
} AmtProvTableStepClass;

static GType amt_prov_table_step_get_type (void);
static void amt_prov_table_step_iface_init (AmtProvStepInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (AmtProvTableStep,
                               amt_prov_table_step,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (AMT_PROV_TYPE_STEP,
                                                      amt_prov_table_step_iface_init))

static void
amt_prov_table_step_class_init (AmtProvTableStepClass *klass)
{
}

static void
amt_prov_table_step_init (AmtProvTableStep *self)
{
}

AmtProvStep *
amt_prov_step_new_from_row (const AmtProvStepRow *row)
{
  AmtProvTableStep *self = g_object_new (amt_prov_table_step_get_type (), NULL);

  self->row = row;
  return AMT_PROV_STEP (self);
}

static const AmtProvStepRow *
get_row (AmtProvStep *step)
{
  return ((AmtProvTableStep *)step)->row;
}

/* What an asynchronous call of a step has to hold on to. */
typedef struct {
  const AmtProvStepRow *row;
  AmtProvSession *session;
  AmtProvAction *action;
  AmtProvOperation *operation;
} Call;

static Call *
call_new (AmtProvStep *step, AmtProvSession *session, AmtProvOperation *operation)
{
  Call *call = g_new0 (Call, 1);

  call->row = get_row (step);
  call->session = g_object_ref (session);
  call->operation = g_object_ref (operation);
  return call;
}

static void
call_free (Call *call)
{
  g_clear_object (&call->session);
  g_clear_object (&call->action);
  g_clear_object (&call->operation);
  g_free (call);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Call, call_free)

static void
answer (Call *call, GError *error)
{
  if (error != NULL)
    amt_prov_operation_return_error (call->operation, error);
  else
    amt_prov_operation_return_variant (call->operation, NULL);
}

static const char *
amt_prov_table_step_get_id (AmtProvStep *step)
{
  return get_row (step)->id;
}

static AmtProvPhase
amt_prov_table_step_get_phase (AmtProvStep *step)
{
  return get_row (step)->phase;
}

/* What the setup cannot do without is for a person to look at. */
static GError *
judge (const AmtProvStepRow *row, GError *error)
{
  if (row->essential && g_error_matches (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_SUPPORTED))
    error->code = AMT_PROV_ERROR_BLOCKED;
  return error;
}

static void
probed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Call) call = user_data;
  g_autoptr (GError) error = NULL;

  if (!amt_prov_channel_perform_finish (AMT_PROV_CHANNEL (source), result, &error)) {
    amt_prov_operation_return_error (call->operation, judge (call->row, g_steal_pointer (&error)));
    return;
  }
  amt_prov_operation_return_variant (
      call->operation, g_variant_new_boolean (call->row->is_needed (call->session, call->action)));
}

static void
perform (Call *call, AmtProvAction *action, GAsyncReadyCallback callback)
{
  call->action = action;
  amt_prov_channel_perform_async (amt_prov_session_get_channel (call->session), action,
                                  amt_prov_operation_get_cancellable (call->operation), callback,
                                  call);
}

static gboolean
amt_prov_table_step_is_needed (AmtProvStep *step,
                               AmtProvSession *session,
                               AmtProvOperation *operation,
                               GError **error)
{
  const AmtProvStepRow *row = get_row (step);

  if (row->probe == AMT_PROV_NO_PROBE) {
    amt_prov_operation_return_variant (operation,
                                       g_variant_new_boolean (row->is_needed (session, NULL)));
    return TRUE;
  }
  perform (call_new (step, session, operation), amt_prov_action_new ((AmtProvActionKind)row->probe),
           probed);
  return TRUE;
}

static void
performed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Call) call = user_data;
  GError *error = NULL;

  amt_prov_channel_perform_finish (AMT_PROV_CHANNEL (source), result, &error);
  if (call->row->settle != NULL)
    error = call->row->settle (call->session, call->action, error);
  answer (call, judge (call->row, error));
}

static void
send (Call *unowned)
{
  g_autoptr (Call) call = unowned;
  GError *error = NULL;
  AmtProvAction *action = call->row->prepare (call->session, &error);

  if (action == NULL) {
    answer (call, error);
    return;
  }
  perform (g_steal_pointer (&call), action, performed);
}

static GPtrArray *
amt_prov_table_step_collect (AmtProvStep *step, AmtProvSession *session, GError **error)
{
  const AmtProvStepRow *row = get_row (step);
  g_autoptr (GPtrArray) credentials =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_credential_unref);

  if (row->collect != NULL && !row->collect (session, credentials, error))
    return NULL;
  return g_steal_pointer (&credentials);
}

static gboolean
amt_prov_table_step_start (AmtProvStep *step,
                           AmtProvSession *session,
                           AmtProvOperation *operation,
                           GError **error)
{
  send (call_new (step, session, operation));
  return TRUE;
}

static void
amt_prov_table_step_iface_init (AmtProvStepInterface *iface)
{
  iface->get_id = amt_prov_table_step_get_id;
  iface->get_phase = amt_prov_table_step_get_phase;
  iface->is_needed = amt_prov_table_step_is_needed;
  iface->collect = amt_prov_table_step_collect;
  iface->start = amt_prov_table_step_start;
}
