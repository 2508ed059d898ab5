/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check.h"

#include <string.h>

#include "obstacle.h"

#define METHOD "agent"

static void
check_free (gpointer data)
{
  AgentCheck *self = data;

  g_free (self->text);
  g_free (self);
}

/* Takes text. */
static void
add (GPtrArray *checks, const char *name, AgentCheckResult result, char *text)
{
  AgentCheck *check = g_new0 (AgentCheck, 1);

  check->name = name;
  check->result = result;
  check->text = text;
  g_ptr_array_add (checks, check);
}

static void
add_unknown (GPtrArray *checks, const char *name, AgentInfo *info, const char *key)
{
  const char *why = g_hash_table_lookup (info->notes, key);

  add (checks, name, AGENT_CHECK_UNKNOWN,
       g_strdup (why != NULL ? why : "the firmware does not say"));
}

/* Takes passed, the text where nothing is in the way. */
static void
add_judged (
    GPtrArray *checks, const char *name, AgentInfo *info, AgentObstacle obstacle, char *passed)
{
  const char *sentence = amt_prov_agent_find_obstacle (info, obstacle);

  if (sentence == NULL) {
    add (checks, name, AGENT_CHECK_PASSED, passed);
    return;
  }
  add (checks, name, AGENT_CHECK_FAILED, g_strdup (sentence));
  g_free (passed);
}

static void
check_release (GPtrArray *checks, AgentInfo *info)
{
  g_autoptr (AmtProvCapabilityRegistry) registry = NULL;
  g_autoptr (AmtProvCapabilities) capabilities = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *reason = NULL;
  gboolean allowed;

  if (info->release == NULL) {
    add_unknown (checks, "release", info, "versions");
    return;
  }
  registry = amt_prov_capability_registry_new (NULL, &error);
  capabilities =
      registry != NULL ? amt_prov_capability_registry_lookup (registry, info->release) : NULL;
  if (capabilities == NULL) {
    add (checks, "release", AGENT_CHECK_UNKNOWN,
         g_strdup_printf ("AMT %s is not known here; the server decides", info->amt));
    return;
  }
  allowed = amt_prov_capabilities_allows_method (capabilities, METHOD, &reason, NULL);
  add (checks, "release", allowed ? AGENT_CHECK_PASSED : AGENT_CHECK_FAILED,
       g_strdup_printf ("AMT %s: %s", info->amt, reason != NULL ? reason : "allowed"));
}

static void
check_sku (GPtrArray *checks, AgentInfo *info)
{
  if (info->sku == NULL)
    add_unknown (checks, "sku", info, "sku");
  else
    add_judged (checks, "sku", info, AGENT_OBSTACLE_SKU, g_strdup (info->sku));
}

static void
check_state (GPtrArray *checks, AgentInfo *info)
{
  static const char *const texts[] = {
      "not set up",
      "a setup is under way: a start works when its window has closed; \"amtprov-agent stop\" "
      "closes it",
      "operational already: there is nothing to do",
  };

  if (info->state < 0 || (gsize)info->state >= G_N_ELEMENTS (texts))
    add_unknown (checks, "state", info, "provisioning_state");
  else
    add (checks, "state", AGENT_CHECK_PASSED, g_strdup (texts[info->state]));
}

static void
check_zero_touch (GPtrArray *checks, AgentInfo *info)
{
  if (info->zero_touch == AGENT_UNKNOWN)
    add_unknown (checks, "remote-configuration", info, "zero_touch");
  else
    add_judged (checks, "remote-configuration", info, AGENT_OBSTACLE_ZERO_TOUCH, g_strdup ("on"));
}

static void
check_wired (GPtrArray *checks, AgentInfo *info)
{
  if (info->wired == NULL)
    add_unknown (checks, "wired", info, "wired");
  else if (!amt_prov_heci_message_get_boolean (info->wired, "enabled"))
    add (checks, "wired", AGENT_CHECK_FAILED,
         g_strdup ("the wired port is not enabled for AMT: enable it in the BIOS or the MEBx"));
  else
    add_judged (checks, "wired", info, AGENT_OBSTACLE_LINK, g_strdup ("link is up"));
}

