/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "token.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <string.h>

#define ID_BYTES     8
#define SECRET_BYTES 32
#define ID_LENGTH    (2 * ID_BYTES)
#define TOKEN_LENGTH (ID_LENGTH + 1 + 2 * SECRET_BYTES)

static gboolean
draw_hex (char *text, gsize count)
{
  static const char digits[] = "0123456789abcdef";
  guint8 bytes[SECRET_BYTES];

  if (RAND_priv_bytes (bytes, (int)count) != 1)
    return FALSE;
  for (gsize i = 0; i < count; i++) {
    text[2 * i] = digits[bytes[i] >> 4];
    text[2 * i + 1] = digits[bytes[i] & 15];
  }
  OPENSSL_cleanse (bytes, sizeof bytes);
  return TRUE;
}

static AmtProvSecret *
hash (const char *token)
{
  guint8 digest[SHA256_DIGEST_LENGTH];

  SHA256 ((const guint8 *)token, strlen (token), digest);
  return amt_prov_secret_new (digest, sizeof digest);
}

AmtProvCredential *
amt_prov_agent_token_new (const char *site, AmtProvSecret **token)
{
  char text[TOKEN_LENGTH + 1] = {0};
  g_autofree char *id = NULL;
  g_autoptr (AmtProvSecret) digest = NULL;
  AmtProvCredential *credential;

  if (!draw_hex (text, ID_BYTES) || !draw_hex (text + ID_LENGTH + 1, SECRET_BYTES))
    return NULL;
  text[ID_LENGTH] = '.';
  id = g_strndup (text, ID_LENGTH);
  digest = hash (text);
  *token = amt_prov_secret_new_text (text);
  OPENSSL_cleanse (text, sizeof text);
  credential = amt_prov_credential_new (AGENT_TOKEN_TYPE, id, site, "current");
  amt_prov_credential_set_value (credential, AGENT_TOKEN_HASH, digest);
  amt_prov_agent_token_stamp (credential, AGENT_TOKEN_MADE);
  return credential;
}

char *
amt_prov_agent_token_dup_id (const char *token)
{
  if (strlen (token) != TOKEN_LENGTH || token[ID_LENGTH] != '.' ||
      strspn (token, "0123456789abcdef") != ID_LENGTH)
    return NULL;
  return g_strndup (token, ID_LENGTH);
}

gboolean
amt_prov_agent_token_matches (AmtProvCredential *credential, const char *token)
{
  AmtProvSecret *known = amt_prov_credential_get_value (credential, AGENT_TOKEN_HASH);
  g_autoptr (AmtProvSecret) shown = hash (token);

  return known != NULL && amt_prov_secret_equal (known, shown);
}

void
amt_prov_agent_token_stamp (AmtProvCredential *credential, const char *name)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *text = g_date_time_format_iso8601 (now);
  g_autoptr (AmtProvSecret) value = amt_prov_secret_new_text (text);

  amt_prov_credential_set_value (credential, name, value);
}

GDateTime *
amt_prov_agent_token_get_time (AmtProvCredential *credential, const char *name)
{
  AmtProvSecret *value = amt_prov_credential_get_value (credential, name);

  return value != NULL ? g_date_time_new_from_iso8601 (amt_prov_secret_peek_text (value), NULL)
                       : NULL;
}
