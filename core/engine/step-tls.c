/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/crypto.h>

#include <amtprov/error.h>

#include "engine/session-private.h"
#include "engine/step-table.h"

/* Gives the machine a key and a certificate of the site's CA and turns TLS on or off. */

#define DEVICE_KEY_BITS 2048

typedef struct {
  GObject parent_instance;
  gint64 trusted_roots; /* what the probe has found */
  gboolean has_certificate;
} AmtProvStepTls;

typedef struct {
  GObjectClass parent_class;
} AmtProvStepTlsClass;

static GType amt_prov_step_tls_get_type (void);
static void amt_prov_step_tls_iface_init (AmtProvStepInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (AmtProvStepTls,
                               amt_prov_step_tls,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (AMT_PROV_TYPE_STEP,
                                                      amt_prov_step_tls_iface_init))

static void
amt_prov_step_tls_class_init (AmtProvStepTlsClass *klass)
{
}

static void
amt_prov_step_tls_init (AmtProvStepTls *self)
{
}

AmtProvStep *
amt_prov_step_tls_new (void)
{
  return g_object_new (amt_prov_step_tls_get_type (), NULL);
}

/* One run of the step: the stages follow each other in this order. */
typedef enum {
  STAGE_MAKE_KEY,
  STAGE_ADD_KEY,
  STAGE_ADD_CERTIFICATE,
  STAGE_BIND,
  STAGE_TRUST,
  STAGE_SWITCH,
  STAGE_DONE,
} Stage;

typedef struct {
  AmtProvStepTls *step;
  AmtProvSession *session;
  AmtProvOperation *operation;
  AmtProvAction *action;
  Stage stage;
  GBytes *public_key;
  GBytes *certificate;
  char *handle;
} Run;

static void
run_free (Run *run)
{
  g_clear_object (&run->step);
  g_clear_object (&run->session);
  g_clear_object (&run->operation);
  g_clear_object (&run->action);
  g_clear_pointer (&run->public_key, g_bytes_unref);
  g_clear_pointer (&run->certificate, g_bytes_unref);
  g_clear_pointer (&run->handle, g_free);
  g_free (run);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Run, run_free)

static void advance (Run *unowned);

static AmtProvProfile *
profile_of (AmtProvSession *session)
{
  return amt_prov_site_get_profile (session->site);
}

static char *
fingerprint (GBytes *der)
{
  return g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, der);
}

/* ---- is it needed ---- */

static gboolean
has_our_certificate (AmtProvSession *session, GBytes *certificate)
{
  g_autofree char *found = certificate != NULL ? fingerprint (certificate) : NULL;

  return found != NULL && g_strcmp0 (found, amt_prov_device_get_fact (session->device, "pin")) == 0;
}

static gboolean
differs (AmtProvStepTls *self, AmtProvSession *session, AmtProvAction *probe)
{
  AmtProvTlsMode mode = amt_prov_profile_get_tls_mode (profile_of (session));
  gboolean tls = amt_prov_action_get_boolean (probe, "tls");
  gboolean mutual = amt_prov_action_get_boolean (probe, "mutual");

  self->trusted_roots = amt_prov_action_get_int (probe, "roots");
  self->has_certificate =
      has_our_certificate (session, amt_prov_action_get_bytes (probe, "certificate"));
  if (mode == AMT_PROV_TLS_MODE_OFF)
    return tls;
  return !tls || !self->has_certificate || amt_prov_action_get_boolean (probe, "plain") ||
         mutual != (mode == AMT_PROV_TLS_MODE_MUTUAL);
}

/* A machine that does not tell has TLS off until it was switched on. */
static gboolean
wants_tls (Run *run)
{
  return amt_prov_profile_get_tls_mode (profile_of (run->session)) != AMT_PROV_TLS_MODE_OFF;
}

static void
probed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Run) run = user_data;
  g_autoptr (GError) error = NULL;

  if (amt_prov_channel_perform_finish (AMT_PROV_CHANNEL (source), result, &error))
    amt_prov_operation_return_variant (
        run->operation, g_variant_new_boolean (differs (run->step, run->session, run->action)));
  else if (g_error_matches (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_SUPPORTED))
    amt_prov_operation_return_variant (run->operation, g_variant_new_boolean (wants_tls (run)));
  else
    amt_prov_operation_return_error (run->operation, g_steal_pointer (&error));
}

