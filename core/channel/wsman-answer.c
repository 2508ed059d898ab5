/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/wsman-private.h"

#include <string.h>
#include <amtprov/error.h>

#include "channel/answer-private.h"

#define SOAP "http://www.w3.org/2003/05/soap-envelope"

/* The PT status of a refused Put stands as text somewhere in Detail (wsman-examples.md §8 row 13).
 */
static int
find_amt_status (const AmtProvXml *detail)
{
  if (detail == NULL)
    return -1;
  if (detail->text != NULL) {
    const char *at = strstr (detail->text, "AMT-STATUS");
    if (at != NULL) {
      at += strlen ("AMT-STATUS");
      while (*at != '\0' && !g_ascii_isdigit (*at))
        at++;
      if (*at != '\0')
        return (int)MIN (g_ascii_strtoull (at, NULL, 10), G_MAXINT);
    }
  }
  for (guint i = 0; i < detail->children->len; i++) {
    int status = find_amt_status (detail->children->pdata[i]);
    if (status >= 0)
      return status;
  }
  return -1;
}

static void
set_fault (const AmtProvXml *fault, guint http_status, gboolean instance_asked, GError **error)
{
  const char *code =
      amt_prov_answer_local_name (amt_prov_xml_text (amt_prov_xml_child (fault, "Code"), "Value"));
  const char *subcode = amt_prov_answer_local_name (
      amt_prov_xml_text (amt_prov_xml_path (fault, "Code", "Subcode", NULL), "Value"));
  const char *text = amt_prov_xml_text (amt_prov_xml_child (fault, "Reason"), "Text");
  g_autofree char *reason = amt_prov_answer_printable (text == NULL ? "no reason given" : text);
  g_autofree char *what = amt_prov_answer_printable (subcode != NULL ? subcode
                                                     : code != NULL  ? code
                                                                     : "a fault");
  int status = find_amt_status (amt_prov_xml_child (fault, "Detail"));

  if (g_strcmp0 (subcode, "DestinationUnreachable") == 0) {
    if (instance_asked)
      g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_FOUND,
                   "there is no such instance (%s)", what);
    else
      g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_SUPPORTED,
                   "this release or SKU does not have the class (%s)", what);
    return;
  }
  if (g_strcmp0 (subcode, "ActionNotSupported") == 0) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_SUPPORTED,
                 "this release or SKU does not have the method (%s)", what);
    return;
  }
  g_autofree char *message =
      status < 0 ? g_strdup_printf ("HTTP %u, fault %s: %s", http_status, what, reason)
                 : g_strdup_printf ("HTTP %u, fault %s, AMT status %d %s", http_status, what,
                                    status, amt_prov_pt_status_to_string ((guint)status));
  g_propagate_error (error, amt_prov_error_new_refused (status, http_status, message));
}

/* Gives the Body of the answer. */
AmtProvXml *
amt_prov_wsman_read (
    const guint8 *data, gsize length, guint http_status, gboolean instance_asked, GError **error)
{
  g_autoptr (AmtProvXml) envelope =
      amt_prov_answer_parse ("WS-Man", SOAP, data, length, http_status, error);

  if (envelope == NULL)
    return NULL;
  AmtProvXml *body = amt_prov_xml_child (envelope, "Body");
  AmtProvXml *fault = amt_prov_xml_child (body, "Fault");
  if (fault != NULL) {
    set_fault (fault, http_status, instance_asked, error);
    return NULL;
  }
  if (http_status != 200) {
    amt_prov_answer_set_foreign ("WS-Man", data, length, http_status,
                                 "the HTTP status is not 200, yet it has no fault", error);
    return NULL;
  }
  for (guint i = 0; i < envelope->children->len; i++)
    if (envelope->children->pdata[i] == body)
      return g_ptr_array_steal_index (envelope->children, i);
  return NULL;
}

/* The number of an answered method; 0 where it is left out, as a captured GetUuid does
 * (wsman-examples.md §6.10), -1 where the answer is of another shape. */
gint64
amt_prov_wsman_get_return (const AmtProvXml *body)
{
  if (body->children->len == 0)
    return -1;
  const AmtProvXml *output = body->children->pdata[0];
  if (!g_str_has_suffix (output->name, "_OUTPUT"))
    return -1;
  if (amt_prov_xml_child (output, "ReturnValue") == NULL)
    return 0;
  return amt_prov_xml_int (output, "ReturnValue", -1);
}

gboolean
amt_prov_wsman_check_return (const AmtProvXml *body, const char *method, GError **error)
{
  gint64 value = amt_prov_wsman_get_return (body);

  if (value == 0)
    return TRUE;
  if (value < 0) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL,
                 "the answer to %s has no ReturnValue", method);
    return FALSE;
  }
  /* RequestStateChange adds 32768 to the PT status (wsman-examples.md §6.7). */
  guint status = (guint)(value >= 32768 && value < 65536 ? value - 32768 : value);
  g_autofree char *message = g_strdup_printf ("%s answered %" G_GINT64_FORMAT " %s", method, value,
                                              amt_prov_pt_status_to_string (status));
  g_propagate_error (error, amt_prov_error_new_refused ((int)status, 200, message));
  return FALSE;
}
