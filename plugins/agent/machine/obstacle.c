/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "obstacle.h"

static gboolean
has_no_active_hash (AgentInfo *info)
{
  if (info->hashes == NULL)
    return FALSE;
  for (guint i = 0; i < info->hashes->len; i++)
    if (((AgentHash *)info->hashes->pdata[i])->active)
      return FALSE;
  return TRUE;
}

static gboolean
is_there (AgentInfo *info, AgentObstacle obstacle)
{
  switch (obstacle) {
  case AGENT_OBSTACLE_SKU:
    return g_strcmp0 (info->sku, "sbt") == 0;
  case AGENT_OBSTACLE_ZERO_TOUCH:
    return info->zero_touch == FALSE;
  case AGENT_OBSTACLE_HASHES:
    return has_no_active_hash (info);
  default:
    return info->wired != NULL && !amt_prov_heci_message_get_boolean (info->wired, "link");
  }
}

const char *
amt_prov_agent_find_obstacle (AgentInfo *info, AgentObstacle obstacle)
{
  static const char *const sentences[] = {
      [AGENT_OBSTACLE_SKU] = "the machine has Small Business Technology, which knows no remote "
                             "configuration: set it up in its MEBx",
      [AGENT_OBSTACLE_ZERO_TOUCH] = "remote configuration is off: turn it on in the MEBx (Remote "
                                    "Setup and Configuration)",
      [AGENT_OBSTACLE_HASHES] = "no root hash is active in the firmware, so no certificate can be "
                                "trusted: activate one in the MEBx, or write setup.bin with one",
      [AGENT_OBSTACLE_LINK] = "the wired port has no link: AMT is set up over the cable. Plug it "
                              "in",
  };

  return is_there (info, obstacle) ? sentences[obstacle] : NULL;
}
