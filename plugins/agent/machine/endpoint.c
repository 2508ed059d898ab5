/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "endpoint.h"

#include <curl/curl.h>
#include <openssl/ssl.h>
#include <string.h>

#include "authorities.h"

#define CONNECT_MS 10000
#define TOTAL_MS   30000
#define MAX_ANSWER (64 * 1024)

/* Longer than that no server makes an agent wait. */
#define LONGEST_RETRY 3600

#define FINGERPRINT_LENGTH 32

struct _AgentEndpoint {
  CURL *curl;
  char *url;
  AmtProvSecret *token;
  gboolean pinned;
  guint8 fingerprint[FINGERPRINT_LENGTH];
  gboolean wrong_fingerprint;
  AgentAuthorities *authorities; /* NULL: none */
  AgentFirmware *firmware;
  GByteArray *body;
  guint retry_after; /* seconds, of the last answer */
  char text[CURL_ERROR_SIZE];
};

/* ---- the certificate ---- */

static int
check_fingerprint (X509_STORE_CTX *store, void *data)
{
  AgentEndpoint *self = data;
  X509 *certificate = X509_STORE_CTX_get0_cert (store);
  guint8 found[EVP_MAX_MD_SIZE];
  unsigned int length = 0;

  self->wrong_fingerprint =
      certificate == NULL || !X509_digest (certificate, EVP_sha256 (), found, &length) ||
      length != FINGERPRINT_LENGTH || memcmp (found, self->fingerprint, length) != 0;
  if (self->wrong_fingerprint)
    X509_STORE_CTX_set_error (store, X509_V_ERR_CERT_REJECTED);
  return !self->wrong_fingerprint;
}

static CURLcode
set_up_tls (CURL *curl, void *context, void *data)
{
  AgentEndpoint *self = data;

  if (self->pinned)
    SSL_CTX_set_cert_verify_callback (context, check_fingerprint, self);
  else if (self->authorities != NULL)
    amt_prov_agent_authorities_serve (self->authorities, SSL_CTX_get_cert_store (context));
  return CURLE_OK;
}

static gboolean
take_fingerprint (AgentEndpoint *self, const char *text, GError **error)
{
  gsize digits = 0;

  for (; *text != '\0'; text++) {
    int value = g_ascii_xdigit_value (*text);

    if (*text == ':')
      continue;
    if (value < 0 || digits == 2 * FINGERPRINT_LENGTH)
      break;
    self->fingerprint[digits / 2] |= digits % 2 == 0 ? value << 4 : value;
    digits++;
  }
  self->pinned = TRUE;
  if (*text == '\0' && digits == 2 * FINGERPRINT_LENGTH)
    return TRUE;
  g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFIG,
                       "the fingerprint is no SHA-256: it has 64 hexadecimal digits, which the "
                       "server prints when it starts");
  return FALSE;
}

/* ---- HTTP ---- */

static size_t
take_body (char *data, size_t size, size_t count, void *user_data)
{
  AgentEndpoint *self = user_data;

  if (self->body->len + size * count > MAX_ANSWER)
    return 0;
  g_byte_array_append (self->body, (const guint8 *)data, size * count);
  return size * count;
}

static int
on_progress (void *data, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
  AgentEndpoint *self = data;

  return amt_prov_agent_firmware_is_cancelled (self->firmware);
}

