/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/eoi-private.h"

#include "fuzz.h"

/* An answer gives a response or an error, never both; what is written of it reads as the same
 * again. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (AmtProvXml) answer = amt_prov_eoi_read (data, size, 200, "GetHostName", &error);
  g_autoptr (GString) once = g_string_new (NULL);
  g_autoptr (GString) twice = g_string_new (NULL);

  g_assert_true ((answer == NULL) == (error != NULL));
  if (answer == NULL)
    return 0;
  amt_prov_eoi_write (once, answer);
  g_autoptr (AmtProvXml) again =
      amt_prov_eoi_read ((const guint8 *)once->str, once->len, 200, "GetHostName", NULL);
  if (again == NULL)
    return 0;
  amt_prov_eoi_write (twice, again);
  g_assert_cmpstr (once->str, ==, twice->str);
  return 0;
}
