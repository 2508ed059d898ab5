/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <amtprov/error.h>

#include "engine/session-private.h"

/* How a session goes: load, take the lease, open, then step by step, then end. */

static void run_next_step (GTask *task);
static void fail (GTask *task, const char *step, GError *error);

/* The longest that one step may take, in milliseconds: a key and a restart are waited for. */
guint
amt_prov_session_get_step_limit (AmtProvSession *self)
{
  gint64 waits = amt_prov_capabilities_get_int (self->capabilities, "key-wait-seconds") *
                     amt_prov_capabilities_get_int (self->capabilities, "key-wait-tries") +
                 amt_prov_capabilities_get_int (self->capabilities, "commit-wait-seconds") *
                     amt_prov_capabilities_get_int (self->capabilities, "commit-wait-tries");

  return (guint)(self->step_seconds + waits) * 1000;
}

/* ---- the end ---- */

static void
ended (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  AmtProvSession *self = AMT_PROV_SESSION (source);
  GError *outcome = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  if (self->channel != NULL)
    amt_prov_channel_close (self->channel);
  if (!amt_prov_session_commit_finish (self, result, &error) && outcome == NULL)
    g_task_return_error (task, g_steal_pointer (&error));
  else if (outcome != NULL)
    g_task_return_error (task, g_error_copy (outcome));
  else
    g_task_return_boolean (task, TRUE);
}

static char *
describe_failure (const char *step, GError *error)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return g_strdup_printf ("stopped before %s was done", step);
  return g_strdup_printf ("%s: %s", step, error->message);
}

/* A machine whose lease is somebody else's is that one's business: nothing is written. */
static void
fail (GTask *task, const char *step, GError *error)
{
  AmtProvSession *self = g_task_get_source_object (task);
  AmtProvDeviceState state = g_error_matches (error, AMT_PROV_ERROR, AMT_PROV_ERROR_BLOCKED)
                                 ? AMT_PROV_DEVICE_STATE_BLOCKED
                                 : AMT_PROV_DEVICE_STATE_FAILED;
  g_autoptr (GPtrArray) changes =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_change_unref);
  g_autofree char *reason = describe_failure (step, error);
  g_autofree char *text = NULL;

  if (!self->leased) {
    g_task_return_error (task, error);
    return;
  }
  if (amt_prov_session_is_guarded (self))
    state = AMT_PROV_DEVICE_STATE_OPERATIONAL;
  text = g_strdup_printf ("%s at %s", state == AMT_PROV_DEVICE_STATE_BLOCKED ? "blocked" : "failed",
                          reason);
  /* The same reason again, hello after hello, is no news; nor is what somebody claims in the name
   * of an operational machine. */
  if (!amt_prov_session_is_guarded (self) &&
      g_strcmp0 (amt_prov_device_get_fact (self->device, "error"), reason) != 0)
    g_ptr_array_add (changes,
                     amt_prov_event_change (amt_prov_device_get_uuid (self->device), state, text));
  if (!amt_prov_session_is_guarded (self)) {
    amt_prov_session_set_fact (self, "step", step);
    amt_prov_session_set_fact (self, "error", reason);
  }
  g_task_set_task_data (task, error, (GDestroyNotify)g_error_free);
  amt_prov_session_end_async (self, state, changes, ended, g_object_ref (task));
}

/* Give a credential another state, which for these types is a part of its name. */
static AmtProvCredential *
restate (AmtProvSession *self, AmtProvCredential *credential, const char *state)
{
  const char *uuid = amt_prov_device_get_uuid (self->device);
  g_autofree char *id = g_strdup_printf ("%s/%s", uuid, state);
  AmtProvCredential *copy = amt_prov_credential_new (
      amt_prov_credential_get_credential_type (credential), id, uuid, state);

  amt_prov_credential_set_value (copy, "password",
                                 amt_prov_credential_get_value (credential, "password"));
  return copy;
}

static gboolean
add_credential_change (AmtProvSession *self,
                       GPtrArray *changes,
                       AmtProvVerb verb,
                       AmtProvCredential *credential,
                       GError **error)
{
  g_autoptr (AmtProvRecord) record = amt_prov_database_seal (self->database, credential, error);

  if (record == NULL)
    return FALSE;
  g_ptr_array_add (changes, amt_prov_change_new (verb, record, AMT_PROV_CONDITION_NONE));
  return TRUE;
}

