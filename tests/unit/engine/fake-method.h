/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "fake-step.h"

G_BEGIN_DECLS

/* A method that says yes to every machine, or no with a reason. */
#define FAKE_TYPE_METHOD (fake_method_get_type ())
G_DECLARE_FINAL_TYPE (FakeMethod, fake_method, FAKE, METHOD, GObject)

AmtProvMethod *fake_method_new (const char *id, int rank);
void fake_method_set_refusal (AmtProvMethod *method, const char *reason);
void fake_method_set_silent (AmtProvMethod *method);
void fake_method_set_verdict_id (AmtProvMethod *method, const char *id);
void fake_method_set_answer (AmtProvMethod *method, FakeAnswer answer);

G_END_DECLS
