/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/eoi-private.h"

#include <amtprov/error.h>

#include "channel/answer-private.h"

#define SOAP "http://schemas.xmlsoap.org/soap/envelope/"

static char *
service_uri (const char *service)
{
  return g_strdup_printf ("http://schemas.intel.com/platform/client/%s/2004/01", service);
}

AmtProvXml *
amt_prov_eoi_new_request (const char *operation)
{
  g_autofree char *uri = service_uri (amt_prov_eoi_find_operation (operation)->service);

  return amt_prov_xml_new (uri, operation, NULL);
}

static void
write_element (GString *out, const AmtProvXml *element, const char *ns)
{
  g_string_append_printf (out, "<%s", element->name);
  if (ns != NULL) {
    g_string_append (out, " xmlns=\"");
    amt_prov_xml_append_escaped (out, ns);
    g_string_append_c (out, '"');
  }
  g_string_append_c (out, '>');
  if (element->text != NULL)
    amt_prov_xml_append_escaped (out, element->text);
  for (guint i = 0; i < element->children->len; i++)
    write_element (out, element->children->pdata[i], NULL);
  g_string_append_printf (out, "</%s>", element->name);
}

/* One default namespace for the operation and all below it, as the clients do that old firmware is
 * known to take (eoi.md §4.3). */
void
amt_prov_eoi_write (GString *out, const AmtProvXml *request)
{
  g_string_append (out, "<?xml version=\"1.0\" encoding=\"utf-8\"?>"
                        "<s:Envelope xmlns:s=\"" SOAP "\"><s:Body>");
  write_element (out, request, request->ns);
  g_string_append (out, "</s:Body></s:Envelope>");
}

/* SOAP 1.1: faultcode and faultstring have no namespace. */
static void
set_fault (const AmtProvXml *fault, guint http_status, const char *operation, GError **error)
{
  const char *code = amt_prov_answer_local_name (amt_prov_xml_text (fault, "faultcode"));
  const char *text = amt_prov_xml_text (fault, "faultstring");
  g_autofree char *what = amt_prov_answer_printable (code != NULL ? code : "a fault");
  g_autofree char *reason = amt_prov_answer_printable (text != NULL ? text : "no reason given");
  g_autofree char *message =
      g_strdup_printf ("%s answered HTTP %u, fault %s: %s", operation, http_status, what, reason);

  g_propagate_error (error, amt_prov_error_new_refused (-1, http_status, message));
}

/* The first child that is called so: real firmware says Status, an imitation StatusCode (eoi.md
 * §9). */
static const AmtProvXml *
find_status (const AmtProvXml *answer)
{
  for (guint i = 0; i < answer->children->len; i++) {
    const AmtProvXml *child = answer->children->pdata[i];

    if (g_str_has_suffix (child->name, "Status") || g_str_has_suffix (child->name, "StatusCode"))
      return child;
  }
  return NULL;
}

static gboolean
check_status (const AmtProvXml *answer, const char *operation, GError **error)
{
  const AmtProvXml *child = find_status (answer);
  guint64 status;

  if (child == NULL || child->text == NULL ||
      !g_ascii_string_to_unsigned (child->text, 10, 0, G_MAXINT, &status, NULL)) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL, "the answer to %s has no Status",
                 operation);
    return FALSE;
  }
  if (status == 0)
    return TRUE;
  g_autofree char *message = g_strdup_printf ("%s answered %" G_GUINT64_FORMAT " %s", operation,
                                              status, amt_prov_pt_status_to_string ((guint)status));
  g_propagate_error (error, amt_prov_error_new_refused ((int)status, 200, message));
  return FALSE;
}

static AmtProvXml *
steal_answer (AmtProvXml *body, const char *operation)
{
  g_autofree char *name = g_strconcat (operation, "Response", NULL);
  const AmtProvXml *first = body->children->len > 0 ? body->children->pdata[0] : NULL;

  if (first == NULL || !g_str_equal (first->name, name))
    return NULL;
  return g_ptr_array_steal_index (body->children, 0);
}

/* Gives the response element of the operation. Names count, prefixes do not: they differ from
 * release to release (eoi.md §2.1). */
AmtProvXml *
amt_prov_eoi_read (
    const guint8 *data, gsize length, guint http_status, const char *operation, GError **error)
{
  g_autoptr (AmtProvXml) envelope =
      amt_prov_answer_parse ("EOI", SOAP, data, length, http_status, error);

  if (envelope == NULL)
    return NULL;
  AmtProvXml *body = amt_prov_xml_child (envelope, "Body");
  const AmtProvXml *fault = amt_prov_xml_child (body, "Fault");
  if (fault != NULL) {
    set_fault (fault, http_status, operation, error);
    return NULL;
  }
  if (http_status != 200) {
    amt_prov_answer_set_foreign ("EOI", data, length, http_status,
                                 "the HTTP status is not 200, yet it has no fault", error);
    return NULL;
  }
  g_autoptr (AmtProvXml) answer = steal_answer (body, operation);
  if (answer == NULL) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL,
                 "the answer does not answer %s, but something else", operation);
    return NULL;
  }
  if (!check_status (answer, operation, error))
    return NULL;
  return g_steal_pointer (&answer);
}
