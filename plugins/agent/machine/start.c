/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "start.h"

#include <string.h>

#include "obstacle.h"
#include "refusal.h"

#define PT_STATUS_RNG_IN_PROGRESS       47
#define PT_STATUS_RNG_NOT_READY         48
#define PT_STATUS_CERTIFICATE_NOT_READY 49
#define PT_STATUS_INVALID_MODE          3

/* heci.md §4 */
#define RNG_EXISTS      0
#define RNG_IN_PROGRESS 1

/* How long firmware may take for its seed and its certificate, in milliseconds. */
static const guint16 waits[] = {250, 500, 500, 1000, 1000, 2000, 5000, 10000, 10000, 20000};

/* Once for a start. */
typedef struct {
  AgentFirmware *firmware;
  AgentEndpoint *endpoint;
  const AgentStartOptions *options;
  gint64 end; /* of waiting */
  AgentInfo *info;
  AgentLocal *local;
  AgentInstruction *instruction;
  gboolean begun; /* the firmware has started, and must be stopped when the rest fails */
} Start;

void
amt_prov_agent_result_free (AgentResult *self)
{
  g_free (self->uuid);
  g_free (self->site);
  g_free (self->reason);
  g_free (self);
}

const char *
amt_prov_agent_outcome_to_string (AgentOutcome outcome)
{
  static const char *const names[] = {"operational", "started", "waiting"};

  return names[outcome];
}

static void
say (Start *self, const char *text)
{
  self->options->say (text, self->options->say_data);
}

/* ---- before anything is changed ---- */

static gboolean
check_info (AgentInfo *info, GError **error)
{
  if (info->release == NULL)
    return amt_prov_agent_refuse (error, "the firmware does not say which release of AMT it is: %s",
                                  (const char *)g_hash_table_lookup (info->notes, "versions"));
  if (info->uuid == NULL)
    return amt_prov_agent_refuse (error, "the firmware does not say its UUID: %s",
                                  (const char *)g_hash_table_lookup (info->notes, "uuid"));
  if (amt_prov_agent_state_to_string (info->state) == NULL)
    return amt_prov_agent_refuse (error, "the firmware does not say whether it is set up");
  for (guint i = 0; i < AGENT_N_OBSTACLES; i++) {
    const char *obstacle = amt_prov_agent_find_obstacle (info, i);

    if (obstacle != NULL)
      return amt_prov_agent_refuse (error, "%s", obstacle);
  }
  return TRUE;
}

/* ---- the seed of old firmware ---- */

static gboolean
ask_for_seed (Start *self, GError **error)
{
  GError *why = NULL;
  g_autoptr (AmtProvHeciMessage) answer = NULL;

  say (self, "asking for a random seed");
  answer = amt_prov_agent_firmware_ask (self->firmware, "generate-rng-seed", &why);
  if (answer != NULL || amt_prov_error_get_pt_status (why) == PT_STATUS_RNG_IN_PROGRESS) {
    g_clear_error (&why);
    return TRUE;
  }
  g_propagate_error (error, amt_prov_agent_explain ("generate-rng-seed", why));
  return FALSE;
}

/* Before 6.0 the firmware makes its seed when it is asked (heci.md §11.2). */
static gboolean
seed (Start *self, GError **error)
{
  gboolean asked = FALSE;

  if (amt_prov_version_at_least (self->info->release, 6, 0))
    return TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (waits); i++) {
    GError *why = NULL;
    g_autoptr (AmtProvHeciMessage) answer =
        amt_prov_agent_firmware_ask (self->firmware, "get-rng-seed-status", &why);
    guint32 status =
        answer != NULL ? amt_prov_heci_message_get_number (answer, "rng-status") : RNG_EXISTS;

    if (answer == NULL && amt_prov_agent_firmware_is_lost (why)) {
      g_propagate_error (error, why);
      return FALSE;
    }
    g_clear_error (&why);
    if (status == RNG_EXISTS)
      return TRUE;
    if (status != RNG_IN_PROGRESS && !asked && !ask_for_seed (self, error))
      return FALSE;
    asked = TRUE;
    if (!amt_prov_agent_firmware_wait (self->firmware, waits[i], error))
      return FALSE;
  }
  return amt_prov_agent_refuse (error, "the firmware has made no random seed in time: try again in "
                                       "some minutes");
}

