/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "server-private.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "enrol.h"
#include "refusal.h"
#include "token.h"

#define ENROL    "/v1/enrol"
#define CHECK    "/v1/check"
#define MACHINES "/v1/machines/"

/* The store need not know to the second when a token was used last. */
#define STAMP_SECONDS 60

#define RETRY_SECONDS 60

typedef struct {
  AmtProvAgentServer *server;
  SoupServerMessage *message;
  AmtProvDatabase *database;
  GCancellable *cancellable;
  char *uuid;     /* of the machine that is asked for; NULL: a report */
  gboolean check; /* the report is only to be judged */
  char *token;
  AmtProvSite *site;
  AmtProvDevice *device; /* that is asked for, once it is read */
  gboolean gone;         /* nobody waits for the answer */
} Request;

static void
request_free (Request *self)
{
  g_signal_handlers_disconnect_by_data (self->message, self);
  g_object_unref (self->server);
  g_object_unref (self->message);
  g_object_unref (self->database);
  g_object_unref (self->cancellable);
  g_clear_object (&self->site);
  g_clear_object (&self->device);
  g_free (self->uuid);
  g_free (self->token);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Request, request_free)

/* ---- answers ---- */

static void
send (SoupServerMessage *message, guint status, JsonBuilder *builder)
{
  g_autoptr (JsonNode) root = json_builder_get_root (builder);
  char *text = json_to_string (root, FALSE);

  soup_server_message_set_status (message, status, NULL);
  soup_server_message_set_response (message, "application/json", SOUP_MEMORY_TAKE, text,
                                    strlen (text));
}

static void
add_text (JsonBuilder *builder, const char *name, const char *text)
{
  json_builder_set_member_name (builder, name);
  if (text != NULL)
    json_builder_add_string_value (builder, text);
  else
    json_builder_add_null_value (builder);
}

void
amt_prov_agent_server_refuse (SoupServerMessage *message, const GError *error)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  guint status = amt_prov_agent_refusal_get_status (error);
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);

  if (error->domain != AGENT_REFUSAL)
    g_warning ("a request of an agent could not be answered: %s", error->message);
  if (status == 401)
    soup_message_headers_replace (headers, "WWW-Authenticate", "Bearer");
  if (status == 429 || status == 503)
    soup_message_headers_replace (headers, "Retry-After", G_STRINGIFY (RETRY_SECONDS));
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "error");
  json_builder_begin_object (builder);
  add_text (builder, "code", amt_prov_agent_refusal_get_code (error));
  /* What the store says is for the log. */
  add_text (builder, "message",
            error->domain == AGENT_REFUSAL ? error->message
                                           : "the server cannot read or write its store now");
  json_builder_end_object (builder);
  json_builder_end_object (builder);
  send (message, status, builder);
}

/* The message was paused when the request came. */
static void
resume (Request *self)
{
  if (!self->gone)
    soup_server_message_unpause (self->message);
}

static void
refuse (Request *self, GError *error)
{
  if (self->gone || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  amt_prov_agent_server_refuse (self->message, error);
  resume (self);
}

static void
tell (Request *self, const char *uuid, const char *text)
{
  if (self->server->provisioner != NULL)
    g_signal_emit_by_name (self->server->provisioner, "event", uuid, text);
}

/* ---- a report ---- */

static void
send_answer (Request *self, AgentAnswer *answer)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autofree char *follow = g_strconcat (MACHINES, answer->uuid, NULL);

  json_builder_begin_object (builder);
  add_text (builder, "machine", answer->uuid);
  add_text (builder, "site", amt_prov_site_get_name (answer->site));
  add_text (builder, "order", amt_prov_agent_order_to_string (answer->order));
  add_text (builder, "reason", answer->reason);
  add_text (builder, "otp", answer->otp != NULL ? amt_prov_secret_peek_text (answer->otp) : NULL);
  add_text (builder, "suffix", answer->suffix);
  add_text (builder, "follow", follow);
  json_builder_set_member_name (builder, "retry_after");
  if (answer->retry_after > 0)
    json_builder_add_int_value (builder, answer->retry_after);
  else
    json_builder_add_null_value (builder);
  json_builder_end_object (builder);
  send (self->message, 200, builder);
}

