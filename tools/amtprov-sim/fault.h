/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

typedef enum {
  SIM_FAULT_NONE,
  SIM_FAULT_GARBAGE,
  SIM_FAULT_CLOSE,
  SIM_FAULT_HANG,
  SIM_FAULT_HUGE,
  SIM_FAULT_STATUS,
  SIM_FAULT_SOAP,
  /* when a client of MEI connects */
  SIM_FAULT_MEI_UNKNOWN,
  SIM_FAULT_MEI_BUSY,
  SIM_FAULT_MEI_SMALL,
  /* at a command over MEI */
  SIM_FAULT_MEI_RESET,
  SIM_FAULT_MEI_HANG,
  SIM_FAULT_MEI_EMPTY,
  SIM_FAULT_MEI_SHORT,
  SIM_FAULT_MEI_LONG,
  SIM_FAULT_MEI_PADDED,
  SIM_FAULT_MEI_COMMAND,
  SIM_FAULT_MEI_LENGTH,
  SIM_FAULT_MEI_SPLIT,
} SimFaultKind;

/* One thing that goes wrong on purpose: at the n-th request, at a method, a class, a client of MEI
 * or a command. */
typedef struct {
  SimFaultKind kind;
  guint request;
  guint status;
  char *target;
  gboolean done;
} SimFault;

/* Faults as the setting fault= names them, joined by +. NULL: one is not known. */
GPtrArray *sim_faults_parse (const char *text, GError **error);
void sim_fault_free (SimFault *self);
