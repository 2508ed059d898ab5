/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "wsman.h"

/* The service that a path names, NULL when it is none. */
char *sim_eoi_service_of (const char *url);
const char *sim_eoi_prefix (SimModel *model);

/* Answers one request; *http is the status to send. */
GString *sim_eoi_answer (SimModel *model, const char *service, SimRequest *request, guint *http);
