/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "fake-method.h"
#include "site-folder.h"

#define UUID "d2ffc23e-9dd1-412d-860a-54b2039b72ff"

/* The methods that the capability files name; an OEM's own comes with a capability file of its own
 * or is refused. */
#define ALL "psk;pki;agent;usb"

static GPtrArray *
methods_new (const char *ids)
{
  GPtrArray *methods = g_ptr_array_new_with_free_func (g_object_unref);
  g_auto (GStrv) list = g_strsplit (ids, ";", -1);

  for (guint i = 0; list[i] != NULL; i++)
    g_ptr_array_add (methods, fake_method_new (list[i], 10 * (int)(i + 1)));
  return methods;
}

static AmtProvSelector *
selector_new (GPtrArray *methods)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (AmtProvCapabilityRegistry) registry = amt_prov_capability_registry_new (NULL, &error);

  g_assert_no_error (error);
  return amt_prov_selector_new (registry, methods);
}

static AmtProvVerdict *
find (GPtrArray *verdicts, const char *id)
{
  for (guint i = 0; i < verdicts->len; i++) {
    if (g_str_equal (amt_prov_verdict_get_method (verdicts->pdata[i]), id))
      return verdicts->pdata[i];
  }
  g_error ("no verdict for %s", id);
}

static void
assert_says (const char *text, const char *what)
{
  if (text == NULL || strstr (text, what) == NULL)
    g_error ("\"%s\" does not say \"%s\"", text, what);
}

static void
assert_blocked (GPtrArray *verdicts, const char *id, const char *reason)
{
  AmtProvVerdict *verdict = find (verdicts, id);

  g_assert_false (amt_prov_verdict_get_usable (verdict));
  assert_says (amt_prov_verdict_get_reason (verdict), reason);
}

static void
assert_order (GPtrArray *verdicts, const char *expected)
{
  g_autoptr (GString) order = g_string_new (NULL);

  for (guint i = 0; i < verdicts->len && amt_prov_verdict_get_usable (verdicts->pdata[i]); i++)
    g_string_append_printf (order, "%s%s", i > 0 ? " " : "",
                            amt_prov_verdict_get_method (verdicts->pdata[i]));
  g_assert_cmpstr (order->str, ==, expected);
}

/* ---- the founding rule ---- */

typedef struct {
  const char *releases;
  const char *usable; /* the highest rank first */
} Founding;

static const Founding foundings[] = {
    {"1.0", ""},
    {"2.0;2.1;2.5", "usb psk"},
    {"2.2;2.6", "usb agent psk"},
    {"3.0;3.2;4.0;5.2;6.0;6.2;7.1;8.1;9.0;9.5;10.0", "usb agent pki psk"},
    {"11.0;11.8;12.0;14.1;15.0;16.0;16.1;18.0;19.0;20.0;25.3", "usb agent pki"},
};

static void
check_founding (AmtProvSelector *selector, const Founding *founding, AmtProvSite *site)
{
  g_auto (GStrv) releases = g_strsplit (founding->releases, ";", -1);

  for (guint i = 0; releases[i] != NULL; i++) {
    g_autoptr (AmtProvFacts) facts = facts_new (releases[i], NULL);
    g_autoptr (GPtrArray) verdicts = amt_prov_selector_evaluate (selector, facts, site);

    g_test_message ("AMT %s", releases[i]);
    g_assert_cmpuint (verdicts->len, ==, 4);
    assert_order (verdicts, founding->usable);
    for (guint j = 0; j < verdicts->len; j++) {
      AmtProvRule *rule = amt_prov_verdict_get_rule (verdicts->pdata[j]);

      g_assert_cmpstr (amt_prov_verdict_get_reason (verdicts->pdata[j]), !=, "");
      if (!amt_prov_verdict_get_usable (verdicts->pdata[j]))
        g_assert_cmpuint (amt_prov_rule_get_line (rule), >, 0);
    }
  }
}

