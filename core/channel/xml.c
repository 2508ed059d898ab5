/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/xml-private.h"

#include <string.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <openssl/crypto.h>
#include <amtprov/error.h>

#define MAX_DEPTH    32
#define MAX_ELEMENTS 20000

AmtProvXml *
amt_prov_xml_new (const char *ns, const char *name, const char *text)
{
  AmtProvXml *self = g_new0 (AmtProvXml, 1);

  self->ns = g_strdup (ns);
  self->name = g_strdup (name);
  self->text = g_strdup (text);
  self->children = g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_xml_free);
  return self;
}

/* An answer can carry the one-time password: texts do not stay in freed memory. */
static void
wipe (char *text)
{
  if (text != NULL)
    OPENSSL_cleanse (text, strlen (text));
  g_free (text);
}

void
amt_prov_xml_free (AmtProvXml *self)
{
  g_free (self->name);
  g_free (self->ns);
  wipe (self->text);
  g_strfreev (self->attributes);
  g_ptr_array_unref (self->children);
  g_free (self);
}

AmtProvXml *
amt_prov_xml_copy (const AmtProvXml *self)
{
  AmtProvXml *copy = amt_prov_xml_new (self->ns, self->name, self->text);

  copy->attributes = g_strdupv (self->attributes);
  for (guint i = 0; i < self->children->len; i++)
    g_ptr_array_add (copy->children, amt_prov_xml_copy (self->children->pdata[i]));
  return copy;
}

static void
read_attributes (AmtProvXml *self, xmlNode *node)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  gboolean any = FALSE;

  for (xmlAttr *attribute = node->properties; attribute != NULL; attribute = attribute->next) {
    if (attribute->ns != NULL)
      continue;
    xmlChar *value = xmlNodeListGetString (node->doc, attribute->children, 1);
    g_strv_builder_add (builder, (const char *)attribute->name);
    g_strv_builder_add (builder, value == NULL ? "" : (const char *)value);
    xmlFree (value);
    any = TRUE;
  }
  if (any)
    self->attributes = g_strv_builder_end (builder);
}

static AmtProvXml *
read_element (xmlNode *node, guint depth, guint *budget, GError **error)
{
  if (depth > MAX_DEPTH || *budget == 0) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL,
                 depth > MAX_DEPTH ? "the XML is nested deeper than %d"
                                   : "the XML has more than %d elements",
                 depth > MAX_DEPTH ? MAX_DEPTH : MAX_ELEMENTS);
    return NULL;
  }
  (*budget)--;

  g_autoptr (AmtProvXml) self = amt_prov_xml_new (
      node->ns == NULL ? NULL : (const char *)node->ns->href, (const char *)node->name, NULL);
  g_autoptr (GString) text = g_string_new (NULL);
  read_attributes (self, node);
  for (xmlNode *child = node->children; child != NULL; child = child->next) {
    if (child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE) {
      g_string_append (text, (const char *)child->content);
    } else if (child->type == XML_ELEMENT_NODE) {
      AmtProvXml *element = read_element (child, depth + 1, budget, error);
      if (element == NULL)
        return NULL;
      g_ptr_array_add (self->children, element);
    }
  }
  if (self->children->len == 0)
    self->text = g_strstrip (g_strdup (text->str));
  OPENSSL_cleanse (text->str, text->len);
  return g_steal_pointer (&self);
}

static void
free_document (xmlDoc *document)
{
  xmlFreeDoc (document);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (xmlDoc, free_document)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (xmlParserCtxt, xmlFreeParserCtxt)

AmtProvXml *
amt_prov_xml_parse (const guint8 *data, gsize length, GError **error)
{
  if (length == 0 || length > G_MAXINT) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL, "%s",
                 length == 0 ? "it is empty" : "it is too long");
    return NULL;
  }
  g_autoptr (xmlParserCtxt) parser = xmlNewParserCtxt ();
  g_autoptr (xmlDoc) document = xmlCtxtReadMemory (
      parser, (const char *)data, (int)length, NULL, NULL,
      XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA);
  if (document == NULL) {
    const xmlError *last = xmlCtxtGetLastError (parser);
    g_autofree char *reason =
        g_strchomp (g_strdup (last == NULL || last->message == NULL ? "unknown" : last->message));
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL, "it is not XML (line %d: %s)",
                 last == NULL ? 0 : last->line, reason);
    return NULL;
  }
  if (!parser->nsWellFormed) {
    g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL,
                         "it uses a namespace prefix that it does not declare");
    return NULL;
  }
  if (document->intSubset != NULL || document->extSubset != NULL) {
    g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL,
                         "it has a document type, which SOAP forbids");
    return NULL;
  }
  guint budget = MAX_ELEMENTS;
  xmlNode *root = xmlDocGetRootElement (document);
  if (root == NULL) {
    g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL, "it has no element");
    return NULL;
  }
  return read_element (root, 1, &budget, error);
}

AmtProvXml *
amt_prov_xml_child (const AmtProvXml *self, const char *name)
{
  if (self == NULL)
    return NULL;
  for (guint i = 0; i < self->children->len; i++) {
    AmtProvXml *child = self->children->pdata[i];
    if (g_str_equal (child->name, name))
      return child;
  }
  return NULL;
}

