/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <amtprov/amtprov.h>

#include "fuzz.h"

/* What decodes must encode to the same bytes, and measure and decode must agree. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (AmtProvHello) hello = NULL;
  g_autoptr (GBytes) again = NULL, part = NULL;
  gsize used = 0, need = 0;
  gboolean possible = amt_prov_hello_measure (data, size, &need, NULL);

  hello = amt_prov_hello_decode (bytes, &used, NULL);
  g_assert_true ((hello != NULL) == (possible && need <= size));
  if (hello == NULL)
    return 0;
  g_assert_cmpuint (used, ==, need);
  again = amt_prov_hello_encode (hello);
  part = g_bytes_new_from_bytes (bytes, 0, used);
  /* Any other value of the first field than 0 and 1 is refused, so nothing is lost. */
  g_assert_true (g_bytes_equal (again, part));
  return 0;
}
