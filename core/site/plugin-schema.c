/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "site/plugin-schema-private.h"

#include <string.h>

#include "base/environment-private.h"

#define ENDING ".schema"

/* Plugin NAME keeps its schema beside its .plugin file: DIR/NAME.schema or DIR/NAME/NAME.schema. */
static char *
find_schema (const char *const *directories, const char *name)
{
  g_autofree char *file = g_strconcat (name, ENDING, NULL);

  for (guint i = 0; directories[i]; i++) {
    g_autofree char *flat = g_build_filename (directories[i], file, NULL);
    g_autofree char *nested = g_build_filename (directories[i], name, file, NULL);

    if (g_file_test (flat, G_FILE_TEST_IS_REGULAR))
      return g_steal_pointer (&flat);
    if (g_file_test (nested, G_FILE_TEST_IS_REGULAR))
      return g_steal_pointer (&nested);
  }
  return NULL;
}

static gboolean
add_schema (AmtProvSchema *schema, const char *path, GError **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GBytes) contents = g_file_load_bytes (file, NULL, NULL, error);

  if (!contents)
    g_prefix_error (error, "%s: ", path);
  return contents && amt_prov_schema_add (schema, path, contents, error);
}

/* Names of all plugins in a folder that come with a schema but are not enabled. */
static void
list_disabled (const char *directory, const char *const *enabled, GStrvBuilder *names)
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *entry;

  while (dir && (entry = g_dir_read_name (dir))) {
    const char *const here[] = {directory, NULL};
    g_autofree char *name = g_str_has_suffix (entry, ENDING)
                                ? g_strndup (entry, strlen (entry) - strlen (ENDING))
                                : g_strdup (entry);
    g_autofree char *path = g_strv_contains (enabled, name) ? NULL : find_schema (here, name);

    if (path)
      g_strv_builder_add (names, name);
  }
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (*(const char *const *)a, *(const char *const *)b);
}

/* Of the same plugin in two folders the first one counts, so each name stands there once. */
static char **
list_all (const char *const *directories)
{
  const char *const none[] = {NULL};
  g_autoptr (GStrvBuilder) found = g_strv_builder_new ();
  g_autoptr (GStrvBuilder) once = g_strv_builder_new ();
  g_auto (GStrv) names = NULL;

  for (guint i = 0; directories[i]; i++)
    list_disabled (directories[i], none, found);
  names = g_strv_builder_end (found);
  qsort (names, g_strv_length (names), sizeof *names, compare_names);
  for (guint i = 0; names[i]; i++)
    if (i == 0 || !g_str_equal (names[i], names[i - 1]))
      g_strv_builder_add (once, names[i]);
  return g_strv_builder_end (once);
}

/*
 * amt_prov_plugin_schema_add_all:
 *
 * Adds the schemas of the enabled plugins, without loading any code; a plugin without a schema has
 * no settings. Without @enabled those of all plugins that are found. @disabled gets the names of
 * plugins that have one but are not enabled.
 */
gboolean
amt_prov_plugin_schema_add_all (AmtProvSchema *schema,
                                const char *const *directories,
                                const char *const *enabled,
                                char ***disabled,
                                GError **error)
{
  g_auto (GStrv) usual = directories ? NULL : amt_prov_environment_list_plugin_dirs ();
  g_auto (GStrv) all = NULL;
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();

  if (!directories)
    directories = (const char *const *)usual;
  if (!enabled)
    enabled = (const char *const *)(all = list_all (directories));
  for (guint i = 0; enabled[i]; i++) {
    g_autofree char *path = find_schema (directories, enabled[i]);

    if (path && !add_schema (schema, path, error))
      return FALSE;
  }
  for (guint i = 0; directories[i]; i++)
    list_disabled (directories[i], enabled, names);
  *disabled = g_strv_builder_end (names);
  return TRUE;
}
