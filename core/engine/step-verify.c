/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <amtprov/error.h>

#include "engine/session-private.h"
#include "engine/step-table.h"
#include "site/certificate-authority-private.h"

/* Logs in to the operational machine with its new credentials. */

#define STATE_POST 2

typedef struct {
  GObject parent_instance;
} AmtProvStepVerify;

typedef struct {
  GObjectClass parent_class;
} AmtProvStepVerifyClass;

static GType amt_prov_step_verify_get_type (void);
static void amt_prov_step_verify_iface_init (AmtProvStepInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (AmtProvStepVerify,
                               amt_prov_step_verify,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (AMT_PROV_TYPE_STEP,
                                                      amt_prov_step_verify_iface_init))

static void
amt_prov_step_verify_class_init (AmtProvStepVerifyClass *klass)
{
}

static void
amt_prov_step_verify_init (AmtProvStepVerify *self)
{
}

AmtProvStep *
amt_prov_step_verify_new (void)
{
  return g_object_new (amt_prov_step_verify_get_type (), NULL);
}

typedef struct {
  AmtProvSession *session;
  AmtProvOperation *operation;
  AmtProvAction *action;
  gint64 tries_left;
} Verification;

static void
verification_free (Verification *self)
{
  g_clear_object (&self->session);
  g_clear_object (&self->operation);
  g_clear_object (&self->action);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Verification, verification_free)

static void attempt (Verification *unowned);

static gboolean
wake (gpointer user_data)
{
  Verification *self = user_data;
  Verification *again = g_new0 (Verification, 1);

  again->session = g_object_ref (self->session);
  again->operation = g_object_ref (self->operation);
  again->tries_left = self->tries_left;
  attempt (again);
  return G_SOURCE_REMOVE;
}

/* The firmware restarts after a commit, for how long the capability data says. */
static void
retry_or_fail (Verification *unowned, GError *error)
{
  g_autoptr (Verification) self = unowned;
  AmtProvOperation *operation = self->operation;
  gint64 seconds =
      amt_prov_capabilities_get_int (self->session->capabilities, "commit-wait-seconds");

  if (self->tries_left-- <= 0 ||
      g_error_matches (error, AMT_PROV_ERROR, AMT_PROV_ERROR_AUTH_FAILED)) {
    amt_prov_operation_return_error (operation, error);
    return;
  }
  g_error_free (error);
  amt_prov_operation_add_timeout (operation, (guint)seconds * 1000, wake, g_steal_pointer (&self),
                                  (GDestroyNotify)verification_free);
}

/* What does not tell its state is judged by the log-in alone. */
static GError *
judge_state (Verification *self)
{
  gint64 state = amt_prov_action_get_int (self->action, "state");

  if (!amt_prov_action_has (self->action, "state") || state == STATE_POST)
    return NULL;
  return g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_WRONG_STATE,
                      "the machine is in provisioning state %d after CommitChanges, not 2",
                      (int)state);
}

static void
asked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Verification) self = user_data;
  GError *error = NULL;
  g_autoptr (AmtProvChannel) channel =
      amt_prov_session_connect_finish (AMT_PROV_SESSION (source), result, &error);

  if (channel != NULL) {
    amt_prov_session_set_channel (self->session, channel);
    amt_prov_channel_close (channel);
    error = judge_state (self);
  }
  if (error != NULL)
    retry_or_fail (g_steal_pointer (&self), error);
  else
    amt_prov_operation_return_variant (self->operation, NULL);
}

/* Only what the machine must have now: its new password. */
static GPtrArray *
new_password (AmtProvSession *session)
{
  GPtrArray *passwords = amt_prov_session_list_passwords (session);

  if (passwords->len > 1)
    g_ptr_array_set_size (passwords, 1);
  return passwords;
}

