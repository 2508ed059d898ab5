/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <amtprov/config.h>

#include <amtprov/error.h>
#include "base/environment-private.h"
#include "site/plugin-private.h"
#include "site/settings-private.h"
#include "site/site-private.h"

#define MAIN_FILE    "amtprov.conf"
#define SITES_FOLDER "sites.d"
#define SITE_ENDING  ".conf"

struct _AmtProvConfig {
  GObject parent_instance;
  char *path;
  GPtrArray *settings;
  GPtrArray *sites;
  char **plugin_dirs;
  GPtrArray *plugins;
};

/**
 * AmtProvConfig:
 *
 * What an administrator has written: `amtprov.conf` for the host and a file in `sites.d` for each
 * site. It is read and checked as a whole; a mistake is an error with file and line, and nothing
 * of a wrong configuration is used. Immutable.
 *
 * Since: 0.1
 */
G_DEFINE_FINAL_TYPE (AmtProvConfig, amt_prov_config, G_TYPE_OBJECT)

static void
amt_prov_config_finalize (GObject *object)
{
  AmtProvConfig *self = AMT_PROV_CONFIG (object);

  g_clear_pointer (&self->settings, g_ptr_array_unref);
  g_clear_pointer (&self->sites, g_ptr_array_unref);
  g_clear_pointer (&self->plugins, g_ptr_array_unref);
  g_strfreev (self->plugin_dirs);
  g_free (self->path);
  G_OBJECT_CLASS (amt_prov_config_parent_class)->finalize (object);
}

static void
amt_prov_config_class_init (AmtProvConfigClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = amt_prov_config_finalize;
}

static void
amt_prov_config_init (AmtProvConfig *self)
{
  self->sites = g_ptr_array_new_with_free_func (g_object_unref);
}

static void
take_error (GPtrArray *problems, GError *error)
{
  g_ptr_array_add (problems, g_strdup (error->message));
  g_error_free (error);
}

static int
compare_paths (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (*(const char *const *)a, *(const char *const *)b);
}

