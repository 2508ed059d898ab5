/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/request-private.h"

#include <string.h>
#include <openssl/crypto.h>
#include <amtprov/error.h>
#include <amtprov/uuid.h>

/* A clock this far off is set; closer is what a request's own time explains (wsman.md §5.4). */
#define CLOCK_TOLERANCE 10

#define MAX_WINDOW_HOURS 24

gboolean
amt_prov_request_needs (AmtProvCall *call, const char *name, GError **error)
{
  if (amt_prov_action_has (call->action, name))
    return TRUE;
  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
               "the action lacks its value '%s'", name);
  return FALSE;
}

void
amt_prov_request_add (AmtProvXml *input, const char *name, const char *text)
{
  amt_prov_xml_append (input, amt_prov_xml_new (input->ns, name, text));
}

void
amt_prov_request_add_int (AmtProvXml *input, const char *name, gint64 value)
{
  g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT, value);

  amt_prov_request_add (input, name, text);
}

gboolean
amt_prov_request_add_hours (AmtProvXml *input, AmtProvCall *call, GError **error)
{
  gint64 hours = amt_prov_action_get_int (call->action, "hours");

  if (hours >= 0 && hours <= MAX_WINDOW_HOURS) {
    amt_prov_request_add_int (input, "Duration", hours);
    return TRUE;
  }
  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
               "a setup window can be extended by 0 to %d hours, not by %" G_GINT64_FORMAT,
               MAX_WINDOW_HOURS, hours);
  return FALSE;
}

/* Without dashes (psk.md §5). */
gboolean
amt_prov_request_add_pair (AmtProvXml *input, AmtProvCall *call, GError **error)
{
  AmtProvPsk *psk = amt_prov_action_get_psk (call->action, "psk");

  if (!amt_prov_request_needs (call, "psk", error))
    return FALSE;
  amt_prov_request_add (input, "PID", amt_prov_psk_get_pid (psk));
  amt_prov_request_add (input, "PPS", amt_prov_secret_peek_text (amt_prov_psk_get_pps (psk)));
  return TRUE;
}

gboolean
amt_prov_request_add_password (AmtProvXml *input, AmtProvCall *call, GError **error)
{
  AmtProvSecret *password = amt_prov_action_get_secret (call->action, "password");

  if (!amt_prov_request_needs (call, "password", error))
    return FALSE;
  amt_prov_request_add (input, "Password", amt_prov_secret_peek_text (password));
  return TRUE;
}

/* base64 of the 16 bytes MD5(user:realm:password) (wsman.md §2). */
static void
add_digest (AmtProvXml *input, const char *user, const char *realm, AmtProvSecret *password)
{
  g_autoptr (GChecksum) md5 = g_checksum_new (G_CHECKSUM_MD5);
  gsize length = 0;
  const guint8 *bytes = amt_prov_secret_peek (password, &length);
  guint8 digest[16];
  gsize size = sizeof digest;

  g_checksum_update (md5, (const guchar *)user, -1);
  g_checksum_update (md5, (const guchar *)":", 1);
  g_checksum_update (md5, (const guchar *)realm, -1);
  g_checksum_update (md5, (const guchar *)":", 1);
  g_checksum_update (md5, bytes, (gssize)length);
  g_checksum_get_digest (md5, digest, &size);
  char *text = g_base64_encode (digest, size);
  amt_prov_request_add (input, "Username", user);
  amt_prov_request_add (input, "DigestPassword", text);
  OPENSSL_cleanse (digest, sizeof digest);
  OPENSSL_cleanse (text, strlen (text));
  g_free (text);
}

/* @realm: as the device tells it, NULL when it does not. */
gboolean
amt_prov_request_add_admin (AmtProvXml *input, AmtProvCall *call, const char *realm, GError **error)
{
  if (!amt_prov_request_needs (call, "user", error) ||
      !amt_prov_request_needs (call, "password", error))
    return FALSE;
  if (realm == NULL || *realm == '\0') {
    g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL,
                         "the device does not tell its DigestRealm; a password cannot be set");
    return FALSE;
  }
  add_digest (input, amt_prov_action_get_string (call->action, "user"), realm,
              amt_prov_action_get_secret (call->action, "password"));
  return TRUE;
}

static gint64
now (void)
{
  return g_get_real_time () / G_USEC_PER_SEC;
}

void
amt_prov_request_add_clock (AmtProvXml *input, AmtProvCall *call)
{
  gint64 time = now ();

  amt_prov_request_add_int (input, "Ta0", time - amt_prov_action_get_int (call->action, "offset"));
  amt_prov_request_add_int (input, "Tm1", time);
  amt_prov_request_add_int (input, "Tm2", time);
}

/* Whether the clock has to be set, by the time Ta0 of the device. */
AmtProvStageEnd
amt_prov_request_compare_clock (AmtProvCall *call, const AmtProvXml *answer, GError **error)
{
  gint64 theirs = amt_prov_xml_int (answer, "Ta0", -1);

  if (theirs < 0) {
    g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL,
                         "the answer has no time Ta0");
    return AMT_PROV_STAGE_END_FAIL;
  }
  gint64 offset = now () - theirs;
  amt_prov_action_set_int (call->action, "offset", offset);
  return ABS (offset) > CLOCK_TOLERANCE ? AMT_PROV_STAGE_END_NEXT : AMT_PROV_STAGE_END_DONE;
}

/* 32 zero bytes stand for no one-time password (wsman-examples.md §5.2). */
AmtProvSecret *
amt_prov_request_read_otp (const char *text)
{
  gsize length = 0;
  gboolean set = FALSE;
  guchar *bytes = text == NULL ? NULL : g_base64_decode (text, &length);

  for (gsize i = 0; i < length; i++)
    set = set || bytes[i] != 0;
  AmtProvSecret *otp = set ? amt_prov_secret_new (bytes, length) : NULL;
  if (bytes != NULL)
    OPENSSL_cleanse (bytes, length);
  g_free (bytes);
  return otp;
}

/* NULL when it is none. */
char *
amt_prov_request_read_uuid (const char *text)
{
  gsize length = 0;
  g_autofree guchar *bytes = text == NULL ? NULL : g_base64_decode (text, &length);

  return length == AMT_PROV_UUID_LENGTH ? amt_prov_uuid_from_wire (bytes) : NULL;
}
