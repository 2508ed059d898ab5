/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "engine/intake.h"

G_BEGIN_DECLS

struct _AmtProvIntake {
  AmtProvProvisioner *provisioner; /* unowned; NULL when it was disposed of while this is in work */
  AmtProvHello *hello;
  char *address;
  GTask *task;
  GCancellable *cancellable; /* of all that is done for this hello */
  GSource *caller_cancels;
  gboolean reported;
  gboolean resume;
  guint attempt; /* how often a committed machine could not be verified */
  gboolean in_work;

  AmtProvDevice *device;
  gboolean imported; /* the store had a row */
  char *suffix;
  char *blocked; /* the text of its event */
  char *medium;  /* by which the pair of the hello's PID was handed out */
  GCancellable *ptr_cancellable;
  GSource *ptr_limit;
  AmtProvSession *session;
};

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AmtProvIntake, amt_prov_intake_free)

/* A machine that a caller names by its address only is asked for its UUID first. */
gboolean amt_prov_intake_is_probe (AmtProvIntake *self);
/* The caller is told once. */
void amt_prov_intake_report (AmtProvIntake *self, GError *error);

/* ---- a machine that gets no session; all of these take the intake ---- */

/* Writes that a known machine is blocked, once for each reason and setup window. */
void amt_prov_intake_block (AmtProvIntake *self, GError *error);
/* Nothing is written. */
void amt_prov_intake_turn_away (AmtProvIntake *self, const char *why);
/* A machine that was announced shows in its row why it gets no session; of a stranger nothing is
 * written. */
void amt_prov_intake_keep_out (AmtProvIntake *self, const char *why);

G_END_DECLS
