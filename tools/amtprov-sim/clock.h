/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* A virtual clock: microseconds since 1970, X of them pass in a real one. Injected into the models,
 * so that tests turn it by hand. */
typedef struct {
  gint64 (*now) (gpointer data);
  gpointer data;
  double speed; /* virtual seconds in a real one */
} SimClock;

/* What a client waits for passes in its own time, however fast the machine's goes. */
static inline gint64
sim_clock_stretch (const SimClock *clock, gint64 real)
{
  return (gint64)((double)real * clock->speed);
}

static inline gint64
sim_clock_now (const SimClock *clock)
{
  return clock->now (clock->data);
}
