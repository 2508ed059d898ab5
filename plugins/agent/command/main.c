/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "command/command.h"
#include "token-commands.h"

static const AmtprovCommand commands[] = {
    {"agent token add", "--site NAME", "make a token with which agents report their machines",
     amtprov_agent_token_add},
    {"agent token list", "--site NAME", "list the tokens of a site", amtprov_agent_token_list},
    {"agent token revoke", "--site NAME ID", "let a token be good for nothing any more",
     amtprov_agent_token_revoke},
};

int
main (int argc, char **argv)
{
  return amtprov_run_group ("agent",
                            "The tokens with which agents in machines report to the daemon.",
                            commands, G_N_ELEMENTS (commands), argc, argv);
}
