/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <amtprov/plan.h>

/**
 * AmtProvPlan:
 *
 * The steps of a session in order: by phase, and inside a phase as they were added.
 *
 * Since: 0.1
 */
struct _AmtProvPlan {
  GObject parent_instance;
  GPtrArray *steps;
};

G_DEFINE_FINAL_TYPE (AmtProvPlan, amt_prov_plan, G_TYPE_OBJECT)

static void
amt_prov_plan_finalize (GObject *object)
{
  g_ptr_array_unref (AMT_PROV_PLAN (object)->steps);
  G_OBJECT_CLASS (amt_prov_plan_parent_class)->finalize (object);
}

static void
amt_prov_plan_class_init (AmtProvPlanClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = amt_prov_plan_finalize;
}

static void
amt_prov_plan_init (AmtProvPlan *self)
{
  self->steps = g_ptr_array_new_with_free_func (g_object_unref);
}

/**
 * amt_prov_plan_new:
 *
 * Makes an empty plan.
 *
 * Returns: (transfer full): a plan
 * Since: 0.1
 */
AmtProvPlan *
amt_prov_plan_new (void)
{
  return g_object_new (AMT_PROV_TYPE_PLAN, NULL);
}

static gboolean
find_step (AmtProvPlan *self, const char *id, guint *index)
{
  for (guint i = 0; i < self->steps->len; i++) {
    if (g_strcmp0 (amt_prov_step_get_id (self->steps->pdata[i]), id) == 0) {
      *index = i;
      return TRUE;
    }
  }
  return FALSE;
}

/**
 * amt_prov_plan_add:
 * @self: a plan
 * @step: the step
 *
 * Adds a step behind the last one of its phase. A step with the same id is replaced: where it
 * stands if both are of one phase.
 *
 * Since: 0.1
 */
void
amt_prov_plan_add (AmtProvPlan *self, AmtProvStep *step)
{
  AmtProvPhase phase;
  guint index = 0;

  g_return_if_fail (AMT_PROV_IS_PLAN (self));
  g_return_if_fail (AMT_PROV_IS_STEP (step));

  phase = amt_prov_step_get_phase (step);
  if (find_step (self, amt_prov_step_get_id (step), &index)) {
    if (amt_prov_step_get_phase (self->steps->pdata[index]) == phase) {
      g_set_object ((AmtProvStep **)&self->steps->pdata[index], step);
      return;
    }
    g_ptr_array_remove_index (self->steps, index);
    index = 0;
  }
  while (index < self->steps->len && amt_prov_step_get_phase (self->steps->pdata[index]) <= phase)
    index++;
  g_ptr_array_insert (self->steps, index, g_object_ref (step));
}

/**
 * amt_prov_plan_remove:
 * @self: a plan
 * @id: the id of a step
 *
 * Drops a step.
 *
 * Returns: %FALSE when there is no such step
 * Since: 0.1
 */
gboolean
amt_prov_plan_remove (AmtProvPlan *self, const char *id)
{
  guint index;

  g_return_val_if_fail (AMT_PROV_IS_PLAN (self), FALSE);

  if (!find_step (self, id, &index))
    return FALSE;
  g_ptr_array_remove_index (self->steps, index);
  return TRUE;
}

/**
 * amt_prov_plan_get_steps:
 * @self: a plan
 *
 * The steps in order.
 *
 * Returns: (transfer none) (element-type AmtProvStep): the steps
 * Since: 0.1
 */
GPtrArray *
amt_prov_plan_get_steps (AmtProvPlan *self)
{
  g_return_val_if_fail (AMT_PROV_IS_PLAN (self), NULL);

  return self->steps;
}
