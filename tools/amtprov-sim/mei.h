/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net.h"

typedef struct _SimMei SimMei;

/* Sockets that stand for /dev/mei0 of machines; each connection is one open file of it. */
SimMei *sim_mei_new (SimNet *net);
void sim_mei_free (SimMei *self);
/* Listens where the machine's settings say; a machine without mei= has no such socket. */
gboolean sim_mei_add (SimMei *self, SimModel *model, GError **error);
