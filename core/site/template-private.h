/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

char *amt_prov_template_check (const char *text, const char *const *variables);
char *amt_prov_template_expand (const char *text,
                                const char *const *variables,
                                const char *const *values);

G_END_DECLS
