/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fake-method.h"

#include "engine/method-private.h"

struct _FakeMethod {
  GObject parent_instance;
  char *id;
  char *refusal;
  const char *verdict_id;
  gboolean silent;
  FakeAnswer answer;
};

static void fake_method_iface_init (AmtProvMethodInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (FakeMethod,
                               fake_method,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (AMT_PROV_TYPE_METHOD, fake_method_iface_init))

static void
fake_method_finalize (GObject *object)
{
  g_free (FAKE_METHOD (object)->id);
  g_free (FAKE_METHOD (object)->refusal);
  G_OBJECT_CLASS (fake_method_parent_class)->finalize (object);
}

static void
fake_method_class_init (FakeMethodClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = fake_method_finalize;
}

static void
fake_method_init (FakeMethod *self)
{
}

AmtProvMethod *
fake_method_new (const char *id, int rank)
{
  FakeMethod *self = g_object_new (FAKE_TYPE_METHOD, NULL);

  self->id = g_strdup (id);
  amt_prov_method_set_rank (AMT_PROV_METHOD (self), rank);
  return AMT_PROV_METHOD (self);
}

void
fake_method_set_refusal (AmtProvMethod *method, const char *reason)
{
  FAKE_METHOD (method)->refusal = g_strdup (reason);
}

/* It gives no verdict at all, as a script does after an exception. */
void
fake_method_set_silent (AmtProvMethod *method)
{
  FAKE_METHOD (method)->silent = TRUE;
}

/* Its verdict names another method. */
void
fake_method_set_verdict_id (AmtProvMethod *method, const char *id)
{
  FAKE_METHOD (method)->verdict_id = id;
}

void
fake_method_set_answer (AmtProvMethod *method, FakeAnswer answer)
{
  FAKE_METHOD (method)->answer = answer;
}

static const char *
fake_method_get_id (AmtProvMethod *method)
{
  return FAKE_METHOD (method)->id;
}

static AmtProvVerdict *
fake_method_evaluate (AmtProvMethod *method,
                      AmtProvFacts *facts,
                      AmtProvSite *site,
                      AmtProvCapabilities *capabilities)
{
  FakeMethod *self = FAKE_METHOD (method);

  if (self->silent)
    return NULL;
  if (self->refusal != NULL)
    return amt_prov_verdict_new (self->id, FALSE, 0, self->refusal, NULL);
  return amt_prov_verdict_new (self->verdict_id != NULL ? self->verdict_id : self->id, TRUE, 0,
                               "the fake says yes", NULL);
}

static gboolean
fake_method_open (AmtProvMethod *method,
                  AmtProvSession *session,
                  AmtProvOperation *operation,
                  GError **error)
{
  return FAKE_METHOD (method)->answer (operation, error);
}

static void
fake_method_iface_init (AmtProvMethodInterface *iface)
{
  iface->get_id = fake_method_get_id;
  iface->evaluate = fake_method_evaluate;
  iface->open = fake_method_open;
}
