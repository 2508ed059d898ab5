/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "transport-fixture.h"

/* What becomes of a channel whose transport gives no stream. That HTTP and TLS work over a
 * transport is shown by the tests of HTTP and TLS, which run over one too. */

static AmtProvTlsPolicy *
make_policy (void)
{
  g_autoptr (AmtProvPsk) psk =
      amt_prov_psk_new ("OKRSGI18", "RPGH4DGB2Y4BTY5A7RR3ZHBCB1TJ9VFX", NULL);
  AmtProvTlsPolicy *policy = amt_prov_tls_policy_new (
      AMT_PROV_TLS_VERSION_1_0, AMT_PROV_TLS_VERSION_1_2, 0, "PSK-AES128-CBC-SHA");

  amt_prov_tls_policy_set_psk (policy, psk);
  return policy;
}

static gboolean
fail_at_once (const char *uri, AmtProvOperation *operation, gpointer data, GError **error)
{
  g_set_error (error, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND, "the tunnel has no end");
  return FALSE;
}

static gboolean
fail_later (const char *uri, AmtProvOperation *operation, gpointer data, GError **error)
{
  GError *answer = NULL;

  fail_at_once (uri, operation, data, &answer);
  amt_prov_operation_return_error (operation, answer);
  return TRUE;
}

/* Nobody has cancelled. */
static gboolean
give_up (const char *uri, AmtProvOperation *operation, gpointer data, GError **error)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "the tunnel has no end");
  return FALSE;
}

/* Whoever waits for an answer decides by the domain of the library: what others call it says only
 * that the machine was not reached. */
static void
test_foreign_error (Fixture *self, gconstpointer data)
{
  const FakeOpen opens[] = {fail_at_once, fail_later, give_up};
  const char *const domains[] = {"g-resolver-error-quark", "g-resolver-error-quark",
                                 "g-io-error-quark"};

  for (guint i = 0; i < 2 * G_N_ELEMENTS (opens); i++) {
    g_autoptr (AmtProvTlsPolicy) policy = i % 2 == 0 ? make_policy () : NULL;
    g_autofree char *expected = g_strdup_printf (
        "opening a stream to fake:127.0.0.1:16993 failed: the tunnel has no end (%s)",
        domains[i / 2]);
    g_autoptr (GError) error = NULL;

    make_channel (self, opens[i / 2], policy, LONG);
    g_assert_false (run_open (self->channel, NULL, &error));
    g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONNECTION);
    g_assert_cmpstr (error->message, ==, expected);
    g_clear_object (&self->channel);
    g_clear_object (&self->transport);
  }
}

static gboolean
block (const char *uri, AmtProvOperation *operation, gpointer data, GError **error)
{
  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_BLOCKED, "the tunnel has no key");
  return FALSE;
}

static void
test_own_error (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  make_channel (self, block, NULL, LONG);
  g_assert_false (run_open (self->channel, NULL, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_BLOCKED);
  g_assert_cmpstr (error->message, ==, "the tunnel has no key");
}

/* The first connection works, the second does not. */
static gboolean
open_once (const char *uri, AmtProvOperation *operation, gpointer data, GError **error)
{
  Fixture *self = data;

  return self->opened == 0 ? open_device (uri, operation, data, error)
                           : fail_later (uri, operation, data, error);
}

static void
test_error_of_second_stream (Fixture *self, gconstpointer data)
{
  g_autoptr (AmtProvAction) action = amt_prov_action_new (AMT_PROV_ACTION_GET_IDENTITY);
  g_autoptr (GError) error = NULL;

  self->device = fake_device_new (NULL, answer_and_close, NULL);
  make_channel (self, open_once, NULL, LONG);
  run_open (self->channel, NULL, &error);
  g_assert_no_error (error);
  g_assert_false (run_perform (self->channel, action, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONNECTION);
}

static gboolean
fail_silently (const char *uri, AmtProvOperation *operation, gpointer data, GError **error)
{
  return FALSE;
}

static gboolean
answer_wrongly (const char *uri, AmtProvOperation *operation, gpointer data, GError **error)
{
  g_autoptr (GInputStream) half = g_memory_input_stream_new ();

  amt_prov_operation_return_object (operation, G_OBJECT (half));
  return TRUE;
}

static void
test_broken_contract (Fixture *self, gconstpointer data)
{
  const FakeOpen opens[] = {fail_silently, answer_wrongly};

  for (guint i = 0; i < G_N_ELEMENTS (opens); i++) {
    g_autoptr (GError) error = NULL;

    make_channel (self, opens[i], NULL, LONG);
    g_assert_false (run_open (self->channel, NULL, &error));
    g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PLUGIN_FAILED);
    g_assert_nonnull (strstr (error->message, "fake:127.0.0.1:16993"));
    g_clear_object (&self->channel);
    g_clear_object (&self->transport);
  }
}

static gboolean
open_twice (const char *uri, AmtProvOperation *operation, gpointer data, GError **error)
{
  open_device (uri, operation, data, error);
  amt_prov_operation_return_error (
      operation, g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_BLOCKED, "the first answer"));
  return TRUE;
}