static gboolean
promote (AmtProvSession *self, const char *type, GPtrArray *changes, GError **error)
{
  AmtProvCredential *pending = amt_prov_session_get_credential (self, type, "pending");
  AmtProvCredential *current = amt_prov_session_get_credential (self, type, "current");
  g_autoptr (AmtProvCredential) promoted = NULL;
  g_autoptr (AmtProvCredential) previous = NULL;

  if (pending == NULL)
    return TRUE;
  promoted = restate (self, pending, "current");
  if (current != NULL)
    previous = restate (self, current, "previous");
  return add_credential_change (self, changes, AMT_PROV_VERB_DELETE, pending, error) &&
         add_credential_change (self, changes, AMT_PROV_VERB_PUT, promoted, error) &&
         (previous == NULL ||
          add_credential_change (self, changes, AMT_PROV_VERB_PUT, previous, error));
}

/* What served this setup is of no use any more: the key that the server made for a machine which
 * cannot make one, and the one-time password, which is good for one setup only. */
static gboolean
drop (AmtProvSession *self, const char *type, GPtrArray *changes, GError **error)
{
  AmtProvCredential *used = amt_prov_session_get_credential (self, type, NULL);

  return used == NULL || add_credential_change (self, changes, AMT_PROV_VERB_DELETE, used, error);
}

static char *
describe_success (AmtProvSession *self, const char *seconds)
{
  g_autoptr (GString) text = g_string_new (NULL);
  const char *method = amt_prov_method_get_id (self->method);
  const char *medium = amt_prov_device_get_fact (self->device, "medium");

  g_string_printf (text, "operational by %s in %s s", method, seconds);
  if (medium != NULL && !g_str_equal (medium, method))
    g_string_append_printf (text, ", its pair came by %s", medium);
  for (guint i = 0; i < self->skipped->len; i++)
    g_string_append_printf (text, "%s%s", i == 0 ? ", left out: " : ", ",
                            (const char *)self->skipped->pdata[i]);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
succeed (GTask *task)
{
  AmtProvSession *self = g_task_get_source_object (task);
  g_autoptr (GPtrArray) changes =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_change_unref);
  double seconds = (double)(g_get_monotonic_time () - self->started) / G_USEC_PER_SEC;
  g_autofree char *time = g_strdup_printf ("%.2f", seconds);
  g_autofree char *text = describe_success (self, time);
  g_autoptr (GError) error = NULL;

  if (!promote (self, "admin", changes, &error) || !promote (self, "mebx", changes, &error) ||
      !drop (self, "tls-key", changes, &error) || !drop (self, "otp", changes, &error)) {
    fail (task, "verify", g_steal_pointer (&error));
    return;
  }
  g_ptr_array_add (changes, amt_prov_event_change (amt_prov_device_get_uuid (self->device),
                                                   AMT_PROV_DEVICE_STATE_OPERATIONAL, text));
  amt_prov_session_set_fact (self, "seconds", time);
  amt_prov_session_set_fact (self, "error", NULL);
  amt_prov_session_set_fact (self, "step", NULL);
  amt_prov_session_set_fact (self, "otp-set", NULL);
  amt_prov_session_set_fact (self, "enrolled", NULL);
  amt_prov_session_set_fact (self, "window-closes", NULL);
  amt_prov_session_end_async (self, AMT_PROV_DEVICE_STATE_OPERATIONAL, changes, ended,
                              g_object_ref (task));
}

/* ---- the steps ---- */

static AmtProvStep *
current_step (AmtProvSession *self)
{
  return amt_prov_plan_get_steps (self->plan)->pdata[self->next_step];
}

/* A machine that has answered with a status has not done it; else nobody knows. */
static gboolean
was_refused (GError *error)
{
  return amt_prov_error_get_pt_status (error) > 0;
}

/* A refusal does not make an earlier attempt undone whose answer was lost; only of a commit it says
 * that no earlier one has worked. */
static void
fail_step (GTask *task, GError *error)
{
  AmtProvSession *self = g_task_get_source_object (task);
  const char *id = amt_prov_step_get_id (current_step (self));
  gboolean commit = amt_prov_step_get_phase (current_step (self)) == AMT_PROV_PHASE_COMMIT;
  gboolean refused = was_refused (error) && (commit || !amt_prov_session_was_begun (self, id));

  if (commit && refused)
    self->committed = FALSE;
  amt_prov_session_note (self, id, refused ? AMT_PROV_JOURNAL_REFUSED : "failed", error->message);
  fail (task, id, error);
}