/* ---- what the server wants in the firmware ---- */

static gboolean
set (Start *self, AmtProvHeciMessage *request, GError **error)
{
  GError *why = NULL;
  g_autoptr (AmtProvHeciMessage) answer =
      amt_prov_agent_firmware_call (self->firmware, request, &why);

  if (answer == NULL)
    g_propagate_error (error,
                       amt_prov_agent_explain (amt_prov_heci_message_get_command (request), why));
  return answer != NULL;
}

static gboolean
set_suffix (Start *self, GError **error)
{
  const char *suffix =
      self->options->suffix != NULL ? self->options->suffix : self->instruction->suffix;
  g_autoptr (AmtProvHeciMessage) request =
      amt_prov_heci_message_new_request ("set-pki-fqdn-suffix");

  if (suffix == NULL || g_strcmp0 (suffix, self->info->suffix) == 0)
    return TRUE;
  say (self, "setting the PKI suffix");
  amt_prov_heci_message_set_value (request, "suffix", g_variant_new_string (suffix));
  return set (self, request, error);
}

static gboolean
set_otp (Start *self, GError **error)
{
  g_autoptr (AmtProvHeciMessage) request =
      amt_prov_heci_message_new_request ("set-provisioning-server-otp");

  if (self->instruction->otp == NULL)
    return TRUE;
  say (self, "setting the one-time password");
  amt_prov_heci_message_set_secret (request, self->instruction->otp);
  return set (self, request, error);
}

/* ---- the start itself ---- */

static int
read_state (AgentFirmware *firmware, GError **error)
{
  g_autoptr (AmtProvHeciMessage) answer =
      amt_prov_agent_firmware_ask (firmware, "get-provisioning-state", error);

  return answer != NULL ? (int)amt_prov_heci_message_get_number (answer, "state") : AGENT_UNKNOWN;
}

static AmtProvHeciMessage *
make_start (AgentInfo *info)
{
  AmtProvHeciMessage *request;

  if (!amt_prov_version_at_least (info->release, 6, 0))
    return amt_prov_heci_message_new_request ("start-configuration");
  request = amt_prov_heci_message_new_request ("start-configuration-ex");
  amt_prov_heci_message_set_value (request, "ipv6", g_variant_new_boolean (FALSE));
  return request;
}

static gboolean
may_come_later (const GError *error)
{
  int status = amt_prov_error_get_pt_status (error);

  return status == PT_STATUS_RNG_IN_PROGRESS || status == PT_STATUS_RNG_NOT_READY ||
         status == PT_STATUS_CERTIFICATE_NOT_READY;
}

/* Takes error. The answer to a start may be lost with the firmware's reset: its state says then. */
static gboolean
judge_start (Start *self, const char *command, GError *why, GError **error)
{
  if (amt_prov_agent_firmware_is_lost (why) && self->info->state == AGENT_PT_STATE_PRE &&
      read_state (self->firmware, NULL) == AGENT_PT_STATE_IN) {
    g_error_free (why);
    self->begun = TRUE;
    return TRUE;
  }
  g_propagate_error (error, amt_prov_agent_explain (command, why));
  return FALSE;
}

static gboolean
begin (Start *self, GError **error)
{
  g_autoptr (AmtProvHeciMessage) request = make_start (self->info);

  say (self, "starting the setup");
  for (gsize i = 0;; i++) {
    GError *why = NULL;
    g_autoptr (AmtProvHeciMessage) answer =
        amt_prov_agent_firmware_call_once (self->firmware, request, &why);

    if (answer != NULL) {
      self->begun = TRUE;
      return TRUE;
    }
    if (i == G_N_ELEMENTS (waits) || !may_come_later (why))
      return judge_start (self, amt_prov_heci_message_get_command (request), why, error);
    g_error_free (why);
    if (!amt_prov_agent_firmware_wait (self->firmware, waits[i], error))
      return FALSE;
  }
}

