/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "model.h"

#include <microhttpd.h>

typedef struct _SimNet SimNet;
typedef struct _SimWeb SimWeb;

/* A machine on the wire. */
typedef struct {
  SimModel *model;
  guint32 address; /* host byte order */
} SimMachine;

/* One accepted connection, from accept() until libmicrohttpd has closed it. */
typedef struct {
  SimNet *net;
  SimMachine *machine;
  gboolean secure;
  gboolean finished; /* the handshake ended well */
  gboolean logged_in;
  guint acl_generation;
  char *refusal;
} SimConnection;

typedef enum {
  SIM_WEB_PLAIN,
  SIM_WEB_PSK,
  SIM_WEB_CERTIFICATE,
} SimWebKind;

SimNet *sim_net_new (GMainContext *context, gboolean trace);
void sim_net_free (SimNet *self);
gboolean sim_net_add (SimNet *self, SimModel *model, GError **error);
GMainContext *sim_net_get_context (SimNet *self);
gboolean sim_net_get_trace (SimNet *self);
gboolean sim_net_is_stopping (SimNet *self);
void sim_net_touch (SimNet *self);
gint64 sim_net_get_idle (SimNet *self);
void sim_net_hang (SimNet *self, struct MHD_Connection *connection);
void sim_connection_free (SimConnection *self);

/* web.c: one libmicrohttpd daemon for each set of TLS versions and kind of credential */
SimWeb *sim_web_new (SimNet *net, SimWebKind kind, const char *priorities, GError **error);
void sim_web_free (SimWeb *self);
gboolean sim_web_take (SimWeb *self, int fd, const struct sockaddr *peer, socklen_t length);

/* tls.c */
char *sim_tls_priorities (SimModel *model, SimWebKind kind);
int sim_tls_find_certificate (gnutls_session_t session,
                              const gnutls_datum_t *req_ca_rdn,
                              int nreqs,
                              const gnutls_pk_algorithm_t *pk_algos,
                              int pk_algos_length,
                              gnutls_pcert_st **pcert,
                              unsigned int *pcert_length,
                              gnutls_privkey_t *privkey);
int sim_tls_find_psk (void *cls,
                      const struct MHD_Connection *connection,
                      const char *username,
                      void **psk,
                      size_t *psk_size);
void sim_tls_report_end (SimConnection *connection);

/* http.c */
enum MHD_Result sim_http_handle (void *cls,
                                 struct MHD_Connection *connection,
                                 const char *url,
                                 const char *method,
                                 const char *version,
                                 const char *upload,
                                 size_t *upload_size,
                                 void **request);
void sim_http_completed (void *cls,
                         struct MHD_Connection *connection,
                         void **request,
                         enum MHD_RequestTerminationCode code);

/* hello-sender.c */
void sim_hello_send (SimModel *model, AmtProvHello *hello, const char *server);

SimConnection *sim_net_new_connection (SimNet *self, int fd);
