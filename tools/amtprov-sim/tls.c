/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* TLS as the release speaks it: versions and suites, credentials, and the refusals that happen
 * inside the handshake. */
#include "net.h"
#include "chain.h"

#include <arpa/inet.h>
#include <string.h>

static void
append_versions (GString *out, SimModel *model)
{
  static const char *const versions[] = {"1.0", "1.1", "1.2"};
  const char *least = amt_prov_capabilities_get_string (model->capabilities, "tls-min");
  const char *most = amt_prov_capabilities_get_string (model->capabilities, "tls-max");

  for (guint i = G_N_ELEMENTS (versions); i-- > 0;) {
    if ((least == NULL || strcmp (versions[i], least) >= 0) &&
        (most == NULL || strcmp (versions[i], most) <= 0))
      g_string_append_printf (out, ":+VERS-TLS%s", versions[i]);
  }
}

/* tls-http.md §6.1: AES-CBC with SHA-1 everywhere, GCM from 12, forward secrecy from 16. The
 * renegotiation extension is missing on all of them (§6.2). */
char *
sim_tls_priorities (SimModel *model, SimWebKind kind)
{
  GString *out = g_string_new ("NONE");
  AmtProvVersion *release = model->settings->amt;

  append_versions (out, model);
  if (amt_prov_version_at_least (release, 12, 0))
    g_string_append (out, ":+AES-256-GCM:+AES-128-GCM:+SHA256:+AEAD");
  g_string_append (out, ":+AES-256-CBC:+AES-128-CBC:+SHA1:+COMP-NULL:+CTYPE-X509");
  if (kind == SIM_WEB_PSK) {
    g_string_append (out, ":+PSK");
  } else {
    if (amt_prov_version_at_least (release, 16, 0))
      g_string_append (out, ":+ECDHE-RSA:+GROUP-ALL");
    g_string_append (out, ":+RSA:+SIGN-ALL:%VERIFY_ALLOW_BROKEN");
  }
  g_string_append (out, model->settings->renegotiation ? ":%SERVER_PRECEDENCE"
                                                       : ":%DISABLE_SAFE_RENEGOTIATION"
                                                         ":%SERVER_PRECEDENCE");
  return g_string_free (out, FALSE);
}

static SimConnection *
get_context (const struct MHD_Connection *connection)
{
  const union MHD_ConnectionInfo *info = MHD_get_connection_info (
      (struct MHD_Connection *)connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

  return info != NULL ? info->socket_context : NULL;
}

/* libmicrohttpd keeps its connection in the session's pointer, its PSK adapter relies on it too. */
static SimConnection *
from_session (gnutls_session_t session)
{
  return get_context (gnutls_session_get_ptr (session));
}

static int
on_finished (gnutls_session_t session,
             unsigned int type,
             unsigned int when,
             unsigned int incoming,
             const gnutls_datum_t *message)
{
  SimConnection *connection = from_session (session);

  if (incoming != 0 && connection != NULL)
    connection->finished = TRUE;
  return 0;
}

static char *
dup_peer_address (int fd)
{
  struct sockaddr_in peer = {0};
  socklen_t length = sizeof peer;
  char text[INET_ADDRSTRLEN];

  if (getpeername (fd, (struct sockaddr *)&peer, &length) < 0 ||
      inet_ntop (AF_INET, &peer.sin_addr, text, sizeof text) == NULL)
    return NULL;
  return g_strdup (text);
}

static int
on_verify (gnutls_session_t session)
{
  SimConnection *connection = from_session (session);
  unsigned int count = 0;
  const gnutls_datum_t *ders = gnutls_certificate_get_peers (session, &count);
  SimModel *model = connection->machine->model;

  g_free (connection->refusal);
  connection->refusal = model->state == SIM_STATE_SETUP
                            ? sim_chain_refuse_provisioning (model, ders, count)
                            : sim_chain_refuse_mutual (model, ders, count);
  if (connection->refusal == NULL) {
    g_autofree char *address = dup_peer_address (gnutls_transport_get_int (session));

    if (model->state == SIM_STATE_SETUP)
      sim_audit_record (model, ders, count, address);
    return 0;
  }
  /* libmicrohttpd sends no alerts of its own when a handshake fails. */
  gnutls_alert_send (session, GNUTLS_AL_FATAL, GNUTLS_A_CERTIFICATE_UNKNOWN);
  return GNUTLS_E_CERTIFICATE_ERROR;
}

int
sim_tls_find_certificate (gnutls_session_t session,
                          const gnutls_datum_t *req_ca_rdn,
                          int nreqs,
                          const gnutls_pk_algorithm_t *pk_algos,
                          int pk_algos_length,
                          gnutls_pcert_st **pcert,
                          unsigned int *pcert_length,
                          gnutls_privkey_t *privkey)
{
  SimConnection *connection = from_session (session);
  SimIdentity *identity = NULL;

  if (connection == NULL || connection->machine == NULL)
    return -1;
  identity = sim_model_get_identity (connection->machine->model, NULL);
  if (identity == NULL)
    return -1;
  gnutls_handshake_set_hook_function (session, GNUTLS_HANDSHAKE_FINISHED, GNUTLS_HOOK_POST,
                                      on_finished);
  if (connection->machine->model->state == SIM_STATE_SETUP || connection->machine->model->mutual) {
    gnutls_certificate_server_set_request (session, GNUTLS_CERT_REQUIRE);
    gnutls_session_set_verify_function (session, on_verify);
    g_free (connection->refusal);
    connection->refusal = g_strdup ("the client showed no certificate, or broke off");
  }
  *pcert = &identity->pcert;
  *pcert_length = 1;
  *privkey = identity->key;
  return 0;
}

int
sim_tls_find_psk (
    void *cls, const struct MHD_Connection *mhd, const char *username, void **psk, size_t *psk_size)
{
  SimConnection *connection = get_context (mhd);
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info ((struct MHD_Connection *)mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
  AmtProvPsk *pair;
  const guint8 *key;

  if (connection == NULL || connection->machine == NULL)
    return -1;
  pair = connection->machine->model->psk;
  g_free (connection->refusal);
  if (pair == NULL || strcmp (username, amt_prov_psk_get_pid (pair)) != 0) {
    connection->refusal = g_strdup ("the PID of the client is not that of the machine");
    gnutls_alert_send (info->tls_session, GNUTLS_AL_FATAL, GNUTLS_A_UNKNOWN_PSK_IDENTITY);
    return -1;
  }
  connection->refusal = g_strdup ("the PPS does not fit, or the client broke off");
  gnutls_handshake_set_hook_function (info->tls_session, GNUTLS_HANDSHAKE_FINISHED,
                                      GNUTLS_HOOK_POST, on_finished);
  key = amt_prov_secret_peek (amt_prov_psk_get_pps (pair), psk_size);
  /* libmicrohttpd gives it to free(). */
  *psk = malloc (*psk_size);
  if (*psk == NULL)
    return -1;
  memcpy (*psk, key, *psk_size);
  return 0;
}

void
sim_tls_report_end (SimConnection *connection)
{
  if (connection == NULL || connection->machine == NULL || !connection->secure ||
      connection->finished || sim_net_is_stopping (connection->net))
    return;
  sim_model_emit (connection->machine->model, "handshake-refused",
                  connection->refusal != NULL
                      ? connection->refusal
                      : "no TLS version or suite in common, or the client broke off");
}
