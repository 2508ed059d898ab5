/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "refusal.h"
#include "start.h"

/* What the watchdog client says (heci.md §8). */
enum {
  WATCHDOG_MAY_CHANGE = 1 << 0,
  WATCHDOG_ENABLED = 1 << 1,
  WATCHDOG_NEW_METHOD = 1 << 7,
};

static gboolean
enable (AgentFirmware *firmware, guint32 flags, GError **error)
{
  const char *command =
      (flags & WATCHDOG_NEW_METHOD) != 0 ? "set-amt-operational-state" : "change-to-amt";
  g_autoptr (AmtProvHeciMessage) request = amt_prov_heci_message_new_request (command);
  g_autoptr (AmtProvHeciMessage) answer = NULL;
  GError *why = NULL;

  if ((flags & WATCHDOG_NEW_METHOD) != 0)
    amt_prov_heci_message_set_value (request, "enabled", g_variant_new_boolean (TRUE));
  answer = amt_prov_agent_firmware_call (firmware, request, &why);
  if (answer == NULL)
    g_propagate_error (error, amt_prov_agent_explain (command, why));
  return answer != NULL;
}

/* Firmware that has no watchdog client, or does not know the command, is asked whether AMT is there
 * by what follows. */
gboolean
amt_prov_agent_enable (AgentFirmware *firmware, gboolean *enabled, GError **error)
{
  GError *why = NULL;
  g_autoptr (AmtProvHeciMessage) answer =
      amt_prov_agent_firmware_ask (firmware, "is-change-to-amt-enabled", &why);
  guint32 flags;

  *enabled = FALSE;
  if (answer == NULL) {
    gboolean lost = amt_prov_agent_firmware_is_lost (why);

    if (lost)
      g_propagate_error (error, why);
    else
      g_error_free (why);
    return !lost;
  }
  flags = amt_prov_heci_message_get_number (answer, "flags");
  if ((flags & WATCHDOG_ENABLED) != 0 || (flags & (WATCHDOG_MAY_CHANGE | WATCHDOG_NEW_METHOD)) == 0)
    return TRUE;
  *enabled = enable (firmware, flags, error);
  return *enabled;
}
