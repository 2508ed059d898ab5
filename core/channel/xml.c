/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/xml-private.h"

#include <string.h>
#include <libxml/parserInternals.h>
#include <openssl/crypto.h>
#include <amtprov/error.h>

#define MAX_DEPTH    32
#define MAX_ELEMENTS 20000
/* Longer texts are taken too, but their buffer grows. */
#define MAX_TEXT 4096

/* What most elements have. It is never changed. */
static GPtrArray no_children;

/* Takes ns. */
static AmtProvXml *
new_element (GRefString *ns, const char *name, const char *text)
{
  AmtProvXml *self = g_new0 (AmtProvXml, 1);

  self->ns = ns;
  self->name = g_strdup (name);
  self->text = g_strdup (text);
  self->children = &no_children;
  return self;
}

static GRefString *
ref_namespace (const AmtProvXml *self)
{
  return self->ns == NULL ? NULL : g_ref_string_acquire (self->ns);
}

AmtProvXml *
amt_prov_xml_new (const char *ns, const char *name, const char *text)
{
  return new_element (ns == NULL ? NULL : g_ref_string_new (ns), name, text);
}

/* An answer can carry the one-time password: texts do not stay in freed memory. */
static void
wipe (char *text)
{
  if (text != NULL)
    OPENSSL_cleanse (text, strlen (text));
  g_free (text);
}

static void
drop_children (AmtProvXml *self)
{
  if (self->children != &no_children)
    g_ptr_array_unref (self->children);
  self->children = &no_children;
}

static GPtrArray *
own_children (AmtProvXml *self)
{
  if (self->children == &no_children)
    self->children = g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_xml_free);
  return self->children;
}

void
amt_prov_xml_free (AmtProvXml *self)
{
  g_free (self->name);
  g_clear_pointer (&self->ns, g_ref_string_release);
  wipe (self->text);
  g_strfreev (self->attributes);
  drop_children (self);
  g_free (self);
}

AmtProvXml *
amt_prov_xml_copy (const AmtProvXml *self)
{
  AmtProvXml *copy = new_element (ref_namespace (self), self->name, self->text);

  copy->attributes = g_strdupv (self->attributes);
  for (guint i = 0; i < self->children->len; i++)
    amt_prov_xml_append (copy, amt_prov_xml_copy (self->children->pdata[i]));
  return copy;
}

/* ---- reading: the parser's events build the elements, without a tree of its own ---- */

typedef struct {
  xmlParserCtxt *parser;
  AmtProvXml *root;
  GPtrArray *open; /* from the root to where the parser stands; unowned */
  GString *text;   /* of the innermost element */
  guint elements;
  GError *error;
} Reader;

static void
refuse (Reader *self, const char *why)
{
  if (self->error == NULL)
    self->error = g_error_new_literal (AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL, why);
  xmlStopParser (self->parser);
}

static void
wipe_text (Reader *self)
{
  OPENSSL_cleanse (self->text->str, self->text->len);
  g_string_truncate (self->text, 0);
}

/* Five pointers for each: name, prefix, namespace, begin and end of the value. */
static void
read_attributes (AmtProvXml *self, int count, const xmlChar **attributes)
{
  g_autoptr (GStrvBuilder) builder = NULL;

  for (const xmlChar **a = attributes; a < attributes + 5 * count; a += 5) {
    g_autofree char *value = g_strndup ((const char *)a[3], (gsize)(a[4] - a[3]));

    if (a[1] != NULL)
      continue;
    if (builder == NULL)
      builder = g_strv_builder_new ();
    g_strv_builder_add (builder, (const char *)a[0]);
    g_strv_builder_add (builder, value);
  }
  if (builder != NULL)
    self->attributes = g_strv_builder_end (builder);
}

/* A child has the namespace of its parent nearly always. */
static GRefString *
find_namespace (const AmtProvXml *parent, const char *ns)
{
  if (ns == NULL)
    return NULL;
  return parent != NULL && g_strcmp0 (parent->ns, ns) == 0 ? ref_namespace (parent)
                                                           : g_ref_string_new (ns);
}

