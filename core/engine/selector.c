/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <amtprov/error.h>
#include <amtprov/selector.h>

#include "engine/method-private.h"
#include "engine/selector-private.h"

/**
 * AmtProvSelector:
 *
 * Chooses the method for a machine and keeps the reason for each one: the capability files speak
 * first, then what is loaded, then the site, then the method itself.
 *
 * Since: 0.1
 */
struct _AmtProvSelector {
  GObject parent_instance;
  AmtProvCapabilityRegistry *registry;
  GPtrArray *methods;
  AmtProvPluginSet *plugins;
};

G_DEFINE_FINAL_TYPE (AmtProvSelector, amt_prov_selector, G_TYPE_OBJECT)

static void
amt_prov_selector_finalize (GObject *object)
{
  AmtProvSelector *self = AMT_PROV_SELECTOR (object);

  g_clear_object (&self->registry);
  g_clear_pointer (&self->methods, g_ptr_array_unref);
  g_clear_object (&self->plugins);
  G_OBJECT_CLASS (amt_prov_selector_parent_class)->finalize (object);
}

static void
amt_prov_selector_class_init (AmtProvSelectorClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = amt_prov_selector_finalize;
}

static void
amt_prov_selector_init (AmtProvSelector *self)
{
}

/**
 * amt_prov_selector_new:
 * @registry: the capabilities
 * @methods: (nullable) (element-type AmtProvMethod): the loaded methods, or %NULL when nothing was
 *   loaded and the capabilities alone are to speak
 *
 * Makes a selector.
 *
 * Returns: (transfer full): a selector
 * Since: 0.1
 */
AmtProvSelector *
amt_prov_selector_new (AmtProvCapabilityRegistry *registry, GPtrArray *methods)
{
  AmtProvSelector *self;

  g_return_val_if_fail (AMT_PROV_IS_CAPABILITY_REGISTRY (registry), NULL);

  self = g_object_new (AMT_PROV_TYPE_SELECTOR, NULL);
  self->registry = g_object_ref (registry);
  if (methods != NULL) {
    self->methods = g_ptr_array_new_with_free_func (g_object_unref);
    g_ptr_array_extend (self->methods, methods, (GCopyFunc)g_object_ref, NULL);
  }
  return self;
}

/**
 * amt_prov_selector_new_for_plugins:
 * @registry: the capabilities
 * @plugins: the plugins
 *
 * Makes a selector over the loaded methods of a plugin set, which also says why the method of a
 * plugin that was refused is not there.
 *
 * Returns: (transfer full): a selector
 * Since: 0.1
 */
AmtProvSelector *
amt_prov_selector_new_for_plugins (AmtProvCapabilityRegistry *registry, AmtProvPluginSet *plugins)
{
  AmtProvSelector *self;

  g_return_val_if_fail (AMT_PROV_IS_CAPABILITY_REGISTRY (registry), NULL);
  g_return_val_if_fail (AMT_PROV_IS_PLUGIN_SET (plugins), NULL);

  self = amt_prov_selector_new (registry, amt_prov_plugin_set_get_methods (plugins));
  self->plugins = g_object_ref (plugins);
  return self;
}

/**
 * amt_prov_selector_lookup:
 * @self: a selector
 * @facts: what is known of the machine
 *
 * The capabilities of the machine's release; when that is not known yet, of all releases that
 * could have sent its hello.
 *
 * Returns: (transfer full) (nullable): the capabilities, %NULL when no capability file knows such
 *   a machine
 * Since: 0.1
 */
AmtProvCapabilities *
amt_prov_selector_lookup (AmtProvSelector *self, AmtProvFacts *facts)
{
  g_return_val_if_fail (AMT_PROV_IS_SELECTOR (self), NULL);
  g_return_val_if_fail (facts != NULL, NULL);

  if (amt_prov_facts_get_release (facts) != NULL)
    return amt_prov_capability_registry_lookup (self->registry, amt_prov_facts_get_release (facts));
  if (amt_prov_facts_get_hello (facts) != NULL)
    return amt_prov_capability_registry_lookup_hello (self->registry,
                                                      amt_prov_facts_get_hello (facts));
  return NULL;
}

static AmtProvMethod *
find_method (AmtProvSelector *self, const char *id)
{
  for (guint i = 0; self->methods != NULL && i < self->methods->len; i++) {
    if (g_strcmp0 (amt_prov_method_get_id (self->methods->pdata[i]), id) == 0)
      return self->methods->pdata[i];
  }
  return NULL;
}

static AmtProvVerdict *
blocked (const char *id, const char *reason, AmtProvRule *rule)
{
  return amt_prov_verdict_new (id, FALSE, 0, reason, rule);
}

static AmtProvVerdict *
judge_unknown_release (const char *id, AmtProvFacts *facts)
{
  AmtProvVersion *release = amt_prov_facts_get_release (facts);
  g_autofree char *reason = release != NULL
                                ? g_strdup_printf ("no capability file has a group for AMT %s",
                                                   amt_prov_version_get_text (release))
                                : g_strdup ("neither the AMT release nor a hello is known");

  return blocked (id, reason, NULL);
}

