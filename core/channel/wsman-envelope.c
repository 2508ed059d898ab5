/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/wsman-private.h"

#include <string.h>

#define ANONYMOUS "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous"

char *
amt_prov_wsman_class_uri (const char *class_name)
{
  if (g_str_has_prefix (class_name, "CIM_"))
    return g_strconcat ("http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/", class_name, NULL);
  if (g_str_has_prefix (class_name, "IPS_"))
    return g_strconcat ("http://intel.com/wbem/wscim/1/ips-schema/1/", class_name, NULL);
  return g_strconcat ("http://intel.com/wbem/wscim/1/amt-schema/1/", class_name, NULL);
}

/* @action is a URI, or the name of a method of the class. */
static void
write_action (GString *out, const char *uri, const char *action)
{
  g_string_append (out, "<a:Action>");
  if (strstr (action, "://") == NULL)
    g_string_append_printf (out, "%s/", uri);
  g_string_append_printf (out, "%s</a:Action>", action);
}

void
amt_prov_wsman_write (GString *out,
                      guint64 message_id,
                      const char *class_name,
                      const char *action,
                      const char *instance_id,
                      const AmtProvXml *body)
{
  g_autofree char *uri = amt_prov_wsman_class_uri (class_name);

  g_string_append (out, "<?xml version=\"1.0\" encoding=\"utf-8\"?>"
                        "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\""
                        " xmlns:a=\"" AMT_PROV_XML_ADDRESSING "\""
                        " xmlns:w=\"" AMT_PROV_XML_WSMAN "\"><s:Header>");
  write_action (out, uri, action);
  g_string_append_printf (out,
                          "<a:To>/wsman</a:To><w:ResourceURI>%s</w:ResourceURI>"
                          "<a:MessageID>%" G_GUINT64_FORMAT "</a:MessageID>"
                          "<a:ReplyTo><a:Address>" ANONYMOUS "</a:Address></a:ReplyTo>"
                          "<w:OperationTimeout>PT60S</w:OperationTimeout>",
                          uri, message_id);
  if (instance_id != NULL) {
    g_string_append (out, "<w:SelectorSet><w:Selector Name=\"InstanceID\">");
    amt_prov_xml_append_escaped (out, instance_id);
    g_string_append (out, "</w:Selector></w:SelectorSet>");
  }
  g_string_append (out, "</s:Header><s:Body>");
  if (body != NULL)
    amt_prov_xml_write (body, out);
  g_string_append (out, "</s:Body></s:Envelope>");
}

AmtProvXml *
amt_prov_wsman_new_method (const char *class_name, const char *method)
{
  g_autofree char *uri = amt_prov_wsman_class_uri (class_name);
  g_autofree char *name = g_strconcat (method, "_INPUT", NULL);

  return amt_prov_xml_new (uri, name, NULL);
}
