/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <amtprov/error.h>
#include <amtprov/provisioning-certificate.h>

#include "engine/session-private.h"
#include "engine/step-table.h"
#include "engine/window-private.h"

/* The core's steps, in the order of wsman.md §7.1. */

#define ADMIN_USER "admin"

/* PT status NOT_PERMITTED and DATA_MISSING (heci.md §3) */
#define PT_STATUS_NOT_PERMITTED 16
#define PT_STATUS_DATA_MISSING  2057

/* ProvisioningState (hello.md §8) */
enum {
  STATE_PRE = 0,
  STATE_IN = 1,
  STATE_POST = 2,
};

static gboolean
always (AmtProvSession *session, AmtProvAction *probe)
{
  return TRUE;
}

static AmtProvProfile *
profile_of (AmtProvSession *session)
{
  return amt_prov_site_get_profile (session->site);
}

/* ---- names ---- */

/* What was imported goes before what an agent in the machine has reported. */
static const char *
get_name (AmtProvSession *self, const char *imported, const char *reported)
{
  const char *name = amt_prov_device_get_fact (self->device, imported);

  return name != NULL ? name : amt_prov_device_get_fact (self->device, reported);
}

char *
amt_prov_session_dup_hostname (AmtProvSession *self)
{
  return amt_prov_profile_dup_hostname (profile_of (self), amt_prov_device_get_uuid (self->device),
                                        get_name (self, "hostname", "report-host"),
                                        get_name (self, "fqdn", "report-fqdn"),
                                        get_name (self, "asset", "report-asset"));
}

/* The profile's domain, else the suffix by which the machine is known. */
char *
amt_prov_session_dup_domain (AmtProvSession *self)
{
  g_autofree char *domain = amt_prov_profile_dup_domain (
      profile_of (self), amt_prov_device_get_uuid (self->device),
      get_name (self, "hostname", "report-host"), get_name (self, "fqdn", "report-fqdn"),
      get_name (self, "asset", "report-asset"));

  if (domain != NULL && *domain != '\0')
    return g_steal_pointer (&domain);
  return g_strdup (self->suffix);
}

char *
amt_prov_session_dup_fqdn (AmtProvSession *self)
{
  g_autofree char *host = amt_prov_session_dup_hostname (self);
  g_autofree char *domain = amt_prov_session_dup_domain (self);

  if (domain == NULL || *domain == '\0')
    return g_steal_pointer (&host);
  return g_strdup_printf ("%s.%s", host, domain);
}

/* ---- identify ---- */

static AmtProvAction *
prepare_identify (AmtProvSession *session, GError **error)
{
  return amt_prov_action_new (AMT_PROV_ACTION_GET_IDENTITY);
}

static gboolean
has_otp (AmtProvSession *session, AmtProvAction *probe)
{
  return amt_prov_session_get_credential (session, "otp", NULL) != NULL;
}

/* AMT 2.x does not tell its UUID (wsman-examples.md §9). A machine without a certificate that got
 * through the TLS handshake has a key that only it and we know, so its hello is believed. So is one
 * that has a one-time password to show: a later step asks for it. */
static gboolean
is_proven_by_key (AmtProvSession *session)
{
  return amt_prov_channel_is_tls (session->channel) &&
         amt_prov_channel_get_peer_certificate (session->channel) == NULL;
}

static gboolean
check_uuid (AmtProvSession *session, AmtProvAction *action, GError **error)
{
  const char *uuid = amt_prov_action_get_string (action, "uuid");

  if (uuid == NULL && (is_proven_by_key (session) || has_otp (session, NULL)))
    return TRUE;
  if (g_strcmp0 (uuid, amt_prov_device_get_uuid (session->device)) == 0)
    return TRUE;
  if (uuid == NULL)
    g_set_error (
        error, AMT_PROV_ERROR, AMT_PROV_ERROR_BLOCKED,
        "the machine at %s does not tell its UUID and has no key of ours, so nothing shows "
        "that it is %s: set it up with a PID and PPS, or with a one-time password; nothing was "
        "sent to it",
        session->address, amt_prov_device_get_uuid (session->device));
  else
    g_set_error (
        error, AMT_PROV_ERROR, AMT_PROV_ERROR_BLOCKED,
        "the machine at %s says that its UUID is %s, but its hello said %s: find out which "
        "machine this is; nothing was sent to it",
        session->address, uuid, amt_prov_device_get_uuid (session->device));
  return FALSE;
}

