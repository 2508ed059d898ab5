/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "registry/capability-group-private.h"
#include "site/plugin-private.h"
#include "site/template-private.h"

#define GROUP         "Plugin"
#define ENDING        ".plugin"
#define MODULE_PREFIX "amtprov-"
#define LOADER_C      "c"
#define LOADER_PYTHON "python3"

G_DEFINE_BOXED_TYPE (AmtProvPlugin, amt_prov_plugin, amt_prov_plugin_ref, amt_prov_plugin_unref)

const char *const amt_prov_preparation_variables[] = {"count", "setup-bin-version", NULL};

/* ---- what the file says ---- */

static char *
dup_key (GKeyFile *keys, const char *name)
{
  char *value = g_key_file_get_string (keys, GROUP, name, NULL);

  return value != NULL ? g_strstrip (value) : NULL;
}

static char **
dup_list (GKeyFile *keys, const char *name)
{
  g_autofree char *value = dup_key (keys, name);

  return amt_prov_schema_split_list (value != NULL ? value : "");
}

static void
check_abi (AmtProvPlugin *self, GKeyFile *keys)
{
  g_autofree char *abi = dup_key (keys, "X-AmtProvAbi");
  guint64 number;

  if (abi == NULL)
    amt_prov_plugin_refuse (self, "its .plugin file states no X-AmtProvAbi");
  else if (!g_ascii_string_to_unsigned (abi, 10, 0, G_MAXUINT, &number, NULL))
    amt_prov_plugin_refuse (self, "its .plugin file states X-AmtProvAbi=%s, which is no number",
                            abi);
  else if (number != AMT_PROV_PLUGIN_ABI_VERSION)
    amt_prov_plugin_refuse (self, "it was built for plugin ABI %s, this is ABI %d: rebuild it", abi,
                            AMT_PROV_PLUGIN_ABI_VERSION);
}

static gboolean
is_id (const char *text)
{
  return *text != '\0' && text[strspn (text, "abcdefghijklmnopqrstuvwxyz0123456789-+.")] == '\0';
}

static gboolean
is_provision (const char *text)
{
  static const char *const kinds[] = {"method:", "store:", "transport:", "service:"};

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_str_has_prefix (text, kinds[i]))
      return is_id (text + strlen (kinds[i]));
  return FALSE;
}

static void
check_provides (AmtProvPlugin *self)
{
  guint methods = 0;

  if (self->provides[0] == NULL)
    amt_prov_plugin_refuse (self, "its .plugin file states no X-AmtProvProvides");
  for (guint i = 0; self->provides[i] != NULL; i++) {
    if (!is_provision (self->provides[i]))
      amt_prov_plugin_refuse (self,
                              "its .plugin file states X-AmtProvProvides=%s; a plugin provides "
                              "method:ID, store:SCHEME, transport:SCHEME or service:ID, in lower "
                              "case",
                              self->provides[i]);
    methods += g_str_has_prefix (self->provides[i], "method:");
  }
  if (methods > 1)
    amt_prov_plugin_refuse (self, "its .plugin file names %u methods: make a plugin for each",
                            methods);
}

static void
check_numbers (AmtProvPlugin *self, GKeyFile *keys)
{
  g_autofree char *rank = dup_key (keys, "X-AmtProvRank");
  g_autofree char *releases = dup_key (keys, "X-AmtProvAmtVersions");
  g_autoptr (AmtProvVersion) low = NULL;
  g_autoptr (AmtProvVersion) end = NULL;
  gint64 number = 0;

  if (rank != NULL &&
      !g_ascii_string_to_signed (rank, 10, 0, AMT_PROV_RANK_LIMIT - 1, &number, NULL))
    amt_prov_plugin_refuse (self,
                            "its .plugin file states X-AmtProvRank=%s, a rank is a number from 0 "
                            "to %d",
                            rank, AMT_PROV_RANK_LIMIT - 1);
  self->rank = (int)number;
  if (releases != NULL && !amt_prov_capability_range_parse (releases, &low, &end))
    amt_prov_plugin_refuse (self,
                            "its .plugin file states X-AmtProvAmtVersions=%s, which is no range of "
                            "AMT releases such as 2.2, 7.x or 3.0..x",
                            releases);
}

