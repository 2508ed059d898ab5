/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enrol.h"

#include <string.h>

#include "agent-method.h"
#include "refusal.h"

/* How long a session takes, or firmware that was just started takes to say hello. */
#define SESSION_SECONDS 5

/* An agent that waits for a window to close looks after it as often at least. */
#define LONGEST_WAIT 3600

void
amt_prov_agent_answer_free (AgentAnswer *self)
{
  g_free (self->uuid);
  g_clear_object (&self->site);
  g_free (self->reason);
  g_clear_pointer (&self->otp, amt_prov_secret_unref);
  g_free (self->suffix);
  g_free (self);
}

const char *
amt_prov_agent_order_to_string (AgentOrder order)
{
  static const char *const words[] = {"go", "wait", "done"};

  return words[order];
}

static AgentAnswer *
answer_new (AmtProvSite *site, AgentReport *report, AgentOrder order, char *reason, guint seconds)
{
  AgentAnswer *self = g_new0 (AgentAnswer, 1);

  self->uuid = g_strdup (report->uuid);
  self->site = g_object_ref (site);
  self->order = order;
  self->reason = reason;
  self->retry_after = seconds;
  return self;
}

static gboolean
refuse (GError **error, AgentRefusal code, const char *text)
{
  g_set_error_literal (error, AGENT_REFUSAL, code, text);
  return FALSE;
}

/* ---- whose machine it is ---- */

static gboolean
lists_uuids (AmtProvSite *site)
{
  g_auto (GStrv) uuids =
      amt_prov_settings_get_list (amt_prov_site_get_settings (site, "match"), "uuids");

  return uuids[0] != NULL;
}

/* The site that the store names, or that lists the UUID. */
static gboolean
check_site (AmtProvConfig *config, AmtProvSite *site, AmtProvDevice *device, GError **error)
{
  const char *name = amt_prov_device_get_fact (device, "site");
  AmtProvSite *listing;

  if (name == NULL) {
    listing = amt_prov_config_match_site (config, NULL, amt_prov_device_get_uuid (device), NULL);
    if (listing != NULL && lists_uuids (listing))
      name = amt_prov_site_get_name (listing);
  }
  return name == NULL || g_str_equal (name, amt_prov_site_get_name (site)) ||
         refuse (error, AGENT_REFUSAL_WRONG_SITE,
                 "the machine belongs to another site than the token: take a token of its site, or "
                 "import it with the right one");
}

/* ---- where it stands ---- */

static AgentAnswer *
judge_operational (AmtProvSite *site, AgentReport *report, GError **error)
{
  if (report->state == AGENT_STATE_POST)
    return answer_new (site, report, AGENT_ORDER_DONE, g_strdup ("the machine is operational"), 0);
  refuse (
      error, AGENT_REFUSAL_OPERATIONAL,
      "the server knows a machine with this UUID as operational, but this one is not. If it was "
      "unprovisioned, say so on the server with amtprov device UUID --unprovisioned; else two "
      "machines have one UUID");
  return NULL;
}

/* A machine that was committed may be operational before the server has seen it. */
static gboolean
is_being_verified (AmtProvDevice *device)
{
  const char *step = amt_prov_device_get_fact (device, "step");

  return amt_prov_device_get_state (device) == AMT_PROV_DEVICE_STATE_FAILED &&
         (g_strcmp0 (step, "commit") == 0 || g_strcmp0 (step, "verify") == 0);
}

/* Seconds until its setup window closes; 0 when it is closed, or nobody knows of one. */
static gint64
get_window (AmtProvDevice *device)
{
  const char *text = amt_prov_device_get_fact (device, "window-closes");
  g_autoptr (GDateTime) closes = text != NULL ? g_date_time_new_from_iso8601 (text, NULL) : NULL;

  return closes != NULL
             ? MAX (g_date_time_to_unix (closes) - g_get_real_time () / G_USEC_PER_SEC, 0)
             : 0;
}

static AgentAnswer *
judge_state (AmtProvSite *site, AgentReport *report, AmtProvDevice *device, GError **error)
{
  AmtProvDeviceState state = amt_prov_device_get_state (device);
  gint64 open = get_window (device);

  if (state == AMT_PROV_DEVICE_STATE_OPERATIONAL)
    return judge_operational (site, report, error);
  if (state == AMT_PROV_DEVICE_STATE_PROVISIONING || is_being_verified (device))
    return answer_new (site, report, AGENT_ORDER_WAIT,
                       g_strdup ("the server is setting the machine up"), SESSION_SECONDS);
  if (report->state == AGENT_STATE_POST) {
    refuse (error, AGENT_REFUSAL_OPERATIONAL,
            "the machine is operational, but this server has not set it up: unprovision it in its "
            "MEBx first");
    return NULL;
  }
  if (report->state == AGENT_STATE_IN && open > 0)
    return answer_new (
        site, report, AGENT_ORDER_WAIT,
        g_strdup_printf ("its setup window is open until %s: it says hello by itself",
                         amt_prov_device_get_fact (device, "window-closes")),
        (guint)MIN (open, LONGEST_WAIT));
  return answer_new (site, report, AGENT_ORDER_GO, NULL, 0);
}

/* ---- whether the method fits, and a certificate ---- */

static AmtProvVerdict *
find_verdict (GPtrArray *verdicts)
{
  for (guint i = 0; i < verdicts->len; i++)
    if (g_strcmp0 (amt_prov_verdict_get_method (verdicts->pdata[i]), AGENT_METHOD_ID) == 0)
      return verdicts->pdata[i];
  return NULL;
}

