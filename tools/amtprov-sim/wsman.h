/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "model.h"

#include <libxml/tree.h>

#define SIM_NS_SOAP "http://www.w3.org/2003/05/soap-envelope"
#define SIM_NS_WSA  "http://schemas.xmlsoap.org/ws/2004/08/addressing"
#define SIM_NS_WSM  "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
#define SIM_NS_WSEN "http://schemas.xmlsoap.org/ws/2004/09/enumeration"
#define SIM_NS_WXF  "http://schemas.xmlsoap.org/ws/2004/09/transfer"
#define SIM_NS_ID   "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"
#define SIM_ROLE    SIM_NS_WSA "/role/anonymous"

typedef enum {
  SIM_SOAP_NONE,
  SIM_SOAP_UNREACHABLE,
  SIM_SOAP_BAD_SELECTORS,
  SIM_SOAP_NO_ACTION,
  SIM_SOAP_SCHEMA,
  SIM_SOAP_INTERNAL,
  SIM_SOAP_BAD_CONTEXT,
  SIM_SOAP_BAD_REPRESENTATION,
  SIM_SOAP_EXISTS,
  SIM_SOAP_CONCURRENCY,
  SIM_SOAP_ENCODING_LIMIT,
  SIM_SOAP_MUST_UNDERSTAND,
  SIM_SOAP_UNSUPPORTED,
} SimSoapFault;

/* A request taken apart. */
typedef struct {
  xmlDoc *doc;
  char *action;
  char *resource;
  char *class_name;
  char *message_id;
  GHashTable *selectors;
  xmlNode *body; /* first element in Body, may be NULL */
  gboolean identify;
  SimSoapFault fault; /* what the header alone already deserves */
} SimRequest;

/* The answer while it is made. */
typedef struct {
  SimModel *model;
  SimRequest *request;
  SimClass *class;
  GString *body;
  const char *body_ns; /* what prefix g stands for; NULL: no prefix g */
  const char *item_ns; /* what prefix h stands for */
  char *action;
  SimSoapFault fault;
  guint status; /* AMT-STATUS of SIM_SOAP_INTERNAL */
} SimAnswer;

SimRequest *sim_request_parse (const char *data, gsize length);
void sim_request_free (SimRequest *self);
xmlNode *sim_request_child (xmlNode *node, const char *name);
char *sim_request_text (xmlNode *node, const char *name);
char *sim_request_content (xmlNode *node);
/* The InstanceID that a reference names. */
char *sim_request_reference_id (xmlNode *reference);

/* Answers one request; *http is the status to send. */
GString *sim_wsman_answer (SimModel *model, SimRequest *request, guint *http);

/* A fault on purpose that is due at this method or class. */
SimFault *sim_find_fault (SimModel *model, SimFaultKind kind, const char *target);

void sim_wsman_get (SimAnswer *answer);
void sim_wsman_put (SimAnswer *answer);
void sim_wsman_create (SimAnswer *answer);
void sim_wsman_delete (SimAnswer *answer);
void sim_wsman_enumerate (SimAnswer *answer);
void sim_wsman_pull (SimAnswer *answer);
void sim_wsman_release (SimAnswer *answer);
void sim_wsman_call (SimAnswer *answer, const char *method);
void sim_wsman_append_instance (GString *out,
                                const SimInstance *instance,
                                char prefix,
                                const char *asked);
gboolean sim_wsman_match (SimAnswer *answer, const SimInstance *instance);
void sim_wsman_append_text (GString *out, const char *prefix, const char *name, const char *value);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimRequest, sim_request_free)