static void
on_start (void *data,
          const xmlChar *name,
          const xmlChar *prefix,
          const xmlChar *ns,
          int namespaces,
          const xmlChar **declared,
          int attributes,
          int defaulted,
          const xmlChar **values)
{
  Reader *self = data;
  AmtProvXml *parent, *element;

  if (self->open->len >= MAX_DEPTH) {
    refuse (self, "the XML is nested deeper than " G_STRINGIFY (MAX_DEPTH));
    return;
  }
  if (++self->elements > MAX_ELEMENTS) {
    refuse (self, "the XML has more than " G_STRINGIFY (MAX_ELEMENTS) " elements");
    return;
  }
  parent = self->open->len == 0 ? NULL : self->open->pdata[self->open->len - 1];
  element = new_element (find_namespace (parent, (const char *)ns), (const char *)name, NULL);
  read_attributes (element, attributes, values);
  if (parent == NULL)
    self->root = element;
  else
    amt_prov_xml_append (parent, element);
  g_ptr_array_add (self->open, element);
  wipe_text (self);
}

static void
on_end (void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *ns)
{
  Reader *self = data;
  AmtProvXml *element = g_ptr_array_remove_index (self->open, self->open->len - 1);

  if (element->children->len == 0)
    element->text = g_strstrip (g_strndup (self->text->str, self->text->len));
  wipe_text (self);
}

static void
on_text (void *data, const xmlChar *text, int length)
{
  g_string_append_len (((Reader *)data)->text, (const char *)text, length);
}

static void
on_document_type (void *data, const xmlChar *name, const xmlChar *id, const xmlChar *system)
{
  refuse (data, "it has a document type, which SOAP forbids");
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (xmlParserCtxt, xmlFreeParserCtxt)

static void
judge (Reader *self)
{
  const xmlError *last = xmlCtxtGetLastError (self->parser);
  g_autofree char *reason =
      g_strchomp (g_strdup (last == NULL || last->message == NULL ? "unknown" : last->message));

  if (self->error != NULL)
    return;
  if (!self->parser->wellFormed)
    self->error =
        g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL, "it is not XML (line %d: %s)",
                     last == NULL ? 0 : last->line, reason);
  else if (!self->parser->nsWellFormed)
    refuse (self, "it uses a namespace prefix that it does not declare");
}

AmtProvXml *
amt_prov_xml_parse (const guint8 *data, gsize length, GError **error)
{
  static const xmlSAXHandler handler = {
      .initialized = XML_SAX2_MAGIC,
      .startElementNs = on_start,
      .endElementNs = on_end,
      .characters = on_text,
      .internalSubset = on_document_type,
  };
  Reader self = {0};

  if (length == 0 || length > G_MAXINT) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL, "%s",
                 length == 0 ? "it is empty" : "it is too long");
    return NULL;
  }
  g_autoptr (xmlParserCtxt) parser = xmlCreateMemoryParserCtxt ((const char *)data, (int)length);
  g_autoptr (GPtrArray) open = g_ptr_array_new ();
  self.parser = parser;
  self.open = open;
  self.text = g_string_sized_new (MAX_TEXT);
  *parser->sax = handler;
  parser->userData = &self;
  /* NOENT resolves &amp; and its like in attributes; no other entity is known, as none can be
   * declared without a document type. */
  xmlCtxtUseOptions (parser,
                     XML_PARSE_NONET | XML_PARSE_NOENT | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
  xmlParseDocument (parser);
  judge (&self);
  wipe_text (&self);
  g_string_free (self.text, TRUE);
  if (self.error == NULL)
    return self.root;
  g_clear_pointer (&self.root, amt_prov_xml_free);
  g_propagate_error (error, self.error);
  return NULL;
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
  AmtProvXml *added = new_element (ref_namespace (self), name, text);
  guint at = 0;

  while (at < self->children->len &&
         strcmp (((AmtProvXml *)self->children->pdata[at])->name, added->name) <= 0)
    at++;
  g_ptr_array_insert (own_children (self), (int)at, added);
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
  drop_children (child);
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
  g_ptr_array_add (own_children (self), child);
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