/* What an interface cannot do is left out and said: in the journal, with the reason, and in the
 * event of the end. Without identity, commit and verification there is no setup. */
static gboolean
can_leave_out (AmtProvStep *step, GError *error)
{
  AmtProvPhase phase = amt_prov_step_get_phase (step);

  return (phase == AMT_PROV_PHASE_SECURE || phase == AMT_PROV_PHASE_CONFIGURE) &&
         g_error_matches (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_SUPPORTED);
}

static void
leave_out (GTask *task, GError *error)
{
  AmtProvSession *self = g_task_get_source_object (task);
  const char *id = amt_prov_step_get_id (current_step (self));

  g_ptr_array_add (self->skipped, g_strdup (id));
  amt_prov_session_note (self, id, AMT_PROV_JOURNAL_SKIPPED, error->message);
  self->next_step++;
  run_next_step (task);
}

static void
end_step_with_error (GTask *task, GError *error)
{
  AmtProvSession *self = g_task_get_source_object (task);

  if (!can_leave_out (current_step (self), error)) {
    fail_step (task, error);
    return;
  }
  leave_out (task, error);
  g_error_free (error);
}

static void
step_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  AmtProvSession *self = g_task_get_source_object (task);
  AmtProvStep *step = AMT_PROV_STEP (source);
  g_autoptr (GError) error = NULL;

  if (!amt_prov_step_run_finish (step, result, &error)) {
    end_step_with_error (task, g_steal_pointer (&error));
    return;
  }
  amt_prov_session_note (self, amt_prov_step_get_id (step), "done", NULL);
  self->next_step++;
  run_next_step (task);
}

static void
step_journalled (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  AmtProvSession *self = AMT_PROV_SESSION (source);
  g_autoptr (GError) error = NULL;

  if (!amt_prov_session_save_credentials_finish (self, result, &error)) {
    fail_step (task, g_steal_pointer (&error));
    return;
  }
  /* From here on it may be, whatever becomes of the answer. */
  if (amt_prov_step_get_phase (current_step (self)) == AMT_PROV_PHASE_COMMIT)
    self->committed = TRUE;
  amt_prov_step_run_async (current_step (self), self, amt_prov_session_get_step_limit (self),
                           g_task_get_cancellable (task), step_done, g_object_ref (task));
}

/* One commit says that the step has begun and holds what it is going to send. */
static void
begin_step (GTask *task)
{
  AmtProvSession *self = g_task_get_source_object (task);
  AmtProvStep *step = current_step (self);
  g_autoptr (GPtrArray) credentials = NULL;
  g_autoptr (GError) error = NULL;

  /* For who watches; the store has it from the journal. */
  amt_prov_device_set_fact (self->device, "step", amt_prov_step_get_id (step));
  if (!amt_prov_step_collect (step, self, &credentials, &error)) {
    fail_step (task, g_steal_pointer (&error));
    return;
  }
  amt_prov_session_note (self, amt_prov_step_get_id (step), "begun", NULL);
  amt_prov_session_save_credentials_async (self, credentials, g_task_get_cancellable (task),
                                           step_journalled, g_object_ref (task));
}

static void
step_asked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  AmtProvSession *self = g_task_get_source_object (task);
  AmtProvStep *step = AMT_PROV_STEP (source);
  g_autoptr (GError) error = NULL;
  gboolean needed;

  if (!amt_prov_step_is_needed_finish (step, result, &needed, &error)) {
    end_step_with_error (task, g_steal_pointer (&error));
  } else if (!needed) {
    self->next_step++;
    run_next_step (task);
  } else {
    begin_step (task);
  }
}

static void
run_next_step (GTask *task)
{
  AmtProvSession *self = g_task_get_source_object (task);

  if (self->next_step >= amt_prov_plan_get_steps (self->plan)->len) {
    succeed (task);
    return;
  }
  amt_prov_step_is_needed_async (current_step (self), self, amt_prov_session_get_step_limit (self),
                                 g_task_get_cancellable (task), step_asked, g_object_ref (task));
}

/* ---- the beginning ---- */

