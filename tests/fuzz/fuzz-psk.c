/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <amtprov/amtprov.h>

#include "fuzz.h"

/* First line: a PID, second line: a PPS. What is taken must be taken again in its dashed form. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *)data, size);
  char *pps = strchr (text, '\n');
  g_autoptr (AmtProvPsk) psk = NULL, again = NULL;
  g_autoptr (AmtProvSecret) dashed_pps = NULL;
  g_autofree char *dashed_pid = NULL;

  if (pps == NULL)
    return 0;
  *pps++ = '\0';
  psk = amt_prov_psk_new (text, pps, NULL);
  if (psk == NULL)
    return 0;
  dashed_pid = amt_prov_psk_dup_dashed_pid (psk);
  dashed_pps = amt_prov_psk_dup_dashed_pps (psk);
  again = amt_prov_psk_new (dashed_pid, amt_prov_secret_peek_text (dashed_pps), NULL);
  g_assert_nonnull (again);
  g_assert_cmpstr (amt_prov_psk_get_pid (again), ==, amt_prov_psk_get_pid (psk));
  g_assert_true (amt_prov_secret_equal (amt_prov_psk_get_pps (again), amt_prov_psk_get_pps (psk)));
  return 0;
}
