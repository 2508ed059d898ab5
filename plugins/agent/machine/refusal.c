/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "refusal.h"

/* The statuses of heci.md §3, as the commands of §5 use them. */
static const struct {
  const char *command; /* prefix */
  int status;
  const char *sentence;
} sentences[] = {
    {"start-configuration", 2,
     "the firmware is not ready to start: it has no network, or has not seen a domain name in "
     "DHCP (option 15) yet. Plug the cable into the wired port, see that the DHCP server gives a "
     "domain, renew the lease of this machine (AMT learns by listening) and try again. Small "
     "business machines always answer this"},
    {"start-configuration", 3,
     "the firmware does not start from its present state: another setup is under way, the machine "
     "is operational, or remote configuration is off in the MEBx"},
    {"start-configuration", 16,
     "the firmware does not permit remote configuration: its maker or the MEBx has set the setup "
     "window to 0 hours or turned remote configuration off"},
    {"start-configuration", 47, "the firmware is still making its random seed: try again later"},
    {"start-configuration", 48,
     "the firmware has no random seed, and made none in time: try again in some minutes"},
    {"start-configuration", 49,
     "the firmware has not made its certificate in time: try again in some minutes"},
    {"set-provisioning-server-otp", 3,
     "the firmware takes no one-time password in its present state: its setup window is open, or "
     "it "
     "is operational. \"amtprov-agent stop\" closes the window"},
    {"set-provisioning-server-otp", 36,
     "the firmware does not take the one-time password of the server: it must have 8 to 32 "
     "characters"},
    {"set-pki-fqdn-suffix", 3,
     "the firmware takes no suffix in its present state: its setup window is open, or it is "
     "operational. \"amtprov-agent stop\" closes the window"},
    {"set-pki-fqdn-suffix", 36, "the firmware does not take this suffix: see how it is written"},
    {"generate-rng-seed", 3, "the firmware makes no random seed: it is operational"},
    {"set-amt-operational-state", 16,
     "the firmware does not let the operating system enable AMT: enable it in the BIOS"},
    {"set-amt-operational-state", 3,
     "the firmware does not let the operating system enable AMT in its present state: enable it in "
     "the BIOS"},
    {"change-to-amt", 0x9e,
     "the firmware does not let the operating system enable AMT: enable it in the BIOS"},
    {"", 1024, "a policy of the machine's maker forbids it: see its BIOS settings"},
    {"", 1, "the firmware has an error of its own: cut the power for a minute and try again"},
};

GError *
amt_prov_agent_explain (const char *command, GError *error)
{
  int status = amt_prov_error_get_pt_status (error);
  g_autofree char *text = NULL;
  gsize i = 0;

  while (i < G_N_ELEMENTS (sentences) &&
         (!g_str_has_prefix (command, sentences[i].command) || status != sentences[i].status))
    i++;
  if (status < 0 || i == G_N_ELEMENTS (sentences))
    return error;
  text = g_strdup_printf ("%s (%s)", sentences[i].sentence, error->message);
  g_error_free (error);
  return amt_prov_error_new_refused (status, 0, text);
}

gboolean
amt_prov_agent_refuse (GError **error, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_propagate_error (error, amt_prov_error_new_refused (-1, 0, text));
  return FALSE;
}
