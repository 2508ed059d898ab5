/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One machine: how it is born and what it starts as. */
#include "model.h"

#include <string.h>

static void
hash_free (gpointer data)
{
  SimHash *self = data;

  amt_prov_cert_hash_unref (self->hash);
  g_free (self->name);
  g_free (self);
}

const char *
sim_state_name (SimState state)
{
  static const char *const names[] = {"factory", "setup", "closed", "operational"};

  return names[state];
}

void
sim_model_emit (SimModel *self, const char *event, const char *reason)
{
  if (self->event != NULL)
    self->event (self, event, reason, self->event_data);
}

void
sim_model_set_observer (SimModel *self, SimEventFunc event, gpointer data)
{
  self->event = event;
  self->event_data = data;
}

gboolean
sim_model_knows_hash (SimModel *self, AmtProvCertHash *hash, GError **error)
{
  const char *algorithm =
      amt_prov_hash_algorithm_to_string (amt_prov_cert_hash_get_algorithm (hash));

  if (amt_prov_capabilities_list_contains (self->capabilities, "hash-algorithms", algorithm))
    return TRUE;
  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
               "AMT %s stores no %s hashes; give a hash of another algorithm",
               amt_prov_version_get_text (self->settings->amt), algorithm);
  return FALSE;
}

SimHash *
sim_model_add_hash (SimModel *self, AmtProvCertHash *hash, const char *name)
{
  SimHash *slot = g_new0 (SimHash, 1);

  slot->hash = amt_prov_cert_hash_ref (hash);
  slot->name = g_strdup (name);
  slot->active = TRUE;
  g_ptr_array_add (self->hashes, slot);
  return slot;
}

/* Only the maker's hashes stay. */
void
sim_model_forget_hashes (SimModel *self)
{
  for (guint i = self->hashes->len; i-- > 0;)
    if (!((SimHash *)self->hashes->pdata[i])->is_default)
      g_ptr_array_remove_index (self->hashes, i);
}

static void
add_embedded (SimModel *self, AmtProvCapabilityRegistry *registry, AmtProvHashAlgorithm algorithm)
{
  GPtrArray *roots = amt_prov_capabilities_get_roots (self->capabilities, algorithm);

  for (guint i = 0; roots != NULL && i < roots->len; i++) {
    g_autofree char *name = amt_prov_capability_registry_dup_root_name (registry, roots->pdata[i]);

    sim_model_add_hash (self, roots->pdata[i], name != NULL ? name : "embedded root")->is_default =
        TRUE;
  }
}

static gboolean
fill_hashes (SimModel *self, AmtProvCapabilityRegistry *registry, GError **error)
{
  for (guint i = 0; i < self->settings->roots->len; i++) {
    if (!sim_model_knows_hash (self, self->settings->roots->pdata[i], error)) {
      g_prefix_error (error, "root: ");
      return FALSE;
    }
    sim_model_add_hash (self, self->settings->roots->pdata[i], "Custom root");
  }
  add_embedded (self, registry, AMT_PROV_HASH_ALGORITHM_SHA1);
  add_embedded (self, registry, AMT_PROV_HASH_ALGORITHM_SHA256);
  return TRUE;
}

/* Both forms of the realm: tls-http.md §7.3. */
static char *
make_realm (SimModel *self)
{
  const char *form = amt_prov_capabilities_get_string (self->capabilities, "realm-form");
  g_autofree char *upper = g_ascii_strup (self->settings->uuid, -1);
  g_autofree char *hash = g_compute_checksum_for_string (G_CHECKSUM_MD5, upper, -1);
  g_autofree char *digits = g_ascii_strup (hash, -1);

  if (g_strcmp0 (form, "uuid") == 0)
    return g_strdup_printf ("Intel(R) AMT (ID:%s)", upper);
  return g_strconcat ("Digest:", digits, NULL);
}

