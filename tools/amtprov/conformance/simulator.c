/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simulator.h"

#include <signal.h>

/* It ends by itself when the check is killed. */
#define LIMIT_SECONDS "120"

/* It prints an event when it listens. */
static gboolean
wait_started (GSubprocess *process)
{
  g_autoptr (GDataInputStream) lines =
      g_data_input_stream_new (g_subprocess_get_stdout_pipe (process));
  g_autofree char *line = g_data_input_stream_read_line (lines, NULL, NULL, NULL);

  return line != NULL;
}

Simulator *
simulator_start (Check *check, House *house, const char *device)
{
  g_autofree char *machine =
      g_strdup_printf ("%s,address=" MACHINE_ADDRESS ",uuid=" MACHINE_UUID ",port=%u", device,
                       amt_prov_site_get_port (house->site));
  g_autoptr (GError) error = NULL;
  g_autoptr (Simulator) process = NULL;

  check_stage (check, "amtprov-sim was started");
  process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, "amtprov-sim", "--device",
                              machine, "--json", "--timeout", LIMIT_SECONDS, NULL);
  if (process == NULL)
    check_fail (check, "amtprov-sim does not start: %s; its folder must be in PATH",
                error->message);
  else if (!wait_started (process))
    check_fail (check, "amtprov-sim does not play “%s”: its message says why", machine);
  return check_has_failed (check) ? NULL : g_steal_pointer (&process);
}

void
simulator_stop (Simulator *simulator)
{
  g_subprocess_send_signal (simulator, SIGTERM);
  g_subprocess_wait (simulator, NULL, NULL);
  g_object_unref (simulator);
}
