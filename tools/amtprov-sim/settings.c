/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The keys of one machine, checked. */
#include "settings.h"

#include <string.h>

void
sim_settings_free (SimSettings *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->amt, amt_prov_version_free);
  g_free (self->address);
  g_free (self->uuid);
  g_free (self->pid);
  g_free (self->pps);
  g_free (self->suffix);
  g_free (self->password);
  g_free (self->otp);
  g_free (self->hostname);
  g_free (self->stick);
  g_free (self->option15);
  g_free (self->mei);
  g_ptr_array_unref (self->roots);
  g_clear_pointer (&self->faults, g_ptr_array_unref);
  g_free (self);
}

/* The same address gets the same UUID in each run, so that a store fits a fleet started again. */
char *
sim_uuid_for_address (const char *address)
{
  static const char name_space[] = "amtprov-sim:";
  g_autofree char *name = g_strconcat (name_space, address, NULL);
  g_autofree char *hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, name, -1);

  return g_strdup_printf ("%.8s-%.4s-4%.3s-a%.3s-%.12s", hash, hash + 8, hash + 13, hash + 17,
                          hash + 20);
}

static gboolean
refuse (GError **error, const char *key, const char *value, const char *allowed)
{
  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA, "%s=%s: must be %s", key, value,
               allowed);
  return FALSE;
}

/* Sets *at to the place of value in choices; an absent value leaves it alone. */
static gboolean
take_choice (
    GHashTable *values, const char *key, const char *const *choices, guint *at, GError **error)
{
  const char *value = g_hash_table_lookup (values, key);
  g_autofree char *allowed = g_strjoinv (", ", (char **)choices);

  if (value == NULL)
    return TRUE;
  for (guint i = 0; choices[i] != NULL; i++) {
    if (strcmp (choices[i], value) == 0) {
      *at = i;
      return TRUE;
    }
  }
  return refuse (error, key, value, allowed);
}

static gboolean
take_number (
    GHashTable *values, const char *key, guint64 least, guint64 most, guint64 *out, GError **error)
{
  const char *value = g_hash_table_lookup (values, key);
  g_autofree char *allowed =
      g_strdup_printf ("a number from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT, least, most);

  if (value == NULL)
    return TRUE;
  if (!g_ascii_string_to_unsigned (value, 10, least, most, out, NULL))
    return refuse (error, key, value, allowed);
  return TRUE;
}

static gboolean
take_roots (SimSettings *self, const char *value, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (value, "+", -1);

  for (guint i = 0; parts[i] != NULL; i++) {
    AmtProvCertHash *hash = amt_prov_cert_hash_new_from_hex (parts[i], error);

    if (hash == NULL) {
      g_prefix_error (error, "root=%s: ", parts[i]);
      return FALSE;
    }
    g_ptr_array_add (self->roots, hash);
  }
  return TRUE;
}

static gboolean
take_lenient (SimSettings *self, const char *value, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (value, "+", -1);

  for (guint i = 0; parts[i] != NULL; i++) {
    if (strcmp (parts[i], "acl-hex") == 0)
      self->lenient_acl_hex = TRUE;
    else if (strcmp (parts[i], "no-hostname") == 0)
      self->lenient_no_hostname = TRUE;
    else
      return refuse (error, "lenient", parts[i], "acl-hex, no-hostname or both joined by +");
  }
  return TRUE;
}

static gboolean
take_identity (SimSettings *self, GHashTable *values, GError **error)
{
  const char *amt = g_hash_table_lookup (values, "amt");
  const char *address = g_hash_table_lookup (values, "address");
  const char *uuid = g_hash_table_lookup (values, "uuid");

  if (amt == NULL) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
                 "amt: missing; name the release, for example amt=11.8");
    return FALSE;
  }
  self->amt = amt_prov_version_parse (amt, error);
  if (self->amt == NULL)
    return FALSE;
  self->address = g_strdup (address != NULL ? address : "127.0.0.1");
  if (!g_hostname_is_ip_address (self->address) || !g_str_has_prefix (self->address, "127."))
    return refuse (error, "address", self->address, "an address in 127.0.0.0/8");
  self->uuid = uuid != NULL ? amt_prov_uuid_normalize (uuid) : sim_uuid_for_address (self->address);
  return self->uuid != NULL || refuse (error, "uuid", uuid, "a UUID");
}

