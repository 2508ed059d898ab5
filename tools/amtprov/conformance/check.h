/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* One check while it runs, in a process of its own: a plugin that crashes or hangs ends only that.
 */
typedef struct _Check Check;

typedef struct {
  const char *name;
  const char *meaning; /* what holds when it passes */
  void (*run) (Check *check, gpointer subject);
} CheckRow;

typedef enum {
  CHECK_PASSED,
  CHECK_FAILED,
  CHECK_SKIPPED,
} CheckResult;

typedef struct {
  const CheckRow *row;
  CheckResult result;
  char *text; /* why it failed or was skipped */
} CheckOutcome;

/* For the check itself. Only the first failure counts. */
void check_fail (Check *check, const char *format, ...) G_GNUC_PRINTF (2, 3);
void check_skip (Check *check, const char *reason);
gboolean check_has_failed (Check *check);
/* What it does now: told when the process ends or hangs in it. */
void check_stage (Check *check, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* Ends the check, which is a function of its own, where something does not hold. */
#define CHECK(check, condition, ...)                                                               \
  do {                                                                                             \
    if (!(condition)) {                                                                            \
      check_fail (check, __VA_ARGS__);                                                             \
      return;                                                                                      \
    }                                                                                              \
  } while (0)

/* For the program. The caller has no threads: the check runs in a fork. */
CheckOutcome *check_run (const CheckRow *row, gpointer subject);
void check_outcome_free (CheckOutcome *outcome);

G_END_DECLS
