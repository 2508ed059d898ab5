/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/http-private.h"

#include <string.h>
#include <curl/curl.h>
#include <openssl/crypto.h>
#include <amtprov/error.h>

#include "channel/bridge-private.h"
#include "channel/curl-loop-private.h"
#include "channel/http-error-private.h"

#define MAX_ANSWER           (1024 * 1024)
#define CONNECT_MILLISECONDS 10000
#define ANSWER_MILLISECONDS  30000

/* curl cannot see what our SSL_CTX callback puts into a connection, so it would give one machine's
 * connection to another: one multi and one easy handle per machine, never shared. */
struct _AmtProvHttp {
  GObject parent_instance;

  char *base_url;
  char *peer;
  char *user;
  GPtrArray *passwords;
  guint password;      /* index of the one in use */
  gboolean challenged; /* the device has asked for a log-in */
  gboolean logged_in;
  gboolean has_nonce;    /* the easy handle does, from an earlier request */
  gboolean admitted;     /* the connection is: its requests need no log-in */
  gboolean keeps_log_in; /* as far as we know the device admits connections */

  AmtProvBridge *bridge; /* NULL with TCP */
  AmtProvTlsTrace tls;
  GError *tls_error; /* our own settings that OpenSSL refused */
  GMainContext *context;
  AmtProvCurlLoop *loop;
  CURL *easy;
  struct curl_slist *headers;
  char curl_message[CURL_ERROR_SIZE];

  gsize max_answer;
  guint connect_milliseconds;
  guint answer_milliseconds;
  guint requests;
  guint closings;

  GTask *task;
  GSource *cancel;
  AmtProvSecret *body;
  char *url;
  char *content_type;
  char *soap_action;
  GByteArray *answer;
  gboolean too_long;
  gboolean got_nonce;
};

G_DEFINE_FINAL_TYPE (AmtProvHttp, amt_prov_http, G_TYPE_OBJECT)

static void begin (AmtProvHttp *self);

static void
destroy_source (GSource *source)
{
  g_source_destroy (source);
  g_source_unref (source);
}

static void
wipe_answer (AmtProvHttp *self)
{
  if (self->answer->len > 0)
    OPENSSL_cleanse (self->answer->data, self->answer->len);
  g_byte_array_set_size (self->answer, 0);
}

/* The easy handle keeps the nonce, which outlives the connection (wsman.md §1). */
static void
drop_connection (AmtProvHttp *self)
{
  if (self->easy != NULL && self->loop != NULL)
    amt_prov_curl_loop_remove (self->loop, self->easy);
  g_clear_pointer (&self->loop, amt_prov_curl_loop_free);
  if (self->bridge != NULL)
    amt_prov_bridge_close (self->bridge);
  self->admitted = FALSE;
}

/* Drops connection, nonce and password copies of curl. */
static void
forget_log_in (AmtProvHttp *self)
{
  drop_connection (self);
  g_clear_pointer (&self->easy, curl_easy_cleanup);
  g_clear_pointer (&self->headers, curl_slist_free_all);
  self->has_nonce = FALSE;
}

static void
end_request (AmtProvHttp *self)
{
  g_clear_pointer (&self->cancel, destroy_source);
  g_clear_pointer (&self->body, amt_prov_secret_unref);
  g_clear_pointer (&self->url, g_free);
  g_clear_pointer (&self->content_type, g_free);
  g_clear_pointer (&self->soap_action, g_free);
  g_clear_error (&self->tls_error);
}

static void
take_error (AmtProvHttp *self, GError *error)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->task);

  forget_log_in (self);
  end_request (self);
  wipe_answer (self);
  g_task_return_error (task, error);
}