static void
set_options (AgentEndpoint *self)
{
  CURL *curl = self->curl;

  curl_easy_setopt (curl, CURLOPT_PROTOCOLS_STR, "https");
  curl_easy_setopt (curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt (curl, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
  curl_easy_setopt (curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
  curl_easy_setopt (curl, CURLOPT_TIMEOUT_MS, TOTAL_MS);
  curl_easy_setopt (curl, CURLOPT_ERRORBUFFER, self->text);
  curl_easy_setopt (curl, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt (curl, CURLOPT_WRITEDATA, self);
  curl_easy_setopt (curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt (curl, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt (curl, CURLOPT_XFERINFODATA, self);
  if (self->token != NULL) {
    curl_easy_setopt (curl, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
    curl_easy_setopt (curl, CURLOPT_XOAUTH2_BEARER, amt_prov_secret_peek_text (self->token));
  }
  curl_easy_setopt (curl, CURLOPT_CAINFO, NULL);
  curl_easy_setopt (curl, CURLOPT_CAPATH, NULL);
  curl_easy_setopt (curl, CURLOPT_SSL_CTX_FUNCTION, set_up_tls);
  curl_easy_setopt (curl, CURLOPT_SSL_CTX_DATA, self);
  /* The pin takes the place of name and chain: the server's own certificate has neither. */
  if (self->pinned)
    curl_easy_setopt (curl, CURLOPT_SSL_VERIFYHOST, 0L);
}

AgentEndpoint *
amt_prov_agent_endpoint_new (const char *url,
                             AmtProvSecret *token,
                             const char *fingerprint,
                             AgentFirmware *firmware,
                             GError **error)
{
  g_autoptr (AgentEndpoint) self = g_new0 (AgentEndpoint, 1);

  self->curl = curl_easy_init ();
  self->body = g_byte_array_new ();
  self->url = g_strdup (url);
  self->firmware = firmware;
  self->token = token != NULL ? amt_prov_secret_ref (token) : NULL;
  if (g_str_has_suffix (url, "/"))
    self->url[strlen (url) - 1] = '\0';
  if (!g_str_has_prefix (url, "https://")) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFIG,
                 "\"%s\" does not begin with https://: the token goes over TLS only", url);
    return NULL;
  }
  if (fingerprint != NULL && !take_fingerprint (self, fingerprint, error))
    return NULL;
  set_options (self);
  return g_steal_pointer (&self);
}

void
amt_prov_agent_endpoint_set_certificate (AgentEndpoint *self,
                                         const char *certificate,
                                         const char *key)
{
  curl_easy_setopt (self->curl, CURLOPT_SSLCERT, certificate);
  curl_easy_setopt (self->curl, CURLOPT_SSLKEY, key != NULL ? key : certificate);
}

void
amt_prov_agent_endpoint_set_authorities (AgentEndpoint *self, const char *file, const char *folder)
{
  g_clear_pointer (&self->authorities, amt_prov_agent_authorities_free);
  self->authorities = amt_prov_agent_authorities_new (file, folder);
}

static void
wipe_body (AgentEndpoint *self)
{
  if (self->body->len > 0)
    OPENSSL_cleanse (self->body->data, self->body->len);
  g_byte_array_set_size (self->body, 0);
}

void
amt_prov_agent_endpoint_free (AgentEndpoint *self)
{
  curl_easy_cleanup (self->curl);
  g_clear_pointer (&self->authorities, amt_prov_agent_authorities_free);
  wipe_body (self);
  g_byte_array_unref (self->body);
  g_clear_pointer (&self->token, amt_prov_secret_unref);
  g_free (self->url);
  g_free (self);
}

static void
set_error_of_curl (AgentEndpoint *self, CURLcode code, GError **error)
{
  const char *why = *self->text != '\0' ? self->text : curl_easy_strerror (code);

  if (code == CURLE_ABORTED_BY_CALLBACK)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "it was cancelled");
  else if (self->wrong_fingerprint)
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_TLS,
                 "%s shows a certificate with another fingerprint than --fingerprint says: it is "
                 "another server, or has a new certificate. Nothing was sent to it",
                 self->url);
  else if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CONNECT_ERROR)
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_TLS,
                 "%s: %s. Where the server has a certificate of its own, give its --fingerprint",
                 self->url, why);
  else
    g_set_error (error, AMT_PROV_ERROR,
                 code == CURLE_OPERATION_TIMEDOUT ? AMT_PROV_ERROR_TIMEOUT
                                                  : AMT_PROV_ERROR_CONNECTION,
                 "%s cannot be reached: %s", self->url, why);
}

static void
note_retry (AgentEndpoint *self)
{
  curl_off_t seconds = 0;

  curl_easy_getinfo (self->curl, CURLINFO_RETRY_AFTER, &seconds);
  self->retry_after = (guint)CLAMP (seconds, 0, LONGEST_RETRY);
}

guint
amt_prov_agent_endpoint_get_retry (AgentEndpoint *self)
{
  return self->retry_after * 1000 + (guint)(self->retry_after * g_random_double_range (0, 500));
}

/* What the server says of an error, or that it says nothing. */
static void
set_error_of_server (AgentEndpoint *self, long status, JsonObject *answer, GError **error)
{
  JsonObject *inner = answer != NULL && json_object_has_member (answer, "error") &&
                              JSON_NODE_HOLDS_OBJECT (json_object_get_member (answer, "error"))
                          ? json_object_get_object_member (answer, "error")
                          : NULL;
  const char *message =
      inner != NULL ? json_object_get_string_member_with_default (inner, "message", NULL) : NULL;
  g_autofree char *text = NULL;

  if (message == NULL)
    message = "it does not say why";
  if (status >= 500 || status == 429) {
    note_retry (self);
    text = self->retry_after > 0
               ? g_strdup_printf (". It wants to be asked again in %u seconds", self->retry_after)
               : NULL;
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONNECTION,
                 "%s cannot answer now: %s (HTTP %ld)%s", self->url, message, status,
                 text != NULL ? text : "");
    return;
  }
  text = g_strdup_printf ("%s refuses: %s (HTTP %ld)", self->url, message, status);
  g_propagate_error (error, amt_prov_error_new_refused (-1, (guint)status, text));
}

