/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/wsman-private.h"

#include "fuzz.h"

/* An answer gives a Body or an error, never both; what is written of it reads as the same again. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (AmtProvXml) body = amt_prov_wsman_read (data, size, 200, FALSE, &error);

  g_assert_true ((body == NULL) == (error != NULL));
  if (body == NULL || body->children->len == 0)
    return 0;
  g_autoptr (GError) refused = NULL;
  gint64 value = amt_prov_wsman_get_return (body);
  g_assert_cmpint (amt_prov_wsman_check_return (body, "Method", &refused), ==, value == 0);

  g_autoptr (GString) once = g_string_new (NULL);
  g_autoptr (GString) twice = g_string_new (NULL);
  amt_prov_wsman_write (once, 1, "AMT_GeneralSettings", "Put", NULL, body->children->pdata[0]);
  g_autoptr (AmtProvXml) again =
      amt_prov_wsman_read ((const guint8 *)once->str, once->len, 200, FALSE, NULL);
  if (again == NULL || again->children->len == 0)
    return 0;
  amt_prov_wsman_write (twice, 1, "AMT_GeneralSettings", "Put", NULL, again->children->pdata[0]);
  g_assert_cmpstr (once->str, ==, twice->str);
  return 0;
}
