/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests taken apart; prefixes are the client's choice, only names and namespaces count. */
#include "wsman.h"

#include <libxml/parser.h>
#include <string.h>

/* Below this a client cannot take an answer of AMT (wsman.md §1). */
#define LEAST_ENVELOPE 50000

#define TEXT(s) ((const char *)(s))

static gboolean
is_named (xmlNode *node, const char *name)
{
  return node->type == XML_ELEMENT_NODE && strcmp (TEXT (node->name), name) == 0;
}

xmlNode *
sim_request_child (xmlNode *node, const char *name)
{
  for (xmlNode *child = node != NULL ? xmlFirstElementChild (node) : NULL; child != NULL;
       child = xmlNextElementSibling (child)) {
    if (is_named (child, name))
      return child;
  }
  return NULL;
}

char *
sim_request_content (xmlNode *node)
{
  xmlChar *content = xmlNodeGetContent (node);
  char *text = g_strstrip (g_strdup (TEXT (content)));

  xmlFree (content);
  return text;
}

char *
sim_request_text (xmlNode *node, const char *name)
{
  xmlNode *child = sim_request_child (node, name);

  return child != NULL ? sim_request_content (child) : NULL;
}

static char *
selector_name (xmlNode *selector)
{
  xmlChar *value = xmlGetNoNsProp (selector, (const xmlChar *)"Name");
  char *name = g_strdup (value != NULL ? TEXT (value) : "");

  xmlFree (value);
  return name;
}

static char *
selector_value (xmlNode *selector)
{
  xmlNode *reference = sim_request_child (selector, "EndpointReference");

  return reference != NULL ? sim_request_reference_id (reference) : sim_request_content (selector);
}

/* The value of the first selector of an endpoint reference. */
char *
sim_request_reference_id (xmlNode *reference)
{
  xmlNode *inner = sim_request_child (reference, "EndpointReference");
  xmlNode *parameters =
      sim_request_child (inner != NULL ? inner : reference, "ReferenceParameters");
  xmlNode *set = sim_request_child (parameters, "SelectorSet");

  return sim_request_text (set, "Selector");
}

static void
read_selectors (SimRequest *self, xmlNode *set)
{
  for (xmlNode *child = set != NULL ? xmlFirstElementChild (set) : NULL; child != NULL;
       child = xmlNextElementSibling (child)) {
    if (is_named (child, "Selector"))
      g_hash_table_replace (self->selectors, selector_name (child), selector_value (child));
  }
}

static gboolean
must_understand (xmlNode *node)
{
  xmlChar *value =
      xmlGetNsProp (node, (const xmlChar *)"mustUnderstand", (const xmlChar *)SIM_NS_SOAP);
  gboolean must = value != NULL && (strcmp (TEXT (value), "true") == 0 || *value == '1');

  xmlFree (value);
  return must;
}

static void
read_header (SimRequest *self, xmlNode *header)
{
  g_autofree char *envelope_size = sim_request_text (header, "MaxEnvelopeSize");
  xmlNode *options = sim_request_child (header, "OptionSet");

  self->action = sim_request_text (header, "Action");
  self->resource = sim_request_text (header, "ResourceURI");
  self->message_id = sim_request_text (header, "MessageID");
  read_selectors (self, sim_request_child (header, "SelectorSet"));
  if (self->resource != NULL) {
    const char *slash = strrchr (self->resource, '/');

    self->class_name = g_strdup (slash != NULL ? slash + 1 : self->resource);
  }
  if (envelope_size != NULL && g_ascii_strtoull (envelope_size, NULL, 10) < LEAST_ENVELOPE)
    self->fault = SIM_SOAP_ENCODING_LIMIT;
  if (options != NULL && must_understand (options))
    self->fault = SIM_SOAP_MUST_UNDERSTAND;
  if (sim_request_child (header, "FragmentTransfer") != NULL)
    self->fault = SIM_SOAP_UNSUPPORTED;
}

SimRequest *
sim_request_parse (const char *data, gsize length)
{
  SimRequest *self = g_new0 (SimRequest, 1);
  xmlNode *envelope;
  xmlNode *body;

  self->selectors = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->doc = xmlReadMemory (data, (int)length, "request", NULL,
                             XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
  envelope = self->doc != NULL ? xmlDocGetRootElement (self->doc) : NULL;
  if (envelope == NULL || !is_named (envelope, "Envelope") || self->doc->intSubset != NULL) {
    self->fault = SIM_SOAP_SCHEMA;
    return self;
  }
  body = sim_request_child (envelope, "Body");
  self->body = body != NULL ? xmlFirstElementChild (body) : NULL;
  read_header (self, sim_request_child (envelope, "Header"));
  self->identify = self->body != NULL && is_named (self->body, "Identify");
  return self;
}

void
sim_request_free (SimRequest *self)
{
  if (self == NULL)
    return;
  if (self->doc != NULL)
    xmlFreeDoc (self->doc);
  g_free (self->action);
  g_free (self->resource);
  g_free (self->class_name);
  g_free (self->message_id);
  g_hash_table_unref (self->selectors);
  g_free (self);
}
