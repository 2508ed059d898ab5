/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "psk-method.h"

/* TLS-PSK provisioning: the machine's hello names a PID, the store has its PPS (psk.md §4). */

#define FACTORY_PASSWORD "admin"
#define PAIR_KEY         "amtprov-psk-pair"

/* How long a pair is reserved for one session's handshake. */
#define RESERVATION_SECONDS 120

struct _AmtProvPskMethod {
  GObject parent_instance;
};

static void amt_prov_psk_method_iface_init (AmtProvMethodInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (AmtProvPskMethod,
                               amt_prov_psk_method,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (AMT_PROV_TYPE_METHOD,
                                                      amt_prov_psk_method_iface_init))

static void
amt_prov_psk_method_class_init (AmtProvPskMethodClass *klass)
{
}

static void
amt_prov_psk_method_init (AmtProvPskMethod *self)
{
}

void
amt_prov_psk_method_set_pair (AmtProvSession *session, AmtProvCredential *pair)
{
  g_object_set_data_full (G_OBJECT (session), PAIR_KEY, amt_prov_credential_ref (pair),
                          (GDestroyNotify)amt_prov_credential_unref);
}

AmtProvCredential *
amt_prov_psk_method_get_pair (AmtProvSession *session)
{
  return g_object_get_data (G_OBJECT (session), PAIR_KEY);
}

static const char *
amt_prov_psk_method_get_id (AmtProvMethod *method)
{
  return METHOD_ID;
}

static AmtProvVerdict *
refuse (const char *reason)
{
  return amt_prov_verdict_new (METHOD_ID, FALSE, 0, reason, NULL);
}

/* A method that hands pairs out sets its machines up, where the site allows it. */
static gboolean
is_left_to_another (const char *medium, AmtProvSite *site)
{
  g_auto (GStrv) allowed = amt_prov_site_get_method_order (site);

  return medium != NULL && allowed != NULL && !g_str_equal (medium, METHOD_ID) &&
         g_strv_contains ((const char *const *)allowed, medium);
}

static AmtProvVerdict *
amt_prov_psk_method_evaluate (AmtProvMethod *method,
                              AmtProvFacts *facts,
                              AmtProvSite *site,
                              AmtProvCapabilities *capabilities)
{
  AmtProvHello *hello = amt_prov_facts_get_hello (facts);
  const char *medium = amt_prov_facts_get_medium (facts);
  g_autoptr (AmtProvRule) rule = NULL;
  g_autofree char *reason = NULL;

  if (hello != NULL && amt_prov_hello_get_pid (hello) == NULL)
    return refuse ("the machine's hello names no PID: it was not set up with a pair");
  if (is_left_to_another (medium, site)) {
    reason =
        g_strdup_printf ("the pair was handed out by method %s, which the site allows", medium);
    rule = amt_prov_site_dup_rule (site, "methods", "order");
    return amt_prov_verdict_new (METHOD_ID, FALSE, 0, reason, rule);
  }
  amt_prov_capabilities_allows_method (capabilities, METHOD_ID, &reason, &rule);
  return amt_prov_verdict_new (METHOD_ID, TRUE, 0, reason, rule);
}

/* ---- open: find the pair, reserve it, connect ---- */

typedef struct {
  AmtProvSession *session;
  AmtProvOperation *operation;
  AmtProvCredential *pair;
} Opening;

static void
opening_free (Opening *self)
{
  g_clear_object (&self->session);
  g_clear_object (&self->operation);
  g_clear_pointer (&self->pair, amt_prov_credential_unref);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Opening, opening_free)

static const char *
get_pid (Opening *self)
{
  return amt_prov_hello_get_pid (amt_prov_session_get_hello (self->session));
}

static const char *
get_uuid (Opening *self)
{
  return amt_prov_device_get_uuid (amt_prov_session_get_device (self->session));
}

static void G_GNUC_PRINTF (2, 3) fail_blocked (Opening *self, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  amt_prov_operation_return_error (
      self->operation, g_error_new_valist (AMT_PROV_ERROR, AMT_PROV_ERROR_BLOCKED, format, args));
  va_end (args);
}

static AmtProvChange *
reservation_change (Opening *self, AmtProvVerb verb)
{
  g_autofree char *key = g_strdup_printf (PSK_TYPE ":%s", get_pid (self));
  g_autoptr (AmtProvRecord) lease = amt_prov_record_new (AMT_PROV_KIND_LEASE, key);
  gint64 now = g_get_real_time ();
  AmtProvChange *change;

  amt_prov_record_set_owner (lease, get_uuid (self));
  amt_prov_record_set_due (lease, now + (gint64)RESERVATION_SECONDS * G_USEC_PER_SEC);
  change = amt_prov_change_new (verb, lease, AMT_PROV_CONDITION_LEASE);
  amt_prov_change_set_now (change, now);
  return change;
}

/* Reserved by a lease that ends by itself: a daemon that dies here leaves no pair behind. */
static void
change_reservation (Opening *self,
                    AmtProvVerb verb,
                    GCancellable *cancellable,
                    GAsyncReadyCallback callback,
                    gpointer user_data)
{
  g_autoptr (GPtrArray) changes =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_change_unref);

  g_ptr_array_add (changes, reservation_change (self, verb));
  amt_prov_database_apply_async (amt_prov_session_get_database (self->session), changes,
                                 cancellable, callback, user_data);
}

