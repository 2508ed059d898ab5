/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store-subject.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <glib/gstdio.h>

#include "store-changes.h"

/* What is left when a store is closed or its process killed, and what several of them see. */

#define WRITERS      2
#define ADDITIONS    100
#define ACKNOWLEDGED 50

static gboolean
put_key (Check *check, AmtProvStore *store, AmtProvKind kind, const char *key)
{
  return store_try (check, store, put_new (kind, key, NULL, NULL, AMT_PROV_CONDITION_NONE, 0));
}

static void
check_reopen (Check *check, gpointer subject)
{
  g_autoptr (AmtProvStore) store = store_begin (check, subject);

  for (AmtProvKind kind = AMT_PROV_KIND_META; store != NULL && kind <= AMT_PROV_KIND_EVENT; kind++)
    put_key (check, store, kind, "kept");
  g_clear_object (&store);
  store = store_open (check, subject);
  for (AmtProvKind kind = AMT_PROV_KIND_META; store != NULL && kind <= AMT_PROV_KIND_EVENT;
       kind++) {
    g_autoptr (GPtrArray) found = store_find (check, store, kind, "kept", NULL, NULL);

    CHECK (check, found->len == 1,
           "a record of kind %d is gone after the store was closed and opened again: a daemon that "
           "restarts must find all that it wrote",
           kind);
  }
}

static void
check_second (Check *check, gpointer subject)
{
  g_autoptr (AmtProvStore) one = store_begin (check, subject);
  g_autoptr (AmtProvStore) two = one != NULL ? store_open (check, subject) : NULL;

  for (guint i = 0; two != NULL && i < 20; i++) {
    g_autofree char *key = g_strdup_printf ("%u", i);
    g_autoptr (GPtrArray) found = NULL;

    CHECK (check, put_key (check, i % 2 ? one : two, AMT_PROV_KIND_DEVICE, key),
           "a put without a condition was not made while the store is open twice");
    found = store_find (check, i % 2 ? two : one, AMT_PROV_KIND_DEVICE, NULL, NULL, NULL);
    CHECK (check, found->len == i + 1,
           "a second connection sees %u of %u records: the command line and other daemons work on "
           "the same store and must see each commit",
           found->len, i + 1);
  }
}

/* ---- writers of their own ---- */

/* Must be called before the plugin is loaded. The writer ends with the check. */
static pid_t
start_writer (Check *check)
{
  pid_t pid = fork ();

  if (pid < 0)
    check_fail (check, "no second process could be made");
  if (pid == 0)
    prctl (PR_SET_PDEATHSIG, SIGKILL);
  return pid;
}

static guint64
read_number (AmtProvRecord *record)
{
  const char *text = amt_prov_record_get_owner (record);

  return text != NULL ? g_ascii_strtoull (text, NULL, 10) : 0;
}

/* Adds 1 under the condition that nobody was faster, again and again until it is made. */
static void
add_one (Check *check, AmtProvStore *store)
{
  gboolean made = FALSE;

  while (!made && !check_has_failed (check)) {
    g_autoptr (GPtrArray) found =
        store_find (check, store, AMT_PROV_KIND_META, "counter", NULL, NULL);
    g_autofree char *next = NULL;

    CHECK (check, found->len == 1, "a writer does not find the record that another process made");
    next = g_strdup_printf ("%" G_GUINT64_FORMAT, read_number (found->pdata[0]) + 1);
    amt_prov_record_set_owner (found->pdata[0], next);
    made = store_try (
        check, store,
        amt_prov_change_new (AMT_PROV_VERB_PUT, found->pdata[0], AMT_PROV_CONDITION_REVISION));
  }
}

/* In memory that all processes share: the writers make each addition at the same moment. */
typedef struct {
  int open;    /* the counter is there */
  int arrived; /* how often a writer has come to its next addition */
  int given_up;
} Gate;

static void
wait_at (Gate *gate, int *what, int value)
{
  while (g_atomic_int_get (what) < value && !g_atomic_int_get (&gate->given_up))
    sched_yield ();
}

