/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <amtprov/error.h>
#include <amtprov/fleet.h>

#include "engine/selector-private.h"
#include "site/template-private.h"

/* What stays in a preparation until the group is complete. */
#define COUNT "%{count}"

/**
 * AmtProvFleet:
 *
 * Machines that will be set up: what the selector chooses for each one, and what a person has to do
 * for them, in groups. It makes no rules of its own.
 *
 * Since: 0.1
 */
struct _AmtProvFleet {
  GObject parent_instance;
  AmtProvSelector *selector;
  GPtrArray *groups;
  GHashTable *kinds; /* site and release → Kind */
};

struct _AmtProvFleetGroup {
  gatomicrefcount references;
  guint number;
  guint n_machines;
  char *method;
  char *preparation;
  char *reasons; /* of a group without a method */
  GPtrArray *verdicts;
  GHashTable *said; /* the texts of the verdicts */
};

/* Machines of one release at one site. */
typedef struct {
  AmtProvFleetGroup *group;
  GPtrArray *verdicts;
} Kind;

G_DEFINE_FINAL_TYPE (AmtProvFleet, amt_prov_fleet, G_TYPE_OBJECT)
G_DEFINE_BOXED_TYPE (AmtProvFleetGroup,
                     amt_prov_fleet_group,
                     amt_prov_fleet_group_ref,
                     amt_prov_fleet_group_unref)

static void
kind_free (Kind *kind)
{
  amt_prov_fleet_group_unref (kind->group);
  g_ptr_array_unref (kind->verdicts);
  g_free (kind);
}

static void
amt_prov_fleet_finalize (GObject *object)
{
  AmtProvFleet *self = AMT_PROV_FLEET (object);

  g_clear_object (&self->selector);
  g_ptr_array_unref (self->groups);
  g_hash_table_unref (self->kinds);
  G_OBJECT_CLASS (amt_prov_fleet_parent_class)->finalize (object);
}

static void
amt_prov_fleet_class_init (AmtProvFleetClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = amt_prov_fleet_finalize;
}

static void
amt_prov_fleet_init (AmtProvFleet *self)
{
  self->groups = g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_fleet_group_unref);
  self->kinds = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)kind_free);
}

/**
 * amt_prov_fleet_new:
 * @selector: chooses the methods
 *
 * Makes a fleet without machines.
 *
 * Returns: (transfer full): a fleet
 * Since: 0.1
 */
AmtProvFleet *
amt_prov_fleet_new (AmtProvSelector *selector)
{
  AmtProvFleet *self;

  g_return_val_if_fail (AMT_PROV_IS_SELECTOR (selector), NULL);

  self = g_object_new (AMT_PROV_TYPE_FLEET, NULL);
  self->selector = g_object_ref (selector);
  return self;
}

/* ---- groups ---- */

/* With the values of the release, which part groups, but not yet with the number of machines. */
static char *
prepare (AmtProvFleet *self, const char *method, AmtProvCapabilities *capabilities)
{
  const char *const *variables = amt_prov_preparation_variables;
  AmtProvPlugin *plugin = amt_prov_selector_find_plugin (self->selector, method);
  g_autoptr (GPtrArray) values = g_ptr_array_new ();

  if (plugin == NULL || plugin->preparation == NULL)
    return NULL;
  g_ptr_array_add (values, COUNT);
  for (guint i = 1; variables[i] != NULL; i++)
    g_ptr_array_add (values,
                     (gpointer)amt_prov_capabilities_get_string (capabilities, variables[i]));
  return amt_prov_template_expand (plugin->preparation, variables,
                                   (const char *const *)values->pdata);
}

static char *
join_reasons (GPtrArray *verdicts)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < verdicts->len; i++)
    g_string_append_printf (text, "%s: %s\n", amt_prov_verdict_get_method (verdicts->pdata[i]),
                            amt_prov_verdict_get_reason (verdicts->pdata[i]));
  return g_string_free (text, FALSE);
}

