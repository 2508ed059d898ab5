/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "token-commands.h"

#include "../token.h"
#include "command/command.h"
#include "command/open-database.h"

/* What each of the commands is called with. */
typedef struct {
  char *config_path;
  char *site;
  gboolean json;
  AmtProvDatabase *database;
} Call;

static void
call_clear (Call *call)
{
  g_free (call->config_path);
  g_free (call->site);
  g_clear_object (&call->database);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Call, call_clear)

static gboolean
open_site (Call *call, GError **error)
{
  g_autoptr (AmtProvConfig) config = amtprov_load_config (call->config_path, error);

  if (config == NULL)
    return FALSE;
  if (amt_prov_config_find_site (config, call->site) == NULL) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_FOUND,
                 "%s has no site %s: see [site] name of the files in sites.d beside it",
                 amt_prov_config_get_path (config), call->site);
    return FALSE;
  }
  call->database = amtprov_open_config_database (config, error);
  return call->database != NULL;
}

/* FALSE: @code is the exit code. */
static gboolean
begin (Call *call, const AmtprovUsage *usage, int *argc, char ***argv, int *code)
{
  const GOptionEntry entries[] = {
      {"config", 0, 0, G_OPTION_ARG_FILENAME, &call->config_path, "The configuration file", "FILE"},
      {"site", 0, 0, G_OPTION_ARG_STRING, &call->site, "The site of the token", "NAME"},
      {"json", 0, 0, G_OPTION_ARG_NONE, &call->json, "Print JSON", NULL},
      G_OPTION_ENTRY_NULL};
  g_autoptr (GError) error = NULL;

  *code = AMTPROV_EXIT_USAGE;
  if (!amtprov_parse_options (usage, entries, argc, argv))
    return FALSE;
  if (call->site == NULL) {
    *code = amtprov_usage_error ("--site NAME is missing: a token belongs to one site");
    return FALSE;
  }
  if (open_site (call, &error))
    return TRUE;
  *code = amtprov_report (error);
  return FALSE;
}

static gboolean
apply (Call *call, AmtProvVerb verb, AmtProvRecord *record, GError **error)
{
  g_autoptr (GPtrArray) changes =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_change_unref);

  g_ptr_array_add (changes,
                   amt_prov_change_new (verb, record,
                                        verb == AMT_PROV_VERB_PUT ? AMT_PROV_CONDITION_ABSENT
                                                                  : AMT_PROV_CONDITION_NONE));
  return amt_prov_database_apply (call->database, changes, error);
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

/* ---- add ---- */

static void
print_token (Call *call, AmtProvCredential *credential, AmtProvSecret *token)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  if (!call->json) {
    g_print ("%s\n", amt_prov_secret_peek_text (token));
    return;
  }
  json_builder_begin_object (builder);
  add_text (builder, "id", amt_prov_credential_get_id (credential));
  add_text (builder, "site", call->site);
  add_text (builder, "token", amt_prov_secret_peek_text (token));
  json_builder_end_object (builder);
  amtprov_print_json (builder);
}

/* amtprov agent token add --site NAME [--json] [--config FILE] */
int
amtprov_agent_token_add (int argc, char **argv)
{
  static const AmtprovUsage usage = {
      "--site NAME",
      "Makes a token and prints it: this once only, the store keeps a hash of it. Agents that have "
      "it\nmay report machines of the site. Put it into a file that only root can read.",
      "amtprov agent token add --site lab > token", 0, 0};
  g_auto (Call) call = {NULL};
  g_autoptr (AmtProvCredential) credential = NULL;
  g_autoptr (AmtProvSecret) token = NULL;
  g_autoptr (AmtProvRecord) record = NULL;
  g_autoptr (GError) error = NULL;
  int code;

  if (!begin (&call, &usage, &argc, &argv, &code))
    return code;
  credential = amt_prov_agent_token_new (call.site, &token);
  if (credential == NULL) {
    error = g_error_new_literal (AMT_PROV_ERROR, AMT_PROV_ERROR_FAILED,
                                 "the random generator of OpenSSL does not work");
    return amtprov_report (error);
  }
  record = amt_prov_database_seal (call.database, credential, &error);
  if (record == NULL || !apply (&call, AMT_PROV_VERB_PUT, record, &error))
    return amtprov_report (error);
  print_token (&call, credential, token);
  return AMTPROV_EXIT_DONE;
}

/* ---- list ---- */