/* Nobody counts as proven by what was forgotten. */
static void
take_proof (AmtProvPlugin *self, GKeyFile *keys)
{
  g_autofree char *ends = dup_key (keys, "X-AmtProvAuthenticates");

  self->proves_machine = g_strcmp0 (ends, "both") == 0;
  if (ends != NULL && !self->proves_machine && !g_str_equal (ends, "server"))
    amt_prov_plugin_refuse (self,
                            "its .plugin file states X-AmtProvAuthenticates=%s; a method proves "
                            "the server or both",
                            ends);
}

static void
take_preparation (AmtProvPlugin *self, GKeyFile *keys)
{
  g_autofree char *mistake = NULL;

  self->preparation = dup_key (keys, "X-AmtProvPreparation");
  if (self->preparation != NULL)
    mistake = amt_prov_template_check (self->preparation, amt_prov_preparation_variables);
  if (mistake != NULL)
    amt_prov_plugin_refuse (self, "its .plugin file states X-AmtProvPreparation=%s: %s",
                            self->preparation, mistake);
}

static void
take_loader (AmtProvPlugin *self, GKeyFile *keys)
{
  g_autofree char *loader = dup_key (keys, "Loader");

  self->loader = g_ascii_strdown (loader != NULL ? loader : LOADER_C, -1);
  if (!g_str_equal (self->loader, LOADER_C) && !g_str_equal (self->loader, LOADER_PYTHON))
    amt_prov_plugin_refuse (self,
                            "its .plugin file states Loader=%s; plugins are written in C (no "
                            "Loader) or Python (Loader=" LOADER_PYTHON ")",
                            loader);
}

static void
take_name (AmtProvPlugin *self, GKeyFile *keys)
{
  g_autofree char *base = g_path_get_basename (self->file);
  g_autofree char *title = dup_key (keys, "Name");

  self->module = dup_key (keys, "Module");
  if (self->module == NULL) {
    self->module = g_strndup (base, strlen (base) - strlen (ENDING));
    amt_prov_plugin_refuse (self, "%s states no Module", self->file);
  }
  /* libpeas wants one. */
  if (title == NULL)
    amt_prov_plugin_refuse (self, "%s states no Name", self->file);
  self->name = g_strdup (g_str_has_prefix (self->module, MODULE_PREFIX)
                             ? self->module + strlen (MODULE_PREFIX)
                             : self->module);
}

static AmtProvPlugin *
plugin_new (void)
{
  AmtProvPlugin *self = g_new0 (AmtProvPlugin, 1);

  g_atomic_ref_count_init (&self->references);
  return self;
}

/* The first mistake of a file is the plugin's refusal. */
AmtProvPlugin *
amt_prov_plugin_new_from_file (const char *path)
{
  AmtProvPlugin *self = plugin_new ();
  g_autoptr (GKeyFile) keys = g_key_file_new ();
  g_autoptr (GError) error = NULL;

  self->file = g_strdup (path);
  if (!g_key_file_load_from_file (keys, path, G_KEY_FILE_NONE, &error))
    amt_prov_plugin_refuse (self, "%s: %s", path, error->message);
  take_name (self, keys);
  take_loader (self, keys);
  self->provides = dup_list (keys, "X-AmtProvProvides");
  self->depends = dup_list (keys, "Depends");
  self->command = dup_key (keys, "X-AmtProvCommand");
  take_preparation (self, keys);
  check_abi (self, keys);
  check_provides (self);
  check_numbers (self, keys);
  take_proof (self, keys);
  return self;
}

AmtProvPlugin *
amt_prov_plugin_new_missing (const char *name)
{
  AmtProvPlugin *self = plugin_new ();

  self->name = g_strdup (name);
  self->provides = g_new0 (char *, 1);
  self->depends = g_new0 (char *, 1);
  amt_prov_plugin_refuse (self, "no such plugin was found");
  return self;
}

/* What was found first is what is said. */
void
amt_prov_plugin_refuse (AmtProvPlugin *self, const char *format, ...)
{
  va_list arguments;

  if (self->refusal != NULL)
    return;
  va_start (arguments, format);
  self->refusal = g_strdup_vprintf (format, arguments);
  va_end (arguments);
}

