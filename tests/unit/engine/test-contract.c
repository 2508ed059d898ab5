/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "../channel/fake-transport.h"
#include "fake-method.h"

/* What methods, steps and transports may do with their operations, and what the core makes of it.
 * Everything runs on a context of its own. */

#define LONG 600000

typedef struct {
  GMainContext *context;
  AmtProvMethod *method;
  AmtProvStep *step;
  AmtProvTransport *transport;
  AmtProvSite *site;
  FakeAnswer answer;
  GAsyncResult *result;
} Caller;

static gboolean
open_stream (const char *uri, AmtProvOperation *operation, gpointer data, GError **error)
{
  Caller *caller = data;

  g_assert_cmpstr (uri, ==, "fake:192.0.2.1:16993");
  return caller->answer (operation, error);
}

static Caller *
caller_new (FakeAnswer answer)
{
  Caller *caller = g_new0 (Caller, 1);

  caller->context = g_main_context_new ();
  g_main_context_push_thread_default (caller->context);
  caller->method = fake_method_new ("leek", 1);
  caller->step = fake_step_new ("set-leek", AMT_PROV_PHASE_CONFIGURE);
  fake_method_set_answer (caller->method, answer);
  fake_step_set_answer (caller->step, answer);
  caller->transport = fake_transport_new (open_stream, caller);
  caller->site = g_object_new (AMT_PROV_TYPE_SITE, NULL);
  caller->answer = answer;
  return caller;
}

static void
caller_free (Caller *caller)
{
  g_assert_false (g_main_context_pending (NULL));
  g_main_context_pop_thread_default (caller->context);
  g_main_context_unref (caller->context);
  g_object_unref (caller->method);
  g_object_unref (caller->step);
  g_object_unref (caller->transport);
  g_object_unref (caller->site);
  g_clear_object (&caller->result);
  g_free (caller);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Caller, caller_free)

static void
take_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Caller *caller = user_data;

  g_assert_null (caller->result);
  caller->result = g_object_ref (result);
}

static void
wait_for_result (Caller *caller)
{
  g_assert_null (caller->result);
  while (caller->result == NULL)
    g_main_context_iteration (caller->context, TRUE);
  /* No second answer comes. */
  while (g_main_context_iteration (caller->context, FALSE))
    ;
}

/* The calls that a plugin may answer wrongly, with one way to end them. */
typedef GError *(*Call) (Caller *caller, guint timeout, GCancellable *cancellable);

static GError *
call_open (Caller *caller, guint timeout, GCancellable *cancellable)
{
  GError *error = NULL;
  g_autoptr (AmtProvChannel) channel = NULL;

  g_clear_object (&caller->result);
  amt_prov_method_open_async (caller->method, NULL, timeout, cancellable, take_result, caller);
  wait_for_result (caller);
  channel = amt_prov_method_open_finish (caller->method, caller->result, &error);
  g_assert_true ((channel == NULL) == (error != NULL));
  return error;
}

static GError *
call_is_needed (Caller *caller, guint timeout, GCancellable *cancellable)
{
  GError *error = NULL;
  gboolean needed = FALSE;

  g_clear_object (&caller->result);
  amt_prov_step_is_needed_async (caller->step, NULL, timeout, cancellable, take_result, caller);
  wait_for_result (caller);
  g_assert_true (amt_prov_step_is_needed_finish (caller->step, caller->result, &needed, &error) ==
                 (error == NULL));
  return error;
}

static GError *
call_run (Caller *caller, guint timeout, GCancellable *cancellable)
{
  GError *error = NULL;

  g_clear_object (&caller->result);
  amt_prov_step_run_async (caller->step, NULL, timeout, cancellable, take_result, caller);
  wait_for_result (caller);
  g_assert_true (amt_prov_step_run_finish (caller->step, caller->result, &error) ==
                 (error == NULL));
  return error;
}

static GError *
call_open_stream (Caller *caller, guint timeout, GCancellable *cancellable)
{
  GError *error = NULL;
  g_autoptr (GIOStream) stream = NULL;

  g_clear_object (&caller->result);
  amt_prov_transport_open_stream_async (caller->transport, "fake:192.0.2.1:16993", caller->site,
                                        timeout, cancellable, take_result, caller);
  wait_for_result (caller);
  stream = amt_prov_transport_open_stream_finish (caller->transport, caller->result, &error);
  g_assert_true ((stream == NULL) == (error != NULL));
  return error;
}

static const Call calls[] = {call_open, call_is_needed, call_run, call_open_stream};

