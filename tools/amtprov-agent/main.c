/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <locale.h>

#include "config.h"
#include "tool.h"

static const AmtprovCommand commands[] = {
    {"check", "", "say whether a start would work, and why not", agent_check},
    {"info", "", "show what the firmware says of itself", agent_info},
    {"start", "--server URL", "report the machine to a server and start its setup", agent_start},
    {"status", "", "say where the setup stands, or follow it", agent_status},
    {"stop", "", "stop a setup that is under way", agent_stop},
};

static void
print_help (void)
{
  g_print ("Usage:\n  amtprov-agent COMMAND [OPTION…]\n\n"
           "Brings the machine that it runs on to a provisioning server.\n\nCommands:\n");
  amtprov_print_commands (commands, G_N_ELEMENTS (commands), 0);
  g_print ("\n“amtprov-agent COMMAND --help” shows the options and an example.\n");
}

int
main (int argc, char **argv)
{
  int exit_code;

  setlocale (LC_ALL, "");
  g_set_prgname ("amtprov-agent");
  if (argc < 2)
    return amtprov_usage_error ("name a command");
  if (g_str_equal (argv[1], "--help") || g_str_equal (argv[1], "-h")) {
    print_help ();
    return AMTPROV_EXIT_DONE;
  }
  if (g_str_equal (argv[1], "--version")) {
    g_print ("amtprov-agent %s\n", AMT_PROV_VERSION);
    return AMTPROV_EXIT_DONE;
  }
  if (!amtprov_run_command (commands, G_N_ELEMENTS (commands), argc - 1, argv + 1, &exit_code))
    return amtprov_usage_error ("there is no command “%s”", argv[1]);
  return exit_code;
}
