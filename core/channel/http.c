/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/http-private.h"

#include <string.h>
#include <curl/curl.h>
#include <glib-unix.h>
#include <openssl/crypto.h>
#include <amtprov/error.h>

#include "channel/bridge-private.h"
#include "channel/tls-policy-private.h"

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

  AmtProvBridge *bridge; /* NULL with TCP */
  AmtProvTlsTrace tls;
  GError *tls_error; /* our own settings that OpenSSL refused */
  GMainContext *context;
  CURLM *multi;
  CURL *easy;
  struct curl_slist *headers;
  GSource *timer;
  GHashTable *watches;
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

/* Drops connection, nonce and password copies of curl. */
static void
drop_connection (AmtProvHttp *self)
{
  if (self->easy != NULL && self->multi != NULL)
    curl_multi_remove_handle (self->multi, self->easy);
  g_clear_pointer (&self->easy, curl_easy_cleanup);
  g_clear_pointer (&self->multi, curl_multi_cleanup);
  g_clear_pointer (&self->headers, curl_slist_free_all);
  g_clear_pointer (&self->timer, destroy_source);
  g_hash_table_remove_all (self->watches);
  if (self->bridge != NULL)
    amt_prov_bridge_close (self->bridge);
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

  drop_connection (self);
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
  switch (code) {
  case CURLE_OPERATION_TIMEDOUT:
    return g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_TIMEOUT, "%s does not answer in time: %s",
                        self->peer, text);
  case CURLE_SSL_CONNECT_ERROR:
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_CIPHER:
  case CURLE_SSL_CERTPROBLEM:
    return amt_prov_tls_trace_to_error (&self->tls, self->peer, text);
  case CURLE_WEIRD_SERVER_REPLY:
  case CURLE_UNSUPPORTED_PROTOCOL:
  case CURLE_BAD_CONTENT_ENCODING:
  case CURLE_HTTP2:
    return g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL, "%s does not speak HTTP: %s",
                        self->peer, text);
  default:
    return g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_CONNECTION,
                        "the connection to %s failed: %s", self->peer, text);
  }
}

