/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/amtprov.h>

G_BEGIN_DECLS

/**
 * AmtprovPskRow:
 * @line: where it stands in its file, from 1
 * @psk: the pair
 * @password: (nullable): the log-in password that goes with it
 *
 * One row of a list of pairs.
 */
typedef struct {
  guint line;
  AmtProvPsk *psk;
  AmtProvSecret *password;
} AmtprovPskRow;

GPtrArray *amtprov_psk_rows_new (void);
void amtprov_psk_rows_add (GPtrArray *rows, guint line, AmtProvPsk *psk, AmtProvSecret *password);
GPtrArray *amtprov_psk_file_parse (GBytes *bytes, GPtrArray *problems);

G_END_DECLS
