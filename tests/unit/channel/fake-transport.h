/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/amtprov.h>

G_BEGIN_DECLS

/* What the transport does when it is asked for a stream. */
typedef gboolean (*FakeOpen) (const char *uri,
                              AmtProvOperation *operation,
                              gpointer data,
                              GError **error);

/* A transport for the scheme `fake`. */
#define FAKE_TYPE_TRANSPORT (fake_transport_get_type ())
G_DECLARE_FINAL_TYPE (FakeTransport, fake_transport, FAKE, TRANSPORT, GObject)

AmtProvTransport *fake_transport_new (FakeOpen open, gpointer data);
/* A FakeOpen that connects to the address of the URI. */
gboolean
fake_transport_dial (const char *uri, AmtProvOperation *operation, gpointer data, GError **error);

G_END_DECLS
