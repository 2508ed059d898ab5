/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "opening.h"

/* What holds for everything that opens something, be it a channel or a stream. */

/* For a limit that shall pass. */
#define SHORT_MS 300
#define ROUNDS   3

void
check_loads (Check *check, gpointer subject)
{
  g_autoptr (House) house = house_new (check, subject);
  g_autoptr (Peer) peer = house != NULL ? house_start_peer (check, house, PEER_CLOSE) : NULL;
}

/* ---- errors ---- */

void
judge_error (Check *check, Opening *opening, const char *where)
{
  const char *function = opening->house->function;
  GError *error = opening->error;

  CHECK (check, error != NULL, "%s against %s succeeded: there is nothing to open", function,
         where);
  CHECK (check, error->domain == AMT_PROV_ERROR,
         "%s against %s failed in the domain %s (%s): hosts decide by AMT_PROV_ERROR and "
         "G_IO_ERROR_CANCELLED only",
         function, where, g_quark_to_string (error->domain), error->message);
  CHECK (check, error->code != AMT_PROV_ERROR_TIMEOUT,
         "%s against %s was not answered within %d ms (%s): each call is answered with an object "
         "or an error, or the machine waits for the time limit",
         function, where, OPENING_LIMIT_MS, error->message);
  CHECK (check, error->code != AMT_PROV_ERROR_PLUGIN_FAILED, "%s against %s broke the contract: %s",
         function, where, error->message);
  CHECK (check, *error->message != '\0', "%s against %s failed without a message", function, where);
}

/* ---- exactly one answer ---- */

static char *second_answer;

/* The core speaks up when an operation is answered again; the caller never notices. */
static GLogWriterOutput
catch_critical (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  for (gsize i = 0; (level & G_LOG_LEVEL_CRITICAL) && i < n_fields; i++) {
    if (g_str_equal (fields[i].key, "MESSAGE") && second_answer == NULL)
      second_answer = fields[i].length < 0 ? g_strdup (fields[i].value)
                                           : g_strndup (fields[i].value, (gsize)fields[i].length);
  }
  return g_log_writer_default (level, fields, n_fields, data);
}

void
watch_answers (void)
{
  g_log_set_writer_func (catch_critical, NULL, NULL);
}

void
judge_once (Check *check, Opening *opening)
{
  House *house = opening->house;

  house_settle (house);
  CHECK (check, second_answer == NULL && opening->calls == 1,
         "%s was answered more than once, or misused the library (%s): an operation has one "
         "answer, and what comes later is lost",
         house->function, second_answer != NULL ? second_answer : "two calls");
}

void
check_open_once (Check *check, gpointer subject)
{
  g_autoptr (House) house = NULL;
  g_autoptr (Opening) opening = NULL;

  watch_answers ();
  house = house_new (check, subject);
  if (house == NULL)
    return;
  opening = opening_start (check, house, NOBODY);
  opening_wait (opening);
  judge_once (check, opening);
}

/* ---- main contexts ---- */

void
judge_context (Check *check, Opening *opening)
{
  House *house = opening->house;

  CHECK (check, opening->calls == 0, "%s was answered to its caller before the call had returned",
         house->function);
  while (opening->calls == 0 && host_context_is_idle ())
    g_main_context_iteration (house->context, TRUE);
  CHECK (check, host_context_is_idle (),
         "%s has put a source on the default main context: that is the host's, and no host need "
         "run it. Use amt_prov_operation_add_timeout() or attach to "
         "amt_prov_operation_get_context(), never g_timeout_add() or g_idle_add()",
         house->function);
  CHECK (check, !opening->elsewhere,
         "%s was answered on another main context than the one that asked", house->function);
}

void
check_open_context (Check *check, gpointer subject)
{
  g_autoptr (House) house = house_new (check, subject);
  g_autoptr (Opening) opening = NULL;

  if (house == NULL)
    return;
  CHECK (
      check, host_context_is_idle (),
      "loading the plugin left something to do on the default main context, which is the host's");
  opening = opening_start (check, house, NOBODY);
  judge_context (check, opening);
}

/* ---- cancelling ---- */

typedef enum {
  BEFORE,    /* the function is called */
  AT_ONCE,   /* when it has returned */
  CONNECTED, /* when the machine has accepted */
  HEARD,     /* when it has got bytes, and has perhaps answered with some */
  LIMIT,     /* not at all: the time limit passes */
} Moment;