/* The operational machine must be reachable in the way the profile asks for. */
static AmtProvVerdict *
judge_profile (const char *id, AmtProvSite *site, AmtProvCapabilities *capabilities)
{
  AmtProvProfile *profile = amt_prov_site_get_profile (site);
  g_autoptr (AmtProvRule) rule = NULL;

  if (amt_prov_profile_get_tls_mode (profile) != AMT_PROV_TLS_MODE_OFF ||
      amt_prov_capabilities_get_boolean (capabilities, "plain-port"))
    return NULL;
  rule = amt_prov_site_dup_rule (site, "profile", "tls");
  return blocked (id,
                  "this release has no plain port any more and the site wants tls=off: set tls to "
                  "server or mutual",
                  rule);
}

/* A site that states no order allows every loaded method, by the plugins' ranks. */
static AmtProvVerdict *
judge_site (const char *id, AmtProvSite *site, int *order)
{
  g_auto (GStrv) allowed = amt_prov_site_get_method_order (site);
  g_autoptr (AmtProvRule) rule = NULL;
  g_autofree char *reason = NULL;

  if (allowed == NULL || allowed[0] == NULL)
    return NULL;
  for (guint i = 0; allowed[i] != NULL; i++) {
    if (g_strcmp0 (allowed[i], id) == 0) {
      *order = (int)(g_strv_length (allowed) - i);
      return NULL;
    }
  }
  rule = amt_prov_site_dup_rule (site, "methods", "order");
  reason = g_strdup_printf ("site %s does not allow it: add %s to [methods] order",
                            amt_prov_site_get_name (site), id);
  return blocked (id, reason, rule);
}

/* The machine must be reached in a way that the site allows. */
static AmtProvVerdict *
judge_security (const char *id, AmtProvSite *site, AmtProvCapabilities *capabilities)
{
  g_autoptr (AmtProvRule) rule = NULL;

  if (amt_prov_site_get_legacy_tls (site) == AMT_PROV_LEGACY_TLS_AUTO ||
      g_strcmp0 (amt_prov_capabilities_get_string (capabilities, "tls-max"), "1.2") == 0)
    return NULL;
  rule = amt_prov_site_dup_rule (site, "security", "legacy-tls");
  return blocked (
      id, "the machine speaks TLS below 1.2 only, which [security] legacy-tls=deny forbids", rule);
}

static AmtProvVerdict *
judge_method (AmtProvMethod *method,
              AmtProvFacts *facts,
              AmtProvSite *site,
              AmtProvCapabilities *capabilities,
              int order)
{
  g_autoptr (AmtProvVerdict) own = amt_prov_method_evaluate (method, facts, site, capabilities);
  gboolean usable = amt_prov_verdict_get_usable (own);
  int rank = order * AMT_PROV_RANK_LIMIT + amt_prov_method_get_rank (method);

  return amt_prov_verdict_new (amt_prov_method_get_id (method), usable, usable ? rank : 0,
                               amt_prov_verdict_get_reason (own), amt_prov_verdict_get_rule (own));
}

/* NULL when no plugin is known to provide the method. */
AmtProvPlugin *
amt_prov_selector_find_plugin (AmtProvSelector *self, const char *id)
{
  if (self->plugins == NULL)
    return NULL;
  return amt_prov_plugin_list_find_provider (amt_prov_plugin_set_get_plugins (self->plugins),
                                             "method", id);
}

static AmtProvVerdict *
judge_missing (AmtProvSelector *self, const char *id)
{
  AmtProvPlugin *plugin = amt_prov_selector_find_plugin (self, id);
  g_autofree char *reason = NULL;

  if (plugin == NULL || !plugin->enabled || plugin->refusal == NULL)
    return blocked (id, "not loaded: name its plugin in [amtprov] plugins", NULL);
  reason = g_strdup_printf ("its plugin %s is not loaded: %s", plugin->name, plugin->refusal);
  return blocked (id, reason, NULL);
}

static AmtProvVerdict *
judge (AmtProvSelector *self,
       const char *id,
       AmtProvFacts *facts,
       AmtProvSite *site,
       AmtProvCapabilities *capabilities)
{
  g_autofree char *reason = NULL;
  g_autoptr (AmtProvRule) rule = NULL;
  AmtProvVerdict *verdict;
  AmtProvMethod *method;
  int order = 0;

  if (capabilities == NULL)
    return judge_unknown_release (id, facts);
  if (!amt_prov_capabilities_allows_method (capabilities, id, &reason, &rule))
    return blocked (id, reason, rule);
  if (self->methods == NULL)
    return amt_prov_verdict_new (id, TRUE, 0, reason, rule);
  method = find_method (self, id);
  if (method == NULL)
    return judge_missing (self, id);
  if (site == NULL)
    return amt_prov_verdict_new (id, TRUE, amt_prov_method_get_rank (method), reason, rule);
  verdict = judge_site (id, site, &order);
  if (verdict == NULL)
    verdict = judge_profile (id, site, capabilities);
  if (verdict == NULL)
    verdict = judge_security (id, site, capabilities);
  return verdict != NULL ? verdict : judge_method (method, facts, site, capabilities, order);
}