gboolean
amt_prov_agent_stop (AgentFirmware *firmware, gboolean *stopped, GError **error)
{
  GError *why = NULL;
  g_autoptr (AmtProvHeciMessage) answer =
      amt_prov_agent_firmware_ask (firmware, "stop-configuration", &why);

  *stopped = answer != NULL;
  if (answer != NULL || amt_prov_error_get_pt_status (why) == PT_STATUS_INVALID_MODE) {
    g_clear_error (&why);
    return TRUE;
  }
  g_propagate_error (error, amt_prov_agent_explain ("stop-configuration", why));
  return FALSE;
}

/* Says in the error what became of what was begun. */
static void
give_up (Start *self, GError **error)
{
  gboolean stopped;
  GError *why = NULL;

  amt_prov_agent_firmware_shield (self->firmware);
  if (amt_prov_agent_stop (self->firmware, &stopped, &why)) {
    g_prefix_error (error, "%s", stopped ? "the setup that was begun was stopped again: " : "");
    return;
  }
  g_prefix_error (error, "the setup that was begun could not be stopped (%s): ", why->message);
  g_error_free (why);
}

/* The name that the operating system has when all is done. Nothing hangs on it. */
static void
tell_name (Start *self)
{
  g_autoptr (AmtProvHeciMessage) request = amt_prov_heci_message_new_request ("set-host-fqdn");
  g_autoptr (AmtProvHeciMessage) answer = NULL;
  g_autoptr (GError) why = NULL;
  g_autofree char *text = NULL;

  if (self->local->fqdn == NULL)
    return;
  amt_prov_heci_message_set_value (request, "fqdn", g_variant_new_string (self->local->fqdn));
  answer = amt_prov_agent_firmware_call (self->firmware, request, &why);
  if (answer != NULL)
    return;
  text = g_strdup_printf ("the firmware does not take the host name: %s", why->message);
  say (self, text);
}

/* @seconds: at most */
static gboolean
follow (Start *self, guint seconds, GError **error)
{
  AgentStartOptions options = *self->options;

  options.timeout = seconds;
  return amt_prov_agent_follow (self->firmware, self->endpoint, self->instruction->follow, &options,
                                error);
}

static guint
get_seconds_left (Start *self)
{
  gint64 left = (self->end - g_get_monotonic_time ()) / G_USEC_PER_SEC;

  return (guint)MAX (left, 0);
}

/* ---- the order ---- */

static AgentResult *
make_result (Start *self, AgentOutcome outcome, const char *reason)
{
  AgentResult *result = g_new0 (AgentResult, 1);

  result->outcome = outcome;
  result->uuid = g_strdup (self->info->uuid);
  result->site = self->instruction != NULL ? g_strdup (self->instruction->site) : NULL;
  result->reason = g_strdup (reason);
  return result;
}

static AgentResult *
finish (Start *self)
{
  tell_name (self);
  return make_result (self, AGENT_OUTCOME_OPERATIONAL, "the machine is operational");
}

static AgentResult *
go (Start *self, GError **error)
{
  if (set_suffix (self, error) && set_otp (self, error) && begin (self, error)) {
    if (!self->options->wait)
      return make_result (self, AGENT_OUTCOME_STARTED,
                          "the machine says hello to the server from now on");
    if (follow (self, get_seconds_left (self), error))
      return finish (self);
  }
  if (self->begun)
    give_up (self, error);
  return NULL;
}

/* Takes why. TRUE: the server was busy, and it is time to report again. */
static gboolean
wait_for_retry (Start *self, GError *why, GError **error)
{
  guint wait = amt_prov_agent_endpoint_get_retry (self->endpoint);

  if (!self->options->wait || wait == 0 || wait / 1000 >= get_seconds_left (self)) {
    g_propagate_error (error, why);
    return FALSE;
  }
  say (self, why->message);
  g_error_free (why);
  return amt_prov_agent_firmware_wait (self->firmware, wait, error);
}

