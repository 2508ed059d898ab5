/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/amtprov.h>

/* Calls that wait for their answer, on a main context of their own. */
typedef struct {
  GMainContext *context;
  AmtProvTransport *transport;
  GAsyncResult *sent; /* of a send that was begun */
} Caller;

void caller_set_up (Caller *self, gconstpointer data);
void caller_tear_down (Caller *self, gconstpointer data);
AmtProvMessageChannel *caller_open (Caller *self, const char *uri, GError **error);
/* Without an error. */
AmtProvMessageChannel *caller_open_well (Caller *self, const char *uri);
gboolean
caller_send (Caller *self, AmtProvMessageChannel *channel, GBytes *message, GError **error);
/* FALSE: it waits, and is to be ended. */
gboolean caller_begin_send (Caller *self, AmtProvMessageChannel *channel, GBytes *message);
gboolean caller_end_send (Caller *self, AmtProvMessageChannel *channel, GError **error);
GBytes *
caller_receive (Caller *self, AmtProvMessageChannel *channel, guint timeout, GError **error);
/* Sends a text, and says what comes back. */
char *caller_ask (Caller *self, AmtProvMessageChannel *channel, const char *text, GError **error);
