/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/amtprov.h>

#include "check.h"
#include "peer.h"

G_BEGIN_DECLS

/* What the checks of methods and transports work on. */
typedef struct {
  const char *id; /* of a method, or the scheme of a transport */
  const char *config;
  char **plugin_dirs;
  AmtProvHello *hello;   /* of a machine that the method is for; NULL: a transport */
  const char *simulated; /* such a machine in the words of amtprov-sim, NULL: none */
} Subject;

/* When a check of a first table fails, those of the others cannot say anything. */
extern const CheckRow method_first_checks[];
extern const CheckRow method_checks[];
extern const CheckRow method_open_checks[];
extern const CheckRow transport_first_checks[];
extern const CheckRow transport_checks[];

#define MACHINE_ADDRESS "127.0.0.1"
/* Of a machine that is nobody's; always the same, so that what an ended check has reserved for it
 * is its own. */
#define MACHINE_UUID "c0f0a3c1-5a4e-4b1b-9b0e-7e5700000001"

/* A method with a session of its own, or a transport, on a main context of its own, which is the
 * thread's default while the house stands. Nothing but the check drives it. */
typedef struct {
  GMainContext *context;
  AmtProvSite *site;
  const char *function; /* the one that opens something */

  AmtProvProvisioner *provisioner;
  AmtProvMethod *method;
  AmtProvSession *session;

  AmtProvPluginSet *plugins;
  AmtProvTransport *transport;
  char *uri;
} House;

House *house_new (Check *check, Subject *subject);
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

/* For house_wait(): whether the pointer at @data has become NULL. */
gboolean is_gone (gpointer data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (House, house_free)

G_END_DECLS
