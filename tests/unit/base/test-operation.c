/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <amtprov/amtprov.h>

#include "base/operation-private.h"

/* Every test runs on a context of its own: nothing may touch the default one. */
typedef struct {
  GMainContext *context;
  GCancellable *cancellable;
  AmtProvOperation *operation;
  gboolean done;
  gpointer result;
  GError *error;
  guint ticks;
} Fixture;

static void
on_done (GObject *source, GAsyncResult *result, gpointer data)
{
  Fixture *fixture = data;

  g_assert_false (fixture->done);
  fixture->done = TRUE;
  fixture->result = g_task_propagate_pointer (G_TASK (result), &fixture->error);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  guint limit = GPOINTER_TO_UINT (data);
  g_autoptr (GTask) task = NULL;

  fixture->context = g_main_context_new ();
  g_main_context_push_thread_default (fixture->context);
  fixture->cancellable = g_cancellable_new ();
  task = g_task_new (NULL, fixture->cancellable, on_done, fixture);
  fixture->operation = amt_prov_operation_new (task, limit, "test: open");
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_object (&fixture->operation);
  while (g_main_context_iteration (fixture->context, FALSE))
    ;
  g_assert_true (fixture->done);
  g_assert_false (g_main_context_pending (NULL));
  g_clear_error (&fixture->error);
  g_clear_object (&fixture->cancellable);
  g_main_context_pop_thread_default (fixture->context);
  g_main_context_unref (fixture->context);
}

static void
run (Fixture *fixture)
{
  while (!fixture->done)
    g_main_context_iteration (fixture->context, TRUE);
}

static void
test_object (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GObject) object = G_OBJECT (g_cancellable_new ());

  g_assert_true (amt_prov_operation_get_context (fixture->operation) == fixture->context);
  amt_prov_operation_return_object (fixture->operation, object);
  run (fixture);
  g_assert_no_error (fixture->error);
  g_assert_true (fixture->result == object);
  g_object_unref (fixture->result);
}

static void
test_variant (Fixture *fixture, gconstpointer data)
{
  amt_prov_operation_expect (fixture->operation, G_TYPE_VARIANT, FALSE);
  amt_prov_operation_return_variant (fixture->operation, g_variant_new_string ("x"));
  run (fixture);
  g_assert_no_error (fixture->error);
  g_assert_cmpstr (g_variant_get_string (fixture->result, NULL), ==, "x");
  g_variant_unref (fixture->result);
}

static void
test_nothing (Fixture *fixture, gconstpointer data)
{
  amt_prov_operation_expect (fixture->operation, G_TYPE_NONE, TRUE);
  amt_prov_operation_return_object (fixture->operation, NULL);
  run (fixture);
  g_assert_no_error (fixture->error);
  g_assert_null (fixture->result);
}

static void
test_wrong_type (Fixture *fixture, gconstpointer data)
{
  amt_prov_operation_expect (fixture->operation, G_TYPE_CANCELLABLE, FALSE);
  amt_prov_operation_return_variant (fixture->operation, g_variant_new_string ("x"));
  run (fixture);
  g_assert_error (fixture->error, AMT_PROV_ERROR, AMT_PROV_ERROR_PLUGIN_FAILED);
  g_assert_nonnull (strstr (fixture->error->message, "GCancellable"));
}

static void
test_missing_result (Fixture *fixture, gconstpointer data)
{
  amt_prov_operation_expect (fixture->operation, G_TYPE_CANCELLABLE, FALSE);
  amt_prov_operation_return_object (fixture->operation, NULL);
  run (fixture);
  g_assert_error (fixture->error, AMT_PROV_ERROR, AMT_PROV_ERROR_PLUGIN_FAILED);
}

static void
test_error (Fixture *fixture, gconstpointer data)
{
  amt_prov_operation_return_error (fixture->operation, amt_prov_error_new_refused (16, 200, "no"));
  run (fixture);
  g_assert_error (fixture->error, AMT_PROV_ERROR, AMT_PROV_ERROR_REFUSED);
  g_assert_cmpint (amt_prov_error_get_pt_status (fixture->error), ==, 16);
}

static void
test_dropped (Fixture *fixture, gconstpointer data)
{
  g_clear_object (&fixture->operation);
  g_assert_false (fixture->done);
  run (fixture);
  g_assert_error (fixture->error, AMT_PROV_ERROR, AMT_PROV_ERROR_PLUGIN_FAILED);
  g_assert_nonnull (strstr (fixture->error->message, "test: open"));
}

static void
test_limit (Fixture *fixture, gconstpointer data)
{
  run (fixture);
  g_assert_error (fixture->error, AMT_PROV_ERROR, AMT_PROV_ERROR_TIMEOUT);
  g_assert_nonnull (strstr (fixture->error->message, "test: open"));
  g_assert_true (
      g_cancellable_is_cancelled (amt_prov_operation_get_cancellable (fixture->operation)));
  g_assert_false (g_cancellable_is_cancelled (fixture->cancellable));
  /* The plugin cannot know that it comes too late. */
  amt_prov_operation_return_object (fixture->operation, NULL);
  amt_prov_operation_return_error (fixture->operation, g_error_new (AMT_PROV_ERROR, 0, "late"));
}

