/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fake-step.h"

static void
add (AmtProvPlan *plan, const char *id, AmtProvPhase phase)
{
  g_autoptr (AmtProvStep) step = fake_step_new (id, phase);

  amt_prov_plan_add (plan, step);
}

static void
assert_order (AmtProvPlan *plan, const char *expected)
{
  GPtrArray *steps = amt_prov_plan_get_steps (plan);
  g_autoptr (GString) order = g_string_new (NULL);

  for (guint i = 0; i < steps->len; i++)
    g_string_append_printf (order, "%s%s", i > 0 ? " " : "",
                            amt_prov_step_get_id (steps->pdata[i]));
  g_assert_cmpstr (order->str, ==, expected);
}

static void
test_empty (void)
{
  g_autoptr (AmtProvPlan) plan = amt_prov_plan_new ();

  assert_order (plan, "");
  g_assert_false (amt_prov_plan_remove (plan, "commit"));
}

static void
test_phases_in_order (void)
{
  g_autoptr (AmtProvPlan) plan = amt_prov_plan_new ();

  add (plan, "log-in", AMT_PROV_PHASE_VERIFY);
  add (plan, "commit", AMT_PROV_PHASE_COMMIT);
  add (plan, "names", AMT_PROV_PHASE_CONFIGURE);
  add (plan, "password", AMT_PROV_PHASE_SECURE);
  add (plan, "identity", AMT_PROV_PHASE_IDENTIFY);
  assert_order (plan, "identity password names commit log-in");
}

static void
test_inside_a_phase_as_added (void)
{
  g_autoptr (AmtProvPlan) plan = amt_prov_plan_new ();

  add (plan, "names", AMT_PROV_PHASE_CONFIGURE);
  add (plan, "commit", AMT_PROV_PHASE_COMMIT);
  add (plan, "network", AMT_PROV_PHASE_CONFIGURE);
  add (plan, "identity", AMT_PROV_PHASE_IDENTIFY);
  add (plan, "alarm", AMT_PROV_PHASE_CONFIGURE);
  assert_order (plan, "identity names network alarm commit");
}

static void
test_same_id_replaces_where_it_stands (void)
{
  g_autoptr (AmtProvPlan) plan = amt_prov_plan_new ();
  g_autoptr (AmtProvStep) other = fake_step_new ("network", AMT_PROV_PHASE_CONFIGURE);

  add (plan, "names", AMT_PROV_PHASE_CONFIGURE);
  add (plan, "network", AMT_PROV_PHASE_CONFIGURE);
  add (plan, "alarm", AMT_PROV_PHASE_CONFIGURE);
  amt_prov_plan_add (plan, other);
  assert_order (plan, "names network alarm");
  g_assert_true (amt_prov_plan_get_steps (plan)->pdata[1] == other);
}

/* A replacement for another phase must not stand before what it builds on. */
static void
test_replacement_of_another_phase (void)
{
  g_autoptr (AmtProvPlan) plan = amt_prov_plan_new ();

  add (plan, "clock", AMT_PROV_PHASE_IDENTIFY);
  add (plan, "password", AMT_PROV_PHASE_SECURE);
  add (plan, "commit", AMT_PROV_PHASE_COMMIT);
  add (plan, "clock", AMT_PROV_PHASE_CONFIGURE);
  add (plan, "names", AMT_PROV_PHASE_CONFIGURE);
  add (plan, "commit", AMT_PROV_PHASE_IDENTIFY);
  assert_order (plan, "commit password clock names");
}

static void
test_replacing_a_step_by_itself (void)
{
  g_autoptr (AmtProvPlan) plan = amt_prov_plan_new ();
  AmtProvStep *step;

  add (plan, "names", AMT_PROV_PHASE_CONFIGURE);
  step = amt_prov_plan_get_steps (plan)->pdata[0];
  amt_prov_plan_add (plan, step);
  assert_order (plan, "names");
  g_assert_true (amt_prov_plan_get_steps (plan)->pdata[0] == step);
}

static void
test_remove (void)
{
  g_autoptr (AmtProvPlan) plan = amt_prov_plan_new ();
  AmtProvStep *gone = fake_step_new ("network", AMT_PROV_PHASE_CONFIGURE);
  gpointer watched = gone;

  g_object_add_weak_pointer (G_OBJECT (gone), &watched);
  add (plan, "names", AMT_PROV_PHASE_CONFIGURE);
  amt_prov_plan_add (plan, gone);
  g_object_unref (gone);
  add (plan, "alarm", AMT_PROV_PHASE_CONFIGURE);
  g_assert_nonnull (watched);
  g_assert_true (amt_prov_plan_remove (plan, "network"));
  g_assert_null (watched);
  g_assert_false (amt_prov_plan_remove (plan, "network"));
  assert_order (plan, "names alarm");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/plan/empty", test_empty);
  g_test_add_func ("/plan/phases-in-order", test_phases_in_order);
  g_test_add_func ("/plan/inside-a-phase-as-added", test_inside_a_phase_as_added);
  g_test_add_func ("/plan/same-id-replaces", test_same_id_replaces_where_it_stands);
  g_test_add_func ("/plan/replacement-of-another-phase", test_replacement_of_another_phase);
  g_test_add_func ("/plan/replaced-by-itself", test_replacing_a_step_by_itself);
  g_test_add_func ("/plan/remove", test_remove);
  return g_test_run ();
}
