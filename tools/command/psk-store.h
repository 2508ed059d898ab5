/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "psk-file.h"

G_BEGIN_DECLS

gboolean
amtprov_psk_store_has (AmtProvDatabase *database, const char *pid, gboolean *found, GError **error);
gboolean amtprov_psk_store_add (AmtProvDatabase *database, GPtrArray *rows, GError **error);
GPtrArray *amtprov_psk_store_list (AmtProvDatabase *database, GError **error);
AmtProvCredential *
amtprov_psk_store_find (AmtProvDatabase *database, const char *pid, GError **error);
gboolean amtprov_psk_store_update (AmtProvDatabase *database, GPtrArray *pairs, GError **error);

G_END_DECLS
