/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/profile.h>
#include "site/settings-private.h"

G_BEGIN_DECLS

AmtProvProfile *amt_prov_profile_new (AmtProvSettings *settings, GPtrArray *problems);

G_END_DECLS
