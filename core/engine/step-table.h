/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/session.h>
#include <amtprov/step.h>

G_BEGIN_DECLS

#define AMT_PROV_NO_PROBE (-1)

/* A step that is one action: a row of a table instead of a class. */
typedef struct {
  const char *id;
  AmtProvPhase phase;
  /* A machine that cannot do it is not set up; other steps are left out then. */
  gboolean essential;
  /* What to ask the device first (an AmtProvActionKind), or AMT_PROV_NO_PROBE. */
  int probe;
  /* Whether the site and, where probed, the device's answer call for the step. */
  gboolean (*is_needed) (AmtProvSession *session, AmtProvAction *probe);
  /* Secrets that must be durable before they go out; may be NULL. */
  gboolean (*collect) (AmtProvSession *session, GPtrArray *credentials, GError **error);
  /* The action, or NULL without error when nothing has to be sent. */
  AmtProvAction *(*prepare) (AmtProvSession *session, GError **error);
  /* Takes the action's outcome; returns the error to report, which may be none; may be NULL. */
  GError *(*settle) (AmtProvSession *session, AmtProvAction *action, GError *error);
} AmtProvStepRow;

AmtProvStep *amt_prov_step_new_from_row (const AmtProvStepRow *row);

/* step-tls.c, step-verify.c */
AmtProvStep *amt_prov_step_tls_new (void);
AmtProvStep *amt_prov_step_verify_new (void);

/* Names that the site wants the machine to have; free with g_free(). */
char *amt_prov_session_dup_hostname (AmtProvSession *self);
char *amt_prov_session_dup_domain (AmtProvSession *self);
char *amt_prov_session_dup_fqdn (AmtProvSession *self);

G_END_DECLS