/* Whom the error names. */
static const char *const names[] = {"method leek", "step set-leek", "step set-leek",
                                    "stream to fake:192.0.2.1:16993"};

static void
assert_failed (GError *error, guint call, int code)
{
  g_assert_error (error, AMT_PROV_ERROR, code);
  if (strstr (error->message, names[call]) == NULL)
    g_error ("\"%s\" does not name %s", error->message, names[call]);
}

/* ---- answers as they should be ---- */

static gboolean
answer_true (AmtProvOperation *operation, GError **error)
{
  amt_prov_operation_return_variant (operation, g_variant_new_boolean (TRUE));
  return TRUE;
}

static gboolean
answer_false (AmtProvOperation *operation, GError **error)
{
  amt_prov_operation_return_variant (operation, g_variant_new_boolean (FALSE));
  return TRUE;
}

static gboolean
answer_nothing (AmtProvOperation *operation, GError **error)
{
  amt_prov_operation_return_variant (operation, NULL);
  return TRUE;
}

static void
check_needed (FakeAnswer answer, gboolean expected)
{
  g_autoptr (Caller) caller = caller_new (answer);
  g_autoptr (GError) error = NULL;
  gboolean needed = !expected;

  amt_prov_step_is_needed_async (caller->step, NULL, LONG, NULL, take_result, caller);
  wait_for_result (caller);
  g_assert_true (amt_prov_step_is_needed_finish (caller->step, caller->result, &needed, &error));
  g_assert_no_error (error);
  g_assert_true (needed == expected);
}

static void
test_needed (void)
{
  check_needed (answer_true, TRUE);
  check_needed (answer_false, FALSE);
}

static void
test_run (void)
{
  g_autoptr (Caller) caller = caller_new (answer_nothing);
  g_autoptr (GError) error = call_run (caller, LONG, NULL);

  g_assert_no_error (error);
}

static gboolean
give_channel (gpointer user_data)
{
  g_autoptr (AmtProvCapabilityRegistry) registry = amt_prov_capability_registry_new (NULL, NULL);
  g_autoptr (AmtProvVersion) release = amt_prov_version_parse ("15.0", NULL);
  g_autoptr (AmtProvCapabilities) capabilities =
      amt_prov_capability_registry_lookup (registry, release);
  g_autoptr (AmtProvChannel) channel = amt_prov_channel_new ("127.0.0.1", 1, NULL, capabilities);

  amt_prov_operation_return_object (user_data, G_OBJECT (channel));
  return G_SOURCE_REMOVE;
}

static gboolean
answer_channel_later (AmtProvOperation *operation, GError **error)
{
  amt_prov_operation_add_timeout (operation, 0, give_channel, g_object_ref (operation),
                                  g_object_unref);
  return TRUE;
}

static void
test_open (void)
{
  g_autoptr (Caller) caller = caller_new (answer_channel_later);
  g_autoptr (GError) error = call_open (caller, LONG, NULL);

  g_assert_no_error (error);
}

static gboolean
answer_stream (AmtProvOperation *operation, GError **error)
{
  g_autoptr (GInputStream) input = g_memory_input_stream_new ();
  g_autoptr (GOutputStream) output = g_memory_output_stream_new_resizable ();
  g_autoptr (GIOStream) stream = g_simple_io_stream_new (input, output);

  amt_prov_operation_return_object (operation, G_OBJECT (stream));
  return TRUE;
}

static void
test_open_stream (void)
{
  g_autoptr (Caller) caller = caller_new (answer_stream);
  g_autoptr (GError) error = call_open_stream (caller, LONG, NULL);

  g_assert_no_error (error);
  g_assert_cmpstr (amt_prov_transport_get_schemes (caller->transport)[0], ==, "fake");
}

/* ---- refusals ---- */

static gboolean
fail_blocked (AmtProvOperation *operation, GError **error)
{
  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_BLOCKED, "plug the leek in");
  return FALSE;
}

static gboolean
answer_blocked (AmtProvOperation *operation, GError **error)
{
  amt_prov_operation_return_error (
      operation, g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_BLOCKED, "plug the leek in"));
  return TRUE;
}

/* Both at once: the answer counts, and the error is not lost memory. */
static gboolean
answer_and_fail (AmtProvOperation *operation, GError **error)
{
  answer_blocked (operation, NULL);
  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_BLOCKED, "never seen");
  return FALSE;
}

