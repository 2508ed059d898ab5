/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <openssl/rand.h>

#include "base/random-private.h"

gboolean
amt_prov_random_draw (AmtProvRandom *self, guint limit, guint8 *number)
{
  /* Bytes from the incomplete last round would favour the first numbers. */
  const guint end = 256 - 256 % limit;
  guint8 byte;

  do {
    if (self->left == 0) {
      if (RAND_priv_bytes (self->bytes, sizeof self->bytes) != 1)
        return FALSE;
      self->left = sizeof self->bytes;
    }
    byte = self->bytes[--self->left];
  } while (byte >= end);
  *number = byte % limit;
  return TRUE;
}
