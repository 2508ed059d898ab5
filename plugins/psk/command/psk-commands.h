/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A PID has seven free characters; a list this long still has next to no twins. */
#define AMTPROV_PSK_MAX_COUNT 100000

/* A PID as the MEBx shows it. */
char *amtprov_psk_dup_dashed (const char *pid);

int amtprov_psk_check (int argc, char **argv);
int amtprov_psk_generate (int argc, char **argv);
int amtprov_psk_import (int argc, char **argv);
int amtprov_psk_list (int argc, char **argv);
int amtprov_psk_revoke (int argc, char **argv);
int amtprov_psk_sheet (int argc, char **argv);

G_END_DECLS
