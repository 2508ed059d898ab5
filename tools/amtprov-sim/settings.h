/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "fault.h"

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
  SIM_SKU_AMT,
  SIM_SKU_ISM,
  SIM_SKU_SBT,
} SimSku;

/* AMT in the BIOS: on, off until a local agent enables it, or off for good. */
typedef enum {
  SIM_ENABLED_YES,
  SIM_ENABLED_NO,
  SIM_ENABLED_LOCKED,
} SimEnabled;

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
  int window_hours;     /* -1: what the release has */
  int bare_metal_hours; /* -1: as above */
  SimSku sku;
  SimEnabled enabled;
  gboolean zero_touch;
  gboolean link;
  char *option15; /* the domain that DHCP gives */
  char *mei;      /* the socket that stands for /dev/mei0 */
  guint split;
  SimMebxPolicy mebx_policy;
  GPtrArray *faults; /* of SimFault */
} SimSettings;

SimSettings *sim_settings_new (GHashTable *values, GError **error);
void sim_settings_free (SimSettings *self);
char *sim_uuid_for_address (const char *address);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimSettings, sim_settings_free)
