/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define AMT_PROV_XML_ADDRESSING "http://schemas.xmlsoap.org/ws/2004/08/addressing"
#define AMT_PROV_XML_WSMAN      "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"

/* An element of an answer, detached from the parser: what a Put sends back must keep elements that
 * we do not know, in their order. Only elements, their text and their plain attributes are kept. */
typedef struct _AmtProvXml AmtProvXml;

struct _AmtProvXml {
  char *name;
  GRefString *ns;
  char *text;
  char **attributes;   /* name, value, name, value, …; NULL when there are none */
  GPtrArray *children; /* changed by the functions below alone, or by stealing from it */
};

AmtProvXml *amt_prov_xml_new (const char *ns, const char *name, const char *text);
void amt_prov_xml_free (AmtProvXml *self);
AmtProvXml *amt_prov_xml_copy (const AmtProvXml *self);
AmtProvXml *amt_prov_xml_parse (const guint8 *data, gsize length, GError **error);

AmtProvXml *amt_prov_xml_child (const AmtProvXml *self, const char *name);
AmtProvXml *
amt_prov_xml_path (const AmtProvXml *self, const char *name, ...) G_GNUC_NULL_TERMINATED;
const char *amt_prov_xml_text (const AmtProvXml *self, const char *name);
gboolean amt_prov_xml_boolean (const AmtProvXml *self, const char *name);
gint64 amt_prov_xml_int (const AmtProvXml *self, const char *name, gint64 otherwise);
const char *amt_prov_xml_attribute (const AmtProvXml *self, const char *name);

gboolean amt_prov_xml_set (AmtProvXml *self, const char *name, const char *text);
void amt_prov_xml_insert (AmtProvXml *self, const char *name, const char *text);
gboolean amt_prov_xml_remove (AmtProvXml *self, const char *name);
AmtProvXml *amt_prov_xml_append (AmtProvXml *self, AmtProvXml *child);

void amt_prov_xml_append_escaped (GString *out, const char *text);
void amt_prov_xml_write (const AmtProvXml *self, GString *out);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AmtProvXml, amt_prov_xml_free)

G_END_DECLS
