/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "opening.h"
#include "simulator.h"

/* What open() does with machines that are not there or misbehave, and with one that is in order. */

static void
open_and_judge (Check *check, House *house, const char *where)
{
  g_autoptr (Opening) opening = opening_start (check, house, where);

  opening_wait (opening);
  judge_error (check, opening, where);
  house_settle (house);
}

static void
check_fails (Check *check, gpointer subject)
{
  g_autoptr (House) house = house_new (check, subject);

  if (house == NULL)
    return;
  open_and_judge (check, house, NOBODY);
  for (PeerBehaviour behaviour = PEER_GARBAGE; behaviour <= PEER_CLOSE; behaviour++) {
    g_autoptr (Peer) peer =
        check_has_failed (check) ? NULL : house_start_peer (check, house, behaviour);

    if (peer == NULL)
      return;
    open_and_judge (check, house, peer_describe (behaviour));
  }
}

/* ---- what is left ---- */

static void
check_released (Check *check, gpointer subject)
{
  g_autoptr (House) house = house_new (check, subject);
  AmtProvSession *session;
  AmtProvDatabase *database;

  if (house == NULL || !judge_failures (check, house))
    return;
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

/* ---- success ---- */

/* A simulated machine may have to make its key first. */
#define SUCCESS_LIMIT_MS 60000

static void
open_channel (Check *check, House *house)
{
  g_autoptr (Opening) opening = opening_new (house);
  gpointer channel;

  opening_begin (check, opening, SUCCESS_LIMIT_MS, SIMULATOR);
  judge_context (check, opening);
  if (check_has_failed (check))
    return;
  CHECK (check, opening->error == NULL, "open() against " SIMULATOR " failed: %s",
         opening->error->message);
  judge_once (check, opening);
  channel = opening->opened;
  g_object_add_weak_pointer (channel, &channel);
  opening_close (opening);
  CHECK (check, house_wait (house, is_gone, &channel),
         "the channel is still referenced after its session has let it go: the connection stays "
         "open, and a machine takes only a few");
}

static void
check_succeeds (Check *check, gpointer data)
{
  Subject *subject = data;
  g_autoptr (House) house = NULL;
  g_autoptr (Simulator) simulator = NULL;
  guint descriptors;

  if (subject->simulated == NULL) {
    check_skip (check, "no machine was named by --simulate");
    return;
  }
  watch_answers ();
  house = house_new (check, subject);
  simulator = house != NULL ? simulator_start (check, house, subject->simulated) : NULL;
  if (simulator == NULL)
    return;
  /* The first round makes what the process needs only once. */
  open_channel (check, house);
  descriptors = count_descriptors ();
  if (check_has_failed (check))
    return;
  open_channel (check, house);
  CHECK (check, count_descriptors () == descriptors,
         "open() and the end of its channel made %u descriptors of %u: a daemon that meets many "
         "machines runs out of them",
         count_descriptors (), descriptors);
}

const CheckRow method_open_checks[] = {
    {"open-fails", "a machine that is not there or misbehaves gives an error of the right domain",
     check_fails},
    {"open-once", "open() is answered exactly once", check_open_once},
    {"open-context", "the answer comes on the context that asked; the host's own stays idle",
     check_open_context},
    {"open-cancelled",
     "open() ends with its cancellable and its time limit, and so does its connection",
     check_open_cancelled},
    {"open-released", "no descriptor and no reference is left behind", check_released},
    {"open-succeeds", "open() gives one channel to a machine, which ends with it", check_succeeds},
    {NULL},
};
