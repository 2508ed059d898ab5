/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/http-error-private.h"

#include <amtprov/error.h>

/* What a failure of curl means for whoever waits for the device. */
GError *
amt_prov_http_error_new (CURLcode code, AmtProvTlsTrace *tls, const char *peer, const char *detail)
{
  switch (code) {
  case CURLE_OPERATION_TIMEDOUT:
    return g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_TIMEOUT, "%s does not answer in time: %s",
                        peer, detail);
  case CURLE_SSL_CONNECT_ERROR:
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_CIPHER:
  case CURLE_SSL_CERTPROBLEM:
    return amt_prov_tls_trace_to_error (tls, peer, detail);
  case CURLE_WEIRD_SERVER_REPLY:
  case CURLE_UNSUPPORTED_PROTOCOL:
  case CURLE_BAD_CONTENT_ENCODING:
  case CURLE_HTTP2:
    return g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL, "%s does not speak HTTP: %s", peer,
                        detail);
  default:
    return g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_CONNECTION,
                        "the connection to %s failed: %s", peer, detail);
  }
}
