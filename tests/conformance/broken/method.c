/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "broken.h"

/* Connects, says a byte, and fails whatever the machine answers; with one fault. Where success
 * counts it opens a channel with a pair that is always the same. */

/* As tests/conformance/broken-methods.py gives it to the machine. */
#define PID "0000-037M"
#define PPS "NKLD-G5DC-RRNQ-E9YZ-ZIJL-7LFL-VJED-69XJ"

typedef struct {
  GObject parent_instance;
  guint asked;
  GPtrArray *kept;
} BrokenMethod;

/* ---- a step ---- */

typedef struct {
  GObject parent_instance;
  guint asked;
} BrokenStep;

static const char *
broken_step_get_id (AmtProvStep *step)
{
  return NAME "-step";
}

static AmtProvPhase
broken_step_get_phase (AmtProvStep *step)
{
  BrokenStep *self = (BrokenStep *)step;

  if (FAULT != METHOD_PLAN)
    return AMT_PROV_PHASE_CONFIGURE;
  return self->asked++ > 0 ? AMT_PROV_PHASE_IDENTIFY : AMT_PROV_PHASE_VERIFY;
}

static void
broken_step_iface_init (gpointer iface, gpointer data)
{
  AmtProvStepInterface *step = iface;

  step->get_id = broken_step_get_id;
  step->get_phase = broken_step_get_phase;
}

/* ---- open ---- */

static void
answer (BrokenOpening *opening, const char *text)
{
  GError *error = FAULT == METHOD_FOREIGN
                      ? g_error_new_literal (G_FILE_ERROR, G_FILE_ERROR_FAILED, text)
                      : g_error_new_literal (AMT_PROV_ERROR, AMT_PROV_ERROR_CONNECTION, text);

  if (FAULT == METHOD_NEVER)
    broken_keep_operation (opening->operation);
  else if (FAULT == METHOD_TWICE)
    amt_prov_operation_return_error (opening->operation, g_error_copy (error));
  if (FAULT == METHOD_NEVER)
    g_error_free (error);
  else
    amt_prov_operation_return_error (opening->operation, error);
  broken_opening_free (opening);
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer data)
{
  g_input_stream_read_finish (G_INPUT_STREAM (source), result, NULL);
  answer (data, "the machine does not speak as the method does");
}

static void
on_written (GObject *source, GAsyncResult *result, gpointer data)
{
  BrokenOpening *opening = data;

  if (g_output_stream_write_finish (G_OUTPUT_STREAM (source), result, NULL) <= 0) {
    answer (opening, "the machine does not listen");
    return;
  }
  g_input_stream_read_async (g_io_stream_get_input_stream (G_IO_STREAM (opening->connection)),
                             &opening->byte, 1, G_PRIORITY_DEFAULT, opening->cancellable, on_read,
                             opening);
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer data)
{
  BrokenOpening *opening = data;

  opening->connection =
      g_socket_client_connect_to_host_finish (G_SOCKET_CLIENT (source), result, NULL);
  if (opening->connection == NULL) {
    answer (opening, "the machine is not there");
    return;
  }
  opening->byte = '?';
  g_output_stream_write_async (g_io_stream_get_output_stream (G_IO_STREAM (opening->connection)),
                               &opening->byte, 1, G_PRIORITY_DEFAULT, opening->cancellable,
                               on_written, opening);
}

static gboolean
do_nothing (gpointer data)
{
  return G_SOURCE_REMOVE;
}

static void
on_channel (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (AmtProvOperation) operation = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (AmtProvChannel) channel =
      amt_prov_session_connect_finish (AMT_PROV_SESSION (source), result, &error);

  if (channel == NULL) {
    amt_prov_operation_return_error (operation, g_steal_pointer (&error));
    return;
  }
  amt_prov_operation_return_object (operation, G_OBJECT (channel));
  /* Never freed: what is kept is kept. */
  if (FAULT == METHOD_HOARD)
    g_object_ref (channel);
}

