/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/tls-policy-private.h"

#include <string.h>
#include <openssl/err.h>
#include <amtprov/error.h>

#include "site/provisioning-certificate-private.h"

/* OpenSSL's PSK callback has no user data: the trace hangs on the SSL_CTX, under an index that is
 * registered once per process, as a GQuark is. */
static int
trace_index (void)
{
  static gsize once = 0;

  if (g_once_init_enter (&once)) {
    int index = SSL_CTX_get_ex_new_index (0, NULL, NULL, NULL, NULL);
    g_once_init_leave (&once, (gsize)index + 1);
  }
  return (int)(once - 1);
}

static AmtProvTlsTrace *
trace_of (const SSL *ssl)
{
  return SSL_CTX_get_ex_data (SSL_get_SSL_CTX (ssl), trace_index ());
}

void
amt_prov_tls_trace_init (AmtProvTlsTrace *self, AmtProvTlsPolicy *policy)
{
  memset (self, 0, sizeof *self);
  self->policy = policy == NULL ? NULL : amt_prov_tls_policy_ref (policy);
}

void
amt_prov_tls_trace_clear (AmtProvTlsTrace *self)
{
  g_clear_pointer (&self->policy, amt_prov_tls_policy_unref);
  g_clear_pointer (&self->peer_certificate, g_bytes_unref);
}

/* A new attempt: what the last one met must not explain this one. */
void
amt_prov_tls_trace_forget (AmtProvTlsTrace *self)
{
  self->alert_received = 0;
  self->alert_sent = 0;
  self->pin_mismatch = FALSE;
}

/* RFC 5246 §7.2: there is no version that both sides allow. */
#define ALERT_PROTOCOL_VERSION 70

typedef struct {
  int alert;
  const char *name;
  const char *meaning;
} AlertText;

static const AlertText alert_texts[] = {
    {10, "unexpected_message", "it did not expect what we sent"},
    {20, "bad_record_mac",
     "the keys differ: a wrong PPS, or a firmware that wants TLS 1.0 offered alone"},
    {21, "decryption_failed", "the keys differ: a wrong PPS"},
    {22, "record_overflow", "a record was too long for it"},
    {40, "handshake_failure", "no version, suite or credential in common"},
    {42, "bad_certificate", "it cannot use our certificate or its chain"},
    {43, "unsupported_certificate", "our certificate is of a kind that it does not take"},
    {44, "certificate_revoked", "our certificate is revoked"},
    {45, "certificate_expired", "our certificate is not valid at the device's time"},
    {46, "certificate_unknown",
     "it refuses our certificate: root hash, domain suffix, purpose, signature or key size"},
    {47, "illegal_parameter", "a value in the handshake is out of its range"},
    {48, "unknown_ca", "it does not trust the root of our certificate"},
    {49, "access_denied", "the certificate is good, but access is refused"},
    {50, "decode_error", "it cannot read a handshake message"},
    {51, "decrypt_error", "a signature or the finished message does not fit: a wrong key or PPS"},
    {70, "protocol_version", "it does not speak the TLS versions that we offer"},
    {71, "insufficient_security", "it wants stronger suites than we offer"},
    {80, "internal_error", "it failed on its own"},
    {86, "inappropriate_fallback", "it noticed a fallback to an older version"},
    {90, "user_canceled", "it gave up"},
    {100, "no_renegotiation", "it refuses to renegotiate"},
    {115, "unknown_psk_identity", "it does not know our PID"},
    {116, "certificate_required", "it wants a certificate from us"},
};

static const AlertText *
find_alert (int alert)
{
  for (gsize i = 0; i < G_N_ELEMENTS (alert_texts); i++)
    if (alert_texts[i].alert == alert)
      return &alert_texts[i];
  return NULL;
}

GError *
amt_prov_tls_trace_to_error (AmtProvTlsTrace *self, const char *peer, const char *detail)
{
  g_autofree char *message = NULL;

  if (self->pin_mismatch) {
    g_autofree char *pin = amt_prov_cert_hash_to_hex (self->policy->pin);
    g_autoptr (AmtProvCertHash) seen = amt_prov_cert_hash_new_from_der (
        amt_prov_cert_hash_get_algorithm (self->policy->pin), self->peer_certificate);
    g_autofree char *hex = amt_prov_cert_hash_to_hex (seen);
    message = g_strdup_printf ("%s shows the certificate %s, but %s is pinned for it: another "
                               "machine answers at this address, or its certificate was changed",
                               peer, hex, pin);
    return amt_prov_error_new_tls (-1, message);
  }
  if (self->alert_received != 0) {
    const AlertText *text = find_alert (self->alert_received);
    message = g_strdup_printf ("%s ended TLS with alert %d %s: %s", peer, self->alert_received,
                               text != NULL ? text->name : "(unnamed)",
                               text != NULL ? text->meaning : "no more is known");
    return amt_prov_error_new_tls (self->alert_received, message);
  }
  if (self->alert_sent != 0) {
    const AlertText *text = find_alert (self->alert_sent);
    message = g_strdup_printf ("TLS with %s failed on our side (we sent alert %d %s): %s", peer,
                               self->alert_sent, text != NULL ? text->name : "(unnamed)", detail);
  } else {
    message = g_strdup_printf ("TLS with %s failed: %s", peer, detail);
  }
  /* That the versions do not meet is the same fact whichever side says it first. */
  return amt_prov_error_new_tls (
      self->alert_sent == ALERT_PROTOCOL_VERSION ? ALERT_PROTOCOL_VERSION : -1, message);
}

