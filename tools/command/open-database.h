/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/amtprov.h>

G_BEGIN_DECLS

AmtProvDatabase *amtprov_open_database (const char *config_path, GError **error);

/* The same in two steps, for commands that need the configuration too. */
AmtProvConfig *amtprov_load_config (const char *config_path, GError **error);
AmtProvDatabase *amtprov_open_config_database (AmtProvConfig *config, GError **error);
/* What stands after the scheme in `store`, absolute. */
char *amtprov_dup_store_path (AmtProvConfig *config);

G_END_DECLS