static GLogWriterOutput
write_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  guint *criticals = user_data;

  for (gsize i = 0; i < n_fields; i++) {
    if (level == G_LOG_LEVEL_CRITICAL && g_str_equal (fields[i].key, "MESSAGE") &&
        strstr (fields[i].value, "answered its operation a second time") != NULL) {
      *criticals += 1;
      return G_LOG_WRITER_HANDLED;
    }
  }
  return g_log_writer_default (level, fields, n_fields, NULL);
}

/* Its stream comes after the error and is closed unused. */
static void
test_two_answers (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  static guint criticals;

  g_log_set_writer_func (write_log, &criticals, NULL);
  self->device = fake_device_new (NULL, answer_general, NULL);
  make_channel (self, open_twice, NULL, LONG);
  g_assert_false (run_open (self->channel, NULL, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_BLOCKED);
  g_assert_cmpstr (error->message, ==, "the first answer");
  while (criticals == 0)
    g_main_context_iteration (self->context, TRUE);
}

/* ---- no answer ---- */

static gboolean
never (gpointer data)
{
  g_assert_not_reached ();
}

static gboolean
close_channel (gpointer data)
{
  amt_prov_channel_close (data);
  return G_SOURCE_REMOVE;
}

static gboolean
hang (const char *uri, AmtProvOperation *operation, gpointer data, GError **error)
{
  Fixture *self = data;

  self->asked = g_object_ref (amt_prov_operation_get_cancellable (operation));
  amt_prov_operation_add_timeout (operation, LONG, never, g_object_ref (operation), g_object_unref);
  return TRUE;
}

static gboolean
hang_and_cancel (const char *uri, AmtProvOperation *operation, gpointer data, GError **error)
{
  Fixture *self = data;

  later (self, cancel, self->cancellable);
  return hang (uri, operation, data, error);
}

static gboolean
hang_and_close (const char *uri, AmtProvOperation *operation, gpointer data, GError **error)
{
  Fixture *self = data;

  later (self, close_channel, self->channel);
  return hang (uri, operation, data, error);
}

static void
assert_told (Fixture *self)
{
  settle (self);
  g_assert_true (g_cancellable_is_cancelled (self->asked));
}

static void
test_time_limit (Fixture *self, gconstpointer data)
{
  g_autoptr (AmtProvTlsPolicy) policy = make_policy ();
  g_autoptr (GError) error = NULL;

  make_channel (self, hang, policy, SHORT);
  g_assert_false (run_open (self->channel, self->cancellable, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_TIMEOUT);
  g_assert_cmpstr (error->message, ==,
                   "opening a stream to fake:127.0.0.1:16993 did not answer within 50 ms");
  assert_told (self);
}

static void
test_cancelled (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  make_channel (self, hang_and_cancel, NULL, LONG);
  g_assert_false (run_open (self->channel, self->cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_told (self);
}

static void
test_closed_while_opening (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  make_channel (self, hang_and_close, NULL, LONG);
  g_assert_false (run_open (self->channel, NULL, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONNECTION);
  assert_told (self);
}

int
main (int argc, char **argv)
{
  transport_init (&argc, &argv);
  ADD ("/channel/transport/foreign-error", test_foreign_error);
  ADD ("/channel/transport/own-error", test_own_error);
  ADD ("/channel/transport/error-of-second-stream", test_error_of_second_stream);
  ADD ("/channel/transport/broken-contract", test_broken_contract);
  ADD ("/channel/transport/two-answers", test_two_answers);
  ADD ("/channel/transport/time-limit", test_time_limit);
  ADD ("/channel/transport/cancelled", test_cancelled);
  ADD ("/channel/transport/closed-while-opening", test_closed_while_opening);
  return transport_run ();
}
