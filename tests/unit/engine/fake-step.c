/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fake-step.h"

struct _FakeStep {
  GObject parent_instance;
  char *id;
  AmtProvPhase phase;
  FakeAnswer answer;
};

static void fake_step_iface_init (AmtProvStepInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (FakeStep,
                               fake_step,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (AMT_PROV_TYPE_STEP, fake_step_iface_init))

static void
fake_step_finalize (GObject *object)
{
  g_free (FAKE_STEP (object)->id);
  G_OBJECT_CLASS (fake_step_parent_class)->finalize (object);
}

static void
fake_step_class_init (FakeStepClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = fake_step_finalize;
}

static void
fake_step_init (FakeStep *self)
{
}

AmtProvStep *
fake_step_new (const char *id, AmtProvPhase phase)
{
  FakeStep *self = g_object_new (FAKE_TYPE_STEP, NULL);

  self->id = g_strdup (id);
  self->phase = phase;
  return AMT_PROV_STEP (self);
}

void
fake_step_set_answer (AmtProvStep *step, FakeAnswer answer)
{
  FAKE_STEP (step)->answer = answer;
}

static const char *
fake_step_get_id (AmtProvStep *step)
{
  return FAKE_STEP (step)->id;
}

static AmtProvPhase
fake_step_get_phase (AmtProvStep *step)
{
  return FAKE_STEP (step)->phase;
}

static gboolean
fake_step_start (AmtProvStep *step,
                 AmtProvSession *session,
                 AmtProvOperation *operation,
                 GError **error)
{
  return FAKE_STEP (step)->answer (operation, error);
}

static void
fake_step_iface_init (AmtProvStepInterface *iface)
{
  iface->get_id = fake_step_get_id;
  iface->get_phase = fake_step_get_phase;
  iface->is_needed = fake_step_start;
  iface->start = fake_step_start;
}