static AmtProvFleetGroup *
find_group (AmtProvFleet *self, const char *method, const char *preparation, const char *reasons)
{
  AmtProvFleetGroup *group;

  for (guint i = 0; i < self->groups->len; i++) {
    group = self->groups->pdata[i];
    if (g_strcmp0 (group->method, method) == 0 &&
        g_strcmp0 (group->preparation, preparation) == 0 &&
        g_strcmp0 (group->reasons, reasons) == 0)
      return group;
  }
  group = g_new0 (AmtProvFleetGroup, 1);
  g_atomic_ref_count_init (&group->references);
  group->number = self->groups->len + 1;
  group->method = g_strdup (method);
  group->preparation = g_strdup (preparation);
  group->reasons = g_strdup (reasons);
  group->verdicts = g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_verdict_unref);
  group->said = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_ptr_array_add (self->groups, group);
  return group;
}

static void
add_verdicts (AmtProvFleetGroup *group, GPtrArray *verdicts)
{
  for (guint i = 0; i < verdicts->len; i++)
    if (g_hash_table_add (group->said, amt_prov_verdict_to_string (verdicts->pdata[i])))
      g_ptr_array_add (group->verdicts, amt_prov_verdict_ref (verdicts->pdata[i]));
}

/* ---- machines ---- */

static AmtProvFleetGroup *
choose_group (AmtProvFleet *self, GPtrArray *verdicts, AmtProvCapabilities *capabilities)
{
  AmtProvVerdict *best = verdicts->pdata[0];
  g_autofree char *text = NULL;

  if (!amt_prov_verdict_get_usable (best)) {
    text = join_reasons (verdicts);
    return find_group (self, NULL, NULL, text);
  }
  text = prepare (self, amt_prov_verdict_get_method (best), capabilities);
  return find_group (self, amt_prov_verdict_get_method (best), text, NULL);
}

static Kind *
kind_new (AmtProvFleet *self, AmtProvVersion *release, AmtProvSite *site, GError **error)
{
  g_autoptr (AmtProvFacts) facts = amt_prov_facts_new (release, NULL, NULL);
  g_autoptr (AmtProvCapabilities) capabilities = amt_prov_selector_lookup (self->selector, facts);
  g_autoptr (GPtrArray) verdicts = amt_prov_selector_evaluate (self->selector, facts, site);
  AmtProvVerdict *best = verdicts->pdata[0];
  Kind *kind;

  if (capabilities == NULL) {
    g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_FOUND,
                         amt_prov_verdict_get_reason (best));
    return NULL;
  }
  if (amt_prov_verdict_get_usable (best))
    g_ptr_array_set_size (verdicts, 1);
  kind = g_new0 (Kind, 1);
  kind->group = amt_prov_fleet_group_ref (choose_group (self, verdicts, capabilities));
  kind->verdicts = g_steal_pointer (&verdicts);
  add_verdicts (kind->group, kind->verdicts);
  return kind;
}

/**
 * amt_prov_fleet_add:
 * @self: a fleet
 * @release: the machine's AMT release
 * @site: (nullable): its site; without one no site rule speaks
 * @verdicts: (out) (optional) (transfer none) (element-type AmtProvVerdict): that of the best
 *   method alone, or those of all methods when none is usable
 * @error: return location for an error
 *
 * Adds a machine.
 *
 * Returns: (transfer none): the group that it is in, or %NULL with %AMT_PROV_ERROR_NOT_FOUND when
 *   no capability file knows the release
 * Since: 0.1
 */