static void
enrolled (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Request) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (AgentAnswer) answer = amt_prov_agent_enrol_finish (result, &error);

  if (answer == NULL) {
    refuse (self, error);
    return;
  }
  if (answer->order == AGENT_ORDER_GO && !self->check)
    tell (self, answer->uuid, "an agent has reported it and may start");
  if (self->gone)
    return;
  send_answer (self, answer);
  resume (self);
}

static void
enrol (Request *unowned)
{
  g_autoptr (Request) self = unowned;
  SoupMessageBody *body = soup_server_message_get_request_body (self->message);
  g_autoptr (GBytes) bytes = soup_message_body_flatten (body);
  g_autoptr (GError) error = NULL;
  gsize length;
  const char *text = g_bytes_get_data (bytes, &length);
  AgentReport *report = amt_prov_agent_report_parse (text, length, &error);
  AmtProvAgentServer *server = self->server;
  AmtProvSite *site = self->site;
  gboolean check = self->check;
  GCancellable *cancellable = self->cancellable;

  if (report == NULL) {
    refuse (self, error);
    return;
  }
  amt_prov_agent_enrol_async (server->provisioner, server->selector, site, report, check,
                              cancellable, enrolled, g_steal_pointer (&self));
}

/* ---- a machine ---- */

static void
query_machine (Request *self, AmtProvKind kind, GAsyncReadyCallback callback)
{
  g_autoptr (AmtProvQuery) query = amt_prov_query_new (kind);

  amt_prov_query_set_key (query, self->uuid);
  amt_prov_database_query_async (self->database, query, self->cancellable, callback, self);
}

static void
send_machine (Request *self, const char *step)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  AmtProvDeviceState state = amt_prov_device_get_state (self->device);

  if (self->gone)
    return;
  json_builder_begin_object (builder);
  add_text (builder, "machine", amt_prov_device_get_uuid (self->device));
  add_text (builder, "state", amt_prov_device_state_to_string (state));
  add_text (builder, "step", step);
  add_text (builder, "message", amt_prov_device_get_fact (self->device, "error"));
  json_builder_set_member_name (builder, "operational");
  json_builder_add_boolean_value (builder, state == AMT_PROV_DEVICE_STATE_OPERATIONAL);
  json_builder_end_object (builder);
  send (self->message, 200, builder);
  resume (self);
}

/* The step that was begun or ended last. */
static char *
dup_last_step (AmtProvRecord *journal)
{
  g_autoptr (GDateTime) last = NULL;
  char *found = NULL;
  const char *step, *time;
  GVariant *entry;
  GVariantIter iter;

  g_variant_iter_init (&iter, amt_prov_record_get_body (journal));
  while (g_variant_iter_loop (&iter, "{&sv}", &step, &entry)) {
    g_autoptr (GDateTime) when = NULL;

    if (g_variant_is_of_type (entry, G_VARIANT_TYPE ("(sss)"))) {
      g_variant_get_child (entry, 0, "&s", &time);
      when = g_date_time_new_from_iso8601 (time, NULL);
    }
    if (when == NULL || (last != NULL && g_date_time_compare (when, last) < 0))
      continue;
    g_clear_pointer (&last, g_date_time_unref);
    last = g_steal_pointer (&when);
    g_free (found);
    found = g_strdup (step);
  }
  return found;
}

static void
journal_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Request) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *step = NULL;
  g_autoptr (GPtrArray) records =
      amt_prov_database_query_finish (AMT_PROV_DATABASE (source), result, &error);

  if (records == NULL) {
    refuse (self, error);
    return;
  }
  if (records->len > 0)
    step = dup_last_step (records->pdata[0]);
  send_machine (self, step);
}

