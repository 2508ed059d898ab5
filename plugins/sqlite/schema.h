/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <sqlite3.h>

G_BEGIN_DECLS

/* Brings the file to the present schema in one transaction; refuses a file that belongs to another
 * program or to a newer amtprov, without touching it. */
gboolean amt_prov_sqlite_schema_prepare (sqlite3 *db, const char *path, GError **error);

G_END_DECLS
