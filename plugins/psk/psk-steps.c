/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "psk-method.h"

/* Three steps: bind the pair to the machine that has proved to have it, give the machine a new one
 * for its next setup, and settle both when the machine is operational (psk.md §5). */

typedef struct {
  const char *id;
  AmtProvPhase phase;
  gboolean (*is_needed) (AmtProvSession *session);
  gboolean (*collect) (AmtProvSession *session, GPtrArray *credentials);
  AmtProvAction *(*prepare) (AmtProvSession *session, GError **error);
} StepRow;

typedef struct {
  GObject parent_instance;
  const StepRow *row;
} AmtProvPskStep;

typedef struct {
  GObjectClass parent_class;
} AmtProvPskStepClass;

static GType amt_prov_psk_step_get_type (void);
static void amt_prov_psk_step_iface_init (AmtProvStepInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (AmtProvPskStep,
                               amt_prov_psk_step,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (AMT_PROV_TYPE_STEP,
                                                      amt_prov_psk_step_iface_init))

static void
amt_prov_psk_step_class_init (AmtProvPskStepClass *klass)
{
}

static void
amt_prov_psk_step_init (AmtProvPskStep *self)
{
}

static const StepRow *
get_row (AmtProvStep *step)
{
  return ((AmtProvPskStep *)step)->row;
}

typedef struct {
  const StepRow *row;
  AmtProvSession *session;
  AmtProvOperation *operation;
  AmtProvAction *action;
  GError *lack;
} Call;

static void
call_free (Call *call)
{
  g_clear_object (&call->session);
  g_clear_object (&call->operation);
  g_clear_object (&call->action);
  g_clear_error (&call->lack);
  g_free (call);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Call, call_free)

static AmtProvCredential *
pending_pair (AmtProvSession *session)
{
  return amt_prov_session_get_credential (session, PSK_TYPE, PSK_PENDING);
}

static void
discarded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Call) call = user_data;
  GError *error = NULL;

  if (amt_prov_session_save_credentials_finish (AMT_PROV_SESSION (source), result, &error))
    error = g_steal_pointer (&call->lack);
  amt_prov_operation_return_error (call->operation, error);
}

/* The machine cannot take a new pair and keeps the one that it has. */
static void
discard_pending (Call *call, GError *error)
{
  g_autoptr (GPtrArray) credentials =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_credential_unref);

  call->lack = error;
  g_ptr_array_add (credentials, amt_prov_psk_method_change_pair (
                                    call->session, pending_pair (call->session), PSK_RETIRED));
  amt_prov_session_save_credentials_async (call->session, credentials,
                                           amt_prov_operation_get_cancellable (call->operation),
                                           discarded, call);
}

static void
performed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Call) call = user_data;
  GError *error = NULL;

  if (amt_prov_channel_perform_finish (AMT_PROV_CHANNEL (source), result, &error))
    amt_prov_operation_return_variant (call->operation, NULL);
  else if (g_error_matches (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_SUPPORTED))
    discard_pending (g_steal_pointer (&call), error);
  else
    amt_prov_operation_return_error (call->operation, error);
}

static void
send (Call *owned)
{
  g_autoptr (Call) call = owned;
  AmtProvAction *action;
  AmtProvChannel *channel = amt_prov_session_get_channel (call->session);
  GCancellable *cancellable = amt_prov_operation_get_cancellable (call->operation);
  GError *error = NULL;

  action = call->action = call->row->prepare (call->session, &error);
  if (action == NULL)
    amt_prov_operation_return_error (call->operation, error);
  else
    amt_prov_channel_perform_async (channel, action, cancellable, performed,
                                    g_steal_pointer (&call));
}

static GPtrArray *
amt_prov_psk_step_collect (AmtProvStep *step, AmtProvSession *session, GError **error)
{
  GPtrArray *credentials =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_credential_unref);

  get_row (step)->collect (session, credentials);
  return credentials;
}

static gboolean
amt_prov_psk_step_start (AmtProvStep *step,
                         AmtProvSession *session,
                         AmtProvOperation *operation,
                         GError **error)
{
  Call *call;

  if (get_row (step)->prepare == NULL) {
    amt_prov_operation_return_variant (operation, NULL);
    return TRUE;
  }
  call = g_new0 (Call, 1);
  call->row = get_row (step);
  call->session = g_object_ref (session);
  call->operation = g_object_ref (operation);
  send (call);
  return TRUE;
}

static gboolean
amt_prov_psk_step_is_needed (AmtProvStep *step,
                             AmtProvSession *session,
                             AmtProvOperation *operation,
                             GError **error)
{
  amt_prov_operation_return_variant (operation,
                                     g_variant_new_boolean (get_row (step)->is_needed (session)));
  return TRUE;
}

