/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "info.h"

G_BEGIN_DECLS

/* What can keep a machine from being started. */
typedef enum {
  AGENT_OBSTACLE_SKU,
  AGENT_OBSTACLE_ZERO_TOUCH,
  AGENT_OBSTACLE_HASHES,
  AGENT_OBSTACLE_LINK,
  AGENT_N_OBSTACLES,
} AgentObstacle;

/* Says what is in the way and what to do. NULL: nothing is, or the firmware does not tell. */
const char *amt_prov_agent_find_obstacle (AgentInfo *info, AgentObstacle obstacle);

G_END_DECLS
