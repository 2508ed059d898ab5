/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "method-subject.h"

/* What open() does with machines that are not there or misbehave. */

/* Time enough to hear a refusal on loopback. */
#define LIMIT_MS 5000
/* For a limit that shall pass. */
#define SHORT_MS 300
#define ROUNDS   3

typedef struct {
  House *house;
  GCancellable *cancellable;
  guint calls;
  gboolean elsewhere; /* called from another context */
  AmtProvChannel *channel;
  GError *error;
} Opening;

static void wait_answer (Opening *opening);

/* Who leaves early stops it: the answer comes into this memory. */
static void
opening_free (Opening *opening)
{
  g_cancellable_cancel (opening->cancellable);
  wait_answer (opening);
  g_clear_object (&opening->channel);
  g_clear_object (&opening->cancellable);
  g_clear_error (&opening->error);
  g_free (opening);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Opening, opening_free)

static void
on_open (GObject *source, GAsyncResult *result, gpointer data)
{
  Opening *opening = data;
  GSource *current = g_main_current_source ();

  opening->calls++;
  opening->elsewhere = current == NULL || g_source_get_context (current) != opening->house->context;
  if (opening->calls == 1)
    opening->channel =
        amt_prov_method_open_finish (AMT_PROV_METHOD (source), result, &opening->error);
}

static Opening *
opening_new (House *house)
{
  Opening *opening = g_new0 (Opening, 1);

  opening->house = house;
  opening->cancellable = g_cancellable_new ();
  return opening;
}

static void
begin (Check *check, Opening *opening, guint limit, const char *where)
{
  House *house = opening->house;

  check_stage (check, "open() ran against %s", where);
  amt_prov_method_open_async (house->method, house->session, limit, opening->cancellable, on_open,
                              opening);
}

static Opening *
start_opening (Check *check, House *house, const char *where)
{
  Opening *opening = opening_new (house);

  begin (check, opening, LIMIT_MS, where);
  return opening;
}

/* The core's limit answers in any case. */
static void
wait_answer (Opening *opening)
{
  while (opening->calls == 0)
    g_main_context_iteration (opening->house->context, TRUE);
}

/* ---- errors ---- */

static void
judge_error (Check *check, Opening *opening, const char *where)
{
  GError *error = opening->error;

  CHECK (check, error != NULL, "open() against %s gave a channel: nobody has logged in there",
         where);
  CHECK (check, error->domain == AMT_PROV_ERROR,
         "open() against %s failed in the domain %s (%s): hosts decide by AMT_PROV_ERROR and "
         "G_IO_ERROR_CANCELLED only",
         where, g_quark_to_string (error->domain), error->message);
  CHECK (check, error->code != AMT_PROV_ERROR_TIMEOUT,
         "open() against %s was not answered within %d ms (%s): each call of open() is answered "
         "with an object or an error, or the machine waits for the time limit",
         where, LIMIT_MS, error->message);
  CHECK (check, error->code != AMT_PROV_ERROR_PLUGIN_FAILED,
         "open() against %s broke the contract: %s", where, error->message);
  CHECK (check, *error->message != '\0', "open() against %s failed without a message", where);
}

static void
open_and_judge (Check *check, House *house, const char *where)
{
  g_autoptr (Opening) opening = start_opening (check, house, where);

  wait_answer (opening);
  judge_error (check, opening, where);
  house_settle (house);
}

