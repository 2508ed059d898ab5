/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/wsman-private.h"

#include <string.h>
#include <amtprov/error.h>

void
amt_prov_wsman_ask (AmtProvCall *call,
                    const char *class_name,
                    const char *action,
                    const char *instance_id,
                    const AmtProvXml *body)
{
  AmtProvWsman *wsman = call->memory;
  const char *verb = strrchr (action, '/');

  g_free (call->path);
  call->path = g_strdup ("/wsman");
  g_free (call->asked);
  call->asked = g_strdup_printf ("%s %s", verb == NULL ? action : verb + 1, class_name);
  call->instance_asked = instance_id != NULL;
  amt_prov_wsman_write (call->body, ++wsman->message_id, class_name, action, instance_id, body);
}

/* Takes over the input element; the stage names class and method. */
void
amt_prov_wsman_ask_method (AmtProvCall *call, AmtProvXml *input)
{
  g_autoptr (AmtProvXml) owned = input;

  amt_prov_wsman_ask (call, call->stage->class_name, call->stage->what, NULL, owned);
}

GPtrArray *
amt_prov_wsman_get_instances (AmtProvCall *call, const char *class_name)
{
  AmtProvWsman *wsman = call->memory;

  return g_hash_table_lookup (wsman->instances, class_name);
}

/* NULL as id finds the first, for classes with one instance. */
AmtProvXml *
amt_prov_wsman_find_instance (AmtProvCall *call, const char *class_name, const char *instance_id)
{
  GPtrArray *instances = amt_prov_wsman_get_instances (call, class_name);

  for (guint i = 0; instances != NULL && i < instances->len; i++)
    if (instance_id == NULL ||
        g_strcmp0 (amt_prov_xml_text (instances->pdata[i], "InstanceID"), instance_id) == 0)
      return instances->pdata[i];
  return NULL;
}

void
amt_prov_wsman_forget (AmtProvCall *call, const char *class_name)
{
  AmtProvWsman *wsman = call->memory;

  g_hash_table_remove (wsman->instances, class_name);
}

static void
remember (AmtProvCall *call, const char *class_name, GPtrArray *instances)
{
  AmtProvWsman *wsman = call->memory;

  g_hash_table_replace (wsman->instances, g_strdup (class_name), instances);
}

static GPtrArray *
new_instances (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_xml_free);
}

static void
set_odd_answer (const char *wanted, const AmtProvXml *body, GError **error)
{
  g_autofree char *got = body->children->len == 0
                             ? g_strdup ("an empty Body")
                             : g_strdup (((AmtProvXml *)body->children->pdata[0])->name);

  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL,
               "the answer holds %s where %s belongs", got, wanted);
}

/* Get, skipped when the instance is known already. */
AmtProvStageStart
amt_prov_wsman_start_get (AmtProvCall *call, GError **error)
{
  if (amt_prov_wsman_get_instances (call, call->stage->class_name) != NULL)
    return AMT_PROV_STAGE_START_SKIP;
  amt_prov_wsman_ask (call, call->stage->class_name, AMT_PROV_WSMAN_TRANSFER "/Get",
                      call->stage->instance, NULL);
  /* A device without what an action needs cannot do it; which of the two it lacks is all the same.
   */
  call->instance_asked = FALSE;
  return AMT_PROV_STAGE_START_SEND;
}

AmtProvStageEnd
amt_prov_wsman_end_get (AmtProvCall *call, const AmtProvXml *body, GError **error)
{
  const AmtProvXml *instance = amt_prov_xml_child (body, call->stage->class_name);

  if (instance == NULL) {
    set_odd_answer (call->stage->class_name, body, error);
    return AMT_PROV_STAGE_END_FAIL;
  }
  GPtrArray *instances = new_instances ();
  g_ptr_array_add (instances, amt_prov_xml_copy (instance));
  remember (call, call->stage->class_name, instances);
  return AMT_PROV_STAGE_END_NEXT;
}

AmtProvStageStart
amt_prov_wsman_start_enumerate (AmtProvCall *call, GError **error)
{
  AmtProvWsman *wsman = call->memory;

  g_clear_pointer (&wsman->context, g_free);
  if (amt_prov_wsman_get_instances (call, call->stage->class_name) != NULL)
    return AMT_PROV_STAGE_START_SKIP;
  g_autoptr (AmtProvXml) body = amt_prov_xml_new (AMT_PROV_WSMAN_ENUMERATION, "Enumerate", NULL);
  amt_prov_wsman_ask (call, call->stage->class_name, AMT_PROV_WSMAN_ENUMERATION "/Enumerate", NULL,
                      body);
  return AMT_PROV_STAGE_START_SEND;
}

AmtProvStageEnd
amt_prov_wsman_end_enumerate (AmtProvCall *call, const AmtProvXml *body, GError **error)
{
  AmtProvWsman *wsman = call->memory;
  const char *context =
      amt_prov_xml_text (amt_prov_xml_child (body, "EnumerateResponse"), "EnumerationContext");

  if (body == NULL) {
    remember (call, call->stage->class_name, new_instances ());
    return AMT_PROV_STAGE_END_NEXT;
  }
  if (context == NULL || *context == '\0') {
    set_odd_answer ("an EnumerationContext", body, error);
    return AMT_PROV_STAGE_END_FAIL;
  }
  wsman->context = g_strdup (context);
  g_clear_pointer (&wsman->pulled, g_ptr_array_unref);
  wsman->pulled = new_instances ();
  return AMT_PROV_STAGE_END_NEXT;
}

