/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/psk.h>

/* The checks of amt_prov_psk_parse_pid() and amt_prov_psk_parse_pps() for who has a place for the
 * characters, which has room for them and a NUL. That of a PPS is wiped by its owner. */
gboolean amt_prov_psk_read_pid (const char *text, char *pid, GError **error);
gboolean amt_prov_psk_read_pps (const char *text, char *pps, GError **error);