static gboolean
add_client_certificate (AmtProvSession *session, AmtProvTlsPolicy *policy, GError **error)
{
  AmtProvProfile *profile = amt_prov_site_get_profile (session->site);
  const char *signature =
      amt_prov_capabilities_get_string (session->capabilities, "device-signature");
  AmtProvProvisioningCertificate *client;

  if (amt_prov_profile_get_tls_mode (profile) != AMT_PROV_TLS_MODE_MUTUAL)
    return TRUE;
  client = amt_prov_certificate_authority_get_client (
      amt_prov_profile_get_certificate_authority (profile), g_strcmp0 (signature, "sha1") == 0,
      error);
  if (client == NULL)
    return FALSE;
  amt_prov_tls_policy_set_certificate (policy, client);
  return TRUE;
}

static AmtProvTlsPolicy *
operational_policy (AmtProvSession *session, GError **error)
{
  gboolean legacy = amt_prov_site_get_legacy_tls (session->site) == AMT_PROV_LEGACY_TLS_AUTO;
  const char *hex = amt_prov_device_get_fact (session->device, "pin");
  g_autoptr (AmtProvTlsPolicy) policy = NULL;
  g_autoptr (AmtProvCertHash) pin = NULL;

  policy = amt_prov_tls_policy_new_for_certificate (session->capabilities, legacy, NULL, error);
  if (policy == NULL || !add_client_certificate (session, policy, error))
    return NULL;
  if (hex == NULL) {
    g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_FAILED,
                         "the store does not know which certificate the machine must show");
    return NULL;
  }
  pin = amt_prov_cert_hash_new_from_hex (hex, error);
  if (pin == NULL)
    return NULL;
  amt_prov_tls_policy_set_pin (policy, pin);
  return g_steal_pointer (&policy);
}

static void
attempt (Verification *unowned)
{
  g_autoptr (Verification) self = unowned;
  AmtProvSession *session = self->session;
  gboolean tls = amt_prov_profile_get_tls_mode (amt_prov_site_get_profile (session->site)) !=
                 AMT_PROV_TLS_MODE_OFF;
  g_autoptr (GPtrArray) passwords = new_password (session);
  g_autoptr (AmtProvTlsPolicy) policy = NULL;
  GCancellable *cancellable = amt_prov_operation_get_cancellable (self->operation);
  AmtProvAction *question;
  g_autoptr (GError) error = NULL;

  if (tls)
    policy = operational_policy (session, &error);
  if (error != NULL) {
    amt_prov_operation_return_error (self->operation, g_steal_pointer (&error));
    return;
  }
  g_clear_object (&self->action);
  self->action = question = amt_prov_action_new (AMT_PROV_ACTION_READ_STATE);
  amt_prov_session_connect_with_async (
      session, policy,
      tls ? amt_prov_site_get_port (session->site) : amt_prov_site_get_plain_port (session->site),
      passwords, question, cancellable, asked, g_steal_pointer (&self));
}

static gboolean
amt_prov_step_verify_start (AmtProvStep *step,
                            AmtProvSession *session,
                            AmtProvOperation *operation,
                            GError **error)
{
  Verification *self = g_new0 (Verification, 1);

  self->session = g_object_ref (session);
  self->operation = g_object_ref (operation);
  self->tries_left = amt_prov_capabilities_get_int (session->capabilities, "commit-wait-tries");
  attempt (self);
  return TRUE;
}

static gboolean
amt_prov_step_verify_is_needed (AmtProvStep *step,
                                AmtProvSession *session,
                                AmtProvOperation *operation,
                                GError **error)
{
  amt_prov_operation_return_variant (operation, g_variant_new_boolean (TRUE));
  return TRUE;
}

static const char *
amt_prov_step_verify_get_id (AmtProvStep *step)
{
  return "verify";
}

static AmtProvPhase
amt_prov_step_verify_get_phase (AmtProvStep *step)
{
  return AMT_PROV_PHASE_VERIFY;
}

static void
amt_prov_step_verify_iface_init (AmtProvStepInterface *iface)
{
  iface->get_id = amt_prov_step_verify_get_id;
  iface->get_phase = amt_prov_step_verify_get_phase;
  iface->is_needed = amt_prov_step_verify_is_needed;
  iface->start = amt_prov_step_verify_start;
}