static gboolean
check_method (AmtProvSession *session, AmtProvCapabilities *capabilities, GError **error)
{
  const char *method = amt_prov_method_get_id (session->method);
  g_autofree char *reason = NULL;
  g_autofree char *why = NULL;
  g_autoptr (AmtProvRule) rule = NULL;
  gboolean allowed;

  allowed = amt_prov_capabilities_allows_method (capabilities, method, &reason, &rule);
  why = amt_prov_session_explain (reason, rule);
  if (allowed) {
    g_free (session->why);
    session->why = g_steal_pointer (&why);
    return TRUE;
  }
  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_BLOCKED,
               "the machine is AMT %s, which method %s does not fit: %s", session->release, method,
               why);
  return FALSE;
}

static gboolean
check_reachable_afterwards (AmtProvSession *session,
                            AmtProvCapabilities *capabilities,
                            GError **error)
{
  g_autoptr (AmtProvRule) rule = NULL;
  g_autofree char *place = NULL;

  if (amt_prov_profile_get_tls_mode (profile_of (session)) != AMT_PROV_TLS_MODE_OFF ||
      amt_prov_capabilities_get_boolean (capabilities, "plain-port"))
    return TRUE;
  rule = amt_prov_site_dup_rule (session->site, "profile", "tls");
  place = rule != NULL ? amt_prov_rule_to_string (rule) : g_strdup ("[profile] tls");
  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_BLOCKED,
               "AMT %s has no plain port, so tls=off cannot work: set tls to server or mutual (%s)",
               session->release, place);
  return FALSE;
}

static gboolean
take_release (AmtProvSession *session, AmtProvAction *action, GError **error)
{
  const char *text = amt_prov_action_get_string (action, "release");
  g_autoptr (AmtProvVersion) release = NULL;
  g_autoptr (AmtProvCapabilities) capabilities = NULL;

  release = text != NULL ? amt_prov_version_parse (text, NULL) : NULL;
  if (release != NULL)
    capabilities = amt_prov_capability_registry_lookup (session->registry, release);
  g_free (session->release);
  session->release = g_strdup (text);
  if (capabilities == NULL) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_BLOCKED,
                 "the machine says that it is AMT %s, which no capability file knows",
                 text != NULL ? text : "(nothing)");
    return FALSE;
  }
  if (!check_method (session, capabilities, error) ||
      !check_reachable_afterwards (session, capabilities, error))
    return FALSE;
  amt_prov_session_set_capabilities (session, capabilities);
  return TRUE;
}

/* The machine is who it says, as far as the site can know; until here nothing that it claims is
 * kept, or a false claim of its release would stand in its way for ever. One that was operational
 * starts a new life now, and what the journal says belongs to the old one. */
static void
accept_machine (AmtProvSession *session)
{
  session->authenticated = TRUE;
  amt_prov_device_set_state (session->device, AMT_PROV_DEVICE_STATE_PROVISIONING);
  amt_prov_session_set_fact (session, "amt", session->release);
  amt_prov_session_set_fact (session, "address", session->address);
  amt_prov_session_set_fact (session, "site", amt_prov_site_get_name (session->site));
  amt_prov_session_set_fact (session, "method", amt_prov_method_get_id (session->method));
  amt_prov_session_set_fact (session, "why", session->why);
  amt_prov_session_set_fact (session, "medium", session->medium);
}

static GError *
settle_identify (AmtProvSession *session, AmtProvAction *action, GError *error)
{
  if (error == NULL && check_uuid (session, action, &error))
    take_release (session, action, &error);
  return error;
}

static AmtProvAction *
prepare_read_state (AmtProvSession *session, GError **error)
{
  return amt_prov_action_new (AMT_PROV_ACTION_READ_STATE);
}

