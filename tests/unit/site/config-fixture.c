/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config-fixture.h"

#include <string.h>

#include "fixture.h"

void
set_up (Fixture *f, gconstpointer data)
{
  f->folder = g_dir_make_tmp ("amtprov-XXXXXX", NULL);
  f->main_file = write_file (f->folder, "amtprov.conf", MAIN);
  f->plugin_dirs = g_strsplit (g_getenv ("AMT_PROV_TEST_PLUGINS"), ":", -1);
}

void
tear_down (Fixture *f, gconstpointer data)
{
  remove_folder (f->folder);
  g_free (f->folder);
  g_free (f->main_file);
  g_strfreev (f->plugin_dirs);
}

void
put (Fixture *f, const char *name, const char *text)
{
  g_autofree char *path = write_file (f->folder, name, text);
}

/* Those that the test puts into the folder `plugins`, and no others. */
void
use_own_plugins (Fixture *f)
{
  g_strfreev (f->plugin_dirs);
  f->plugin_dirs = g_new0 (char *, 2);
  f->plugin_dirs[0] = g_build_filename (f->folder, "plugins", NULL);
}

AmtProvConfig *
load (Fixture *f)
{
  g_autoptr (GError) error = NULL;
  AmtProvConfig *config =
      amt_prov_config_load (f->main_file, (const char *const *)f->plugin_dirs, &error);

  g_assert_no_error (error);
  return config;
}

char **
check (Fixture *f)
{
  return amt_prov_config_check (f->main_file, (const char *const *)f->plugin_dirs);
}

/* Exactly one problem, in file, line and place as told, whose text holds @wanted. */
void
assert_problem (Fixture *f, const char *file, const char *place, const char *wanted)
{
  g_auto (GStrv) problems = check (f);
  g_autofree char *start = g_strdup_printf ("%s/%s:%s", f->folder, file, place);

  if (g_strv_length (problems) != 1 || !g_str_has_prefix (problems[0], start) ||
      !strstr (problems[0], wanted)) {
    g_autofree char *all = g_strjoinv ("\n  ", problems);

    g_error ("wanted one problem \"%s … %s\", got\n  %s", start, wanted, all);
  }
}
