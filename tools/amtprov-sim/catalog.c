/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The classes of AMT and their instances on a fresh device, read from a data file. */
#include "catalog.h"

#include <libxml/parser.h>
#include <string.h>

struct _SimCatalog {
  GHashTable *classes;
};

#define XML_TEXT(s) ((const char *)(s))
#define ROLE        "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous"

guint
sim_release_number (AmtProvVersion *release)
{
  return amt_prov_version_get_major (release) * 100 + amt_prov_version_get_minor (release);
}

static guint
parse_release (const char *text)
{
  g_autoptr (AmtProvVersion) version = text != NULL ? amt_prov_version_parse (text, NULL) : NULL;

  return version != NULL ? sim_release_number (version) : 0;
}

char *
sim_class_uri (const char *name)
{
  const char *base = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/";

  if (g_str_has_prefix (name, "AMT_"))
    base = "http://intel.com/wbem/wscim/1/amt-schema/1/";
  else if (g_str_has_prefix (name, "IPS_"))
    base = "http://intel.com/wbem/wscim/1/ips-schema/1/";
  return g_strconcat (base, name, NULL);
}

static void
property_free (gpointer data)
{
  SimProperty *self = data;

  g_free (self->name);
  g_free (self->value);
  g_free (self);
}

SimProperty *
sim_property_new (const char *name, const char *value, gboolean raw)
{
  SimProperty *self = g_new0 (SimProperty, 1);

  self->name = g_strdup (name);
  self->value = g_strdup (value);
  self->raw = raw;
  return self;
}

SimInstance *
sim_instance_new (const char *class_name)
{
  SimInstance *self = g_new0 (SimInstance, 1);

  self->class_name = g_strdup (class_name);
  self->properties = g_ptr_array_new_with_free_func (property_free);
  return self;
}

void
sim_instance_free (SimInstance *self)
{
  if (self == NULL)
    return;
  g_free (self->class_name);
  g_ptr_array_unref (self->properties);
  g_free (self);
}

SimInstance *
sim_instance_copy (const SimInstance *self)
{
  SimInstance *copy = sim_instance_new (self->class_name);

  for (guint i = 0; i < self->properties->len; i++) {
    const SimProperty *property = self->properties->pdata[i];
    SimProperty *twin = sim_property_new (property->name, property->value, property->raw);

    twin->since = property->since;
    g_ptr_array_add (copy->properties, twin);
  }
  return copy;
}

const char *
sim_instance_get (const SimInstance *self, const char *name)
{
  for (guint i = 0; i < self->properties->len; i++) {
    const SimProperty *property = self->properties->pdata[i];

    if (strcmp (property->name, name) == 0)
      return property->value;
  }
  return NULL;
}

void
sim_instance_unset (SimInstance *self, const char *name)
{
  for (guint i = self->properties->len; i-- > 0;) {
    const SimProperty *property = self->properties->pdata[i];

    if (strcmp (property->name, name) == 0)
      g_ptr_array_remove_index (self->properties, i);
  }
}

void
sim_instance_add (SimInstance *self, const char *name, const char *value, gboolean raw)
{
  guint at = 0;

  /* Properties stand in ASCII order, equal names in the order given (wsman-examples.md §1). */
  while (at < self->properties->len &&
         strcmp (((SimProperty *)self->properties->pdata[at])->name, name) <= 0)
    at++;
  g_ptr_array_insert (self->properties, (int)at, sim_property_new (name, value, raw));
}

void
sim_instance_set (SimInstance *self, const char *name, const char *value)
{
  sim_instance_unset (self, name);
  sim_instance_add (self, name, value, FALSE);
}

static void
append_selector (GString *out, const char *name, const char *value)
{
  g_autofree char *text = g_markup_escape_text (value, -1);

  g_string_append_printf (out, "<c:Selector Name=\"%s\">%s</c:Selector>", name, text);
}

static GString *
reference_start (const char *class_name)
{
  g_autofree char *uri = sim_class_uri (class_name);
  GString *out = g_string_new (NULL);

  g_string_append_printf (out,
                          "<b:Address>" ROLE "</b:Address><b:ReferenceParameters>"
                          "<c:ResourceURI>%s</c:ResourceURI><c:SelectorSet>",
                          uri);
  return out;
}

static char *
reference_end (GString *out)
{
  g_string_append (out, "</c:SelectorSet></b:ReferenceParameters>");
  return g_string_free (out, FALSE);
}

char *
sim_reference (const char *class_name, const char *first_selector, ...)
{
  GString *out = reference_start (class_name);
  va_list arguments;

  va_start (arguments, first_selector);
  for (const char *name = first_selector; name != NULL; name = va_arg (arguments, const char *))
    append_selector (out, name, va_arg (arguments, const char *));
  va_end (arguments);
  return reference_end (out);
}

static char *
get_attribute (xmlNode *node, const char *name)
{
  xmlChar *value = xmlGetNoNsProp (node, (const xmlChar *)name);
  char *copy = g_strdup (XML_TEXT (value));

  xmlFree (value);
  return copy;
}

static char **
get_list (xmlNode *node, const char *name)
{
  g_autofree char *text = get_attribute (node, name);

  return g_strsplit_set (text != NULL ? text : "", " ", -1);
}