static GError *
settle_read_state (AmtProvSession *session, AmtProvAction *action, GError *error)
{
  AmtProvSecret *otp;
  gint64 state;

  if (error != NULL)
    return error;
  state = amt_prov_action_get_int (action, "state");
  otp = amt_prov_action_get_secret (action, "otp");
  session->otp = otp != NULL ? amt_prov_secret_ref (otp) : NULL;
  /* What does not tell its state has let us in at least. */
  if (state == STATE_IN || !amt_prov_action_has (action, "state")) {
    if (!has_otp (session, NULL))
      accept_machine (session);
    return NULL;
  }
  return g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_WRONG_STATE,
                      "the machine is in provisioning state %d (%s), not in setup: %s", (int)state,
                      state == STATE_POST ? "operational" : "factory",
                      state == STATE_POST ? "unprovision it in its MEBx before setting it up again"
                                          : "it accepts a setup only after its window was opened");
}

/* AMT never checks the one-time password; the server must (pki.md §9). Wrong means that this is not
 * the machine that was announced, so its window is closed and nothing else is sent. */
static AmtProvAction *
prepare_check_otp (AmtProvSession *session, GError **error)
{
  AmtProvCredential *credential = amt_prov_session_get_credential (session, "otp", NULL);
  AmtProvAction *action;

  if (session->otp != NULL &&
      amt_prov_secret_equal (session->otp, amt_prov_credential_get_value (credential, "otp"))) {
    accept_machine (session);
    return NULL;
  }
  action = amt_prov_action_new (AMT_PROV_ACTION_EXTEND_WINDOW);
  amt_prov_action_set_int (action, "hours", 0);
  return action;
}

static GError *
settle_check_otp (AmtProvSession *session, AmtProvAction *action, GError *error)
{
  g_autofree char *close = error != NULL
                               ? g_strdup_printf ("could not be closed (%s)", error->message)
                               : g_strdup ("was closed");

  g_clear_error (&error);
  return g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_BLOCKED,
                      "the machine has %s; no secret was sent, its setup window %s",
                      session->otp != NULL ? "another one-time password than the store"
                                           : "no one-time password, but the store has one for it",
                      close);
}

/* ---- secure ---- */

static gboolean
wants_window (AmtProvSession *session, AmtProvAction *probe)
{
  return amt_prov_profile_get_window_extension (profile_of (session)) > 0;
}

static AmtProvAction *
prepare_window (AmtProvSession *session, GError **error)
{
  AmtProvAction *action = amt_prov_action_new (AMT_PROV_ACTION_EXTEND_WINDOW);

  amt_prov_action_set_int (action, "hours",
                           amt_prov_profile_get_window_extension (profile_of (session)));
  return action;
}

/* A longer window is a comfort: a machine that refuses it is set up all the same. */
static GError *
settle_window (AmtProvSession *session, AmtProvAction *action, GError *error)
{
  if (error == NULL)
    amt_prov_session_note_window (session,
                                  amt_prov_profile_get_window_extension (profile_of (session)));
  if (g_error_matches (error, AMT_PROV_ERROR, AMT_PROV_ERROR_REFUSED))
    g_clear_error (&error);
  return error;
}

/* A pending secret of an earlier session is sent again unchanged. */
static void
collect_pending (AmtProvSession *session,
                 const char *type,
                 AmtProvSecret *fixed,
                 GPtrArray *credentials)
{
  const char *uuid = amt_prov_device_get_uuid (session->device);
  g_autofree char *id = g_strdup_printf ("%s/pending", uuid);
  g_autoptr (AmtProvSecret) password = NULL;
  AmtProvCredential *credential = amt_prov_session_get_credential (session, type, "pending");

  if (credential != NULL)
    return;
  password = fixed != NULL ? amt_prov_secret_ref (fixed) : amt_prov_secret_generate_password ();
  credential = amt_prov_credential_new (type, id, uuid, "pending");
  amt_prov_credential_set_value (credential, "password", password);
  g_ptr_array_add (credentials, credential);
}

static AmtProvAction *
prepare_password (AmtProvSession *session, const char *type, AmtProvActionKind kind)
{
  AmtProvCredential *credential = amt_prov_session_get_credential (session, type, "pending");
  AmtProvAction *action = amt_prov_action_new (kind);

  amt_prov_action_set_secret (action, "password",
                              amt_prov_credential_get_value (credential, "password"));
  return action;
}

