/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/amtprov.h>

G_BEGIN_DECLS

/* An event or a line of the journal for people, and for programs as one line of JSON. */
char *amtprov_record_to_line (AmtProvRecord *record);
char *amtprov_record_to_json (AmtProvRecord *record);
/* The body of a record, a line for each entry. */
void amtprov_print_facts (AmtProvRecord *record);

G_END_DECLS
