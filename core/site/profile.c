/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "site/profile-private.h"

#include <string.h>

#include <amtprov/uuid.h>
#include "site/template-private.h"

#define MAX_LABEL        63
#define UUID_TAIL_DIGITS 12

struct _AmtProvProfile {
  gatomicrefcount references;
  AmtProvTlsMode tls_mode;
  AmtProvCertificateAuthority *authority;
  AmtProvPasswordPolicy admin_policy;
  AmtProvPasswordPolicy mebx_policy;
  AmtProvSecret *admin_password;
  AmtProvSecret *mebx_password;
  gboolean dhcp;
  gboolean redirection;
  gboolean ping;
  guint window_extension;
  char *hostname;
  char *domain;
};

G_DEFINE_BOXED_TYPE (AmtProvProfile, amt_prov_profile, amt_prov_profile_ref, amt_prov_profile_unref)

/* A value that was refused counts as off, so that nothing complains of a missing CA besides. */
static AmtProvTlsMode
parse_tls_mode (const char *text)
{
  if (g_str_equal (text, "server"))
    return AMT_PROV_TLS_MODE_SERVER;
  return g_str_equal (text, "mutual") ? AMT_PROV_TLS_MODE_MUTUAL : AMT_PROV_TLS_MODE_OFF;
}

static AmtProvPasswordPolicy
parse_password_policy (const char *text)
{
  if (g_str_equal (text, "keep"))
    return AMT_PROV_PASSWORD_POLICY_KEEP;
  return g_str_has_prefix (text, "file:") ? AMT_PROV_PASSWORD_POLICY_FILE
                                          : AMT_PROV_PASSWORD_POLICY_GENERATE;
}

/* A file that cannot be used has been reported already, when the value was checked. */
static AmtProvSecret *
load_password (AmtProvSettings *settings, const char *key, AmtProvPasswordPolicy policy)
{
  return policy == AMT_PROV_PASSWORD_POLICY_FILE
             ? amt_prov_settings_load_secret (settings, key, NULL)
             : NULL;
}

static AmtProvCertificateAuthority *
load_authority (AmtProvSettings *settings, GPtrArray *problems)
{
  g_autofree char *certificate = amt_prov_settings_dup_path (settings, "tls-ca-certificate");
  g_autofree char *key = amt_prov_settings_dup_path (settings, "tls-ca-key");
  g_autoptr (GError) error = NULL;
  AmtProvCertificateAuthority *authority;

  if (!certificate) {
    amt_prov_settings_complain (settings, "tls-ca-certificate", problems,
                                "missing; tls=%s needs the certificate and the key of the site's "
                                "CA, or write tls=off",
                                amt_prov_settings_get_string (settings, "tls"));
    return NULL;
  }
  if (!g_file_test (certificate, G_FILE_TEST_IS_REGULAR) ||
      (key && !g_file_test (key, G_FILE_TEST_IS_REGULAR)))
    return NULL;
  authority = amt_prov_certificate_authority_new (certificate, key, &error);
  if (!authority)
    amt_prov_settings_complain (settings, "tls-ca-certificate", problems, "%s", error->message);
  return authority;
}

/*
 * amt_prov_profile_new:
 *
 * Makes the profile of a checked [profile] group; what only shows when files are opened is added to
 * @problems.
 */
AmtProvProfile *
amt_prov_profile_new (AmtProvSettings *settings, GPtrArray *problems)
{
  AmtProvProfile *self = g_new0 (AmtProvProfile, 1);

  g_atomic_ref_count_init (&self->references);
  self->tls_mode = parse_tls_mode (amt_prov_settings_get_string (settings, "tls"));
  if (self->tls_mode != AMT_PROV_TLS_MODE_OFF)
    self->authority = load_authority (settings, problems);
  self->admin_policy =
      parse_password_policy (amt_prov_settings_get_string (settings, "admin-password"));
  self->mebx_policy =
      parse_password_policy (amt_prov_settings_get_string (settings, "mebx-password"));
  self->admin_password = load_password (settings, "admin-password", self->admin_policy);
  self->mebx_password = load_password (settings, "mebx-password", self->mebx_policy);
  self->dhcp = amt_prov_settings_get_boolean (settings, "dhcp");
  self->redirection = amt_prov_settings_get_boolean (settings, "redirection");
  self->ping = amt_prov_settings_get_boolean (settings, "ping");
  self->window_extension = amt_prov_settings_get_int (settings, "window-extension");
  self->hostname = g_strdup (amt_prov_settings_get_string (settings, "hostname"));
  self->domain = g_strdup (amt_prov_settings_get_string (settings, "domain"));
  return self;
}