static GPtrArray *
list_ids (AmtProvSelector *self)
{
  GPtrArray *ids = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) named = amt_prov_capability_registry_list_methods (self->registry);

  for (guint i = 0; named[i] != NULL; i++)
    g_ptr_array_add (ids, g_strdup (named[i]));
  for (guint i = 0; self->methods != NULL && i < self->methods->len; i++) {
    const char *id = amt_prov_method_get_id (self->methods->pdata[i]);

    if (!g_ptr_array_find_with_equal_func (ids, id, g_str_equal, NULL))
      g_ptr_array_add (ids, g_strdup (id));
  }
  return ids;
}

static int
compare_verdicts (gconstpointer a, gconstpointer b)
{
  AmtProvVerdict *first = *(AmtProvVerdict *const *)a;
  AmtProvVerdict *second = *(AmtProvVerdict *const *)b;

  if (amt_prov_verdict_get_usable (first) != amt_prov_verdict_get_usable (second))
    return amt_prov_verdict_get_usable (first) ? -1 : 1;
  if (amt_prov_verdict_get_rank (first) != amt_prov_verdict_get_rank (second))
    return amt_prov_verdict_get_rank (first) > amt_prov_verdict_get_rank (second) ? -1 : 1;
  return g_strcmp0 (amt_prov_verdict_get_method (first), amt_prov_verdict_get_method (second));
}

/**
 * amt_prov_selector_evaluate:
 * @self: a selector
 * @facts: what is known of the machine
 * @site: (nullable): the machine's site; without one neither site rules nor the methods speak, and
 *   the ranks of the methods alone make the order
 *
 * A verdict for every method that a capability file names or that is loaded; the usable ones
 * first, best first.
 *
 * Returns: (transfer container) (element-type AmtProvVerdict): the verdicts
 * Since: 0.1
 */
GPtrArray *
amt_prov_selector_evaluate (AmtProvSelector *self, AmtProvFacts *facts, AmtProvSite *site)
{
  GPtrArray *verdicts;
  g_autoptr (GPtrArray) ids = NULL;
  g_autoptr (AmtProvCapabilities) capabilities = NULL;

  g_return_val_if_fail (AMT_PROV_IS_SELECTOR (self), NULL);
  g_return_val_if_fail (facts != NULL, NULL);

  verdicts = g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_verdict_unref);
  ids = list_ids (self);
  capabilities = amt_prov_selector_lookup (self, facts);
  for (guint i = 0; i < ids->len; i++)
    g_ptr_array_add (verdicts, judge (self, ids->pdata[i], facts, site, capabilities));
  g_ptr_array_sort (verdicts, compare_verdicts);
  return verdicts;
}

static char *
join_reasons (GPtrArray *verdicts)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < verdicts->len; i++) {
    g_autofree char *verdict = amt_prov_verdict_to_string (verdicts->pdata[i]);

    g_string_append_printf (text, "%s%s", i > 0 ? "; " : "", verdict);
  }
  return g_string_free (text, FALSE);
}

/**
 * amt_prov_selector_select:
 * @self: a selector
 * @facts: what is known of the machine
 * @site: the machine's site
 * @verdict: (out) (optional) (transfer full): why this method
 * @error: return location for an error
 *
 * The best usable method. %AMT_PROV_ERROR_BLOCKED when there is none: its message has the reason
 * of every method.
 *
 * Returns: (transfer none) (nullable): the method, or %NULL with @error set
 * Since: 0.1
 */
AmtProvMethod *
amt_prov_selector_select (AmtProvSelector *self,
                          AmtProvFacts *facts,
                          AmtProvSite *site,
                          AmtProvVerdict **verdict,
                          GError **error)
{
  g_autoptr (GPtrArray) verdicts = NULL;
  g_autofree char *reasons = NULL;

  g_return_val_if_fail (AMT_PROV_IS_SELECTOR (self), NULL);
  g_return_val_if_fail (AMT_PROV_IS_SITE (site), NULL);

  verdicts = amt_prov_selector_evaluate (self, facts, site);
  if (verdicts->len > 0 && amt_prov_verdict_get_usable (verdicts->pdata[0])) {
    if (verdict != NULL)
      *verdict = amt_prov_verdict_ref (verdicts->pdata[0]);
    return find_method (self, amt_prov_verdict_get_method (verdicts->pdata[0]));
  }
  reasons = join_reasons (verdicts);
  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_BLOCKED, "no method fits: %s", reasons);
  return NULL;
}