/* @instruction: (nullable): what the server wants to be set */
static void
check_domain (GPtrArray *checks, AgentInfo *info, AgentInstruction *instruction)
{
  if (instruction != NULL && instruction->suffix != NULL)
    add (checks, "suffix", AGENT_CHECK_PASSED,
         g_strdup_printf ("the certificate must fit %s, which the server gives",
                          instruction->suffix));
  else if (info->suffix != NULL && *info->suffix != '\0')
    add (checks, "suffix", AGENT_CHECK_PASSED,
         g_strdup_printf ("the certificate must fit %s, which is set in the firmware",
                          info->suffix));
  else if (info->domain == NULL)
    add_unknown (checks, "suffix", info, "dhcp_domain");
  else if (*info->domain != '\0')
    add (checks, "suffix", AGENT_CHECK_PASSED,
         g_strdup_printf ("the certificate must fit %s, which DHCP gives (option 15)",
                          info->domain));
  else
    add (checks, "suffix", AGENT_CHECK_FAILED,
         g_strdup ("the firmware has neither a PKI suffix nor a domain from DHCP (option 15): let "
                   "the DHCP server give one and renew the lease, or start with --suffix"));
}

static void
check_hashes (GPtrArray *checks, AgentInfo *info)
{
  guint active = 0;

  if (info->hashes == NULL) {
    add_unknown (checks, "root-hash", info, "hashes");
    return;
  }
  for (guint i = 0; i < info->hashes->len; i++)
    active += ((AgentHash *)info->hashes->pdata[i])->active;
  add_judged (checks, "root-hash", info, AGENT_OBSTACLE_HASHES,
              g_strdup_printf ("%u of %u root hashes are active", active, info->hashes->len));
}

static char *
describe (AgentInstruction *instruction)
{
  static const char *const words[] = {"takes the machine", "asks to wait", "has nothing to do"};
  const char *reason = instruction->reason;

  return g_strdup_printf ("the server %s: %s", words[instruction->order],
                          reason != NULL ? reason : "it does not say why");
}

/* Returns: what the server says to a report; NULL: it refuses, or was not asked */
static AgentInstruction *
check_enrolment (GPtrArray *checks, AgentEndpoint *endpoint, AgentInfo *info)
{
  g_autoptr (AgentLocal) local = NULL;
  g_autoptr (GError) error = NULL;
  AgentInstruction *instruction;

  if (!amt_prov_agent_endpoint_has_token (endpoint)) {
    add (checks, "enrolment", AGENT_CHECK_UNKNOWN,
         g_strdup ("with --token-file the server says whether it takes the machine, and has a "
                   "certificate that fits suffix and root hashes"));
    return NULL;
  }
  local = amt_prov_agent_local_read ();
  instruction = amt_prov_agent_endpoint_check (endpoint, info, local, &error);
  if (instruction != NULL)
    add (checks, "enrolment", AGENT_CHECK_PASSED, describe (instruction));
  else
    add (checks, "enrolment", AGENT_CHECK_FAILED, g_strdup (error->message));
  return instruction;
}

/* A start asks nothing of the server for a machine that is operational. @info: (nullable) */
static AgentInstruction *
check_server (GPtrArray *checks, AgentEndpoint *endpoint, AgentInfo *info)
{
  g_autoptr (GError) error = NULL;

  if (!amt_prov_agent_endpoint_reach (endpoint, &error)) {
    add (checks, "server", AGENT_CHECK_FAILED, g_strdup (error->message));
    return NULL;
  }
  add (checks, "server", AGENT_CHECK_PASSED,
       g_strdup ("it is there, and its certificate is accepted"));
  return info != NULL && info->state != AGENT_PT_STATE_POST
             ? check_enrolment (checks, endpoint, info)
             : NULL;
}

static AgentInfo *
read_firmware (AgentFirmware *firmware, GError **error)
{
  AgentInfo *info = amt_prov_agent_info_read (firmware, error);

  if (info != NULL)
    amt_prov_agent_info_read_domain (info, firmware);
  /* Others may talk to the firmware while the server thinks. */
  amt_prov_agent_firmware_close (firmware);
  return info;
}

GPtrArray *
amt_prov_agent_check (AgentFirmware *firmware, AgentEndpoint *endpoint)
{
  GPtrArray *checks = g_ptr_array_new_with_free_func (check_free);
  GPtrArray *of_server = g_ptr_array_new ();
  g_autoptr (AgentInstruction) instruction = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (AgentInfo) info = read_firmware (firmware, &error);

  if (endpoint != NULL)
    instruction = check_server (of_server, endpoint, info);
  if (info == NULL) {
    add (checks, "firmware", AGENT_CHECK_FAILED, g_strdup (error->message));
  } else {
    add (checks, "firmware", AGENT_CHECK_PASSED, g_strdup ("AMT is there and enabled"));
    check_release (checks, info);
    check_sku (checks, info);
    check_state (checks, info);
    check_zero_touch (checks, info);
    check_wired (checks, info);
    check_domain (checks, info, instruction);
    check_hashes (checks, info);
  }
  g_ptr_array_extend_and_steal (checks, of_server);
  return checks;
}
