/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "machine/start.h"
#include "tool.h"

/* amtprov-agent stop [--mei DEVICE] [--json] */
int
agent_stop (int argc, char **argv)
{
  static const AmtprovUsage usage = {
      "", "Stops a setup of this machine that is under way. The machine says no hello any more.",
      "amtprov-agent stop", 0, 0};
  g_autofree char *mei = NULL;
  gboolean json = FALSE;
  const GOptionEntry entries[] = {{"mei", 0, 0, G_OPTION_ARG_STRING, &mei,
                                   "The device file of the firmware, or unix:SOCKET of a simulator",
                                   "DEVICE"},
                                  {"json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON", NULL},
                                  G_OPTION_ENTRY_NULL};
  g_autoptr (AgentTool) tool = NULL;
  g_autoptr (JsonBuilder) builder = NULL;
  g_autoptr (GError) error = NULL;
  gboolean stopped;

  if (!amtprov_parse_options (&usage, entries, &argc, &argv))
    return AMTPROV_EXIT_USAGE;
  tool = agent_tool_new (mei, &error);
  if (tool == NULL || !amt_prov_agent_stop (tool->firmware, &stopped, &error))
    return agent_tool_report (error, json);
  if (!json) {
    g_print ("%s\n", stopped ? "stopped" : "no setup is under way");
    return AMTPROV_EXIT_DONE;
  }
  builder = json_builder_new ();
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "stopped");
  json_builder_add_boolean_value (builder, stopped);
  json_builder_end_object (builder);
  amtprov_print_json (builder);
  return AMTPROV_EXIT_DONE;
}
