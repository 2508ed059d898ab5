/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/vfunc-private.h"

/* Everything else on the context waits meanwhile: hellos, other sessions, time limits. A function
 * that does not block takes far less than a millisecond, and loading Python modules on the first
 * call stays below this. */
#define LIMIT G_USEC_PER_SEC

void
amt_prov_vfunc_check (gpointer owner,
                      gpointer instance,
                      const char *kind,
                      const char *id,
                      const char *vfunc,
                      gint64 began)
{
  gint64 taken = g_get_monotonic_time () - began;
  g_autofree char *key = NULL;
  GQuark said;

  if (taken <= LIMIT)
    return;
  key = g_strdup_printf ("amtprov-blocked-%s-%s", G_OBJECT_TYPE_NAME (instance), vfunc);
  said = g_quark_from_string (key);
  if (g_object_get_qdata (owner, said) != NULL)
    return;
  g_object_set_qdata (owner, said, GINT_TO_POINTER (TRUE));
  g_warning ("%s %s (%s): %s held everything else up for %.1f s: it must return at once and answer "
             "its operation later (this is said once)",
             kind, id, G_OBJECT_TYPE_NAME (instance), vfunc, (double)taken / G_USEC_PER_SEC);
}

const char *
amt_prov_vfunc_get_id (gpointer instance, const char *key, const char *(*get) (gpointer instance))
{
  GQuark quark = g_quark_from_static_string (key);
  const char *id = g_object_get_qdata (instance, quark);

  if (id != NULL)
    return id;
  id = get (instance);
  if (id != NULL)
    g_object_set_qdata_full (instance, quark, g_strdup (id), g_free);
  return g_object_get_qdata (instance, quark);
}
