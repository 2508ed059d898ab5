/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "site/schema-private.h"

G_BEGIN_DECLS

gboolean amt_prov_plugin_schema_add_all (AmtProvSchema *schema,
                                         const char *const *directories,
                                         const char *const *enabled,
                                         char ***disabled,
                                         GError **error);

G_END_DECLS