static void
test_own_error (void)
{
  const FakeAnswer answers[] = {fail_blocked, answer_blocked, answer_and_fail};

  for (guint i = 0; i < G_N_ELEMENTS (answers) * G_N_ELEMENTS (calls); i++) {
    g_autoptr (Caller) caller = caller_new (answers[i / G_N_ELEMENTS (calls)]);
    g_autoptr (GError) error = calls[i % G_N_ELEMENTS (calls)](caller, LONG, NULL);

    g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_BLOCKED);
    g_assert_cmpstr (error->message, ==, "plug the leek in");
  }
}

static gboolean
fail_silently (AmtProvOperation *operation, GError **error)
{
  return FALSE;
}

static gboolean
drop_operation (AmtProvOperation *operation, GError **error)
{
  return TRUE;
}

static void
check_plugin_failed (FakeAnswer answer)
{
  for (guint i = 0; i < G_N_ELEMENTS (calls); i++) {
    g_autoptr (Caller) caller = caller_new (answer);
    g_autoptr (GError) error = calls[i](caller, LONG, NULL);

    assert_failed (error, i, AMT_PROV_ERROR_PLUGIN_FAILED);
  }
}

static void
test_false_without_error (void)
{
  check_plugin_failed (fail_silently);
}

static void
test_dropped (void)
{
  check_plugin_failed (drop_operation);
}

static gboolean
answer_twice (AmtProvOperation *operation, GError **error)
{
  amt_prov_operation_return_error (
      operation, g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_BLOCKED, "the first answer"));
  amt_prov_operation_return_variant (operation, g_variant_new_boolean (TRUE));
  amt_prov_operation_return_error (
      operation, g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_FAILED, "the third answer"));
  return TRUE;
}

/* Structured messages pass by g_test_expect_message(). The first expected criticals are kept here;
 * all others are fatal as ever. */
static guint n_expected;
static GPtrArray *criticals;

static GLogWriterOutput
keep_criticals (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  if (!(level & G_LOG_LEVEL_CRITICAL) || n_expected == 0)
    return g_log_writer_default (level, fields, n_fields, user_data);
  n_expected--;
  for (gsize i = 0; i < n_fields; i++) {
    if (g_str_equal (fields[i].key, "MESSAGE"))
      g_ptr_array_add (criticals, g_strdup (fields[i].value));
  }
  return G_LOG_WRITER_HANDLED;
}

static void
test_two_answers (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (calls); i++) {
    g_autoptr (Caller) caller = caller_new (answer_twice);
    g_autoptr (GError) error = NULL;

    criticals = g_ptr_array_new_with_free_func (g_free);
    n_expected = 2;
    error = calls[i](caller, LONG, NULL);
    g_assert_cmpuint (criticals->len, ==, 2);
    for (guint j = 0; j < 2; j++) {
      g_assert_nonnull (strstr (criticals->pdata[j], names[i]));
      g_assert_nonnull (strstr (criticals->pdata[j], "second time"));
    }
    g_ptr_array_unref (criticals);
    g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_BLOCKED);
    g_assert_cmpstr (error->message, ==, "the first answer");
  }
}

/* ---- answers of the wrong kind ---- */

static gboolean
answer_wrong_object (AmtProvOperation *operation, GError **error)
{
  g_autoptr (GCancellable) object = g_cancellable_new ();

  amt_prov_operation_return_object (operation, G_OBJECT (object));
  return TRUE;
}

static gboolean
answer_text (AmtProvOperation *operation, GError **error)
{
  amt_prov_operation_return_variant (operation, g_variant_new_string ("yes"));
  return TRUE;
}

static gboolean
answer_no_object (AmtProvOperation *operation, GError **error)
{
  amt_prov_operation_return_object (operation, NULL);
  return TRUE;
}

static void
check_wrong (Call call, guint index, FakeAnswer answer)
{
  g_autoptr (Caller) caller = caller_new (answer);
  g_autoptr (GError) error = call (caller, LONG, NULL);

  assert_failed (error, index, AMT_PROV_ERROR_PLUGIN_FAILED);
}

static void
test_open_without_channel (void)
{
  check_wrong (call_open, 0, answer_wrong_object);
  check_wrong (call_open, 0, answer_no_object);
  check_wrong (call_open, 0, answer_nothing);
  check_wrong (call_open, 0, answer_text);
}

static void
test_open_stream_without_stream (void)
{
  check_wrong (call_open_stream, 3, answer_wrong_object);
  check_wrong (call_open_stream, 3, answer_no_object);
  check_wrong (call_open_stream, 3, answer_nothing);
  check_wrong (call_open_stream, 3, answer_text);
}