/**
 * amt_prov_profile_ref:
 * @self: a #AmtProvProfile
 *
 * Takes a reference; may be called from any thread.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.1
 */
AmtProvProfile *
amt_prov_profile_ref (AmtProvProfile *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->references);
  return self;
}

/**
 * amt_prov_profile_unref:
 * @self: (transfer full): a #AmtProvProfile
 *
 * Drops a reference; with the last one passwords are wiped.
 *
 * Since: 0.1
 */
void
amt_prov_profile_unref (AmtProvProfile *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->references))
    return;
  g_clear_pointer (&self->authority, amt_prov_certificate_authority_unref);
  g_clear_pointer (&self->admin_password, amt_prov_secret_unref);
  g_clear_pointer (&self->mebx_password, amt_prov_secret_unref);
  g_free (self->hostname);
  g_free (self->domain);
  g_free (self);
}

/**
 * amt_prov_profile_get_tls_mode:
 * @self: a #AmtProvProfile
 *
 * How an operational machine is reached.
 *
 * Returns: the mode
 *
 * Since: 0.1
 */
AmtProvTlsMode
amt_prov_profile_get_tls_mode (AmtProvProfile *self)
{
  g_return_val_if_fail (self != NULL, AMT_PROV_TLS_MODE_SERVER);

  return self->tls_mode;
}

/**
 * amt_prov_profile_get_certificate_authority:
 * @self: a #AmtProvProfile
 *
 * The CA that signs the machines' certificates.
 *
 * Returns: (transfer none) (nullable): the CA, or %NULL with %AMT_PROV_TLS_MODE_OFF
 *
 * Since: 0.1
 */
AmtProvCertificateAuthority *
amt_prov_profile_get_certificate_authority (AmtProvProfile *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->authority;
}

/**
 * amt_prov_profile_get_admin_password_policy:
 * @self: a #AmtProvProfile
 *
 * Where the administrator's password comes from; never %AMT_PROV_PASSWORD_POLICY_KEEP.
 *
 * Returns: the policy
 *
 * Since: 0.1
 */
AmtProvPasswordPolicy
amt_prov_profile_get_admin_password_policy (AmtProvProfile *self)
{
  g_return_val_if_fail (self != NULL, AMT_PROV_PASSWORD_POLICY_GENERATE);

  return self->admin_policy;
}

/**
 * amt_prov_profile_get_mebx_password_policy:
 * @self: a #AmtProvProfile
 *
 * Where the MEBx password comes from.
 *
 * Returns: the policy
 *
 * Since: 0.1
 */
AmtProvPasswordPolicy
amt_prov_profile_get_mebx_password_policy (AmtProvProfile *self)
{
  g_return_val_if_fail (self != NULL, AMT_PROV_PASSWORD_POLICY_GENERATE);

  return self->mebx_policy;
}

/**
 * amt_prov_profile_get_admin_password:
 * @self: a #AmtProvProfile
 *
 * The administrator's password of the whole site. It obeys the rule of psk.md §6.
 *
 * Returns: (transfer none) (nullable): the password, or %NULL unless the policy is
 *   %AMT_PROV_PASSWORD_POLICY_FILE
 *
 * Since: 0.1
 */
AmtProvSecret *
amt_prov_profile_get_admin_password (AmtProvProfile *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->admin_password;
}

/**
 * amt_prov_profile_get_mebx_password:
 * @self: a #AmtProvProfile
 *
 * The MEBx password of the whole site. It obeys the rule of psk.md §6.
 *
 * Returns: (transfer none) (nullable): the password, or %NULL unless the policy is
 *   %AMT_PROV_PASSWORD_POLICY_FILE
 *
 * Since: 0.1
 */
AmtProvSecret *
amt_prov_profile_get_mebx_password (AmtProvProfile *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->mebx_password;
}

/**
 * amt_prov_profile_get_dhcp:
 * @self: a #AmtProvProfile
 *
 * Whether machines get their address by DHCP.
 *
 * Returns: %TRUE if so
 *
 * Since: 0.1
 */
gboolean
amt_prov_profile_get_dhcp (AmtProvProfile *self)
{
  g_return_val_if_fail (self != NULL, TRUE);

  return self->dhcp;
}

/**
 * amt_prov_profile_get_redirection:
 * @self: a #AmtProvProfile
 *
 * Whether serial-over-LAN, IDE redirection and KVM are switched on.
 *
 * Returns: %TRUE if so
 *
 * Since: 0.1
 */
gboolean
amt_prov_profile_get_redirection (AmtProvProfile *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return self->redirection;
}

