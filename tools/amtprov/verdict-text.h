/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/amtprov.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* How the commands show verdicts. */
void amtprov_verdicts_add (JsonBuilder *builder, GPtrArray *verdicts);
void amtprov_verdicts_print (GPtrArray *verdicts, int indent);

G_END_DECLS
