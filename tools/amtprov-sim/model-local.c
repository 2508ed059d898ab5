/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a program on the machine may ask for over MEI: to start setup and to stop it, and what has
 * to be there before (heci.md §5, §11.2). */
#include "model.h"

#include <string.h>

/* How long old firmware takes for random bytes, and then for the certificate made of them. */
#define SEED_TIME        (G_TIME_SPAN_SECOND / 2)
#define CERTIFICATE_TIME (G_TIME_SPAN_SECOND / 2)

/* Whether the release knows setup that an agent starts, and with it the commands for it. */
gboolean
sim_model_takes_agent (SimModel *self)
{
  return amt_prov_capabilities_allows_method (self->capabilities, "agent", NULL, NULL);
}

/* PRE, IN or POST (heci.md §4); a machine stays IN when its window has run out (hello.md §8). */
guint
sim_model_get_provisioning_state (SimModel *self)
{
  static const guint states[] = {
      [SIM_STATE_FACTORY] = 0,
      [SIM_STATE_SETUP] = 1,
      [SIM_STATE_CLOSED] = 1,
      [SIM_STATE_OPERATIONAL] = 2,
  };

  return states[self->state];
}

/* The suffix that a provisioning certificate must fit: the machine's own, else that of its network;
 * NULL when there is none. */
const char *
sim_model_get_suffix (SimModel *self)
{
  const char *suffix =
      self->suffix != NULL && *self->suffix != '\0' ? self->suffix : self->settings->option15;

  return suffix != NULL && *suffix != '\0' ? suffix : NULL;
}

static gboolean
may_begin (SimModel *self)
{
  return self->state == SIM_STATE_FACTORY || self->state == SIM_STATE_CLOSED;
}

/* Old firmware has no random bytes before somebody asks for them, unless it was IN already. */
static guint
check_seed (SimModel *self)
{
  SimSeed seed = sim_model_get_seed (self);
  gint64 made = self->seed_done + sim_clock_stretch (&self->clock, CERTIFICATE_TIME);

  if (seed != SIM_SEED_EXISTS)
    return SIM_PT_RNG_NOT_READY;
  return self->seed_done != 0 && sim_clock_now (&self->clock) < made ? SIM_PT_CERTIFICATE_NOT_READY
                                                                     : SIM_PT_SUCCESS;
}

/* extended: the command of 6.0 and later, which wants to know its DNS suffix first. */
guint
sim_model_start_configuration (SimModel *self, gboolean extended)
{
  guint status;

  if (self->settings->sku == SIM_SKU_SBT)
    return SIM_PT_NOT_READY;
  if (!may_begin (self) || !self->zero_touch)
    return SIM_PT_INVALID_MODE;
  if (!self->settings->link || (extended && sim_model_get_suffix (self) == NULL))
    return SIM_PT_NOT_READY;
  status = check_seed (self);
  if (status != SIM_PT_SUCCESS)
    return status;
  self->by_psk = FALSE;
  self->delayed = TRUE;
  sim_model_open_window (self);
  return self->state == SIM_STATE_SETUP ? SIM_PT_SUCCESS : SIM_PT_NOT_PERMITTED;
}

guint
sim_model_stop_configuration (SimModel *self)
{
  if (sim_model_get_provisioning_state (self) != 1)
    return SIM_PT_INVALID_MODE;
  self->state = SIM_STATE_FACTORY;
  self->next_hello = self->window_end = 0;
  sim_model_emit (self, "stopped", NULL);
  return SIM_PT_SUCCESS;
}

guint
sim_model_set_otp (SimModel *self, const char *otp)
{
  gsize length = strlen (otp);

  if (!may_begin (self))
    return SIM_PT_INVALID_MODE;
  if (length < 8 || length > 32)
    return SIM_PT_INVALID_PARAMETER;
  g_free (self->otp);
  self->otp = g_strdup (otp);
  return SIM_PT_SUCCESS;
}

/* As base64; without one, and when the machine is operational, zeros (pki.md §9). */
char *
sim_model_encode_otp (SimModel *self)
{
  static const guint8 zero[32] = {0};

  if (self->state == SIM_STATE_OPERATIONAL || self->otp == NULL)
    return g_base64_encode (zero, sizeof zero);
  return g_base64_encode ((const guint8 *)self->otp, strlen (self->otp));
}

guint
sim_model_set_suffix (SimModel *self, const char *suffix)
{
  if (!may_begin (self))
    return SIM_PT_INVALID_MODE;
  if (strlen (suffix) > 223)
    return SIM_PT_INVALID_PARAMETER;
  g_free (self->suffix);
  self->suffix = g_strdup (suffix);
  return SIM_PT_SUCCESS;
}

/* In progress means started as well. */
guint
sim_model_generate_seed (SimModel *self)
{
  if (self->state == SIM_STATE_OPERATIONAL)
    return SIM_PT_INVALID_MODE;
  if (sim_model_get_seed (self) == SIM_SEED_IN_PROGRESS)
    return SIM_PT_RNG_IN_PROGRESS;
  self->seed_done = sim_clock_now (&self->clock) + sim_clock_stretch (&self->clock, SEED_TIME);
  self->seeded = TRUE;
  return SIM_PT_SUCCESS;
}

SimSeed
sim_model_get_seed (SimModel *self)
{
  if (self->seed_done != 0)
    return sim_clock_now (&self->clock) < self->seed_done ? SIM_SEED_IN_PROGRESS : SIM_SEED_EXISTS;
  if (self->seeded || self->state != SIM_STATE_FACTORY ||
      amt_prov_version_at_least (self->settings->amt, 6, 0))
    return SIM_SEED_EXISTS;
  return SIM_SEED_NONE;
}

/* Enabling takes effect at once, a machine that is set up stays enabled. */
guint
sim_model_enable (SimModel *self, gboolean enable)
{
  if (self->settings->enabled == SIM_ENABLED_LOCKED)
    return SIM_PT_NOT_PERMITTED;
  if (self->state != SIM_STATE_FACTORY)
    return SIM_PT_INVALID_MODE;
  self->enabled = enable;
  sim_model_emit (self, enable ? "enabled" : "disabled", NULL);
  return SIM_PT_SUCCESS;
}

void
sim_model_set_host_fqdn (SimModel *self, const char *fqdn)
{
  g_free (self->host_fqdn);
  self->host_fqdn = g_strdup (fqdn);
  sim_model_emit (self, "host-fqdn", fqdn);
}

/* The row Sku of the code versions (heci.md §6). */
guint
sim_model_get_sku (SimModel *self)
{
  enum { ASF = 0x04, AMT_PRO = 0x08, STANDARD = 0x10, AT_P = 0x2000, CORPORATE = 0x4000 };
  guint release = sim_release_number (self->settings->amt);

  if (release < 300)
    return 0;
  if (release < 500)
    return ASF | AMT_PRO;
  return (self->settings->sku == SIM_SKU_AMT ? AMT_PRO : STANDARD) | CORPORATE |
         (release >= 700 && release < 1100 ? AT_P : 0);
}
