/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "model.h"

/* The answer of a firmware client to one message; empty while AMT is disabled. Sets *command to the
 * name of what was asked, NULL when it cannot be read. */
GBytes *
sim_mei_answer (SimModel *model, AmtProvHeciClient client, GBytes *request, const char **command);
/* The word for a client in settings and events. */
const char *sim_mei_client_name (AmtProvHeciClient client);