static void
check_fails (Check *check, gpointer subject)
{
  g_autoptr (House) house = house_new (check, subject);

  if (house == NULL)
    return;
  open_and_judge (check, house, "a port where nobody listens");
  for (PeerBehaviour behaviour = PEER_GARBAGE; behaviour <= PEER_CLOSE; behaviour++) {
    g_autoptr (Peer) peer =
        check_has_failed (check) ? NULL : house_start_peer (check, house, behaviour);

    if (peer == NULL)
      return;
    open_and_judge (check, house, peer_describe (behaviour));
  }
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

static void
check_once (Check *check, gpointer subject)
{
  g_autoptr (House) house = NULL;
  g_autoptr (Opening) opening = NULL;

  g_log_set_writer_func (catch_critical, NULL, NULL);
  house = house_new (check, subject);
  if (house == NULL)
    return;
  opening = start_opening (check, house, "a port where nobody listens");
  wait_answer (opening);
  house_settle (house);
  CHECK (check, second_answer == NULL && opening->calls == 1,
         "open() was answered more than once, or misused the library (%s): an operation has one "
         "answer, and what comes later is lost",
         second_answer != NULL ? second_answer : "two calls");
}

/* ---- main contexts ---- */

static void
check_context (Check *check, gpointer subject)
{
  g_autoptr (House) house = house_new (check, subject);
  g_autoptr (Opening) opening = NULL;

  if (house == NULL)
    return;
  CHECK (
      check, host_context_is_idle (),
      "loading the plugin left something to do on the default main context, which is the host's");
  opening = start_opening (check, house, "a port where nobody listens");
  CHECK (check, opening->calls == 0,
         "open() was answered to its caller before amt_prov_method_open_async() returned");
  while (opening->calls == 0 && host_context_is_idle ())
    g_main_context_iteration (house->context, TRUE);
  CHECK (
      check, host_context_is_idle (),
      "open() has put a source on the default main context: that is the host's, and no host need "
      "run it. Use amt_prov_operation_add_timeout() or attach to "
      "amt_prov_operation_get_context(), never g_timeout_add() or g_idle_add()");
  CHECK (check, !opening->elsewhere,
         "open() was answered on another main context than the one that asked");
}

/* ---- cancelling ---- */

typedef enum {
  BEFORE,    /* open() is called */
  AT_ONCE,   /* when open() has returned */
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
  gboolean early; /* it has failed before the moment came */
} Attempt;

static gboolean
is_moment (gpointer data)
{
  Attempt *attempt = data;

  return attempt->opening->calls > 0 || attempt->moment <= AT_ONCE ||
         (attempt->moment == CONNECTED && attempt->peer->accepted > 0) ||
         (attempt->moment == HEARD && attempt->peer->heard > 0);
}

static gboolean
is_disconnected (gpointer data)
{
  Peer *peer = data;

  return peer->connections->len == 0;
}

/* A method that reaches its machines by another way than this port never comes to some moments. */
static void
open_until (Check *check, House *house, Attempt *attempt)
{
  if (attempt->moment == BEFORE)
    g_cancellable_cancel (attempt->opening->cancellable);
  begin (check, attempt->opening, attempt->moment == LIMIT ? SHORT_MS : LIMIT_MS,
         peer_describe (attempt->peer->behaviour));
  if (attempt->moment == LIMIT)
    return;
  house_wait (house, is_moment, attempt);
  attempt->early = attempt->opening->calls > 0;
  g_cancellable_cancel (attempt->opening->cancellable);
}

/* A machine whose first bytes are wrong may be given up before it is cancelled; which error that
 * is, another check judges. */
static gboolean
is_due (Attempt *attempt, GError *error)
{
  if (attempt->moment == LIMIT || attempt->early)
    return error != NULL;
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
judge_cancelled (Check *check, House *house, Attempt *attempt)
{
  const char *machine = peer_describe (attempt->peer->behaviour);
  const char *moment = describe_moment (attempt->moment);
  GError *error = attempt->opening->error;

  CHECK (check, is_due (attempt, error), "open() against %s %s, and its answer is “%s”: %s is due",
         machine, moment, error != NULL ? error->message : "a channel",
         attempt->moment == LIMIT ? "an error" : "G_IO_ERROR_CANCELLED");
  check_stage (check, "open(), which %s, went on", moment);
  CHECK (check, house_wait (house, is_disconnected, attempt->peer),
         "open() against %s %s, and its connection is still open: hand "
         "amt_prov_operation_get_cancellable() to all that open() does, or a machine that hangs "
         "holds a descriptor for ever",
         machine, moment);
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
  wait_answer (opening);
  house_settle (house);
  judge_cancelled (check, house, &attempt);
}

static void
check_cancelled (Check *check, gpointer subject)
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

static gboolean
is_gone (gpointer data)
{
  return *(gpointer *)data == NULL;
}

static void
check_released (Check *check, gpointer subject)
{
  g_autoptr (House) house = house_new (check, subject);
  AmtProvSession *session;
  AmtProvDatabase *database;
  guint descriptors = 0;

  if (house == NULL)
    return;
  /* The first round makes what the process needs only once. */
  for (guint i = 0; i <= ROUNDS; i++) {
    g_autoptr (Opening) opening = start_opening (check, house, "a port where nobody listens");

    wait_answer (opening);
    house_settle (house);
    if (g_error_matches (opening->error, AMT_PROV_ERROR, AMT_PROV_ERROR_TIMEOUT)) {
      check_skip (check, "open() is not answered");
      return;
    }
    if (i == 0)
      descriptors = count_descriptors ();
  }
  CHECK (check, count_descriptors () == descriptors,
         "%d more calls of open() that failed made %u descriptors of %u: a daemon that meets many "
         "machines runs out of them",
         ROUNDS, count_descriptors (), descriptors);
  session = house->session;
  database = amt_prov_provisioner_get_database (house->provisioner);
  g_object_add_weak_pointer (G_OBJECT (session), (gpointer *)&session);
  g_object_add_weak_pointer (G_OBJECT (database), (gpointer *)&database);
  g_clear_object (&house->session);
  CHECK (check, house_wait (house, is_gone, &session),
         "the session is still referenced after open() was answered: it keeps the machine's "
         "secrets in memory");
  g_clear_object (&house->provisioner);
  CHECK (check, house_wait (house, is_gone, &database),
         "the database is still referenced after all sessions have ended: the host cannot close "
         "its store");
}

const CheckRow method_open_checks[] = {
    {"open-fails", "a machine that is not there or misbehaves gives an error of the right domain",
     check_fails},
    {"open-once", "open() is answered exactly once", check_once},
    {"open-context", "the answer comes on the context that asked; the host's own stays idle",
     check_context},
    {"open-cancelled",
     "open() ends with its cancellable and its time limit, and so does its connection",
     check_cancelled},
    {"open-released", "no descriptor and no reference is left behind", check_released},
    {NULL},
};
