/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/hello-listener.h>
#include <amtprov/provisioner.h>

#include "engine/window-private.h"

G_BEGIN_DECLS

typedef struct _AmtProvIntake AmtProvIntake;

struct _AmtProvProvisioner {
  GObject parent_instance;
  AmtProvConfig *config;
  AmtProvCapabilityRegistry *registry;
  AmtProvPluginSet *plugins;
  AmtProvSelector *selector;
  AmtProvDatabase *database;
  AmtProvHelloListener *listener;
  GCancellable *cancellable;
  char *lease_owner;
  guint max_sessions;
  guint step_seconds;
  gboolean draining;
  guint services;            /* so many of the plugins' services run */
  GHashTable *in_work;       /* UUID → AmtProvIntake of a machine with a session, unowned */
  GHashTable *in_line;       /* UUIDs of machines in waiting */
  GQueue waiting;            /* AmtProvIntake */
  GHashTable *verifications; /* UUID → GSource that verifies the machine later */
  AmtProvWindows *windows;   /* NULL when it takes nothing in any more */
  GHashTable *unadmitted;    /* UUID → why; bounded, only in memory */
  GPtrArray *drains;         /* GTask */
};

void amt_prov_provisioner_enter (AmtProvProvisioner *self, AmtProvIntake *intake);
void amt_prov_provisioner_leave (AmtProvProvisioner *self, const char *uuid);
/* provision-one.c: the UUID that a hello on behalf of an unknown machine carries. */
#define AMT_PROV_NIL_UUID "00000000-0000-0000-0000-000000000000"
void amt_prov_provisioner_provision_found (AmtProvProvisioner *self,
                                           AmtProvHello *hello,
                                           const char *uuid,
                                           const char *address,
                                           GTask *task);
void amt_prov_provisioner_resume (AmtProvProvisioner *self);
void amt_prov_provisioner_verify_later (AmtProvProvisioner *self,
                                        AmtProvDevice *device,
                                        guint seconds,
                                        guint attempt);
void amt_prov_provisioner_forget_verification (AmtProvProvisioner *self, const char *uuid);
/* service.c */
gboolean amt_prov_provisioner_start_services (AmtProvProvisioner *self, GError **error);
void amt_prov_provisioner_stop_services (AmtProvProvisioner *self);
/* window.c: a machine that no session works on, whose row says when its window closes; one without
 * such a time is forgotten. */
void amt_prov_provisioner_watch_window (AmtProvProvisioner *self, AmtProvDevice *device);
/* Shows of a machine whose session cannot begin yet that it has said hello. */
void amt_prov_provisioner_mark_in_line (AmtProvProvisioner *self, const char *uuid);
void amt_prov_provisioner_emit_event (AmtProvProvisioner *self, const char *uuid, const char *text);
void amt_prov_provisioner_emit_changed (AmtProvProvisioner *self, AmtProvDevice *device);
void amt_prov_provisioner_emit_session (AmtProvProvisioner *self, AmtProvSession *session);

G_END_DECLS