/* Who asks for a machine of another site learns nothing of it. */
static void
machine_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Request) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) records =
      amt_prov_database_query_finish (AMT_PROV_DATABASE (source), result, &error);

  if (records != NULL && records->len > 0)
    self->device = amt_prov_device_new_from_record (records->pdata[0]);
  if (records != NULL &&
      (self->device == NULL || g_strcmp0 (amt_prov_device_get_fact (self->device, "site"),
                                          amt_prov_site_get_name (self->site)) != 0))
    g_set_error (&error, AGENT_REFUSAL, AGENT_REFUSAL_NOT_FOUND,
                 "the site of the token has no machine %s", self->uuid);
  if (error != NULL) {
    refuse (self, error);
    return;
  }
  /* A machine in work has its step in its journal alone. */
  if (amt_prov_device_get_state (self->device) == AMT_PROV_DEVICE_STATE_PROVISIONING)
    query_machine (g_steal_pointer (&self), AMT_PROV_KIND_JOURNAL, journal_read);
  else
    send_machine (self, amt_prov_device_get_fact (self->device, "step"));
}

/* ---- the token ---- */

static const char *
get_source (SoupServerMessage *message)
{
  const char *source = soup_server_message_get_remote_host (message);

  return source != NULL ? source : "";
}

/* A request without a valid token. Behind one address many machines may have one. */
static void
count_source (AmtProvAgentServer *self, SoupServerMessage *message)
{
  amt_prov_agent_rate_take (&self->sources, get_source (message), g_get_monotonic_time ());
}

static void
stamped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  /* In conflict is a token that another request has stamped, or that was revoked. */
  if (!amt_prov_database_apply_finish (AMT_PROV_DATABASE (source), result, &error) &&
      !g_error_matches (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFLICT))
    g_warning ("cannot note that a token was used: %s", error->message);
}

static void
stamp (AmtProvDatabase *database, AmtProvCredential *credential)
{
  g_autoptr (GDateTime) used = amt_prov_agent_token_get_time (credential, AGENT_TOKEN_USED);
  g_autoptr (AmtProvRecord) record = NULL;
  g_autoptr (GPtrArray) changes =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_change_unref);

  if (used != NULL &&
      g_get_real_time () / G_USEC_PER_SEC - g_date_time_to_unix (used) < STAMP_SECONDS)
    return;
  amt_prov_agent_token_stamp (credential, AGENT_TOKEN_USED);
  record = amt_prov_database_seal (database, credential, NULL);
  if (record == NULL)
    return;
  g_ptr_array_add (changes,
                   amt_prov_change_new (AMT_PROV_VERB_PUT, record, AMT_PROV_CONDITION_REVISION));
  amt_prov_database_apply_async (database, changes, NULL, stamped, NULL);
}

static gboolean
check_token (Request *self, AmtProvCredential *credential, GError **error)
{
  AmtProvConfig *config = amt_prov_provisioner_get_config (self->server->provisioner);
  AmtProvSite *site = NULL;

  if (credential != NULL && amt_prov_agent_token_matches (credential, self->token))
    site = amt_prov_config_find_site (config, amt_prov_credential_get_owner (credential));
  if (site == NULL) {
    count_source (self->server, self->message);
    g_set_error_literal (error, AGENT_REFUSAL, AGENT_REFUSAL_UNAUTHORIZED,
                         "the token is not valid: it was revoked, or it is none of this server; "
                         "make one with amtprov agent token add");
    return FALSE;
  }
  if (!amt_prov_agent_rate_take (&self->server->tokens, amt_prov_credential_get_id (credential),
                                 g_get_monotonic_time ())) {
    g_set_error_literal (error, AGENT_REFUSAL, AGENT_REFUSAL_TOO_MANY,
                         "too many requests came with this token in the last minute ([agent] "
                         "requests-per-token)");
    return FALSE;
  }
  self->site = g_object_ref (site);
  return TRUE;
}

static void
token_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Request) self = user_data;
  g_autoptr (AmtProvCredential) credential = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) records =
      amt_prov_database_query_finish (AMT_PROV_DATABASE (source), result, &error);

  if (records != NULL && records->len > 0)
    credential = amt_prov_database_unseal (self->database, records->pdata[0], &error);
  if (self->gone || self->server->provisioner == NULL)
    return;
  if (error != NULL || !check_token (self, credential, &error)) {
    refuse (self, error);
    return;
  }
  stamp (self->database, credential);
  if (self->uuid == NULL)
    enrol (g_steal_pointer (&self));
  else
    query_machine (g_steal_pointer (&self), AMT_PROV_KIND_DEVICE, machine_read);
}

