/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/call-private.h"

#include <openssl/crypto.h>
#include <amtprov/error.h>

/* Long enough for every request, so that a password in it is never left behind by a realloc. */
#define BODY_SIZE 16384

typedef struct {
  AmtProvCall call;
  const AmtProvInterface *interface;
  GSource *timer;
  GSource *cancel;
  guint closings;
} Run;

static void run_stages (GTask *task);

static void
stop_waiting (Run *run)
{
  GSource **sources[] = {&run->timer, &run->cancel};

  for (gsize i = 0; i < G_N_ELEMENTS (sources); i++) {
    if (*sources[i] != NULL)
      g_source_destroy (*sources[i]);
    g_clear_pointer (sources[i], g_source_unref);
  }
}

static void
wipe_body (Run *run)
{
  OPENSSL_cleanse (run->call.body->str, run->call.body->len);
  g_string_truncate (run->call.body, 0);
}

static void
run_free (gpointer data)
{
  Run *run = data;

  stop_waiting (run);
  wipe_body (run);
  g_string_free (run->call.body, TRUE);
  g_clear_object (&run->call.action);
  g_clear_pointer (&run->call.capabilities, amt_prov_capabilities_unref);
  g_free (run->call.path);
  g_free (run->call.soap_action);
  g_free (run->call.asked);
  g_free (run->call.found);
  g_clear_error (&run->call.refusal);
  g_rc_box_release_full (run->call.memory, run->interface->memory_clear);
  g_free (run);
}

static void
fail (GTask *task, GError *error)
{
  Run *run = g_task_get_task_data (task);
  AmtProvHttp *http = g_task_get_source_object (task);

  if (run->call.asked != NULL && error->domain == AMT_PROV_ERROR)
    g_prefix_error (&error, "%s: %s: ", amt_prov_http_get_peer (http), run->call.asked);
  g_task_return_error (task, error);
}

static gboolean
on_wait_over (gpointer data)
{
  g_autoptr (GTask) task = g_object_ref (G_TASK (data));

  stop_waiting (g_task_get_task_data (task));
  if (!g_task_return_error_if_cancelled (task))
    run_stages (task);
  return G_SOURCE_REMOVE;
}

static gboolean
on_wait_cancelled (GCancellable *cancellable, gpointer data)
{
  return on_wait_over (data);
}

static void
wait (GTask *task)
{
  Run *run = g_task_get_task_data (task);
  GCancellable *cancellable = g_task_get_cancellable (task);

  run->timer = g_timeout_source_new_seconds (run->call.wait_seconds);
  g_source_set_callback (run->timer, on_wait_over, g_object_ref (task), g_object_unref);
  g_source_attach (run->timer, g_task_get_context (task));
  if (cancellable == NULL)
    return;
  run->cancel = g_cancellable_source_new (cancellable);
  g_source_set_callback (run->cancel, G_SOURCE_FUNC (on_wait_cancelled), g_object_ref (task),
                         g_object_unref);
  g_source_attach (run->cancel, g_task_get_context (task));
}

static void
end_stage (GTask *task, AmtProvStageEnd end, GError *error)
{
  Run *run = g_task_get_task_data (task);

  switch (end) {
  case AMT_PROV_STAGE_END_FAIL:
    fail (task, error);
    return;
  case AMT_PROV_STAGE_END_DONE:
    g_task_return_boolean (task, TRUE);
    return;
  case AMT_PROV_STAGE_END_WAIT:
    run->call.tries++;
    wait (task);
    return;
  case AMT_PROV_STAGE_END_NEXT:
    run->call.stage++;
    run->call.tries = 0;
    break;
  case AMT_PROV_STAGE_END_REPEAT:
    run->call.tries++;
    break;
  }
  run_stages (task);
}