static void
probed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  AmtProvSession *self = g_task_get_source_object (task);
  AmtProvAction *action = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  if (!amt_prov_channel_perform_finish (AMT_PROV_CHANNEL (source), result, &error)) {
    g_task_return_error (task, g_steal_pointer (&error));
  } else {
    self->found_uuid = g_strdup (amt_prov_action_get_string (action, "uuid"));
    g_task_return_boolean (task, TRUE);
  }
  amt_prov_channel_close (self->channel);
}

static void
probe (GTask *task)
{
  AmtProvSession *self = g_task_get_source_object (task);
  AmtProvAction *action = amt_prov_action_new (AMT_PROV_ACTION_GET_IDENTITY);

  g_task_set_task_data (task, action, g_object_unref);
  amt_prov_channel_perform_async (self->channel, action, g_task_get_cancellable (task), probed,
                                  g_object_ref (task));
}

/* A committed machine is only verified: no method has opened a channel that its steps could use. */
static void
keep_verification (AmtProvPlan *plan)
{
  GPtrArray *steps = amt_prov_plan_get_steps (plan);

  while (steps->len > 0 && amt_prov_step_get_phase (steps->pdata[0]) != AMT_PROV_PHASE_VERIFY)
    amt_prov_plan_remove (plan, amt_prov_step_get_id (steps->pdata[0]));
}

static void
begin_plan (GTask *task)
{
  AmtProvSession *self = g_task_get_source_object (task);

  self->plan = amt_prov_plan_new_for_session (self);
  amt_prov_method_adjust_plan (self->method, self, self->plan);
  if (self->mode == AMT_PROV_SESSION_RESUME)
    keep_verification (self->plan);
  run_next_step (task);
}

static void
method_opened (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  AmtProvSession *self = g_task_get_source_object (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (AmtProvChannel) channel =
      amt_prov_method_open_finish (AMT_PROV_METHOD (source), result, &error);

  if (channel == NULL) {
    fail (task, "open", g_steal_pointer (&error));
    return;
  }
  amt_prov_session_set_channel (self, channel);
  if (self->mode == AMT_PROV_SESSION_PROBE)
    probe (task);
  else
    begin_plan (task);
}

static void
open_channel (GTask *task)
{
  AmtProvSession *self = g_task_get_source_object (task);

  amt_prov_method_open_async (self->method, self, self->step_seconds * 1000,
                              g_task_get_cancellable (task), method_opened, g_object_ref (task));
}

static void
lease_taken (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  AmtProvSession *self = AMT_PROV_SESSION (source);
  g_autoptr (GError) error = NULL;

  if (!amt_prov_session_commit_finish (self, result, &error))
    fail (task, "lease", g_steal_pointer (&error));
  else if (self->mode == AMT_PROV_SESSION_RESUME)
    begin_plan (task);
  else
    open_channel (task);
}

static void
loaded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  AmtProvSession *self = AMT_PROV_SESSION (source);
  g_autoptr (GError) error = NULL;

  if (!amt_prov_session_load_finish (self, result, &error)) {
    fail (task, "load", g_steal_pointer (&error));
    return;
  }
  if (!self->was_operational)
    amt_prov_device_set_state (self->device, AMT_PROV_DEVICE_STATE_PROVISIONING);
  /* What verifies a committed machine must not be changed by somebody who only claims to be it. */
  if (!self->was_operational && !amt_prov_session_was_begun (self, "commit")) {
    amt_prov_session_set_fact (self, "site", amt_prov_site_get_name (self->site));
    amt_prov_session_set_fact (self, "address", self->address);
    amt_prov_session_set_fact (self, "method", amt_prov_method_get_id (self->method));
    amt_prov_session_set_fact (self, "why", self->why);
    amt_prov_session_set_fact (self, "medium", self->medium);
    amt_prov_session_set_fact (self, "step", NULL);
  }
  amt_prov_session_commit_async (self, NULL, g_task_get_cancellable (task), lease_taken,
                                 g_object_ref (task));
}

void
amt_prov_session_run_async (AmtProvSession *self,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, amt_prov_session_run_async);
  self->started = g_get_monotonic_time ();
  if (self->mode == AMT_PROV_SESSION_PROBE)
    open_channel (task);
  else
    amt_prov_session_load_async (self, cancellable, loaded, g_object_ref (task));
}

gboolean
amt_prov_session_run_finish (AmtProvSession *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
