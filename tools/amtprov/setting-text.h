/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/amtprov.h>

G_BEGIN_DECLS

/* `choice: off, server; default off`. */
char *amtprov_setting_dup_facts (AmtProvSettingInfo *info);
/* Adds a sentence as lines of the usual width, each with @prefix. */
void amtprov_add_lines (GString *text, const char *prefix, const char *sentence);

G_END_DECLS