/* What was done to the machine before it is switched on says what it is. */
static guint
default_mode (GHashTable *values)
{
  if (g_hash_table_contains (values, "stick"))
    return SIM_MODE_FACTORY;
  return g_hash_table_contains (values, "pid") ? SIM_MODE_PSK : SIM_MODE_PKI;
}

static gboolean
take_stick (SimSettings *self, GHashTable *values, GError **error)
{
  const char *stick = g_hash_table_lookup (values, "stick");

  if (stick != NULL && (self->mode == SIM_MODE_PSK || g_hash_table_contains (values, "pid"))) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
                 "stick=%s: a machine has its pair from the stick or from the keyboard; leave out "
                 "mode=psk, pid and pps, or stick",
                 stick);
    return FALSE;
  }
  self->stick = g_strdup (stick);
  return TRUE;
}

static gboolean
take_switches (SimSettings *self, GHashTable *values, GError **error)
{
  static const char *const modes[] = {"psk", "pki", "factory", "operational", NULL};
  static const char *const digests[] = {"by-mode", "none", "required", NULL};
  static const char *const policies[] = {"setup", "default-only", "anytime", NULL};
  static const char *const off_on[] = {"off", "on", NULL};
  static const char *const no_yes[] = {"no", "yes", NULL};
  static const char *const eoi_forms[] = {"all", "certain", NULL};
  static const char *const clocks[] = {"unset", "set", NULL};
  static const char *const confirms[] = {"ask", "no", "yes", NULL};
  guint mode = default_mode (values), policy = SIM_MEBX_POLICY_SETUP;
  guint digest = SIM_DIGEST_BY_MODE, confirm = SIM_CONFIRM_ASK;
  guint renegotiation = 0, repeat = 0, clock = 0, chipset = 0;
  guint eoi = 0, seed = 0;

  if (!take_choice (values, "mode", modes, &mode, error) ||
      !take_choice (values, "digest", digests, &digest, error) ||
      !take_choice (values, "confirm", confirms, &confirm, error) ||
      !take_choice (values, "mebx-policy", policies, &policy, error) ||
      !take_choice (values, "reneg", off_on, &renegotiation, error) ||
      !take_choice (values, "fault-repeat", no_yes, &repeat, error) ||
      !take_choice (values, "chipset-h", no_yes, &chipset, error) ||
      !take_choice (values, "eoi", eoi_forms, &eoi, error) ||
      !take_choice (values, "seed", no_yes, &seed, error) ||
      !take_choice (values, "clock", clocks, &clock, error))
    return FALSE;
  self->mode = mode;
  self->digest = digest;
  self->confirm = confirm;
  self->mebx_policy = policy;
  self->renegotiation = renegotiation == 1;
  self->fault_repeat = repeat == 1;
  self->clock_set = clock == 1;
  self->chipset_h = chipset == 1;
  self->eoi_certain_only = eoi == 1;
  self->seed_needed = seed == 1;
  return TRUE;
}

/* What a local agent meets. */
static gboolean
take_agent_switches (SimSettings *self, GHashTable *values, GError **error)
{
  static const char *const skus[] = {"amt", "ism", "sbt", NULL};
  static const char *const enabled[] = {"yes", "no", "locked", NULL};
  static const char *const off_on[] = {"off", "on", NULL};
  static const char *const down_up[] = {"down", "up", NULL};
  guint sku = SIM_SKU_AMT, state = SIM_ENABLED_YES, zero_touch = 1, link = 1;

  if (!take_choice (values, "sku", skus, &sku, error) ||
      !take_choice (values, "enabled", enabled, &state, error) ||
      !take_choice (values, "zero-touch", off_on, &zero_touch, error) ||
      !take_choice (values, "link", down_up, &link, error))
    return FALSE;
  self->sku = sku;
  self->enabled = state;
  self->zero_touch = zero_touch == 1;
  self->link = link == 1;
  return TRUE;
}

