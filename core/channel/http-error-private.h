/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <curl/curl.h>

#include "channel/tls-policy-private.h"

G_BEGIN_DECLS

GError *
amt_prov_http_error_new (CURLcode code, AmtProvTlsTrace *tls, const char *peer, const char *detail);

G_END_DECLS
