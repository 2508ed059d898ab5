/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "channel/xml-private.h"

G_BEGIN_DECLS

/* What both interfaces do with the bytes of an answer. */
const char *amt_prov_answer_local_name (const char *text);
char *amt_prov_answer_printable (const char *text);
void amt_prov_answer_set_foreign (const char *interface,
                                  const guint8 *data,
                                  gsize length,
                                  guint http_status,
                                  const char *why,
                                  GError **error);
AmtProvXml *amt_prov_answer_parse (const char *interface,
                                   const char *soap,
                                   const guint8 *data,
                                   gsize length,
                                   guint http_status,
                                   GError **error);

G_END_DECLS