static void G_GNUC_NORETURN
count_up (Check *check, StoreSubject *subject, Gate *gate)
{
  g_autoptr (AmtProvStore) store = store_open (check, subject);

  wait_at (gate, &gate->open, 1);
  for (int i = 0; i < ADDITIONS && store != NULL && !check_has_failed (check); i++) {
    g_atomic_int_inc (&gate->arrived);
    wait_at (gate, &gate->arrived, WRITERS * (i + 1));
    add_one (check, store);
  }
  if (store == NULL || check_has_failed (check))
    g_atomic_int_set (&gate->given_up, 1);
  g_clear_object (&store);
  _exit (g_atomic_int_get (&gate->given_up) ? EXIT_FAILURE : EXIT_SUCCESS);
}

static gboolean
finish_writers (const pid_t *writers)
{
  gboolean good = TRUE;

  for (guint i = 0; i < WRITERS; i++) {
    int status;

    good = waitpid (writers[i], &status, 0) == writers[i] && status == 0 && good;
  }
  return good;
}

static void
judge_sum (Check *check, StoreSubject *subject, const pid_t *writers, Gate *gate)
{
  g_autoptr (AmtProvStore) store = store_begin (check, subject);
  g_autoptr (GPtrArray) found = NULL;

  if (store != NULL)
    store_try (check, store,
               put_new (AMT_PROV_KIND_META, "counter", "0", NULL, AMT_PROV_CONDITION_NONE, 0));
  check_stage (check, "%d processes changed one record", WRITERS);
  g_atomic_int_set (&gate->given_up, check_has_failed (check));
  g_atomic_int_set (&gate->open, 1);
  CHECK (check, finish_writers (writers),
         "one of %d processes that changed a record at once failed", WRITERS);
  found = store_find (check, store, AMT_PROV_KIND_META, "counter", NULL, NULL);
  CHECK (check, found->len == 1 && read_number (found->pdata[0]) == WRITERS * ADDITIONS,
         "%d processes added %d times 1 each under the condition “revision”, and the sum is "
         "%" G_GUINT64_FORMAT
         ": a condition and its change must be one step, or two daemons overwrite each other",
         WRITERS, ADDITIONS, found->len == 1 ? read_number (found->pdata[0]) : 0);
}