static void
on_info (const SSL *ssl, int where, int value)
{
  AmtProvTlsTrace *trace = trace_of (ssl);
  int alert = value & 0xff;

  if (trace == NULL || (where & SSL_CB_ALERT) == 0 || alert == SSL3_AD_CLOSE_NOTIFY)
    return;
  if ((where & SSL_CB_READ) != 0)
    trace->alert_received = alert;
  else
    trace->alert_sent = alert;
}

static unsigned int
on_psk (SSL *ssl,
        const char *hint,
        char *identity,
        unsigned int identity_size,
        unsigned char *key,
        unsigned int key_size)
{
  AmtProvTlsTrace *trace = trace_of (ssl);

  if (trace == NULL || trace->policy->psk == NULL)
    return 0;
  gsize length = 0;
  const guint8 *pps = amt_prov_secret_peek (amt_prov_psk_get_pps (trace->policy->psk), &length);
  const char *pid = amt_prov_psk_get_pid (trace->policy->psk);
  if (strlen (pid) >= identity_size || length > key_size)
    return 0;
  g_strlcpy (identity, pid, identity_size);
  memcpy (key, pps, length);
  return (unsigned int)length;
}

static int
on_verify (X509_STORE_CTX *store, void *data)
{
  AmtProvTlsTrace *trace = data;
  X509 *certificate = X509_STORE_CTX_get0_cert (store);
  unsigned char *der = NULL;
  int length = certificate == NULL ? -1 : i2d_X509 (certificate, &der);

  if (length <= 0) {
    X509_STORE_CTX_set_error (store, X509_V_ERR_UNSPECIFIED);
    return 0;
  }
  g_clear_pointer (&trace->peer_certificate, g_bytes_unref);
  trace->peer_certificate = g_bytes_new (der, (gsize)length);
  OPENSSL_free (der);
  if (trace->policy->pin == NULL) {
    X509_STORE_CTX_set_error (store, X509_V_OK);
    return 1;
  }
  g_autoptr (AmtProvCertHash) seen = amt_prov_cert_hash_new_from_der (
      amt_prov_cert_hash_get_algorithm (trace->policy->pin), trace->peer_certificate);
  trace->pin_mismatch = !amt_prov_cert_hash_equal (seen, trace->policy->pin);
  X509_STORE_CTX_set_error (store, trace->pin_mismatch ? X509_V_ERR_CERT_REJECTED : X509_V_OK);
  return !trace->pin_mismatch;
}

static gboolean
fail (GError **error, const char *what)
{
  char reason[256] = "no reason given";
  unsigned long code = ERR_get_error ();

  if (code != 0)
    ERR_error_string_n (code, reason, sizeof reason);
  ERR_clear_error ();
  g_autofree char *message = g_strdup_printf ("OpenSSL does not take %s: %s", what, reason);
  g_propagate_error (error, amt_prov_error_new_tls (-1, message));
  return FALSE;
}

/* The device knows only the hash of the root, so the root is sent too (pki.md §2 rule 8). */
static gboolean
apply_certificate (AmtProvProvisioningCertificate *certificate, SSL_CTX *context, GError **error)
{
  STACK_OF (X509) *chain = amt_prov_provisioning_certificate_peek_chain (certificate);
  EVP_PKEY *key = amt_prov_provisioning_certificate_peek_key (certificate);

  if (key == NULL) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_BLOCKED,
                 "the provisioning certificate '%s' has no private key; name it with key= in its "
                 "[pki] group",
                 amt_prov_provisioning_certificate_get_common_name (certificate));
    return FALSE;
  }
  if (SSL_CTX_use_certificate (context, sk_X509_value (chain, 0)) != 1)
    return fail (error, "the provisioning certificate");
  if (SSL_CTX_use_PrivateKey (context, key) != 1)
    return fail (error, "the key of the provisioning certificate");
  for (int i = 1; i < sk_X509_num (chain); i++)
    if (SSL_CTX_add1_chain_cert (context, sk_X509_value (chain, i)) != 1)
      return fail (error, "the chain of the provisioning certificate");
  return TRUE;
}

gboolean
amt_prov_tls_policy_apply (AmtProvTlsPolicy *self,
                           AmtProvTlsTrace *trace,
                           SSL_CTX *context,
                           GError **error)
{
  ERR_clear_error ();
  if (SSL_CTX_set_ex_data (context, trace_index (), trace) != 1)
    return fail (error, "the connection's data");
  if (SSL_CTX_set_cipher_list (context, self->ciphers) != 1)
    return fail (error, "the cipher list of the capability files");
  SSL_CTX_set_security_level (context, (int)self->security_level);
  if (SSL_CTX_set_min_proto_version (context, (int)self->min) != 1 ||
      SSL_CTX_set_max_proto_version (context, (int)self->max) != 1)
    return fail (error, "the TLS versions");
  SSL_CTX_set_options (context, SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_NO_TICKET);
  SSL_CTX_set_session_cache_mode (context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_info_callback (context, on_info);
  SSL_CTX_set_verify (context, SSL_VERIFY_PEER, NULL);
  SSL_CTX_set_cert_verify_callback (context, on_verify, trace);
  if (self->psk != NULL)
    SSL_CTX_set_psk_client_callback (context, on_psk);
  if (self->certificate != NULL)
    return apply_certificate (self->certificate, context, error);
  return TRUE;
}