/* <Antecedent class="CIM_Chassis" Tag="CIM_Chassis"/>: the other attributes are the selectors. */
static char *
read_reference (xmlNode *node, const char *class_name)
{
  GString *out = reference_start (class_name);

  for (xmlAttr *attribute = node->properties; attribute != NULL; attribute = attribute->next) {
    g_autofree char *value = get_attribute (node, XML_TEXT (attribute->name));

    if (strcmp (XML_TEXT (attribute->name), "class") != 0)
      append_selector (out, XML_TEXT (attribute->name), value);
  }
  return reference_end (out);
}

static void
read_property (SimInstance *instance, xmlNode *node)
{
  g_autofree char *class_name = get_attribute (node, "class");
  g_autofree char *since = get_attribute (node, "since");
  g_autofree char *when = get_attribute (node, "datetime");
  xmlChar *content = xmlNodeGetContent (node);
  SimProperty *property = sim_property_new (XML_TEXT (node->name), XML_TEXT (content), FALSE);

  xmlFree (content);
  if (class_name != NULL || when != NULL) {
    g_free (property->value);
    property->raw = TRUE;
    property->value =
        class_name != NULL
            ? read_reference (node, class_name)
            : g_strdup_printf ("<d:Datetime "
                               "xmlns:d=\"http://schemas.dmtf.org/wbem/wscim/1/common\">%s"
                               "</d:Datetime>",
                               when);
  }
  property->since = parse_release (since);
  g_ptr_array_add (instance->properties, property);
}

static int
compare_properties (gconstpointer a, gconstpointer b)
{
  const SimProperty *left = *(SimProperty *const *)a;
  const SimProperty *right = *(SimProperty *const *)b;

  return strcmp (left->name, right->name);
}

static void
read_instance (SimClass *class, xmlNode *node)
{
  SimInstance *instance = sim_instance_new (class->name);

  for (xmlNode *child = xmlFirstElementChild (node); child != NULL;
       child = xmlNextElementSibling (child))
    read_property (instance, child);
  /* g_ptr_array_sort() is stable, so array values keep their order. */
  g_ptr_array_sort (instance->properties, compare_properties);
  g_ptr_array_add (class->instances, instance);
}

static void
class_free (gpointer data)
{
  SimClass *self = data;

  g_free (self->name);
  g_free (self->uri);
  g_strfreev (self->keys);
  g_strfreev (self->optional);
  g_strfreev (self->read_only);
  g_strfreev (self->parts);
  g_ptr_array_unref (self->instances);
  g_free (self);
}

static void
read_class (SimCatalog *self, xmlNode *node)
{
  SimClass *class = g_new0 (SimClass, 1);
  g_autofree char *verbs = get_attribute (node, "verbs");
  g_autofree char *since = get_attribute (node, "since");

  class->name = get_attribute (node, "name");
  class->uri = sim_class_uri (class->name);
  class->keys = get_list (node, "keys");
  class->optional = get_list (node, "optional");
  class->read_only = get_list (node, "read-only");
  class->parts = get_list (node, "parts");
  class->put = verbs != NULL && strstr (verbs, "put") != NULL;
  class->create = verbs != NULL && strstr (verbs, "create") != NULL;
  class->delete = verbs != NULL && strstr (verbs, "delete") != NULL;
  class->since = parse_release (since);
  class->instances = g_ptr_array_new_with_free_func ((GDestroyNotify)sim_instance_free);
  for (xmlNode *child = xmlFirstElementChild (node); child != NULL;
       child = xmlNextElementSibling (child))
    read_instance (class, child);
  g_hash_table_replace (self->classes, class->name, class);
}

static gboolean
read_file (SimCatalog *self, const char *path, GError **error)
{
  g_autoptr (GBytes) bytes = g_resources_lookup_data (path, G_RESOURCE_LOOKUP_FLAGS_NONE, error);
  xmlDoc *doc;

  if (bytes == NULL)
    return FALSE;
  doc = xmlReadMemory (g_bytes_get_data (bytes, NULL), (int)g_bytes_get_size (bytes), path, NULL,
                       XML_PARSE_NOBLANKS | XML_PARSE_NONET);
  if (doc == NULL) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: not well-formed XML", path);
    return FALSE;
  }
  for (xmlNode *node = xmlFirstElementChild (xmlDocGetRootElement (doc)); node != NULL;
       node = xmlNextElementSibling (node))
    read_class (self, node);
  xmlFreeDoc (doc);
  return TRUE;
}

SimCatalog *
sim_catalog_new (GError **error)
{
  static const char base[] = "/amtprov-sim/classes/";
  g_autoptr (SimCatalog) self = g_new0 (SimCatalog, 1);
  g_auto (GStrv) names = g_resources_enumerate_children (base, G_RESOURCE_LOOKUP_FLAGS_NONE, error);

  self->classes = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, class_free);
  if (names == NULL)
    return NULL;
  for (guint i = 0; names[i] != NULL; i++) {
    g_autofree char *path = g_strconcat (base, names[i], NULL);

    if (!read_file (self, path, error))
      return NULL;
  }
  return g_steal_pointer (&self);
}

void
sim_catalog_free (SimCatalog *self)
{
  g_hash_table_unref (self->classes);
  g_free (self);
}

SimClass *
sim_catalog_lookup (SimCatalog *self, const char *name)
{
  return g_hash_table_lookup (self->classes, name);
}

GList *
sim_catalog_list (SimCatalog *self)
{
  return g_list_sort (g_hash_table_get_keys (self->classes), (GCompareFunc)strcmp);
}