/* Hours of a window; *out stays -1 when they are not given. */
static gboolean
take_hours (GHashTable *values, const char *key, int *out, GError **error)
{
  guint64 hours = 256;

  if (!take_number (values, key, 0, 255, &hours, error))
    return FALSE;
  *out = hours == 256 ? -1 : (int)hours;
  return TRUE;
}

static gboolean
take_numbers (SimSettings *self, GHashTable *values, GError **error)
{
  guint64 port = 16993, plain_port = 16992, split = 0;

  if (!take_number (values, "port", 1, 65535, &port, error) ||
      !take_number (values, "plain-port", 1, 65535, &plain_port, error) ||
      !take_number (values, "split", 1, 4096, &split, error) ||
      !take_hours (values, "window", &self->window_hours, error) ||
      !take_hours (values, "bare-metal-hours", &self->bare_metal_hours, error))
    return FALSE;
  self->port = port;
  self->plain_port = plain_port;
  self->split = split;
  return TRUE;
}

static const char *const known_keys[] = {
    "amt",
    "mode",
    "address",
    "port",
    "plain-port",
    "uuid",
    "pid",
    "pps",
    "suffix",
    "root",
    "digest",
    "password",
    "lenient",
    "otp",
    "fault",
    "mebx-policy",
    "reneg",
    "window",
    "split",
    "clock",
    "fault-repeat",
    "count",
    "psk-file",
    "chipset-h",
    "host",
    "eoi",
    "seed",
    "stick",
    "confirm",
    "mei",
    "bare-metal-hours",
    "zero-touch",
    "enabled",
    "sku",
    "link",
    "option15",
    NULL,
};

static gboolean
check_keys (GHashTable *values, GError **error)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, values);
  while (g_hash_table_iter_next (&iter, &key, NULL)) {
    if (!g_strv_contains (known_keys, key)) {
      g_autofree char *all = g_strjoinv (", ", (char **)known_keys);

      g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
                   "%s: unknown key; known are %s", (char *)key, all);
      return FALSE;
    }
  }
  return TRUE;
}

SimSettings *
sim_settings_new (GHashTable *values, GError **error)
{
  g_autoptr (SimSettings) self = g_new0 (SimSettings, 1);
  const char *roots = g_hash_table_lookup (values, "root");
  const char *lenient = g_hash_table_lookup (values, "lenient");
  const char *faults = g_hash_table_lookup (values, "fault");

  self->roots = g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_cert_hash_unref);
  if (!check_keys (values, error) || !take_identity (self, values, error) ||
      !take_switches (self, values, error) || !take_stick (self, values, error) ||
      !take_agent_switches (self, values, error) || !take_numbers (self, values, error))
    return NULL;
  if ((roots != NULL && !take_roots (self, roots, error)) ||
      (lenient != NULL && !take_lenient (self, lenient, error)) ||
      (self->faults = sim_faults_parse (faults != NULL ? faults : "", error)) == NULL)
    return NULL;
  self->pid = g_strdup (g_hash_table_lookup (values, "pid"));
  self->pps = g_strdup (g_hash_table_lookup (values, "pps"));
  self->suffix = g_strdup (g_hash_table_lookup (values, "suffix"));
  self->password = g_strdup (g_hash_table_lookup (values, "password"));
  self->otp = g_strdup (g_hash_table_lookup (values, "otp"));
  self->hostname = g_strdup (g_hash_table_lookup (values, "host"));
  self->option15 = g_strdup (g_hash_table_lookup (values, "option15"));
  self->mei = g_strdup (g_hash_table_lookup (values, "mei"));
  return g_steal_pointer (&self);
}