/* A handshake that the machine refuses says that it has another PPS, or none, for this PID. */
static void
connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Opening) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (AmtProvChannel) channel =
      amt_prov_session_connect_finish (AMT_PROV_SESSION (source), result, &error);

  change_reservation (self, AMT_PROV_VERB_DELETE, NULL, NULL, NULL);
  if (channel != NULL) {
    amt_prov_psk_method_set_pair (self->session, self->pair);
    amt_prov_operation_return_object (self->operation, G_OBJECT (channel));
  } else if (g_error_matches (error, AMT_PROV_ERROR, AMT_PROV_ERROR_TLS)) {
    fail_blocked (
        self,
        "TLS with the key of PID %s failed (%s). Most likely the PPS in the machine's MEBx "
        "is another than the one in the store: enter the pair again, or import the right "
        "one",
        get_pid (self), error->message);
  } else {
    amt_prov_operation_return_error (self->operation, g_steal_pointer (&error));
  }
}

static gboolean
add_site_password (AmtProvSite *site, GPtrArray *passwords, GError **error)
{
  AmtProvSettings *settings = amt_prov_site_get_settings (site, METHOD_ID);
  AmtProvSecret *password;

  if (settings == NULL || !amt_prov_settings_has (settings, "initial-password"))
    return TRUE;
  password = amt_prov_settings_load_secret (settings, "initial-password", error);
  if (password == NULL)
    return FALSE;
  g_ptr_array_add (passwords, password);
  return TRUE;
}

static void
add_password_once (GPtrArray *passwords, AmtProvSecret *password)
{
  for (guint i = 0; i < passwords->len; i++) {
    if (amt_prov_secret_equal (passwords->pdata[i], password))
      return;
  }
  g_ptr_array_add (passwords, amt_prov_secret_ref (password));
}

/* Ours, then the one that was typed in with the pair, the site's, the factory's. */
static GPtrArray *
collect_passwords (Opening *self, GError **error)
{
  g_autoptr (GPtrArray) passwords = amt_prov_session_list_passwords (self->session);
  g_autoptr (GPtrArray) known =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_secret_unref);
  g_autoptr (AmtProvSecret) factory = amt_prov_secret_new_text (FACTORY_PASSWORD);
  AmtProvSecret *typed = amt_prov_credential_get_value (self->pair, "password");

  if (typed != NULL)
    g_ptr_array_add (passwords, amt_prov_secret_ref (typed));
  if (!add_site_password (amt_prov_session_get_site (self->session), passwords, error))
    return NULL;
  g_ptr_array_add (passwords, amt_prov_secret_ref (factory));
  for (guint i = 0; i < passwords->len; i++)
    add_password_once (known, passwords->pdata[i]);
  return g_steal_pointer (&known);
}

static void
connect_with (Opening *unowned)
{
  g_autoptr (Opening) self = unowned;
  AmtProvSite *site = amt_prov_session_get_site (self->session);
  g_autoptr (AmtProvPsk) psk = NULL;
  g_autoptr (AmtProvTlsPolicy) policy = NULL;
  g_autoptr (GPtrArray) passwords = NULL;
  g_autoptr (GError) error = NULL;

  psk = amt_prov_psk_method_read_pair (self->pair, &error);
  if (psk != NULL)
    policy = amt_prov_tls_policy_new_for_psk (
        amt_prov_session_get_capabilities (self->session),
        amt_prov_site_get_legacy_tls (site) == AMT_PROV_LEGACY_TLS_AUTO, psk, &error);
  if (policy != NULL)
    passwords = collect_passwords (self, &error);
  if (passwords == NULL) {
    amt_prov_operation_return_error (self->operation, g_steal_pointer (&error));
    return;
  }
  amt_prov_session_connect_async (self->session, policy, amt_prov_site_get_port (site), passwords,
                                  amt_prov_operation_get_cancellable (self->operation), connected,
                                  self);
  g_steal_pointer (&self);
}

