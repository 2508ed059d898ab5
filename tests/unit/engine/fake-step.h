/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/amtprov.h>

G_BEGIN_DECLS

/* What a plugin function does with its operation. */
typedef gboolean (*FakeAnswer) (AmtProvOperation *operation, GError **error);

/* A step that can answer both of its questions as it likes. */
#define FAKE_TYPE_STEP (fake_step_get_type ())
G_DECLARE_FINAL_TYPE (FakeStep, fake_step, FAKE, STEP, GObject)

AmtProvStep *fake_step_new (const char *id, AmtProvPhase phase);
void fake_step_set_answer (AmtProvStep *step, FakeAnswer answer);

G_END_DECLS
