/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/wsman-private.h"

#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <amtprov/error.h>

#define MANAGEMENT  "AMT_PublicKeyManagementService"
#define KEY         "AMT_PublicPrivateKeyPair"
#define CERTIFICATE "AMT_PublicKeyCertificate"

/* PT status numbers; sources differ on which one a known key gets (wsman.md §5.4). */
#define DUPLICATE       2058
#define GENERATING_KEYS 2061
#define DUPLICATE_KEY   2068

static void
wipe (char *text)
{
  OPENSSL_cleanse (text, strlen (text));
  g_free (text);
}

static void
add_blob (AmtProvXml *input, const char *name, const guint8 *data, gsize length)
{
  char *text = g_base64_encode (data, length);

  amt_prov_xml_append (input, amt_prov_xml_new (input->ns, name, text));
  wipe (text);
}

static GBytes *
decode (const char *text)
{
  gsize length = 0;
  guchar *data = text == NULL ? NULL : g_base64_decode (text, &length);

  return data == NULL ? NULL : g_bytes_new_take (data, length);
}

/* The handle of what a method made; it must be there when the method succeeded. */
static gboolean
take_handle (AmtProvCall *call, const AmtProvXml *body, const char *name, GError **error)
{
  const char *handle =
      amt_prov_wsman_get_reference (amt_prov_xml_child (body->children->pdata[0], name));

  if (handle == NULL || *handle == '\0') {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL,
                 "the answer to %s has no reference '%s' with an InstanceID", call->stage->what,
                 name);
    return FALSE;
  }
  amt_prov_action_set_string (call->action, "handle", handle);
  return TRUE;
}

/* Key made by the device */

static gboolean
is_ruled_out (AmtProvCapabilities *capabilities, const char *key)
{
  return capabilities != NULL && amt_prov_capabilities_get_string (capabilities, key) != NULL &&
         !amt_prov_capabilities_get_boolean (capabilities, key);
}

static AmtProvStageStart
start_make_key (AmtProvCall *call, GError **error)
{
  if (is_ruled_out (call->capabilities, "generate-key-pair")) {
    g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_SUPPORTED,
                         "this release cannot make a key pair (generate-key-pair=no); give it one");
    return AMT_PROV_STAGE_START_FAIL;
  }
  g_autofree char *bits =
      g_strdup_printf ("%" G_GINT64_FORMAT, amt_prov_action_get_int (call->action, "bits"));
  AmtProvXml *input = amt_prov_wsman_new_method (MANAGEMENT, call->stage->what);
  amt_prov_xml_append (input, amt_prov_xml_new (input->ns, "KeyAlgorithm", "0"));
  amt_prov_xml_append (input, amt_prov_xml_new (input->ns, "KeyLength", bits));
  amt_prov_wsman_ask_method (call, input);
  return AMT_PROV_STAGE_START_SEND;
}

static guint
get_number (AmtProvCapabilities *capabilities, const char *key, guint otherwise)
{
  if (capabilities == NULL || amt_prov_capabilities_get_string (capabilities, key) == NULL)
    return otherwise;
  return (guint)CLAMP (amt_prov_capabilities_get_int (capabilities, key), 0, 3600);
}

static AmtProvStageEnd
end_make_key (AmtProvCall *call, const AmtProvXml *body, GError **error)
{
  if (amt_prov_wsman_get_return (body) == GENERATING_KEYS) {
    guint limit = get_number (call->capabilities, "key-wait-tries", 20);
    if (call->tries >= limit) {
      g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_TIMEOUT,
                   "the device still makes its key after %u tries", limit);
      return AMT_PROV_STAGE_END_FAIL;
    }
    call->wait_seconds = get_number (call->capabilities, "key-wait-seconds", 10);
    return AMT_PROV_STAGE_END_WAIT;
  }
  if (!amt_prov_wsman_check_return (body, call->stage->what, error) ||
      !take_handle (call, body, "KeyPair", error))
    return AMT_PROV_STAGE_END_FAIL;
  amt_prov_wsman_forget (call, KEY);
  return AMT_PROV_STAGE_END_NEXT;
}

static AmtProvStageStart
start_read_key (AmtProvCall *call, GError **error)
{
  amt_prov_wsman_ask (call, KEY, AMT_PROV_WSMAN_TRANSFER "/Get",
                      amt_prov_action_get_string (call->action, "handle"), NULL);
  return AMT_PROV_STAGE_START_SEND;
}

static AmtProvStageEnd
end_read_key (AmtProvCall *call, const AmtProvXml *body, GError **error)
{
  g_autoptr (GBytes) key = decode (amt_prov_xml_text (amt_prov_xml_child (body, KEY), "DERKey"));

  if (key == NULL || g_bytes_get_size (key) == 0) {
    g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL,
                         "the device does not show the public half (DERKey) of its new key");
    return AMT_PROV_STAGE_END_FAIL;
  }
  amt_prov_action_set_bytes (call->action, "public-key", key);
  return AMT_PROV_STAGE_END_NEXT;
}

const AmtProvStage amt_prov_wsman_make_key[] = {
    {.start = start_make_key,
     .end = end_make_key,
     .class_name = MANAGEMENT,
     .what = "GenerateKeyPair"},
    {.start = start_read_key, .end = end_read_key, .class_name = KEY},
    {0},
};

/* Key or certificate given to the device. One that is there already keeps its handle: that is
 * looked up by the content. */

