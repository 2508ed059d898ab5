/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "house.h"

G_BEGIN_DECLS

#define SIMULATOR "the machine that amtprov-sim plays"

typedef struct _GSubprocess Simulator;

/* A machine that can be set up, on the site's port. @device: what --device of amtprov-sim takes.
 * NULL, and the check has failed, when it does not run. */
Simulator *simulator_start (Check *check, House *house, const char *device);
void simulator_stop (Simulator *simulator);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Simulator, simulator_stop)

G_END_DECLS
