/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool.h"

#include <glib-unix.h>

#define SCHEME "mei"

static gboolean
on_signal (gpointer data)
{
  AgentTool *self = data;

  g_cancellable_cancel (self->cancellable);
  return G_SOURCE_CONTINUE;
}

static AmtProvTransport *
find_transport (AgentTool *self, GError **error)
{
  static const char *const enabled[] = {SCHEME, NULL};
  g_auto (GStrv) folders = amt_prov_config_get_default_plugin_dirs ();
  g_autofree char *why = NULL;
  AmtProvTransport *transport;

  self->plugins = amt_prov_plugin_set_new ((const char *const *)folders, enabled, FALSE);
  transport = amt_prov_plugin_set_find_transport (self->plugins, SCHEME);
  if (transport == NULL) {
    amt_prov_plugin_set_is_loaded (self->plugins, SCHEME, &why);
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_FOUND,
                 "the plugin " SCHEME " is not there: %s", why != NULL ? why : "install it");
  }
  return transport;
}

AgentTool *
agent_tool_new (const char *mei, GError **error)
{
  static const int numbers[] = {SIGINT, SIGTERM};
  g_autoptr (AgentTool) self = g_new0 (AgentTool, 1);
  g_autofree char *uri = g_strconcat (SCHEME, ":", mei != NULL ? mei : "", NULL);

  self->context = g_main_context_new ();
  self->cancellable = g_cancellable_new ();
  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++) {
    self->signals[i] = g_unix_signal_source_new (numbers[i]);
    g_source_set_callback (self->signals[i], on_signal, self, NULL);
    g_source_attach (self->signals[i], self->context);
  }
  self->transport = find_transport (self, error);
  if (self->transport == NULL)
    return NULL;
  self->firmware =
      amt_prov_agent_firmware_new (self->transport, uri, self->context, self->cancellable);
  return g_steal_pointer (&self);
}

void
agent_tool_free (AgentTool *self)
{
  g_clear_pointer (&self->firmware, amt_prov_agent_firmware_free);
  g_clear_object (&self->plugins);
  for (gsize i = 0; i < G_N_ELEMENTS (self->signals); i++) {
    g_source_destroy (self->signals[i]);
    g_source_unref (self->signals[i]);
  }
  g_object_unref (self->cancellable);
  g_main_context_unref (self->context);
  g_free (self);
}

int
agent_tool_report (const GError *error, gboolean json)
{
  g_autoptr (JsonBuilder) builder = NULL;
  int status = amt_prov_error_get_pt_status (error);

  if (json) {
    builder = json_builder_new ();
    json_builder_begin_object (builder);
    json_builder_set_member_name (builder, "error");
    json_builder_add_string_value (builder, error->message);
    if (status >= 0) {
      json_builder_set_member_name (builder, "pt_status");
      json_builder_add_int_value (builder, status);
    }
    json_builder_end_object (builder);
    amtprov_print_json (builder);
  }
  if (g_error_matches (error, AMT_PROV_ERROR, AMT_PROV_ERROR_REFUSED) ||
      g_error_matches (error, AMT_PROV_ERROR, AMT_PROV_ERROR_WRONG_STATE)) {
    g_printerr ("%s: %s\n", g_get_prgname (), error->message);
    return AMTPROV_EXIT_BLOCKED;
  }
  return amtprov_report (error);
}
