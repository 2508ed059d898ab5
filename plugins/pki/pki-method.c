/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pki-method.h"

/* Bare-metal PKI: the machine trusts the root of our provisioning certificate (pki.md, road A). */

#define FACTORY_PASSWORD "admin"

/* Which certificate to try next on a machine whose suffix is not known. */
#define FACT_TRIED "pki-tried"

struct _AmtProvPkiMethod {
  GObject parent_instance;
};

static void amt_prov_pki_method_iface_init (AmtProvMethodInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (AmtProvPkiMethod,
                               amt_prov_pki_method,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (AMT_PROV_TYPE_METHOD,
                                                      amt_prov_pki_method_iface_init))

static void
amt_prov_pki_method_class_init (AmtProvPkiMethodClass *klass)
{
}

static void
amt_prov_pki_method_init (AmtProvPkiMethod *self)
{
}

static const char *
amt_prov_pki_method_get_id (AmtProvMethod *method)
{
  return METHOD_ID;
}

static AmtProvVerdict *
refuse (const char *reason)
{
  return amt_prov_verdict_new (METHOD_ID, FALSE, 0, reason, NULL);
}

static AmtProvVerdict *
amt_prov_pki_method_evaluate (AmtProvMethod *method,
                              AmtProvFacts *facts,
                              AmtProvSite *site,
                              AmtProvCapabilities *capabilities)
{
  AmtProvHello *hello = amt_prov_facts_get_hello (facts);
  g_autoptr (GPtrArray) groups = amt_prov_site_list_settings (site, METHOD_ID);
  g_autoptr (AmtProvRule) rule = NULL;
  g_autofree char *reason = NULL;

  if (hello != NULL && amt_prov_hello_get_pid (hello) != NULL)
    return refuse ("the machine's hello names a PID: it was set up with a pair");
  if (groups->len == 0)
    return refuse ("the site has no provisioning certificate: add a group [pki NAME]");
  amt_prov_capabilities_allows_method (capabilities, METHOD_ID, &reason, &rule);
  return amt_prov_verdict_new (METHOD_ID, TRUE, 0, reason, rule);
}

/* ---- open: choose a certificate and connect ---- */

typedef struct {
  AmtProvSession *session;
  AmtProvOperation *operation;
  AmtProvSettings *group; /* whose certificate is shown */
  guint more;             /* certificates that later hellos can try */
  char *number;           /* the certificate's, where several fit; NULL where it is the only one */
} Opening;

static void
opening_free (Opening *self)
{
  g_clear_object (&self->session);
  g_clear_object (&self->operation);
  g_clear_pointer (&self->group, amt_prov_settings_unref);
  g_free (self->number);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Opening, opening_free)

static AmtProvProvisioningCertificate *
get_certificate (Opening *self)
{
  return amt_prov_settings_get_certificate (self->group, "certificate");
}

/* As long as the release is not known, only what holds for every release is judged. */
static AmtProvCapabilities *
get_release (AmtProvSession *session)
{
  return amt_prov_session_knows_release (session) ? amt_prov_session_get_capabilities (session)
                                                  : NULL;
}

/* A hello on behalf of a machine, made by an operator, lists no roots: that says nothing. */
static AmtProvHello *
get_hello_with_roots (AmtProvSession *session)
{
  AmtProvHello *hello = amt_prov_session_get_hello (session);
  GPtrArray *hashes = hello != NULL ? amt_prov_hello_get_hashes (hello) : NULL;

  return hashes != NULL && hashes->len > 0 ? hello : NULL;
}

/* RFC 5246 §7.2: the alerts by which a peer refuses a certificate. */
static gboolean
refuses_certificate (int alert)
{
  return alert == 40 || (alert >= 42 && alert <= 51);
}

static void
append_checks (GString *text, GPtrArray *checks, AmtProvCheckResult result)
{
  for (guint i = 0; i < checks->len; i++) {
    if (amt_prov_check_get_result (checks->pdata[i]) == result)
      g_string_append_printf (text, " %s", amt_prov_check_get_sentence (checks->pdata[i]));
  }
}

/* What our own checks say about a certificate that the machine has refused. */
static char *
describe (Opening *self)
{
  AmtProvSession *session = self->session;
  g_autoptr (GPtrArray) checks = amt_prov_provisioning_certificate_check (
      get_certificate (self), amt_prov_session_get_suffix (session), get_hello_with_roots (session),
      get_release (session));
  GString *text = g_string_new (NULL);

  append_checks (text, checks, AMT_PROV_CHECK_RESULT_FAIL);
  append_checks (text, checks, AMT_PROV_CHECK_RESULT_UNKNOWN);
  if (text->len == 0)
    g_string_append (text, " Every rule that can be checked from here holds.");
  return g_string_free (text, FALSE);
}

static void
report_refusal (Opening *self, GError *refusal)
{
  g_autofree char *own = describe (self);
  GError *error =
      g_error_new (AMT_PROV_ERROR, self->more > 0 ? AMT_PROV_ERROR_TLS : AMT_PROV_ERROR_BLOCKED,
                   "the machine refused the certificate of [%s]: %s.%s%s",
                   amt_prov_settings_get_group (self->group), refusal->message, own,
                   self->more > 0 ? " The next hello tries another certificate of the site." : "");

  amt_prov_operation_return_error (self->operation, error);
}

static void
connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Opening) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (AmtProvChannel) channel =
      amt_prov_session_connect_finish (AMT_PROV_SESSION (source), result, &error);

  if (channel != NULL) {
    /* The next setup of the machine begins with the certificate that has worked: as long as the
     * machine is operational, a hello leaves no trace, and so no second one would be tried. */
    amt_prov_session_set_fact (self->session, FACT_TRIED, self->number);
    amt_prov_operation_return_object (self->operation, G_OBJECT (channel));
  } else if (refuses_certificate (amt_prov_error_get_tls_alert (error))) {
    report_refusal (self, error);
  } else {
    amt_prov_operation_return_error (self->operation, g_steal_pointer (&error));
  }
}