static const char *
amt_prov_psk_step_get_id (AmtProvStep *step)
{
  return get_row (step)->id;
}

static AmtProvPhase
amt_prov_psk_step_get_phase (AmtProvStep *step)
{
  return get_row (step)->phase;
}

static void
amt_prov_psk_step_iface_init (AmtProvStepInterface *iface)
{
  iface->get_id = amt_prov_psk_step_get_id;
  iface->get_phase = amt_prov_psk_step_get_phase;
  iface->is_needed = amt_prov_psk_step_is_needed;
  iface->collect = amt_prov_psk_step_collect;
  iface->start = amt_prov_psk_step_start;
}

static AmtProvStep *
new_step (const StepRow *row)
{
  AmtProvPskStep *step = g_object_new (amt_prov_psk_step_get_type (), NULL);

  step->row = row;
  return AMT_PROV_STEP (step);
}

/* ---- bind ---- */

static gboolean
is_unbound (AmtProvSession *session)
{
  AmtProvCredential *pair = amt_prov_psk_method_get_pair (session);

  return g_strcmp0 (amt_prov_credential_get_state (pair), PSK_FREE) == 0 ||
         g_strcmp0 (amt_prov_credential_get_state (pair), PSK_ISSUED) == 0;
}

static gboolean
collect_bound (AmtProvSession *session, GPtrArray *credentials)
{
  AmtProvCredential *pair = amt_prov_psk_method_get_pair (session);

  g_ptr_array_add (credentials, amt_prov_psk_method_change_pair (session, pair, PSK_BOUND));
  return TRUE;
}

static const StepRow bind_row = {
    "bind-pair", AMT_PROV_PHASE_IDENTIFY, is_unbound, collect_bound, NULL,
};

AmtProvStep *
amt_prov_psk_method_new_bind_step (void)
{
  return new_step (&bind_row);
}

/* ---- rotate ---- */

/* Firmware without SetTLSPSK keeps its pair. */
static gboolean
can_rotate (AmtProvSession *session)
{
  return amt_prov_capabilities_get_boolean (amt_prov_session_get_capabilities (session), "set-psk");
}

static AmtProvCredential *
new_pair (AmtProvSession *session)
{
  const char *uuid = amt_prov_device_get_uuid (amt_prov_session_get_device (session));
  g_autoptr (AmtProvPsk) psk = amt_prov_psk_generate ();
  AmtProvCredential *pair =
      amt_prov_credential_new (PSK_TYPE, amt_prov_psk_get_pid (psk), uuid, PSK_PENDING);

  amt_prov_credential_set_value (pair, "pps", amt_prov_psk_get_pps (psk));
  return pair;
}

/* A pair that an earlier session has sent, or meant to send, is sent again. */
static gboolean
collect_pending (AmtProvSession *session, GPtrArray *credentials)
{
  if (pending_pair (session) == NULL)
    g_ptr_array_add (credentials, new_pair (session));
  return TRUE;
}

static AmtProvAction *
prepare_rotate (AmtProvSession *session, GError **error)
{
  g_autoptr (AmtProvPsk) psk = amt_prov_psk_method_read_pair (pending_pair (session), error);
  AmtProvAction *action;

  if (psk == NULL)
    return NULL;
  action = amt_prov_action_new (AMT_PROV_ACTION_SET_PSK);
  amt_prov_action_set_psk (action, "psk", psk);
  return action;
}

static const StepRow rotate_row = {
    "set-psk", AMT_PROV_PHASE_CONFIGURE, can_rotate, collect_pending, prepare_rotate,
};

AmtProvStep *
amt_prov_psk_method_new_rotate_step (void)
{
  return new_step (&rotate_row);
}

/* ---- settle ---- */

static gboolean
has_pending (AmtProvSession *session)
{
  return pending_pair (session) != NULL;
}

/* The machine is operational: its new pair is the one it has, the old one has served. */
static gboolean
collect_settled (AmtProvSession *session, GPtrArray *credentials)
{
  AmtProvCredential *old = amt_prov_session_get_credential (session, PSK_TYPE, PSK_BOUND);
  AmtProvCredential *pending = pending_pair (session);

  if (old != NULL)
    g_ptr_array_add (credentials, amt_prov_psk_method_change_pair (session, old, PSK_RETIRED));
  g_ptr_array_add (credentials, amt_prov_psk_method_change_pair (session, pending, PSK_BOUND));
  return TRUE;
}

static const StepRow settle_row = {
    "settle-pair", AMT_PROV_PHASE_VERIFY, has_pending, collect_settled, NULL,
};

AmtProvStep *
amt_prov_psk_method_new_settle_step (void)
{
  return new_step (&settle_row);
}