/* Returns: why the method fits */
static char *
judge_method (AmtProvSelector *selector, AmtProvFacts *facts, AmtProvSite *site, GError **error)
{
  g_autoptr (GPtrArray) verdicts = amt_prov_selector_evaluate (selector, facts, site);
  AmtProvVerdict *verdict = find_verdict (verdicts);
  AmtProvRule *rule = verdict != NULL ? amt_prov_verdict_get_rule (verdict) : NULL;
  g_autofree char *place = rule != NULL ? amt_prov_rule_to_string (rule) : NULL;
  g_autofree char *reason = NULL;

  if (verdict == NULL) {
    refuse (error, AGENT_REFUSAL_REFUSED, "the server has no method for agents");
    return NULL;
  }
  reason = place != NULL ? g_strdup_printf ("%s (%s)", amt_prov_verdict_get_reason (verdict), place)
                         : g_strdup (amt_prov_verdict_get_reason (verdict));
  if (amt_prov_verdict_get_usable (verdict))
    return g_steal_pointer (&reason);
  refuse (error, AGENT_REFUSAL_REFUSED, reason);
  return NULL;
}

/* What the session will say when the machine comes, before it is started in vain.
 * Returns: the header of the best certificate's group */
static char *
judge_certificates (AgentReport *report,
                    const char *suffix,
                    AmtProvSite *site,
                    AmtProvCapabilities *capabilities,
                    GError **error)
{
  g_autoptr (AmtProvHello) hello = amt_prov_hello_new_pki (report->uuid, FALSE, 0, report->roots);
  g_autoptr (GError) why = NULL;
  g_autoptr (GPtrArray) fitting =
      amt_prov_site_choose_certificates (site, PKI_METHOD, suffix, hello, capabilities, &why);

  if (fitting != NULL)
    return g_strdup (amt_prov_settings_get_group (fitting->pdata[0]));
  refuse (error, AGENT_REFUSAL_REFUSED, why->message);
  return NULL;
}

static char *
judge_setup (AmtProvSelector *selector,
             AmtProvSite *site,
             AgentReport *report,
             AmtProvDevice *device,
             GError **error)
{
  const char *suffix = amt_prov_device_get_fact (device, "report-suffix");
  g_autoptr (AmtProvFacts) known = amt_prov_facts_new (report->release, NULL, suffix);
  g_autoptr (AmtProvFacts) facts = amt_prov_facts_with_device (known, device);
  g_autoptr (AmtProvCapabilities) capabilities = amt_prov_selector_lookup (selector, facts);
  g_autofree char *method = NULL;
  g_autofree char *group = NULL;

  if (capabilities == NULL) {
    g_set_error (error, AGENT_REFUSAL, AGENT_REFUSAL_UNKNOWN_RELEASE,
                 "no capability file of the server knows AMT %s",
                 amt_prov_version_get_text (report->release));
    return NULL;
  }
  method = judge_method (selector, facts, site, error);
  if (method != NULL)
    group = judge_certificates (report, suffix, site, capabilities, error);
  return group != NULL ? g_strdup_printf ("%s; the certificate of [%s] fits", method, group) : NULL;
}

/* ---- what it gets ---- */

static gboolean
is_below (const char *fqdn, const char *suffix)
{
  gsize rest =
      fqdn != NULL && strlen (fqdn) > strlen (suffix) ? strlen (fqdn) - strlen (suffix) : 0;

  return rest > 0 && fqdn[rest - 1] == '.' && g_ascii_strcasecmp (fqdn + rest, suffix) == 0;
}

/* The one that was imported; else, for a machine without one, that of its site. */
static char *
dup_suffix (AmtProvSite *site, AgentReport *report, AmtProvDevice *device)
{
  const char *imported = amt_prov_device_get_fact (device, "suffix");
  const char *fqdn = g_hash_table_lookup (report->facts, "report-fqdn");
  g_auto (GStrv) suffixes =
      amt_prov_settings_get_list (amt_prov_site_get_settings (site, "match"), "suffixes");

  if (imported != NULL)
    return report->suffix != NULL && g_ascii_strcasecmp (imported, report->suffix) == 0
               ? NULL
               : g_strdup (imported);
  if (report->suffix != NULL)
    return NULL;
  for (guint i = 0; suffixes[i] != NULL; i++)
    if (is_below (fqdn, suffixes[i]))
      return g_strdup (suffixes[i]);
  return g_strv_length (suffixes) == 1 ? g_strdup (suffixes[0]) : NULL;
}

/* @suffix: (nullable): what it is given, and then has. */
static void
take_report (AmtProvDevice *device, AgentReport *report, const char *suffix)
{
  static const char *const names[] = {"report-sku",  "report-control-mode", "report-host",
                                      "report-os",   "report-os-version",   "report-asset",
                                      "report-fqdn", "report-hashes",       "report-addresses"};

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    amt_prov_device_set_fact (device, names[i], g_hash_table_lookup (report->facts, names[i]));
  if (suffix == NULL)
    suffix = report->suffix != NULL ? report->suffix : report->domain;
  amt_prov_device_set_fact (device, "report-suffix", suffix);
  amt_prov_device_set_fact (device, "amt", amt_prov_version_get_text (report->release));
}

AgentAnswer *
amt_prov_agent_decide (AmtProvConfig *config,
                       AmtProvSelector *selector,
                       AmtProvSite *site,
                       AgentReport *report,
                       AmtProvDevice *device,
                       GError **error)
{
  g_autoptr (AgentAnswer) answer = NULL;

  if (!check_site (config, site, device, error))
    return NULL;
  answer = judge_state (site, report, device, error);
  if (answer == NULL || answer->order != AGENT_ORDER_GO)
    return g_steal_pointer (&answer);
  answer->suffix = dup_suffix (site, report, device);
  take_report (device, report, answer->suffix);
  answer->reason = judge_setup (selector, site, report, device, error);
  return answer->reason != NULL ? g_steal_pointer (&answer) : NULL;
}