/* The files of sites.d, in the order of their names; no such folder means no sites. */
static GPtrArray *
list_site_files (const char *path, GPtrArray *problems)
{
  GPtrArray *files = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *directory = g_path_get_dirname (path);
  g_autofree char *folder = g_build_filename (directory, SITES_FOLDER, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (folder, 0, &error);
  const char *name;

  if (!dir && !g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    g_ptr_array_add (problems, g_strdup_printf ("%s: %s", folder, error->message));
  while (dir && (name = g_dir_read_name (dir)))
    if (g_str_has_suffix (name, SITE_ENDING) && *name != '.')
      g_ptr_array_add (files, g_build_filename (folder, name, NULL));
  g_ptr_array_sort (files, compare_paths);
  return files;
}

static void
read_sites (AmtProvConfig *self, AmtProvSchema *schema, GPtrArray *problems)
{
  g_autoptr (GPtrArray) files = list_site_files (self->path, problems);

  for (guint i = 0; i < files->len; i++) {
    const char *file = g_ptr_array_index (files, i);
    g_autoptr (GPtrArray) settings =
        amt_prov_settings_read_file (file, schema, self->plugins, problems);
    AmtProvSite *site;

    if (settings->len == 0)
      continue;
    site = amt_prov_site_new (file, settings, problems);
    amt_prov_site_check_providers (site, self->plugins, problems);
    amt_prov_site_check_admission (site, self->plugins, schema, problems);
    for (guint j = 0; j < self->sites->len; j++)
      amt_prov_site_check_overlap (site, g_ptr_array_index (self->sites, j), problems);
    g_ptr_array_add (self->sites, site);
  }
}

static gboolean
read_main (AmtProvConfig *self, AmtProvSchema *schema, GPtrArray *problems)
{
  g_clear_pointer (&self->settings, g_ptr_array_unref);
  self->settings = amt_prov_settings_read_file (self->path, schema, self->plugins, problems);
  return self->settings->len > 0;
}

/* What plugins there are says the file itself: it is read once for that, and once more with what
 * the plugins say of their groups in it. */
static void
read_plugins (AmtProvConfig *self, AmtProvSchema *site, AmtProvSchema *main)
{
  g_autoptr (GPtrArray) ignored = g_ptr_array_new_with_free_func (g_free);
  AmtProvSettings *host;
  g_auto (GStrv) enabled = NULL;

  if (!read_main (self, main, ignored))
    return;
  host = amt_prov_config_get_settings (self, "amtprov");
  enabled = amt_prov_settings_get_list (host, "plugins");
  self->plugins = amt_prov_plugin_list_read (
      (const char *const *)self->plugin_dirs, (const char *const *)enabled,
      amt_prov_settings_get_boolean (host, "script-plugins"), site, main);
}

/* Reads everything and collects every mistake; the configuration is of use only without any. A
 * plugin that cannot be loaded is no mistake of the configuration. */
static AmtProvConfig *
read_all (const char *path, const char *const *plugin_dirs, GPtrArray *problems)
{
  AmtProvConfig *self = g_object_new (AMT_PROV_TYPE_CONFIG, NULL);
  g_autoptr (AmtProvSchema) site = amt_prov_schema_new ();
  g_autoptr (AmtProvSchema) main = amt_prov_schema_new ();
  GError *error = NULL;

  self->path = g_canonicalize_filename (path, NULL);
  self->plugin_dirs =
      plugin_dirs ? g_strdupv ((char **)plugin_dirs) : amt_prov_environment_list_plugin_dirs ();
  if (!amt_prov_schema_add_core (main, "amtprov", &error) ||
      !amt_prov_schema_add_core (site, "site", &error)) {
    take_error (problems, error);
    return self;
  }
  read_plugins (self, site, main);
  if (read_main (self, main, problems))
    read_sites (self, site, problems);
  return self;
}

/* For a person who checks, a plugin that will not be loaded is as bad as a mistake. */
static void
add_refusals (AmtProvConfig *self, GPtrArray *problems)
{
  for (guint i = 0; self->plugins && i < self->plugins->len; i++) {
    AmtProvPlugin *plugin = g_ptr_array_index (self->plugins, i);

    if (plugin->enabled && plugin->refusal)
      amt_prov_settings_complain (amt_prov_config_get_settings (self, "amtprov"), "plugins",
                                  problems, "%s: %s", plugin->name, plugin->refusal);
  }
}

/**
 * amt_prov_config_load:
 * @path: (type filename): `amtprov.conf`
 * @plugin_dirs: (array zero-terminated=1) (nullable): the folders with plugins and their schemas,
 * or %NULL for the default ones
 * @error: return location for an error
 *
 * Reads `amtprov.conf` and `sites.d/` beside it, checks every group against its schema and opens
 * every file that is named there. The result never changes. A plugin that cannot be loaded does not
 * disturb the rest: its groups in site files are passed over, and the plugin set says why.
 *
 * Returns: (transfer full) (nullable): the configuration, or %NULL with %AMT_PROV_ERROR_CONFIG,
 * whose message has one line per mistake, as amt_prov_config_check() gives them
 *
 * Since: 0.1
 */
AmtProvConfig *
amt_prov_config_load (const char *path, const char *const *plugin_dirs, GError **error)
{
  g_autoptr (GPtrArray) problems = NULL;
  g_autoptr (AmtProvConfig) self = NULL;
  g_autofree char *text = NULL;

  g_return_val_if_fail (path != NULL, NULL);

  problems = g_ptr_array_new_with_free_func (g_free);
  self = read_all (path, plugin_dirs, problems);
  if (problems->len == 0)
    return g_steal_pointer (&self);
  g_ptr_array_add (problems, NULL);
  text = g_strjoinv ("\n", (char **)problems->pdata);
  g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFIG, text);
  return NULL;
}

/**
 * amt_prov_config_check:
 * @path: (type filename): `amtprov.conf`
 * @plugin_dirs: (array zero-terminated=1) (nullable): the folders with plugins and their schemas,
 * or %NULL for the default ones
 *
 * Reads a configuration as amt_prov_config_load() does and lists its mistakes, and the plugins that
 * it enables but whose `.plugin` file or schema forbids to load them.
 *
 * Returns: (transfer full) (array zero-terminated=1): one text per mistake, in the form
 *   `file:line: [group] key: what is wrong, what is allowed`; none if all is well
 *
 * Since: 0.1
 */
char **
amt_prov_config_check (const char *path, const char *const *plugin_dirs)
{
  g_autoptr (GPtrArray) problems = NULL;
  g_autoptr (AmtProvConfig) self = NULL;

  g_return_val_if_fail (path != NULL, NULL);

  problems = g_ptr_array_new_with_free_func (g_free);
  self = read_all (path, plugin_dirs, problems);
  add_refusals (self, problems);
  g_ptr_array_add (problems, NULL);
  return (char **)g_ptr_array_steal (problems, NULL);
}

/**
 * amt_prov_config_dup_default_path:
 *
 * The path of `amtprov.conf` that is used where none is given: in the folder that
 * `AMT_PROV_CONFIG_DIR` names, else in the one chosen when the library was built.
 *
 * Returns: (transfer full) (type filename): the path
 *
 * Since: 0.1
 */
char *
amt_prov_config_dup_default_path (void)
{
  g_autofree char *folder = amt_prov_environment_dup_config_dir ();

  return g_build_filename (folder, MAIN_FILE, NULL);
}

/**
 * amt_prov_config_get_default_plugin_dirs:
 *
 * The folders that are searched for plugins: those of `AMT_PROV_PLUGIN_PATH`, then the one chosen
 * when the library was built.
 *
 * Returns: (transfer full) (array zero-terminated=1): the folders
 *
 * Since: 0.1
 */
char **
amt_prov_config_get_default_plugin_dirs (void)
{
  return amt_prov_environment_list_plugin_dirs ();
}

/**
 * amt_prov_config_get_default_capability_dirs:
 *
 * The folders with capability files that overlay the built-in ones; later ones win.
 *
 * Returns: (transfer full) (array zero-terminated=1): the folders
 *
 * Since: 0.1
 */
char **
amt_prov_config_get_default_capability_dirs (void)
{
  return amt_prov_environment_list_capability_dirs ();
}

/**
 * amt_prov_config_get_path:
 * @self: a #AmtProvConfig
 *
 * The absolute path of the file that was loaded.
 *
 * Returns: (type filename): the path
 *
 * Since: 0.1
 */
const char *
amt_prov_config_get_path (AmtProvConfig *self)
{
  g_return_val_if_fail (AMT_PROV_IS_CONFIG (self), NULL);

  return self->path;
}

/**
 * amt_prov_config_get_plugin_dirs:
 * @self: a #AmtProvConfig
 *
 * The folders with plugins that the configuration was loaded with.
 *
 * Returns: (transfer none) (array zero-terminated=1): the folders
 *
 * Since: 0.1
 */
const char *const *
amt_prov_config_get_plugin_dirs (AmtProvConfig *self)
{
  g_return_val_if_fail (AMT_PROV_IS_CONFIG (self), NULL);

  return (const char *const *)self->plugin_dirs;
}

/**
 * amt_prov_config_list_methods:
 * @self: a #AmtProvConfig
 *
 * The methods of the plugins that `[amtprov] plugins` names, as their `.plugin` files say: what
 * `[methods] order` of a site may name.
 *
 * Returns: (transfer full) (array zero-terminated=1): the ids
 *
 * Since: 0.1
 */
char **
amt_prov_config_list_methods (AmtProvConfig *self)
{
  g_return_val_if_fail (AMT_PROV_IS_CONFIG (self), NULL);

  return amt_prov_plugin_list_ids (self->plugins, "method");
}

/**
 * amt_prov_config_get_settings:
 * @self: a #AmtProvConfig
 * @group: `amtprov`, `hello` or `limits`, or the group of an enabled plugin
 *
 * One group of `amtprov.conf`; one that the file leaves out has its defaults.
 *
 * Returns: (transfer none) (nullable): the settings, or %NULL if there is no such group
 *
 * Since: 0.1
 */
AmtProvSettings *
amt_prov_config_get_settings (AmtProvConfig *self, const char *group)
{
  g_return_val_if_fail (AMT_PROV_IS_CONFIG (self) && group != NULL, NULL);

  for (guint i = 0; i < self->settings->len; i++) {
    AmtProvSettings *settings = g_ptr_array_index (self->settings, i);

    if (g_str_equal (amt_prov_settings_get_group (settings), group))
      return settings;
  }
  return NULL;
}

/**
 * amt_prov_config_get_sites:
 * @self: a #AmtProvConfig
 *
 * All sites, in the order of their file names.
 *
 * Returns: (transfer none) (element-type AmtProvSite): the sites
 *
 * Since: 0.1
 */
GPtrArray *
amt_prov_config_get_sites (AmtProvConfig *self)
{
  g_return_val_if_fail (AMT_PROV_IS_CONFIG (self), NULL);

  return self->sites;
}

/**
 * amt_prov_config_find_site:
 * @self: a #AmtProvConfig
 * @name: name of a site
 *
 * Finds a site by its name.
 *
 * Returns: (transfer none) (nullable): the site, or %NULL if there is none of that name
 *
 * Since: 0.1
 */
AmtProvSite *
amt_prov_config_find_site (AmtProvConfig *self, const char *name)
{
  g_return_val_if_fail (AMT_PROV_IS_CONFIG (self) && name != NULL, NULL);

  for (guint i = 0; i < self->sites->len; i++) {
    AmtProvSite *site = g_ptr_array_index (self->sites, i);

    if (g_strcmp0 (amt_prov_site_get_name (site), name) == 0)
      return site;
  }
  return NULL;
}

/**
 * amt_prov_config_match_site:
 * @self: a #AmtProvConfig
 * @address: (nullable): the machine's address
 * @uuid: (nullable): its UUID
 * @suffix: (nullable): its DNS suffix, or %NULL if it is not known
 *
 * Finds the one site that a machine belongs to. A site that lists the UUID goes first, then the one
 * with the longest suffix that the machine's suffix equals or lies below, then the one with the
 * longest subnet, then the one without any [match] keys. A fact that is not known matches no rule
 * of its kind.
 *
 * Returns: (transfer none) (nullable): the site, or %NULL if the machine belongs to none
 *
 * Since: 0.1
 */
AmtProvSite *
amt_prov_config_match_site (AmtProvConfig *self,
                            GInetAddress *address,
                            const char *uuid,
                            const char *suffix)
{
  AmtProvSite *best = NULL;
  int best_fit = AMT_PROV_SITE_FIT_NONE;

  g_return_val_if_fail (AMT_PROV_IS_CONFIG (self), NULL);

  for (guint i = 0; i < self->sites->len; i++) {
    AmtProvSite *site = g_ptr_array_index (self->sites, i);
    int fit = amt_prov_site_fit (site, address, uuid, suffix);

    if (fit > best_fit) {
      best = site;
      best_fit = fit;
    }
  }
  return best;
}
