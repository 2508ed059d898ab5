/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "site/site-private.h"

#include <string.h>

#include <amtprov/uuid.h>
#include "site/profile-private.h"
#include "site/plugin-private.h"
#include "site/settings-private.h"

struct _AmtProvSite {
  GObject parent_instance;
  char *file;
  GPtrArray *settings;
  AmtProvProfile *profile;
  GPtrArray *subnets;
  char **suffixes;
  char **uuids;
};

/**
 * AmtProvSite:
 *
 * A group of machines that are set up alike: which ones belong to it, which it takes in, the order
 * of its methods, and the profile that they get. A machine belongs to exactly one site. Immutable.
 *
 * Since: 0.1
 */
G_DEFINE_FINAL_TYPE (AmtProvSite, amt_prov_site, G_TYPE_OBJECT)

static void
amt_prov_site_finalize (GObject *object)
{
  AmtProvSite *self = AMT_PROV_SITE (object);

  g_clear_pointer (&self->profile, amt_prov_profile_unref);
  g_clear_pointer (&self->subnets, g_ptr_array_unref);
  g_clear_pointer (&self->settings, g_ptr_array_unref);
  g_strfreev (self->suffixes);
  g_strfreev (self->uuids);
  g_free (self->file);
  G_OBJECT_CLASS (amt_prov_site_parent_class)->finalize (object);
}

static void
amt_prov_site_class_init (AmtProvSiteClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = amt_prov_site_finalize;
}

static void
amt_prov_site_init (AmtProvSite *self)
{
}

static char *
normalize_suffix (const char *text)
{
  char *suffix = g_ascii_strdown (text, -1);
  gsize length = strlen (suffix);

  if (length > 0 && suffix[length - 1] == '.')
    suffix[length - 1] = '\0';
  return suffix;
}

static void
replace_each (char **items, char *(*normalize) (const char *text))
{
  for (guint i = 0; items[i]; i++) {
    g_autofree char *old = items[i];

    items[i] = normalize (old);
    if (!items[i])
      items[i] = g_steal_pointer (&old);
  }
}

static void
read_match (AmtProvSite *self)
{
  AmtProvSettings *match = amt_prov_site_get_settings (self, "match");
  g_auto (GStrv) subnets = amt_prov_settings_get_list (match, "subnets");

  self->subnets = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; subnets[i]; i++) {
    GInetAddressMask *subnet = amt_prov_schema_parse_subnet (subnets[i]);

    if (subnet)
      g_ptr_array_add (self->subnets, subnet);
  }
  self->suffixes = amt_prov_settings_get_list (match, "suffixes");
  replace_each (self->suffixes, normalize_suffix);
  self->uuids = amt_prov_settings_get_list (match, "uuids");
  replace_each (self->uuids, amt_prov_uuid_normalize);
}

/*
 * amt_prov_site_new:
 *
 * Makes a site of the checked groups of its file. What only shows when files are opened is added to
 * @problems.
 */
AmtProvSite *
amt_prov_site_new (const char *file, GPtrArray *settings, GPtrArray *problems)
{
  AmtProvSite *self = g_object_new (AMT_PROV_TYPE_SITE, NULL);

  self->file = g_strdup (file);
  self->settings = g_ptr_array_ref (settings);
  self->profile = amt_prov_profile_new (amt_prov_site_get_settings (self, "profile"), problems);
  read_match (self);
  return self;
}

static gboolean
is_catch_all (AmtProvSite *self)
{
  return self->subnets->len == 0 && !self->suffixes[0] && !self->uuids[0];
}

static int
fit_suffix (AmtProvSite *self, const char *suffix)
{
  g_autofree char *machine = normalize_suffix (suffix);
  int best = AMT_PROV_SITE_FIT_NONE;

  for (guint i = 0; self->suffixes[i]; i++) {
    const char *own = self->suffixes[i];
    g_autofree char *tail = g_strconcat (".", own, NULL);

    if (g_str_equal (machine, own) || g_str_has_suffix (machine, tail))
      best = MAX (best, AMT_PROV_SITE_FIT_SUFFIX + (int)strlen (own));
  }
  return best;
}