static gboolean
report (Start *self, GError **error)
{
  GError *why = NULL;

  /* Others may talk to the firmware while the server thinks. */
  amt_prov_agent_firmware_close (self->firmware);
  g_clear_pointer (&self->instruction, amt_prov_agent_instruction_free);
  do {
    say (self, "reporting the machine to the server");
    self->instruction = amt_prov_agent_endpoint_enrol (self->endpoint, self->info, self->local,
                                                       self->options->suffix, &why);
  } while (self->instruction == NULL && wait_for_retry (self, g_steal_pointer (&why), error));
  return self->instruction != NULL;
}

/* The machine may become operational without a new start. @result: NULL: it is time to report again
 */
static gboolean
wait_for_server (Start *self, AgentResult **result, GError **error)
{
  const char *reason = self->instruction->reason;
  guint left = get_seconds_left (self);
  guint wait = self->instruction->retry_after;
  GError *why = NULL;

  say (self, reason != NULL ? reason : "waiting for the server");
  if (follow (self, wait > 0 ? MIN (wait, left) : left, &why)) {
    *result = finish (self);
    return TRUE;
  }
  if (!g_error_matches (why, AMT_PROV_ERROR, AMT_PROV_ERROR_TIMEOUT) ||
      get_seconds_left (self) == 0) {
    g_propagate_error (error, why);
    return FALSE;
  }
  g_error_free (why);
  self->info->state = read_state (self->firmware, error);
  return self->info->state != AGENT_UNKNOWN;
}

static AgentResult *
ask_server (Start *self, GError **error)
{
  AgentResult *result = NULL;

  self->local = amt_prov_agent_local_read ();
  amt_prov_agent_info_read_domain (self->info, self->firmware);
  while (result == NULL) {
    if (!report (self, error))
      return NULL;
    if (self->instruction->order == AGENT_INSTRUCTION_GO)
      return go (self, error);
    if (self->instruction->order == AGENT_INSTRUCTION_DONE)
      return make_result (self, AGENT_OUTCOME_OPERATIONAL, self->instruction->reason);
    if (!self->options->wait)
      return make_result (self, AGENT_OUTCOME_WAITING, self->instruction->reason);
    if (!wait_for_server (self, &result, error))
      return NULL;
  }
  return result;
}

/* Takes why. */
static void
explain_silence (GError *why, GError **error)
{
  if (!g_error_matches (why, AMT_PROV_ERROR, AMT_PROV_ERROR_WRONG_STATE)) {
    g_propagate_error (error, why);
    return;
  }
  amt_prov_agent_refuse (error, "AMT is disabled, and the firmware does not let the operating "
                                "system enable it: enable it in the BIOS or in the MEBx");
  g_error_free (why);
}

static AgentResult *
run (Start *self, GError **error)
{
  GError *why = NULL;
  gboolean enabled;

  if (!amt_prov_agent_enable (self->firmware, &enabled, error))
    return NULL;
  if (enabled)
    say (self, "AMT was disabled and is enabled now. It learns its domain by listening to DHCP: "
               "renew the lease of this machine if the start is refused");
  self->info = amt_prov_agent_info_read (self->firmware, &why);
  if (self->info == NULL) {
    explain_silence (why, error);
    return NULL;
  }
  if (self->info->state == AGENT_PT_STATE_POST)
    return make_result (self, AGENT_OUTCOME_OPERATIONAL, "the machine is operational already");
  if (!check_info (self->info, error) || !seed (self, error))
    return NULL;
  return ask_server (self, error);
}

AgentResult *
amt_prov_agent_start (AgentFirmware *firmware,
                      AgentEndpoint *endpoint,
                      const AgentStartOptions *options,
                      GError **error)
{
  Start self = {
      .firmware = firmware,
      .endpoint = endpoint,
      .options = options,
      .end = g_get_monotonic_time () + (gint64)options->timeout * G_USEC_PER_SEC,
  };
  AgentResult *result = run (&self, error);

  g_clear_pointer (&self.info, amt_prov_agent_info_free);
  g_clear_pointer (&self.local, amt_prov_agent_local_free);
  g_clear_pointer (&self.instruction, amt_prov_agent_instruction_free);
  return result;
}
