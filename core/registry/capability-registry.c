/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <amtprov/capability-registry.h>
#include <amtprov/error.h>

#include "registry/capabilities-private.h"
#include "registry/capability-group-private.h"
#include "registry/capability-key-private.h"
#include "registry/key-file-private.h"
#include "registry/root-table-private.h"

#define BUILTIN_DIRECTORY "/amtprov/capabilities/"
#define FILE_SUFFIX       ".conf"
#define ROOTS_FILE        "roots.conf"
#define HELLO_VERSIONS    "hello-versions"

/**
 * AmtProvCapabilityRegistry:
 *
 * The capability files: what is known of every AMT release (`versions.md`). Built-in files come
 * first, then the `*.conf` files of each folder in the order of their names; within them, later
 * groups override single cells of earlier ones. A release is known when a group that covers it
 * names a method for it. Immutable, safe to share.
 *
 * Since: 0.1
 */
struct _AmtProvCapabilityRegistry {
  GObject parent_instance;

  GPtrArray *groups;
  AmtProvRootTable *roots;
  /* Parallel: between one bound and the next the same groups apply. A NULL row is no release. */
  GPtrArray *bounds;
  GPtrArray *rows;
  /* hello version → row; 0 for no hello at all. */
  GHashTable *merged;
};

G_DEFINE_FINAL_TYPE (AmtProvCapabilityRegistry, amt_prov_capability_registry, G_TYPE_OBJECT)

static void
amt_prov_capability_registry_finalize (GObject *object)
{
  AmtProvCapabilityRegistry *self = AMT_PROV_CAPABILITY_REGISTRY (object);

  g_ptr_array_unref (self->groups);
  amt_prov_root_table_free (self->roots);
  g_ptr_array_unref (self->bounds);
  g_ptr_array_unref (self->rows);
  g_hash_table_unref (self->merged);
  G_OBJECT_CLASS (amt_prov_capability_registry_parent_class)->finalize (object);
}

static void
amt_prov_capability_registry_class_init (AmtProvCapabilityRegistryClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = amt_prov_capability_registry_finalize;
}

static void
unref_row (gpointer data)
{
  if (data != NULL)
    amt_prov_row_unref (data);
}

static void
amt_prov_capability_registry_init (AmtProvCapabilityRegistry *self)
{
  self->groups = g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_capability_group_free);
  self->roots = amt_prov_root_table_new ();
  self->bounds = g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_version_free);
  self->rows = g_ptr_array_new_with_free_func (unref_row);
  self->merged = g_hash_table_new_full (NULL, NULL, NULL, unref_row);
}

static void
take_file (AmtProvCapabilityRegistry *self, AmtProvKeyFile *file, GPtrArray *problems)
{
  g_autofree char *base = g_path_get_basename (file->file);
  gboolean is_roots = g_str_equal (base, ROOTS_FILE);

  for (guint i = 0; i < file->groups->len; i++) {
    AmtProvKeyFileGroup *source = file->groups->pdata[i];
    AmtProvCapabilityGroup *group;

    if (is_roots) {
      amt_prov_root_table_add (self->roots, file->file, source, problems);
      continue;
    }
    group = amt_prov_capability_group_new (file->file, source, problems);
    if (group != NULL)
      g_ptr_array_add (self->groups, group);
  }
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *)a, *(char *const *)b);
}

