/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Get, Put, Create and Delete over the instances of a machine. */
#include "wsman.h"

#include <string.h>

void
sim_wsman_append_instance (GString *out,
                           const SimInstance *instance,
                           char prefix,
                           const char *asked)
{
  char p[] = {prefix, '\0'};

  g_string_append_printf (out, "<%s:%s", p, instance->class_name);
  if (strcmp (instance->class_name, asked) != 0) {
    g_autofree char *uri = sim_class_uri (instance->class_name);

    g_string_append_printf (out, " xmlns:%s=\"%s\"", p, uri);
  }
  g_string_append_c (out, '>');
  for (guint i = 0; i < instance->properties->len; i++) {
    const SimProperty *property = instance->properties->pdata[i];

    if (property->raw)
      g_string_append_printf (out, "<%s:%s>%s</%s:%s>", p, property->name, property->value, p,
                              property->name);
    else
      sim_wsman_append_text (out, p, property->name, property->value);
  }
  g_string_append_printf (out, "</%s:%s>", p, instance->class_name);
}

/* Reference keys are compared by the handle they name. */
static gboolean
value_fits (const char *value, const char *wanted)
{
  if (value == NULL)
    return FALSE;
  return strcmp (value, wanted) == 0 || (*value == '<' && strstr (value, wanted) != NULL) ||
         (*value == '<' && strstr (wanted, "Collection") != NULL);
}

/* Whether all selectors of the request fit; a part of the keys is enough (wsman-examples.md §1). */
gboolean
sim_wsman_match (SimAnswer *answer, const SimInstance *instance)
{
  GHashTableIter iter;
  gpointer name, wanted;

  g_hash_table_iter_init (&iter, answer->request->selectors);
  while (g_hash_table_iter_next (&iter, &name, &wanted)) {
    if (!value_fits (sim_instance_get (instance, name), wanted))
      return FALSE;
  }
  return TRUE;
}

static gboolean
selectors_known (SimAnswer *answer)
{
  GHashTableIter iter;
  gpointer name;

  g_hash_table_iter_init (&iter, answer->request->selectors);
  while (g_hash_table_iter_next (&iter, &name, NULL)) {
    if (!g_strv_contains ((const char *const *)answer->class->keys, name))
      return FALSE;
  }
  return TRUE;
}

/* The place of the one instance meant, -1 with the fault set. */
static int
find_one (SimAnswer *answer, GPtrArray *list)
{
  guint fits = 0;
  int place = -1;

  if (!selectors_known (answer)) {
    answer->fault = SIM_SOAP_BAD_SELECTORS;
    return -1;
  }
  for (guint i = 0; i < list->len; i++) {
    if (sim_wsman_match (answer, list->pdata[i])) {
      place = (int)i;
      fits++;
    }
  }
  if (fits == 1)
    return place;
  answer->fault = fits == 0 ? SIM_SOAP_UNREACHABLE : SIM_SOAP_BAD_SELECTORS;
  return -1;
}

static void
answer_instance (SimAnswer *answer, const SimInstance *instance)
{
  answer->body_ns = answer->class->uri;
  sim_wsman_append_instance (answer->body, instance, 'g', answer->class->name);
}

void
sim_wsman_get (SimAnswer *answer)
{
  g_autoptr (GPtrArray) list = sim_store_list (answer->model, answer->class);
  int place = find_one (answer, list);

  if (place >= 0)
    answer_instance (answer, list->pdata[place]);
}

static gboolean
strv_has (char **list, const char *text)
{
  return g_strv_contains ((const char *const *)list, text);
}

/* Every property must be one the class has. */
static gboolean
check_schema (SimAnswer *answer, const SimInstance *instance)
{
  for (xmlNode *child = xmlFirstElementChild (answer->request->body); child != NULL;
       child = xmlNextElementSibling (child)) {
    const char *name = (const char *)child->name;

    if (sim_instance_get (instance, name) == NULL && !strv_has (answer->class->optional, name))
      return FALSE;
  }
  return TRUE;
}

static gboolean
has_address (xmlNode *body)
{
  static const char *const names[] = {"IPAddress",  "SubnetMask",   "DefaultGateway",
                                      "PrimaryDNS", "SecondaryDNS", NULL};

  for (guint i = 0; names[i] != NULL; i++) {
    if (sim_request_child (body, names[i]) != NULL)
      return TRUE;
  }
  return FALSE;
}

static gboolean
bad_address (xmlNode *body, const char *name)
{
  g_autofree char *text = sim_request_text (body, name);
  g_autoptr (GInetAddress) address = text != NULL ? g_inet_address_new_from_string (text) : NULL;

  return text != NULL && address == NULL;
}

