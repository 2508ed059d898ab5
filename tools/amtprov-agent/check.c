/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "machine/check.h"
#include "server-options.h"

static void
print_as_json (GPtrArray *checks, gboolean ok)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "ok");
  json_builder_add_boolean_value (builder, ok);
  json_builder_set_member_name (builder, "checks");
  json_builder_begin_array (builder);
  for (guint i = 0; i < checks->len; i++) {
    AgentCheck *check = checks->pdata[i];

    json_builder_begin_object (builder);
    amt_prov_agent_add_text (builder, "name", check->name);
    json_builder_set_member_name (builder, "ok");
    if (check->result == AGENT_CHECK_UNKNOWN)
      json_builder_add_null_value (builder);
    else
      json_builder_add_boolean_value (builder, check->result == AGENT_CHECK_PASSED);
    amt_prov_agent_add_text (builder, "text", check->text);
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  amtprov_print_json (builder);
}

static void
print_as_text (GPtrArray *checks)
{
  static const char *const words[] = {"FAILED", "ok", "unknown"};

  for (guint i = 0; i < checks->len; i++) {
    AgentCheck *check = checks->pdata[i];

    g_print ("%-20s %-7s %s\n", check->name, words[check->result], check->text);
  }
}

/* amtprov-agent check [--server URL [--token-file FILE]] */
int
agent_check (int argc, char **argv)
{
  static const AmtprovUsage usage = {"",
                                     "Says whether a start would work, and why not. Nothing is "
                                     "changed, neither in the firmware nor "
                                     "on the server.",
                                     "amtprov-agent check --server https://amt.example.net:9972 "
                                     "--token-file token",
                                     0, 0};
  g_auto (AgentServerOptions) options = {0};
  const GOptionEntry entries[] = {G_OPTION_ENTRY_NULL};
  g_autoptr (AgentTool) tool = NULL;
  g_autoptr (AgentEndpoint) endpoint = NULL;
  g_autoptr (GPtrArray) checks = NULL;
  g_autoptr (GError) error = NULL;
  gboolean ok = TRUE;

  if (!agent_server_options_parse (&options, &usage, entries, &argc, &argv))
    return AMTPROV_EXIT_USAGE;
  tool = agent_tool_new (options.mei, &error);
  if (tool != NULL && options.server != NULL)
    endpoint = agent_server_options_open (&options, tool, FALSE, &error);
  if (error != NULL)
    return agent_tool_report (error, options.json);
  checks = amt_prov_agent_check (tool->firmware, endpoint);
  for (guint i = 0; i < checks->len; i++)
    ok &= ((AgentCheck *)checks->pdata[i])->result != AGENT_CHECK_FAILED;
  if (options.json)
    print_as_json (checks, ok);
  else
    print_as_text (checks);
  return ok ? AMTPROV_EXIT_DONE : AMTPROV_EXIT_BLOCKED;
}
