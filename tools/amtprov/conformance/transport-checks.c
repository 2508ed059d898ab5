/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "opening.h"

#include <string.h>

/* What a transport says, and what its streams are worth. */

static void
check_schemes (Check *check, gpointer data)
{
  Subject *subject = data;
  g_autoptr (House) house = house_new (check, subject);
  g_auto (GStrv) schemes = NULL;

  if (house == NULL)
    return;
  check_stage (check, "get_schemes() ran");
  schemes = g_strdupv ((char **)amt_prov_transport_get_schemes (house->transport));
  for (guint i = 0; schemes[i] != NULL; i++)
    CHECK (check, g_regex_match_simple ("^[a-z][a-z0-9+.-]*$", schemes[i], 0, 0),
           "get_schemes() names “%s”: a scheme is a word in lower case that begins with a letter "
           "(RFC 3986)",
           schemes[i]);
  for (guint i = 0; i < 3; i++)
    CHECK (check,
           g_strv_equal (amt_prov_transport_get_schemes (house->transport),
                         (const char *const *)schemes),
           "get_schemes() gave another list when it was asked again: sites are checked against "
           "what it said first");
}

/* ---- streams ---- */

/* Something under way on a stream. It stays where it is when the stream does not even end for its
 * cancellable: the process ends with the check. */
typedef struct {
  House *house;
  GCancellable *cancellable;
  guint pending;
  guint8 *sent;
  guint8 *heard;
  gsize n_heard;
} Talk;

static Talk *
talk_new (House *house, gsize size)
{
  Talk *talk = g_new0 (Talk, 1);

  talk->house = house;
  talk->cancellable = g_cancellable_new ();
  talk->sent = g_malloc (size);
  talk->heard = g_malloc0 (size);
  for (gsize i = 0; i < size; i++)
    talk->sent[i] = (guint8)(i * 31 + i / 256);
  return talk;
}

static gboolean
is_over (gpointer data)
{
  return ((Talk *)data)->pending == 0;
}

static gboolean
talk_wait (Talk *talk)
{
  gboolean over = house_wait (talk->house, is_over, talk);

  g_cancellable_cancel (talk->cancellable);
  return over;
}

static void
talk_end (Talk *talk)
{
  if (!house_wait (talk->house, is_over, talk))
    return;
  g_object_unref (talk->cancellable);
  g_free (talk->sent);
  g_free (talk->heard);
  g_free (talk);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Talk, talk_end)

static void
on_written (GObject *source, GAsyncResult *result, gpointer data)
{
  ((Talk *)data)->pending--;
  g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, NULL);
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer data)
{
  Talk *talk = data;

  talk->pending--;
  g_input_stream_read_all_finish (G_INPUT_STREAM (source), result, &talk->n_heard, NULL);
}

static void
begin_reading (Talk *talk, GIOStream *stream, gsize size)
{
  talk->pending++;
  g_input_stream_read_all_async (g_io_stream_get_input_stream (stream), talk->heard, size,
                                 G_PRIORITY_DEFAULT, talk->cancellable, on_read, talk);
}

/* As the core does it: it listens before it speaks. */
static void
exchange (Check *check, House *house, GIOStream *stream, gsize size)
{
  g_autoptr (Talk) talk = talk_new (house, size);
  gboolean over;

  check_stage (check, "%" G_GSIZE_FORMAT " bytes went through the stream", size);
  begin_reading (talk, stream, size);
  talk->pending++;
  g_output_stream_write_all_async (g_io_stream_get_output_stream (stream), talk->sent, size,
                                   G_PRIORITY_DEFAULT, talk->cancellable, on_written, talk);
  over = talk_wait (talk);
  CHECK (check, over && talk->n_heard == size && memcmp (talk->heard, talk->sent, size) == 0,
         "of %" G_GSIZE_FORMAT " bytes that were written to the stream while it was read, a "
         "machine that sends everything back returned %s: TLS needs both ways at once, byte for "
         "byte",
         size, over && talk->n_heard == size ? "others" : "fewer");
}

static Opening *
open_echo (Check *check, House *house)
{
  g_autoptr (Opening) opening = opening_start (check, house, peer_describe (PEER_ECHO));

  opening_wait (opening);
  if (opening->error == NULL)
    return g_steal_pointer (&opening);
  check_fail (check, "open_stream() against %s failed: %s", peer_describe (PEER_ECHO),
              opening->error->message);
  return NULL;
}

static void
check_stream (Check *check, gpointer subject)
{
  /* Up to a whole TLS record (RFC 5246 §6.2). */
  static const gsize sizes[] = {1, 100, 4096, 16384 + 5};
  g_autoptr (House) house = house_new (check, subject);
  g_autoptr (Peer) peer = house != NULL ? house_start_peer (check, house, PEER_ECHO) : NULL;
  g_autoptr (Opening) opening = peer != NULL ? open_echo (check, house) : NULL;

  for (guint i = 0; opening != NULL && !check_has_failed (check) && i < G_N_ELEMENTS (sizes); i++)
    exchange (check, house, opening->opened, sizes[i]);
}

