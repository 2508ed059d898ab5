/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/* After a plugin's function has returned: warns when it has held the main context since @began for
 * longer than it may, once in the life of @owner for each type and function. It cannot be
 * interrupted, so this is all that there is to do. @kind and @id name the plugin's part: "method"
 * and its id. */
void amt_prov_vfunc_check (gpointer owner,
                           gpointer instance,
                           const char *kind,
                           const char *id,
                           const char *vfunc,
                           gint64 began);
/* What @get says of @instance, asked once: an id never changes, and each string that a script
 * returns is a copy that nobody frees. @key: under which name it is kept with the object, a static
 * text. */
const char *
amt_prov_vfunc_get_id (gpointer instance, const char *key, const char *(*get) (gpointer instance));

G_END_DECLS
