/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "site-folder.h"

/* What the built-in methods say about a machine, loaded as every plugin is. */

#define UUID       "d2ffc23e-9dd1-412d-860a-54b2039b72ff"
#define NO_LEGACY  "[security]\nlegacy-tls=deny\n"
#define EVERYTHING SITE_TLS_ON SITE_PKI
#define PLUGINS    "psk;pki;agent"
#define ENROLLED   "enrolled", "2026-01-01T00:00:00Z"

typedef struct {
  const char *release;
  int hello; /* interface version, 0 for none */
  const char *groups;
  const char *reason;   /* NULL: usable */
  const char *facts[5]; /* of the machine's row: name, value, … */
} Case;

static AmtProvHello *
hello_new (int version)
{
  if (version == AMT_PROV_HELLO_VERSION_PSK)
    return amt_prov_hello_new_psk (UUID, TRUE, 0, "0000037M");
  return version == AMT_PROV_HELLO_VERSION_PKI ? amt_prov_hello_new_pki (UUID, TRUE, 0, NULL)
                                               : NULL;
}

static AmtProvPluginSet *
plugin_set_new (void)
{
  const char *const folders[] = {g_getenv ("AMT_PROV_TEST_PLUGINS"), NULL};
  const char *const names[] = {"psk", "pki", "agent", NULL};

  return amt_prov_plugin_set_new (folders, names, FALSE);
}

static AmtProvFacts *
case_facts_new (const Case *expected)
{
  g_autoptr (AmtProvHello) hello = hello_new (expected->hello);
  g_autoptr (AmtProvFacts) facts = facts_new (expected->release, hello);
  g_autoptr (AmtProvDevice) device = amt_prov_device_new (UUID);

  for (guint i = 0; expected->facts[i] != NULL; i += 2)
    amt_prov_device_set_fact (device, expected->facts[i], expected->facts[i + 1]);
  return amt_prov_facts_with_device (facts, device);
}

static AmtProvVerdict *
find_verdict (GPtrArray *verdicts, const char *id)
{
  for (guint i = 0; i < verdicts->len; i++) {
    if (g_str_equal (amt_prov_verdict_get_method (verdicts->pdata[i]), id))
      return verdicts->pdata[i];
  }
  g_assert_not_reached ();
}

static void
check_verdict (AmtProvPluginSet *set, const char *id, const Case *expected)
{
  const char *const folders[] = {g_getenv ("AMT_PROV_TEST_PLUGINS"), NULL};
  g_autoptr (SiteFolder) folder = site_folder_new (PLUGINS, folders, expected->groups);
  g_autoptr (AmtProvFacts) facts = case_facts_new (expected);
  g_autoptr (AmtProvCapabilityRegistry) registry = amt_prov_capability_registry_new (NULL, NULL);
  g_autoptr (AmtProvSelector) selector =
      amt_prov_selector_new (registry, amt_prov_plugin_set_get_methods (set));
  g_autoptr (GPtrArray) verdicts = amt_prov_selector_evaluate (selector, facts, folder->site);
  AmtProvVerdict *verdict = find_verdict (verdicts, id);

  g_test_message ("%s on %s, hello %d: %s", id, expected->release, expected->hello,
                  amt_prov_verdict_get_reason (verdict));
  g_assert_true (amt_prov_verdict_get_usable (verdict) == (expected->reason == NULL));
  g_assert_cmpstr (amt_prov_verdict_get_reason (verdict), !=, "");
  if (expected->reason != NULL)
    g_assert_nonnull (strstr (amt_prov_verdict_get_reason (verdict), expected->reason));
  if (expected->reason != NULL && strstr (expected->reason, "legacy-tls") != NULL) {
    AmtProvRule *rule = amt_prov_verdict_get_rule (verdict);

    g_assert_cmpstr (amt_prov_rule_get_group (rule), ==, "security");
    g_assert_cmpstr (amt_prov_rule_get_key (rule), ==, "legacy-tls");
    g_assert_cmpuint (amt_prov_rule_get_line (rule), >, 0);
  }
}

static void
check_cases (const char *id, const Case *cases, guint n_cases)
{
  g_autoptr (AmtProvPluginSet) set = plugin_set_new ();

  g_assert_nonnull (amt_prov_plugin_set_find_method (set, id));
  for (guint i = 0; i < n_cases; i++)
    check_verdict (set, id, &cases[i]);
}