/* Whether it comes to its end, by an error or without, and nothing is heard before. */
static gboolean
stream_ends (House *house, GIOStream *stream)
{
  g_autoptr (Talk) talk = talk_new (house, 1);

  begin_reading (talk, stream, 1);
  return talk_wait (talk) && talk->n_heard == 0;
}

static void
check_end (Check *check, gpointer subject)
{
  g_autoptr (House) house = house_new (check, subject);
  g_autoptr (Peer) peer = house != NULL ? house_start_peer (check, house, PEER_ECHO) : NULL;
  g_autoptr (Opening) opening = peer != NULL ? open_echo (check, house) : NULL;

  if (opening == NULL)
    return;
  check_stage (check, "the machine closed the connection");
  peer_hang_up (peer);
  CHECK (check, stream_ends (house, opening->opened),
         "the machine has closed the connection, and the stream has no end: a session would wait "
         "for its time limit instead of for the next connection");
}

/* ---- opening ---- */

/* Asked by another URI than that of the house. */
static Opening *
open_uri (Check *check, House *house, const char *uri)
{
  g_autofree char *own = g_steal_pointer (&house->uri);
  Opening *opening;

  house->uri = g_strdup (uri);
  opening = opening_start (check, house, uri);
  opening_wait (opening);
  g_free (house->uri);
  house->uri = g_steal_pointer (&own);
  return opening;
}

static void
check_bad_uri (Check *check, gpointer data)
{
  static const char *const rests[] = {"", MACHINE_ADDRESS ":port", MACHINE_ADDRESS ":99999"};
  Subject *subject = data;
  g_autoptr (House) house = house_new (check, subject);
  g_autoptr (Peer) peer = house != NULL ? house_start_peer (check, house, PEER_ECHO) : NULL;

  for (guint i = 0; peer != NULL && !check_has_failed (check) && i < G_N_ELEMENTS (rests); i++) {
    g_autofree char *uri = g_strconcat (subject->id, ":", rests[i], NULL);
    g_autoptr (Opening) opening = open_uri (check, house, uri);

    judge_error (check, opening, uri);
  }
}

/* A gateway may take every call, and hang up when it finds nobody. */
static void
check_fails (Check *check, gpointer subject)
{
  g_autoptr (House) house = house_new (check, subject);
  g_autoptr (Opening) opening = NULL;

  if (house == NULL)
    return;
  opening = opening_start (check, house, NOBODY);
  opening_wait (opening);
  if (opening->opened == NULL)
    judge_error (check, opening, NOBODY);
  else
    CHECK (check, stream_ends (house, opening->opened),
           "open_stream() against " NOBODY " gave a stream that does not end: the core would wait "
           "for an answer of nobody");
}

static void
open_and_close (Check *check, House *house, Peer *peer)
{
  g_autoptr (Opening) opening = open_echo (check, house);

  if (opening == NULL)
    return;
  opening_close (opening);
  CHECK (check, house_wait (house, peer_is_alone, peer),
         "the stream was closed and is gone, and the machine is still connected: it takes only a "
         "few connections");
}

static void
judge_streams (Check *check, House *house)
{
  g_autoptr (Peer) peer = house_start_peer (check, house, PEER_ECHO);
  guint descriptors = 0;

  /* The first round makes what the process needs only once. */
  for (guint i = 0; peer != NULL && i < 3; i++) {
    open_and_close (check, house, peer);
    house_settle (house);
    if (check_has_failed (check))
      return;
    if (i == 0)
      descriptors = count_descriptors ();
  }
  CHECK (check, count_descriptors () == descriptors,
         "two more streams that were closed made %u descriptors of %u: a daemon that meets many "
         "machines runs out of them",
         count_descriptors (), descriptors);
}

static void
check_released (Check *check, gpointer subject)
{
  g_autoptr (House) house = house_new (check, subject);
  gpointer transport;

  if (house == NULL || !judge_failures (check, house))
    return;
  judge_streams (check, house);
  if (check_has_failed (check))
    return;
  transport = house->transport;
  g_object_add_weak_pointer (transport, &transport);
  g_clear_object (&house->plugins);
  CHECK (check, house_wait (house, is_gone, &transport),
         "the transport is still referenced after its streams are closed: it outlives its host");
}

const CheckRow transport_first_checks[] = {
    {"loads", "the plugin loads, a site matches, and its machine can be played", check_loads},
    {NULL},
};

const CheckRow transport_checks[] = {
    {"schemes", "get_schemes() always gives the same list, in lower case", check_schemes},
    {"stream", "a stream carries bytes both ways at once", check_stream},
    {"stream-end", "a stream ends when the machine closes the connection", check_end},
    {"bad-uri", "a URI that names no machine and port is refused", check_bad_uri},
    {"open-fails", "a machine that is not there gives an error, or a stream that ends",
     check_fails},
    {"open-once", "open_stream() is answered exactly once", check_open_once},
    {"open-context", "the answer comes on the context that asked; the host's own stays idle",
     check_open_context},
    {"open-cancelled",
     "open_stream() ends with its cancellable and its time limit, and so does its connection",
     check_open_cancelled},
    {"open-released", "no descriptor, no connection and no reference is left behind",
     check_released},
    {NULL},
};
