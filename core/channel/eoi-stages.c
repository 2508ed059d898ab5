/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/eoi-private.h"

/* Sends @request, which it takes. */
void
amt_prov_eoi_ask (AmtProvCall *call, AmtProvXml *request)
{
  g_autoptr (AmtProvXml) owned = request;
  const char *service = amt_prov_eoi_find_operation (request->name)->service;

  amt_prov_eoi_write (call->body, request);
  g_free (call->path);
  call->path = g_strdup_printf ("/%sService", service);
  g_free (call->soap_action);
  call->soap_action = g_strdup_printf ("\"%s#%s\"", request->ns, request->name);
  g_free (call->asked);
  call->asked = g_strdup_printf ("%s of %s", request->name, service);
}

/* An operation without inputs. */
AmtProvStageStart
amt_prov_eoi_start_plain (AmtProvCall *call, GError **error)
{
  amt_prov_eoi_ask (call, amt_prov_eoi_new_request (call->stage->what));
  return AMT_PROV_STAGE_START_SEND;
}

/* The status has been looked at already, and there is nothing else to see. */
AmtProvStageEnd
amt_prov_eoi_end_plain (AmtProvCall *call, const AmtProvXml *answer, GError **error)
{
  return AMT_PROV_STAGE_END_NEXT;
}

const AmtProvXml *
amt_prov_eoi_get_answer (AmtProvCall *call, const char *operation)
{
  AmtProvEoi *eoi = call->memory;

  return g_hash_table_lookup (eoi->answers, operation);
}

void
amt_prov_eoi_forget (AmtProvCall *call, const char *operation)
{
  AmtProvEoi *eoi = call->memory;

  g_hash_table_remove (eoi->answers, operation);
}

AmtProvStageStart
amt_prov_eoi_start_once (AmtProvCall *call, GError **error)
{
  if (amt_prov_eoi_get_answer (call, call->stage->what) != NULL)
    return AMT_PROV_STAGE_START_SKIP;
  return amt_prov_eoi_start_plain (call, error);
}

AmtProvStageEnd
amt_prov_eoi_end_once (AmtProvCall *call, const AmtProvXml *answer, GError **error)
{
  AmtProvEoi *eoi = call->memory;

  g_hash_table_replace (eoi->answers, g_strdup (call->stage->what), amt_prov_xml_copy (answer));
  return AMT_PROV_STAGE_END_NEXT;
}
