/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "house.h"

G_BEGIN_DECLS

/* Time enough to hear a refusal on loopback. */
#define OPENING_LIMIT_MS 5000

/* One call of the function that opens something: a channel or a stream. */
typedef struct {
  House *house;
  GCancellable *cancellable;
  guint calls;
  gboolean elsewhere; /* called from another context */
  gpointer opened;    /* AmtProvChannel or GIOStream */
  GError *error;
} Opening;

Opening *opening_new (House *house);
void opening_begin (Check *check, Opening *opening, guint limit, const char *where);
/* Both, with OPENING_LIMIT_MS. */
Opening *opening_start (Check *check, House *house, const char *where);
/* The core's limit answers in any case. */
void opening_wait (Opening *opening);
/* What was opened is closed as the core does it. */
void opening_close (Opening *opening);
void opening_free (Opening *opening);

/* Checks that methods and transports have in common. */
void check_loads (Check *check, gpointer subject);
void check_open_once (Check *check, gpointer subject);
void check_open_context (Check *check, gpointer subject);
void check_open_cancelled (Check *check, gpointer subject);

/* Parts of checks. */
/* Before the house is made: so that judge_once() hears of second answers. */
void watch_answers (void);
void judge_once (Check *check, Opening *opening);
/* Waits for the answer of one that has just been started. */
void judge_context (Check *check, Opening *opening);
void judge_error (Check *check, Opening *opening, const char *where);
/* That calls which fail leave no descriptor. FALSE when the check has ended. */
gboolean judge_failures (Check *check, House *house);

#define NOBODY "a port where nobody listens"

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Opening, opening_free)

G_END_DECLS
