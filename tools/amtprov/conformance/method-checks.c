/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "opening.h"

#include <string.h>

/* What a method answers at once: verdicts and plans. */

/* ---- verdicts ---- */

typedef struct {
  char *what;
  AmtProvFacts *facts;
  AmtProvCapabilities *capabilities;
} Question;

static void
question_free (gpointer data)
{
  Question *question = data;

  g_free (question->what);
  amt_prov_facts_unref (question->facts);
  amt_prov_capabilities_unref (question->capabilities);
  g_free (question);
}

/* What the core does not ask, because the data say no, a method need not answer. */
static void
add_question (GPtrArray *questions,
              const char *id,
              const char *what,
              AmtProvVersion *release,
              AmtProvHello *hello,
              AmtProvCapabilities *capabilities)
{
  Question *question;

  if (capabilities == NULL || !amt_prov_capabilities_allows_method (capabilities, id, NULL, NULL))
    return;
  question = g_new0 (Question, 1);
  question->what = g_strdup_printf ("%s, hello %s", what,
                                    hello == NULL                            ? "unknown"
                                    : amt_prov_hello_get_pid (hello) != NULL ? "with a PID"
                                                                             : "without a PID");
  question->facts = amt_prov_facts_new (release, hello, NULL);
  question->capabilities = amt_prov_capabilities_ref (capabilities);
  g_ptr_array_add (questions, question);
}

/* Both ends of a range such as `3.0..5.x`; an end that is open has no release to ask for. */
static void
add_range (GPtrArray *questions,
           const char *id,
           AmtProvCapabilityRegistry *registry,
           const char *range,
           AmtProvHello *hello)
{
  g_auto (GStrv) ends = g_strsplit (range, "..", 2);

  for (guint i = 0; ends[i] != NULL; i++) {
    g_autofree char *text = g_strdelimit (g_strdup (ends[i]), "x", '0');
    g_autofree char *what = g_strconcat ("release ", text, NULL);
    g_autoptr (AmtProvVersion) release = amt_prov_version_parse (text, NULL);
    g_autoptr (AmtProvCapabilities) capabilities =
        release != NULL ? amt_prov_capability_registry_lookup (registry, release) : NULL;

    add_question (questions, id, what, release, hello, capabilities);
  }
}

/* Every release that the data name, and an unknown one, each with every kind of hello. */
static GPtrArray *
list_questions (House *house, const char *id)
{
  AmtProvCapabilityRegistry *registry = amt_prov_provisioner_get_registry (house->provisioner);
  g_autoptr (GPtrArray) none = g_ptr_array_new ();
  g_autoptr (AmtProvHello) psk =
      amt_prov_hello_new_psk ("6d14b6a0-41f8-4b0c-8d12-6c1f0f0e0a01", TRUE, 0, "0000037M");
  g_autoptr (AmtProvHello) pki =
      amt_prov_hello_new_pki ("6d14b6a0-41f8-4b0c-8d12-6c1f0f0e0a02", TRUE, 0, none);
  AmtProvHello *hellos[] = {NULL, psk, pki};
  g_auto (GStrv) groups = amt_prov_capability_registry_list_groups (registry);
  GPtrArray *questions = g_ptr_array_new_with_free_func (question_free);

  for (guint i = 0; i < G_N_ELEMENTS (hellos); i++) {
    g_autoptr (AmtProvCapabilities) any =
        amt_prov_capability_registry_lookup_hello (registry, hellos[i]);

    add_question (questions, id, "release unknown", NULL, hellos[i], any);
    for (guint j = 0; groups[j] != NULL; j++)
      add_range (questions, id, registry, groups[j], hellos[i]);
  }
  return questions;
}

static AmtProvVerdict *
ask (Check *check, House *house, Question *question)
{
  check_stage (check, "evaluate() ran for a machine with %s", question->what);
  return AMT_PROV_METHOD_GET_IFACE (house->method)
      ->evaluate (house->method, question->facts, house->site, question->capabilities);
}

