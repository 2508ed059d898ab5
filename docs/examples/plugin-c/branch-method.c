/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "branch.h"

/* Sets machines up with the provisioning certificate of the company. */

#define METHOD_ID "branch"

struct _BranchMethod {
  GObject parent_instance;
};

static void branch_method_iface_init (AmtProvMethodInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (BranchMethod,
                               branch_method,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (AMT_PROV_TYPE_METHOD,
                                                      branch_method_iface_init))

static const char *
branch_method_get_id (AmtProvMethod *method)
{
  return METHOD_ID;
}

static AmtProvVerdict *
refuse (const char *reason)
{
  return amt_prov_verdict_new (METHOD_ID, FALSE, 0, reason, NULL);
}

/* What is not known is no reason to refuse. */
static AmtProvVerdict *
branch_method_evaluate (AmtProvMethod *method,
                        AmtProvFacts *facts,
                        AmtProvSite *site,
                        AmtProvCapabilities *capabilities)
{
  AmtProvHello *hello = amt_prov_facts_get_hello (facts);
  g_autoptr (AmtProvRule) rule = amt_prov_site_dup_rule (site, METHOD_ID, "certificate");

  if (amt_prov_site_get_settings (site, METHOD_ID) == NULL)
    return refuse ("the site has no certificate of the company: add a group [branch]");
  if (hello != NULL && amt_prov_hello_get_pid (hello) != NULL)
    return refuse ("the machine's hello names a PID: it was set up with a pair");
  return amt_prov_verdict_new (METHOD_ID, TRUE, 0, "the site has the certificate of the company",
                               rule);
}

static void
connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (AmtProvOperation) operation = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (AmtProvChannel) channel =
      amt_prov_session_connect_finish (AMT_PROV_SESSION (source), result, &error);

  if (channel != NULL)
    amt_prov_operation_return_object (operation, G_OBJECT (channel));
  else
    amt_prov_operation_return_error (operation, g_steal_pointer (&error));
}

static gboolean
branch_method_open (AmtProvMethod *method,
                    AmtProvSession *session,
                    AmtProvOperation *operation,
                    GError **error)
{
  AmtProvSite *site = amt_prov_session_get_site (session);
  AmtProvSettings *settings = amt_prov_site_get_settings (site, METHOD_ID);
  gboolean old_tls = amt_prov_site_get_legacy_tls (site) == AMT_PROV_LEGACY_TLS_AUTO;
  g_autoptr (AmtProvTlsPolicy) policy = amt_prov_tls_policy_new_for_certificate (
      amt_prov_session_get_capabilities (session), old_tls,
      amt_prov_settings_get_certificate (settings, "certificate"), error);
  g_autoptr (GPtrArray) passwords = amt_prov_session_list_passwords (session);

  if (policy == NULL)
    return FALSE;
  g_ptr_array_add (passwords, amt_prov_secret_new_text ("admin"));
  amt_prov_session_connect_async (session, policy, amt_prov_site_get_port (site), passwords,
                                  amt_prov_operation_get_cancellable (operation), connected,
                                  g_object_ref (operation));
  return TRUE;
}

static void
branch_method_iface_init (AmtProvMethodInterface *iface)
{
  iface->get_id = branch_method_get_id;
  iface->evaluate = branch_method_evaluate;
  iface->open = branch_method_open;
}

static void
branch_method_class_init (BranchMethodClass *klass)
{
}

static void
branch_method_init (BranchMethod *self)
{
}
