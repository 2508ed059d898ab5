/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Envelopes: dispatch of a request, success and fault answers. */
#include "wsman.h"

#include <string.h>

typedef struct {
  guint http;
  const char *code;
  const char *subcode;
  const char *action;
  const char *text;
} FaultForm;

#define WSA_FAULT "http://schemas.xmlsoap.org/ws/2004/08/addressing/fault"
#define WSM_FAULT "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault"
#define ENU_FAULT "http://schemas.xmlsoap.org/ws/2004/09/enumeration/fault"
#define TRA_FAULT "http://schemas.xmlsoap.org/ws/2004/09/transfer/fault"

/* wsman-examples.md §3.2 */
static const FaultForm fault_forms[] = {
    [SIM_SOAP_UNREACHABLE] = {400, "Sender", "b:DestinationUnreachable", WSA_FAULT,
                              "No route can be determined to reach the destination role defined by "
                              "the WSAddressing To."},
    [SIM_SOAP_BAD_SELECTORS] = {400, "Sender", "e:InvalidSelectors", WSM_FAULT,
                                "The Selectors for the resource are not valid."},
    [SIM_SOAP_NO_ACTION] = {400, "Sender", "b:ActionNotSupported", WSA_FAULT,
                            "The action is not supported by the service."},
    [SIM_SOAP_SCHEMA] = {400, "Sender", "e:SchemaValidationError", WSM_FAULT,
                         "The supplied SOAP violates the corresponding XML schema definition."},
    [SIM_SOAP_INTERNAL] = {500, "Receiver", "e:InternalError", WSM_FAULT,
                           "The service cannot comply with the request due to internal processing "
                           "errors."},
    [SIM_SOAP_BAD_CONTEXT] = {500, "Receiver", "c:InvalidEnumerationContext", ENU_FAULT,
                              "The supplied enumeration context is invalid."},
    [SIM_SOAP_BAD_REPRESENTATION] = {400, "Sender", "d:InvalidRepresentation", TRA_FAULT,
                                     "The XML content was invalid."},
    [SIM_SOAP_EXISTS] = {400, "Sender", "e:AlreadyExists", WSM_FAULT,
                         "The sender attempted to create a resource which already exists."},
    [SIM_SOAP_CONCURRENCY] = {500, "Receiver", "e:Concurrency", WSM_FAULT,
                              "The action could not be completed due to concurrency or locking "
                              "problems."},
    [SIM_SOAP_ENCODING_LIMIT] = {400, "Sender", "e:EncodingLimit", WSM_FAULT,
                                 "MaxEnvelopeSize too small"},
    [SIM_SOAP_MUST_UNDERSTAND] = {500, "MustUnderstand", NULL, WSA_FAULT,
                                  "A SOAP header block was not understood."},
    [SIM_SOAP_UNSUPPORTED] = {400, "Sender", "e:UnsupportedFeature", WSM_FAULT,
                              "The specified feature is not supported."},
};

void
sim_wsman_append_text (GString *out, const char *prefix, const char *name, const char *value)
{
  g_autofree char *escaped = g_markup_escape_text (value, -1);

  g_string_append_printf (out, "<%s:%s>%s</%s:%s>", prefix, name, escaped, prefix, name);
}

static void
append_header (SimAnswer *answer, GString *out, const char *action)
{
  SimModel *model = answer->model;
  const char *id = answer->request->message_id;

  model->message_counter++;
  g_string_append (out, "<a:Header><b:To>" SIM_ROLE "</b:To>");
  sim_wsman_append_text (out, "b", "RelatesTo", id != NULL ? id : "");
  g_string_append_printf (out, "<b:Action a:mustUnderstand=\"true\">%s</b:Action>", action);
  g_string_append_printf (out, "<b:MessageID>uuid:00000000-8086-8086-8086-%012X</b:MessageID>",
                          model->message_counter);
}

