/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "server-options.h"

static void
print_result (AgentResult *result, gboolean json)
{
  g_autoptr (JsonBuilder) builder = NULL;

  if (!json) {
    g_print ("%s: %s\n", amt_prov_agent_outcome_to_string (result->outcome),
             result->reason != NULL ? result->reason : "");
    return;
  }
  builder = json_builder_new ();
  json_builder_begin_object (builder);
  amt_prov_agent_add_text (builder, "outcome", amt_prov_agent_outcome_to_string (result->outcome));
  amt_prov_agent_add_text (builder, "uuid", result->uuid);
  amt_prov_agent_add_text (builder, "site", result->site);
  amt_prov_agent_add_text (builder, "reason", result->reason);
  json_builder_end_object (builder);
  amtprov_print_json (builder);
}

/* amtprov-agent start --server URL --token-file FILE [--fingerprint SHA256] [--suffix S] [--wait]
 */
int
agent_start (int argc, char **argv)
{
  static const AmtprovUsage usage = {
      "",
      "Reports this machine to a provisioning server and starts its setup. On a machine that is "
      "operational already it says so and is done.",
      "amtprov-agent start --server https://amt.example.net:9972 --token-file token --wait", 0, 0};
  g_auto (AgentServerOptions) options = {.timeout = AGENT_DEFAULT_TIMEOUT};
  g_autofree char *suffix = NULL;
  gboolean wait = FALSE;
  const GOptionEntry entries[] = {
      {"suffix", 0, 0, G_OPTION_ARG_STRING, &suffix,
       "The PKI DNS suffix to set; without it what the server says", "DOMAIN"},
      {"wait", 0, 0, G_OPTION_ARG_NONE, &wait, "Wait until the machine is operational", NULL},
      {"timeout", 0, 0, G_OPTION_ARG_INT, &options.timeout,
       "With --wait: give up and stop the setup after so many seconds (3600)", "SECONDS"},
      G_OPTION_ENTRY_NULL};
  g_autoptr (AgentTool) tool = NULL;
  g_autoptr (AgentEndpoint) endpoint = NULL;
  g_autoptr (AgentResult) result = NULL;
  g_autoptr (GError) error = NULL;

  if (!agent_server_options_parse (&options, &usage, entries, &argc, &argv))
    return AMTPROV_EXIT_USAGE;
  if (options.server == NULL)
    return amtprov_usage_error ("--server is missing");
  if (options.timeout < 1)
    return amtprov_usage_error ("--timeout is at least one second");
  tool = agent_tool_new (options.mei, &error);
  endpoint = tool != NULL ? agent_server_options_open (&options, tool, TRUE, &error) : NULL;
  if (endpoint != NULL) {
    const AgentStartOptions start = {
        .suffix = suffix, .wait = wait, .timeout = (guint)options.timeout, .say = agent_say};

    result = amt_prov_agent_start (tool->firmware, endpoint, &start, &error);
  }
  if (result == NULL)
    return agent_tool_report (error, options.json);
  print_result (result, options.json);
  return AMTPROV_EXIT_DONE;
}
