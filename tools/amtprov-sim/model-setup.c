/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CommitChanges with its preconditions, and the ways back. */
#include "model.h"

#include <string.h>

#define TLS_SETTINGS "AMT_TLSSettingData"
#define LAN          "Intel(r) AMT 802.3 TLS Settings"
#define WIRED        "Intel(r) AMT Ethernet Port Settings 0"

static gboolean
is_true (SimModel *self, const char *class, const char *instance, const char *name)
{
  g_autofree char *value = sim_store_get (self, class, instance, name);

  return g_strcmp0 (value, "true") == 0 || g_strcmp0 (value, "1") == 0;
}

/* The preconditions of wsman.md §8, with the word for the event. */
static const char *
find_missing (SimModel *self, gboolean tls, gboolean mutual)
{
  g_autofree char *host = sim_store_get (self, "AMT_GeneralSettings", NULL, "HostName");
  gboolean dhcp = is_true (self, "AMT_EthernetPortSettings", WIRED, "DHCPEnabled");
  gboolean plain_port = amt_prov_capabilities_get_boolean (self->capabilities, "plain-port");

  if (g_strcmp0 (self->mebx_password, SIM_FACTORY_PASSWORD) == 0)
    return "the MEBx password is still the factory one";
  if (dhcp && (host == NULL || *host == '\0') && !self->settings->lenient_no_hostname)
    return "DHCP is on and no host name is set";
  if (tls && plain_port && self->context_cert < 0)
    return "TLS is on and no certificate is bound";
  if (mutual && !sim_model_has_trusted_root (self))
    return "mutual TLS is on and no trusted root is stored";
  if (!self->clock_set)
    return "the clock is not set";
  return NULL;
}

guint
sim_model_commit (SimModel *self)
{
  gboolean tls = is_true (self, TLS_SETTINGS, LAN, "Enabled");
  gboolean mutual = tls && is_true (self, TLS_SETTINGS, LAN, "MutualAuthentication");
  gboolean plain = !tls || is_true (self, TLS_SETTINGS, LAN, "AcceptNonSecureConnections");
  const char *missing = find_missing (self, tls, mutual);

  if (self->state != SIM_STATE_SETUP && self->state != SIM_STATE_OPERATIONAL)
    return SIM_PT_NOT_PERMITTED;
  if (missing != NULL) {
    sim_model_emit (self, "commit-refused", missing);
    return SIM_PT_DATA_MISSING;
  }
  if (!amt_prov_capabilities_get_boolean (self->capabilities, "plain-port")) {
    plain = FALSE;
    tls = TRUE;
  }
  self->tls = tls;
  self->mutual = mutual;
  self->plain = plain;
  self->tls_cert = self->context_cert;
  g_clear_pointer (&self->own, sim_identity_free);
  if (self->pending_psk != NULL) {
    g_clear_pointer (&self->psk, amt_prov_psk_unref);
    self->psk = g_steal_pointer (&self->pending_psk);
  }
  self->state = SIM_STATE_OPERATIONAL;
  self->next_hello = self->window_end = 0;
  sim_model_emit (self, "committed", NULL);
  return SIM_PT_SUCCESS;
}

static void
erase_all (SimModel *self)
{
  sim_model_forget_hashes (self);
  for (guint i = 0; i < self->hashes->len; i++)
    ((SimHash *)self->hashes->pdata[i])->active = TRUE;
  g_clear_pointer (&self->server, g_free);
  g_clear_pointer (&self->psk, amt_prov_psk_unref);
  g_clear_pointer (&self->pending_psk, amt_prov_psk_unref);
  if (!amt_prov_version_at_least (self->settings->amt, 12, 0))
    g_clear_pointer (&self->suffix, g_free);
  sim_model_use_password (self, SIM_FACTORY_PASSWORD);
  g_hash_table_remove_all (self->written);
}

/* A partial unprovision keeps the host and domain name (wsman.md §11). */
static void
erase_but_names (SimModel *self)
{
  g_autofree char *host = sim_store_get (self, "AMT_GeneralSettings", NULL, "HostName");
  g_autofree char *domain = sim_store_get (self, "AMT_GeneralSettings", NULL, "DomainName");

  g_hash_table_remove_all (self->written);
  if (host != NULL)
    sim_store_set (self, "AMT_GeneralSettings", 0, "HostName", host);
  if (domain != NULL)
    sim_store_set (self, "AMT_GeneralSettings", 0, "DomainName", domain);
}

guint
sim_model_unprovision (SimModel *self, gboolean full)
{
  if (self->state == SIM_STATE_FACTORY)
    return full ? SIM_PT_INVALID_PARAMETER : SIM_PT_NOT_PERMITTED;
  sim_model_forget_certificates (self);
  self->tls = self->mutual = self->plain = FALSE;
  self->state = SIM_STATE_FACTORY;
  self->next_hello = self->window_end = 0;
  self->nonce[0]++;
  if (full) {
    erase_all (self);
    sim_model_emit (self, "unprovisioned", "full");
    return SIM_PT_SUCCESS;
  }
  erase_but_names (self);
  sim_model_emit (self, "unprovisioned", "partial");
  self->by_psk = self->psk != NULL && self->by_psk;
  self->delayed = FALSE;
  sim_model_open_window (self);
  return SIM_PT_SUCCESS;
}