/* The values that the network settings refuse (wsman-examples.md §6.8); 0 is fine. */
static guint
check_network (xmlNode *body)
{
  g_autofree char *dhcp = sim_request_text (body, "DHCPEnabled");
  g_autofree char *sync = sim_request_text (body, "IpSyncEnabled");
  gboolean on = g_strcmp0 (dhcp, "true") == 0 || g_strcmp0 (dhcp, "1") == 0;

  if (on)
    return has_address (body) ? SIM_PT_INVALID_DHCP_MODE : 0;
  if (bad_address (body, "IPAddress") || bad_address (body, "DefaultGateway") ||
      bad_address (body, "PrimaryDNS") || bad_address (body, "SecondaryDNS"))
    return SIM_PT_INVALID_ADDRESS;
  if (bad_address (body, "SubnetMask"))
    return SIM_PT_INVALID_MASK;
  if (dhcp != NULL && g_strcmp0 (sync, "true") != 0 &&
      (sim_request_child (body, "IPAddress") == NULL ||
       sim_request_child (body, "SubnetMask") == NULL))
    return SIM_PT_INVALID_ADDRESS;
  return 0;
}

static guint
check_values (SimAnswer *answer)
{
  xmlNode *body = answer->request->body;

  if (strcmp (answer->class->name, "AMT_EthernetPortSettings") == 0)
    return check_network (body);
  if (strcmp (answer->class->name, "AMT_GeneralSettings") == 0) {
    g_autofree char *host = sim_request_text (body, "HostName");
    g_autofree char *domain = sim_request_text (body, "DomainName");

    if (host != NULL && strlen (host) > 63)
      return SIM_PT_INVALID_PARAMETER;
    if (domain != NULL && (strlen (domain) > 192 || strpbrk (domain, " /\\:") != NULL))
      return SIM_PT_INVALID_DOMAIN;
  }
  return 0;
}

static void
store_properties (SimAnswer *answer, SimInstance *instance)
{
  SimClass *class = answer->class;
  xmlNode *body = answer->request->body;

  /* What is optional and not sent is gone: addresses under DHCP, trusted names without mutual. */
  for (guint i = 0; class->optional[i] != NULL; i++) {
    if (!strv_has (class->read_only, class->optional[i]) &&
        (sim_request_child (body, class->optional[i]) != NULL ||
         g_strcmp0 (class->optional[i], "TrustedCN") == 0 ||
         strcmp (class->name, "AMT_EthernetPortSettings") == 0))
      sim_instance_unset (instance, class->optional[i]);
  }
  for (xmlNode *child = xmlFirstElementChild (body); child != NULL;
       child = xmlNextElementSibling (child)) {
    const char *name = (const char *)child->name;
    xmlChar *content = xmlNodeGetContent (child);

    if (!strv_has (class->read_only, name) && !strv_has (class->keys, name) &&
        xmlFirstElementChild (child) == NULL) {
      if (strv_has (class->optional, name))
        sim_instance_add (instance, name, (const char *)content, FALSE);
      else
        sim_instance_set (instance, name, (const char *)content);
    }
    xmlFree (content);
  }
}

static guint
bind_context (SimAnswer *answer)
{
  g_autofree char *id =
      sim_request_reference_id (sim_request_child (answer->request->body, "ElementInContext"));
  const char *number = id != NULL ? strrchr (id, ' ') : NULL;

  if (number == NULL)
    return SIM_PT_INVALID_CERTIFICATE;
  return sim_model_bind_certificate (answer->model, (guint)g_ascii_strtoull (number, NULL, 10));
}

static void
set_internal (SimAnswer *answer, guint status)
{
  answer->fault = SIM_SOAP_INTERNAL;
  answer->status = status;
}

/* Puts on what is no plain record: the credential context, the OTP, hashes. */
static gboolean
put_living (SimAnswer *answer, int place)
{
  SimModel *model = answer->model;
  const char *class = answer->class->name;
  guint status = 0;

  if (strcmp (class, "AMT_TLSCredentialContext") == 0) {
    status = bind_context (answer);
  } else if (strcmp (class, "AMT_ProvisioningCertificateHash") == 0) {
    g_autofree char *enabled = sim_request_text (answer->request->body, "Enabled");
    SimHash *slot = model->hashes->pdata[place];

    slot->active = g_strcmp0 (enabled, "false") != 0;
  } else {
    return FALSE;
  }
  if (status != 0)
    set_internal (answer, status);
  return TRUE;
}

static gboolean
check_put (SimAnswer *answer)
{
  xmlNode *body = answer->request->body;

  if (!answer->class->put)
    answer->fault = SIM_SOAP_NO_ACTION;
  else if (body == NULL)
    answer->fault = SIM_SOAP_SCHEMA;
  else if (strcmp ((const char *)body->name, answer->class->name) != 0)
    answer->fault = SIM_SOAP_BAD_REPRESENTATION;
  return answer->fault == SIM_SOAP_NONE;
}

