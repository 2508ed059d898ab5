/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A folder of its own for a test, and what is in it. */
char *folder_new (void);
void folder_remove (const char *folder);

G_END_DECLS
