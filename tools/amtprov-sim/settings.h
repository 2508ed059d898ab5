/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/amtprov.h>

typedef enum {
  SIM_MODE_PSK,
  SIM_MODE_PKI,
  SIM_MODE_FACTORY,
  SIM_MODE_OPERATIONAL,
} SimMode;

typedef enum {
  SIM_MEBX_POLICY_SETUP,
  SIM_MEBX_POLICY_DEFAULT_ONLY,
  SIM_MEBX_POLICY_ANYTIME,
} SimMebxPolicy;

typedef enum {
  SIM_DIGEST_BY_MODE, /* needed unless the machine is set up by PKI */
  SIM_DIGEST_NONE,
  SIM_DIGEST_REQUIRED,
} SimDigest;

/* What is answered when the machine asks whether it may use the stick. */
typedef enum {
  SIM_CONFIRM_ASK,
  SIM_CONFIRM_NO,
  SIM_CONFIRM_YES,
} SimConfirm;

typedef enum {
  SIM_FAULT_NONE,
  SIM_FAULT_GARBAGE,
  SIM_FAULT_CLOSE,
  SIM_FAULT_HANG,
  SIM_FAULT_HUGE,
  SIM_FAULT_STATUS,
  SIM_FAULT_SOAP,
} SimFaultKind;

/* One thing that goes wrong on purpose: at the n-th request, at a method, or at a class. */
typedef struct {
  SimFaultKind kind;
  guint request;
  guint status;
  char *target;
  gboolean done;
} SimFault;

/* What the user asked one machine to be; keys of --device and of fleet files. */
typedef struct {
  AmtProvVersion *amt;
  SimMode mode;
  char *address;
  guint16 port;
  guint16 plain_port;
  char *uuid;
  char *pid;
  char *pps;
  char *suffix;
  char *password;
  char *otp;
  char *hostname;
  GPtrArray *roots; /* of AmtProvCertHash */
  char *stick;      /* the image it boots with, NULL: none */
  SimConfirm confirm;
  SimDigest digest;
  gboolean lenient_acl_hex;
  gboolean lenient_no_hostname;
  gboolean renegotiation;
  gboolean clock_set;
  gboolean chipset_h;
  gboolean eoi_certain_only; /* no operation that the sources are not sure of */
  gboolean seed_needed;      /* commits over EOI only after SetRNGKey */
  gboolean fault_repeat;
  int window_hours; /* -1: what the release has */
  guint split;
  SimMebxPolicy mebx_policy;
  GPtrArray *faults; /* of SimFault */
} SimSettings;

SimSettings *sim_settings_new (GHashTable *values, GError **error);
void sim_settings_free (SimSettings *self);
char *sim_uuid_for_address (const char *address);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimSettings, sim_settings_free)