static gboolean
wants_mebx (AmtProvSession *session, AmtProvAction *probe)
{
  return amt_prov_profile_get_mebx_password_policy (profile_of (session)) !=
         AMT_PROV_PASSWORD_POLICY_KEEP;
}

static gboolean
collect_mebx (AmtProvSession *session, GPtrArray *credentials, GError **error)
{
  collect_pending (session, "mebx", amt_prov_profile_get_mebx_password (profile_of (session)),
                   credentials);
  return TRUE;
}

static AmtProvAction *
prepare_mebx (AmtProvSession *session, GError **error)
{
  return prepare_password (session, "mebx", AMT_PROV_ACTION_SET_MEBX_PASSWORD);
}

/* Under the policy "default password only" a second try is refused with 16 although the first one,
 * whose answer was lost, has worked. */
static GError *
settle_mebx (AmtProvSession *session, AmtProvAction *action, GError *error)
{
  if (error != NULL && amt_prov_error_get_pt_status (error) == PT_STATUS_NOT_PERMITTED &&
      amt_prov_session_was_begun (session, "set-mebx-password"))
    g_clear_error (&error);
  return error;
}

/* The log-in itself has shown whether the machine has the pending password already. */
static gboolean
wants_admin (AmtProvSession *session, AmtProvAction *probe)
{
  AmtProvCredential *pending = amt_prov_session_get_credential (session, "admin", "pending");
  AmtProvSecret *used = amt_prov_channel_get_password (session->channel);

  return pending == NULL || used == NULL ||
         !amt_prov_secret_equal (used, amt_prov_credential_get_value (pending, "password"));
}

static gboolean
collect_admin (AmtProvSession *session, GPtrArray *credentials, GError **error)
{
  collect_pending (session, "admin", amt_prov_profile_get_admin_password (profile_of (session)),
                   credentials);
  return TRUE;
}

static AmtProvAction *
prepare_admin (AmtProvSession *session, GError **error)
{
  AmtProvAction *action = prepare_password (session, "admin", AMT_PROV_ACTION_SET_ADMIN);

  amt_prov_action_set_string (action, "user", ADMIN_USER);
  return action;
}

/* ---- configure ---- */

static AmtProvAction *
prepare_clock (AmtProvSession *session, GError **error)
{
  return amt_prov_action_new (AMT_PROV_ACTION_SET_CLOCK);
}

static gboolean
general_differs (AmtProvSession *session, AmtProvAction *probe)
{
  g_autofree char *host = amt_prov_session_dup_hostname (session);
  g_autofree char *domain = amt_prov_session_dup_domain (session);

  return g_strcmp0 (host, amt_prov_action_get_string (probe, "host")) != 0 ||
         (domain != NULL &&
          g_strcmp0 (domain, amt_prov_action_get_string (probe, "domain")) != 0) ||
         (amt_prov_action_has (probe, "ping") && amt_prov_profile_get_ping (profile_of (session)) !=
                                                     amt_prov_action_get_boolean (probe, "ping"));
}

static AmtProvAction *
prepare_general (AmtProvSession *session, GError **error)
{
  AmtProvAction *action = amt_prov_action_new (AMT_PROV_ACTION_PUT_GENERAL);
  g_autofree char *host = amt_prov_session_dup_hostname (session);
  g_autofree char *domain = amt_prov_session_dup_domain (session);

  amt_prov_action_set_string (action, "host", host);
  if (domain != NULL)
    amt_prov_action_set_string (action, "domain", domain);
  amt_prov_action_set_boolean (action, "ping", amt_prov_profile_get_ping (profile_of (session)));
  return action;
}

/* Without dhcp the machine keeps the address it has. */
static gboolean
wants_network (AmtProvSession *session, AmtProvAction *probe)
{
  return amt_prov_profile_get_dhcp (profile_of (session));
}

static AmtProvAction *
prepare_network (AmtProvSession *session, GError **error)
{
  AmtProvAction *action = amt_prov_action_new (AMT_PROV_ACTION_PUT_NETWORK);

  amt_prov_action_set_boolean (action, "dhcp", TRUE);
  return action;
}

