/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Far more than the slowest check takes on a busy machine with sanitizers. */
#define LIMIT_SECONDS 120

#define TAG_FAIL  'F'
#define TAG_SKIP  'S'
#define TAG_STAGE 'A'

struct _Check {
  int pipe;
  gboolean failed;
};

static void
tell (Check *check, char tag, const char *text)
{
  g_autofree char *line = g_strdup_printf ("%c%s", tag, text);

  g_strdelimit (line, "\n", ' ');
  dprintf (check->pipe, "%s\n", line);
}

void
check_fail (Check *check, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  if (check->failed)
    return;
  check->failed = TRUE;
  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  tell (check, TAG_FAIL, text);
}

void
check_skip (Check *check, const char *reason)
{
  tell (check, TAG_SKIP, reason);
}

gboolean
check_has_failed (Check *check)
{
  return check->failed;
}

void
check_stage (Check *check, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  tell (check, TAG_STAGE, text);
}

/* By exit(), not _exit(): a leak checker has its say then. */
static void G_GNUC_NORETURN
run_in_child (const CheckRow *row, gpointer subject, int fd)
{
  Check check = {.pipe = fd};

  row->run (&check, subject);
  exit (check.failed ? EXIT_FAILURE : EXIT_SUCCESS);
}

/* All that the child says; FALSE when it does not end in time. */
static gboolean
read_all (int fd, GString *said)
{
  gint64 limit = g_get_monotonic_time () + LIMIT_SECONDS * G_USEC_PER_SEC;
  struct pollfd wait = {.fd = fd, .events = POLLIN};
  char buffer[4096];

  for (;;) {
    gint64 left = (limit - g_get_monotonic_time ()) / 1000;
    int ready = left > 0 ? poll (&wait, 1, (int)left) : 0;
    ssize_t n;

    if (ready == 0)
      return FALSE;
    n = ready > 0 ? read (fd, buffer, sizeof buffer) : -1;
    if (n == 0 || (n < 0 && errno != EINTR))
      return TRUE;
    if (n > 0)
      g_string_append_len (said, buffer, n);
  }
}

static void
take_lines (CheckOutcome *outcome, const char *said, char **stage)
{
  g_auto (GStrv) lines = g_strsplit (said, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++) {
    if (lines[i][0] == TAG_STAGE) {
      g_free (*stage);
      *stage = g_strdup (lines[i] + 1);
    } else if (lines[i][0] == TAG_FAIL || lines[i][0] == TAG_SKIP) {
      g_free (outcome->text);
      outcome->text = g_strdup (lines[i] + 1);
      outcome->result = lines[i][0] == TAG_FAIL ? CHECK_FAILED : CHECK_SKIPPED;
    }
  }
}

static void
fail_outcome (CheckOutcome *outcome, char *text)
{
  g_free (outcome->text);
  outcome->text = text;
  outcome->result = CHECK_FAILED;
}

static void
judge_end (CheckOutcome *outcome, gboolean in_time, int status, const char *stage)
{
  if (!in_time)
    fail_outcome (outcome,
                  g_strdup_printf ("the plugin did not come back within %d s while %s: a call that "
                                   "blocks stops every machine that the host works on",
                                   LIMIT_SECONDS, stage));
  else if (outcome->result == CHECK_FAILED)
    return;
  else if (WIFSIGNALED (status))
    fail_outcome (outcome,
                  g_strdup_printf ("the process was ended by signal %d (%s) while %s: a "
                                   "plugin must never end its host",
                                   WTERMSIG (status), strsignal (WTERMSIG (status)), stage));
  else if (WEXITSTATUS (status) != EXIT_SUCCESS)
    fail_outcome (outcome, g_strdup_printf ("the process ended with code %d while %s; what was "
                                            "found is on standard error",
                                            WEXITSTATUS (status), stage));
}

static CheckOutcome *
watch_child (const CheckRow *row, pid_t child, int fd)
{
  CheckOutcome *outcome = g_new0 (CheckOutcome, 1);
  g_autofree char *stage = g_strdup ("the check began");
  g_autoptr (GString) said = g_string_new (NULL);
  gboolean in_time = read_all (fd, said);
  int status = 0;

  outcome->row = row;
  if (!in_time)
    kill (child, SIGKILL);
  while (waitpid (child, &status, 0) < 0 && errno == EINTR)
    ;
  take_lines (outcome, said->str, &stage);
  judge_end (outcome, in_time, status, stage);
  return outcome;
}

static CheckOutcome *
cannot_run (const CheckRow *row)
{
  CheckOutcome *outcome = g_new0 (CheckOutcome, 1);

  outcome->row = row;
  fail_outcome (outcome,
                g_strdup_printf ("no process could be made for it: %s", g_strerror (errno)));
  return outcome;
}

CheckOutcome *
check_run (const CheckRow *row, gpointer subject)
{
  CheckOutcome *outcome;
  int fds[2];
  pid_t child;

  if (pipe (fds) != 0)
    return cannot_run (row);
  fflush (NULL);
  child = fork ();
  if (child == 0) {
    close (fds[0]);
    run_in_child (row, subject, fds[1]);
  }
  close (fds[1]);
  outcome = child > 0 ? watch_child (row, child, fds[0]) : cannot_run (row);
  close (fds[0]);
  return outcome;
}

void
check_outcome_free (CheckOutcome *outcome)
{
  g_free (outcome->text);
  g_free (outcome);
}