static void
test_needed_without_boolean (void)
{
  check_wrong (call_is_needed, 1, answer_text);
  check_wrong (call_is_needed, 1, answer_nothing);
  check_wrong (call_is_needed, 1, answer_wrong_object);
}

static void
test_run_with_object (void)
{
  check_wrong (call_run, 2, answer_wrong_object);
}

/* ---- no answer ---- */

static gboolean
never (gpointer user_data)
{
  g_assert_not_reached ();
}

/* Kept alive by its own source, as by a request that never ends. */
static gboolean
keep_operation (AmtProvOperation *operation, GError **error)
{
  amt_prov_operation_add_timeout (operation, LONG, never, g_object_ref (operation), g_object_unref);
  return TRUE;
}

static void
test_time_limit (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (calls); i++) {
    g_autoptr (Caller) caller = caller_new (keep_operation);
    g_autoptr (GError) error = calls[i](caller, 1, NULL);

    assert_failed (error, i, AMT_PROV_ERROR_TIMEOUT);
  }
}

static gboolean
cancel (gpointer user_data)
{
  g_cancellable_cancel (user_data);
  return G_SOURCE_REMOVE;
}

static void
test_cancelled (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (calls); i++) {
    g_autoptr (Caller) caller = caller_new (keep_operation);
    g_autoptr (GCancellable) cancellable = g_cancellable_new ();
    g_autoptr (GSource) idle = g_idle_source_new ();
    g_autoptr (GError) error = NULL;

    g_source_set_callback (idle, cancel, cancellable, NULL);
    g_source_attach (idle, caller->context);
    error = calls[i](caller, LONG, cancellable);
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  }
}

static void
test_cancelled_before (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (calls); i++) {
    g_autoptr (Caller) caller = caller_new (keep_operation);
    g_autoptr (GCancellable) cancellable = g_cancellable_new ();
    g_autoptr (GError) error = NULL;

    g_cancellable_cancel (cancellable);
    error = calls[i](caller, LONG, cancellable);
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  }
}

static void
answer_when_cancelled (GCancellable *cancellable, AmtProvOperation *operation)
{
  amt_prov_operation_return_error (operation,
                                   g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_FAILED, "too late"));
}

/* An honest plugin ends its work when it is cancelled and answers then: that is no second answer.
 */
static gboolean
wait_for_cancel (AmtProvOperation *operation, GError **error)
{
  g_cancellable_connect (amt_prov_operation_get_cancellable (operation),
                         G_CALLBACK (answer_when_cancelled), operation, NULL);
  return keep_operation (operation, error);
}

static void
test_late_answer (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (calls); i++) {
    g_autoptr (Caller) caller = caller_new (wait_for_cancel);
    g_autoptr (GError) error = calls[i](caller, 1, NULL);

    assert_failed (error, i, AMT_PROV_ERROR_TIMEOUT);
  }
}

static gboolean
check_context (AmtProvOperation *operation, GError **error)
{
  g_assert_true (amt_prov_operation_get_context (operation) ==
                 g_main_context_get_thread_default ());
  return answer_channel_later (operation, error);
}

static void
test_context (void)
{
  g_autoptr (Caller) caller = caller_new (check_context);
  g_autoptr (GError) error = call_open (caller, LONG, NULL);

  g_assert_no_error (error);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (keep_criticals, NULL, NULL);
  g_test_add_func ("/contract/needed", test_needed);
  g_test_add_func ("/contract/run", test_run);
  g_test_add_func ("/contract/open", test_open);
  g_test_add_func ("/contract/open-stream", test_open_stream);
  g_test_add_func ("/contract/own-error", test_own_error);
  g_test_add_func ("/contract/false-without-error", test_false_without_error);
  g_test_add_func ("/contract/dropped", test_dropped);
  g_test_add_func ("/contract/two-answers", test_two_answers);
  g_test_add_func ("/contract/open-without-channel", test_open_without_channel);
  g_test_add_func ("/contract/open-stream-without-stream", test_open_stream_without_stream);
  g_test_add_func ("/contract/needed-without-boolean", test_needed_without_boolean);
  g_test_add_func ("/contract/run-with-object", test_run_with_object);
  g_test_add_func ("/contract/time-limit", test_time_limit);
  g_test_add_func ("/contract/cancelled", test_cancelled);
  g_test_add_func ("/contract/cancelled-before", test_cancelled_before);
  g_test_add_func ("/contract/late-answer", test_late_answer);
  g_test_add_func ("/contract/context", test_context);
  return g_test_run ();
}