static gboolean
perform (AgentEndpoint *self, const char *path, const char *body, long *status, GError **error)
{
  g_autofree char *url = g_strconcat (self->url, path, NULL);
  struct curl_slist *headers = curl_slist_append (NULL, "Content-Type: application/json");
  CURLcode code;

  wipe_body (self);
  *self->text = '\0';
  self->wrong_fingerprint = FALSE;
  self->retry_after = 0;
  curl_easy_setopt (self->curl, CURLOPT_URL, url);
  curl_easy_setopt (self->curl, CURLOPT_HTTPHEADER, headers);
  if (body != NULL)
    curl_easy_setopt (self->curl, CURLOPT_POSTFIELDS, body);
  else
    curl_easy_setopt (self->curl, CURLOPT_HTTPGET, 1L);
  code = curl_easy_perform (self->curl);
  curl_slist_free_all (headers);
  curl_easy_setopt (self->curl, CURLOPT_HTTPHEADER, NULL);
  if (code != CURLE_OK) {
    set_error_of_curl (self, code, error);
    return FALSE;
  }
  curl_easy_getinfo (self->curl, CURLINFO_RESPONSE_CODE, status);
  return TRUE;
}

/* Returns: (transfer full): the object of an answer 200 */
static JsonObject *
ask (AgentEndpoint *self, const char *path, const char *body, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonNode *root = NULL;
  JsonObject *object;
  long status = 0;

  if (!perform (self, path, body, &status, error))
    return NULL;
  if (json_parser_load_from_data (parser, (const char *)self->body->data, self->body->len, NULL))
    root = json_parser_get_root (parser);
  wipe_body (self);
  object = root != NULL && JSON_NODE_HOLDS_OBJECT (root) ? json_node_get_object (root) : NULL;
  if (status != 200) {
    set_error_of_server (self, status, object, error);
    return NULL;
  }
  if (object == NULL)
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL,
                 "%s%s answers with something that is no JSON object: is it a provisioning server?",
                 self->url, path);
  return object != NULL ? json_object_ref (object) : NULL;
}

/* ---- what is asked ---- */

static char *
make_report (AgentInfo *info, AgentLocal *local, const char *suffix)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;

  json_builder_begin_object (builder);
  amt_prov_agent_info_add_report (info, suffix != NULL ? suffix : info->suffix, builder);
  amt_prov_agent_add_text (builder, "dhcp_domain", info->domain);
  amt_prov_agent_local_add_report (local, builder);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  return json_to_string (root, FALSE);
}

/* A member that is missing, null or of another type is NULL. */
static const char *
get_text (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) &&
                 json_node_get_value_type (node) == G_TYPE_STRING
             ? json_node_get_string (node)
             : NULL;
}

