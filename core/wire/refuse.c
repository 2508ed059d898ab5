/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "wire/refuse-private.h"

#include <amtprov/error.h>

gboolean
amt_prov_wire_refuse (GError **error, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_propagate_error (
      error, g_error_new_valist (AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA, format, args));
  va_end (args);
  return FALSE;
}
