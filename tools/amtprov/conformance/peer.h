/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What a peer does with whoever connects and has sent something. All but an echo misbehave. */
typedef enum {
  PEER_SILENT,  /* never answers */
  PEER_HALF,    /* answers with the beginning of a TLS record */
  PEER_GARBAGE, /* answers with bytes of no protocol, and closes */
  PEER_ALERT,   /* answers with a fatal TLS alert, and closes */
  PEER_CLOSE,   /* closes */
  PEER_ECHO,    /* sends back what it gets */
} PeerBehaviour;

/* What plays the machine, on the thread-default main context. */
typedef struct {
  GSocketListener *listener;
  GCancellable *cancellable;
  PeerBehaviour behaviour;
  GPtrArray *connections; /* those that are open now */
  guint accepted;
  guint heard; /* how many have sent something */
} Peer;

Peer *peer_new (const char *address, guint16 port, PeerBehaviour behaviour, GError **error);
void peer_free (Peer *peer);
const char *peer_describe (PeerBehaviour behaviour);
/* Sends nothing more to anybody. */
void peer_hang_up (Peer *peer);
/* For house_wait(): whether nobody is connected. */
gboolean peer_is_alone (gpointer peer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Peer, peer_free)

G_END_DECLS
