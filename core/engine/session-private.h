/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/capability-registry.h>
#include <amtprov/plugin-set.h>
#include <amtprov/session.h>

#include "engine/device-private.h"
#include "engine/journal-private.h"

G_BEGIN_DECLS

/* How far a session goes. */
typedef enum {
  AMT_PROV_SESSION_FULL,   /* the whole plan */
  AMT_PROV_SESSION_PROBE,  /* ask for the UUID, store nothing */
  AMT_PROV_SESSION_RESUME, /* a commit was begun before: only verify */
} AmtProvSessionMode;

typedef struct {
  AmtProvSessionMode mode;
  AmtProvDevice *device;
  AmtProvSite *site;
  AmtProvHello *hello;
  const char *address;
  const char *suffix;
  AmtProvCapabilityRegistry *registry;
  AmtProvCapabilities *capabilities;
  AmtProvDatabase *database;
  AmtProvPluginSet *plugins;
  AmtProvMethod *method;
  const char *why;
  const char *medium;
  const char *lease_owner;
  guint step_seconds;
} AmtProvSessionSetup;

struct _AmtProvSession {
  GObject parent_instance;

  AmtProvSessionMode mode;
  AmtProvDevice *device;
  AmtProvSite *site;
  AmtProvHello *hello;
  char *address;
  char *suffix;
  AmtProvCapabilityRegistry *registry;
  AmtProvCapabilities *capabilities;
  AmtProvDatabase *database;
  AmtProvPluginSet *plugins;
  AmtProvMethod *method;
  char *why;
  char *medium;
  char *lease_owner;
  guint step_seconds;

  AmtProvChannel *channel;
  AmtProvPlan *plan;
  guint next_step;
  gboolean leased;
  gint64 lease_due;         /* 0 without a lease */
  gboolean row_changed;     /* the row in the store does not say all that the device does */
  gboolean was_operational; /* when the session began */
  gboolean committed;       /* the machine may be operational, and silent */
  gboolean authenticated;   /* the machine has shown who it is */
  gint64 started;           /* monotonic */
  char *found_uuid;         /* what the machine says, for a probe */
  char *release;            /* what the machine says */
  AmtProvSecret *otp;       /* what the machine says */
  GPtrArray *skipped;       /* ids of the steps that the machine cannot do */
  GPtrArray *credentials;   /* AmtProvCredential */
  AmtProvJournal *earlier;  /* the journal as earlier sessions of this setup have left it */
  AmtProvJournal *journal;
  GHashTable *dirty; /* facts that this session has changed: name → value or NULL */
};

AmtProvSession *amt_prov_session_new (const AmtProvSessionSetup *setup);
void amt_prov_session_run_async (AmtProvSession *self,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
gboolean amt_prov_session_run_finish (AmtProvSession *self, GAsyncResult *result, GError **error);

/* session-run.c */
guint amt_prov_session_get_step_limit (AmtProvSession *self);

/* session-connect.c */
void amt_prov_session_connect_with_async (AmtProvSession *self,
                                          AmtProvTlsPolicy *policy,
                                          guint16 port,
                                          GPtrArray *passwords,
                                          AmtProvAction *question,
                                          GCancellable *cancellable,
                                          GAsyncReadyCallback callback,
                                          gpointer user_data);

/* session-store.c */
void amt_prov_session_load_async (AmtProvSession *self,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
gboolean amt_prov_session_load_finish (AmtProvSession *self, GAsyncResult *result, GError **error);
void amt_prov_session_commit_async (AmtProvSession *self,
                                    GPtrArray *changes,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
gboolean
amt_prov_session_commit_finish (AmtProvSession *self, GAsyncResult *result, GError **error);
void amt_prov_session_note (AmtProvSession *self,
                            const char *step,
                            const char *state,
                            const char *reason);
void amt_prov_session_end_async (AmtProvSession *self,
                                 AmtProvDeviceState state,
                                 GPtrArray *changes,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
gboolean amt_prov_session_is_guarded (AmtProvSession *self);
/* Why a method was chosen, with the place that says so. */
char *amt_prov_session_explain (const char *reason, AmtProvRule *rule);
void amt_prov_session_set_capabilities (AmtProvSession *self, AmtProvCapabilities *capabilities);
void amt_prov_session_set_channel (AmtProvSession *self, AmtProvChannel *channel);

/* steps.c */
AmtProvPlan *amt_prov_plan_new_for_session (AmtProvSession *session);

/* store helpers shared with the provisioner */
AmtProvChange *amt_prov_event_change (const char *uuid, AmtProvDeviceState state, const char *text);

G_END_DECLS
