/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "machine/info.h"
#include "tool.h"

static gboolean
write_recording (AgentTool *tool, const char *path, GError **error)
{
  g_autofree char *text = NULL;

  g_object_get (tool->transport, "recording", &text, NULL);
  return g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
}

static void
print_info (AgentInfo *info, gboolean json)
{
  g_autofree char *text = NULL;
  g_autoptr (JsonBuilder) builder = NULL;

  if (!json) {
    text = amt_prov_agent_info_to_text (info);
    g_print ("%s", text);
    return;
  }
  builder = json_builder_new ();
  json_builder_begin_object (builder);
  amt_prov_agent_info_add_json (info, builder);
  json_builder_end_object (builder);
  amtprov_print_json (builder);
}

/* amtprov-agent info [--mei DEVICE] [--json] [--record FILE] */
int
agent_info (int argc, char **argv)
{
  static const AmtprovUsage usage = {"",
                                     "Shows what the firmware of this machine says of itself. "
                                     "Nothing is changed, and no server is "
                                     "needed.",
                                     "amtprov-agent info --json", 0, 0};
  g_autofree char *mei = NULL;
  g_autofree char *record = NULL;
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
      {"mei", 0, 0, G_OPTION_ARG_STRING, &mei,
       "The device file of the firmware, unix:SOCKET of a simulator, or replay:FILE", "DEVICE"},
      {"json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON", NULL},
      {"record", 0, 0, G_OPTION_ARG_FILENAME, &record,
       "Write what was said to the firmware into a file that replay: reads", "FILE"},
      G_OPTION_ENTRY_NULL};
  g_autoptr (AgentTool) tool = NULL;
  g_autoptr (AgentInfo) info = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) lost = NULL;

  if (!amtprov_parse_options (&usage, entries, &argc, &argv))
    return AMTPROV_EXIT_USAGE;
  tool = agent_tool_new (mei, &error);
  if (tool == NULL)
    return agent_tool_report (error, json);
  g_object_set (tool->transport, "record", record != NULL, NULL);
  info = amt_prov_agent_info_read (tool->firmware, &lost);
  /* What went wrong is most worth recording. */
  if (record != NULL && !write_recording (tool, record, &error))
    return agent_tool_report (error, json);
  if (info == NULL)
    return agent_tool_report (lost, json);
  print_info (info, json);
  return AMTPROV_EXIT_DONE;
}
