/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin-folder.h"

#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

PluginFolder *
plugin_folder_new (void)
{
  g_autoptr (GError) error = NULL;
  PluginFolder *folder = g_new0 (PluginFolder, 1);

  folder->path = g_dir_make_tmp ("amtprov-plugins-XXXXXX", &error);
  g_assert_no_error (error);
  return folder;
}

static void
remove_folder (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (folder, name, NULL);

    /* Python leaves a folder with what it has compiled. */
    if (g_file_test (path, G_FILE_TEST_IS_DIR))
      remove_folder (path);
    else
      g_assert_cmpint (g_remove (path), ==, 0);
  }
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

void
plugin_folder_free (PluginFolder *folder)
{
  remove_folder (folder->path);
  g_free (folder->path);
  g_free (folder);
}

void
plugin_folder_write (PluginFolder *folder, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (folder->path, name, NULL);
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
}

/* A plugin of the build tree, or the one that tests have for themselves. */
static char *
find_module (const char *real)
{
  g_autofree char *file = g_strdup_printf ("libamtprov-%s.so", real);

  if (g_str_equal (real, "oem"))
    return g_build_filename (g_getenv ("AMT_PROV_TEST_MODULES"), file, NULL);
  return g_build_filename (g_getenv ("AMT_PROV_TEST_PLUGINS"), real, file, NULL);
}

/* A .plugin file with @lines, whose module is that of @real, or none. */
void
plugin_folder_add (PluginFolder *folder, const char *name, const char *real, const char *lines)
{
  g_autofree char *file = g_strconcat (name, ".plugin", NULL);
  g_autofree char *text =
      g_strdup_printf ("[Plugin]\nModule=amtprov-%s\nName=%s\nDescription=A plugin for tests\n%s",
                       name, name, lines);

  plugin_folder_write (folder, file, text);
  if (real != NULL) {
    g_autofree char *from = find_module (real);
    g_autofree char *to = g_strdup_printf ("%s/libamtprov-%s.so", folder->path, name);

    g_assert_cmpint (symlink (from, to), ==, 0);
  }
}

/* @enabled: names, separated by semicolons. */
AmtProvPluginSet *
plugin_folder_load (const char *folder, const char *enabled)
{
  const char *const folders[] = {folder, NULL};
  g_auto (GStrv) names = g_strsplit (enabled, ";", -1);

  return amt_prov_plugin_set_new (folders, (const char *const *)names, FALSE);
}

void
assert_loaded (AmtProvPluginSet *set, const char *name)
{
  g_autofree char *why = NULL;

  if (!amt_prov_plugin_set_is_loaded (set, name, &why))
    g_error ("%s is not loaded: %s", name, why);
  g_assert_null (why);
}

/* One sentence, which says @reason. */
void
assert_refused (AmtProvPluginSet *set, const char *name, const char *reason)
{
  g_autofree char *why = NULL;

  g_assert_false (amt_prov_plugin_set_is_loaded (set, name, &why));
  g_assert_false (amt_prov_plugin_set_is_loaded (set, name, NULL));
  if (why == NULL || strstr (why, reason) == NULL || strchr (why, '\n') != NULL)
    g_error ("\"%s\" does not say \"%s\"", why, reason);
}
