/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "channel/call-private.h"
#include "channel/xml-private.h"

G_BEGIN_DECLS

/* What the EOI side of one channel remembers. */
typedef struct {
  GHashTable *answers; /* operation name → AmtProvXml: what a question was answered with */
  AmtProvSecret *key;  /* PKCS#1; key and certificate go out together */
  GBytes *certificate; /* DER */
} AmtProvEoi;

/* An operation of the interface. What is not certain may be named or shaped otherwise by real
 * firmware: a refusal of any kind then means that this machine does not have it. */
typedef struct {
  const char *name;
  const char *service;
  gboolean certain;
} AmtProvEoiOperation;

const AmtProvInterface *amt_prov_eoi_get_interface (void);

/* eoi-operations.c */
const AmtProvEoiOperation *amt_prov_eoi_find_operation (const char *name);

/* Bytes ⇄ values: eoi-envelope.c */
AmtProvXml *amt_prov_eoi_new_request (const char *operation);
void amt_prov_eoi_write (GString *out, const AmtProvXml *request);
AmtProvXml *amt_prov_eoi_read (
    const guint8 *data, gsize length, guint http_status, const char *operation, GError **error);

/* eoi-stages.c */
void amt_prov_eoi_ask (AmtProvCall *call, AmtProvXml *request);
AmtProvStageStart amt_prov_eoi_start_plain (AmtProvCall *call, GError **error);
AmtProvStageStart amt_prov_eoi_start_once (AmtProvCall *call, GError **error);
AmtProvStageEnd amt_prov_eoi_end_once (AmtProvCall *call, const AmtProvXml *answer, GError **error);
AmtProvStageEnd
amt_prov_eoi_end_plain (AmtProvCall *call, const AmtProvXml *answer, GError **error);
const AmtProvXml *amt_prov_eoi_get_answer (AmtProvCall *call, const char *operation);
void amt_prov_eoi_forget (AmtProvCall *call, const char *operation);

/* A question that is asked once for each connection; its answer is remembered. */
#define AMT_PROV_EOI_ONCE(operation_)                                                              \
  {                                                                                                \
    .start = amt_prov_eoi_start_once, .end = amt_prov_eoi_end_once, .what = operation_             \
  }

/* Actions: eoi-service.c, eoi-settings.c, eoi-tls.c */
extern const AmtProvStage amt_prov_eoi_get_identity[];
extern const AmtProvStage amt_prov_eoi_read_state[];
extern const AmtProvStage amt_prov_eoi_extend_window[];
extern const AmtProvStage amt_prov_eoi_set_mebx_password[];
extern const AmtProvStage amt_prov_eoi_set_admin[];
extern const AmtProvStage amt_prov_eoi_set_clock[];
extern const AmtProvStage amt_prov_eoi_set_psk[];
extern const AmtProvStage amt_prov_eoi_commit[];
extern const AmtProvStage amt_prov_eoi_read_general[];
extern const AmtProvStage amt_prov_eoi_put_general[];
extern const AmtProvStage amt_prov_eoi_put_network[];
extern const AmtProvStage amt_prov_eoi_read_redirection[];
extern const AmtProvStage amt_prov_eoi_set_redirection[];
extern const AmtProvStage amt_prov_eoi_add_key[];
extern const AmtProvStage amt_prov_eoi_add_certificate[];
extern const AmtProvStage amt_prov_eoi_add_trusted_root[];
extern const AmtProvStage amt_prov_eoi_bind_certificate[];
extern const AmtProvStage amt_prov_eoi_set_tls[];

G_END_DECLS