static gboolean
open_channel (AmtProvSession *session, AmtProvOperation *operation, GError **error)
{
  g_autoptr (AmtProvPsk) pair = amt_prov_psk_new (PID, PPS, error);
  g_autoptr (GPtrArray) passwords = amt_prov_session_list_passwords (session);
  g_autoptr (AmtProvTlsPolicy) policy = NULL;

  if (pair == NULL)
    return FALSE;
  policy = amt_prov_tls_policy_new_for_psk (amt_prov_session_get_capabilities (session), TRUE, pair,
                                            error);
  if (policy == NULL)
    return FALSE;
  g_ptr_array_add (passwords, amt_prov_secret_new_text ("admin"));
  amt_prov_session_connect_async (
      session, policy, amt_prov_site_get_port (amt_prov_session_get_site (session)), passwords,
      amt_prov_operation_get_cancellable (operation), on_channel, g_object_ref (operation));
  return TRUE;
}

static gboolean
open_nothing (AmtProvMethod *method,
              AmtProvSession *session,
              AmtProvOperation *operation,
              GError **error)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  BrokenOpening *opening = g_new0 (BrokenOpening, 1);
  guint16 port = amt_prov_site_get_port (amt_prov_session_get_site (session));

  opening->operation = g_object_ref (operation);
  if (FAULT != METHOD_DEAF)
    opening->cancellable = g_object_ref (amt_prov_operation_get_cancellable (operation));
  if (FAULT == METHOD_DEFAULT)
    g_timeout_add_seconds (3600, do_nothing, NULL);
  if (FAULT == METHOD_KEEP)
    g_ptr_array_add (((BrokenMethod *)method)->kept, g_object_ref (session));
  g_socket_client_connect_to_host_async (client, amt_prov_session_get_address (session), port,
                                         opening->cancellable, on_connected, opening);
  return TRUE;
}

static gboolean
broken_open (AmtProvMethod *method,
             AmtProvSession *session,
             AmtProvOperation *operation,
             GError **error)
{
  if (FAULT == SOUND || FAULT == METHOD_HOARD)
    return open_channel (session, operation, error);
  return open_nothing (method, session, operation, error);
}

/* ---- the rest ---- */

static const char *
broken_get_id (AmtProvMethod *method)
{
  return NAME;
}

static AmtProvVerdict *
broken_evaluate (AmtProvMethod *method,
                 AmtProvFacts *facts,
                 AmtProvSite *site,
                 AmtProvCapabilities *capabilities)
{
  BrokenMethod *self = (BrokenMethod *)method;

  if (FAULT == METHOD_MUTE && amt_prov_facts_get_release (facts) != NULL)
    return NULL;
  return amt_prov_verdict_new (NAME, TRUE, FAULT == METHOD_IMPURE && self->asked++ % 3 > 0 ? 2 : 1,
                               "it says so", NULL);
}

static void
broken_adjust_plan (AmtProvMethod *method, AmtProvSession *session, AmtProvPlan *plan)
{
  g_autoptr (AmtProvStep) step = g_object_new (g_type_from_name (NAME "-step"), NULL);

  amt_prov_plan_add (plan, step);
}

static void
broken_method_iface_init (gpointer iface, gpointer data)
{
  AmtProvMethodInterface *method = iface;

  method->get_id = broken_get_id;
  method->evaluate = broken_evaluate;
  method->open = broken_open;
  method->adjust_plan = broken_adjust_plan;
}

/* Never freed: what is kept is kept. */
static void
broken_method_init (GTypeInstance *instance, gpointer klass)
{
  static GPtrArray *kept;

  if (kept == NULL)
    kept = g_ptr_array_new ();
  ((BrokenMethod *)instance)->kept = kept;
}

void
peas_register_types (PeasObjectModule *module)
{
  broken_register_type (NAME "-step", sizeof (BrokenStep), NULL, AMT_PROV_TYPE_STEP,
                        broken_step_iface_init);
  peas_object_module_register_extension_type (
      module, AMT_PROV_TYPE_METHOD,
      broken_register_type (NAME, sizeof (BrokenMethod), broken_method_init, AMT_PROV_TYPE_METHOD,
                            broken_method_iface_init));
}
