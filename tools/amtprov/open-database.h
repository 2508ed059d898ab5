/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/amtprov.h>

G_BEGIN_DECLS

AmtProvDatabase *amtprov_open_database (const char *config_path, GError **error);

G_END_DECLS
