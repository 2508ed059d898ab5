/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net.h"

typedef struct {
  char **devices;
  char *fleet_file;
  char *server;
  char *until;
  double speed;
  int timeout;
  gboolean json;
  gboolean trace;
} SimOptions;

typedef struct _SimFleet SimFleet;

SimFleet *sim_fleet_new (const SimOptions *options, GMainContext *context, GError **error);
void sim_fleet_free (SimFleet *self);
/* Powers all machines on and serves them until they are there, time is up, or stop is called. */
int sim_fleet_run (SimFleet *self, GMainLoop *loop);

/* fleet-file.c: the machines asked for, each as a table of keys */
GPtrArray *sim_fleet_read (const SimOptions *options, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimFleet, sim_fleet_free)