static void
test_founding_rule (void)
{
  g_autoptr (GPtrArray) methods = methods_new (ALL);
  g_autoptr (AmtProvSelector) selector = selector_new (methods);
  g_autoptr (SiteFolder) folder = site_folder_new (ALL, NULL, SITE_TLS_ON);

  for (guint i = 0; i < G_N_ELEMENTS (foundings); i++)
    check_founding (selector, &foundings[i], folder->site);
}

/* Without any method loaded the capability files speak alone. */
static void
test_nothing_loaded (void)
{
  g_autoptr (AmtProvSelector) selector = selector_new (NULL);
  g_autoptr (AmtProvFacts) facts = facts_new ("2.2", NULL);
  g_autoptr (GPtrArray) verdicts = amt_prov_selector_evaluate (selector, facts, NULL);

  assert_order (verdicts, "agent psk usb");
  assert_blocked (verdicts, "pki", "local agent starts it");
}

static void
test_without_site (void)
{
  g_autoptr (GPtrArray) methods = methods_new ("pki");
  g_autoptr (AmtProvSelector) selector = selector_new (methods);
  g_autoptr (AmtProvFacts) facts = facts_new ("16.1", NULL);
  g_autoptr (GPtrArray) verdicts = amt_prov_selector_evaluate (selector, facts, NULL);

  assert_order (verdicts, "pki");
  assert_blocked (verdicts, "psk", "removed in AMT 11.0");
  assert_blocked (verdicts, "usb", "not loaded: name its plugin in [amtprov] plugins");
}

/* ---- what is not known ---- */

static void
test_unknown_release (void)
{
  g_autoptr (GPtrArray) methods = methods_new (ALL);
  g_autoptr (AmtProvSelector) selector = selector_new (methods);
  g_autoptr (SiteFolder) folder = site_folder_new (ALL, NULL, SITE_TLS_ON);
  g_autoptr (AmtProvFacts) facts = facts_new ("13.0", NULL);
  g_autoptr (AmtProvFacts) nothing = facts_new (NULL, NULL);
  g_autoptr (GPtrArray) verdicts = amt_prov_selector_evaluate (selector, facts, folder->site);
  g_autoptr (GPtrArray) empty = amt_prov_selector_evaluate (selector, nothing, folder->site);

  assert_order (verdicts, "");
  assert_blocked (verdicts, "psk", "AMT 13.0");
  assert_order (empty, "");
  assert_blocked (empty, "pki", "neither the AMT release nor a hello is known");
  g_assert_null (amt_prov_selector_lookup (selector, facts));
  g_assert_null (amt_prov_selector_lookup (selector, nothing));
}

static void
check_hello (AmtProvHello *hello, const char *expected)
{
  g_autoptr (GPtrArray) methods = methods_new (ALL);
  g_autoptr (AmtProvSelector) selector = selector_new (methods);
  g_autoptr (SiteFolder) folder = site_folder_new (ALL, NULL, SITE_TLS_OFF);
  g_autoptr (AmtProvFacts) facts = facts_new (NULL, hello);
  g_autoptr (GPtrArray) verdicts = amt_prov_selector_evaluate (selector, facts, folder->site);
  g_autoptr (AmtProvCapabilities) capabilities = amt_prov_selector_lookup (selector, facts);

  g_assert_nonnull (capabilities);
  g_assert_null (amt_prov_capabilities_get_release (capabilities));
  assert_order (verdicts, expected);
}

/* As long as some release that sends this hello can, the method stays in the game. */
static void
test_hello_only (void)
{
  g_autoptr (AmtProvHello) psk = amt_prov_hello_new_psk (UUID, TRUE, 0, "0000037M");
  g_autoptr (AmtProvHello) pki = amt_prov_hello_new_pki (UUID, TRUE, 0, NULL);

  check_hello (psk, "usb agent pki psk");
  check_hello (pki, "usb agent pki psk");
}

/* ---- the site ---- */

