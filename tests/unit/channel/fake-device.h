/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <amtprov/amtprov.h>

G_BEGIN_DECLS

typedef struct _FakeDevice FakeDevice;

/* Gives the raw bytes of the answer; NULL closes, an empty one hangs until the client leaves. */
typedef GString *(*FakeReply) (const char *request, gpointer data);

typedef struct {
  const char *priority; /* of GnuTLS; NULL speaks plain HTTP */
  const char *pid;
  const char *pps;
  GBytes *certificate; /* DER, with its key */
  GBytes *key;
  gboolean mutual;
  gboolean refuse_client; /* end the handshake with certificate_unknown */
} FakeTls;

FakeDevice *fake_device_new (const FakeTls *tls, FakeReply reply, gpointer data);
void fake_device_free (FakeDevice *self);
guint16 fake_device_get_port (FakeDevice *self);
guint fake_device_count_connections (FakeDevice *self);
guint fake_device_get_client_chain (FakeDevice *self);

GString *fake_http (guint status, const char *headers, const char *body);
GString *fake_soap (const char *body);

/* Over TCP, or over a transport where the environment says AMT_PROV_TEST_TRANSPORT. */
AmtProvChannel *fake_device_new_channel (FakeDevice *self, AmtProvTlsPolicy *policy);
gboolean run_open (AmtProvChannel *channel, GCancellable *cancellable, GError **error);
gboolean run_perform (AmtProvChannel *channel, AmtProvAction *action, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FakeDevice, fake_device_free)

G_END_DECLS
