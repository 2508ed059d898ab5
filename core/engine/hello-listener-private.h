/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/hello-listener.h>

G_BEGIN_DECLS

/* How long a connection may stay open, in microseconds; 10 seconds if never called. */
void amt_prov_hello_listener_set_time_limit (AmtProvHelloListener *self, gint64 limit);

/* Logs each reason once for each source; the table of what was logged is bounded. */
void amt_prov_hello_log_once (GHashTable *logged, const char *peer, const char *reason);

G_END_DECLS