static const char *
describe_moment (Moment moment)
{
  static const char *const texts[] = {"was cancelled before it began", "was cancelled at once",
                                      "was cancelled when the machine had accepted",
                                      "was cancelled within the handshake",
                                      "was ended by the time limit"};

  return texts[moment];
}

typedef struct {
  Peer *peer;
  Opening *opening;
  Moment moment;
  gboolean early; /* it was answered before the moment came */
} Attempt;

static gboolean
is_moment (gpointer data)
{
  Attempt *attempt = data;

  return attempt->opening->calls > 0 || attempt->moment <= AT_ONCE ||
         (attempt->moment == CONNECTED && attempt->peer->accepted > 0) ||
         (attempt->moment == HEARD && attempt->peer->heard > 0);
}

/* What reaches its machines by another way than this port never comes to some moments. */
static void
open_until (Check *check, House *house, Attempt *attempt)
{
  if (attempt->moment == BEFORE)
    g_cancellable_cancel (attempt->opening->cancellable);
  opening_begin (check, attempt->opening, attempt->moment == LIMIT ? SHORT_MS : OPENING_LIMIT_MS,
                 peer_describe (attempt->peer->behaviour));
  if (attempt->moment == LIMIT)
    return;
  house_wait (house, is_moment, attempt);
  attempt->early = attempt->opening->calls > 0;
  g_cancellable_cancel (attempt->opening->cancellable);
}

/* A machine whose first bytes are wrong may be given up before the moment, which another check
 * judges, and one that accepts may be all that a stream needs. */
static gboolean
is_due (House *house, Attempt *attempt, GError *error)
{
  if (attempt->moment == LIMIT || attempt->early)
    return error != NULL || house->transport != NULL;
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
judge_cancelled (Check *check, House *house, Attempt *attempt)
{
  const char *machine = peer_describe (attempt->peer->behaviour);
  const char *moment = describe_moment (attempt->moment);
  GError *error = attempt->opening->error;

  CHECK (check, is_due (house, attempt, error),
         "%s against %s %s, and its answer is “%s”: %s is due", house->function, machine, moment,
         error != NULL ? error->message : "success",
         attempt->moment == LIMIT ? "an error" : "G_IO_ERROR_CANCELLED");
  /* What becomes of a stream that is closed, another check judges. */
  if (attempt->opening->opened != NULL)
    return;
  check_stage (check, "%s, which %s, went on", house->function, moment);
  CHECK (check, house_wait (house, peer_is_alone, attempt->peer),
         "%s against %s %s, and its connection is still open: hand "
         "amt_prov_operation_get_cancellable() to all that it does, or a machine that hangs holds "
         "a descriptor for ever",
         house->function, machine, moment);
}

static void
check_moment (Check *check, House *house, PeerBehaviour behaviour, Moment moment)
{
  g_autoptr (Peer) peer = house_start_peer (check, house, behaviour);
  g_autoptr (Opening) opening = NULL;
  Attempt attempt = {.peer = peer, .moment = moment};

  if (peer == NULL)
    return;
  opening = attempt.opening = opening_new (house);
  open_until (check, house, &attempt);
  opening_wait (opening);
  house_settle (house);
  judge_cancelled (check, house, &attempt);
}

void
check_open_cancelled (Check *check, gpointer subject)
{
  g_autoptr (House) house = house_new (check, subject);

  for (Moment moment = BEFORE; house != NULL && moment <= LIMIT; moment++) {
    for (PeerBehaviour behaviour = PEER_SILENT; behaviour <= PEER_HALF; behaviour++) {
      if (!check_has_failed (check))
        check_moment (check, house, behaviour, moment);
    }
  }
}

/* ---- what is left ---- */

gboolean
judge_failures (Check *check, House *house)
{
  guint descriptors = 0;

  /* The first round makes what the process needs only once. */
  for (guint i = 0; i <= ROUNDS; i++) {
    g_autoptr (Opening) opening = opening_start (check, house, NOBODY);

    opening_wait (opening);
    house_settle (house);
    if (g_error_matches (opening->error, AMT_PROV_ERROR, AMT_PROV_ERROR_TIMEOUT)) {
      g_autofree char *why = g_strdup_printf ("%s is not answered", house->function);

      check_skip (check, why);
      return FALSE;
    }
    if (i == 0)
      descriptors = count_descriptors ();
  }
  if (count_descriptors () != descriptors)
    check_fail (check,
                "%d more calls of %s that failed made %u descriptors of %u: a daemon that meets "
                "many machines runs out of them",
                ROUNDS, house->function, count_descriptors (), descriptors);
  return !check_has_failed (check);
}
