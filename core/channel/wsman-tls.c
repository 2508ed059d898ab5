/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/wsman-private.h"

#include <amtprov/error.h>

#define SETTINGS    "AMT_TLSSettingData"
#define LAN         "Intel(r) AMT 802.3 TLS Settings"
#define CONTEXT     "AMT_TLSCredentialContext"
#define CERTIFICATE "AMT_PublicKeyCertificate"
#define COLLECTION  "AMT_TLSProtocolEndpointCollection"

/* Firmware does not compare this name, but some answer must be given where it tells none
 * (wsman-examples.md §5.11). */
#define COLLECTION_NAME "TLSProtocolEndpointInstances Collection"

static const char *
bound_handle (AmtProvCall *call)
{
  return amt_prov_wsman_get_reference (
      amt_prov_xml_child (amt_prov_wsman_find_instance (call, CONTEXT, NULL), "ElementInContext"));
}

static const AmtProvXml *
find_settings (AmtProvCall *call, GError **error)
{
  const AmtProvXml *settings = amt_prov_wsman_find_instance (call, SETTINGS, LAN);

  if (settings == NULL)
    g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_FOUND,
                         "the device has no instance '" LAN "'");
  return settings;
}

/* Read */

static void
tell_certificates (AmtProvCall *call)
{
  GPtrArray *instances = amt_prov_wsman_get_instances (call, CERTIFICATE);
  const char *bound = bound_handle (call);
  gint64 roots = 0;

  for (guint i = 0; i < instances->len; i++) {
    const AmtProvXml *certificate = instances->pdata[i];
    const char *text = amt_prov_xml_text (certificate, "X509Certificate");
    /* The property is spelt so (wsman-examples.md §5.8). */
    if (amt_prov_xml_boolean (certificate, "TrustedRootCertficate"))
      roots++;
    if (bound == NULL || text == NULL ||
        g_strcmp0 (amt_prov_xml_text (certificate, "InstanceID"), bound) != 0)
      continue;
    gsize length = 0;
    guchar *data = g_base64_decode (text, &length);
    g_autoptr (GBytes) der = g_bytes_new_take (data, length);
    amt_prov_action_set_bytes (call->action, "certificate", der);
  }
  amt_prov_action_set_string (call->action, "handle", bound);
  amt_prov_action_set_int (call->action, "roots", roots);
}

/* Who does not want TLS need not know what is there for it. */
static AmtProvStageStart
start_tell_settings (AmtProvCall *call, GError **error)
{
  const AmtProvXml *settings = find_settings (call, error);

  if (settings == NULL)
    return AMT_PROV_STAGE_START_FAIL;
  amt_prov_action_set_boolean (call->action, "tls", amt_prov_xml_boolean (settings, "Enabled"));
  amt_prov_action_set_boolean (call->action, "mutual",
                               amt_prov_xml_boolean (settings, "MutualAuthentication"));
  amt_prov_action_set_boolean (call->action, "plain",
                               amt_prov_xml_boolean (settings, "AcceptNonSecureConnections"));
  return amt_prov_action_get_boolean (call->action, "certificates") ? AMT_PROV_STAGE_START_SKIP
                                                                    : AMT_PROV_STAGE_START_DONE;
}

static AmtProvStageStart
start_tell_certificates (AmtProvCall *call, GError **error)
{
  tell_certificates (call);
  return AMT_PROV_STAGE_START_DONE;
}

const AmtProvStage amt_prov_wsman_read_tls[] = {
    AMT_PROV_WSMAN_GET_ONE (SETTINGS, LAN), {.start = start_tell_settings},
    AMT_PROV_WSMAN_ENUMERATE (CONTEXT),     AMT_PROV_WSMAN_ENUMERATE (CERTIFICATE),
    {.start = start_tell_certificates},     {0},
};

/* Bind */

static AmtProvStageStart
start_compare_binding (AmtProvCall *call, GError **error)
{
  const char *handle = amt_prov_action_get_string (call->action, "handle");

  if (handle == NULL) {
    g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
                         "the action lacks its value 'handle'");
    return AMT_PROV_STAGE_START_FAIL;
  }
  return g_strcmp0 (bound_handle (call), handle) == 0 ? AMT_PROV_STAGE_START_DONE
                                                      : AMT_PROV_STAGE_START_SKIP;
}

/* A context that is there names the collection already. */
static AmtProvStageStart
start_enumerate_collection (AmtProvCall *call, GError **error)
{
  if (amt_prov_wsman_find_instance (call, CONTEXT, NULL) != NULL)
    return AMT_PROV_STAGE_START_SKIP;
  return amt_prov_wsman_start_enumerate (call, error);
}

static AmtProvXml *
new_reference (const char *ns,
               const char *name,
               const char *class_name,
               const char *selector,
               const char *value)
{
  g_autofree char *uri = amt_prov_wsman_class_uri (class_name);
  AmtProvXml *reference = amt_prov_xml_new (ns, name, NULL);

  amt_prov_xml_append (reference, amt_prov_xml_new (AMT_PROV_XML_ADDRESSING, "Address", "/wsman"));
  AmtProvXml *parameters = amt_prov_xml_append (
      reference, amt_prov_xml_new (AMT_PROV_XML_ADDRESSING, "ReferenceParameters", NULL));
  amt_prov_xml_append (parameters, amt_prov_xml_new (AMT_PROV_XML_WSMAN, "ResourceURI", uri));
  AmtProvXml *set =
      amt_prov_xml_append (parameters, amt_prov_xml_new (AMT_PROV_XML_WSMAN, "SelectorSet", NULL));
  AmtProvXml *item =
      amt_prov_xml_append (set, amt_prov_xml_new (AMT_PROV_XML_WSMAN, "Selector", value));
  item->attributes = g_strdupv ((char *[]){(char *)"Name", (char *)selector, NULL});
  return reference;
}