static GError *
curl_to_error (AmtProvHttp *self, CURLcode code)
{
  const char *text = self->curl_message[0] != '\0' ? self->curl_message : curl_easy_strerror (code);
  GError *bridge_error = NULL;

  if (self->tls_error != NULL)
    return g_steal_pointer (&self->tls_error);
  if (self->too_long)
    return g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL,
                        "%s sends more than %" G_GSIZE_FORMAT " bytes in one answer; cut off",
                        self->peer, self->max_answer);
  if (self->tls.alert_received != 0 || self->tls.pin_mismatch)
    return amt_prov_tls_trace_to_error (&self->tls, self->peer, text);
  if (self->bridge != NULL && (bridge_error = amt_prov_bridge_steal_error (self->bridge)) != NULL)
    return bridge_error;
  return amt_prov_http_error_new (code, &self->tls, self->peer, text);
}

/* A refusal to a connection that was admitted, or to an old nonce, says nothing of the password. */
static void
finish_unauthorised (AmtProvHttp *self)
{
  guint tried = self->passwords->len;
  gboolean relied = self->admitted || self->has_nonce;

  self->logged_in = FALSE;
  if (self->admitted) {
    self->keeps_log_in = FALSE;
    drop_connection (self);
  } else {
    forget_log_in (self);
  }
  if (relied || self->password + 1 < tried) {
    self->password += relied ? 0 : 1;
    begin (self);
    return;
  }
  if (tried == 0)
    take_error (self,
                g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_AUTH_FAILED,
                             "%s asks for a log-in, but no password is known for it", self->peer));
  else
    take_error (self, g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_AUTH_FAILED,
                                   "%s refused all %u passwords that are known for user '%s'; "
                                   "somebody changed it, or the account is locked for a while",
                                   self->peer, tried, self->user));
}

static void
complete (AmtProvHttp *self, CURLcode code)
{
  long status = 0;

  curl_easy_getinfo (self->easy, CURLINFO_RESPONSE_CODE, &status);
  amt_prov_curl_loop_remove (self->loop, self->easy);
  if (code != CURLE_OK) {
    take_error (self, curl_to_error (self, code));
    return;
  }
  if (status == 401) {
    finish_unauthorised (self);
    return;
  }
  g_autoptr (GTask) task = g_steal_pointer (&self->task);
  self->logged_in = TRUE;
  self->has_nonce |= self->got_nonce;
  self->admitted = self->has_nonce && self->keeps_log_in && self->tls.policy != NULL;
  end_request (self);
  g_task_set_task_data (task, GUINT_TO_POINTER ((guint)status), NULL);
  GBytes *answer = g_bytes_new (self->answer->data, self->answer->len);
  wipe_answer (self);
  g_task_return_pointer (task, answer, (GDestroyNotify)g_bytes_unref);
}

static void
on_worked (CURLM *multi, gpointer data)
{
  g_autoptr (AmtProvHttp) self = g_object_ref (AMT_PROV_HTTP (data));
  CURLMsg *message;
  int left = 0;

  while ((message = curl_multi_info_read (multi, &left)) != NULL) {
    if (message->msg != CURLMSG_DONE)
      continue;
    complete (self, message->data.result);
    return;
  }
}

static size_t
on_data (char *data, size_t size, size_t count, void *user_data)
{
  AmtProvHttp *self = user_data;
  gsize length = size * count;

  if (self->answer->len + length > self->max_answer) {
    self->too_long = TRUE;
    return 0;
  }
  g_byte_array_append (self->answer, (const guint8 *)data, (guint)length);
  return length;
}

static size_t
on_header (char *data, size_t size, size_t count, void *user_data)
{
  AmtProvHttp *self = user_data;
  gsize length = size * count;

  if (length >= 12 && memcmp (data, "HTTP/", 5) == 0) {
    wipe_answer (self);
    if (memcmp (data + 8, " 401", 4) == 0)
      self->challenged = self->got_nonce = TRUE;
  }
  return length;
}

static CURLcode
on_ssl_context (CURL *easy, void *context, void *data)
{
  AmtProvHttp *self = data;

  g_clear_error (&self->tls_error);
  if (!amt_prov_tls_policy_apply (self->tls.policy, &self->tls, context, &self->tls_error))
    return CURLE_SSL_CONNECT_ERROR;
  return CURLE_OK;
}

