/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "command/command.h"
#include "psk-commands.h"

static const AmtprovCommand commands[] = {
    {"psk check", "PID [PPS]", "check the check characters of a pair", amtprov_psk_check},
    {"psk generate", "--count N", "make new PID/PPS pairs", amtprov_psk_generate},
    {"psk import", "FILE", "put pairs into the store", amtprov_psk_import},
    {"psk list", "", "list the pairs in the store", amtprov_psk_list},
    {"psk revoke", "PID…|--booking ID", "accept no machine with these pairs any more",
     amtprov_psk_revoke},
    {"psk sheet", "--count N", "make a sheet of pairs for typing into the MEBx", amtprov_psk_sheet},
};

int
main (int argc, char **argv)
{
  return amtprov_run_group ("psk", "PID/PPS pairs, which machines are provisioned with by TLS-PSK.",
                            commands, G_N_ELEMENTS (commands), argc, argv);
}