static Run *
run_new (AmtProvStep *step, AmtProvSession *session, AmtProvOperation *operation)
{
  Run *run = g_new0 (Run, 1);

  run->step = (AmtProvStepTls *)g_object_ref (step);
  run->session = g_object_ref (session);
  run->operation = g_object_ref (operation);
  return run;
}

static void
perform (Run *run, AmtProvAction *action, GAsyncReadyCallback callback)
{
  g_clear_object (&run->action);
  run->action = action;
  amt_prov_channel_perform_async (run->session->channel, action,
                                  amt_prov_operation_get_cancellable (run->operation), callback,
                                  run);
}

static gboolean
amt_prov_step_tls_is_needed (AmtProvStep *step,
                             AmtProvSession *session,
                             AmtProvOperation *operation,
                             GError **error)
{
  AmtProvAction *probe = amt_prov_action_new (AMT_PROV_ACTION_READ_TLS);

  amt_prov_action_set_boolean (probe, "certificates",
                               amt_prov_profile_get_tls_mode (profile_of (session)) !=
                                   AMT_PROV_TLS_MODE_OFF);
  perform (run_new (step, session, operation), probe, probed);
  return TRUE;
}

/* ---- a key made by the server, for firmware that cannot make one ---- */

static AmtProvSecret *
make_key (void)
{
  g_autoptr (AmtProvSecret) secret = NULL;
  EVP_PKEY *key = EVP_RSA_gen (DEVICE_KEY_BITS);
  unsigned char *der = NULL;
  int length = key != NULL ? i2d_PrivateKey (key, &der) : 0;

  if (length > 0)
    secret = amt_prov_secret_new (der, (gsize)length);
  OPENSSL_clear_free (der, length > 0 ? (size_t)length : 0);
  EVP_PKEY_free (key);
  return g_steal_pointer (&secret);
}

static GBytes *
public_half (AmtProvSecret *secret)
{
  gsize length;
  const unsigned char *data = amt_prov_secret_peek (secret, &length);
  EVP_PKEY *key = d2i_PrivateKey (EVP_PKEY_RSA, NULL, &data, (long)length);
  unsigned char *der = NULL;
  int size = key != NULL ? i2d_PublicKey (key, &der) : 0;
  GBytes *bytes = size > 0 ? g_bytes_new (der, (gsize)size) : NULL;

  OPENSSL_free (der);
  EVP_PKEY_free (key);
  return bytes;
}

static AmtProvCredential *
stored_key (Run *run)
{
  return amt_prov_session_get_credential (run->session, "tls-key", NULL);
}

static void
key_saved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Run) run = user_data;
  g_autoptr (GError) error = NULL;

  if (!amt_prov_session_save_credentials_finish (AMT_PROV_SESSION (source), result, &error))
    amt_prov_operation_return_error (run->operation, g_steal_pointer (&error));
  else
    advance (g_steal_pointer (&run));
}

static void
save_key (Run *run, AmtProvSecret *key)
{
  const char *uuid = amt_prov_device_get_uuid (run->session->device);
  g_autoptr (GPtrArray) credentials =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_credential_unref);
  AmtProvCredential *credential = amt_prov_credential_new ("tls-key", uuid, uuid, "pending");

  amt_prov_credential_set_value (credential, "key", key);
  g_ptr_array_add (credentials, credential);
  amt_prov_session_save_credentials_async (run->session, credentials,
                                           amt_prov_operation_get_cancellable (run->operation),
                                           key_saved, run);
}

static void
key_made (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Run) run = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (AmtProvSecret) key = g_task_propagate_pointer (G_TASK (result), &error);

  if (key == NULL)
    amt_prov_operation_return_error (run->operation, g_steal_pointer (&error));
  else
    save_key (g_steal_pointer (&run), key);
}

static void
make_key_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  AmtProvSecret *key = make_key ();

  if (key != NULL)
    g_task_return_pointer (task, key, (GDestroyNotify)amt_prov_secret_unref);
  else
    g_task_return_new_error (task, AMT_PROV_ERROR, AMT_PROV_ERROR_FAILED,
                             "OpenSSL made no RSA key");
}