static AmtProvXml *
new_collection_reference (AmtProvCall *call, const char *ns)
{
  const AmtProvXml *present = amt_prov_xml_child (
      amt_prov_wsman_find_instance (call, CONTEXT, NULL), "ElementProvidingContext");
  const char *name =
      amt_prov_xml_text (amt_prov_wsman_find_instance (call, COLLECTION, NULL), "ElementName");

  if (present != NULL)
    return amt_prov_xml_copy (present);
  return new_reference (ns, "ElementProvidingContext", COLLECTION, "ElementName",
                        name == NULL ? COLLECTION_NAME : name);
}

static AmtProvStageStart
start_bind (AmtProvCall *call, GError **error)
{
  gboolean present = amt_prov_wsman_find_instance (call, CONTEXT, NULL) != NULL;
  g_autofree char *uri = amt_prov_wsman_class_uri (CONTEXT);
  g_autoptr (AmtProvXml) context = amt_prov_xml_new (uri, CONTEXT, NULL);

  amt_prov_xml_append (context,
                       new_reference (uri, "ElementInContext", CERTIFICATE, "InstanceID",
                                      amt_prov_action_get_string (call->action, "handle")));
  amt_prov_xml_append (context, new_collection_reference (call, uri));
  amt_prov_wsman_ask (call, CONTEXT,
                      present ? AMT_PROV_WSMAN_TRANSFER "/Put" : AMT_PROV_WSMAN_TRANSFER "/Create",
                      NULL, context);
  return AMT_PROV_STAGE_START_SEND;
}

static AmtProvStageEnd
end_bind (AmtProvCall *call, const AmtProvXml *body, GError **error)
{
  amt_prov_wsman_forget (call, CONTEXT);
  return AMT_PROV_STAGE_END_NEXT;
}

const AmtProvStage amt_prov_wsman_bind_certificate[] = {
    AMT_PROV_WSMAN_ENUMERATE (CONTEXT),
    {.start = start_compare_binding},
    {.start = start_enumerate_collection,
     .end = amt_prov_wsman_end_enumerate,
     .class_name = COLLECTION,
     .optional = TRUE},
    {.start = amt_prov_wsman_start_pull,
     .end = amt_prov_wsman_end_pull,
     .class_name = COLLECTION,
     .optional = TRUE},
    {.start = start_bind, .end = end_bind, .class_name = CONTEXT},
    {0},
};

/* Settings */

static gboolean
same_names (const AmtProvXml *settings, char **names)
{
  guint count = 0;

  for (guint i = 0; i < settings->children->len; i++) {
    const AmtProvXml *child = settings->children->pdata[i];
    if (!g_str_equal (child->name, "TrustedCN"))
      continue;
    if (names[count] == NULL || g_strcmp0 (child->text, names[count]) != 0)
      return FALSE;
    count++;
  }
  return names[count] == NULL;
}

/* Names of clients are for mutual TLS only (wsman-examples.md §6.6). */
static gboolean
set_names (AmtProvCall *call, AmtProvXml *settings, gboolean mutual)
{
  const char *text = amt_prov_action_get_string (call->action, "trusted-names");
  g_auto (GStrv) names = g_strsplit (!mutual || text == NULL ? "" : text, ",", -1);

  for (char **name = names; *name != NULL; name++)
    g_strstrip (*name);
  if (same_names (settings, names))
    return FALSE;
  amt_prov_xml_remove (settings, "TrustedCN");
  for (char **name = names; *name != NULL; name++)
    amt_prov_xml_insert (settings, "TrustedCN", *name);
  return TRUE;
}

static AmtProvStageStart
start_put_tls (AmtProvCall *call, GError **error)
{
  static const struct {
    const char *name;
    const char *property;
  } flags[] = {
      {"tls", "Enabled"},
      {"mutual", "MutualAuthentication"},
      {"plain", "AcceptNonSecureConnections"},
  };
  const AmtProvXml *present = find_settings (call, error);

  if (present == NULL)
    return AMT_PROV_STAGE_START_FAIL;
  g_autoptr (AmtProvXml) wanted = amt_prov_xml_copy (present);
  gboolean changed = set_names (call, wanted, amt_prov_action_get_boolean (call->action, "mutual"));
  for (gsize i = 0; i < G_N_ELEMENTS (flags); i++) {
    gboolean on = amt_prov_action_get_boolean (call->action, flags[i].name);
    changed = amt_prov_xml_set (wanted, flags[i].property, on ? "true" : "false") || changed;
  }
  if (!changed)
    return AMT_PROV_STAGE_START_DONE;
  amt_prov_wsman_ask (call, SETTINGS, AMT_PROV_WSMAN_TRANSFER "/Put", LAN, wanted);
  return AMT_PROV_STAGE_START_SEND;
}

const AmtProvStage amt_prov_wsman_set_tls[] = {
    AMT_PROV_WSMAN_GET_ONE (SETTINGS, LAN),
    {.start = start_put_tls, .end = amt_prov_wsman_end_put, .class_name = SETTINGS},
    {0},
};