static void
reserved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Opening) self = user_data;
  g_autoptr (GError) error = NULL;

  if (amt_prov_database_apply_finish (AMT_PROV_DATABASE (source), result, &error)) {
    connect_with (g_steal_pointer (&self));
    return;
  }
  if (g_error_matches (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFLICT)) {
    g_clear_error (&error);
    error =
        g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_CONFLICT,
                     "PID %s is being used by another machine's session just now", get_pid (self));
  }
  amt_prov_operation_return_error (self->operation, g_steal_pointer (&error));
}

static gboolean
check_pair (Opening *self)
{
  const char *owner = amt_prov_credential_get_owner (self->pair);
  const char *state = amt_prov_credential_get_state (self->pair);

  if (g_strcmp0 (state, PSK_REVOKED) == 0) {
    fail_blocked (self,
                  "PID %s was revoked at %s, so no machine is set up with it any more: enter a new "
                  "pair into the MEBx of this one",
                  get_pid (self), amt_prov_credential_get_note (self->pair, PSK_REVOKED));
    return FALSE;
  }
  if (owner != NULL && *owner != '\0' && g_strcmp0 (owner, get_uuid (self)) != 0) {
    fail_blocked (self,
                  "PID %s belongs to %s, but %s names it: a pair serves one machine only. Find out "
                  "which machine has it, and give the other one a pair of its own",
                  get_pid (self), owner, get_uuid (self));
    return FALSE;
  }
  if (g_strcmp0 (state, PSK_RETIRED) == 0) {
    fail_blocked (self, "PID %s was replaced by a newer pair: give the machine a new one",
                  get_pid (self));
    return FALSE;
  }
  return TRUE;
}

static void
pair_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Opening) self = user_data;
  GCancellable *cancellable = amt_prov_operation_get_cancellable (self->operation);
  AmtProvDatabase *database = AMT_PROV_DATABASE (source);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) records = amt_prov_database_query_finish (database, result, &error);

  if (records != NULL && records->len == 0) {
    fail_blocked (self, "PID %s is not in the store: import it with amtprov psk import",
                  get_pid (self));
    return;
  }
  if (records != NULL)
    self->pair = amt_prov_database_unseal (database, records->pdata[0], &error);
  if (self->pair == NULL)
    amt_prov_operation_return_error (self->operation, g_steal_pointer (&error));
  else if (check_pair (self)) {
    Opening *opening = g_steal_pointer (&self);
    change_reservation (opening, AMT_PROV_VERB_PUT, cancellable, reserved, opening);
  }
}

static gboolean
amt_prov_psk_method_open (AmtProvMethod *method,
                          AmtProvSession *session,
                          AmtProvOperation *operation,
                          GError **error)
{
  g_autoptr (AmtProvQuery) query = amt_prov_query_new (AMT_PROV_KIND_CREDENTIAL);
  g_autofree char *key = NULL;
  Opening *self = g_new0 (Opening, 1);

  self->session = g_object_ref (session);
  self->operation = g_object_ref (operation);
  key = g_strdup_printf (PSK_TYPE ":%s", get_pid (self));
  amt_prov_query_set_key (query, key);
  amt_prov_database_query_async (amt_prov_session_get_database (session), query,
                                 amt_prov_operation_get_cancellable (operation), pair_read, self);
  return TRUE;
}

static gboolean
rotates (AmtProvSession *session)
{
  AmtProvSettings *settings =
      amt_prov_site_get_settings (amt_prov_session_get_site (session), METHOD_ID);

  return settings == NULL || amt_prov_settings_get_boolean (settings, "rotate");
}

static void
add_step (AmtProvPlan *plan, AmtProvStep *step)
{
  amt_prov_plan_add (plan, step);
  g_object_unref (step);
}

static void
amt_prov_psk_method_adjust_plan (AmtProvMethod *method, AmtProvSession *session, AmtProvPlan *plan)
{
  if (amt_prov_psk_method_get_pair (session) != NULL) {
    add_step (plan, amt_prov_psk_method_new_bind_step ());
    if (rotates (session))
      add_step (plan, amt_prov_psk_method_new_rotate_step ());
  }
  add_step (plan, amt_prov_psk_method_new_settle_step ());
}

static void
amt_prov_psk_method_iface_init (AmtProvMethodInterface *iface)
{
  iface->get_id = amt_prov_psk_method_get_id;
  iface->evaluate = amt_prov_psk_method_evaluate;
  iface->open = amt_prov_psk_method_open;
  iface->adjust_plan = amt_prov_psk_method_adjust_plan;
}
