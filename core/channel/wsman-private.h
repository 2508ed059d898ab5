/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "channel/call-private.h"
#include "channel/xml-private.h"

G_BEGIN_DECLS

/* What the WS-Man side of one channel remembers. */
typedef struct {
  guint64 message_id;
  GHashTable *instances; /* class name → GPtrArray of AmtProvXml: all that a Get or Pull gave */
  char *context;         /* of the enumeration under way */
  GPtrArray *pulled;     /* what it gave so far */
} AmtProvWsman;

const AmtProvInterface *amt_prov_wsman_get_interface (void);

/* Bytes ⇄ values: wsman-envelope.c, wsman-answer.c. */
char *amt_prov_wsman_class_uri (const char *class_name);
void amt_prov_wsman_write (GString *out,
                           guint64 message_id,
                           const char *class_name,
                           const char *action,
                           const char *instance_id,
                           const AmtProvXml *body);
AmtProvXml *amt_prov_wsman_new_method (const char *class_name, const char *method);
AmtProvXml *amt_prov_wsman_read (
    const guint8 *data, gsize length, guint http_status, gboolean instance_asked, GError **error);
gboolean amt_prov_wsman_check_return (const AmtProvXml *body, const char *method, GError **error);
gint64 amt_prov_wsman_get_return (const AmtProvXml *body);

/* Stages that every class shares: wsman-stages.c. */
AmtProvStageStart amt_prov_wsman_start_get (AmtProvCall *call, GError **error);
AmtProvStageEnd amt_prov_wsman_end_get (AmtProvCall *call, const AmtProvXml *body, GError **error);
AmtProvStageStart amt_prov_wsman_start_enumerate (AmtProvCall *call, GError **error);
AmtProvStageEnd
amt_prov_wsman_end_enumerate (AmtProvCall *call, const AmtProvXml *body, GError **error);
AmtProvStageStart amt_prov_wsman_start_pull (AmtProvCall *call, GError **error);
AmtProvStageEnd amt_prov_wsman_end_pull (AmtProvCall *call, const AmtProvXml *body, GError **error);
AmtProvStageEnd
amt_prov_wsman_end_method (AmtProvCall *call, const AmtProvXml *body, GError **error);
AmtProvStageEnd amt_prov_wsman_end_put (AmtProvCall *call, const AmtProvXml *body, GError **error);

void amt_prov_wsman_ask (AmtProvCall *call,
                         const char *class_name,
                         const char *action,
                         const char *instance_id,
                         const AmtProvXml *body);
void amt_prov_wsman_ask_method (AmtProvCall *call, AmtProvXml *input);
GPtrArray *amt_prov_wsman_get_instances (AmtProvCall *call, const char *class_name);
AmtProvXml *
amt_prov_wsman_find_instance (AmtProvCall *call, const char *class_name, const char *instance_id);
void amt_prov_wsman_forget (AmtProvCall *call, const char *class_name);

const char *amt_prov_wsman_get_reference (const AmtProvXml *reference);

#define AMT_PROV_WSMAN_GET(class_name_)                                                            \
  {                                                                                                \
    .start = amt_prov_wsman_start_get, .end = amt_prov_wsman_end_get, .class_name = class_name_    \
  }
#define AMT_PROV_WSMAN_GET_ONE(class_name_, instance_)                                             \
  {                                                                                                \
    .start = amt_prov_wsman_start_get, .end = amt_prov_wsman_end_get, .class_name = class_name_,   \
    .instance = instance_                                                                          \
  }
#define AMT_PROV_WSMAN_ENUMERATE(class_name_)                                                      \
  {.start = amt_prov_wsman_start_enumerate,                                                        \
   .end = amt_prov_wsman_end_enumerate,                                                            \
   .class_name = class_name_},                                                                     \
  {                                                                                                \
    .start = amt_prov_wsman_start_pull, .end = amt_prov_wsman_end_pull, .class_name = class_name_  \
  }

#define AMT_PROV_WSMAN_TRANSFER    "http://schemas.xmlsoap.org/ws/2004/09/transfer"
#define AMT_PROV_WSMAN_ENUMERATION "http://schemas.xmlsoap.org/ws/2004/09/enumeration"

/* Tables of stages by area: wsman-service.c, wsman-settings.c, wsman-keys.c, wsman-tls.c. */
extern const AmtProvStage amt_prov_wsman_get_identity[];
extern const AmtProvStage amt_prov_wsman_read_state[];
extern const AmtProvStage amt_prov_wsman_extend_window[];
extern const AmtProvStage amt_prov_wsman_set_mebx_password[];
extern const AmtProvStage amt_prov_wsman_set_admin[];
extern const AmtProvStage amt_prov_wsman_set_psk[];
extern const AmtProvStage amt_prov_wsman_commit[];
extern const AmtProvStage amt_prov_wsman_set_clock[];
extern const AmtProvStage amt_prov_wsman_read_general[];
extern const AmtProvStage amt_prov_wsman_put_general[];
extern const AmtProvStage amt_prov_wsman_put_network[];
extern const AmtProvStage amt_prov_wsman_read_redirection[];
extern const AmtProvStage amt_prov_wsman_set_redirection[];
extern const AmtProvStage amt_prov_wsman_make_key[];
extern const AmtProvStage amt_prov_wsman_add_key[];
extern const AmtProvStage amt_prov_wsman_add_certificate[];
extern const AmtProvStage amt_prov_wsman_add_trusted_root[];
extern const AmtProvStage amt_prov_wsman_bind_certificate[];
extern const AmtProvStage amt_prov_wsman_read_tls[];
extern const AmtProvStage amt_prov_wsman_set_tls[];

G_END_DECLS