static gboolean
check_method (SimModel *self, GError **error)
{
  const char *method = self->settings->mode == SIM_MODE_PSK ? "psk" : "pki";
  g_autofree char *reason = NULL;
  g_autoptr (AmtProvRule) rule = NULL;

  if (self->settings->mode != SIM_MODE_PSK && self->settings->mode != SIM_MODE_PKI)
    return TRUE;
  if (amt_prov_capabilities_allows_method (self->capabilities, method, &reason, &rule))
    return TRUE;
  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA, "mode=%s: AMT %s cannot: %s",
               method, amt_prov_version_get_text (self->settings->amt),
               reason != NULL ? reason : "the release does not know it");
  return FALSE;
}

static void
make_operational (SimModel *self)
{
  self->state = SIM_STATE_OPERATIONAL;
  self->plain = amt_prov_capabilities_get_boolean (self->capabilities, "plain-port");
  self->tls = !self->plain;
  self->clock_set = TRUE;
  if (self->settings->hostname != NULL)
    sim_store_set (self, "AMT_GeneralSettings", 0, "HostName", self->settings->hostname);
}

SimModel *
sim_model_new (SimSettings *settings,
               SimCatalog *catalog,
               SimKeyPool *key_pool,
               AmtProvCapabilityRegistry *registry,
               const SimClock *clock,
               GError **error)
{
  g_autoptr (SimModel) self = g_new0 (SimModel, 1);

  self->settings = settings;
  self->mode = settings->mode;
  self->catalog = catalog;
  self->key_pool = key_pool;
  self->clock = *clock;
  self->context_cert = -1;
  self->tls_cert = -1;
  self->written =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
  self->hashes = g_ptr_array_new_with_free_func (hash_free);
  self->keys = g_ptr_array_new_with_free_func ((GDestroyNotify)sim_key_unref);
  self->certs = g_ptr_array_new_with_free_func ((GDestroyNotify)sim_cert_free);
  self->capabilities = amt_prov_capability_registry_lookup (registry, settings->amt);
  if (self->capabilities == NULL) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
                 "amt=%s: this release is in no capability file",
                 amt_prov_version_get_text (settings->amt));
    return NULL;
  }
  if (!check_method (self, error) || !fill_hashes (self, registry, error))
    return NULL;
  self->realm = make_realm (self);
  self->suffix = g_strdup (settings->suffix);
  self->otp = g_strdup (settings->otp);
  sim_model_set_password (self,
                          settings->password != NULL ? settings->password : SIM_FACTORY_PASSWORD);
  self->clock_set = settings->clock_set;
  if (self->mode == SIM_MODE_OPERATIONAL)
    make_operational (self);
  self->enabled = settings->enabled == SIM_ENABLED_YES;
  self->zero_touch = settings->zero_touch;
  return g_steal_pointer (&self);
}

void
sim_model_free (SimModel *self)
{
  if (self == NULL)
    return;
  for (guint i = 0; i < SIM_CONTEXTS; i++) {
    g_free (self->contexts[i].id);
    g_clear_pointer (&self->contexts[i].items, g_ptr_array_unref);
  }
  g_clear_pointer (&self->capabilities, amt_prov_capabilities_unref);
  g_clear_pointer (&self->psk, amt_prov_psk_unref);
  g_clear_pointer (&self->pending_psk, amt_prov_psk_unref);
  g_free (self->realm);
  g_free (self->admin_ha1);
  g_free (self->mebx_password);
  g_free (self->suffix);
  g_free (self->otp);
  g_free (self->server);
  g_free (self->host_fqdn);
  sim_audit_clear (&self->audit);
  g_hash_table_unref (self->written);
  g_ptr_array_unref (self->hashes);
  g_ptr_array_unref (self->keys);
  g_ptr_array_unref (self->certs);
  sim_identity_free (self->own);
  g_free (self);
}

/* Power on: the machine goes to the state its mode asks for. */
void
sim_model_start (SimModel *self)
{
  gboolean typed = sim_mebx_type (self);

  if (!typed)
    self->state = SIM_STATE_FACTORY;
  if (!typed || self->mode == SIM_MODE_FACTORY || self->mode == SIM_MODE_OPERATIONAL) {
    sim_model_emit (self, "started", NULL);
    return;
  }
  self->by_psk = self->mode == SIM_MODE_PSK;
  sim_model_open_window (self);
}
