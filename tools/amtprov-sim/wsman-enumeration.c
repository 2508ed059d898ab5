/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Enumerate, Pull and Release. */
#include "wsman.h"

#include <string.h>

/* Design values: the firmware's are not known (wsman-examples.md §2.1). */
#define CONTEXT_LIFE (60 * G_TIME_SPAN_SECOND)

static void
context_clear (SimContext *context)
{
  g_clear_pointer (&context->id, g_free);
  g_clear_pointer (&context->items, g_ptr_array_unref);
  context->next = 0;
}

static void
expire (SimModel *model)
{
  gint64 now = sim_clock_now (&model->clock);

  for (guint i = 0; i < SIM_CONTEXTS; i++) {
    if (model->contexts[i].id != NULL && model->contexts[i].ends <= now)
      context_clear (&model->contexts[i]);
  }
}

static SimContext *
find_context (SimAnswer *answer)
{
  g_autofree char *id = sim_request_text (answer->request->body, "EnumerationContext");

  expire (answer->model);
  for (guint i = 0; id != NULL && i < SIM_CONTEXTS; i++) {
    if (g_strcmp0 (answer->model->contexts[i].id, id) == 0)
      return &answer->model->contexts[i];
  }
  answer->fault = SIM_SOAP_BAD_CONTEXT;
  return NULL;
}

/* A counter stored low byte first, the rest zero. */
static char *
make_id (SimModel *model)
{
  guint32 counter = GUINT32_SWAP_LE_BE (0x800 + ++model->context_counter);

  return g_strdup_printf ("%08X-0000-0000-0000-000000000000", counter);
}

void
sim_wsman_enumerate (SimAnswer *answer)
{
  SimModel *model = answer->model;
  SimContext *context = NULL;

  expire (model);
  for (guint i = 0; context == NULL && i < SIM_CONTEXTS; i++) {
    if (model->contexts[i].id == NULL)
      context = &model->contexts[i];
  }
  if (context == NULL) {
    answer->fault = SIM_SOAP_CONCURRENCY;
    return;
  }
  context->id = make_id (model);
  context->items = sim_store_list (model, answer->class);
  context->ends = sim_clock_now (&model->clock) + sim_clock_stretch (&model->clock, CONTEXT_LIFE);
  answer->body_ns = SIM_NS_WSEN;
  g_string_append_printf (answer->body,
                          "<g:EnumerateResponse><g:EnumerationContext>%s</g:EnumerationContext>"
                          "</g:EnumerateResponse>",
                          context->id);
}

void
sim_wsman_pull (SimAnswer *answer)
{
  SimContext *context = find_context (answer);
  g_autofree char *most_text = NULL;
  guint64 most = 1;
  guint last;

  if (context == NULL)
    return;
  most_text = sim_request_text (answer->request->body, "MaxElements");
  if (most_text != NULL)
    most = MAX (g_ascii_strtoull (most_text, NULL, 10), 1);
  last = (guint)MIN (context->next + most, context->items->len);
  answer->body_ns = SIM_NS_WSEN;
  g_string_append (answer->body, "<g:PullResponse>");
  if (last < context->items->len)
    sim_wsman_append_text (answer->body, "g", "EnumerationContext", context->id);
  g_string_append (answer->body, "<g:Items>");
  if (last > context->next)
    answer->item_ns = answer->class->uri;
  for (; context->next < last; context->next++)
    sim_wsman_append_instance (answer->body, context->items->pdata[context->next], 'h',
                               answer->class->name);
  g_string_append (answer->body, "</g:Items>");
  if (last == context->items->len) {
    g_string_append (answer->body, "<g:EndOfSequence></g:EndOfSequence>");
    context_clear (context);
  }
  g_string_append (answer->body, "</g:PullResponse>");
}

void
sim_wsman_release (SimAnswer *answer)
{
  SimContext *context = find_context (answer);

  if (context != NULL)
    context_clear (context);
}