AmtProvFleetGroup *
amt_prov_fleet_add (AmtProvFleet *self,
                    AmtProvVersion *release,
                    AmtProvSite *site,
                    GPtrArray **verdicts,
                    GError **error)
{
  g_autofree char *key = NULL;
  Kind *kind;

  g_return_val_if_fail (AMT_PROV_IS_FLEET (self), NULL);
  g_return_val_if_fail (release != NULL, NULL);

  key = g_strdup_printf ("%s %p", amt_prov_version_get_text (release), (gpointer)site);
  kind = g_hash_table_lookup (self->kinds, key);
  if (kind == NULL) {
    kind = kind_new (self, release, site, error);
    if (kind == NULL)
      return NULL;
    g_hash_table_insert (self->kinds, g_steal_pointer (&key), kind);
  }
  kind->group->n_machines++;
  if (verdicts != NULL)
    *verdicts = kind->verdicts;
  return kind->group;
}

/**
 * amt_prov_fleet_get_groups:
 * @self: a fleet
 *
 * The groups, in the order in which their first machines came.
 *
 * Returns: (transfer none) (element-type AmtProvFleetGroup): the groups
 * Since: 0.1
 */
GPtrArray *
amt_prov_fleet_get_groups (AmtProvFleet *self)
{
  g_return_val_if_fail (AMT_PROV_IS_FLEET (self), NULL);

  return self->groups;
}

/* ---- what a group says ---- */

/**
 * amt_prov_fleet_group_ref:
 * @self: a group
 *
 * Takes another reference.
 *
 * Returns: (transfer full): @self
 * Since: 0.1
 */
AmtProvFleetGroup *
amt_prov_fleet_group_ref (AmtProvFleetGroup *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->references);
  return self;
}

/**
 * amt_prov_fleet_group_unref:
 * @self: (transfer full): a group
 *
 * Drops a reference.
 *
 * Since: 0.1
 */
void
amt_prov_fleet_group_unref (AmtProvFleetGroup *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->references))
    return;
  g_free (self->method);
  g_free (self->preparation);
  g_free (self->reasons);
  g_ptr_array_unref (self->verdicts);
  g_hash_table_unref (self->said);
  g_free (self);
}

/**
 * amt_prov_fleet_group_get_number:
 * @self: a group
 *
 * Its place among the groups of the fleet.
 *
 * Returns: the number, from 1
 * Since: 0.1
 */
guint
amt_prov_fleet_group_get_number (AmtProvFleetGroup *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->number;
}

/**
 * amt_prov_fleet_group_get_n_machines:
 * @self: a group
 *
 * How many machines are in it so far.
 *
 * Returns: the number of machines
 * Since: 0.1
 */
guint
amt_prov_fleet_group_get_n_machines (AmtProvFleetGroup *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->n_machines;
}

/**
 * amt_prov_fleet_group_get_method:
 * @self: a group
 *
 * The method by which its machines will be set up.
 *
 * Returns: (transfer none) (nullable): the id, %NULL when no method is usable
 * Since: 0.1
 */
const char *
amt_prov_fleet_group_get_method (AmtProvFleetGroup *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->method;
}

/**
 * amt_prov_fleet_group_dup_preparation:
 * @self: a group
 *
 * What a person has to do before the machines can say hello, for as many as are in the group so
 * far: amt_prov_plugin_get_preparation() with the variables filled in.
 *
 * Returns: (transfer full) (nullable): a sentence without a full stop; %NULL when the method's
 *   plugin does not say, or when there is no method
 * Since: 0.1
 */
char *
amt_prov_fleet_group_dup_preparation (AmtProvFleetGroup *self)
{
  g_autofree char *count = NULL;

  g_return_val_if_fail (self != NULL, NULL);

  if (self->preparation == NULL)
    return NULL;
  count = g_strdup_printf ("%u", self->n_machines);
  return amt_prov_template_expand (self->preparation, amt_prov_preparation_variables,
                                   (const char *const[]){count, NULL, NULL});
}

/**
 * amt_prov_fleet_group_get_verdicts:
 * @self: a group
 *
 * Why its machines are in it, each verdict once: those of the method, or of all methods when none
 * is usable.
 *
 * Returns: (transfer none) (element-type AmtProvVerdict): the verdicts
 * Since: 0.1
 */
GPtrArray *
amt_prov_fleet_group_get_verdicts (AmtProvFleetGroup *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->verdicts;
}
