/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "commands.h"
#include "command/open-database.h"
#include "setting-text.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define SITES_FOLDER "sites.d"
#define FILE_MODE    0644

typedef struct {
  const char *name;
  /* As `[methods] order` has them; NULL: not said. */
  const char *methods;
  GString *text;
} NewSite;

static void
add_comment (GString *text, const char *sentence)
{
  amtprov_add_lines (text, "# ", sentence);
}

/* What the new file says itself; NULL leaves the key to its default. */
static const char *
choose_value (const NewSite *site, AmtProvSettingInfo *info)
{
  const char *group = amt_prov_setting_info_get_group (info);
  const char *key = amt_prov_setting_info_get_key (info);

  if (g_str_equal (group, "site") && g_str_equal (key, "name"))
    return site->name;
  if (g_str_equal (group, "methods") && g_str_equal (key, "order") && site->methods != NULL)
    return site->methods;
  return amt_prov_setting_info_get_initial (info);
}

static void
add_key (const NewSite *site, AmtProvSettingInfo *info)
{
  const char *fallback = amt_prov_setting_info_get_default (info);
  const char *chosen = choose_value (site, info);
  g_autofree char *facts = amtprov_setting_dup_facts (info);
  g_autofree char *note = g_strdup_printf ("(%s)", facts);

  g_string_append_c (site->text, '\n');
  add_comment (site->text, amt_prov_setting_info_get_help (info));
  add_comment (site->text, note);
  g_string_append_printf (site->text, "%s%s=%s\n", chosen != NULL ? "" : "#",
                          amt_prov_setting_info_get_key (info),
                          chosen != NULL     ? chosen
                          : fallback != NULL ? fallback
                                             : amt_prov_setting_info_get_allowed (info)[0]);
}

/* A header that stands there needs a name and all keys that are required. */
static gboolean
is_complete (const NewSite *site, GPtrArray *infos, guint at)
{
  if (strchr (amt_prov_setting_info_get_group (infos->pdata[at]), ' ') != NULL)
    return FALSE;
  for (guint i = at + 1; i < infos->len && amt_prov_setting_info_get_key (infos->pdata[i]); i++)
    if (amt_prov_setting_info_get_required (infos->pdata[i]) &&
        choose_value (site, infos->pdata[i]) == NULL)
      return FALSE;
  return TRUE;
}

static void
compose (const NewSite *site, GPtrArray *infos)
{
  g_autofree char *title = g_strdup_printf (
      "The site %s. Keys that begin with # have their defaults, or none. Several entries of a "
      "value are separated by ; and relative file names count from the folder of this file. See "
      "amtprov-site(5).",
      site->name);

  add_comment (site->text, title);
  for (guint i = 0; i < infos->len; i++) {
    AmtProvSettingInfo *info = infos->pdata[i];

    if (amt_prov_setting_info_get_key (info) != NULL) {
      add_key (site, info);
      continue;
    }
    g_string_append_c (site->text, '\n');
    add_comment (site->text, amt_prov_setting_info_get_help (info));
    g_string_append_printf (site->text, "%s[%s]\n", is_complete (site, infos, i) ? "" : "#",
                            amt_prov_setting_info_get_group (info));
  }
}

/* Under its own name when it is whole, and never in the place of another file. */
static gboolean
write_new_file (const char *path, const char *text, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *base = g_path_get_basename (path);
  g_autofree char *hidden = g_strdup_printf ("%s/.%s.%d", folder, base, (int)getpid ());
  int result = -1;

  if (!g_file_set_contents_full (hidden, text, -1,
                                 G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                 FILE_MODE, error))
    return FALSE;
  /* Whatever the umask says: the daemon reads it as another user. */
  if (g_chmod (hidden, FILE_MODE) == 0)
    result = link (hidden, path);
  if (result != 0) {
    int code = errno;

    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (code), "%s: %s", path,
                 code == EEXIST ? "the file is already there; it stays as it is"
                                : g_strerror (code));
  }
  g_unlink (hidden);
  return result == 0;
}

/* A file whose name begins with a dot would not be read. */
static gboolean
check_name (AmtProvConfig *config, GPtrArray *infos, const char *name, GError **error)
{
  AmtProvSite *twin = amt_prov_config_find_site (config, name);
  g_autofree char *problem = NULL;

  for (guint i = 0; i < infos->len && problem == NULL; i++)
    if (g_strcmp0 (amt_prov_setting_info_get_key (infos->pdata[i]), "name") == 0 &&
        g_str_equal (amt_prov_setting_info_get_group (infos->pdata[i]), "site"))
      problem = amt_prov_setting_info_check_value (infos->pdata[i], name, "/");
  if (problem == NULL && *name == '.')
    problem = g_strdup_printf ("\"%s\" begins with a dot; choose another name", name);
  if (problem == NULL && twin != NULL)
    problem = g_strdup_printf ("%s is the name of the site in %s; choose another one", name,
                               amt_prov_site_get_file (twin));
  if (problem != NULL)
    g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFIG, problem);
  return problem == NULL;
}