/* A socket for both families shows IPv4 peers as ::ffff:a.b.c.d. */
static GInetAddress *
unmap_address (GInetAddress *address)
{
  static const guint8 prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  const guint8 *bytes = g_inet_address_to_bytes (address);

  if (g_inet_address_get_family (address) != G_SOCKET_FAMILY_IPV6 ||
      memcmp (bytes, prefix, sizeof prefix) != 0)
    return g_object_ref (address);
  return g_inet_address_new_from_bytes (bytes + sizeof prefix, G_SOCKET_FAMILY_IPV4);
}

static int
fit_subnet (AmtProvSite *self, GInetAddress *address)
{
  g_autoptr (GInetAddress) plain = unmap_address (address);
  int best = AMT_PROV_SITE_FIT_NONE;

  for (guint i = 0; i < self->subnets->len; i++) {
    GInetAddressMask *subnet = g_ptr_array_index (self->subnets, i);

    if (g_inet_address_mask_matches (subnet, plain))
      best = MAX (best, AMT_PROV_SITE_FIT_SUBNET + (int)g_inet_address_mask_get_length (subnet));
  }
  return best;
}

/*
 * amt_prov_site_fit:
 *
 * How closely the site fits a machine; the greatest of all sites wins. A fact that is NULL matches
 * no rule of its kind.
 */
int
amt_prov_site_fit (AmtProvSite *self, GInetAddress *address, const char *uuid, const char *suffix)
{
  g_autofree char *normal = uuid ? amt_prov_uuid_normalize (uuid) : NULL;
  int best = is_catch_all (self) ? AMT_PROV_SITE_FIT_ANY : AMT_PROV_SITE_FIT_NONE;

  if (normal && g_strv_contains ((const char *const *)self->uuids, normal))
    return AMT_PROV_SITE_FIT_UUID;
  if (suffix && *suffix)
    best = MAX (best, fit_suffix (self, suffix));
  if (address)
    best = MAX (best, fit_subnet (self, address));
  return best;
}

/* What a site names must be that of an enabled plugin. */
static void
check_provider (AmtProvSite *self,
                const char *group,
                const char *key,
                const char *kind,
                const char *id,
                GPtrArray *plugins,
                GPtrArray *problems)
{
  g_autofree char *missing = amt_prov_plugin_list_explain_missing (plugins, kind, id);

  if (missing)
    amt_prov_settings_complain (amt_prov_site_get_settings (self, group), key, problems, "%s",
                                missing);
}

/*
 * amt_prov_site_check_providers:
 *
 * Every method in the site's order, and its transport, must be that of an enabled plugin.
 */
void
amt_prov_site_check_providers (AmtProvSite *self, GPtrArray *plugins, GPtrArray *problems)
{
  g_auto (GStrv) order = amt_prov_site_get_method_order (self);
  const char *scheme = amt_prov_site_get_transport (self);

  for (guint i = 0; order[i]; i++)
    check_provider (self, "methods", "order", "method", order[i], plugins, problems);
  if (!g_str_equal (scheme, AMT_PROV_TRANSPORT_TCP))
    check_provider (self, "device", "transport", "transport", scheme, plugins, problems);
}

/* Whether the site sets machines up by a method that does not prove them. One that lacks the group
 * which its schema requires does nothing yet. */
static gboolean
trusts_by (AmtProvSite *self, const char *method, GPtrArray *plugins, AmtProvSchema *schema)
{
  AmtProvPlugin *provider = amt_prov_plugin_list_find_provider (plugins, "method", method);
  g_autoptr (GPtrArray) settings = amt_prov_site_list_settings (self, method);

  if (provider == NULL || provider->refusal != NULL || provider->proves_machine)
    return FALSE;
  return settings->len > 0 || amt_prov_schema_find_group (schema, method) == NULL;
}

