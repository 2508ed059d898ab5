/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "firmware.h"

G_BEGIN_DECLS

/* What stands for a number or a boolean that is not known. */
#define AGENT_UNKNOWN -1

typedef enum {
  AGENT_PT_STATE_PRE,
  AGENT_PT_STATE_IN,
  AGENT_PT_STATE_POST,
} AgentPtState;

typedef struct {
  char *algorithm; /* NULL: a number without a name */
  char *hash;
  char *name;
  gboolean active;
  gboolean is_default;
} AgentHash;

/* What the firmware says of itself; NULL and AGENT_UNKNOWN: it did not, and notes say why. */
typedef struct {
  char *bios;
  GVariant *versions; /* a(ss) */
  AmtProvVersion *release;
  char *amt;
  char *build;
  char *sku; /* amt, ism, sbt, asf or qst */
  char *uuid;
  int state;
  int control_mode;
  int zero_touch;
  int tls_mode;
  char *suffix;      /* "": it has none */
  char *domain;      /* from DHCP; NULL also when nobody has asked for it */
  GPtrArray *hashes; /* of AgentHash */
  AmtProvHeciMessage *wired;
  GHashTable *notes; /* key of the JSON to sentence */
} AgentInfo;

/* NULL with an error only when the firmware cannot be asked at all. */
AgentInfo *amt_prov_agent_info_read (AgentFirmware *firmware, GError **error);
void amt_prov_agent_info_free (AgentInfo *self);

/* A certificate must fit the suffix of the firmware, else the domain that DHCP gives (option 15):
 * asks for that where it counts. A note says why it is not known. */
void amt_prov_agent_info_read_domain (AgentInfo *self, AgentFirmware *firmware);

const char *amt_prov_agent_state_to_string (int state);

/* The members of "info --json", into an object that is open. */
void amt_prov_agent_info_add_json (AgentInfo *self, JsonBuilder *builder);
/* Those that the report to the server has as well. @suffix: what the firmware is going to have */
void amt_prov_agent_info_add_report (AgentInfo *self, const char *suffix, JsonBuilder *builder);
char *amt_prov_agent_info_to_text (AgentInfo *self);

/* A text, or null. */
void amt_prov_agent_add_text (JsonBuilder *builder, const char *name, const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AgentInfo, amt_prov_agent_info_free)

G_END_DECLS
