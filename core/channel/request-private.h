/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "channel/call-private.h"
#include "channel/xml-private.h"

G_BEGIN_DECLS

/* What both interfaces say in the same words: elements of requests and answers. */
gboolean amt_prov_request_needs (AmtProvCall *call, const char *name, GError **error);
void amt_prov_request_add (AmtProvXml *input, const char *name, const char *text);
void amt_prov_request_add_int (AmtProvXml *input, const char *name, gint64 value);
gboolean amt_prov_request_add_hours (AmtProvXml *input, AmtProvCall *call, GError **error);
gboolean amt_prov_request_add_pair (AmtProvXml *input, AmtProvCall *call, GError **error);
gboolean amt_prov_request_add_password (AmtProvXml *input, AmtProvCall *call, GError **error);
gboolean amt_prov_request_add_admin (AmtProvXml *input,
                                     AmtProvCall *call,
                                     const char *realm,
                                     GError **error);
void amt_prov_request_add_clock (AmtProvXml *input, AmtProvCall *call);

AmtProvStageEnd
amt_prov_request_compare_clock (AmtProvCall *call, const AmtProvXml *answer, GError **error);
AmtProvSecret *amt_prov_request_read_otp (const char *text);
char *amt_prov_request_read_uuid (const char *text);

G_END_DECLS