static AmtProvStageStart
start_add_key (AmtProvCall *call, GError **error)
{
  AmtProvSecret *key = amt_prov_action_get_secret (call->action, "key");
  gsize length = 0;

  if (key == NULL) {
    g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
                         "the action lacks its value 'key'");
    return AMT_PROV_STAGE_START_FAIL;
  }
  const guint8 *data = amt_prov_secret_peek (key, &length);
  AmtProvXml *input = amt_prov_wsman_new_method (MANAGEMENT, call->stage->what);
  add_blob (input, "KeyBlob", data, length);
  amt_prov_wsman_ask_method (call, input);
  return AMT_PROV_STAGE_START_SEND;
}

static AmtProvStageStart
start_add_certificate (AmtProvCall *call, GError **error)
{
  GBytes *certificate = amt_prov_action_get_bytes (call->action, "certificate");
  gsize length = 0;

  if (certificate == NULL) {
    g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
                         "the action lacks its value 'certificate'");
    return AMT_PROV_STAGE_START_FAIL;
  }
  const guint8 *data = g_bytes_get_data (certificate, &length);
  AmtProvXml *input = amt_prov_wsman_new_method (MANAGEMENT, call->stage->what);
  add_blob (input, "CertificateBlob", data, length);
  amt_prov_wsman_ask_method (call, input);
  return AMT_PROV_STAGE_START_SEND;
}

static AmtProvStageEnd
end_add (AmtProvCall *call,
         const AmtProvXml *body,
         const char *class_name,
         const char *reference,
         GError **error)
{
  gint64 value = amt_prov_wsman_get_return (body);

  amt_prov_wsman_forget (call, class_name);
  if (value == DUPLICATE || value == DUPLICATE_KEY)
    return AMT_PROV_STAGE_END_NEXT;
  if (!amt_prov_wsman_check_return (body, call->stage->what, error) ||
      !take_handle (call, body, reference, error))
    return AMT_PROV_STAGE_END_FAIL;
  return AMT_PROV_STAGE_END_DONE;
}

static AmtProvStageEnd
end_add_key (AmtProvCall *call, const AmtProvXml *body, GError **error)
{
  return end_add (call, body, KEY, "CreatedKey", error);
}

static AmtProvStageEnd
end_add_certificate (AmtProvCall *call, const AmtProvXml *body, GError **error)
{
  return end_add (call, body, CERTIFICATE, "CreatedCertificate", error);
}

static AmtProvStageStart
find_content (
    AmtProvCall *call, const char *class_name, const char *property, GBytes *wanted, GError **error)
{
  GPtrArray *instances = amt_prov_wsman_get_instances (call, class_name);

  for (guint i = 0; wanted != NULL && i < instances->len; i++) {
    g_autoptr (GBytes) content = decode (amt_prov_xml_text (instances->pdata[i], property));
    if (content == NULL || !g_bytes_equal (content, wanted))
      continue;
    amt_prov_action_set_string (call->action, "handle",
                                amt_prov_xml_text (instances->pdata[i], "InstanceID"));
    return AMT_PROV_STAGE_START_DONE;
  }
  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFLICT,
               "the device says that it has this %s already, but shows no such one", property);
  return AMT_PROV_STAGE_START_FAIL;
}

/* The public half of a PKCS#1 private key, as DERKey shows it. */
static GBytes *
get_public_half (AmtProvSecret *key)
{
  gsize length = 0;
  const guint8 *data = amt_prov_secret_peek (key, &length);
  const unsigned char *at = data;
  EVP_PKEY *pair = d2i_PrivateKey (EVP_PKEY_RSA, NULL, &at, (long)length);
  unsigned char *der = NULL;
  int size = pair == NULL ? -1 : i2d_PublicKey (pair, &der);
  GBytes *half = size <= 0 ? NULL : g_bytes_new (der, (gsize)size);

  OPENSSL_free (der);
  EVP_PKEY_free (pair);
  return half;
}

static AmtProvStageStart
start_find_key (AmtProvCall *call, GError **error)
{
  g_autoptr (GBytes) half = get_public_half (amt_prov_action_get_secret (call->action, "key"));

  return find_content (call, KEY, "DERKey", half, error);
}

static AmtProvStageStart
start_find_certificate (AmtProvCall *call, GError **error)
{
  return find_content (call, CERTIFICATE, "X509Certificate",
                       amt_prov_action_get_bytes (call->action, "certificate"), error);
}

const AmtProvStage amt_prov_wsman_add_key[] = {
    {.start = start_add_key, .end = end_add_key, .class_name = MANAGEMENT, .what = "AddKey"},
    AMT_PROV_WSMAN_ENUMERATE (KEY),
    {.start = start_find_key},
    {0},
};

const AmtProvStage amt_prov_wsman_add_certificate[] = {
    {.start = start_add_certificate,
     .end = end_add_certificate,
     .class_name = MANAGEMENT,
     .what = "AddCertificate"},
    AMT_PROV_WSMAN_ENUMERATE (CERTIFICATE),
    {.start = start_find_certificate},
    {0},
};

const AmtProvStage amt_prov_wsman_add_trusted_root[] = {
    {.start = start_add_certificate,
     .end = end_add_certificate,
     .class_name = MANAGEMENT,
     .what = "AddTrustedRootCertificate"},
    AMT_PROV_WSMAN_ENUMERATE (CERTIFICATE),
    {.start = start_find_certificate},
    {0},
};