static void
check_evaluate (Check *check, gpointer data)
{
  Subject *subject = data;
  g_autoptr (House) house = house_new (check, subject);
  g_autoptr (GPtrArray) questions = house != NULL ? list_questions (house, subject->id) : NULL;

  if (questions == NULL)
    return;
  CHECK (check, questions->len > 0,
         "no capability data allow the method %s for any release: add method.%s=yes to a file in "
         "capabilities.d",
         subject->id, subject->id);
  for (guint i = 0; i < questions->len; i++) {
    Question *question = questions->pdata[i];
    g_autoptr (AmtProvVerdict) verdict = ask (check, house, question);

    CHECK (check, verdict != NULL,
           "evaluate() gave no verdict for a machine with %s: the method counts as unusable there, "
           "and nobody learns why",
           question->what);
    CHECK (check, g_strcmp0 (amt_prov_verdict_get_method (verdict), subject->id) == 0,
           "the verdict for a machine with %s is in the name of method “%s”, this is “%s”",
           question->what, amt_prov_verdict_get_method (verdict), subject->id);
    CHECK (check,
           amt_prov_verdict_get_reason (verdict) != NULL &&
               *amt_prov_verdict_get_reason (verdict) != '\0',
           "the verdict for a machine with %s has no reason: “amtprov explain” shows it to the "
           "operator",
           question->what);
  }
}

static char *
describe_verdict (AmtProvVerdict *verdict)
{
  if (verdict == NULL)
    return g_strdup ("none");
  return g_strdup_printf (
      "%s, rank %d: %s", amt_prov_verdict_get_usable (verdict) ? "usable" : "blocked",
      amt_prov_verdict_get_rank (verdict), amt_prov_verdict_get_reason (verdict));
}

static char *
ask_text (Check *check, House *house, Question *question)
{
  g_autoptr (AmtProvVerdict) verdict = ask (check, house, question);

  return describe_verdict (verdict);
}

/* Forwards, then backwards: what one question leaves behind shows in another's answer. */
static void
compare_verdicts (Check *check, House *house, GPtrArray *questions)
{
  g_autoptr (GPtrArray) first = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < questions->len; i++)
    g_ptr_array_add (first, ask_text (check, house, questions->pdata[i]));
  for (guint i = questions->len; i > 0; i--) {
    Question *question = questions->pdata[i - 1];
    g_autofree char *again = ask_text (check, house, question);

    CHECK (check, g_strcmp0 (again, first->pdata[i - 1]) == 0,
           "evaluate() of the same facts (%s) said “%s”, then “%s”: it must depend on its "
           "arguments only, or nobody can rely on what “amtprov explain” says",
           question->what, (const char *)first->pdata[i - 1], again);
  }
}

static void
check_pure (Check *check, gpointer data)
{
  Subject *subject = data;
  g_autoptr (House) house = house_new (check, subject);
  g_autoptr (GPtrArray) questions = house != NULL ? list_questions (house, subject->id) : NULL;
  guint descriptors;

  if (questions == NULL)
    return;
  house_settle (house);
  descriptors = count_descriptors ();
  compare_verdicts (check, house, questions);
  CHECK (check, !g_main_context_pending (house->context) && host_context_is_idle (),
         "evaluate() left something to do on a main context: it answers at once and does no I/O");
  CHECK (check, count_descriptors () == descriptors,
         "the process has %u descriptors after evaluate(), %u before: it does no I/O",
         count_descriptors (), descriptors);
}

/* ---- plans ---- */

/* The one step in the plan of a session that has no channel, which only verifies. */
#define VERIFY_ID "verify"

struct _CoreStep {
  GObject parent_instance;
};

G_DECLARE_FINAL_TYPE (CoreStep, core_step, CORE, STEP, GObject)

