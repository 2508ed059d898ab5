/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

int amtprov_usb_create (int argc, char **argv);
int amtprov_usb_inspect (int argc, char **argv);
int amtprov_usb_verify (int argc, char **argv);
int amtprov_usb_write (int argc, char **argv);

G_END_DECLS