static void
load_builtin (AmtProvCapabilityRegistry *self, GPtrArray *problems)
{
  g_auto (GStrv) names =
      g_resources_enumerate_children (BUILTIN_DIRECTORY, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);

  if (names == NULL) {
    g_ptr_array_add (problems, g_strdup ("the built-in capability files are missing"));
    return;
  }
  qsort (names, g_strv_length (names), sizeof *names, compare_names);
  for (gsize i = 0; names[i] != NULL; i++) {
    g_autofree char *path = g_strconcat (BUILTIN_DIRECTORY, names[i], NULL);
    g_autoptr (GBytes) bytes = g_resources_lookup_data (path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
    g_autoptr (AmtProvKeyFile) file = amt_prov_key_file_parse (names[i], bytes, problems);

    take_file (self, file, problems);
  }
}

static void
load_directory (AmtProvCapabilityRegistry *self, const char *directory, GPtrArray *problems)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (directory, 0, &error);
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  if (dir == NULL) {
    if (!g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
      g_ptr_array_add (problems, g_strdup (error->message));
    return;
  }
  while ((name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_suffix (name, FILE_SUFFIX) && *name != '.')
      g_ptr_array_add (paths, g_build_filename (directory, name, NULL));
  g_ptr_array_sort (paths, compare_names);
  for (guint i = 0; i < paths->len; i++) {
    g_autoptr (AmtProvKeyFile) file = amt_prov_key_file_load (paths->pdata[i], problems);

    if (file != NULL)
      take_file (self, file, problems);
  }
}

static int
compare_bounds (gconstpointer a, gconstpointer b)
{
  return amt_prov_version_compare (*(AmtProvVersion *const *)a, *(AmtProvVersion *const *)b);
}

static void
collect_bounds (AmtProvCapabilityRegistry *self)
{
  for (guint i = 0; i < self->groups->len; i++) {
    AmtProvCapabilityGroup *group = self->groups->pdata[i];

    g_ptr_array_add (self->bounds, amt_prov_version_copy (group->low));
    g_ptr_array_add (self->bounds, amt_prov_version_copy (group->end));
  }
  g_ptr_array_sort (self->bounds, compare_bounds);
  for (guint i = self->bounds->len; i > 1; i--)
    if (amt_prov_version_compare (self->bounds->pdata[i - 1], self->bounds->pdata[i - 2]) == 0)
      g_ptr_array_remove_index (self->bounds, i - 1);
}

static AmtProvRow *
build_row (AmtProvCapabilityRegistry *self, AmtProvVersion *release, GPtrArray *problems)
{
  g_autoptr (AmtProvRow) row = amt_prov_row_new ();

  for (guint i = 0; i < self->groups->len; i++)
    if (amt_prov_capability_group_covers (self->groups->pdata[i], release))
      amt_prov_capability_group_apply (self->groups->pdata[i], row);
  if (!amt_prov_row_names_methods (row))
    return NULL;
  amt_prov_root_table_resolve (self->roots, row, problems);
  return g_steal_pointer (&row);
}

static gboolean
sends_hello (AmtProvRow *row, const char *version)
{
  const AmtProvCell *cell = amt_prov_row_get (row, HELLO_VERSIONS);
  g_auto (GStrv) versions = NULL;

  if (version == NULL)
    return TRUE;
  if (cell == NULL)
    return FALSE;
  versions = amt_prov_capability_value_split (cell->value);
  return g_strv_contains ((const char *const *)versions, version);
}

/* version: (nullable): NULL for all rows. */
static void
build_merged (AmtProvCapabilityRegistry *self, const char *version, GPtrArray *problems)
{
  g_autoptr (GPtrArray) rows = g_ptr_array_new ();
  AmtProvRow *merged;

  for (guint i = 0; i < self->rows->len; i++)
    if (self->rows->pdata[i] && sends_hello (self->rows->pdata[i], version))
      g_ptr_array_add (rows, self->rows->pdata[i]);
  if (rows->len == 0)
    return;
  merged = amt_prov_row_merge (rows);
  amt_prov_root_table_resolve (self->roots, merged, problems);
  g_hash_table_insert (self->merged,
                       GUINT_TO_POINTER (version ? (guint)g_ascii_strtoull (version, NULL, 10) : 0),
                       merged);
}

static void
build_rows (AmtProvCapabilityRegistry *self, GPtrArray *problems)
{
  const AmtProvCapabilityKey *hello_versions = amt_prov_capability_key_find (HELLO_VERSIONS);

  collect_bounds (self);
  for (guint i = 0; i < self->bounds->len; i++)
    g_ptr_array_add (self->rows, build_row (self, self->bounds->pdata[i], problems));
  if (problems->len > 0)
    return;
  build_merged (self, NULL, problems);
  for (gsize i = 0; hello_versions->allowed[i] != NULL; i++)
    build_merged (self, hello_versions->allowed[i], problems);
}

static char *
join (GPtrArray *problems)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_copy (problems, NULL, NULL);

  g_ptr_array_set_free_func (lines, NULL);
  g_ptr_array_add (lines, NULL);
  return g_strjoinv ("\n", (char **)lines->pdata);
}

/**
 * amt_prov_capability_registry_new:
 * @directories: (nullable) (array zero-terminated=1) (element-type filename): folders with
 * overlays, later ones override; one that does not exist is skipped
 * @error: return location for an error
 *
 * Reads the built-in capability files and the overlays.
 *
 * Returns: (transfer full): a new registry; %NULL with %AMT_PROV_ERROR_CONFIG, whose message has
 * one line `FILE:LINE: [GROUP] KEY: what is wrong, what is allowed` for each mistake
 *
 * Since: 0.1
 */
AmtProvCapabilityRegistry *
amt_prov_capability_registry_new (const char *const *directories, GError **error)
{
  g_autoptr (AmtProvCapabilityRegistry) self =
      g_object_new (AMT_PROV_TYPE_CAPABILITY_REGISTRY, NULL);
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);

  load_builtin (self, problems);
  for (gsize i = 0; directories && directories[i]; i++)
    load_directory (self, directories[i], problems);
  if (problems->len == 0)
    build_rows (self, problems);
  if (problems->len > 0) {
    g_autofree char *text = join (problems);

    g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFIG, text);
    return NULL;
  }
  return g_steal_pointer (&self);
}

