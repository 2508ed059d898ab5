/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "model.h"

/* Before the machine is started: it boots with the stick of its settings, if it has one. Emits
 * stick-taken, or stick-refused with the reason. */
void sim_stick_boot (SimModel *model);
