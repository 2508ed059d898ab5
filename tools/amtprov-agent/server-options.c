/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "server-options.h"

#include <openssl/x509.h>

void
agent_server_options_clear (AgentServerOptions *self)
{
  g_free (self->mei);
  g_free (self->server);
  g_free (self->token_file);
  g_free (self->fingerprint);
  g_free (self->certificate);
  g_free (self->key);
}

gboolean
agent_server_options_parse (AgentServerOptions *self,
                            const AmtprovUsage *usage,
                            const GOptionEntry *own,
                            int *argc,
                            char ***argv)
{
  const GOptionEntry shared[] = {
      {"mei", 0, 0, G_OPTION_ARG_STRING, &self->mei,
       "The device file of the firmware, or unix:SOCKET of a simulator", "DEVICE"},
      {"server", 0, 0, G_OPTION_ARG_STRING, &self->server,
       "The provisioning server, https://HOST[:PORT]", "URL"},
      {"token-file", 0, 0, G_OPTION_ARG_FILENAME, &self->token_file,
       "The file with the token of the site (amtprov agent token add)", "FILE"},
      {"fingerprint", 0, 0, G_OPTION_ARG_STRING, &self->fingerprint,
       "The SHA-256 of the server's certificate, in place of a CA", "SHA256"},
      {"certificate", 0, 0, G_OPTION_ARG_FILENAME, &self->certificate,
       "A certificate of this machine, where the server wants one (PEM)", "FILE"},
      {"key", 0, 0, G_OPTION_ARG_FILENAME, &self->key,
       "Its private key, where it is not in the same file", "FILE"},
      {"json", 0, 0, G_OPTION_ARG_NONE, &self->json, "Print JSON", NULL},
  };
  g_autoptr (GArray) entries = g_array_new (TRUE, FALSE, sizeof (GOptionEntry));

  g_array_append_vals (entries, shared, G_N_ELEMENTS (shared));
  for (; own->long_name != NULL; own++)
    g_array_append_vals (entries, own, 1);
  return amtprov_parse_options (usage, (const GOptionEntry *)entries->data, argc, argv);
}

/* Those of OpenSSL, which its own variables replace. */
static void
set_authorities (AgentEndpoint *endpoint)
{
  const char *file = g_getenv (X509_get_default_cert_file_env ());
  const char *folder = g_getenv (X509_get_default_cert_dir_env ());

  if (file == NULL && folder == NULL) {
    file = X509_get_default_cert_file ();
    folder = X509_get_default_cert_dir ();
  }
  amt_prov_agent_endpoint_set_authorities (endpoint, file, folder);
}

AgentEndpoint *
agent_server_options_open (AgentServerOptions *self,
                           AgentTool *tool,
                           gboolean need_token,
                           GError **error)
{
  g_autoptr (AmtProvSecret) token = NULL;
  AgentEndpoint *endpoint;

  if (self->token_file == NULL && need_token) {
    g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFIG,
                         "--token-file is missing: \"amtprov agent token add\" on the server makes "
                         "a token");
    return NULL;
  }
  if (self->token_file != NULL) {
    token = amt_prov_secret_new_from_file (self->token_file, error);
    if (token == NULL)
      return NULL;
  }
  endpoint =
      amt_prov_agent_endpoint_new (self->server, token, self->fingerprint, tool->firmware, error);
  if (endpoint == NULL)
    return NULL;
  if (self->fingerprint == NULL)
    set_authorities (endpoint);
  if (self->certificate != NULL)
    amt_prov_agent_endpoint_set_certificate (endpoint, self->certificate, self->key);
  return endpoint;
}

/* On stderr: stdout is for the outcome. */
void
agent_say (const char *text, gpointer data)
{
  g_printerr ("%s\n", text);
}