static void
test_site_order (void)
{
  g_autoptr (GPtrArray) methods = methods_new (ALL);
  g_autoptr (AmtProvSelector) selector = selector_new (methods);
  g_autoptr (SiteFolder) folder =
      site_folder_new (ALL, NULL, SITE_TLS_ON "[methods]\norder=psk;agent;pki\n");
  g_autoptr (AmtProvFacts) facts = facts_new ("7.1", NULL);
  g_autoptr (GPtrArray) verdicts = amt_prov_selector_evaluate (selector, facts, folder->site);
  AmtProvRule *rule;

  assert_order (verdicts, "psk agent pki");
  assert_blocked (verdicts, "usb", "site lab does not allow it: add usb to [methods] order");
  rule = amt_prov_verdict_get_rule (find (verdicts, "usb"));
  g_assert_true (g_str_has_suffix (amt_prov_rule_get_file (rule), "lab.conf"));
  g_assert_cmpstr (amt_prov_rule_get_group (rule), ==, "methods");
  g_assert_cmpstr (amt_prov_rule_get_key (rule), ==, "order");
  g_assert_cmpuint (amt_prov_rule_get_line (rule), ==, 8);
}

/* Whatever rank a plugin gives itself, the site's order comes first. */
static void
test_order_before_rank (void)
{
  g_autoptr (GPtrArray) methods = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (AmtProvSelector) selector = NULL;
  g_autoptr (SiteFolder) folder =
      site_folder_new (ALL, NULL, SITE_TLS_ON "[methods]\norder=agent;psk;pki\n");
  g_autoptr (AmtProvFacts) facts = facts_new ("7.1", NULL);
  g_autoptr (GPtrArray) verdicts = NULL;

  g_ptr_array_add (methods, fake_method_new ("psk", 999));
  g_ptr_array_add (methods, fake_method_new ("pki", 500));
  g_ptr_array_add (methods, fake_method_new ("agent", 0));
  selector = selector_new (methods);
  verdicts = amt_prov_selector_evaluate (selector, facts, folder->site);
  assert_order (verdicts, "agent psk pki");
}

static void
test_rank_then_name (void)
{
  g_autoptr (GPtrArray) methods = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (AmtProvSelector) selector = NULL;
  g_autoptr (SiteFolder) folder = site_folder_new (ALL, NULL, SITE_TLS_ON);
  g_autoptr (AmtProvFacts) facts = facts_new ("7.1", NULL);
  g_autoptr (GPtrArray) verdicts = NULL;

  g_ptr_array_add (methods, fake_method_new ("psk", 5));
  g_ptr_array_add (methods, fake_method_new ("usb", 0));
  g_ptr_array_add (methods, fake_method_new ("pki", 5));
  g_ptr_array_add (methods, fake_method_new ("agent", 7));
  selector = selector_new (methods);
  verdicts = amt_prov_selector_evaluate (selector, facts, folder->site);
  assert_order (verdicts, "agent pki psk usb");
}

static void
check_tls_off (const char *release, const char *expected)
{
  g_autoptr (GPtrArray) methods = methods_new (ALL);
  g_autoptr (AmtProvSelector) selector = selector_new (methods);
  g_autoptr (SiteFolder) folder = site_folder_new (ALL, NULL, SITE_TLS_OFF);
  g_autoptr (AmtProvFacts) facts = facts_new (release, NULL);
  g_autoptr (GPtrArray) verdicts = amt_prov_selector_evaluate (selector, facts, folder->site);

  assert_order (verdicts, expected);
  if (*expected == '\0') {
    assert_blocked (verdicts, "pki", "tls=off");
    g_assert_cmpstr (amt_prov_rule_get_key (amt_prov_verdict_get_rule (find (verdicts, "pki"))), ==,
                     "tls");
  }
}

static void
test_tls_off (void)
{
  check_tls_off ("16.0", "usb agent pki");
  check_tls_off ("16.1", "");
  check_tls_off ("18.0", "");
}

/* ---- methods ---- */

static void
test_unknown_method (void)
{
  g_autoptr (GPtrArray) methods = methods_new ("leek");
  g_autoptr (AmtProvSelector) selector = selector_new (methods);
  g_autoptr (AmtProvFacts) facts = facts_new ("7.1", NULL);
  g_autoptr (GPtrArray) verdicts = amt_prov_selector_evaluate (selector, facts, NULL);

  g_assert_cmpuint (verdicts->len, ==, 5);
  assert_order (verdicts, "");
  g_assert_false (amt_prov_verdict_get_usable (find (verdicts, "leek")));
}

