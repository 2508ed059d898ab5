/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

int amtprov_psk_check (int argc, char **argv);
int amtprov_psk_generate (int argc, char **argv);
int amtprov_psk_import (int argc, char **argv);
int amtprov_psk_list (int argc, char **argv);

G_END_DECLS