/*
 * amt_prov_site_check_admission:
 *
 * Without admission, a method that does not prove the machine would give the same password of the
 * site to anyone who says hello.
 */
void
amt_prov_site_check_admission (AmtProvSite *self,
                               GPtrArray *plugins,
                               AmtProvSchema *schema,
                               GPtrArray *problems)
{
  g_auto (GStrv) order = amt_prov_site_get_method_order (self);
  g_auto (GStrv) all = amt_prov_plugin_list_ids (plugins, "method");
  char **methods = order[0] != NULL ? order : all;
  const char *exposed = NULL;

  if (amt_prov_site_get_admission (self) != AMT_PROV_ADMISSION_ANY)
    return;
  if (amt_prov_profile_get_admin_password_policy (self->profile) == AMT_PROV_PASSWORD_POLICY_FILE)
    exposed = "admin-password";
  else if (amt_prov_profile_get_mebx_password_policy (self->profile) ==
           AMT_PROV_PASSWORD_POLICY_FILE)
    exposed = "mebx-password";
  for (guint i = 0; exposed && methods[i]; i++) {
    if (!trusts_by (self, methods[i], plugins, schema))
      continue;
    amt_prov_settings_complain (amt_prov_site_get_settings (self, "admission"), "policy", problems,
                                "any together with the method %s, which does not prove the "
                                "machine, and [profile] %s=file:… would give that password to "
                                "anyone who says hello; write policy=known or otp, or %s=generate",
                                methods[i], exposed, exposed);
    return;
  }
}

static void
complain_overlap (AmtProvSite *self,
                  AmtProvSite *earlier,
                  const char *key,
                  const char *value,
                  GPtrArray *problems)
{
  g_autoptr (AmtProvRule) rule =
      amt_prov_settings_dup_rule (amt_prov_site_get_settings (earlier, "match"), key);

  amt_prov_settings_complain (
      amt_prov_site_get_settings (self, "match"), key, problems,
      "%s stands in site %s too (%s:%u); a machine belongs to one site only", value,
      amt_prov_site_get_name (earlier), earlier->file, MAX (amt_prov_rule_get_line (rule), 1));
}

static void
check_overlap_of_lists (AmtProvSite *self,
                        AmtProvSite *earlier,
                        const char *key,
                        char **items,
                        char **others,
                        GPtrArray *problems)
{
  for (guint i = 0; items[i]; i++)
    if (g_strv_contains ((const char *const *)others, items[i]))
      complain_overlap (self, earlier, key, items[i], problems);
}

static void
check_overlap_of_subnets (AmtProvSite *self, AmtProvSite *earlier, GPtrArray *problems)
{
  for (guint i = 0; i < self->subnets->len; i++)
    for (guint j = 0; j < earlier->subnets->len; j++) {
      GInetAddressMask *subnet = g_ptr_array_index (self->subnets, i);
      g_autofree char *text = g_inet_address_mask_to_string (subnet);

      if (g_inet_address_mask_equal (subnet, g_ptr_array_index (earlier->subnets, j)))
        complain_overlap (self, earlier, "subnets", text, problems);
    }
}

/*
 * amt_prov_site_check_overlap:
 *
 * Two sites must differ in name and in what they match; one subnet or suffix inside another is
 * fine.
 */
void
amt_prov_site_check_overlap (AmtProvSite *self, AmtProvSite *earlier, GPtrArray *problems)
{
  const char *name = amt_prov_site_get_name (self);

  if (name && g_strcmp0 (name, amt_prov_site_get_name (earlier)) == 0)
    amt_prov_settings_complain (amt_prov_site_get_settings (self, "site"), "name", problems,
                                "%s is the name of the site in %s too; choose another one", name,
                                earlier->file);
  if (is_catch_all (self) && is_catch_all (earlier))
    amt_prov_settings_complain (
        amt_prov_site_get_settings (self, "match"), "subnets", problems,
        "without subnets, suffixes or uuids the site takes all machines, and "
        "so does the site in %s; only one may",
        earlier->file);
  check_overlap_of_subnets (self, earlier, problems);
  check_overlap_of_lists (self, earlier, "suffixes", self->suffixes, earlier->suffixes, problems);
  check_overlap_of_lists (self, earlier, "uuids", self->uuids, earlier->uuids, problems);
}