static char *
check_methods (const char *list, AmtProvConfig *config, GError **error)
{
  g_auto (GStrv) methods = g_strsplit (list, ",", -1);
  g_auto (GStrv) allowed = amt_prov_config_list_methods (config);
  g_autofree char *known = g_strjoinv (", ", allowed);

  for (guint i = 0; methods[i] != NULL; i++)
    if (!g_strv_contains ((const char *const *)allowed, methods[i])) {
      g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFIG,
                   "--methods: no enabled plugin provides \"%s\"; [amtprov] plugins provide %s",
                   methods[i], known);
      return NULL;
    }
  return g_strjoinv (";", methods);
}

static GString *
make_text (AmtProvConfig *config, const char *name, const char *methods, GError **error)
{
  g_auto (GStrv) enabled =
      amt_prov_settings_get_list (amt_prov_config_get_settings (config, "amtprov"), "plugins");
  g_autoptr (GPtrArray) infos = amt_prov_setting_info_list (AMT_PROV_SETTING_FILE_SITE, NULL,
                                                            (const char *const *)enabled, error);
  g_autofree char *order = NULL;
  NewSite site = {.name = name};

  if (infos == NULL || !check_name (config, infos, name, error))
    return NULL;
  if (methods != NULL) {
    order = check_methods (methods, config, error);
    if (order == NULL)
      return NULL;
  }
  site.methods = order;
  site.text = g_string_new (NULL);
  compose (&site, infos);
  return site.text;
}

/* The path beside the configuration, whose folder is made where there is none. */
static char *
make_path (AmtProvConfig *config, const char *name, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (amt_prov_config_get_path (config));
  g_autofree char *folder = g_build_filename (parent, SITES_FOLDER, NULL);
  g_autofree char *file = g_strconcat (name, ".conf", NULL);

  if (g_mkdir (folder, 0755) != 0 && errno != EEXIST) {
    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno), "%s: %s", folder,
                 g_strerror (errno));
    return NULL;
  }
  return g_build_filename (folder, file, NULL);
}

/* The configuration was good before, so what is wrong now is for the new site's owner to say: which
 * machines it matches, for instance, when another site takes all. */
static void
print_rest (AmtProvConfig *config)
{
  g_auto (GStrv) problems = amt_prov_config_check (amt_prov_config_get_path (config), NULL);

  if (problems[0] != NULL)
    g_printerr ("%s: to be settled before amtprovd starts again:\n", g_get_prgname ());
  for (guint i = 0; problems[i] != NULL; i++)
    g_printerr ("%s\n", problems[i]);
}

/* amtprov site new NAME [--config FILE] [--output FILE|-] [--methods LIST] */
int
amtprov_site_new (int argc, char **argv)
{
  static const AmtprovUsage usage = {
      "NAME",
      "Writes the file of a new site, sites.d/NAME.conf beside the configuration, with every key,\n"
      "its help and its default. TLS begins as off, because only you know the CA of the site.",
      "amtprov site new lab --methods psk,pki --config /etc/amtprov/amtprov.conf", 1, 1};
  g_autofree char *config_path = NULL, *output = NULL, *methods = NULL;
  const GOptionEntry entries[] = {
      {"config", 0, 0, G_OPTION_ARG_FILENAME, &config_path, "The configuration file", "FILE"},
      {"output", 0, 0, G_OPTION_ARG_FILENAME, &output, "Write there; - is stdout", "FILE"},
      {"methods", 0, 0, G_OPTION_ARG_STRING, &methods,
       "The methods that the site allows, the preferred one first, joined by commas", "METHODS"},
      G_OPTION_ENTRY_NULL};
  g_autoptr (AmtProvConfig) config = NULL;
  g_autoptr (GString) text = NULL;
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;

  if (!amtprov_parse_options (&usage, entries, &argc, &argv))
    return AMTPROV_EXIT_USAGE;
  config = amtprov_load_config (config_path, &error);
  if (config != NULL)
    text = make_text (config, argv[1], methods, &error);
  if (text == NULL)
    return amtprov_report (error);
  if (g_strcmp0 (output, "-") == 0) {
    g_print ("%s", text->str);
    return AMTPROV_EXIT_DONE;
  }
  path = output != NULL ? g_strdup (output) : make_path (config, argv[1], &error);
  if (path == NULL || !write_new_file (path, text->str, &error))
    return amtprov_report (error);
  g_print ("%s\n", path);
  print_rest (config);
  return AMTPROV_EXIT_DONE;
}
