/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/settings.h>
#include "registry/key-file-private.h"
#include "site/schema-private.h"

G_BEGIN_DECLS

AmtProvSettings *amt_prov_settings_new (const char *file,
                                        AmtProvKeyFileGroup *source,
                                        AmtProvSchemaGroup *schema,
                                        GPtrArray *problems);
AmtProvSettings *
amt_prov_settings_new_default (const char *file, AmtProvSchemaGroup *schema, GPtrArray *problems);
GPtrArray *amt_prov_settings_read_file (const char *path,
                                        AmtProvSchema *schema,
                                        GPtrArray *plugins,
                                        GPtrArray *problems);
void amt_prov_settings_complain (AmtProvSettings *self,
                                 const char *key,
                                 GPtrArray *problems,
                                 const char *format,
                                 ...) G_GNUC_PRINTF (4, 5);
gboolean amt_prov_settings_is_stated (AmtProvSettings *self, const char *key);

G_END_DECLS