static void
finish_unauthorised (AmtProvHttp *self)
{
  guint tried = self->passwords->len;

  self->logged_in = FALSE;
  if (self->password + 1 < tried) {
    self->password++;
    drop_connection (self);
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
  curl_multi_remove_handle (self->multi, self->easy);
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
  end_request (self);
  g_task_set_task_data (task, GUINT_TO_POINTER ((guint)status), NULL);
  GBytes *answer = g_bytes_new (self->answer->data, self->answer->len);
  wipe_answer (self);
  g_task_return_pointer (task, answer, (GDestroyNotify)g_bytes_unref);
}

static void
check_done (AmtProvHttp *self)
{
  CURLMsg *message = NULL;
  int left = 0;

  while (self->multi != NULL && (message = curl_multi_info_read (self->multi, &left)) != NULL) {
    if (message->msg != CURLMSG_DONE)
      continue;
    complete (self, message->data.result);
    return;
  }
}

static gboolean
on_socket (int fd, GIOCondition condition, gpointer data)
{
  g_autoptr (AmtProvHttp) self = g_object_ref (AMT_PROV_HTTP (data));
  int running = 0;
  int action = ((condition & (G_IO_IN | G_IO_HUP)) != 0 ? CURL_CSELECT_IN : 0) |
               ((condition & G_IO_OUT) != 0 ? CURL_CSELECT_OUT : 0) |
               ((condition & G_IO_ERR) != 0 ? CURL_CSELECT_ERR : 0);

  curl_multi_socket_action (self->multi, fd, action, &running);
  check_done (self);
  return G_SOURCE_CONTINUE;
}

static int
on_watch (CURL *easy, curl_socket_t fd, int what, void *data, void *socket_data)
{
  AmtProvHttp *self = data;

  g_hash_table_remove (self->watches, GINT_TO_POINTER (fd));
  if (what == CURL_POLL_REMOVE || what == CURL_POLL_NONE)
    return 0;
  GIOCondition condition = ((what & CURL_POLL_IN) != 0 ? G_IO_IN | G_IO_HUP | G_IO_ERR : 0) |
                           ((what & CURL_POLL_OUT) != 0 ? G_IO_OUT | G_IO_ERR : 0);
  GSource *source = g_unix_fd_source_new (fd, condition);
  g_source_set_callback (source, G_SOURCE_FUNC (on_socket), self, NULL);
  g_source_attach (source, self->context);
  g_hash_table_insert (self->watches, GINT_TO_POINTER (fd), source);
  return 0;
}

static gboolean
on_timer (gpointer data)
{
  g_autoptr (AmtProvHttp) self = g_object_ref (AMT_PROV_HTTP (data));
  int running = 0;

  g_clear_pointer (&self->timer, destroy_source);
  curl_multi_socket_action (self->multi, CURL_SOCKET_TIMEOUT, 0, &running);
  check_done (self);
  return G_SOURCE_REMOVE;
}

static int
on_timer_wanted (CURLM *multi, long milliseconds, void *data)
{
  AmtProvHttp *self = data;

  g_clear_pointer (&self->timer, destroy_source);
  if (milliseconds < 0)
    return 0;
  self->timer = g_timeout_source_new ((guint)MIN (milliseconds, (long)G_MAXINT));
  g_source_set_callback (self->timer, on_timer, self, NULL);
  g_source_attach (self->timer, self->context);
  return 0;
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
      self->challenged = TRUE;
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

static void
make_multi (AmtProvHttp *self)
{
  self->multi = curl_multi_init ();
  curl_multi_setopt (self->multi, CURLMOPT_SOCKETFUNCTION, on_watch);
  curl_multi_setopt (self->multi, CURLMOPT_SOCKETDATA, self);
  curl_multi_setopt (self->multi, CURLMOPT_TIMERFUNCTION, on_timer_wanted);
  curl_multi_setopt (self->multi, CURLMOPT_TIMERDATA, self);
  curl_multi_setopt (self->multi, CURLMOPT_MAXCONNECTS, 1L);
}

/* Digest and nothing else may see a password: the peer is not authenticated yet, and Basic, NTLM
 * and Negotiate would show it the password or the process's own identity. With a single bit curl
 * sends its first POST empty; Bearer, for which no token is set, makes it a choice, so that the
 * body goes out at once. */
static void
set_log_in (AmtProvHttp *self)
{
  if (self->passwords->len == 0)
    return;
  curl_easy_setopt (self->easy, CURLOPT_HTTPAUTH, (long)(CURLAUTH_DIGEST | CURLAUTH_BEARER));
  curl_easy_setopt (self->easy, CURLOPT_USERNAME, self->user);
  curl_easy_setopt (self->easy, CURLOPT_PASSWORD,
                    amt_prov_secret_peek_text (self->passwords->pdata[self->password]));
}

static gboolean
make_easy (AmtProvHttp *self, GError **error)
{
  CURL *easy = self->easy = curl_easy_init ();

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
  set_log_in (self);
  return self->bridge == NULL ||
         amt_prov_bridge_attach (self->bridge, easy, self->connect_milliseconds, error);
}

static void
begin (AmtProvHttp *self)
{
  g_autofree char *type = g_strconcat ("Content-Type: ", self->content_type, NULL);
  g_autofree char *action = g_strconcat ("SOAPAction: ", self->soap_action, NULL);
  gsize length = 0;
  const guint8 *body = amt_prov_secret_peek (self->body, &length);
  GError *error = NULL;

  if (self->multi == NULL)
    make_multi (self);
  if (self->easy == NULL && !make_easy (self, &error)) {
    take_error (self, error);
    return;
  }
  wipe_answer (self);
  amt_prov_tls_trace_forget (&self->tls);
  self->curl_message[0] = '\0';
  self->too_long = FALSE;
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
  curl_multi_add_handle (self->multi, self->easy);
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

  drop_connection (self);
  end_request (self);
  wipe_answer (self);
  g_clear_pointer (&self->bridge, amt_prov_bridge_free);
  g_byte_array_unref (self->answer);
  g_hash_table_unref (self->watches);
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
  self->watches = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify)destroy_source);
  self->passwords = g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_secret_unref);
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

/* They are tried in this order, each once; a new connection starts with the first. */
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
    drop_connection (self);
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
    drop_connection (self);
}