static void core_step_iface_init (AmtProvStepInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (CoreStep,
                               core_step,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (AMT_PROV_TYPE_STEP, core_step_iface_init))

static void
core_step_class_init (CoreStepClass *klass)
{
}

static void
core_step_init (CoreStep *self)
{
}

static const char *
core_step_get_id (AmtProvStep *step)
{
  return VERIFY_ID;
}

static AmtProvPhase
core_step_get_phase (AmtProvStep *step)
{
  return AMT_PROV_PHASE_VERIFY;
}

static void
core_step_iface_init (AmtProvStepInterface *iface)
{
  iface->get_id = core_step_get_id;
  iface->get_phase = core_step_get_phase;
}

static AmtProvPlan *
make_plan (Check *check, House *house)
{
  AmtProvPlan *plan = amt_prov_plan_new ();
  g_autoptr (CoreStep) step = g_object_new (core_step_get_type (), NULL);

  amt_prov_plan_add (plan, AMT_PROV_STEP (step));
  check_stage (check, "adjust_plan() ran");
  amt_prov_method_adjust_plan (house->method, house->session, plan);
  return plan;
}

static gboolean
is_kebab_case (const char *id)
{
  return id != NULL && g_regex_match_simple ("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", id, 0, 0);
}

static char *
list_ids (AmtProvPlan *plan)
{
  GPtrArray *steps = amt_prov_plan_get_steps (plan);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < steps->len; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? " " : "", amt_prov_step_get_id (steps->pdata[i]));
  return g_string_free (text, FALSE);
}

static void
judge_plan (Check *check, AmtProvPlan *plan)
{
  GPtrArray *steps = amt_prov_plan_get_steps (plan);
  g_autoptr (GHashTable) ids = g_hash_table_new (g_str_hash, g_str_equal);
  AmtProvPhase last = AMT_PROV_PHASE_IDENTIFY;

  for (guint i = 0; i < steps->len; i++) {
    const char *id = amt_prov_step_get_id (steps->pdata[i]);
    AmtProvPhase phase = amt_prov_step_get_phase (steps->pdata[i]);

    CHECK (
        check, is_kebab_case (id),
        "a step of the plan has the id “%s”; a kebab-case word is due: it stands in the journal, "
        "in events and on the command line",
        id != NULL ? id : "");
    CHECK (check, g_hash_table_add (ids, (gpointer)id),
           "two steps of the plan have the id “%s”: the journal could not tell them apart", id);
    CHECK (check, phase >= last && phase <= AMT_PROV_PHASE_VERIFY,
           "step “%s” stands behind a step of a later phase: what is sent after the commit is "
           "lost. Use amt_prov_plan_add(), and give a step one phase for its life",
           id);
    last = phase;
  }
  CHECK (
      check, g_hash_table_contains (ids, VERIFY_ID),
      "the method dropped the step verify: nobody would know whether the machine is operational");
}

static void
check_plan (Check *check, gpointer subject)
{
  g_autoptr (House) house = house_new (check, subject);
  g_autoptr (AmtProvPlan) plan = house != NULL ? make_plan (check, house) : NULL;
  g_autoptr (AmtProvPlan) second = NULL;
  g_autofree char *ids = NULL;
  g_autofree char *again = NULL;

  if (plan == NULL)
    return;
  judge_plan (check, plan);
  if (check_has_failed (check))
    return;
  second = make_plan (check, house);
  ids = list_ids (plan);
  again = list_ids (second);
  CHECK (check, g_str_equal (ids, again),
         "adjust_plan() of the same session made the plan “%s”, then “%s”: a session that goes on "
         "where another one ended needs the same steps",
         ids, again);
}

const CheckRow method_first_checks[] = {
    {"loads", "the plugin loads, a session comes about, and its machine can be played",
     check_loads},
    {NULL},
};

const CheckRow method_checks[] = {
    {"evaluate",
     "every release that the data allow, and an unknown one, gets a verdict with a reason",
     check_evaluate},
    {"evaluate-pure", "the same facts give the same verdict, and evaluate() does no I/O",
     check_pure},
    {"plan", "adjust_plan() keeps order and ids, and the same session gets the same plan",
     check_plan},
    {NULL},
};