gboolean
amt_prov_plugin_is_script (AmtProvPlugin *self)
{
  return self->loader != NULL && !g_str_equal (self->loader, LOADER_C);
}

gboolean
amt_prov_plugin_provides (AmtProvPlugin *self, const char *kind, const char *id)
{
  for (guint i = 0; self->provides[i] != NULL; i++) {
    const char *colon = strchr (self->provides[i], ':');

    if (colon != NULL && g_str_equal (colon + 1, id) &&
        (kind == NULL || (g_str_has_prefix (self->provides[i], kind) &&
                          strlen (kind) == (gsize)(colon - self->provides[i]))))
      return TRUE;
  }
  return FALSE;
}

/* ---- the public face ---- */

/**
 * amt_prov_plugin_ref:
 * @self: a plugin
 *
 * Takes another reference.
 *
 * Returns: (transfer full): @self
 * Since: 0.1
 */
AmtProvPlugin *
amt_prov_plugin_ref (AmtProvPlugin *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->references);
  return self;
}

/**
 * amt_prov_plugin_unref:
 * @self: (transfer full): a plugin
 *
 * Drops a reference.
 *
 * Since: 0.1
 */
void
amt_prov_plugin_unref (AmtProvPlugin *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->references))
    return;
  g_free (self->name);
  g_free (self->module);
  g_free (self->file);
  g_free (self->loader);
  g_strfreev (self->provides);
  g_strfreev (self->depends);
  g_free (self->command);
  g_free (self->preparation);
  g_free (self->refusal);
  g_free (self);
}

/**
 * amt_prov_plugin_get_name:
 * @self: a plugin
 *
 * The name for `[amtprov] plugins`: its `Module` without `amtprov-` in front.
 *
 * Returns: the name
 * Since: 0.1
 */
const char *
amt_prov_plugin_get_name (AmtProvPlugin *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->name;
}

/**
 * amt_prov_plugin_get_file:
 * @self: a plugin
 *
 * The path of its `.plugin` file.
 *
 * Returns: (nullable) (type filename): the path, %NULL when the plugin was asked for and is not
 *   there
 * Since: 0.1
 */
const char *
amt_prov_plugin_get_file (AmtProvPlugin *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->file;
}

/**
 * amt_prov_plugin_get_loader:
 * @self: a plugin
 *
 * What loads its code: `c` or `python3`.
 *
 * Returns: (nullable): the loader, %NULL when the plugin is not there
 * Since: 0.1
 */
const char *
amt_prov_plugin_get_loader (AmtProvPlugin *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->loader;
}

/**
 * amt_prov_plugin_get_provides:
 * @self: a plugin
 *
 * What it provides: `method:ID`, `store:SCHEME`, `transport:SCHEME`, `service:ID`.
 *
 * Returns: (transfer none) (array zero-terminated=1): the list
 * Since: 0.1
 */
const char *const *
amt_prov_plugin_get_provides (AmtProvPlugin *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return (const char *const *)self->provides;
}

/**
 * amt_prov_plugin_get_command:
 * @self: a plugin
 *
 * What its command `amtprov NAME` is for: `X-AmtProvCommand` of its `.plugin` file.
 *
 * Returns: (nullable): a few words, %NULL when it has no command
 * Since: 0.1
 */
const char *
amt_prov_plugin_get_command (AmtProvPlugin *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->command;
}

/**
 * amt_prov_plugin_get_preparation:
 * @self: a plugin
 *
 * What a person has to do before machines can say hello and be set up by its method:
 * `X-AmtProvPreparation` of its `.plugin` file. `%{count}` stands for how many machines they are,
 * `%{setup-bin-version}` for that capability of theirs.
 *
 * Returns: (nullable): a sentence without a full stop, %NULL when the file says nothing
 * Since: 0.1
 */
const char *
amt_prov_plugin_get_preparation (AmtProvPlugin *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->preparation;
}

/**
 * amt_prov_plugin_get_refusal:
 * @self: a plugin
 *
 * Why it is not loaded.
 *
 * Returns: (nullable): the reason, %NULL when it is loaded
 * Since: 0.1
 */
const char *
amt_prov_plugin_get_refusal (AmtProvPlugin *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->refusal;
}