/* Making a key takes long enough to be felt by every other session, so it has a thread. */
static void
save_new_key (Run *run)
{
  g_autoptr (GTask) task =
      g_task_new (NULL, amt_prov_operation_get_cancellable (run->operation), key_made, run);

  g_task_run_in_thread (task, make_key_in_thread);
}

/* ---- the stages ---- */

static AmtProvAction *
prepare_make_key (Run *run)
{
  AmtProvAction *action = amt_prov_action_new (AMT_PROV_ACTION_MAKE_KEY);

  amt_prov_action_set_int (action, "bits", DEVICE_KEY_BITS);
  return action;
}

static AmtProvAction *
prepare_add_key (Run *run)
{
  AmtProvAction *action = amt_prov_action_new (AMT_PROV_ACTION_ADD_KEY);
  AmtProvSecret *key = amt_prov_credential_get_value (stored_key (run), "key");

  run->public_key = public_half (key);
  amt_prov_action_set_secret (action, "key", key);
  return action;
}

static AmtProvAction *
prepare_add_certificate (Run *run, GError **error)
{
  AmtProvCapabilities *capabilities = run->session->capabilities;
  gboolean sha1 =
      g_strcmp0 (amt_prov_capabilities_get_string (capabilities, "device-signature"), "sha1") == 0;
  g_autofree char *fqdn = amt_prov_session_dup_fqdn (run->session);
  g_autofree char *pin = NULL;
  AmtProvAction *action;

  run->certificate = amt_prov_certificate_authority_sign (
      amt_prov_profile_get_certificate_authority (profile_of (run->session)), run->public_key, fqdn,
      sha1, error);
  if (run->certificate == NULL)
    return NULL;
  pin = fingerprint (run->certificate);
  amt_prov_session_set_fact (run->session, "pin", pin);
  action = amt_prov_action_new (AMT_PROV_ACTION_ADD_CERTIFICATE);
  amt_prov_action_set_bytes (action, "certificate", run->certificate);
  return action;
}

static AmtProvAction *
prepare_bind (Run *run)
{
  AmtProvAction *action = amt_prov_action_new (AMT_PROV_ACTION_BIND_CERTIFICATE);

  amt_prov_action_set_string (action, "handle", run->handle);
  return action;
}

static AmtProvAction *
prepare_trust (Run *run)
{
  AmtProvAction *action = amt_prov_action_new (AMT_PROV_ACTION_ADD_TRUSTED_ROOT);

  amt_prov_action_set_bytes (
      action, "certificate",
      amt_prov_certificate_authority_get_certificate (
          amt_prov_profile_get_certificate_authority (profile_of (run->session))));
  return action;
}

static AmtProvAction *
prepare_switch (Run *run)
{
  AmtProvTlsMode mode = amt_prov_profile_get_tls_mode (profile_of (run->session));
  AmtProvAction *action = amt_prov_action_new (AMT_PROV_ACTION_SET_TLS);

  amt_prov_action_set_boolean (action, "tls", mode != AMT_PROV_TLS_MODE_OFF);
  amt_prov_action_set_boolean (action, "mutual", mode == AMT_PROV_TLS_MODE_MUTUAL);
  amt_prov_action_set_boolean (action, "plain", mode == AMT_PROV_TLS_MODE_OFF);
  return action;
}

static gboolean
wants_trust (Run *run)
{
  return amt_prov_profile_get_tls_mode (profile_of (run->session)) == AMT_PROV_TLS_MODE_MUTUAL &&
         run->step->trusted_roots == 0;
}

static AmtProvAction *
prepare (Run *run, GError **error)
{
  switch (run->stage) {
  case STAGE_MAKE_KEY:
    return prepare_make_key (run);
  case STAGE_ADD_KEY:
    return prepare_add_key (run);
  case STAGE_ADD_CERTIFICATE:
    return prepare_add_certificate (run, error);
  case STAGE_BIND:
    return prepare_bind (run);
  case STAGE_TRUST:
    return prepare_trust (run);
  case STAGE_SWITCH:
    return prepare_switch (run);
  case STAGE_DONE:
  default:
    return NULL;
  }
}