AmtProvXml *
amt_prov_xml_path (const AmtProvXml *self, const char *name, ...)
{
  AmtProvXml *found = amt_prov_xml_child (self, name);
  va_list names;

  va_start (names, name);
  for (const char *next = va_arg (names, const char *); next != NULL;
       next = va_arg (names, const char *))
    found = amt_prov_xml_child (found, next);
  va_end (names);
  return found;
}

const char *
amt_prov_xml_text (const AmtProvXml *self, const char *name)
{
  AmtProvXml *child = amt_prov_xml_child (self, name);

  return child == NULL ? NULL : child->text;
}

gboolean
amt_prov_xml_boolean (const AmtProvXml *self, const char *name)
{
  const char *text = amt_prov_xml_text (self, name);

  return text != NULL && (g_ascii_strcasecmp (text, "true") == 0 || g_str_equal (text, "1"));
}

gint64
amt_prov_xml_int (const AmtProvXml *self, const char *name, gint64 otherwise)
{
  const char *text = amt_prov_xml_text (self, name);
  gint64 value = 0;

  if (text == NULL || !g_ascii_string_to_signed (text, 10, G_MININT64, G_MAXINT64, &value, NULL))
    return otherwise;
  return value;
}

const char *
amt_prov_xml_attribute (const AmtProvXml *self, const char *name)
{
  if (self == NULL || self->attributes == NULL)
    return NULL;
  for (char **pair = self->attributes; pair[0] != NULL; pair += 2)
    if (g_str_equal (pair[0], name))
      return pair[1];
  return NULL;
}

/* Properties stand in ASCII order of their names (wsman-examples.md §1): a new one goes where it
 * belongs. */
void
amt_prov_xml_insert (AmtProvXml *self, const char *name, const char *text)
{
  AmtProvXml *added = amt_prov_xml_new (self->ns, name, text);
  guint at = 0;

  while (at < self->children->len &&
         strcmp (((AmtProvXml *)self->children->pdata[at])->name, added->name) <= 0)
    at++;
  g_ptr_array_insert (self->children, (int)at, added);
}

/* TRUE when this changes something. */
gboolean
amt_prov_xml_set (AmtProvXml *self, const char *name, const char *text)
{
  AmtProvXml *child = amt_prov_xml_child (self, name);

  if (child == NULL) {
    amt_prov_xml_insert (self, name, text);
    return TRUE;
  }
  if (g_strcmp0 (child->text, text) == 0)
    return FALSE;
  wipe (child->text);
  child->text = g_strdup (text);
  g_ptr_array_set_size (child->children, 0);
  return TRUE;
}

/* Removes every element of that name; TRUE when there was one. */
gboolean
amt_prov_xml_remove (AmtProvXml *self, const char *name)
{
  gboolean removed = FALSE;

  for (guint i = self->children->len; i > 0; i--) {
    AmtProvXml *child = self->children->pdata[i - 1];
    if (!g_str_equal (child->name, name))
      continue;
    g_ptr_array_remove_index (self->children, i - 1);
    removed = TRUE;
  }
  return removed;
}

AmtProvXml *
amt_prov_xml_append (AmtProvXml *self, AmtProvXml *child)
{
  g_ptr_array_add (self->children, child);
  return child;
}

void
amt_prov_xml_append_escaped (GString *out, const char *text)
{
  for (const char *p = text; *p != '\0'; p++) {
    switch (*p) {
    case '&':
      g_string_append (out, "&amp;");
      break;
    case '<':
      g_string_append (out, "&lt;");
      break;
    case '>':
      g_string_append (out, "&gt;");
      break;
    case '"':
      g_string_append (out, "&quot;");
      break;
    default:
      g_string_append_c (out, *p);
    }
  }
}

static const char *
choose_prefix (const AmtProvXml *self, const AmtProvXml *root)
{
  if (g_strcmp0 (self->ns, root->ns) == 0)
    return "g";
  if (g_strcmp0 (self->ns, AMT_PROV_XML_ADDRESSING) == 0)
    return "a";
  if (g_strcmp0 (self->ns, AMT_PROV_XML_WSMAN) == 0)
    return "w";
  return "x";
}

static void
write_namespace (const AmtProvXml *self, const char *prefix, GString *out)
{
  g_string_append_printf (out, " xmlns:%s=\"", prefix);
  amt_prov_xml_append_escaped (out, self->ns == NULL ? "" : self->ns);
  g_string_append_c (out, '"');
}

static void
write_element (const AmtProvXml *self, const AmtProvXml *root, GString *out)
{
  const char *prefix = choose_prefix (self, root);

  g_string_append_printf (out, "<%s:%s", prefix, self->name);
  if (self == root || *prefix == 'x')
    write_namespace (self, prefix, out);
  for (char **pair = self->attributes; pair != NULL && pair[0] != NULL; pair += 2) {
    g_string_append_printf (out, " %s=\"", pair[0]);
    amt_prov_xml_append_escaped (out, pair[1]);
    g_string_append_c (out, '"');
  }
  g_string_append_c (out, '>');
  if (self->text != NULL && self->children->len == 0)
    amt_prov_xml_append_escaped (out, self->text);
  for (guint i = 0; i < self->children->len; i++)
    write_element (self->children->pdata[i], root, out);
  /* Empty elements too: one reader fails on the short form (wsman-examples.md §1). */
  g_string_append_printf (out, "</%s:%s>", prefix, self->name);
}

/* Writes for an envelope that declares a: and w: itself. */
void
amt_prov_xml_write (const AmtProvXml *self, GString *out)
{
  write_element (self, self, out);
}