static gboolean
redirection_differs (AmtProvSession *session, AmtProvAction *probe)
{
  return amt_prov_action_get_boolean (probe, "redirection") !=
         amt_prov_profile_get_redirection (profile_of (session));
}

static AmtProvAction *
prepare_redirection (AmtProvSession *session, GError **error)
{
  AmtProvAction *action = amt_prov_action_new (AMT_PROV_ACTION_SET_REDIRECTION);

  amt_prov_action_set_boolean (action, "redirection",
                               amt_prov_profile_get_redirection (profile_of (session)));
  return action;
}

/* ---- commit ---- */

static AmtProvAction *
prepare_commit (AmtProvSession *session, GError **error)
{
  return amt_prov_action_new (AMT_PROV_ACTION_COMMIT);
}

/* Firmware may restart before it has answered; whether it has committed, verify will see. */
static GError *
settle_commit (AmtProvSession *session, AmtProvAction *action, GError *error)
{
  if (g_error_matches (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONNECTION) ||
      g_error_matches (error, AMT_PROV_ERROR, AMT_PROV_ERROR_TIMEOUT))
    g_clear_error (&error);
  if (error != NULL && amt_prov_error_get_pt_status (error) == PT_STATUS_DATA_MISSING)
    g_prefix_error (&error, "the machine misses something before it can become operational "
                            "(clock, host name, TLS key and certificate, MEBx password): ");
  return error;
}

static const AmtProvStepRow rows[] = {
    {"identify", AMT_PROV_PHASE_IDENTIFY, TRUE, AMT_PROV_NO_PROBE, always, NULL, prepare_identify,
     settle_identify},
    {"read-state", AMT_PROV_PHASE_IDENTIFY, TRUE, AMT_PROV_NO_PROBE, always, NULL,
     prepare_read_state, settle_read_state},
    {"check-otp", AMT_PROV_PHASE_IDENTIFY, TRUE, AMT_PROV_NO_PROBE, has_otp, NULL,
     prepare_check_otp, settle_check_otp},
    {"extend-window", AMT_PROV_PHASE_SECURE, FALSE, AMT_PROV_NO_PROBE, wants_window, NULL,
     prepare_window, settle_window},
    {"set-mebx-password", AMT_PROV_PHASE_SECURE, TRUE, AMT_PROV_NO_PROBE, wants_mebx, collect_mebx,
     prepare_mebx, settle_mebx},
    {"set-admin", AMT_PROV_PHASE_SECURE, TRUE, AMT_PROV_NO_PROBE, wants_admin, collect_admin,
     prepare_admin, NULL},
    {"set-clock", AMT_PROV_PHASE_CONFIGURE, TRUE, AMT_PROV_NO_PROBE, always, NULL, prepare_clock,
     NULL},
    {"put-names", AMT_PROV_PHASE_CONFIGURE, TRUE, AMT_PROV_ACTION_READ_GENERAL, general_differs,
     NULL, prepare_general, NULL},
    {"put-network", AMT_PROV_PHASE_CONFIGURE, FALSE, AMT_PROV_NO_PROBE, wants_network, NULL,
     prepare_network, NULL},
    {"set-redirection", AMT_PROV_PHASE_CONFIGURE, FALSE, AMT_PROV_ACTION_READ_REDIRECTION,
     redirection_differs, NULL, prepare_redirection, NULL},
    {"commit", AMT_PROV_PHASE_COMMIT, TRUE, AMT_PROV_NO_PROBE, always, NULL, prepare_commit,
     settle_commit},
};

static void
add_step (AmtProvPlan *plan, AmtProvStep *step)
{
  amt_prov_plan_add (plan, step);
  g_object_unref (step);
}

AmtProvPlan *
amt_prov_plan_new_for_session (AmtProvSession *session)
{
  AmtProvPlan *plan = amt_prov_plan_new ();

  if (session->mode == AMT_PROV_SESSION_FULL) {
    for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
      add_step (plan, amt_prov_step_new_from_row (&rows[i]));
    add_step (plan, amt_prov_step_tls_new ());
  }
  add_step (plan, amt_prov_step_verify_new ());
  return plan;
}
