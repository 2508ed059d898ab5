/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <sqlite3.h>

G_BEGIN_DECLS

/* Sets an error that says what SQLite met, where, and what a person can do. Always FALSE. */
gboolean amt_prov_sqlite_fail (sqlite3 *db, const char *path, const char *doing, GError **error);

G_END_DECLS
