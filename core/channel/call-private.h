/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <amtprov/action.h>
#include <amtprov/capabilities.h>

#include "channel/http-private.h"
#include "channel/xml-private.h"

G_BEGIN_DECLS

typedef struct _AmtProvCall AmtProvCall;
typedef struct _AmtProvStage AmtProvStage;
typedef struct _AmtProvInterface AmtProvInterface;

typedef enum {
  AMT_PROV_STAGE_START_FAIL, /* the error is set */
  AMT_PROV_STAGE_START_SKIP, /* nothing to ask: on to the next stage */
  AMT_PROV_STAGE_START_DONE, /* the action is complete */
  AMT_PROV_STAGE_START_SEND, /* call->body holds the request */
} AmtProvStageStart;

typedef enum {
  AMT_PROV_STAGE_END_FAIL, /* the error is set */
  AMT_PROV_STAGE_END_NEXT,
  AMT_PROV_STAGE_END_DONE,   /* the action is complete */
  AMT_PROV_STAGE_END_REPEAT, /* the same stage again */
  AMT_PROV_STAGE_END_WAIT,   /* the same stage again after call->wait_seconds */
} AmtProvStageEnd;

/* One question to the device and what to do with its answer. An action is a table of stages that
 * ends with an empty one. */
struct _AmtProvStage {
  AmtProvStageStart (*start) (AmtProvCall *call, GError **error);
  AmtProvStageEnd (*end) (AmtProvCall *call, const AmtProvXml *body, GError **error);
  const char *class_name;
  const char *what;
  const char *instance; /* its id, where the class has several and one of them matters */
  gboolean optional;    /* a refusal is no error: end() then gets no body, and call->refusal */
};

/* A way to speak to a device. Steps never see which: another one is another table here. */
struct _AmtProvInterface {
  const char *name;
  const char *content_type;
  const char *missing;           /* what a 404 or 405 means */
  gpointer (*memory_new) (void); /* a g_rc_box */
  void (*memory_clear) (gpointer memory);
  const AmtProvStage *(*get_stages) (AmtProvActionKind kind); /* NULL: this interface has it not */
  AmtProvXml *(*read) (AmtProvCall *call, guint status, GBytes *answer, GError **error);
};

/* One action under way. */
struct _AmtProvCall {
  AmtProvAction *action;
  AmtProvCapabilities *capabilities;
  const AmtProvStage *stage;
  gpointer memory; /* of the interface */

  GString *body;
  char *path;
  char *soap_action;       /* NULL where the interface has none */
  char *asked;             /* the request in words, for errors and the debug log */
  gboolean instance_asked; /* it names one instance */

  guint tries;
  guint wait_seconds;
  GError *refusal; /* of an optional stage */
  char *found;     /* the handle or value that a later stage needs */

  /* What a successful end changes in the channel. */
  gboolean log_in_again;
};

void amt_prov_call_run_async (AmtProvHttp *http,
                              const AmtProvInterface *interface,
                              gpointer memory,
                              AmtProvAction *action,
                              AmtProvCapabilities *capabilities,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
gboolean amt_prov_call_run_finish (AmtProvHttp *http,
                                   GAsyncResult *result,
                                   gboolean *log_in_again,
                                   GError **error);

G_END_DECLS
