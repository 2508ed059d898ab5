/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/amtprov.h>

#include "check.h"
#include "peer.h"

G_BEGIN_DECLS

/* What the checks of methods work on. */
typedef struct {
  const char *id;
  const char *config;
  char **plugin_dirs;
  AmtProvHello *hello; /* of a machine that the method is for */
} MethodSubject;

extern const CheckRow method_first_checks[]; /* as store_first_checks */
extern const CheckRow method_checks[];
extern const CheckRow method_open_checks[];

#define METHOD_ADDRESS "127.0.0.1"

/* A session of the method's on a main context of its own, which is the thread's default while the
 * house stands. Nothing but the check drives the session. */
typedef struct {
  GMainContext *context;
  AmtProvProvisioner *provisioner;
  AmtProvMethod *method;
  AmtProvSession *session;
  GCancellable *cancellable;
  gboolean ended;
} House;

House *house_new (Check *check, MethodSubject *subject);
void house_free (House *house);
/* Runs what is ready, and what becomes ready within a moment. */
void house_settle (House *house);
/* Runs until done() holds; FALSE when it does not within ten seconds. */
gboolean house_wait (House *house, gboolean (*done) (gpointer data), gpointer data);

/* A machine on the site's port. NULL, and the check has failed, when the port is not free. */
Peer *house_start_peer (Check *check, House *house, PeerBehaviour behaviour);

/* Whether anything waits on the main context that is the host's. */
gboolean host_context_is_idle (void);
guint count_descriptors (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (House, house_free)

G_END_DECLS