/**
 * amt_prov_profile_get_ping:
 * @self: a #AmtProvProfile
 *
 * Whether machines answer ping.
 *
 * Returns: %TRUE if so
 *
 * Since: 0.1
 */
gboolean
amt_prov_profile_get_ping (AmtProvProfile *self)
{
  g_return_val_if_fail (self != NULL, TRUE);

  return self->ping;
}

/**
 * amt_prov_profile_get_window_extension:
 * @self: a #AmtProvProfile
 *
 * Hours by which the setup window is extended when a session begins (wsman.md §7.1, step 5).
 *
 * Returns: 1 to 24, or 0 to leave the window alone
 *
 * Since: 0.1
 */
guint
amt_prov_profile_get_window_extension (AmtProvProfile *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->window_extension;
}

/* What stands behind the first label; NULL when nothing does. */
static const char *
find_domain (const char *fqdn)
{
  const char *dot = fqdn ? strchr (fqdn, '.') : NULL;

  return dot && dot[1] ? dot + 1 : NULL;
}

static char *
expand (const char *text, const char *uuid, const char *host, const char *fqdn, const char *asset)
{
  const char *const variables[] = {"host", "fqdn", "uuid", "asset", "domain", NULL};
  const char *const values[] = {host, fqdn, uuid, asset, find_domain (fqdn)};

  return text ? amt_prov_template_expand (text, variables, values) : NULL;
}

/* A host name that DNS and firmware take: the first label, letters, digits and inner hyphens. */
static char *
dup_label (const char *text)
{
  g_autofree char *label = g_strndup (text ? text : "", text ? strcspn (text, ".") : 0);
  char *start = label;
  gsize length;

  for (char *p = label; *p; p++)
    if (!g_ascii_isalnum (*p))
      *p = '-';
  while (*start == '-')
    start++;
  for (length = strlen (start); length > 0 && start[length - 1] == '-'; length--)
    start[length - 1] = '\0';
  return length > 0 && length <= MAX_LABEL ? g_strdup (start) : NULL;
}

static char *
dup_uuid_name (const char *uuid)
{
  g_autofree char *normal = amt_prov_uuid_normalize (uuid);

  return normal ? g_strconcat ("amt-", normal + strlen (normal) - UUID_TAIL_DIGITS, NULL)
                : g_strdup ("amt");
}

/**
 * amt_prov_profile_dup_hostname:
 * @self: a #AmtProvProfile
 * @uuid: the machine's UUID
 * @host: (nullable): its host name, as it was imported or reported by an agent
 * @fqdn: (nullable): its FQDN
 * @asset: (nullable): its asset number
 *
 * The host name for a machine: the template of the profile, else its name, else `amt-` and the last
 * twelve digits of the UUID. Only the first label counts; what a host name may not hold becomes a
 * hyphen; a result that is empty or longer than 63 characters gives way to the next one.
 *
 * Returns: (transfer full): the host name
 *
 * Since: 0.1
 */
char *
amt_prov_profile_dup_hostname (
    AmtProvProfile *self, const char *uuid, const char *host, const char *fqdn, const char *asset)
{
  g_autofree char *text = NULL;
  char *label;

  g_return_val_if_fail (self != NULL && uuid != NULL, NULL);

  text = expand (self->hostname, uuid, host, fqdn, asset);
  label = dup_label (text);
  if (!label)
    label = dup_label (host);
  if (!label)
    label = dup_label (fqdn);
  return label ? label : dup_uuid_name (uuid);
}

/* A variable of which nothing is known may leave a hole. */
static gboolean
is_domain (const char *text)
{
  return text && *text && *text != '.' && !g_str_has_suffix (text, ".") && !strstr (text, "..");
}

/**
 * amt_prov_profile_dup_domain:
 * @self: a #AmtProvProfile
 * @uuid: the machine's UUID
 * @host: (nullable): its host name, as it was imported or reported by an agent
 * @fqdn: (nullable): its FQDN
 * @asset: (nullable): its asset number
 *
 * The domain name for a machine: the template of the profile, else the domain of the FQDN. A
 * template that is left with an empty label, because a variable is not known, does not count.
 *
 * Returns: (transfer full) (nullable): the domain name, or %NULL if there is none
 *
 * Since: 0.1
 */
char *
amt_prov_profile_dup_domain (
    AmtProvProfile *self, const char *uuid, const char *host, const char *fqdn, const char *asset)
{
  g_autofree char *text = NULL;

  g_return_val_if_fail (self != NULL && uuid != NULL, NULL);

  text = expand (self->domain, uuid, host, fqdn, asset);
  if (is_domain (text))
    return g_steal_pointer (&text);
  return g_strdup (find_domain (fqdn));
}
