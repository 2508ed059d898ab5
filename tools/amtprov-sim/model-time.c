/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What runs by the clock: the hello schedule, the provisioning window, the machine's own time. */
#include "model.h"

#define MINUTE (60 * G_TIME_SPAN_SECOND)
#define HOUR   (60 * MINUTE)
/* The firmware baseline before which no time is accepted, and where a machine without a clock
 * starts: 1 January 2004 (wsman-examples.md §6.1). */
#define BASELINE G_GINT64_CONSTANT (1072915200)

typedef struct {
  guint count;
  guint minutes;
} Stage;

/* hello.md §5 */
static const Stage psk_stages[] = {{5, 1}, {5, 10}, {5, 60}, {0, 0}};
static const Stage pki_stages[] = {{5, 1}, {12, 5}, {23, 60}, {0, 0}};

/* The pause after message number sent (from 1); -1 when it was the last. */
static gint64
pause_after (SimModel *self, guint sent)
{
  const Stage *stage = self->by_psk ? psk_stages : pki_stages;
  guint total = self->by_psk ? 15 : 40;

  if (sent >= total)
    return -1;
  for (; stage->count != 0; stage++) {
    if (sent <= stage->count)
      return stage->minutes * MINUTE;
    sent -= stage->count;
  }
  return -1;
}

static gint64
window_hours (SimModel *self)
{
  const char *key = self->by_psk    ? "psk-window-hours"
                    : self->delayed ? "delayed-window-hours"
                                    : "bare-metal-window-hours";

  if (!self->by_psk && !self->delayed && self->settings->bare_metal_hours >= 0)
    return self->settings->bare_metal_hours;
  if (self->settings->window_hours >= 0)
    return self->settings->window_hours;
  return amt_prov_capabilities_get_int (self->capabilities, key);
}

/* Why no window opens, or NULL. */
static const char *
window_refusal (SimModel *self)
{
  if (!self->enabled)
    return "AMT is disabled, nothing is sent";
  if (!self->by_psk && !self->zero_touch)
    return "remote configuration is off, nothing is sent";
  if (!self->by_psk && self->settings->sku == SIM_SKU_SBT)
    return "this SKU has no remote configuration, nothing is sent";
  if (!self->by_psk && !self->delayed &&
      !amt_prov_capabilities_allows_method (self->capabilities, "pki", NULL, NULL))
    return "the release needs a local agent, nothing is sent";
  return window_hours (self) <= 0 ? "the window is 0 hours, nothing is sent" : NULL;
}

/* Setup begins, unless something speaks against it. */
void
sim_model_open_window (SimModel *self)
{
  const char *refusal = window_refusal (self);
  gint64 now = sim_clock_now (&self->clock);

  if (refusal != NULL) {
    self->state = SIM_STATE_FACTORY;
    sim_model_emit (self, "started", refusal);
    return;
  }
  self->state = SIM_STATE_SETUP;
  self->window_end = now + window_hours (self) * HOUR;
  self->next_hello = now;
  self->hello_count = 0;
  sim_model_emit (self, "started", NULL);
}

static void
close_window (SimModel *self)
{
  self->state = SIM_STATE_CLOSED;
  self->next_hello = self->window_end = 0;
  sim_model_emit (self, "window-closed", NULL);
}

guint
sim_model_extend_window (SimModel *self, guint hours)
{
  if (self->state != SIM_STATE_SETUP)
    return SIM_PT_NOT_PERMITTED;
  if (hours > 24)
    return SIM_PT_INVALID_PARAMETER;
  if (hours == 0) {
    close_window (self);
    return SIM_PT_SUCCESS;
  }
  self->window_end = sim_clock_now (&self->clock) + hours * HOUR;
  return SIM_PT_SUCCESS;
}

/* When sim_model_tick() has something to do next, in virtual time; 0 never. */
gint64
sim_model_next_due (SimModel *self)
{
  if (self->state != SIM_STATE_SETUP)
    return 0;
  if (self->next_hello != 0 && self->next_hello < self->window_end)
    return self->next_hello;
  return self->window_end;
}

static AmtProvHello *
make_hello (SimModel *self)
{
  gboolean credentials = g_strcmp0 (self->mebx_password, SIM_FACTORY_PASSWORD) != 0;
  g_autoptr (GPtrArray) hashes = NULL;
  gint64 most = amt_prov_capabilities_get_int (self->capabilities, "max-hello-hashes");

  if (self->by_psk)
    return amt_prov_hello_new_psk (self->settings->uuid, credentials, self->hello_count,
                                   amt_prov_psk_get_pid (self->psk));
  if (most <= 0 || most > AMT_PROV_HELLO_MAX_HASHES)
    most = AMT_PROV_HELLO_MAX_HASHES;
  hashes = g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_cert_hash_unref);
  for (guint i = 0; i < self->hashes->len && hashes->len < most; i++) {
    SimHash *slot = self->hashes->pdata[i];

    if (slot->active)
      g_ptr_array_add (hashes, amt_prov_cert_hash_ref (slot->hash));
  }
  return amt_prov_hello_new_pki (self->settings->uuid, credentials, self->hello_count, hashes);
}

/* Does what is due. A hello to be sent is returned. */
AmtProvHello *
sim_model_tick (SimModel *self)
{
  gint64 now = sim_clock_now (&self->clock);
  AmtProvHello *hello;
  gint64 pause;

  if (self->state != SIM_STATE_SETUP)
    return NULL;
  if (now >= self->window_end) {
    close_window (self);
    return NULL;
  }
  if (self->next_hello == 0 || now < self->next_hello)
    return NULL;
  hello = make_hello (self);
  self->hello_count++;
  pause = pause_after (self, self->hello_count);
  self->next_hello = pause < 0 ? 0 : self->next_hello + pause;
  return hello;
}

gint64
sim_model_get_time (SimModel *self)
{
  gint64 now = sim_clock_now (&self->clock) / G_TIME_SPAN_SECOND;

  if (self->clock_set)
    return now + self->clock_offset;
  /* Without a clock it counts from the baseline. */
  return BASELINE + now % (G_TIME_SPAN_DAY / G_TIME_SPAN_SECOND);
}

guint
sim_model_set_time (SimModel *self, gint64 remote, gint64 local)
{
  if (remote < BASELINE || local < BASELINE)
    return SIM_PT_INVALID_TIME;
  self->clock_offset = local - sim_clock_now (&self->clock) / G_TIME_SPAN_SECOND;
  self->clock_set = TRUE;
  return SIM_PT_SUCCESS;
}
