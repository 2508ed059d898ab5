/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "model.h"

/* One machine whose clock the test turns. */
typedef struct {
  gint64 now;
  SimCatalog *catalog;
  SimKeyPool *pool;
  AmtProvCapabilityRegistry *registry;
  SimSettings *settings;
  SimModel *model;
  GPtrArray *events;  /* of text */
  GPtrArray *reasons; /* of text, "" for none */
} Bench;

/* The keys are those of --device. */
void bench_make (Bench *bench, const char *keys);
void bench_start (Bench *bench, const char *keys);
void bench_stop (Bench *bench);
