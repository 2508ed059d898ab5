/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* HTTP: pages, Digest, WS-Man requests, and faults on purpose. */
#include "eoi.h"
#include "net.h"
#include "wsman.h"

#include <string.h>

/* No request of setup comes near (tls-http.md §7.4). */
#define MOST_BYTES    (256 * 1024)
#define HUGE_BYTES    (100 * 1024 * 1024)
#define BLOCK_BYTES   4096
#define NONCE_SECONDS 3600
#define WSMAN_PATH    "/wsman"

typedef struct {
  GByteArray *body;
  gboolean too_big;
  gboolean hung;
} Upload;

typedef struct {
  GString *text;
} Answer;

static SimConnection *
get_context (struct MHD_Connection *connection)
{
  return MHD_get_connection_info (connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

static char *
server_header (SimModel *model)
{
  AmtProvCapabilities *row = model->capabilities;
  const char *form = amt_prov_capabilities_get_string (row, "server-header");
  const char *firmware = amt_prov_capabilities_get_string (row, "sample-firmware");
  const char *build = amt_prov_capabilities_get_string (row, "sample-build");

  if (g_strcmp0 (form, "bare") == 0)
    return g_strdup ("AMT");
  if (g_strcmp0 (form, "four") == 0)
    return g_strdup_printf ("Intel(R) Active Management Technology %s.%s", firmware, build);
  return g_strdup_printf ("Intel(R) Active Management Technology %s", firmware);
}

static void
add_server (struct MHD_Response *response, SimModel *model)
{
  g_autofree char *server = server_header (model);

  MHD_add_response_header (response, "Server", server);
}

static enum MHD_Result
queue_page (struct MHD_Connection *connection, SimModel *model, guint status, const char *page)
{
  struct MHD_Response *response =
      MHD_create_response_from_buffer (strlen (page), (void *)page, MHD_RESPMEM_MUST_COPY);
  enum MHD_Result result;

  MHD_add_response_header (response, "Content-Type", "text/html");
  MHD_add_response_header (response, "Connection", "close");
  add_server (response, model);
  result = MHD_queue_response (connection, status, response);
  MHD_destroy_response (response);
  return result;
}

static enum MHD_Result
queue_login (struct MHD_Connection *connection, SimModel *model, gboolean stale)
{
  static const char page[] =
      "<html><head><title>Intel&reg; Active Management Technology</title></head><body>"
      "<h1>Log on failed</h1><p>Incorrect user name or password, or user account temporarily "
      "locked.</p></body></html>";
  struct MHD_Response *response =
      MHD_create_response_from_buffer (strlen (page), (void *)page, MHD_RESPMEM_PERSISTENT);
  enum MHD_Result result;

  MHD_add_response_header (response, "Content-Type", "text/html");
  MHD_add_response_header (response, "Connection", "close");
  add_server (response, model);
  result = MHD_queue_auth_fail_response2 (connection, model->realm, "", response, stale,
                                          MHD_DIGEST_ALG_MD5);
  MHD_destroy_response (response);
  return result;
}

static enum MHD_Result
queue_redirect (struct MHD_Connection *connection, SimModel *model)
{
  struct MHD_Response *response =
      MHD_create_response_from_buffer (0, (void *)"", MHD_RESPMEM_PERSISTENT);
  enum MHD_Result result;

  MHD_add_response_header (response, "Location", "/logon.htm");
  add_server (response, model);
  result = MHD_queue_response (connection, MHD_HTTP_SEE_OTHER, response);
  MHD_destroy_response (response);
  return result;
}

static ssize_t
read_text (void *cls, uint64_t at, char *buffer, size_t most)
{
  Answer *answer = cls;
  size_t length;

  if (at >= answer->text->len)
    return MHD_CONTENT_READER_END_OF_STREAM;
  length = MIN (most, answer->text->len - at);
  memcpy (buffer, answer->text->str + at, length);
  return (ssize_t)length;
}

static ssize_t
read_huge (void *cls, uint64_t at, char *buffer, size_t most)
{
  if (at >= HUGE_BYTES)
    return MHD_CONTENT_READER_END_OF_STREAM;
  most = MIN (most, HUGE_BYTES - at);
  memset (buffer, 'A', most);
  return (ssize_t)most;
}

static void
answer_free (void *cls)
{
  Answer *answer = cls;

  if (answer->text != NULL)
    g_string_free (answer->text, TRUE);
  g_free (answer);
}

/* Takes text, NULL: a hundred megabytes. Always chunked, as AMT does it. */
static enum MHD_Result
queue_soap (
    struct MHD_Connection *connection, SimModel *model, gboolean old, guint status, GString *text)
{
  Answer *answer = g_new0 (Answer, 1);
  struct MHD_Response *response;
  enum MHD_Result result;

  answer->text = text;
  response = MHD_create_response_from_callback (
      MHD_SIZE_UNKNOWN, BLOCK_BYTES, text != NULL ? read_text : read_huge, answer, answer_free);
  MHD_add_response_header (response, "Content-Type",
                           old             ? "text/xml; charset=UTF-8"
                           : status == 200 ? "application/soap+xml; charset=UTF-8"
                                           : "application/soap+xml;charset=UTF-8");
  if (sim_release_number (model->settings->amt) >= 1200)
    MHD_add_response_header (response, "X-Frame-Options", "DENY");
  add_server (response, model);
  result = MHD_queue_response (connection, status, response);
  MHD_destroy_response (response);
  return result;
}

static void
hex_to_bytes (const char *hex, guint8 *bytes, gsize length)
{
  for (gsize i = 0; i < length; i++)
    bytes[i] =
        (guint8)(g_ascii_xdigit_value (hex[2 * i]) * 16 + g_ascii_xdigit_value (hex[2 * i + 1]));
}

/* From 6.0 on one log-in holds for a TLS connection, until the entries change (wsman.md §1). */
static gboolean
is_admitted (SimConnection *context, struct MHD_Connection *connection)
{
  const char *sent =
      MHD_lookup_connection_value (connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);
  SimModel *model = context->machine->model;

  return sent == NULL && context->secure && context->logged_in &&
         context->acl_generation == model->acl_generation &&
         amt_prov_capabilities_get_boolean (model->capabilities, "keeps-log-in");
}

static char *
md5_of (const char *text)
{
  return g_compute_checksum_for_string (G_CHECKSUM_MD5, text, -1);
}

/* libmicrohttpd 0.9.75 gives the same nonce to everybody who asks in the same second and then takes
 * the second of them for a replay. Firmware does not (wsman.md §1), so a right response counts. */
static gboolean
is_right_response (const char *sent, const char *ha1, const char *url)
{
  g_autoptr (GHashTable) fields = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr (GRegex) pattern = g_regex_new ("(\\w+)=\"?([^\",]*)\"?", 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  g_autofree char *asked = g_strconcat ("POST:", url, NULL);
  g_autofree char *ha2 = md5_of (asked);
  g_autofree char *text = NULL;
  g_autofree char *expected = NULL;

  for (g_regex_match (pattern, sent, 0, &match); g_match_info_matches (match);
       g_match_info_next (match, NULL))
    g_hash_table_replace (fields, g_match_info_fetch (match, 1), g_match_info_fetch (match, 2));
  text = g_strdup_printf ("%s:%s:%s:%s:auth:%s", ha1,
                          (const char *)g_hash_table_lookup (fields, "nonce"),
                          (const char *)g_hash_table_lookup (fields, "nc"),
                          (const char *)g_hash_table_lookup (fields, "cnonce"), ha2);
  expected = md5_of (text);
  return g_strcmp0 (g_hash_table_lookup (fields, "response"), expected) == 0;
}

/* MHD_YES: go on; MHD_NO: *result tells what queueing the refusal gave. */
static gboolean
check_login (SimConnection *context,
             struct MHD_Connection *connection,
             const char *url,
             enum MHD_Result *result)
{
  SimModel *model = context->machine->model;
  const char *sent =
      MHD_lookup_connection_value (connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);
  guint8 digest[MHD_MD5_DIGEST_SIZE];
  int verdict = MHD_NO;

  if (!sim_model_needs_login (model) || is_admitted (context, connection))
    return TRUE;
  hex_to_bytes (model->admin_ha1, digest, sizeof digest);
  if (sent != NULL)
    verdict = MHD_digest_auth_check_digest2 (connection, model->realm, "admin", digest,
                                             sizeof digest, NONCE_SECONDS, MHD_DIGEST_ALG_MD5);
  if (verdict == MHD_NO && sent != NULL && is_right_response (sent, model->admin_ha1, url))
    verdict = MHD_YES;
  context->logged_in = verdict == MHD_YES;
  context->acl_generation = model->acl_generation;
  if (verdict == MHD_YES)
    return TRUE;
  if (sent != NULL && verdict != MHD_INVALID_NONCE)
    sim_model_emit (model, "login-failed", NULL);
  *result = queue_login (connection, model, verdict == MHD_INVALID_NONCE);
  return FALSE;
}

static SimFault *
due_fault (SimModel *model)
{
  for (guint i = 0; i < model->settings->faults->len; i++) {
    SimFault *fault = model->settings->faults->pdata[i];
    gboolean due = model->settings->fault_repeat ? model->requests % MAX (fault->request, 1) == 0
                                                 : model->requests == fault->request;

    if (fault->request != 0 && !fault->done && due) {
      fault->done = !model->settings->fault_repeat;
      return fault;
    }
  }
  return NULL;
}

static enum MHD_Result
do_fault (SimConnection *context,
          struct MHD_Connection *connection,
          Upload *upload,
          SimFaultKind kind)
{
  SimModel *model = context->machine->model;

  switch (kind) {
  case SIM_FAULT_GARBAGE:
    return queue_soap (connection, model, FALSE, 200,
                       g_string_new ("\001\377<<a:Envelope>garbage"));
  case SIM_FAULT_HUGE:
    return queue_soap (connection, model, FALSE, 200, NULL);
  case SIM_FAULT_HANG:
    upload->hung = TRUE;
    sim_model_emit (model, "hanging", NULL);
    sim_net_hang (context->net, connection);
    return MHD_YES;
  default:
    return MHD_NO;
  }
}

static void
trace_request (SimConnection *context, const char *service, SimRequest *request)
{
  const char *operation =
      service != NULL && request->body != NULL ? (const char *)request->body->name : NULL;
  g_autofree char *text = NULL;
  const char *action = request->action != NULL ? strrchr (request->action, '/') : NULL;

  if (!sim_net_get_trace (context->net))
    return;
  text = g_strdup_printf ("%s %s",
                          operation != NULL   ? operation
                          : request->identify ? "Identify"
                          : action != NULL    ? action + 1
                                              : "unreadable",
                          service != NULL               ? service
                          : request->class_name != NULL ? request->class_name
                                                        : "-");
  sim_model_emit (context->machine->model, "request", text);
}

static gboolean
speaks (SimModel *model, const char *interface)
{
  return amt_prov_capabilities_list_contains (model->capabilities, "interfaces", interface);
}

/* @service is NULL for WS-Man. */
static enum MHD_Result
answer_soap (SimConnection *context,
             struct MHD_Connection *connection,
             const char *url,
             const char *service,
             Upload *upload)
{
  SimModel *model = context->machine->model;
  g_autoptr (SimRequest) request = NULL;
  enum MHD_Result result = MHD_NO;
  SimFault *fault;
  guint status;
  GString *text;

  if (!check_login (context, connection, url, &result))
    return result;
  model->requests++;
  fault = due_fault (model);
  if (fault != NULL)
    return do_fault (context, connection, upload, fault->kind);
  request = sim_request_parse ((const char *)upload->body->data, upload->body->len);
  trace_request (context, service, request);
  text = service != NULL ? sim_eoi_answer (model, service, request, &status)
                         : sim_wsman_answer (model, request, &status);
  return queue_soap (connection, model, service != NULL, status, text);
}

static enum MHD_Result
answer (SimConnection *context,
        struct MHD_Connection *connection,
        const char *url,
        const char *method,
        Upload *upload)
{
  SimModel *model = context->machine->model;
  gboolean post = strcmp (method, MHD_HTTP_METHOD_POST) == 0;
  g_autofree char *service = sim_eoi_service_of (url);
  enum MHD_Result result = MHD_NO;

  if (upload->too_big)
    return queue_page (connection, model, MHD_HTTP_CONTENT_TOO_LARGE, "<html></html>");
  if (post && strcmp (url, WSMAN_PATH) == 0 && speaks (model, "wsman"))
    return answer_soap (context, connection, url, NULL, upload);
  if (post && service != NULL && speaks (model, "eoi"))
    return answer_soap (context, connection, url, service, upload);
  if (!post && strcmp (url, "/") == 0)
    return queue_redirect (connection, model);
  if (!post && strcmp (url, "/logon.htm") == 0)
    return queue_page (connection, model, MHD_HTTP_OK,
                       "<html><head><title>Intel&reg; Active Management Technology</title></head>"
                       "<body><h1>Log on</h1></body></html>");
  if (!post && g_str_has_suffix (url, ".htm") && !check_login (context, connection, url, &result))
    return result;
  return queue_page (connection, model, MHD_HTTP_NOT_FOUND,
                     "<html><body><h1>Not found</h1></body></html>");
}

static void
collect (Upload *upload, const char *data, size_t *size)
{
  if (upload->body->len + *size > MOST_BYTES)
    upload->too_big = TRUE;
  else
    g_byte_array_append (upload->body, (const guint8 *)data, (guint)*size);
  *size = 0;
}

enum MHD_Result
sim_http_handle (void *cls,
                 struct MHD_Connection *connection,
                 const char *url,
                 const char *method,
                 const char *version,
                 const char *upload_data,
                 size_t *upload_size,
                 void **request)
{
  SimConnection *context = get_context (connection);
  Upload *upload = *request;
  SimState state;

  if (context == NULL || context->machine == NULL)
    return MHD_NO;
  sim_net_touch (context->net);
  if (upload == NULL) {
    upload = g_new0 (Upload, 1);
    upload->body = g_byte_array_new ();
    *request = upload;
    return MHD_YES;
  }
  state = context->machine->model->state;
  if (upload->hung || (state != SIM_STATE_SETUP && state != SIM_STATE_OPERATIONAL))
    return MHD_NO;
  if (*upload_size != 0) {
    collect (upload, upload_data, upload_size);
    return MHD_YES;
  }
  return answer (context, connection, url, method, upload);
}

void
sim_http_completed (void *cls,
                    struct MHD_Connection *connection,
                    void **request,
                    enum MHD_RequestTerminationCode code)
{
  Upload *upload = *request;

  if (upload == NULL)
    return;
  sim_net_touch (cls);
  g_byte_array_unref (upload->body);
  g_free (upload);
  *request = NULL;
}
