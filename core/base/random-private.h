/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Random bytes of OpenSSL's generator in stock, because a call of it costs more than the bytes.
 * Begins as {.left = 0}; its owner wipes it. */
typedef struct {
  guint8 bytes[64];
  gsize left;
} AmtProvRandom;

/* A number below limit, which is 1 to 256; all are equally likely. FALSE when the generator does
 * not work. */
gboolean amt_prov_random_draw (AmtProvRandom *self, guint limit, guint8 *number);
