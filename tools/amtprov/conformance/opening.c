/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "opening.h"

static void
on_open (GObject *source, GAsyncResult *result, gpointer data)
{
  Opening *opening = data;
  GSource *current = g_main_current_source ();

  opening->calls++;
  opening->elsewhere = current == NULL || g_source_get_context (current) != opening->house->context;
  if (opening->calls > 1)
    return;
  if (opening->house->transport != NULL)
    opening->opened = amt_prov_transport_open_stream_finish (AMT_PROV_TRANSPORT (source), result,
                                                             &opening->error);
  else
    opening->opened =
        amt_prov_method_open_finish (AMT_PROV_METHOD (source), result, &opening->error);
}

Opening *
opening_new (House *house)
{
  Opening *opening = g_new0 (Opening, 1);

  opening->house = house;
  opening->cancellable = g_cancellable_new ();
  return opening;
}

void
opening_begin (Check *check, Opening *opening, guint limit, const char *where)
{
  House *house = opening->house;

  check_stage (check, "%s ran against %s", house->function, where);
  if (house->transport != NULL)
    amt_prov_transport_open_stream_async (house->transport, house->uri, house->site, limit,
                                          opening->cancellable, on_open, opening);
  else
    amt_prov_method_open_async (house->method, house->session, limit, opening->cancellable, on_open,
                                opening);
}

Opening *
opening_start (Check *check, House *house, const char *where)
{
  Opening *opening = opening_new (house);

  opening_begin (check, opening, OPENING_LIMIT_MS, where);
  return opening;
}

void
opening_wait (Opening *opening)
{
  while (opening->calls == 0)
    g_main_context_iteration (opening->house->context, TRUE);
}

void
opening_close (Opening *opening)
{
  if (opening->opened != NULL && opening->house->transport != NULL)
    g_io_stream_close_async (opening->opened, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
  g_clear_object (&opening->opened);
}

/* Who leaves early stops it: the answer comes into this memory. */
void
opening_free (Opening *opening)
{
  g_cancellable_cancel (opening->cancellable);
  opening_wait (opening);
  opening_close (opening);
  g_clear_object (&opening->cancellable);
  g_clear_error (&opening->error);
  g_free (opening);
}
