/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* A virtual clock: microseconds since 1970, X of them pass in a real one. Injected into the models,
 * so that tests turn it by hand. */
typedef struct {
  gint64 (*now) (gpointer data);
  gpointer data;
} SimClock;

static inline gint64
sim_clock_now (const SimClock *clock)
{
  return clock->now (clock->data);
}
