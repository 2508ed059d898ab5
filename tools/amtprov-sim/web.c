/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A libmicrohttpd daemon without a listening socket, driven by a main context. */
#include "net.h"

typedef struct {
  GSource source;
  struct MHD_Daemon *daemon;
  gpointer tag;
} WebSource;

struct _SimWeb {
  SimNet *net;
  struct MHD_Daemon *daemon;
  GSource *source;
  guint32 seed[4]; /* libmicrohttpd keeps a pointer to it */
};

#define MOST_CONNECTIONS 8000
/* Real seconds without a byte after which a connection is dropped. */
#define IDLE_SECONDS 120

static gboolean
web_prepare (GSource *source, int *timeout)
{
  WebSource *self = (WebSource *)source;
  MHD_UNSIGNED_LONG_LONG wait = 0;

  *timeout = -1;
  if (MHD_get_timeout (self->daemon, &wait) != MHD_YES)
    return FALSE;
  *timeout = (int)MIN (wait, G_MAXINT);
  return wait == 0;
}

static gboolean
web_check (GSource *source)
{
  WebSource *self = (WebSource *)source;
  MHD_UNSIGNED_LONG_LONG wait = 0;

  if (g_source_query_unix_fd (source, self->tag) != 0)
    return TRUE;
  return MHD_get_timeout (self->daemon, &wait) == MHD_YES && wait == 0;
}

static gboolean
web_dispatch (GSource *source, GSourceFunc callback, gpointer data)
{
  MHD_run (((WebSource *)source)->daemon);
  return G_SOURCE_CONTINUE;
}

static const GSourceFuncs *
web_functions (void)
{
  static const GSourceFuncs functions = {web_prepare, web_check, web_dispatch, NULL, NULL, NULL};

  return &functions;
}

static void
on_connection (void *cls,
               struct MHD_Connection *connection,
               void **context,
               enum MHD_ConnectionNotificationCode code)
{
  SimWeb *self = cls;

  if (code == MHD_CONNECTION_NOTIFY_STARTED) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info (connection, MHD_CONNECTION_INFO_CONNECTION_FD);

    *context = sim_net_new_connection (self->net, info->connect_fd);
    return;
  }
  sim_tls_report_end (*context);
  sim_connection_free (*context);
  *context = NULL;
}

static struct MHD_Daemon *
start_daemon (SimWeb *self, SimWebKind kind, const char *priorities)
{
  guint flags = MHD_USE_NO_LISTEN_SOCKET | MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;
  struct MHD_OptionItem options[12];
  guint used = 0;

  options[used++] = (struct MHD_OptionItem){MHD_OPTION_CONNECTION_LIMIT, MOST_CONNECTIONS, NULL};
  options[used++] = (struct MHD_OptionItem){MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS, NULL};
  options[used++] = (struct MHD_OptionItem){MHD_OPTION_NONCE_NC_SIZE, 4096, NULL};
  options[used++] =
      (struct MHD_OptionItem){MHD_OPTION_DIGEST_AUTH_RANDOM, sizeof self->seed, self->seed};
  options[used++] =
      (struct MHD_OptionItem){MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_connection, self};
  options[used++] =
      (struct MHD_OptionItem){MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)sim_http_completed, self->net};
  if (kind != SIM_WEB_PLAIN) {
    flags |= MHD_USE_TLS;
    options[used++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)priorities};
  }
  if (kind == SIM_WEB_PSK) {
    options[used++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_CRED_TYPE, GNUTLS_CRD_PSK, NULL};
    options[used++] = (struct MHD_OptionItem){MHD_OPTION_GNUTLS_PSK_CRED_HANDLER,
                                              (intptr_t)sim_tls_find_psk, self->net};
  }
  if (kind == SIM_WEB_CERTIFICATE)
    options[used++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_CERT_CALLBACK, 0,
                                              (void *)sim_tls_find_certificate};
  options[used] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
  return MHD_start_daemon (flags, 0, NULL, NULL, sim_http_handle, self->net, MHD_OPTION_ARRAY,
                           options, MHD_OPTION_END);
}

SimWeb *
sim_web_new (SimNet *net, SimWebKind kind, const char *priorities, GError **error)
{
  SimWeb *self = g_new0 (SimWeb, 1);
  const union MHD_DaemonInfo *info;
  WebSource *source;

  self->net = net;
  for (guint i = 0; i < G_N_ELEMENTS (self->seed); i++)
    self->seed[i] = g_random_int ();
  self->daemon = start_daemon (self, kind, priorities);
  if (self->daemon == NULL) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_FAILED,
                 "libmicrohttpd does not start with the priorities \"%s\"", priorities);
    g_free (self);
    return NULL;
  }
  info = MHD_get_daemon_info (self->daemon, MHD_DAEMON_INFO_EPOLL_FD);
  self->source = g_source_new ((GSourceFuncs *)web_functions (), sizeof (WebSource));
  source = (WebSource *)self->source;
  source->daemon = self->daemon;
  source->tag = g_source_add_unix_fd (self->source, info->epoll_fd, G_IO_IN);
  g_source_attach (self->source, sim_net_get_context (net));
  return self;
}

void
sim_web_free (SimWeb *self)
{
  g_source_destroy (self->source);
  g_source_unref (self->source);
  MHD_stop_daemon (self->daemon);
  g_free (self);
}

/* The socket belongs to libmicrohttpd from here on, whatever happens. */
gboolean
sim_web_take (SimWeb *self, int fd, const struct sockaddr *peer, socklen_t length)
{
  return MHD_add_connection (self->daemon, fd, peer, length) == MHD_YES;
}