static void
read_token (Request *self)
{
  g_autofree char *id = amt_prov_agent_token_dup_id (self->token);
  g_autofree char *key = g_strconcat (AGENT_TOKEN_TYPE ":", id, NULL);
  g_autoptr (AmtProvQuery) query = amt_prov_query_new (AMT_PROV_KIND_CREDENTIAL);

  amt_prov_query_set_key (query, key);
  amt_prov_database_query_async (self->database, query, self->cancellable, token_read, self);
}

/* ---- the request ---- */

static void
client_gone (SoupServerMessage *message, gpointer user_data)
{
  ((Request *)user_data)->gone = TRUE;
}

static gboolean
check_source (AmtProvAgentServer *self, SoupServerMessage *message, GError **error)
{
  if (!amt_prov_agent_rate_is_used_up (&self->sources, get_source (message),
                                       g_get_monotonic_time ()))
    return TRUE;
  g_set_error_literal (error, AGENT_REFUSAL, AGENT_REFUSAL_TOO_MANY,
                       "too many requests without a valid token came from this address in the last "
                       "minute ([agent] requests-per-source)");
  return FALSE;
}

static gboolean
take_path (SoupServerMessage *message, const char *path, char **uuid, GError **error)
{
  const char *method = soup_server_message_get_method (message);
  const char *wanted = NULL;

  if (g_str_equal (path, ENROL) || g_str_equal (path, CHECK))
    wanted = SOUP_METHOD_POST;
  else if (g_str_has_prefix (path, MACHINES) &&
           (*uuid = amt_prov_uuid_normalize (path + strlen (MACHINES))) != NULL)
    wanted = SOUP_METHOD_GET;
  if (wanted == NULL)
    g_set_error (error, AGENT_REFUSAL, AGENT_REFUSAL_NOT_FOUND,
                 "there is nothing here; agents use " ENROL ", " CHECK " and " MACHINES "UUID");
  else if (method != wanted)
    g_set_error (error, AGENT_REFUSAL, AGENT_REFUSAL_NO_SUCH_METHOD, "only %s is possible here",
                 wanted);
  return *error == NULL;
}

static gboolean
take_token (SoupServerMessage *message, char **token, GError **error)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  const char *text = soup_message_headers_get_one (headers, "Authorization");
  g_autofree char *id = NULL;

  if (text != NULL && g_ascii_strncasecmp (text, "Bearer ", 7) == 0)
    *token = g_strstrip (g_strdup (text + 7));
  id = *token != NULL ? amt_prov_agent_token_dup_id (*token) : NULL;
  if (id != NULL)
    return TRUE;
  g_set_error_literal (error, AGENT_REFUSAL, AGENT_REFUSAL_UNAUTHORIZED,
                       "the request has no token of this server: make one with amtprov agent "
                       "token add");
  return FALSE;
}

void
amt_prov_agent_server_handle (AmtProvAgentServer *server,
                              SoupServerMessage *message,
                              const char *path)
{
  g_autofree char *uuid = NULL;
  g_autofree char *token = NULL;
  g_autoptr (GError) error = NULL;
  Request *self;

  if (!check_source (server, message, &error) || !take_path (message, path, &uuid, &error) ||
      !take_token (message, &token, &error)) {
    count_source (server, message);
    amt_prov_agent_server_refuse (message, error);
    return;
  }
  self = g_new0 (Request, 1);
  self->server = g_object_ref (server);
  self->message = g_object_ref (message);
  self->database = g_object_ref (amt_prov_provisioner_get_database (server->provisioner));
  self->cancellable = g_object_ref (server->cancellable);
  self->uuid = g_steal_pointer (&uuid);
  self->check = g_str_equal (path, CHECK);
  self->token = g_steal_pointer (&token);
  g_signal_connect (message, "disconnected", G_CALLBACK (client_gone), self);
  g_signal_connect (message, "finished", G_CALLBACK (client_gone), self);
  soup_server_message_pause (message);
  read_token (self);
}