static void
test_cancelled (Fixture *fixture, gconstpointer data)
{
  g_cancellable_cancel (fixture->cancellable);
  run (fixture);
  g_assert_error (fixture->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_true (
      g_cancellable_is_cancelled (amt_prov_operation_get_cancellable (fixture->operation)));
  amt_prov_operation_return_variant (fixture->operation, g_variant_new_string ("late"));
}

static void
answer_from_inside (GCancellable *cancellable, gpointer data)
{
  Fixture *fixture = data;

  amt_prov_operation_return_error (fixture->operation,
                                   g_error_new (G_IO_ERROR, G_IO_ERROR_FAILED, "inner"));
}

static void
test_cancelled_inside (Fixture *fixture, gconstpointer data)
{
  g_signal_connect (amt_prov_operation_get_cancellable (fixture->operation), "cancelled",
                    G_CALLBACK (answer_from_inside), fixture);
  g_cancellable_cancel (fixture->cancellable);
  run (fixture);
  g_assert_error (fixture->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_second_answer (Fixture *fixture, gconstpointer data)
{
  amt_prov_operation_return_object (fixture->operation, NULL);
  /* Critical warnings are fatal in tests, and structured ones cannot be expected. */
  if (g_test_subprocess ())
    amt_prov_operation_return_object (fixture->operation, NULL);
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr ("*test: open*second time*");
  run (fixture);
  g_assert_no_error (fixture->error);
}

static void
test_conclude_false (Fixture *fixture, gconstpointer data)
{
  amt_prov_operation_conclude (fixture->operation, FALSE, NULL);
  run (fixture);
  g_assert_error (fixture->error, AMT_PROV_ERROR, AMT_PROV_ERROR_PLUGIN_FAILED);
  g_assert_nonnull (strstr (fixture->error->message, "exception in a script?"));
}

static void
test_conclude_error (Fixture *fixture, gconstpointer data)
{
  amt_prov_operation_conclude (fixture->operation, FALSE,
                               g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_BLOCKED, "why"));
  run (fixture);
  g_assert_error (fixture->error, AMT_PROV_ERROR, AMT_PROV_ERROR_BLOCKED);
}

static void
test_conclude_answered (Fixture *fixture, gconstpointer data)
{
  amt_prov_operation_return_object (fixture->operation, NULL);
  amt_prov_operation_conclude (fixture->operation, FALSE, g_error_new (AMT_PROV_ERROR, 0, "x"));
  run (fixture);
  g_assert_no_error (fixture->error);
}

static gboolean
tick (gpointer data)
{
  Fixture *fixture = data;

  if (++fixture->ticks < 3)
    return G_SOURCE_CONTINUE;
  amt_prov_operation_return_object (fixture->operation, NULL);
  return G_SOURCE_CONTINUE;
}

static void
count (gpointer data)
{
  ++*(guint *)data;
}

static void
test_timeout (Fixture *fixture, gconstpointer data)
{
  guint freed = 0;

  amt_prov_operation_add_timeout (fixture->operation, 1, tick, fixture, NULL);
  amt_prov_operation_add_timeout (fixture->operation, 60000, (GSourceFunc)count, &freed, count);
  run (fixture);
  g_assert_no_error (fixture->error);
  g_assert_cmpuint (fixture->ticks, ==, 3);
  g_assert_cmpuint (freed, ==, 1);
  amt_prov_operation_add_timeout (fixture->operation, 1, (GSourceFunc)count, &freed, count);
  g_assert_cmpuint (freed, ==, 2);
}

static void
on_progress (AmtProvOperation *operation, const char *what, double fraction, GString *seen)
{
  g_string_append_printf (seen, "%s %.1f;", what, fraction);
}

static void
test_progress (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GString) seen = g_string_new (NULL);

  g_signal_connect (fixture->operation, "progress", G_CALLBACK (on_progress), seen);
  amt_prov_operation_progress (fixture->operation, "connect", 0.5);
  amt_prov_operation_progress (fixture->operation, "more", 7.0);
  amt_prov_operation_return_object (fixture->operation, NULL);
  amt_prov_operation_progress (fixture->operation, "late", 1.0);
  run (fixture);
  g_assert_cmpstr (seen->str, ==, "connect 0.5;more 1.0;");
}

#define ADD(path, limit, func)                                                                     \
  g_test_add ("/operation/" path, Fixture, GUINT_TO_POINTER (limit), set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("object", 60000, test_object);
  ADD ("variant", 60000, test_variant);
  ADD ("nothing", 60000, test_nothing);
  ADD ("wrong-type", 60000, test_wrong_type);
  ADD ("missing-result", 60000, test_missing_result);
  ADD ("error", 60000, test_error);
  ADD ("dropped", 60000, test_dropped);
  ADD ("limit", 1, test_limit);
  ADD ("cancelled", 60000, test_cancelled);
  ADD ("cancelled-inside", 60000, test_cancelled_inside);
  ADD ("second-answer", 60000, test_second_answer);
  ADD ("conclude/false", 60000, test_conclude_false);
  ADD ("conclude/error", 60000, test_conclude_error);
  ADD ("conclude/answered", 60000, test_conclude_answered);
  ADD ("timeout", 0, test_timeout);
  ADD ("progress", 60000, test_progress);
  return g_test_run ();
}
