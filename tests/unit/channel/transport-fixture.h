/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "channel/channel-private.h"
#include "fake-device.h"
#include "fake-transport.h"

G_BEGIN_DECLS

/* A channel over a transport on a context of its own. In the end nothing may be left: no
 * descriptor, no folder, no open stream, no work on the default context. */

#define LONG  600000
#define SHORT 50

/* Where the sockets between curl and us are made. */
extern char *folder_of_sockets;

typedef struct {
  guint descriptors; /* before */
  GMainContext *context;
  AmtProvTransport *transport;
  AmtProvSite *site;
  AmtProvChannel *channel;
  GCancellable *cancellable;
  FakeDevice *device;
  GSocket *machine;  /* the other end of the stream */
  GIOStream *stream; /* kept, as a script may */
  GCancellable *asked;
  guint opened;
} Fixture;

void transport_init (int *argc, char ***argv);
int transport_run (void);
void set_up (Fixture *self, gconstpointer data);
void tear_down (Fixture *self, gconstpointer data);

void make_channel (Fixture *self, FakeOpen open, AmtProvTlsPolicy *policy, guint open_limit);
gboolean open_device (const char *uri, AmtProvOperation *operation, gpointer data, GError **error);
GString *answer_and_close (const char *request, gpointer data);
GString *answer_general (const char *request, gpointer data);
void later (Fixture *self, GSourceFunc func, gpointer data);
gboolean cancel (gpointer cancellable);
void settle (Fixture *self);
guint count_entries (const char *path);

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)

G_END_DECLS