/* Without selectors the keys in the body name the instance. */
static void
take_body_key (SimAnswer *answer)
{
  char *id;

  if (g_hash_table_size (answer->request->selectors) != 0 ||
      strcmp (answer->class->keys[0], "InstanceID") != 0)
    return;
  id = sim_request_text (answer->request->body, "InstanceID");
  if (id != NULL)
    g_hash_table_insert (answer->request->selectors, g_strdup ("InstanceID"), id);
}

void
sim_wsman_put (SimAnswer *answer)
{
  g_autoptr (GPtrArray) list = sim_store_list (answer->model, answer->class);
  g_autoptr (GPtrArray) after = NULL;
  GPtrArray *records;
  guint status;
  int place;

  if (!check_put (answer))
    return;
  take_body_key (answer);
  if (strcmp (answer->class->name, "AMT_TLSCredentialContext") == 0)
    g_hash_table_remove_all (answer->request->selectors);
  place = find_one (answer, list);
  if (place < 0)
    return;
  if (!check_schema (answer, list->pdata[place])) {
    answer->fault = SIM_SOAP_SCHEMA;
    return;
  }
  status = check_values (answer);
  if (status != 0) {
    set_internal (answer, status);
    return;
  }
  if (!put_living (answer, place)) {
    records = sim_store_edit (answer->model, answer->class);
    store_properties (answer, records->pdata[place]);
  }
  if (answer->fault != SIM_SOAP_NONE)
    return;
  after = sim_store_list (answer->model, answer->class);
  answer_instance (answer, after->pdata[place]);
}

void
sim_wsman_create (SimAnswer *answer)
{
  SimModel *model = answer->model;
  g_autofree char *id = NULL;
  g_autofree char *cert = NULL;
  g_autofree char *collection = NULL;
  guint status;

  if (!answer->class->create || answer->request->body == NULL) {
    answer->fault = SIM_SOAP_NO_ACTION;
    return;
  }
  if (model->context_cert >= 0) {
    answer->fault = SIM_SOAP_EXISTS;
    return;
  }
  status = bind_context (answer);
  if (status != 0) {
    set_internal (answer, status);
    return;
  }
  id = g_strdup_printf ("Intel(r) AMT Certificate: Handle: %d", model->context_cert);
  cert = sim_reference ("AMT_PublicKeyCertificate", "InstanceID", id, NULL);
  collection = sim_reference ("AMT_TLSProtocolEndpointCollection", "ElementName",
                              "TLSProtocolEndpoint Instances Collection", NULL);
  answer->body_ns = SIM_NS_WXF;
  g_string_append_printf (
      answer->body,
      "<g:ResourceCreated><b:Address>" SIM_ROLE "</b:Address><b:ReferenceParameters>"
      "<c:ResourceURI>%s</c:ResourceURI><c:SelectorSet><c:Selector Name=\"ElementInContext\">"
      "<b:EndpointReference>%s</b:EndpointReference></c:Selector>"
      "<c:Selector Name=\"ElementProvidingContext\"><b:EndpointReference>%s"
      "</b:EndpointReference></c:Selector></c:SelectorSet></b:ReferenceParameters>"
      "</g:ResourceCreated>",
      answer->class->uri, cert, collection);
}

static guint
handle_of (const SimInstance *instance)
{
  const char *id = sim_instance_get (instance, "InstanceID");
  const char *number = id != NULL ? strrchr (id, ' ') : NULL;

  return number != NULL ? (guint)g_ascii_strtoull (number, NULL, 10) : 0;
}

void
sim_wsman_delete (SimAnswer *answer)
{
  g_autoptr (GPtrArray) list = sim_store_list (answer->model, answer->class);
  SimModel *model = answer->model;
  guint status = 0;
  int place;

  if (!answer->class->delete) {
    answer->fault = SIM_SOAP_NO_ACTION;
    return;
  }
  place = find_one (answer, list);
  if (place < 0)
    return;
  if (strcmp (answer->class->name, "AMT_PublicKeyCertificate") == 0)
    status = sim_model_delete_certificate (model, handle_of (list->pdata[place]));
  else if (strcmp (answer->class->name, "AMT_PublicPrivateKeyPair") == 0)
    status = sim_model_delete_key (model, handle_of (list->pdata[place]));
  else if (strcmp (answer->class->name, "AMT_TLSCredentialContext") == 0 && !model->tls)
    model->context_cert = -1;
  else
    status = SIM_PT_NOT_PERMITTED;
  if (status != 0)
    set_internal (answer, status);
}