/**
 * amt_prov_site_get_name:
 * @self: a #AmtProvSite
 *
 * The name of the site.
 *
 * Returns: the name
 *
 * Since: 0.1
 */
const char *
amt_prov_site_get_name (AmtProvSite *self)
{
  g_return_val_if_fail (AMT_PROV_IS_SITE (self), NULL);

  return amt_prov_settings_get_string (amt_prov_site_get_settings (self, "site"), "name");
}

/**
 * amt_prov_site_get_file:
 * @self: a #AmtProvSite
 *
 * The file that describes the site.
 *
 * Returns: (type filename): the path
 *
 * Since: 0.1
 */
const char *
amt_prov_site_get_file (AmtProvSite *self)
{
  g_return_val_if_fail (AMT_PROV_IS_SITE (self), NULL);

  return self->file;
}

/**
 * amt_prov_site_get_method_order:
 * @self: a #AmtProvSite
 *
 * The methods that the site allows, the preferred one first.
 *
 * Returns: (transfer full) (array zero-terminated=1): the method ids; none means that every loaded
 *   method is allowed, in the order of their ranks
 *
 * Since: 0.1
 */
char **
amt_prov_site_get_method_order (AmtProvSite *self)
{
  g_return_val_if_fail (AMT_PROV_IS_SITE (self), NULL);

  return amt_prov_settings_get_list (amt_prov_site_get_settings (self, "methods"), "order");
}

/**
 * amt_prov_site_dup_rule:
 * @self: a #AmtProvSite
 * @group: header of a group
 * @key: (nullable): name of a key, or %NULL for the group itself
 *
 * Where the site decided something, so that a verdict can name it.
 *
 * Returns: (transfer full): the place; its line is 0 if the group stands in no file
 *
 * Since: 0.1
 */
AmtProvRule *
amt_prov_site_dup_rule (AmtProvSite *self, const char *group, const char *key)
{
  AmtProvSettings *settings;

  g_return_val_if_fail (AMT_PROV_IS_SITE (self) && group != NULL, NULL);

  settings = amt_prov_site_get_settings (self, group);
  return settings ? amt_prov_settings_dup_rule (settings, key)
                  : amt_prov_rule_new (self->file, group, key, 0);
}

/**
 * amt_prov_site_get_admission:
 * @self: a #AmtProvSite
 *
 * Which machines the site takes in.
 *
 * Returns: the policy
 *
 * Since: 0.1
 */
AmtProvAdmission
amt_prov_site_get_admission (AmtProvSite *self)
{
  const char *policy;

  g_return_val_if_fail (AMT_PROV_IS_SITE (self), AMT_PROV_ADMISSION_KNOWN);

  policy = amt_prov_settings_get_string (amt_prov_site_get_settings (self, "admission"), "policy");
  if (g_str_equal (policy, "any"))
    return AMT_PROV_ADMISSION_ANY;
  return g_str_equal (policy, "otp") ? AMT_PROV_ADMISSION_OTP : AMT_PROV_ADMISSION_KNOWN;
}

/**
 * amt_prov_site_get_legacy_tls:
 * @self: a #AmtProvSite
 *
 * Whether the site speaks old TLS to old machines.
 *
 * Returns: the policy
 *
 * Since: 0.1
 */
AmtProvLegacyTls
amt_prov_site_get_legacy_tls (AmtProvSite *self)
{
  const char *policy;

  g_return_val_if_fail (AMT_PROV_IS_SITE (self), AMT_PROV_LEGACY_TLS_DENY);

  policy =
      amt_prov_settings_get_string (amt_prov_site_get_settings (self, "security"), "legacy-tls");
  return g_str_equal (policy, "auto") ? AMT_PROV_LEGACY_TLS_AUTO : AMT_PROV_LEGACY_TLS_DENY;
}

