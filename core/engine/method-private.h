/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/method.h>

G_BEGIN_DECLS

/* X-AmtProvRank of the method's plugin: what counts where a site states no order. */
void amt_prov_method_set_rank (AmtProvMethod *self, int rank);
int amt_prov_method_get_rank (AmtProvMethod *self);

G_END_DECLS