static AmtProvXml *
read_answer (Run *run, guint status, GBytes *answer, GError **error)
{
  if (status == 404 || status == 405) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_SUPPORTED, "HTTP %u: %s", status,
                 run->interface->missing);
    return NULL;
  }
  return run->interface->read (&run->call, status, answer, error);
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  Run *run = g_task_get_task_data (task);
  GError *error = NULL;
  guint status = 0;
  g_autoptr (GBytes) answer =
      amt_prov_http_post_finish (AMT_PROV_HTTP (source), result, &status, &error);

  if (answer == NULL) {
    g_clear_pointer (&run->call.asked, g_free);
    fail (task, error);
    return;
  }
  g_debug ("%s: %s: HTTP %u, %" G_GSIZE_FORMAT " bytes",
           amt_prov_http_get_peer (AMT_PROV_HTTP (source)), run->call.asked, status,
           g_bytes_get_size (answer));
  g_autoptr (AmtProvXml) body = read_answer (run, status, answer, &error);
  AmtProvStageEnd end = AMT_PROV_STAGE_END_FAIL;
  if (body != NULL || (error != NULL && run->call.stage->optional &&
                       !g_error_matches (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL))) {
    g_clear_error (&run->call.refusal);
    run->call.refusal = g_steal_pointer (&error);
    end = run->call.stage->end (&run->call, body, &error);
  }
  end_stage (task, end, error);
}

static void
send (GTask *task)
{
  Run *run = g_task_get_task_data (task);
  AmtProvHttp *http = g_task_get_source_object (task);
  g_autoptr (AmtProvSecret) body =
      amt_prov_secret_new ((const guint8 *)run->call.body->str, run->call.body->len);

  wipe_body (run);
  amt_prov_http_post_async (http, run->call.path, run->interface->content_type,
                            run->call.soap_action, body, g_task_get_cancellable (task), on_answer,
                            g_object_ref (task));
}

static gboolean
was_closed (GTask *task)
{
  Run *run = g_task_get_task_data (task);
  AmtProvHttp *http = g_task_get_source_object (task);

  if (amt_prov_http_get_closings (http) == run->closings)
    return FALSE;
  g_clear_pointer (&run->call.asked, g_free);
  fail (task,
        g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_CONNECTION,
                     "the connection to %s was closed on our side", amt_prov_http_get_peer (http)));
  return TRUE;
}

static void
run_stages (GTask *task)
{
  Run *run = g_task_get_task_data (task);

  if (was_closed (task))
    return;
  while (run->call.stage->start != NULL) {
    GError *error = NULL;
    wipe_body (run);
    switch (run->call.stage->start (&run->call, &error)) {
    case AMT_PROV_STAGE_START_FAIL:
      g_clear_pointer (&run->call.asked, g_free);
      fail (task, error);
      return;
    case AMT_PROV_STAGE_START_DONE:
      g_task_return_boolean (task, TRUE);
      return;
    case AMT_PROV_STAGE_START_SEND:
      send (task);
      return;
    case AMT_PROV_STAGE_START_SKIP:
      run->call.stage++;
      run->call.tries = 0;
      break;
    }
  }
  g_task_return_boolean (task, TRUE);
}

/* Runs the stages of an action, one request at a time. */
void
amt_prov_call_run_async (AmtProvHttp *http,
                         const AmtProvInterface *interface,
                         gpointer memory,
                         AmtProvAction *action,
                         AmtProvCapabilities *capabilities,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (http, cancellable, callback, user_data);
  Run *run = g_new0 (Run, 1);

  g_task_set_source_tag (task, amt_prov_call_run_async);
  run->interface = interface;
  run->closings = amt_prov_http_get_closings (http);
  run->call.action = g_object_ref (action);
  run->call.capabilities = capabilities == NULL ? NULL : amt_prov_capabilities_ref (capabilities);
  run->call.memory = g_rc_box_acquire (memory);
  run->call.body = g_string_sized_new (BODY_SIZE);
  run->call.stage = interface->get_stages (amt_prov_action_get_kind (action));
  g_task_set_task_data (task, run, run_free);
  if (run->call.stage == NULL) {
    fail (task, g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_SUPPORTED,
                             "the interface '%s' cannot do action %d", interface->name,
                             (int)amt_prov_action_get_kind (action)));
    return;
  }
  run_stages (task);
}

gboolean
amt_prov_call_run_finish (AmtProvHttp *http,
                          GAsyncResult *result,
                          gboolean *log_in_again,
                          GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, http), FALSE);
  Run *run = g_task_get_task_data (G_TASK (result));

  *log_in_again = run->call.log_in_again;
  return g_task_propagate_boolean (G_TASK (result), error);
}
