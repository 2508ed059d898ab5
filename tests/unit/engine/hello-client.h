/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/amtprov.h>

G_BEGIN_DECLS

/* A listener on a context of its own, and what it has said so far. */
typedef struct {
  GMainContext *context;
  AmtProvHelloListener *listener;
  GPtrArray *hellos; /* "ADDRESS UUID" */
  GPtrArray *drops;  /* "ADDRESS: REASON" */
} Ear;

Ear *ear_new (const char *const *addresses, guint max_connections, guint max_per_source);
Ear *ear_new_started (guint max_connections, guint max_per_source);
void ear_free (Ear *ear);
void ear_dispatch (Ear *ear);
void ear_settle (Ear *ear);
void ear_wait (Ear *ear, GPtrArray *list, guint length);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Ear, ear_free)

/* A machine that says hello. Freeing it asserts that nobody ever answered. */
typedef struct {
  GSocket *socket;
} Client;

Client *client_new (Ear *ear, const char *from);
Client *client_new_to (const char *address, const char *from);
void client_free (Client *client);
void client_send (Client *client, GBytes *bytes, gsize from, gsize to);
void client_send_all (Client *client, GBytes *bytes);
void client_close (Client *client);
void client_wait_closed (Client *client, Ear *ear);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Client, client_free)

GBytes *bytes_from_hex (const char *hex);
GBytes *psk_hello (void);
GBytes *real_hello (void);

#define HELLO_UUID "d2ffc23e-9dd1-412d-860a-54b2039b72ff"

G_END_DECLS
