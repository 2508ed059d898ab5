/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MEBx: takes what a person types, or what stands in a record of setup.bin. */
#include "model.h"

#include <string.h>

static gboolean refuse (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
refuse (GError **error, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  if (error != NULL)
    *error = g_error_new_valist (AMT_PROV_ERROR, AMT_PROV_ERROR_BLOCKED, format, args);
  va_end (args);
  return FALSE;
}

/* ---- typing ---- */

static gboolean
type_password (SimModel *self, GError **error)
{
  g_autoptr (AmtProvSecret) secret = NULL;

  if (strcmp (self->mebx_password, SIM_FACTORY_PASSWORD) == 0)
    return TRUE;
  secret = amt_prov_secret_new_text (self->mebx_password);
  return amt_prov_secret_check_password (secret, error);
}

static gboolean
type_psk (SimModel *self, GError **error)
{
  const char *pid = self->settings->pid;
  const char *pps = self->settings->pps;

  if (pid == NULL && self->settings->mode != SIM_MODE_PSK)
    return TRUE;
  if (pid == NULL || pps == NULL)
    return refuse (error, "PID and PPS are needed for mode=psk");
  self->psk = amt_prov_psk_new (pid, pps, error);
  return self->psk != NULL;
}

/* What the keys of the machine say. A wrong check character leaves it as it is. */
gboolean
sim_mebx_type (SimModel *self)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *reason = NULL;

  if (type_password (self, &error) && type_psk (self, &error))
    return TRUE;
  reason = g_strconcat ("MEBx: ", error->message, NULL);
  sim_model_emit (self, "error", reason);
  return FALSE;
}

/* ---- setup.bin ---- */

/* Whether the machine is offered the file (setup-bin.md §9). */
gboolean
sim_mebx_check_file (SimModel *self, AmtProvSetupBinHeader *header, GError **error)
{
  const char *release = amt_prov_version_get_text (self->settings->amt);
  const char *known = amt_prov_capabilities_get_string (self->capabilities, "setup-bin-version");
  g_autofree char *version = g_strdup_printf ("%u.%u", amt_prov_setup_bin_header_get_major (header),
                                              amt_prov_setup_bin_header_get_minor (header));
  g_autofree char *reason = NULL;

  if (self->state == SIM_STATE_OPERATIONAL)
    return refuse (error, "AMT is already provisioned; unprovision it before it takes a stick");
  if (!amt_prov_capabilities_allows_method (self->capabilities, "usb", &reason, NULL))
    return refuse (error, "AMT %s takes no stick: %s", release, reason);
  if (strcmp (version, known) > 0)
    return refuse (error,
                   "AMT %s reads setup.bin up to version %s, and this one has version %s; make one "
                   "of an older version",
                   release, known, version);
  return TRUE;
}

/* What a variable says of those after it, and of what the machine does in the end. */
typedef struct {
  gboolean user_hashes;
  gboolean active;
} Wish;

typedef void (*TakeFunc) (SimModel *self, AmtProvSetupBinVariable *variable, Wish *wish);

static void
take_password (SimModel *self, AmtProvSetupBinVariable *variable, Wish *wish)
{
  AmtProvSecret *password = amt_prov_setup_bin_variable_get_value (variable);

  sim_model_set_password (self, amt_prov_secret_peek_text (password));
}

static void
take_manageability (SimModel *self, AmtProvSetupBinVariable *variable, Wish *wish)
{
  self->enabled = amt_prov_setup_bin_variable_get_integer (variable) != 0;
}

static void
take_suffix (SimModel *self, AmtProvSetupBinVariable *variable, Wish *wish)
{
  g_free (self->suffix);
  self->suffix = amt_prov_setup_bin_variable_dup_text (variable);
}

static void
take_server (SimModel *self, AmtProvSetupBinVariable *variable, Wish *wish)
{
  g_free (self->server);
  self->server = amt_prov_setup_bin_variable_dup_text (variable);
}

static void
take_server_port (SimModel *self, AmtProvSetupBinVariable *variable, Wish *wish)
{
  self->server_port = (guint16)amt_prov_setup_bin_variable_get_integer (variable);
}

static void
take_remote (SimModel *self, AmtProvSetupBinVariable *variable, Wish *wish)
{
  self->zero_touch = amt_prov_setup_bin_variable_get_integer (variable) != 0;
}

static void
take_active (SimModel *self, AmtProvSetupBinVariable *variable, Wish *wish)
{
  wish->active = amt_prov_setup_bin_variable_get_integer (variable) != 0;
}

static void
switch_hashes (SimModel *self, gboolean is_default, gboolean active)
{
  for (guint i = 0; i < self->hashes->len; i++) {
    SimHash *slot = self->hashes->pdata[i];

    if (slot->is_default == is_default)
      slot->active = active;
  }
}

static void
take_default_hashes (SimModel *self, AmtProvSetupBinVariable *variable, Wish *wish)
{
  switch_hashes (self, TRUE, amt_prov_setup_bin_variable_get_integer (variable) != 0);
}

static void
take_user_hashes (SimModel *self, AmtProvSetupBinVariable *variable, Wish *wish)
{
  guint32 value = amt_prov_setup_bin_variable_get_integer (variable);

  if (value == 2)
    sim_model_forget_hashes (self);
  wish->user_hashes = value != 0;
  switch_hashes (self, FALSE, wish->user_hashes);
}

