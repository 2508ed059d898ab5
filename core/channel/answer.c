/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/answer-private.h"

#include <string.h>
#include <amtprov/error.h>

#define EXCERPT_SIZE 60
#define TEXT_SIZE    300

/* The start of a foreign answer, fit for a terminal. */
static char *
excerpt (const guint8 *data, gsize length)
{
  GString *out = g_string_new (NULL);

  for (gsize i = 0; i < length && i < EXCERPT_SIZE; i++)
    g_string_append_c (out, g_ascii_isprint ((char)data[i]) ? (char)data[i] : '.');
  if (length > EXCERPT_SIZE)
    g_string_append (out, "…");
  return g_string_free (out, FALSE);
}

const char *
amt_prov_answer_local_name (const char *text)
{
  if (text == NULL)
    return NULL;
  const char *colon = strrchr (text, ':');
  return colon == NULL ? text : colon + 1;
}

/* What a device says, fit for a message to a person. */
char *
amt_prov_answer_printable (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, (gssize)MIN (strlen (text), TEXT_SIZE));
  GString *out = g_string_new (NULL);

  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p))
    g_string_append_unichar (out,
                             g_unichar_isprint (g_utf8_get_char (p)) ? g_utf8_get_char (p) : '.');
  return g_string_free (out, FALSE);
}

void
amt_prov_answer_set_foreign (const char *interface,
                             const guint8 *data,
                             gsize length,
                             guint http_status,
                             const char *why,
                             GError **error)
{
  g_autofree char *start = excerpt (data, length);

  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL,
               "the answer (HTTP %u, %" G_GSIZE_FORMAT " bytes) is not %s: %s; it starts with "
               "\"%s\"",
               http_status, length, interface, why, start);
}

/* An envelope of the SOAP version in question, with a Body. */
AmtProvXml *
amt_prov_answer_parse (const char *interface,
                       const char *soap,
                       const guint8 *data,
                       gsize length,
                       guint http_status,
                       GError **error)
{
  g_autoptr (GError) why = NULL;
  g_autoptr (AmtProvXml) envelope = amt_prov_xml_parse (data, length, &why);
  const char *problem = NULL;

  if (envelope == NULL)
    problem = why->message;
  else if (!g_str_equal (envelope->name, "Envelope") || g_strcmp0 (envelope->ns, soap) != 0)
    problem = "its root is not the SOAP envelope of this interface";
  else if (amt_prov_xml_child (envelope, "Body") == NULL)
    problem = "the envelope has no Body";
  if (problem == NULL)
    return g_steal_pointer (&envelope);
  amt_prov_answer_set_foreign (interface, data, length, http_status, problem, error);
  return NULL;
}