static guint
get_seconds (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) &&
                 json_node_get_value_type (node) == G_TYPE_INT64
             ? (guint)CLAMP (json_node_get_int (node), 0, G_MAXINT)
             : 0;
}

static AgentInstruction *
instruction_new (AgentEndpoint *self, JsonObject *object, GError **error)
{
  static const char *const orders[] = {"go", "wait", "done"};
  const char *order = get_text (object, "order");
  const char *otp = get_text (object, "otp");
  const char *follow = get_text (object, "follow");
  AgentInstruction *answer;
  guint number = 0;

  while (number < G_N_ELEMENTS (orders) && g_strcmp0 (order, orders[number]) != 0)
    number++;
  if (number == G_N_ELEMENTS (orders)) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL,
                 "%s answers with the order \"%s\"; known are go, wait and done: this agent is "
                 "older than the server",
                 self->url, order != NULL ? order : "");
    return NULL;
  }
  answer = g_new0 (AgentInstruction, 1);
  answer->order = number;
  answer->site = g_strdup (get_text (object, "site"));
  answer->reason = g_strdup (get_text (object, "reason"));
  answer->otp = otp != NULL ? amt_prov_secret_new_text (otp) : NULL;
  answer->suffix = g_strdup (get_text (object, "suffix"));
  /* A path of this server and of no other. */
  answer->follow = follow != NULL && *follow == '/' ? g_strdup (follow) : NULL;
  answer->retry_after = get_seconds (object, "retry_after");
  return answer;
}

static AgentInstruction *
report (AgentEndpoint *self,
        const char *path,
        AgentInfo *info,
        AgentLocal *local,
        const char *suffix,
        GError **error)
{
  g_autofree char *body = make_report (info, local, suffix);
  g_autoptr (JsonObject) object = ask (self, path, body, error);

  return object != NULL ? instruction_new (self, object, error) : NULL;
}

AgentInstruction *
amt_prov_agent_endpoint_enrol (
    AgentEndpoint *self, AgentInfo *info, AgentLocal *local, const char *suffix, GError **error)
{
  return report (self, "/v1/enrol", info, local, suffix, error);
}

AgentInstruction *
amt_prov_agent_endpoint_check (AgentEndpoint *self,
                               AgentInfo *info,
                               AgentLocal *local,
                               GError **error)
{
  return report (self, "/v1/check", info, local, NULL, error);
}

AgentProgress *
amt_prov_agent_endpoint_follow (AgentEndpoint *self, const char *path, GError **error)
{
  g_autoptr (JsonObject) object = ask (self, path, NULL, error);
  AgentProgress *progress;

  if (object == NULL)
    return NULL;
  progress = g_new0 (AgentProgress, 1);
  progress->state = g_strdup (get_text (object, "state"));
  progress->step = g_strdup (get_text (object, "step"));
  progress->message = g_strdup (get_text (object, "message"));
  progress->operational =
      json_object_get_boolean_member_with_default (object, "operational", FALSE);
  return progress;
}

char *
amt_prov_agent_progress_to_text (AgentProgress *self)
{
  const char *state = self->state != NULL ? self->state : "unknown";

  /* In work, the message is about the time before. */
  if (self->step != NULL && g_str_equal (state, "provisioning"))
    return g_strdup_printf ("%s (step %s)", state, self->step);
  if (self->message != NULL)
    return g_strdup_printf ("%s (%s)", state, self->message);
  return g_strdup (state);
}

gboolean
amt_prov_agent_endpoint_has_token (AgentEndpoint *self)
{
  return self->token != NULL;
}

gboolean
amt_prov_agent_endpoint_reach (AgentEndpoint *self, GError **error)
{
  long status;

  return perform (self, "/v1/machines/", NULL, &status, error);
}

void
amt_prov_agent_instruction_free (AgentInstruction *self)
{
  g_free (self->site);
  g_free (self->reason);
  g_clear_pointer (&self->otp, amt_prov_secret_unref);
  g_free (self->suffix);
  g_free (self->follow);
  g_free (self);
}

void
amt_prov_agent_progress_free (AgentProgress *self)
{
  g_free (self->state);
  g_free (self->step);
  g_free (self->message);
  g_free (self);
}
