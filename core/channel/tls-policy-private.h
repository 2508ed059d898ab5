/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <openssl/ssl.h>
#include <amtprov/tls-policy.h>

G_BEGIN_DECLS

struct _AmtProvTlsPolicy {
  AmtProvTlsVersion min;
  AmtProvTlsVersion max;
  guint security_level;
  char *ciphers;
  AmtProvPsk *psk;
  AmtProvProvisioningCertificate *certificate;
  AmtProvCertHash *pin;
};

/* What happened in the TLS of one connection. It must outlive the SSL_CTX that it watches. */
typedef struct {
  AmtProvTlsPolicy *policy;
  GBytes *peer_certificate;
  int alert_received;
  int alert_sent;
  gboolean pin_mismatch;
} AmtProvTlsTrace;

void amt_prov_tls_trace_init (AmtProvTlsTrace *self, AmtProvTlsPolicy *policy);
void amt_prov_tls_trace_clear (AmtProvTlsTrace *self);
void amt_prov_tls_trace_forget (AmtProvTlsTrace *self);
GError *amt_prov_tls_trace_to_error (AmtProvTlsTrace *self, const char *peer, const char *detail);

gboolean amt_prov_tls_policy_apply (AmtProvTlsPolicy *self,
                                    AmtProvTlsTrace *trace,
                                    SSL_CTX *context,
                                    GError **error);

G_END_DECLS