AmtProvStageStart
amt_prov_wsman_start_pull (AmtProvCall *call, GError **error)
{
  AmtProvWsman *wsman = call->memory;

  if (wsman->context == NULL)
    return AMT_PROV_STAGE_START_SKIP;
  g_autoptr (AmtProvXml) body = amt_prov_xml_new (AMT_PROV_WSMAN_ENUMERATION, "Pull", NULL);
  amt_prov_xml_append (
      body, amt_prov_xml_new (AMT_PROV_WSMAN_ENUMERATION, "EnumerationContext", wsman->context));
  amt_prov_xml_append (body, amt_prov_xml_new (AMT_PROV_WSMAN_ENUMERATION, "MaxElements", "999"));
  amt_prov_xml_append (body,
                       amt_prov_xml_new (AMT_PROV_WSMAN_ENUMERATION, "MaxCharacters", "99999"));
  amt_prov_wsman_ask (call, call->stage->class_name, AMT_PROV_WSMAN_ENUMERATION "/Pull", NULL,
                      body);
  return AMT_PROV_STAGE_START_SEND;
}

static void
take_items (const AmtProvXml *items, GPtrArray *pulled)
{
  gsize count = 0;
  g_autofree gpointer *taken = NULL;

  if (items == NULL || items->children->len == 0)
    return;
  taken = g_ptr_array_steal (items->children, &count);
  for (gsize i = 0; i < count; i++)
    g_ptr_array_add (pulled, taken[i]);
}

/* EndOfSequence is final, also beside a context (wsman-examples.md §2.1). A device that never ends
 * is stopped. */
AmtProvStageEnd
amt_prov_wsman_end_pull (AmtProvCall *call, const AmtProvXml *body, GError **error)
{
  AmtProvWsman *wsman = call->memory;
  const AmtProvXml *response = amt_prov_xml_child (body, "PullResponse");
  const AmtProvXml *items = amt_prov_xml_child (response, "Items");
  const char *next = amt_prov_xml_text (response, "EnumerationContext");
  g_autofree char *context = NULL;

  if (body == NULL) {
    g_clear_pointer (&wsman->context, g_free);
    remember (call, call->stage->class_name, new_instances ());
    return AMT_PROV_STAGE_END_NEXT;
  }
  if (response == NULL) {
    set_odd_answer ("a PullResponse", body, error);
    return AMT_PROV_STAGE_END_FAIL;
  }
  take_items (items, wsman->pulled);
  if (amt_prov_xml_child (response, "EndOfSequence") == NULL && next != NULL && *next != '\0')
    context = g_strdup (next);
  g_free (wsman->context);
  wsman->context = g_steal_pointer (&context);
  if (wsman->context == NULL) {
    remember (call, call->stage->class_name, g_steal_pointer (&wsman->pulled));
    return AMT_PROV_STAGE_END_NEXT;
  }
  if (call->tries >= 1000 || wsman->pulled->len > 10000) {
    g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL,
                         "the enumeration does not end");
    return AMT_PROV_STAGE_END_FAIL;
  }
  return AMT_PROV_STAGE_END_REPEAT;
}

/* A method without outputs. */
AmtProvStageEnd
amt_prov_wsman_end_method (AmtProvCall *call, const AmtProvXml *body, GError **error)
{
  return amt_prov_wsman_check_return (body, call->stage->what, error) ? AMT_PROV_STAGE_END_NEXT
                                                                      : AMT_PROV_STAGE_END_FAIL;
}

/* The device answers with what it stored; an answer of another shape only costs the next reader a
 * Get. */
AmtProvStageEnd
amt_prov_wsman_end_put (AmtProvCall *call, const AmtProvXml *body, GError **error)
{
  const AmtProvXml *stored = amt_prov_xml_child (body, call->stage->class_name);
  GPtrArray *instances = amt_prov_wsman_get_instances (call, call->stage->class_name);

  if (stored == NULL || instances == NULL) {
    amt_prov_wsman_forget (call, call->stage->class_name);
    return AMT_PROV_STAGE_END_NEXT;
  }
  for (guint i = 0; i < instances->len; i++) {
    if (g_strcmp0 (amt_prov_xml_text (instances->pdata[i], "InstanceID"),
                   amt_prov_xml_text (stored, "InstanceID")) != 0)
      continue;
    amt_prov_xml_free (instances->pdata[i]);
    instances->pdata[i] = amt_prov_xml_copy (stored);
  }
  return AMT_PROV_STAGE_END_NEXT;
}

/* InstanceID of the reference that a method gives back. */
const char *
amt_prov_wsman_get_reference (const AmtProvXml *reference)
{
  const AmtProvXml *set = amt_prov_xml_path (reference, "ReferenceParameters", "SelectorSet", NULL);

  for (guint i = 0; set != NULL && i < set->children->len; i++)
    if (g_strcmp0 (amt_prov_xml_attribute (set->children->pdata[i], "Name"), "InstanceID") == 0)
      return ((AmtProvXml *)set->children->pdata[i])->text;
  return NULL;
}
