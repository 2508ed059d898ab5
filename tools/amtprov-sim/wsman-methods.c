/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The methods: inputs, outputs, return codes (wsman.md §5, wsman-examples.md §6). */
#include "wsman.h"

#include <string.h>

/* Codes that become faults instead of a ReturnValue. */
#define NO_ACTION  G_MAXUINT
#define BAD_SCHEMA (G_MAXUINT - 1)

typedef guint (*MethodFunc) (SimModel *model, xmlNode *in, GString *out);

static gboolean
get_number (xmlNode *in, const char *name, gint64 *number)
{
  g_autofree char *text = sim_request_text (in, name);

  return text != NULL && g_ascii_string_to_signed (text, 10, 0, G_MAXUINT32, number, NULL);
}

static guint
commit_changes (SimModel *model, xmlNode *in, GString *out)
{
  return sim_model_commit (model);
}

static guint
set_mebx_password (SimModel *model, xmlNode *in, GString *out)
{
  g_autofree char *password = sim_request_text (in, "Password");

  return password != NULL ? sim_model_set_mebx_password (model, password) : BAD_SCHEMA;
}

static guint
unprovision (SimModel *model, xmlNode *in, GString *out)
{
  return sim_model_unprovision (model, TRUE);
}

static guint
partial_unprovision (SimModel *model, xmlNode *in, GString *out)
{
  return sim_model_unprovision (model, FALSE);
}

static guint
extend_period (SimModel *model, xmlNode *in, GString *out)
{
  gint64 hours;

  return get_number (in, "Duration", &hours)
             ? sim_model_extend_window (model, (guint)MIN (hours, 255))
             : BAD_SCHEMA;
}

static guint
set_tls_psk (SimModel *model, xmlNode *in, GString *out)
{
  g_autofree char *pid = sim_request_text (in, "PID");
  g_autofree char *pps = sim_request_text (in, "PPS");

  if (!amt_prov_capabilities_get_boolean (model->capabilities, "set-psk"))
    return NO_ACTION;
  return pid != NULL && pps != NULL ? sim_model_set_psk (model, pid, pps) : BAD_SCHEMA;
}

static guint
get_uuid (SimModel *model, xmlNode *in, GString *out)
{
  guint8 bytes[AMT_PROV_UUID_LENGTH] = {0};
  g_autofree char *text = NULL;

  amt_prov_uuid_to_wire (model->settings->uuid, bytes);
  text = g_base64_encode (bytes, sizeof bytes);
  sim_wsman_append_text (out, "g", "UUID", text);
  return SIM_PT_SUCCESS;
}

static guint
say_success (SimModel *model, xmlNode *in, GString *out)
{
  return SIM_PT_SUCCESS;
}

static guint
set_admin (SimModel *model, xmlNode *in, GString *out)
{
  g_autofree char *user = sim_request_text (in, "Username");
  g_autofree char *digest = sim_request_text (in, "DigestPassword");

  return user != NULL && digest != NULL ? sim_model_set_admin (model, user, digest) : BAD_SCHEMA;
}

static guint
get_admin (SimModel *model, xmlNode *in, GString *out)
{
  sim_wsman_append_text (out, "g", "Username", "admin");
  return SIM_PT_SUCCESS;
}

static guint
get_admin_status (SimModel *model, xmlNode *in, GString *out)
{
  sim_wsman_append_text (out, "g", "IsDefault",
                         sim_model_has_default_admin (model) ? "true" : "false");
  return SIM_PT_SUCCESS;
}

static guint
enumerate_users (SimModel *model, xmlNode *in, GString *out)
{
  sim_wsman_append_text (out, "g", "TotalCount", "0");
  sim_wsman_append_text (out, "g", "HandlesCount", "0");
  return SIM_PT_SUCCESS;
}

static guint
get_time (SimModel *model, xmlNode *in, GString *out)
{
  g_autofree char *now = g_strdup_printf ("%" G_GINT64_FORMAT, sim_model_get_time (model));

  sim_wsman_append_text (out, "g", "Ta0", now);
  return SIM_PT_SUCCESS;
}

static guint
set_time (SimModel *model, xmlNode *in, GString *out)
{
  gint64 ta0, tm1, tm2;

  if (!get_number (in, "Ta0", &ta0) || !get_number (in, "Tm1", &tm1) ||
      !get_number (in, "Tm2", &tm2))
    return BAD_SCHEMA;
  return sim_model_set_time (model, tm1, tm2);
}

static void
append_handle (GString *out, const char *name, const char *class, const char *id_form, guint handle)
{
  g_autofree char *id = g_strdup_printf ("%s%u", id_form, handle);
  g_autofree char *reference = sim_reference (class, "InstanceID", id, NULL);

  g_string_append_printf (out, "<g:%s>%s</g:%s>", name, reference, name);
}

#define KEY_ID  "Intel(r) AMT Key: Handle: "
#define CERT_ID "Intel(r) AMT Certificate: Handle: "

static guint
generate_key_pair (SimModel *model, xmlNode *in, GString *out)
{
  gint64 algorithm, length;
  guint handle = 0, status;

  if (!amt_prov_capabilities_get_boolean (model->capabilities, "generate-key-pair"))
    return NO_ACTION;
  if (!get_number (in, "KeyAlgorithm", &algorithm) || !get_number (in, "KeyLength", &length))
    return BAD_SCHEMA;
  if (algorithm != 0)
    return SIM_PT_INVALID_PARAMETER;
  status = sim_model_generate_key (model, (guint)length, &handle);
  if (status == SIM_PT_SUCCESS)
    append_handle (out, "KeyPair", "AMT_PublicPrivateKeyPair", KEY_ID, handle);
  return status;
}

