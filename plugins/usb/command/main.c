/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "command/command.h"
#include "usb-commands.h"

static const AmtprovCommand commands[] = {
    {"usb create", "--output FILE|--image IMG", "make setup.bin, or the image of a stick",
     amtprov_usb_create},
    {"usb inspect", "FILE|IMG", "show what stands in setup.bin", amtprov_usb_inspect},
    {"usb verify", "FILE|IMG", "hold setup.bin or a stick against every rule", amtprov_usb_verify},
    {"usb write", "FILE|IMG DEVICE", "write a stick", amtprov_usb_write},
};

int
main (int argc, char **argv)
{
  return amtprov_run_group ("usb",
                            "USB sticks with setup.bin, from which machines take their keys.",
                            commands, G_N_ELEMENTS (commands), argc, argv);
}