static void
check_writers (Check *check, gpointer subject)
{
  Gate *gate = mmap (NULL, sizeof *gate, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pid_t writers[WRITERS];

  CHECK (check, gate != MAP_FAILED, "no memory could be shared");
  for (guint i = 0; i < WRITERS; i++) {
    writers[i] = start_writer (check);
    if (writers[i] == 0)
      count_up (check, subject, gate);
  }
  judge_sum (check, subject, writers, gate);
  munmap (gate, sizeof *gate);
}

static void G_GNUC_NORETURN
write_for_ever (Check *check, StoreSubject *subject, int fd)
{
  g_autoptr (AmtProvStore) store = store_begin (check, subject);

  for (guint32 i = 0; store != NULL; i++) {
    g_autofree char *key = g_strdup_printf ("%u", i);

    if (!put_key (check, store, AMT_PROV_KIND_EVENT, key) || write (fd, &i, sizeof i) != sizeof i)
      break;
  }
  _exit (EXIT_FAILURE);
}

/* How many commits the writer says that it made, when it is killed in the midst of them. */
static guint32
kill_writer (Check *check, pid_t writer, int fd)
{
  guint32 count = 0, number;
  int status;

  check_stage (check, "another process wrote, to be killed");
  while (count < ACKNOWLEDGED && read (fd, &number, sizeof number) == sizeof number)
    count++;
  kill (writer, SIGKILL);
  while (read (fd, &number, sizeof number) == sizeof number)
    count++;
  waitpid (writer, &status, 0);
  return count;
}

static void
check_killed (Check *check, gpointer subject)
{
  g_autoptr (AmtProvStore) store = NULL;
  g_autoptr (GPtrArray) found = NULL;
  guint32 acknowledged;
  pid_t writer;
  int fds[2];

  CHECK (check, pipe (fds) == 0, "no pipe could be made");
  writer = start_writer (check);
  if (writer == 0)
    write_for_ever (check, subject, fds[1]);
  close (fds[1]);
  acknowledged = writer > 0 ? kill_writer (check, writer, fds[0]) : 0;
  close (fds[0]);
  CHECK (check, acknowledged >= ACKNOWLEDGED,
         "a process that writes one record after the other "
         "stopped by itself");
  store = store_open (check, subject);
  if (store == NULL)
    return;
  found = store_find (check, store, AMT_PROV_KIND_EVENT, NULL, NULL, NULL);
  CHECK (check, found->len >= acknowledged,
         "%u commits had returned when their process was killed, %u are there: apply() returns "
         "when the change is durable, since a secret goes to a machine right after it",
         acknowledged, found->len);
}

/* ---- refusals ---- */

static void
refuse (Check *check, StoreSubject *subject, const char *location)
{
  g_autoptr (AmtProvStore) store = store_make (check, subject);
  g_autoptr (GError) error = NULL;

  if (store == NULL)
    return;
  check_stage (check, "open(\"%s\") ran", location);
  CHECK (
      check, !amt_prov_store_open (store, location, &error),
      "open() of “%s”, where there can be no store, succeeded: an administrator who mistypes the "
      "location gets an empty store without a word",
      location);
  CHECK (check, g_error_matches (error, AMT_PROV_ERROR, AMT_PROV_ERROR_STORE),
         "open() of “%s” failed with %s %d, AMT_PROV_ERROR_STORE is due (%s)", location,
         g_quark_to_string (error->domain), error->code, error->message);
  CHECK (check, strchr (error->message, ' ') != NULL,
         "open() of “%s” failed with “%s”, which is no sentence that says where and why", location,
         error->message);
}

/* Not even root can make a file in /proc. */
static void
check_bad_location (Check *check, gpointer data)
{
  StoreSubject *subject = data;
  g_autofree char *below = g_strconcat (subject->location, "/no/such/place", NULL);

  refuse (check, subject, below);
  if (g_file_test (subject->location, G_FILE_TEST_IS_REGULAR))
    refuse (check, subject, "/proc/amtprov-conformance");
}

static void
check_corrupt (Check *check, gpointer data)
{
  StoreSubject *subject = data;
  g_autofree char *path = g_strconcat (subject->location, ".corrupt", NULL);
  g_autofree char *text = g_strnfill (8192, 'z');
  g_autofree char *after = NULL;
  g_autoptr (GError) error = NULL;

  if (!g_file_test (subject->location, G_FILE_TEST_IS_REGULAR)) {
    check_skip (check, "the location is no file");
    return;
  }
  CHECK (check, !g_file_test (path, G_FILE_TEST_EXISTS),
         "%s is in the way: the check writes a file of this name, remove it", path);
  CHECK (check, g_file_set_contents (path, text, -1, &error), "%s", error->message);
  refuse (check, subject, path);
  g_file_get_contents (path, &after, NULL, NULL);
  g_remove (path);
  CHECK (check, g_strcmp0 (text, after) == 0,
         "opening a file that is no store changed it: perhaps somebody needs what is in it");
}

/* Last of all: the location is as it was. */
static void
check_cleared (Check *check, gpointer subject)
{
  g_autoptr (AmtProvStore) store = store_begin (check, subject);
  g_autoptr (GPtrArray) found =
      store != NULL ? store_find (check, store, AMT_PROV_KIND_EVENT, NULL, NULL, NULL) : NULL;

  CHECK (check, found == NULL || found->len == 0,
         "%u records are left that cannot be removed: remove the location yourself", found->len);
}

const CheckRow store_process_checks[] = {
    {"reopen", "what was written is there when the store is opened again", check_reopen},
    {"second-connection", "two connections see each other's commits at once", check_second},
    {"writers", "conditions hold when two processes change one record", check_writers},
    {"killed", "what apply() has acknowledged survives the end of its process", check_killed},
    {"bad-location", "a location where no store can be is refused with a sentence",
     check_bad_location},
    {"corrupt", "a file that is no store is refused and left as it is", check_corrupt},
    {"cleared", "all that the checks have written can be removed, and is", check_cleared},
    {NULL},
};