static void
test_own_refusal (void)
{
  g_autoptr (GPtrArray) methods = methods_new ("psk;pki;agent");
  g_autoptr (AmtProvSelector) selector = selector_new (methods);
  g_autoptr (SiteFolder) folder = site_folder_new (ALL, NULL, SITE_TLS_ON);
  g_autoptr (AmtProvFacts) facts = facts_new ("7.1", NULL);
  g_autoptr (GPtrArray) verdicts = NULL;

  fake_method_set_refusal (methods->pdata[0], "no leek in the bucket");
  fake_method_set_silent (methods->pdata[1]);
  fake_method_set_verdict_id (methods->pdata[2], "someone-else");
  verdicts = amt_prov_selector_evaluate (selector, facts, folder->site);
  assert_order (verdicts, "agent");
  assert_blocked (verdicts, "psk", "no leek in the bucket");
  assert_blocked (verdicts, "pki", "gave no verdict");
}

/* ---- select ---- */

static void
test_select (void)
{
  g_autoptr (GPtrArray) methods = methods_new ("psk;pki");
  g_autoptr (AmtProvSelector) selector = selector_new (methods);
  g_autoptr (SiteFolder) folder = site_folder_new (ALL, NULL, SITE_TLS_ON);
  g_autoptr (AmtProvFacts) facts = facts_new ("7.1", NULL);
  g_autoptr (AmtProvVerdict) verdict = NULL;
  g_autoptr (GError) error = NULL;
  AmtProvMethod *method =
      amt_prov_selector_select (selector, facts, folder->site, &verdict, &error);

  g_assert_no_error (error);
  g_assert_true (method == methods->pdata[1]);
  g_assert_cmpstr (amt_prov_verdict_get_method (verdict), ==, "pki");
  g_assert_true (amt_prov_verdict_get_usable (verdict));
  g_assert_true (amt_prov_selector_select (selector, facts, folder->site, NULL, NULL) == method);
}

static void
test_select_nothing (void)
{
  g_autoptr (GPtrArray) methods = methods_new ("psk;pki;usb");
  g_autoptr (AmtProvSelector) selector = selector_new (methods);
  g_autoptr (SiteFolder) folder =
      site_folder_new (ALL, NULL, SITE_TLS_ON "[methods]\norder=psk;pki\n");
  g_autoptr (AmtProvFacts) facts = facts_new ("11.0", NULL);
  g_autoptr (AmtProvVerdict) verdict = NULL;
  g_autoptr (GError) error = NULL;

  fake_method_set_refusal (methods->pdata[1], "no leek in the bucket");
  g_assert_null (amt_prov_selector_select (selector, facts, folder->site, &verdict, &error));
  g_assert_null (verdict);
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_BLOCKED);
  assert_says (error->message, "psk: PSK provisioning was removed in AMT 11.0 (amt.conf:");
  assert_says (error->message, "pki: no leek in the bucket");
  assert_says (error->message, "agent: not loaded");
  assert_says (error->message, "usb: site lab does not allow it");
  assert_says (error->message, "lab.conf:8");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/selector/founding-rule", test_founding_rule);
  g_test_add_func ("/selector/nothing-loaded", test_nothing_loaded);
  g_test_add_func ("/selector/without-site", test_without_site);
  g_test_add_func ("/selector/unknown-release", test_unknown_release);
  g_test_add_func ("/selector/hello-only", test_hello_only);
  g_test_add_func ("/selector/site-order", test_site_order);
  g_test_add_func ("/selector/order-before-rank", test_order_before_rank);
  g_test_add_func ("/selector/rank-then-name", test_rank_then_name);
  g_test_add_func ("/selector/tls-off", test_tls_off);
  g_test_add_func ("/selector/unknown-method", test_unknown_method);
  g_test_add_func ("/selector/own-refusal", test_own_refusal);
  g_test_add_func ("/selector/select", test_select);
  g_test_add_func ("/selector/select-nothing", test_select_nothing);
  return g_test_run ();
}
