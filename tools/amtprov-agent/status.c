/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "server-options.h"

static char *
make_path (AgentInfo *info)
{
  return info->uuid != NULL ? g_strconcat ("/v1/machines/", info->uuid, NULL) : NULL;
}

/* What the server says, or NULL where it was not asked. */
static gboolean
ask_server (AgentEndpoint *endpoint, AgentInfo *info, AgentProgress **progress, GError **error)
{
  g_autofree char *path = make_path (info);

  if (endpoint == NULL || path == NULL)
    return TRUE;
  *progress = amt_prov_agent_endpoint_follow (endpoint, path, error);
  return *progress != NULL;
}

static void
print_status (AgentInfo *info, AgentProgress *progress, gboolean json)
{
  g_autoptr (JsonBuilder) builder = NULL;
  g_autofree char *text = NULL;
  const char *state = amt_prov_agent_state_to_string (info->state);

  if (!json) {
    g_print ("firmware: %s\n", state != NULL ? state : "unknown");
    text = progress != NULL ? amt_prov_agent_progress_to_text (progress) : NULL;
    if (text != NULL)
      g_print ("server: %s\n", text);
    return;
  }
  builder = json_builder_new ();
  json_builder_begin_object (builder);
  amt_prov_agent_add_text (builder, "uuid", info->uuid);
  amt_prov_agent_add_text (builder, "provisioning_state", state);
  amt_prov_agent_add_text (builder, "server_state", progress != NULL ? progress->state : NULL);
  amt_prov_agent_add_text (builder, "step", progress != NULL ? progress->step : NULL);
  amt_prov_agent_add_text (builder, "message", progress != NULL ? progress->message : NULL);
  json_builder_end_object (builder);
  amtprov_print_json (builder);
}

static gboolean
follow (AgentTool *tool, AgentEndpoint *endpoint, AgentInfo *info, int timeout, GError **error)
{
  const AgentStartOptions options = {.timeout = (guint)timeout, .say = agent_say};
  g_autofree char *path = make_path (info);

  return amt_prov_agent_follow (tool->firmware, endpoint, path, &options, error);
}

/* amtprov-agent status [--follow] [--server URL --token-file FILE] */
int
agent_status (int argc, char **argv)
{
  static const AmtprovUsage usage = {
      "",
      "Says where the setup of this machine stands, by its firmware and, with --server, by the "
      "server.",
      "amtprov-agent status --follow", 0, 0};
  g_auto (AgentServerOptions) options = {.timeout = AGENT_DEFAULT_TIMEOUT};
  gboolean follows = FALSE;
  const GOptionEntry entries[] = {
      {"follow", 0, 0, G_OPTION_ARG_NONE, &follows, "Go on until the machine is operational", NULL},
      {"timeout", 0, 0, G_OPTION_ARG_INT, &options.timeout,
       "With --follow: give up after so many seconds (3600)", "SECONDS"},
      G_OPTION_ENTRY_NULL};
  g_autoptr (AgentTool) tool = NULL;
  g_autoptr (AgentEndpoint) endpoint = NULL;
  g_autoptr (AgentInfo) info = NULL;
  g_autoptr (AgentProgress) progress = NULL;
  g_autoptr (GError) error = NULL;

  if (!agent_server_options_parse (&options, &usage, entries, &argc, &argv))
    return AMTPROV_EXIT_USAGE;
  if (options.timeout < 1)
    return amtprov_usage_error ("--timeout is at least one second");
  tool = agent_tool_new (options.mei, &error);
  if (tool != NULL && options.server != NULL)
    endpoint = agent_server_options_open (&options, tool, TRUE, &error);
  if (error == NULL)
    info = amt_prov_agent_info_read (tool->firmware, &error);
  if (info == NULL || (follows && !follow (tool, endpoint, info, options.timeout, &error)))
    return agent_tool_report (error, options.json);
  if (follows)
    info->state = AGENT_PT_STATE_POST;
  if (!ask_server (endpoint, info, &progress, &error))
    return agent_tool_report (error, options.json);
  print_status (info, progress, options.json);
  return AMTPROV_EXIT_DONE;
}
