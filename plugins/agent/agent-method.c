/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "agent-method.h"

/* PKI provisioning that an agent has started (pki.md, heci.md §11). From the hello on it is what
 * the method pki does; this one says that the machine was reported, and by what it proves itself.
 */

struct _AmtProvAgentMethod {
  GObject parent_instance;
};

static void amt_prov_agent_method_iface_init (AmtProvMethodInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (AmtProvAgentMethod,
                               amt_prov_agent_method,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (AMT_PROV_TYPE_METHOD,
                                                      amt_prov_agent_method_iface_init))

static void
amt_prov_agent_method_class_init (AmtProvAgentMethodClass *klass)
{
}

static void
amt_prov_agent_method_init (AmtProvAgentMethod *self)
{
}

static const char *
amt_prov_agent_method_get_id (AmtProvMethod *method)
{
  return AGENT_METHOD_ID;
}

static AmtProvVerdict *
refuse (const char *reason)
{
  return amt_prov_verdict_new (AGENT_METHOD_ID, FALSE, 0, reason, NULL);
}

gboolean
amt_prov_agent_wants_otp (AmtProvSite *site)
{
  return amt_prov_settings_get_boolean (amt_prov_site_get_settings (site, AGENT_METHOD_ID), "otp");
}

/* What the firmware would refuse by itself (heci.md §11.2), as far as the report tells. */
static AmtProvVerdict *
judge_report (AmtProvFacts *facts)
{
  const char *sku = amt_prov_facts_get_fact (facts, "report-sku");
  const char *hashes = amt_prov_facts_get_fact (facts, "report-hashes");

  if (sku != NULL && g_ascii_strcasecmp (sku, "sbt") == 0)
    return refuse ("its firmware is for small business (SBT) and never lets an agent start the "
                   "setup: set it up in its MEBx");
  if (hashes != NULL && *hashes == '\0')
    return refuse ("none of its root hashes is active, so it trusts no certificate: activate one "
                   "in its MEBx");
  return NULL;
}

static AmtProvVerdict *
amt_prov_agent_method_evaluate (AmtProvMethod *method,
                                AmtProvFacts *facts,
                                AmtProvSite *site,
                                AmtProvCapabilities *capabilities)
{
  AmtProvHello *hello = amt_prov_facts_get_hello (facts);
  g_autoptr (GPtrArray) groups = amt_prov_site_list_settings (site, PKI_METHOD);
  g_autoptr (AmtProvRule) rule = NULL;
  g_autofree char *reason = NULL;
  AmtProvVerdict *verdict;

  if (hello != NULL && amt_prov_hello_get_pid (hello) != NULL)
    return refuse ("the machine's hello names a PID: no agent has started it");
  if (hello != NULL && amt_prov_facts_get_fact (facts, "enrolled") == NULL)
    return refuse ("no agent has reported the machine: run amtprov-agent start on it");
  if (groups->len == 0)
    return refuse ("the site has no provisioning certificate: add a group [pki NAME]");
  verdict = judge_report (facts);
  if (verdict != NULL)
    return verdict;
  amt_prov_capabilities_allows_method (capabilities, AGENT_METHOD_ID, &reason, &rule);
  return amt_prov_verdict_new (AGENT_METHOD_ID, TRUE, 0, reason, rule);
}

static AmtProvMethod *
find_pki (AmtProvSession *session)
{
  return amt_prov_plugin_set_find_method (amt_prov_session_get_plugins (session), PKI_METHOD);
}

/* The core compares the one-time password before anything secret goes out; here it is made sure
 * that there is one to compare. */
static gboolean
amt_prov_agent_method_open (AmtProvMethod *method,
                            AmtProvSession *session,
                            AmtProvOperation *operation,
                            GError **error)
{
  AmtProvMethod *pki = find_pki (session);

  if (amt_prov_agent_wants_otp (amt_prov_session_get_site (session)) &&
      amt_prov_session_get_credential (session, "otp", NULL) == NULL) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_BLOCKED,
                 "the site wants a one-time password, and none is waiting for this machine: each "
                 "is good for one setup. Run amtprov-agent start on the machine again");
    return FALSE;
  }
  return AMT_PROV_METHOD_GET_IFACE (pki)->open (pki, session, operation, error);
}

static void
amt_prov_agent_method_adjust_plan (AmtProvMethod *method,
                                   AmtProvSession *session,
                                   AmtProvPlan *plan)
{
  amt_prov_method_adjust_plan (find_pki (session), session, plan);
}

static void
amt_prov_agent_method_iface_init (AmtProvMethodInterface *iface)
{
  iface->get_id = amt_prov_agent_method_get_id;
  iface->evaluate = amt_prov_agent_method_evaluate;
  iface->open = amt_prov_agent_method_open;
  iface->adjust_plan = amt_prov_agent_method_adjust_plan;
}
