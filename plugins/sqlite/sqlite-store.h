/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/store.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_SQLITE_STORE (amt_prov_sqlite_store_get_type ())

/* One file, one table of records. Several processes may open the same file. */
G_DECLARE_FINAL_TYPE (AmtProvSqliteStore, amt_prov_sqlite_store, AMT_PROV, SQLITE_STORE, GObject)

G_END_DECLS
