/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "server-private.h"

#include "certificate.h"
#include "refusal.h"

/* The HTTPS server to which agents report their machines; docs/agent-api.yaml says what it
 * answers. */

/* A connection that says nothing for so long is closed. */
#define IDLE_SECONDS 30

static void amt_prov_agent_server_iface_init (AmtProvServiceInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (AmtProvAgentServer,
                               amt_prov_agent_server,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (AMT_PROV_TYPE_SERVICE,
                                                      amt_prov_agent_server_iface_init))

static void
amt_prov_agent_server_stop (AmtProvService *service)
{
  AmtProvAgentServer *self = AMT_PROV_AGENT_SERVER (service);

  self->provisioner = NULL;
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  if (self->soup != NULL)
    soup_server_disconnect (self->soup);
  g_clear_object (&self->soup);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->selector);
  amt_prov_agent_rate_clear (&self->sources);
  amt_prov_agent_rate_clear (&self->tokens);
}

static void
amt_prov_agent_server_class_init (AmtProvAgentServerClass *klass)
{
}

static void
amt_prov_agent_server_init (AmtProvAgentServer *self)
{
}

/* ---- what comes in ---- */

/* libsoup asks also when all is well, and takes no for an answer where nobody is there. */
static gboolean
on_certificate (SoupServerMessage *message,
                GTlsCertificate *certificate,
                GTlsCertificateFlags problems,
                gpointer user_data)
{
  return problems == 0;
}

/* When a connection comes, before its handshake, and with each request on it. */
static void
on_started (SoupServer *soup, SoupServerMessage *message, gpointer user_data)
{
  GSocket *socket = soup_server_message_get_socket (message);

  g_signal_connect (message, "accept-certificate", G_CALLBACK (on_certificate), NULL);
  if (socket != NULL)
    g_socket_set_timeout (socket, IDLE_SECONDS);
}

/* Before any of the body is read. */
static void
on_headers (SoupServer *soup,
            SoupServerMessage *message,
            const char *path,
            GHashTable *query,
            gpointer user_data)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  SoupEncoding encoding = soup_message_headers_get_encoding (headers);
  g_autoptr (GError) error = NULL;

  if (encoding != SOUP_ENCODING_CONTENT_LENGTH && encoding != SOUP_ENCODING_NONE)
    g_set_error_literal (&error, AGENT_REFUSAL, AGENT_REFUSAL_NO_LENGTH,
                         "the request must state its Content-Length");
  else if (encoding == SOUP_ENCODING_CONTENT_LENGTH &&
           soup_message_headers_get_content_length (headers) > AGENT_MAX_BODY)
    g_set_error (&error, AGENT_REFUSAL, AGENT_REFUSAL_TOO_LARGE, "a report has at most %d bytes",
                 AGENT_MAX_BODY);
  if (error != NULL)
    amt_prov_agent_server_refuse (message, error);
}

static void
on_request (SoupServer *soup,
            SoupServerMessage *message,
            const char *path,
            GHashTable *query,
            gpointer user_data)
{
  amt_prov_agent_server_handle (user_data, message, path);
}

/* ---- start ---- */

static gboolean
ask_for_certificates (AmtProvAgentServer *self, AmtProvSettings *settings, GError **error)
{
  g_autofree char *path = amt_prov_settings_dup_path (settings, "client-ca");
  g_autoptr (GTlsDatabase) database = NULL;

  if (path == NULL)
    return TRUE;
  database = g_tls_file_database_new (path, error);
  if (database == NULL) {
    g_prefix_error (error, "[agent] client-ca: %s: ", path);
    return FALSE;
  }
  soup_server_set_tls_database (self->soup, database);
  soup_server_set_tls_auth_mode (self->soup, G_TLS_AUTHENTICATION_REQUIRED);
  return TRUE;
}

static gboolean
listen (AmtProvAgentServer *self, AmtProvSettings *settings, GError **error)
{
  g_auto (GStrv) addresses = amt_prov_settings_get_list (settings, "listen");

  for (guint i = 0; addresses[i] != NULL; i++) {
    g_autoptr (GSocket) socket = amt_prov_service_open_socket (addresses[i], error);

    if (socket == NULL ||
        !soup_server_listen_socket (self->soup, socket, SOUP_SERVER_LISTEN_HTTPS, error)) {
      g_prefix_error (error, "[agent] listen: ");
      return FALSE;
    }
  }
  return TRUE;
}

static void
say_where (AmtProvAgentServer *self, GTlsCertificate *certificate)
{
  g_autofree char *fingerprint = amt_prov_agent_dup_fingerprint (certificate);
  GSList *uris = soup_server_get_uris (self->soup);
  g_autoptr (GString) text = g_string_new (NULL);

  for (GSList *l = uris; l != NULL; l = l->next) {
    g_autofree char *uri = g_uri_to_string (l->data);

    g_string_append_printf (text, "%s%s", text->len > 0 ? ", " : "", uri);
  }
  g_slist_free_full (uris, (GDestroyNotify)g_uri_unref);
  g_message ("agents report to %s; fingerprint of the certificate (SHA-256): %s", text->str,
             fingerprint);
}

static gboolean
open_server (AmtProvAgentServer *self, AmtProvConfig *config, GError **error)
{
  AmtProvSettings *settings = amt_prov_config_get_settings (config, "agent");
  g_autoptr (GTlsCertificate) certificate = amt_prov_agent_load_certificate (config, error);

  if (certificate == NULL)
    return FALSE;
  self->soup = soup_server_new ("tls-certificate", certificate, NULL);
  self->cancellable = g_cancellable_new ();
  amt_prov_agent_rate_init (&self->sources,
                            (guint)amt_prov_settings_get_int (settings, "requests-per-source"));
  amt_prov_agent_rate_init (&self->tokens,
                            (guint)amt_prov_settings_get_int (settings, "requests-per-token"));
  g_signal_connect (self->soup, "request-started", G_CALLBACK (on_started), NULL);
  soup_server_add_early_handler (self->soup, NULL, on_headers, NULL, NULL);
  soup_server_add_handler (self->soup, NULL, on_request, self, NULL);
  if (!ask_for_certificates (self, settings, error) || !listen (self, settings, error))
    return FALSE;
  say_where (self, certificate);
  return TRUE;
}

static gboolean
amt_prov_agent_server_start (AmtProvService *service,
                             AmtProvProvisioner *provisioner,
                             GError **error)
{
  AmtProvAgentServer *self = AMT_PROV_AGENT_SERVER (service);

  self->provisioner = provisioner;
  self->selector =
      amt_prov_selector_new_for_plugins (amt_prov_provisioner_get_registry (provisioner),
                                         amt_prov_provisioner_get_plugins (provisioner));
  if (open_server (self, amt_prov_provisioner_get_config (provisioner), error))
    return TRUE;
  amt_prov_agent_server_stop (service);
  return FALSE;
}

static void
amt_prov_agent_server_iface_init (AmtProvServiceInterface *iface)
{
  iface->start = amt_prov_agent_server_start;
  iface->stop = amt_prov_agent_server_stop;
}
