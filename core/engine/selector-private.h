/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/selector.h>
#include "site/plugin-private.h"

G_BEGIN_DECLS

AmtProvPlugin *amt_prov_selector_find_plugin (AmtProvSelector *self, const char *id);

G_END_DECLS
