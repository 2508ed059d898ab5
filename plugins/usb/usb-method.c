/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "usb-method.h"

/* TLS-PSK provisioning of machines that read their pair from a stick. From the hello on it is what
 * the method psk does; this one says how the key has reached the machine. */

#define METHOD_ID  "usb"
#define PSK_METHOD "psk"

struct _AmtProvUsbMethod {
  GObject parent_instance;
};

static void amt_prov_usb_method_iface_init (AmtProvMethodInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (AmtProvUsbMethod,
                               amt_prov_usb_method,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (AMT_PROV_TYPE_METHOD,
                                                      amt_prov_usb_method_iface_init))

static void
amt_prov_usb_method_class_init (AmtProvUsbMethodClass *klass)
{
}

static void
amt_prov_usb_method_init (AmtProvUsbMethod *self)
{
}

static const char *
amt_prov_usb_method_get_id (AmtProvMethod *method)
{
  return METHOD_ID;
}

static AmtProvVerdict *
refuse (const char *reason, AmtProvRule *rule)
{
  return amt_prov_verdict_new (METHOD_ID, FALSE, 0, reason, rule);
}

static AmtProvVerdict *
amt_prov_usb_method_evaluate (AmtProvMethod *method,
                              AmtProvFacts *facts,
                              AmtProvSite *site,
                              AmtProvCapabilities *capabilities)
{
  AmtProvHello *hello = amt_prov_facts_get_hello (facts);
  g_autoptr (AmtProvRule) rule = NULL, psk_rule = NULL;
  g_autofree char *reason = NULL, *psk_reason = NULL, *both = NULL;

  amt_prov_capabilities_allows_method (capabilities, METHOD_ID, &reason, &rule);
  if (!amt_prov_capabilities_allows_method (capabilities, PSK_METHOD, &psk_reason, &psk_rule)) {
    both = g_strdup_printf ("%s; %s", psk_reason, reason);
    return refuse (both, psk_rule);
  }
  if (hello != NULL && amt_prov_hello_get_pid (hello) == NULL)
    return refuse ("the machine's hello names no PID: it took no pair from a stick", NULL);
  if (hello != NULL && g_strcmp0 (amt_prov_facts_get_medium (facts), METHOD_ID) != 0)
    return refuse ("the pair that the machine's hello names was not put on a stick by amtprov usb "
                   "create",
                   NULL);
  return amt_prov_verdict_new (METHOD_ID, TRUE, 0, reason, rule);
}

static AmtProvMethod *
find_psk (AmtProvSession *session)
{
  return amt_prov_plugin_set_find_method (amt_prov_session_get_plugins (session), PSK_METHOD);
}

static gboolean
amt_prov_usb_method_open (AmtProvMethod *method,
                          AmtProvSession *session,
                          AmtProvOperation *operation,
                          GError **error)
{
  AmtProvMethod *psk = find_psk (session);

  return AMT_PROV_METHOD_GET_IFACE (psk)->open (psk, session, operation, error);
}

static void
amt_prov_usb_method_adjust_plan (AmtProvMethod *method, AmtProvSession *session, AmtProvPlan *plan)
{
  amt_prov_method_adjust_plan (find_psk (session), session, plan);
}

static void
amt_prov_usb_method_iface_init (AmtProvMethodInterface *iface)
{
  iface->get_id = amt_prov_usb_method_get_id;
  iface->evaluate = amt_prov_usb_method_evaluate;
  iface->open = amt_prov_usb_method_open;
  iface->adjust_plan = amt_prov_usb_method_adjust_plan;
}