static GBytes *
get_blob (xmlNode *in, const char *name)
{
  g_autofree char *text = sim_request_text (in, name);
  guchar *data;
  gsize length;

  if (text == NULL)
    return NULL;
  data = g_base64_decode (text, &length);
  return g_bytes_new_take (data, length);
}

static guint
add_key (SimModel *model, xmlNode *in, GString *out)
{
  g_autoptr (GBytes) blob = get_blob (in, "KeyBlob");
  guint handle = 0, status;

  if (blob == NULL)
    return BAD_SCHEMA;
  status = sim_model_add_key (model, blob, &handle);
  if (status == SIM_PT_SUCCESS)
    append_handle (out, "CreatedKey", "AMT_PublicPrivateKeyPair", KEY_ID, handle);
  return status;
}

static guint
add_any_certificate (SimModel *model, xmlNode *in, GString *out, gboolean root)
{
  g_autoptr (GBytes) blob = get_blob (in, "CertificateBlob");
  guint handle = 0, status;

  if (blob == NULL)
    return BAD_SCHEMA;
  status = sim_model_add_certificate (model, blob, root, &handle);
  if (status == SIM_PT_SUCCESS)
    append_handle (out, "CreatedCertificate", "AMT_PublicKeyCertificate", CERT_ID, handle);
  return status;
}

static guint
add_certificate (SimModel *model, xmlNode *in, GString *out)
{
  return add_any_certificate (model, in, out, FALSE);
}

static guint
add_root (SimModel *model, xmlNode *in, GString *out)
{
  return add_any_certificate (model, in, out, TRUE);
}

static guint
change_redirection (SimModel *model, xmlNode *in, GString *out)
{
  g_autofree char *state = sim_request_text (in, "RequestedState");
  gint64 number;

  if (!get_number (in, "RequestedState", &number))
    return BAD_SCHEMA;
  if (number < 32768 || number > 32771)
    return SIM_PT_INVALID_PARAMETER;
  sim_store_set (model, "AMT_RedirectionService", 0, "EnabledState", state);
  return SIM_PT_SUCCESS;
}

static guint
change_state (SimModel *model, xmlNode *in, GString *out)
{
  gint64 number;

  return get_number (in, "RequestedState", &number) ? SIM_PT_SUCCESS : BAD_SCHEMA;
}

#define SETUP "AMT_SetupAndConfigurationService"
#define AUTH  "AMT_AuthorizationService"
#define TIME  "AMT_TimeSynchronizationService"
#define KEYS  "AMT_PublicKeyManagementService"

static const struct {
  const char *class;
  const char *method;
  MethodFunc call;
} methods[] = {
    {SETUP, "CommitChanges", commit_changes},
    {SETUP, "SetMEBxPassword", set_mebx_password},
    {SETUP, "Unprovision", unprovision},
    {SETUP, "PartialUnprovision", partial_unprovision},
    {SETUP, "ExtendProvisioningPeriod", extend_period},
    {SETUP, "SetTLSPSK", set_tls_psk},
    {SETUP, "GetUuid", get_uuid},
    {SETUP, "GetUnprovisionBlockingComponents", say_success},
    {SETUP, "ResetFlashWearOutProtection", say_success},
    {AUTH, "SetAdminAclEntryEx", set_admin},
    {AUTH, "GetAdminAclEntry", get_admin},
    {AUTH, "GetAdminAclEntryStatus", get_admin_status},
    {AUTH, "GetAdminNetAclEntryStatus", get_admin_status},
    {AUTH, "EnumerateUserAclEntries", enumerate_users},
    {TIME, "GetLowAccuracyTimeSynch", get_time},
    {TIME, "SetHighAccuracyTimeSynch", set_time},
    {KEYS, "GenerateKeyPair", generate_key_pair},
    {KEYS, "AddKey", add_key},
    {KEYS, "AddCertificate", add_certificate},
    {KEYS, "AddTrustedRootCertificate", add_root},
    {"AMT_RedirectionService", "RequestStateChange", change_redirection},
    {"CIM_KVMRedirectionSAP", "RequestStateChange", change_state},
    {"AMT_UserInitiatedConnectionService", "RequestStateChange", change_state},
    {"CIM_WiFiPort", "RequestStateChange", change_state},
};

static MethodFunc
find_method (const char *class, const char *method)
{
  for (guint i = 0; i < G_N_ELEMENTS (methods); i++) {
    if (strcmp (methods[i].class, class) == 0 && strcmp (methods[i].method, method) == 0)
      return methods[i].call;
  }
  return NULL;
}

/* The body must be METHOD_INPUT. */
static gboolean
input_fits (xmlNode *in, const char *method)
{
  g_autofree char *name = g_strconcat (method, "_INPUT", NULL);

  return in != NULL && strcmp ((const char *)in->name, name) == 0;
}

void
sim_wsman_call (SimAnswer *answer, const char *method)
{
  MethodFunc call = find_method (answer->class->name, method);
  xmlNode *in = answer->request->body;
  guint status = NO_ACTION;

  if (call != NULL) {
    g_string_append_printf (answer->body, "<g:%s_OUTPUT>", method);
    status = input_fits (in, method) ? call (answer->model, in, answer->body) : BAD_SCHEMA;
  }
  if (status == NO_ACTION || status == BAD_SCHEMA) {
    answer->fault = status == NO_ACTION ? SIM_SOAP_NO_ACTION : SIM_SOAP_SCHEMA;
    return;
  }
  answer->body_ns = answer->class->uri;
  g_string_append_printf (answer->body, "<g:ReturnValue>%u</g:ReturnValue></g:%s_OUTPUT>", status,
                          method);
}