/**
 * amt_prov_capability_registry_lookup:
 * @self: a registry
 * @release: an AMT release
 *
 * Gets what is known of a release.
 *
 * Returns: (transfer full) (nullable): its capabilities, or %NULL when no group that names methods
 * covers the release (2.3 and 13.0 never existed)
 *
 * Since: 0.1
 */
AmtProvCapabilities *
amt_prov_capability_registry_lookup (AmtProvCapabilityRegistry *self, AmtProvVersion *release)
{
  g_return_val_if_fail (AMT_PROV_IS_CAPABILITY_REGISTRY (self), NULL);
  g_return_val_if_fail (release != NULL, NULL);

  for (guint i = self->bounds->len; i > 0; i--) {
    AmtProvRow *row = self->rows->pdata[i - 1];

    if (amt_prov_version_compare (release, self->bounds->pdata[i - 1]) >= 0)
      return row ? amt_prov_capabilities_new (release, row) : NULL;
  }
  return NULL;
}

/**
 * amt_prov_capability_registry_lookup_hello:
 * @self: a registry
 * @hello: (nullable): a hello, or %NULL when not even that is known
 *
 * Gets what is known of a machine whose release is not known: everything that any release which
 * sends such a hello can do. The lowest TLS floor and security level count, the highest TLS ceiling
 * and RSA size; lists are united, newest release first; a flag or a method is there when one
 * release has it; the laxer suffix rule counts. Other keys have the value of the oldest release.
 *
 * Returns: (transfer full) (nullable): the capabilities, without a release; %NULL when no release
 * sends such a hello
 *
 * Since: 0.1
 */
AmtProvCapabilities *
amt_prov_capability_registry_lookup_hello (AmtProvCapabilityRegistry *self, AmtProvHello *hello)
{
  guint version = hello ? amt_prov_hello_get_interface_version (hello) : 0;
  AmtProvRow *row;

  g_return_val_if_fail (AMT_PROV_IS_CAPABILITY_REGISTRY (self), NULL);

  row = g_hash_table_lookup (self->merged, GUINT_TO_POINTER (version));
  return row ? amt_prov_capabilities_new (NULL, row) : NULL;
}

/**
 * amt_prov_capability_registry_list_methods:
 * @self: a registry
 *
 * Lists the methods that capability files name, whether or not they are loaded.
 *
 * Returns: (transfer full) (array zero-terminated=1): their ids, in the order of the files
 *
 * Since: 0.1
 */
char **
amt_prov_capability_registry_list_methods (AmtProvCapabilityRegistry *self)
{
  GPtrArray *ids = g_ptr_array_new ();

  for (guint i = 0; i < self->groups->len; i++)
    amt_prov_capability_group_collect_methods (self->groups->pdata[i], ids);
  g_ptr_array_add (ids, NULL);
  return (char **)g_ptr_array_free (ids, FALSE);
}

/**
 * amt_prov_capability_registry_list_groups:
 * @self: a registry
 *
 * Lists the ranges of releases that are known: the groups that name methods.
 *
 * Returns: (transfer full) (array zero-terminated=1): their names, each once, in the order of the
 * files
 *
 * Since: 0.1
 */
char **
amt_prov_capability_registry_list_groups (AmtProvCapabilityRegistry *self)
{
  GPtrArray *names = g_ptr_array_new ();

  for (guint i = 0; i < self->groups->len; i++) {
    AmtProvCapabilityGroup *group = self->groups->pdata[i];
    g_autoptr (GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);

    amt_prov_capability_group_collect_methods (group, ids);
    if (ids->len > 0 && !g_ptr_array_find_with_equal_func (names, group->name, g_str_equal, NULL))
      g_ptr_array_add (names, g_strdup (group->name));
  }
  g_ptr_array_add (names, NULL);
  return (char **)g_ptr_array_free (names, FALSE);
}

/**
 * amt_prov_capability_registry_dup_root_name:
 * @self: a registry
 * @hash: the hash of a root
 *
 * Finds the name of a root by its hash (`pki.md §5`).
 *
 * Returns: (transfer full) (nullable): the name, or %NULL when no file lists the root
 *
 * Since: 0.1
 */
char *
amt_prov_capability_registry_dup_root_name (AmtProvCapabilityRegistry *self, AmtProvCertHash *hash)
{
  g_return_val_if_fail (AMT_PROV_IS_CAPABILITY_REGISTRY (self), NULL);
  g_return_val_if_fail (hash != NULL, NULL);

  return g_strdup (amt_prov_root_table_find_name (self->roots, hash));
}