static GString *
make_fault (SimAnswer *answer, guint *http)
{
  const FaultForm *form = &fault_forms[answer->fault];
  GString *out = g_string_new (
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?><a:Envelope "
      "xmlns:g=\"http://schemas.dmtf.org/wbem/wsman/1/cimbinding.xsd\" "
      "xmlns:f=\"http://schemas.xmlsoap.org/ws/2004/08/eventing\" xmlns:e=\"" SIM_NS_WSM
      "\" xmlns:d=\"" SIM_NS_WXF "\" xmlns:c=\"" SIM_NS_WSEN "\" xmlns:b=\"" SIM_NS_WSA
      "\" xmlns:a=\"" SIM_NS_SOAP "\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">");

  append_header (answer, out, form->action);
  g_string_append_printf (out, "</a:Header><a:Body><a:Fault><a:Code><a:Value>a:%s</a:Value>",
                          form->code);
  if (form->subcode != NULL)
    g_string_append_printf (out, "<a:Subcode><a:Value>%s</a:Value></a:Subcode>", form->subcode);
  g_string_append_printf (out,
                          "</a:Code><a:Reason><a:Text xml:lang=\"en-US\">%s</a:Text></a:Reason>"
                          "<a:Detail>",
                          form->text);
  if (answer->fault == SIM_SOAP_INTERNAL)
    g_string_append_printf (out, "<a:Text xml:lang=\"en-US\">AMT-STATUS %u</a:Text>",
                            answer->status);
  g_string_append (out, "</a:Detail></a:Fault></a:Body></a:Envelope>");
  *http = form->http;
  return out;
}

static GString *
make_success (SimAnswer *answer)
{
  GString *out = g_string_new ("<?xml version=\"1.0\" encoding=\"UTF-8\"?><a:Envelope "
                               "xmlns:a=\"" SIM_NS_SOAP "\" xmlns:b=\"" SIM_NS_WSA
                               "\" xmlns:c=\"" SIM_NS_WSM "\"");
  g_autofree char *resource = g_markup_escape_text (answer->request->resource, -1);

  if (answer->body_ns != NULL)
    g_string_append_printf (out, " xmlns:g=\"%s\"", answer->body_ns);
  if (answer->item_ns != NULL)
    g_string_append_printf (out, " xmlns:h=\"%s\"", answer->item_ns);
  g_string_append_c (out, '>');
  append_header (answer, out, answer->action);
  g_string_append_printf (out, "<c:ResourceURI>%s</c:ResourceURI></a:Header><a:Body>", resource);
  g_string_append_len (out, answer->body->str, (gssize)answer->body->len);
  g_string_append (out, "</a:Body></a:Envelope>");
  return out;
}

static GString *
make_identify (SimModel *model)
{
  GString *out = g_string_new (NULL);

  g_string_append_printf (
      out,
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?><a:Envelope xmlns:a=\"" SIM_NS_SOAP
      "\" xmlns:i=\"" SIM_NS_ID "\"><a:Header></a:Header><a:Body><i:IdentifyResponse>"
      "<i:ProtocolVersion>" SIM_NS_WSM "</i:ProtocolVersion>"
      "<i:ProductVendor>Intel(r)</i:ProductVendor>"
      "<i:ProductVersion>AMT %u.%u</i:ProductVersion><i:DASHVersion>1.0.0</i:DASHVersion>"
      "<i:SecurityProfiles>"
      "<i:SecurityProfileName>http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/http/digest"
      "</i:SecurityProfileName>"
      "<i:SecurityProfileName>http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/digest"
      "</i:SecurityProfileName></i:SecurityProfiles></i:IdentifyResponse></a:Body></a:Envelope>",
      amt_prov_version_get_major (model->settings->amt),
      amt_prov_version_get_minor (model->settings->amt));
  return out;
}

static const struct {
  const char *action;
  void (*handle) (SimAnswer *answer);
} verbs[] = {
    {SIM_NS_WXF "/Get", sim_wsman_get},
    {SIM_NS_WXF "/Put", sim_wsman_put},
    {SIM_NS_WXF "/Create", sim_wsman_create},
    {SIM_NS_WXF "/Delete", sim_wsman_delete},
    {SIM_NS_WSEN "/Enumerate", sim_wsman_enumerate},
    {SIM_NS_WSEN "/Pull", sim_wsman_pull},
    {SIM_NS_WSEN "/Release", sim_wsman_release},
};

SimFault *
sim_find_fault (SimModel *model, SimFaultKind kind, const char *target)
{
  for (guint i = 0; i < model->settings->faults->len; i++) {
    SimFault *fault = model->settings->faults->pdata[i];

    if (fault->kind == kind && !fault->done && strcmp (fault->target, target) == 0) {
      fault->done = !model->settings->fault_repeat;
      return fault;
    }
  }
  return NULL;
}

static void
dispatch (SimAnswer *answer)
{
  SimRequest *request = answer->request;
  const char *method = strrchr (request->action, '/');
  SimFault *fault;

  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++) {
    if (strcmp (verbs[i].action, request->action) == 0) {
      verbs[i].handle (answer);
      return;
    }
  }
  if (method == NULL || !g_str_has_prefix (request->action, request->resource)) {
    answer->fault = SIM_SOAP_NO_ACTION;
    return;
  }
  fault = sim_find_fault (answer->model, SIM_FAULT_STATUS, method + 1);
  if (fault != NULL) {
    answer->body_ns = answer->class->uri;
    g_string_append_printf (answer->body,
                            "<g:%s_OUTPUT><g:ReturnValue>%u</g:ReturnValue></g:%s_OUTPUT>",
                            method + 1, fault->status, method + 1);
    return;
  }
  sim_wsman_call (answer, method + 1);
}

static void
handle (SimAnswer *answer)
{
  SimRequest *request = answer->request;
  guint release = sim_release_number (answer->model->settings->amt);

  answer->fault = request->fault;
  if (answer->fault != SIM_SOAP_NONE)
    return;
  if (request->action == NULL || request->resource == NULL) {
    answer->fault = SIM_SOAP_SCHEMA;
    return;
  }
  answer->class = sim_catalog_lookup (answer->model->catalog, request->class_name);
  if (answer->class == NULL || answer->class->since > release ||
      strcmp (answer->class->uri, request->resource) != 0 ||
      sim_find_fault (answer->model, SIM_FAULT_SOAP, request->class_name) != NULL) {
    answer->fault = SIM_SOAP_UNREACHABLE;
    return;
  }
  answer->action = g_strconcat (request->action, "Response", NULL);
  dispatch (answer);
}

GString *
sim_wsman_answer (SimModel *model, SimRequest *request, guint *http)
{
  SimAnswer answer = {.model = model, .request = request};
  GString *out;

  *http = 200;
  if (request->identify)
    return make_identify (model);
  answer.body = g_string_new (NULL);
  handle (&answer);
  out = answer.fault != SIM_SOAP_NONE ? make_fault (&answer, http) : make_success (&answer);
  g_string_free (answer.body, TRUE);
  g_free (answer.action);
  return out;
}