/**
 * amt_prov_site_get_transport:
 * @self: a #AmtProvSite
 *
 * How the machines of the site are reached.
 *
 * Returns: (transfer none): the scheme of a transport, `tcp` for what the core does itself
 *
 * Since: 0.1
 */
const char *
amt_prov_site_get_transport (AmtProvSite *self)
{
  g_return_val_if_fail (AMT_PROV_IS_SITE (self), NULL);

  return amt_prov_settings_get_string (amt_prov_site_get_settings (self, "device"), "transport");
}

/**
 * amt_prov_site_get_port:
 * @self: a #AmtProvSite
 *
 * The TLS port of machines, normally 16993 (pki.md §7.1).
 *
 * Returns: the port, 1 to 65535
 *
 * Since: 0.1
 */
guint16
amt_prov_site_get_port (AmtProvSite *self)
{
  g_return_val_if_fail (AMT_PROV_IS_SITE (self), 0);

  return amt_prov_settings_get_int (amt_prov_site_get_settings (self, "device"), "port");
}

/**
 * amt_prov_site_get_plain_port:
 * @self: a #AmtProvSite
 *
 * The port of machines without TLS, normally 16992 (pki.md §7.1).
 *
 * Returns: the port, 1 to 65535
 *
 * Since: 0.1
 */
guint16
amt_prov_site_get_plain_port (AmtProvSite *self)
{
  g_return_val_if_fail (AMT_PROV_IS_SITE (self), 0);

  return amt_prov_settings_get_int (amt_prov_site_get_settings (self, "device"), "plain-port");
}

/**
 * amt_prov_site_get_profile:
 * @self: a #AmtProvSite
 *
 * What an operational machine of the site looks like.
 *
 * Returns: (transfer none): the profile
 *
 * Since: 0.1
 */
AmtProvProfile *
amt_prov_site_get_profile (AmtProvSite *self)
{
  g_return_val_if_fail (AMT_PROV_IS_SITE (self), NULL);

  return self->profile;
}

/**
 * amt_prov_site_get_settings:
 * @self: a #AmtProvSite
 * @group: header of a group, `ID` or `ID NAME`
 *
 * One group of the site's file. A group without a name that the file leaves out has its defaults,
 * unless one of its keys is required: then there is none.
 *
 * Returns: (transfer none) (nullable): the settings, or %NULL if there is no such group
 *
 * Since: 0.1
 */
AmtProvSettings *
amt_prov_site_get_settings (AmtProvSite *self, const char *group)
{
  g_return_val_if_fail (AMT_PROV_IS_SITE (self) && group != NULL, NULL);

  for (guint i = 0; i < self->settings->len; i++) {
    AmtProvSettings *settings = g_ptr_array_index (self->settings, i);

    if (g_str_equal (amt_prov_settings_get_group (settings), group))
      return settings;
  }
  return NULL;
}

/**
 * amt_prov_site_list_settings:
 * @self: a #AmtProvSite
 * @prefix: first word of the header, the id of a method
 *
 * All groups `PREFIX` and `PREFIX NAME`, in the order of the file.
 *
 * Returns: (transfer container) (element-type AmtProvSettings): the settings, none if there is no
 *   such group
 *
 * Since: 0.1
 */
GPtrArray *
amt_prov_site_list_settings (AmtProvSite *self, const char *prefix)
{
  g_autofree char *start = NULL;
  GPtrArray *found;

  g_return_val_if_fail (AMT_PROV_IS_SITE (self) && prefix != NULL, NULL);

  start = g_strconcat (prefix, " ", NULL);
  found = g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_settings_unref);
  for (guint i = 0; i < self->settings->len; i++) {
    AmtProvSettings *settings = g_ptr_array_index (self->settings, i);
    const char *group = amt_prov_settings_get_group (settings);

    if (g_str_equal (group, prefix) || g_str_has_prefix (group, start))
      g_ptr_array_add (found, amt_prov_settings_ref (settings));
  }
  return found;
}