static void
test_psk (void)
{
  static const Case cases[] = {
      {"7.1", 2, EVERYTHING, NULL},
      {"7.1", 2, SITE_TLS_ON, NULL},
      {"7.1", 0, EVERYTHING, NULL},
      {NULL, 2, EVERYTHING, NULL},
      {"7.1", 3, EVERYTHING, "names no PID"},
      {NULL, 3, EVERYTHING, "names no PID"},
      {"2.0", 2, EVERYTHING NO_LEGACY, "legacy-tls=deny"},
      {"2.0", 0, EVERYTHING NO_LEGACY, "legacy-tls=deny"},
  };

  check_cases ("psk", cases, G_N_ELEMENTS (cases));
}

static void
test_pki (void)
{
  static const Case cases[] = {
      {"7.1", 3, EVERYTHING, NULL},
      {"7.1", 0, EVERYTHING, NULL},
      {NULL, 3, EVERYTHING, NULL},
      {"7.1", 2, EVERYTHING, "names a PID"},
      {NULL, 2, EVERYTHING, "names a PID"},
      {"7.1", 3, SITE_TLS_ON, "no provisioning certificate: add a group [pki NAME]"},
      {NULL, 3, SITE_TLS_ON, "no provisioning certificate"},
      {"3.0", 3, EVERYTHING NO_LEGACY, "legacy-tls=deny"},
      {"16.0", 3, EVERYTHING NO_LEGACY, NULL},
  };

  check_cases ("pki", cases, G_N_ELEMENTS (cases));
}

static void
test_agent (void)
{
  static const Case cases[] = {
      {"7.1", 0, EVERYTHING, NULL},
      {"2.2", 0, EVERYTHING, NULL},
      {"7.1", 3, EVERYTHING, NULL, {ENROLLED}},
      {"7.1", 3, EVERYTHING, NULL, {ENROLLED, "report-hashes", "00ff"}},
      {"7.1", 3, EVERYTHING, "no agent has reported"},
      {NULL, 3, EVERYTHING, "no agent has reported"},
      {"7.1", 2, EVERYTHING, "names a PID", {ENROLLED}},
      {"7.1", 0, SITE_TLS_ON, "no provisioning certificate: add a group [pki NAME]"},
      {"7.1", 0, EVERYTHING, "small business (SBT)", {"report-sku", "SBT"}},
      {"7.1", 0, EVERYTHING, "none of its root hashes is active", {"report-hashes", ""}},
      {"7.1", 3, EVERYTHING, "none of its root hashes", {ENROLLED, "report-hashes", ""}},
      {"2.5", 0, EVERYTHING, "PID/PPS"},
  };

  check_cases ("agent", cases, G_N_ELEMENTS (cases));
}

/* All together, through the selector: the hello decides. */
static void
check_selection (int version, const char *expected)
{
  const char *const folders[] = {g_getenv ("AMT_PROV_TEST_PLUGINS"), NULL};
  g_autoptr (AmtProvPluginSet) set = plugin_set_new ();
  g_autoptr (SiteFolder) folder = site_folder_new (PLUGINS, folders, EVERYTHING);
  g_autoptr (AmtProvCapabilityRegistry) registry = amt_prov_capability_registry_new (NULL, NULL);
  g_autoptr (AmtProvSelector) selector =
      amt_prov_selector_new (registry, amt_prov_plugin_set_get_methods (set));
  g_autoptr (AmtProvHello) hello = hello_new (version);
  g_autoptr (AmtProvFacts) facts = facts_new (NULL, hello);
  g_autoptr (GError) error = NULL;
  AmtProvMethod *method = amt_prov_selector_select (selector, facts, folder->site, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (amt_prov_method_get_id (method), ==, expected);
}

static void
test_hello_decides (void)
{
  check_selection (AMT_PROV_HELLO_VERSION_PSK, "psk");
  check_selection (AMT_PROV_HELLO_VERSION_PKI, "pki");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/methods/psk", test_psk);
  g_test_add_func ("/methods/pki", test_pki);
  g_test_add_func ("/methods/agent", test_agent);
  g_test_add_func ("/methods/hello-decides", test_hello_decides);
  return g_test_run ();
}