/* With a known suffix the best certificate is the one; else each hello tries the next. */
static void
pick (Opening *self, GPtrArray *fitting)
{
  AmtProvDevice *device = amt_prov_session_get_device (self->session);
  const char *text = amt_prov_device_get_fact (device, FACT_TRIED);
  guint tried = text != NULL ? (guint)g_ascii_strtoull (text, NULL, 10) % fitting->len : 0;
  g_autofree char *next = NULL;

  if (amt_prov_session_get_suffix (self->session) != NULL || fitting->len == 1) {
    self->group = amt_prov_settings_ref (fitting->pdata[0]);
    return;
  }
  self->group = amt_prov_settings_ref (fitting->pdata[tried]);
  self->more = fitting->len - 1 - tried;
  self->number = g_strdup_printf ("%u", tried);
  next = g_strdup_printf ("%u", (tried + 1) % fitting->len);
  amt_prov_session_set_fact (self->session, FACT_TRIED, next);
}

static gboolean
choose (Opening *self, GError **error)
{
  AmtProvSession *session = self->session;
  g_autoptr (GPtrArray) fitting = amt_prov_site_choose_certificates (
      amt_prov_session_get_site (session), METHOD_ID, amt_prov_session_get_suffix (session),
      get_hello_with_roots (session), get_release (session), error);

  if (fitting != NULL)
    pick (self, fitting);
  return fitting != NULL;
}

static GPtrArray *
collect_passwords (AmtProvSession *session)
{
  GPtrArray *passwords = amt_prov_session_list_passwords (session);

  g_ptr_array_add (passwords, amt_prov_secret_new_text (FACTORY_PASSWORD));
  return passwords;
}

static gboolean
amt_prov_pki_method_open (AmtProvMethod *method,
                          AmtProvSession *session,
                          AmtProvOperation *operation,
                          GError **error)
{
  AmtProvSite *site = amt_prov_session_get_site (session);
  g_autoptr (Opening) self = g_new0 (Opening, 1);
  g_autoptr (AmtProvTlsPolicy) policy = NULL;
  g_autoptr (GPtrArray) passwords = collect_passwords (session);

  self->session = g_object_ref (session);
  self->operation = g_object_ref (operation);
  if (!choose (self, error))
    return FALSE;
  policy = amt_prov_tls_policy_new_for_certificate (amt_prov_session_get_capabilities (session),
                                                    amt_prov_site_get_legacy_tls (site) ==
                                                        AMT_PROV_LEGACY_TLS_AUTO,
                                                    get_certificate (self), error);
  if (policy == NULL)
    return FALSE;
  amt_prov_session_connect_async (session, policy, amt_prov_site_get_port (site), passwords,
                                  amt_prov_operation_get_cancellable (operation), connected, self);
  g_steal_pointer (&self);
  return TRUE;
}

static void
amt_prov_pki_method_iface_init (AmtProvMethodInterface *iface)
{
  iface->get_id = amt_prov_pki_method_get_id;
  iface->evaluate = amt_prov_pki_method_evaluate;
  iface->open = amt_prov_pki_method_open;
}
