/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <amtprov/change.h>
#include <amtprov/query.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_STORE (amt_prov_store_get_type ())

AMT_PROV_EXPORT
G_DECLARE_INTERFACE (AmtProvStore, amt_prov_store, AMT_PROV, STORE, GObject)

/**
 * AmtProvStoreInterface:
 * @parent_iface: the parent
 * @open: open @location (what stands after `SCHEME:` in `[amtprov] store`), create or migrate the
 * schema. Since: 0.1
 * @apply: make the changes in one durable commit. Since: 0.1
 * @query: read records. Since: 0.1
 *
 * The functions that a store implements.
 *
 * Since: 0.1
 */
struct _AmtProvStoreInterface {
  GTypeInterface parent_iface;
  gboolean (*open) (AmtProvStore *self, const char *location, GError **error);
  gboolean (*apply) (AmtProvStore *self, GPtrArray *changes, GError **error);
  GPtrArray *(*query) (AmtProvStore *self, AmtProvQuery *query, GError **error);
  /*< private >*/
  gpointer padding[8];
};

AMT_PROV_EXPORT gboolean amt_prov_store_open (AmtProvStore *self,
                                              const char *location,
                                              GError **error);
AMT_PROV_EXPORT gboolean amt_prov_store_apply (AmtProvStore *self,
                                               GPtrArray *changes,
                                               GError **error);
AMT_PROV_EXPORT GPtrArray *
amt_prov_store_query (AmtProvStore *self, AmtProvQuery *query, GError **error);

G_END_DECLS