static void
take_hash (SimModel *self, AmtProvSetupBinVariable *variable, Wish *wish)
{
  g_autofree char *name = NULL;
  g_autoptr (AmtProvCertHash) hash = amt_prov_setup_bin_variable_dup_hash (variable, &name);

  sim_model_add_hash (self, hash, name)->active = wish->user_hashes;
}

static void
take_name (SimModel *self, AmtProvSetupBinVariable *variable, Wish *wish)
{
  gboolean host = strcmp (amt_prov_setup_bin_variable_get_name (variable), "host-name") == 0;
  g_autofree char *name = amt_prov_setup_bin_variable_dup_text (variable);

  sim_store_set (self, "AMT_GeneralSettings", 0, host ? "HostName" : "DomainName", name);
}

static void
take_dhcp (SimModel *self, AmtProvSetupBinVariable *variable, Wish *wish)
{
  gboolean enabled = amt_prov_setup_bin_variable_get_integer (variable) == 2;

  sim_store_set (self, "AMT_EthernetPortSettings", 0, "DHCPEnabled", enabled ? "true" : "false");
}

/* Those that change what the machine shows. The others are taken without effect. */
static const struct {
  const char *name;
  TakeFunc take;
} variables[] = {
    {"new-mebx-password", take_password},
    {"manageability-feature-selection", take_manageability},
    {"pki-dns-suffix", take_suffix},
    {"configuration-server-fqdn", take_server},
    {"remote-configuration-enabled", take_remote},
    {"pre-installed-certificates-enabled", take_default_hashes},
    {"user-defined-certificate-configuration", take_user_hashes},
    {"user-defined-certificate-addition", take_hash},
    {"host-name", take_name},
    {"domain-name", take_name},
    {"dhcp", take_dhcp},
    {"provisioning-server-address", take_server},
    {"provisioning-server-port", take_server_port},
    {"me-provisioning-halt-active", take_active},
};

static void
take_variable (SimModel *self, AmtProvSetupBinVariable *variable, Wish *wish)
{
  const char *name = amt_prov_setup_bin_variable_get_name (variable);

  for (guint i = 0; i < G_N_ELEMENTS (variables); i++)
    if (g_strcmp0 (variables[i].name, name) == 0)
      variables[i].take (self, variable, wish);
}

static gboolean
log_in (SimModel *self, AmtProvSetupBinRecord *record, GError **error)
{
  AmtProvSetupBinVariable *variable =
      amt_prov_setup_bin_record_find (record, "current-mebx-password");
  AmtProvSecret *password =
      variable != NULL ? amt_prov_setup_bin_variable_get_value (variable) : NULL;

  if (password == NULL)
    return refuse (error, "the record has no current MEBx password to log in with");
  if (strcmp (amt_prov_secret_peek_text (password), self->mebx_password) == 0)
    return TRUE;
  return refuse (error, "the current MEBx password in the record is not that of the machine");
}

/* Releases that know no pairs, and those that know nothing else (versions.md §1). */
static gboolean
check_method (SimModel *self, gboolean by_psk, GError **error)
{
  g_autofree char *reason = NULL;

  if (amt_prov_capabilities_allows_method (self->capabilities, by_psk ? "psk" : "pki", &reason,
                                           NULL))
    return TRUE;
  return refuse (
      error, by_psk ? "the record has a PID/PPS pair: %s" : "the record has no PID/PPS pair: %s",
      reason);
}

/* A variable that the file's version does not know is one that its firmware does not know. */
static gboolean
check_problems (GPtrArray *problems, GError **error)
{
  for (guint i = 0; i < problems->len; i++)
    if (amt_prov_setup_bin_problem_get_rule (problems->pdata[i]) == AMT_PROV_SETUP_BIN_RULE_VERSION)
      return refuse (error, "%s", amt_prov_setup_bin_problem_get_sentence (problems->pdata[i]));
  return TRUE;
}

static gboolean
check_hashes (SimModel *self, GPtrArray *list, GError **error)
{
  for (guint i = 0; i < list->len; i++) {
    g_autoptr (AmtProvCertHash) hash = amt_prov_setup_bin_variable_dup_hash (list->pdata[i], NULL);

    if (hash != NULL && !sim_model_knows_hash (self, hash, error))
      return FALSE;
  }
  return TRUE;
}

/* Logs in, then takes all variables in their order, or refuses the record as a whole. Passwords and
 * pairs have been checked by a strict decoder; problems are what it found in the record. */
gboolean
sim_mebx_take_record (SimModel *self,
                      AmtProvSetupBinRecord *record,
                      GPtrArray *problems,
                      GError **error)
{
  GPtrArray *list = amt_prov_setup_bin_record_get_variables (record);
  g_autoptr (AmtProvPsk) psk = amt_prov_setup_bin_record_dup_psk (record);
  Wish wish = {.user_hashes = TRUE, .active = TRUE};

  if (!log_in (self, record, error) || !check_problems (problems, error) ||
      !check_method (self, psk != NULL, error) || !check_hashes (self, list, error))
    return FALSE;
  for (guint i = 0; i < list->len; i++)
    take_variable (self, list->pdata[i], &wish);
  self->psk = g_steal_pointer (&psk);
  self->mode = self->psk != NULL ? SIM_MODE_PSK : wish.active ? SIM_MODE_PKI : SIM_MODE_FACTORY;
  return TRUE;
}
