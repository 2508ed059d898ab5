/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/eoi-private.h"

#include <amtprov/error.h>

/* The SOAP interface of AMT 2.0 to 8.x (eoi.md). */

static gpointer
memory_new (void)
{
  AmtProvEoi *eoi = g_rc_box_new0 (AmtProvEoi);

  eoi->answers =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)amt_prov_xml_free);
  return eoi;
}

static void
memory_clear (gpointer memory)
{
  AmtProvEoi *eoi = memory;

  g_hash_table_unref (eoi->answers);
  g_clear_pointer (&eoi->key, amt_prov_secret_unref);
  g_clear_pointer (&eoi->certificate, g_bytes_unref);
}

/* Where the name or the form of an operation is not certain, a refusal of any kind means that this
 * machine does not have it, and the step says so (eoi.md §4.3). */
static void
soften (const AmtProvEoiOperation *operation, guint status, GError **error)
{
  GError *refusal = *error;

  if (operation->certain ||
      (status == 200 && g_error_matches (refusal, AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL)))
    return;
  *error = g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_SUPPORTED,
                        "this machine does not take %s over its SOAP interface (%s)",
                        operation->name, refusal->message);
  g_error_free (refusal);
}

static AmtProvXml *
read_answer (AmtProvCall *call, guint status, GBytes *answer, GError **error)
{
  const AmtProvEoiOperation *operation = amt_prov_eoi_find_operation (call->stage->what);
  gsize length = 0;
  const guint8 *data = g_bytes_get_data (answer, &length);
  GError *problem = NULL;
  AmtProvXml *response = amt_prov_eoi_read (data, length, status, operation->name, &problem);

  if (response == NULL) {
    soften (operation, status, &problem);
    g_propagate_error (error, problem);
  }
  return response;
}

static const AmtProvStage *
get_stages (AmtProvActionKind kind)
{
  switch (kind) {
  case AMT_PROV_ACTION_GET_IDENTITY:
    return amt_prov_eoi_get_identity;
  case AMT_PROV_ACTION_READ_STATE:
    return amt_prov_eoi_read_state;
  case AMT_PROV_ACTION_EXTEND_WINDOW:
    return amt_prov_eoi_extend_window;
  case AMT_PROV_ACTION_SET_MEBX_PASSWORD:
    return amt_prov_eoi_set_mebx_password;
  case AMT_PROV_ACTION_SET_ADMIN:
    return amt_prov_eoi_set_admin;
  case AMT_PROV_ACTION_SET_CLOCK:
    return amt_prov_eoi_set_clock;
  case AMT_PROV_ACTION_READ_GENERAL:
    return amt_prov_eoi_read_general;
  case AMT_PROV_ACTION_PUT_GENERAL:
    return amt_prov_eoi_put_general;
  case AMT_PROV_ACTION_PUT_NETWORK:
    return amt_prov_eoi_put_network;
  case AMT_PROV_ACTION_ADD_KEY:
    return amt_prov_eoi_add_key;
  case AMT_PROV_ACTION_ADD_CERTIFICATE:
    return amt_prov_eoi_add_certificate;
  case AMT_PROV_ACTION_ADD_TRUSTED_ROOT:
    return amt_prov_eoi_add_trusted_root;
  case AMT_PROV_ACTION_BIND_CERTIFICATE:
    return amt_prov_eoi_bind_certificate;
  case AMT_PROV_ACTION_SET_TLS:
    return amt_prov_eoi_set_tls;
  case AMT_PROV_ACTION_READ_REDIRECTION:
    return amt_prov_eoi_read_redirection;
  case AMT_PROV_ACTION_SET_REDIRECTION:
    return amt_prov_eoi_set_redirection;
  case AMT_PROV_ACTION_SET_PSK:
    return amt_prov_eoi_set_psk;
  case AMT_PROV_ACTION_COMMIT:
    return amt_prov_eoi_commit;
  /* No operation is known that makes a key or reads how TLS is set. */
  case AMT_PROV_ACTION_MAKE_KEY:
  case AMT_PROV_ACTION_READ_TLS:
    return NULL;
  }
  return NULL;
}

const AmtProvInterface *
amt_prov_eoi_get_interface (void)
{
  static const AmtProvInterface eoi = {
      .name = "eoi",
      .content_type = "text/xml; charset=utf-8",
      .missing = "the machine does not have this service of the SOAP interface",
      .memory_new = memory_new,
      .memory_clear = memory_clear,
      .get_stages = get_stages,
      .read = read_answer,
  };

  return &eoi;
}