/* Digest and nothing else may see a password: the peer is not authenticated yet, and Basic, NTLM
 * and Negotiate would show it the password or the process's own identity. With a single bit curl
 * sends its first POST empty; Bearer, for which no token is set, makes it a choice, so that the
 * body goes out at once; with a nonce it does so in any case. A log-in holds for a TLS connection
 * (wsman.md §1), so no other request on it needs one. */
static void
set_log_in (AmtProvHttp *self)
{
  unsigned long methods = self->admitted    ? CURLAUTH_NONE
                          : self->has_nonce ? CURLAUTH_DIGEST
                                            : CURLAUTH_DIGEST | CURLAUTH_BEARER;

  if (self->passwords->len == 0)
    return;
  curl_easy_setopt (self->easy, CURLOPT_HTTPAUTH, (long)methods);
  curl_easy_setopt (self->easy, CURLOPT_USERNAME, self->user);
  curl_easy_setopt (self->easy, CURLOPT_PASSWORD,
                    amt_prov_secret_peek_text (self->passwords->pdata[self->password]));
}

/* The handle may have been another connection's before. */
static void
use_easy (AmtProvHttp *self, CURL *easy)
{
  self->easy = easy;
  curl_easy_setopt (easy, CURLOPT_UNIX_SOCKET_PATH, NULL);
  curl_easy_setopt (easy, CURLOPT_ERRORBUFFER, self->curl_message);
  curl_easy_setopt (easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt (easy, CURLOPT_PROXY, "");
  curl_easy_setopt (easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt (easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt (easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
  curl_easy_setopt (easy, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt (easy, CURLOPT_CONNECTTIMEOUT_MS, (long)self->connect_milliseconds);
  curl_easy_setopt (easy, CURLOPT_TIMEOUT_MS, (long)self->answer_milliseconds);
  curl_easy_setopt (easy, CURLOPT_WRITEFUNCTION, on_data);
  curl_easy_setopt (easy, CURLOPT_WRITEDATA, self);
  curl_easy_setopt (easy, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt (easy, CURLOPT_HEADERDATA, self);
  if (self->tls.policy != NULL) {
    curl_easy_setopt (easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt (easy, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt (easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    curl_easy_setopt (easy, CURLOPT_SSL_ENABLE_ALPN, 0L);
    curl_easy_setopt (easy, CURLOPT_SSL_CTX_FUNCTION, on_ssl_context);
    curl_easy_setopt (easy, CURLOPT_SSL_CTX_DATA, self);
  }
}

static gboolean
prepare_handles (AmtProvHttp *self, GError **error)
{
  if (self->easy == NULL)
    use_easy (self, curl_easy_init ());
  set_log_in (self);
  if (self->loop != NULL)
    return TRUE;
  self->loop = amt_prov_curl_loop_new (self->context, on_worked, self);
  return self->bridge == NULL ||
         amt_prov_bridge_attach (self->bridge, self->easy, self->connect_milliseconds, error);
}

static void
begin (AmtProvHttp *self)
{
  g_autofree char *type = g_strconcat ("Content-Type: ", self->content_type, NULL);
  g_autofree char *action = g_strconcat ("SOAPAction: ", self->soap_action, NULL);
  gsize length = 0;
  const guint8 *body = amt_prov_secret_peek (self->body, &length);
  GError *error = NULL;

  if (!prepare_handles (self, &error)) {
    take_error (self, error);
    return;
  }
  wipe_answer (self);
  amt_prov_tls_trace_forget (&self->tls);
  self->curl_message[0] = '\0';
  self->too_long = FALSE;
  self->got_nonce = FALSE;
  self->requests++;

  g_clear_pointer (&self->headers, curl_slist_free_all);
  self->headers = curl_slist_append (NULL, type);
  if (self->soap_action != NULL)
    self->headers = curl_slist_append (self->headers, action);
  self->headers = curl_slist_append (self->headers, "Expect:");
  self->headers = curl_slist_append (self->headers, "Accept:");
  curl_easy_setopt (self->easy, CURLOPT_HTTPHEADER, self->headers);
  curl_easy_setopt (self->easy, CURLOPT_URL, self->url);
  curl_easy_setopt (self->easy, CURLOPT_POSTFIELDS, body);
  curl_easy_setopt (self->easy, CURLOPT_POSTFIELDSIZE, (long)length);
  amt_prov_curl_loop_add (self->loop, self->easy);
}

static gboolean
on_cancelled (GCancellable *cancellable, gpointer data)
{
  g_autoptr (AmtProvHttp) self = g_object_ref (AMT_PROV_HTTP (data));

  take_error (self,
              g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "the request was cancelled"));
  return G_SOURCE_REMOVE;
}

static void
amt_prov_http_finalize (GObject *object)
{
  AmtProvHttp *self = AMT_PROV_HTTP (object);

  forget_log_in (self);
  end_request (self);
  wipe_answer (self);
  g_clear_pointer (&self->bridge, amt_prov_bridge_free);
  g_byte_array_unref (self->answer);
  g_ptr_array_unref (self->passwords);
  amt_prov_tls_trace_clear (&self->tls);
  g_main_context_unref (self->context);
  g_free (self->base_url);
  g_free (self->peer);
  g_free (self->user);
  G_OBJECT_CLASS (amt_prov_http_parent_class)->finalize (object);
}

static void
amt_prov_http_class_init (AmtProvHttpClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = amt_prov_http_finalize;
}

static void
amt_prov_http_init (AmtProvHttp *self)
{
  self->context = g_main_context_ref_thread_default ();
  self->answer = g_byte_array_new ();
  self->passwords = g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_secret_unref);
  self->keeps_log_in = TRUE;
  self->max_answer = MAX_ANSWER;
  self->connect_milliseconds = CONNECT_MILLISECONDS;
  self->answer_milliseconds = ANSWER_MILLISECONDS;
}

AmtProvHttp *
amt_prov_http_new (const char *address, guint16 port, AmtProvTlsPolicy *policy)
{
  AmtProvHttp *self = g_object_new (AMT_PROV_TYPE_HTTP, NULL);
  const char *scheme = policy == NULL ? "http" : "https";

  if (strchr (address, ':') == NULL) {
    self->peer = g_strdup_printf ("%s:%u", address, port);
    self->base_url = g_strdup_printf ("%s://%s:%u", scheme, address, port);
  } else {
    /* The scope of a link-local address stands behind an escaped percent sign. */
    g_auto (GStrv) parts = g_strsplit (address, "%", 2);
    g_autofree char *literal = g_strjoinv ("%25", parts);
    self->peer = g_strdup_printf ("[%s]:%u", address, port);
    self->base_url = g_strdup_printf ("%s://[%s]:%u", scheme, literal, port);
  }
  amt_prov_tls_trace_init (&self->tls, policy);
  return self;
}

/* Only before the first request. */
void
amt_prov_http_set_transport (AmtProvHttp *self,
                             AmtProvTransport *transport,
                             const char *scheme,
                             AmtProvSite *site)
{
  char *uri = g_strconcat (scheme, ":", self->peer, NULL);

  g_clear_pointer (&self->bridge, amt_prov_bridge_free);
  self->bridge = amt_prov_bridge_new (transport, uri, site);
  g_free (self->peer);
  self->peer = uri;
}

/* They are tried in this order, each once, from the next request on. It goes over a new connection:
 * the one that stands belongs to the log-in before (wsman.md §1). */
void
amt_prov_http_set_passwords (AmtProvHttp *self, const char *user, GPtrArray *passwords)
{
  g_autoptr (GPtrArray) copy =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_secret_unref);

  for (guint i = 0; passwords != NULL && i < passwords->len; i++)
    g_ptr_array_add (copy, amt_prov_secret_ref (passwords->pdata[i]));
  g_ptr_array_unref (self->passwords);
  self->passwords = g_steal_pointer (&copy);
  g_free (self->user);
  self->user = g_strdup (user == NULL ? "admin" : user);
  self->password = 0;
  if (self->task == NULL)
    drop_connection (self);
}

/* Takes over the nonce of another one for the same machine, which is asked for a log-in after that.
 */
void
amt_prov_http_take_nonce (AmtProvHttp *self, AmtProvHttp *from)
{
  if (self->easy != NULL || from->task != NULL || !from->has_nonce)
    return;
  drop_connection (from);
  use_easy (self, g_steal_pointer (&from->easy));
  self->challenged = self->has_nonce = TRUE;
  from->has_nonce = FALSE;
}

void
amt_prov_http_set_limits (AmtProvHttp *self,
                          gsize max_answer,
                          guint connect_milliseconds,
                          guint answer_milliseconds)
{
  self->max_answer = max_answer;
  self->connect_milliseconds = connect_milliseconds;
  self->answer_milliseconds = answer_milliseconds;
  if (self->task == NULL)
    forget_log_in (self);
}

/* Where a log-in does not hold, the refusal of the next request tells so too. */
void
amt_prov_http_set_keeps_log_in (AmtProvHttp *self, gboolean keeps)
{
  self->keeps_log_in = keeps;
  self->admitted &= keeps;
}

void
amt_prov_http_post_async (AmtProvHttp *self,
                          const char *path,
                          const char *content_type,
                          const char *soap_action,
                          AmtProvSecret *body,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, amt_prov_http_post_async);
  if (g_task_return_error_if_cancelled (task))
    return;
  if (self->task != NULL) {
    g_task_return_new_error (task, AMT_PROV_ERROR, AMT_PROV_ERROR_WRONG_STATE,
                             "a request to %s is under way; devices take one at a time",
                             self->peer);
    return;
  }
  self->task = g_steal_pointer (&task);
  self->body = amt_prov_secret_ref (body);
  self->url = g_strconcat (self->base_url, path, NULL);
  self->content_type = g_strdup (content_type);
  self->soap_action = g_strdup (soap_action);
  if (cancellable != NULL) {
    self->cancel = g_cancellable_source_new (cancellable);
    g_source_set_callback (self->cancel, G_SOURCE_FUNC (on_cancelled), self, NULL);
    g_source_attach (self->cancel, self->context);
  }
  begin (self);
}

GBytes *
amt_prov_http_post_finish (AmtProvHttp *self, GAsyncResult *result, guint *status, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  GBytes *answer = g_task_propagate_pointer (G_TASK (result), error);
  *status = GPOINTER_TO_UINT (g_task_get_task_data (G_TASK (result)));
  return answer;
}

/* The password that the device took; NULL when it never asked for one. */
AmtProvSecret *
amt_prov_http_get_password (AmtProvHttp *self)
{
  if (!self->challenged || !self->logged_in || self->passwords->len == 0)
    return NULL;
  return self->passwords->pdata[self->password];
}

GBytes *
amt_prov_http_get_peer_certificate (AmtProvHttp *self)
{
  return self->tls.peer_certificate;
}

const char *
amt_prov_http_get_peer (AmtProvHttp *self)
{
  return self->peer;
}

guint
amt_prov_http_get_request_count (AmtProvHttp *self)
{
  return self->requests;
}

/* How often it was closed: an action that sees this grow must not go on with a new connection. */
guint
amt_prov_http_get_closings (AmtProvHttp *self)
{
  return self->closings;
}

void
amt_prov_http_close (AmtProvHttp *self)
{
  g_autoptr (AmtProvHttp) hold = g_object_ref (self);

  self->closings++;
  if (self->task != NULL)
    take_error (self, g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_CONNECTION,
                                   "the connection to %s was closed on our side", self->peer));
  else
    forget_log_in (self);
}
