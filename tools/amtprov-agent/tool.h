/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "command/command.h"
#include "machine/firmware.h"

G_BEGIN_DECLS

/* What every command needs: the firmware, and an end when a signal comes. */
typedef struct {
  GMainContext *context;
  GCancellable *cancellable;
  GSource *signals[2];
  AmtProvPluginSet *plugins;
  AmtProvTransport *transport;
  AgentFirmware *firmware;
} AgentTool;

/* @mei: (nullable): what --mei says */
AgentTool *agent_tool_new (const char *mei, GError **error);
void agent_tool_free (AgentTool *self);

/* Prints an error, also as JSON. Returns: the exit code that it means */
int agent_tool_report (const GError *error, gboolean json);

int agent_check (int argc, char **argv);
int agent_info (int argc, char **argv);
int agent_start (int argc, char **argv);
int agent_status (int argc, char **argv);
int agent_stop (int argc, char **argv);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AgentTool, agent_tool_free)

G_END_DECLS
