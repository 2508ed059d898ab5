/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/wsman-private.h"

static gpointer
memory_new (void)
{
  AmtProvWsman *wsman = g_rc_box_new0 (AmtProvWsman);

  wsman->instances =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
  return wsman;
}

static void
memory_clear (gpointer memory)
{
  AmtProvWsman *wsman = memory;

  g_hash_table_unref (wsman->instances);
  g_clear_pointer (&wsman->pulled, g_ptr_array_unref);
  g_free (wsman->context);
}

static AmtProvXml *
read_answer (AmtProvCall *call, guint status, GBytes *answer, GError **error)
{
  gsize length = 0;
  const guint8 *data = g_bytes_get_data (answer, &length);

  return amt_prov_wsman_read (data, length, status, call->instance_asked, error);
}

static const AmtProvStage *
get_stages (AmtProvActionKind kind)
{
  switch (kind) {
  case AMT_PROV_ACTION_GET_IDENTITY:
    return amt_prov_wsman_get_identity;
  case AMT_PROV_ACTION_READ_STATE:
    return amt_prov_wsman_read_state;
  case AMT_PROV_ACTION_EXTEND_WINDOW:
    return amt_prov_wsman_extend_window;
  case AMT_PROV_ACTION_SET_MEBX_PASSWORD:
    return amt_prov_wsman_set_mebx_password;
  case AMT_PROV_ACTION_SET_ADMIN:
    return amt_prov_wsman_set_admin;
  case AMT_PROV_ACTION_SET_CLOCK:
    return amt_prov_wsman_set_clock;
  case AMT_PROV_ACTION_READ_GENERAL:
    return amt_prov_wsman_read_general;
  case AMT_PROV_ACTION_PUT_GENERAL:
    return amt_prov_wsman_put_general;
  case AMT_PROV_ACTION_PUT_NETWORK:
    return amt_prov_wsman_put_network;
  case AMT_PROV_ACTION_READ_TLS:
    return amt_prov_wsman_read_tls;
  case AMT_PROV_ACTION_MAKE_KEY:
    return amt_prov_wsman_make_key;
  case AMT_PROV_ACTION_ADD_KEY:
    return amt_prov_wsman_add_key;
  case AMT_PROV_ACTION_ADD_CERTIFICATE:
    return amt_prov_wsman_add_certificate;
  case AMT_PROV_ACTION_ADD_TRUSTED_ROOT:
    return amt_prov_wsman_add_trusted_root;
  case AMT_PROV_ACTION_BIND_CERTIFICATE:
    return amt_prov_wsman_bind_certificate;
  case AMT_PROV_ACTION_SET_TLS:
    return amt_prov_wsman_set_tls;
  case AMT_PROV_ACTION_READ_REDIRECTION:
    return amt_prov_wsman_read_redirection;
  case AMT_PROV_ACTION_SET_REDIRECTION:
    return amt_prov_wsman_set_redirection;
  case AMT_PROV_ACTION_SET_PSK:
    return amt_prov_wsman_set_psk;
  case AMT_PROV_ACTION_COMMIT:
    return amt_prov_wsman_commit;
  }
  return NULL;
}

const AmtProvInterface *
amt_prov_wsman_get_interface (void)
{
  static const AmtProvInterface wsman = {
      .name = "wsman",
      .content_type = "application/soap+xml; charset=UTF-8",
      .missing = "no WS-Man here; releases below 3.2 have only the older SOAP interface",
      .memory_new = memory_new,
      .memory_clear = memory_clear,
      .get_stages = get_stages,
      .read = read_answer,
  };

  return &wsman;
}