/* Which stage follows when one has worked. */
static Stage
take_result (Run *run)
{
  switch (run->stage) {
  case STAGE_MAKE_KEY:
    run->public_key = g_bytes_ref (amt_prov_action_get_bytes (run->action, "public-key"));
    return STAGE_ADD_CERTIFICATE;
  case STAGE_ADD_KEY:
    return STAGE_ADD_CERTIFICATE;
  case STAGE_ADD_CERTIFICATE:
    run->handle = g_strdup (amt_prov_action_get_string (run->action, "handle"));
    return STAGE_BIND;
  case STAGE_BIND:
    return wants_trust (run) ? STAGE_TRUST : STAGE_SWITCH;
  case STAGE_TRUST:
    return STAGE_SWITCH;
  case STAGE_SWITCH:
  case STAGE_DONE:
  default:
    return STAGE_DONE;
  }
}

static gboolean
falls_back_to_own_key (Run *run, GError *error)
{
  return run->stage == STAGE_MAKE_KEY &&
         (g_error_matches (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_SUPPORTED) ||
          g_error_matches (error, AMT_PROV_ERROR, AMT_PROV_ERROR_REFUSED));
}

/* The site wants TLS: a machine that cannot be told is not left without. */
static GError *
explain_lack (Run *run, GError *error)
{
  if (!wants_tls (run) || !g_error_matches (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_SUPPORTED))
    return error;
  error->code = AMT_PROV_ERROR_BLOCKED;
  g_prefix_error (&error,
                  "the site wants TLS, which cannot be set up on this machine; put it into a "
                  "site with [profile] tls=off, or leave it alone: ");
  return error;
}

static void
performed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Run) run = user_data;
  g_autoptr (GError) error = NULL;

  if (amt_prov_channel_perform_finish (AMT_PROV_CHANNEL (source), result, &error)) {
    run->stage = take_result (run);
  } else if (falls_back_to_own_key (run, error)) {
    run->stage = STAGE_ADD_KEY;
  } else {
    amt_prov_operation_return_error (run->operation, explain_lack (run, g_steal_pointer (&error)));
    return;
  }
  advance (g_steal_pointer (&run));
}

static void
advance (Run *unowned)
{
  g_autoptr (Run) run = unowned;
  g_autoptr (GError) error = NULL;
  AmtProvAction *action;

  if (run->stage == STAGE_DONE) {
    amt_prov_operation_return_variant (run->operation, NULL);
    return;
  }
  if (run->stage == STAGE_ADD_KEY && stored_key (run) == NULL) {
    save_new_key (g_steal_pointer (&run));
    return;
  }
  action = prepare (run, &error);
  if (action == NULL) {
    amt_prov_operation_return_error (run->operation, g_steal_pointer (&error));
    return;
  }
  perform (g_steal_pointer (&run), action, performed);
}

/* A key that the server has already given to the machine is used again. */
static Stage
first_stage (Run *run)
{
  if (amt_prov_profile_get_tls_mode (profile_of (run->session)) == AMT_PROV_TLS_MODE_OFF)
    return STAGE_SWITCH;
  if (run->step->has_certificate)
    return wants_trust (run) ? STAGE_TRUST : STAGE_SWITCH;
  return stored_key (run) != NULL ? STAGE_ADD_KEY : STAGE_MAKE_KEY;
}

static gboolean
amt_prov_step_tls_start (AmtProvStep *step,
                         AmtProvSession *session,
                         AmtProvOperation *operation,
                         GError **error)
{
  Run *run = run_new (step, session, operation);

  run->stage = first_stage (run);
  advance (run);
  return TRUE;
}

static const char *
amt_prov_step_tls_get_id (AmtProvStep *step)
{
  return "set-tls";
}

static AmtProvPhase
amt_prov_step_tls_get_phase (AmtProvStep *step)
{
  return AMT_PROV_PHASE_CONFIGURE;
}

static void
amt_prov_step_tls_iface_init (AmtProvStepInterface *iface)
{
  iface->get_id = amt_prov_step_tls_get_id;
  iface->get_phase = amt_prov_step_tls_get_phase;
  iface->is_needed = amt_prov_step_tls_is_needed;
  iface->start = amt_prov_step_tls_start;
}