static GPtrArray *
read_tokens (Call *call, GError **error)
{
  g_autoptr (AmtProvQuery) query = amt_prov_query_new (AMT_PROV_KIND_CREDENTIAL);
  g_autoptr (GPtrArray) records = NULL;
  g_autoptr (GPtrArray) tokens =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_credential_unref);

  amt_prov_query_set_owner (query, call->site);
  records = amt_prov_database_query (call->database, query, error);
  if (records == NULL)
    return NULL;
  for (guint i = 0; i < records->len; i++) {
    AmtProvCredential *credential =
        amt_prov_database_unseal (call->database, records->pdata[i], error);

    if (credential == NULL)
      return NULL;
    if (g_str_equal (amt_prov_credential_get_credential_type (credential), AGENT_TOKEN_TYPE))
      g_ptr_array_add (tokens, credential);
    else
      amt_prov_credential_unref (credential);
  }
  return g_steal_pointer (&tokens);
}

static const char *
peek_time (AmtProvCredential *credential, const char *name)
{
  AmtProvSecret *value = amt_prov_credential_get_value (credential, name);

  return value != NULL ? amt_prov_secret_peek_text (value) : NULL;
}

static void
print_list (GPtrArray *tokens)
{
  g_print ("%-16s  %-20s  %s\n", "ID", "MADE", "LAST USED");
  for (guint i = 0; i < tokens->len; i++) {
    const char *used = peek_time (tokens->pdata[i], AGENT_TOKEN_USED);

    g_print ("%-16s  %-20s  %s\n", amt_prov_credential_get_id (tokens->pdata[i]),
             peek_time (tokens->pdata[i], AGENT_TOKEN_MADE), used != NULL ? used : "never");
  }
}

static void
print_json_list (Call *call, GPtrArray *tokens)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  add_text (builder, "site", call->site);
  json_builder_set_member_name (builder, "tokens");
  json_builder_begin_array (builder);
  for (guint i = 0; i < tokens->len; i++) {
    json_builder_begin_object (builder);
    add_text (builder, "id", amt_prov_credential_get_id (tokens->pdata[i]));
    add_text (builder, "made", peek_time (tokens->pdata[i], AGENT_TOKEN_MADE));
    add_text (builder, "used", peek_time (tokens->pdata[i], AGENT_TOKEN_USED));
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  amtprov_print_json (builder);
}

/* amtprov agent token list --site NAME [--json] [--config FILE] */
int
amtprov_agent_token_list (int argc, char **argv)
{
  static const AmtprovUsage usage = {
      "--site NAME", "Lists the tokens of a site: when they were made, and last used.",
      "amtprov agent token list --site lab", 0, 0};
  g_auto (Call) call = {NULL};
  g_autoptr (GPtrArray) tokens = NULL;
  g_autoptr (GError) error = NULL;
  int code;

  if (!begin (&call, &usage, &argc, &argv, &code))
    return code;
  tokens = read_tokens (&call, &error);
  if (tokens == NULL)
    return amtprov_report (error);
  if (call.json)
    print_json_list (&call, tokens);
  else
    print_list (tokens);
  return AMTPROV_EXIT_DONE;
}

/* ---- revoke ---- */

static AmtProvRecord *
find_token (Call *call, const char *id, GError **error)
{
  g_autofree char *key = g_strconcat (AGENT_TOKEN_TYPE ":", id, NULL);
  g_autoptr (AmtProvQuery) query = amt_prov_query_new (AMT_PROV_KIND_CREDENTIAL);
  g_autoptr (GPtrArray) records = NULL;

  amt_prov_query_set_key (query, key);
  amt_prov_query_set_owner (query, call->site);
  records = amt_prov_database_query (call->database, query, error);
  if (records == NULL)
    return NULL;
  if (records->len > 0)
    return amt_prov_record_ref (records->pdata[0]);
  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_FOUND,
               "site %s has no token %s; see: amtprov agent token list --site %s", call->site, id,
               call->site);
  return NULL;
}

/* amtprov agent token revoke --site NAME ID [--json] [--config FILE] */
int
amtprov_agent_token_revoke (int argc, char **argv)
{
  static const AmtprovUsage usage = {
      "--site NAME ID",
      "Takes a token out of the store: agents that have it are refused from now on. To change a\n"
      "token, add the new one first and revoke the old one when all agents have the new one.",
      "amtprov agent token revoke --site lab 0123456789abcdef", 1, 1};
  g_auto (Call) call = {NULL};
  g_autoptr (AmtProvRecord) record = NULL;
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (GError) error = NULL;
  int code;

  if (!begin (&call, &usage, &argc, &argv, &code))
    return code;
  record = find_token (&call, argv[1], &error);
  if (record == NULL || !apply (&call, AMT_PROV_VERB_DELETE, record, &error))
    return amtprov_report (error);
  if (call.json) {
    json_builder_begin_object (builder);
    add_text (builder, "site", call.site);
    add_text (builder, "revoked", argv[1]);
    json_builder_end_object (builder);
    amtprov_print_json (builder);
  }
  return AMTPROV_EXIT_DONE;
}
