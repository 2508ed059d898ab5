/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The machines asked for on the command line and in a fleet file. */
#include "fleet.h"

#include <stdio.h>
#include <string.h>

static GHashTable *
new_values (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

static GHashTable *
copy_values (GHashTable *values)
{
  GHashTable *copy = new_values ();
  GHashTableIter iter;
  gpointer key, value;

  g_hash_table_iter_init (&iter, values);
  while (g_hash_table_iter_next (&iter, &key, &value))
    g_hash_table_insert (copy, g_strdup (key), g_strdup (value));
  return copy;
}

/* Names are written with - or with _. */
static void
set_value (GHashTable *values, const char *name, char *value)
{
  g_hash_table_replace (values, g_strdelimit (g_strdup (name), "_", '-'), value);
}

static GHashTable *
read_device (const char *text, GError **error)
{
  g_autoptr (GHashTable) values = new_values ();
  g_auto (GStrv) parts = g_strsplit (text, ",", -1);

  for (guint i = 0; parts[i] != NULL; i++) {
    char *equals = strchr (parts[i], '=');

    if (equals == NULL) {
      g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
                   "--device %s: \"%s\" is no key=value", text, parts[i]);
      return NULL;
    }
    *equals = '\0';
    set_value (values, g_strstrip (parts[i]), g_strdup (g_strstrip (equals + 1)));
  }
  return g_steal_pointer (&values);
}

static char *
next_address (const char *first, guint64 step, GError **error)
{
  guint parts[4];

  if (sscanf (first, "%u.%u.%u.%u", &parts[0], &parts[1], &parts[2], &parts[3]) != 4) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
                 "address=%s: must be an address in 127.0.0.0/8", first);
    return NULL;
  }
  step += (guint64)parts[0] << 24 | parts[1] << 16 | parts[2] << 8 | parts[3];
  return g_strdup_printf ("%u.%u.%u.%u", (guint)(step >> 24 & 255), (guint)(step >> 16 & 255),
                          (guint)(step >> 8 & 255), (guint)(step & 255));
}

static char **
read_pairs (const char *path, GError **error)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  g_autoptr (GStrvBuilder) rows = g_strv_builder_new ();

  if (!g_file_get_contents (path, &text, NULL, error))
    return NULL;
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++) {
    const char *line = g_strstrip (lines[i]);

    if (*line != '\0' && *line != '#' && !g_str_has_prefix (line, "pid"))
      g_strv_builder_add (rows, line);
  }
  return g_strv_builder_end (rows);
}

static gboolean
use_pair (GHashTable *values, char **pairs, guint64 row, GError **error)
{
  g_auto (GStrv) cells = NULL;

  if (pairs == NULL)
    return TRUE;
  if (row >= g_strv_length (pairs)) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
                 "psk-file has %u rows, too few for count", g_strv_length (pairs));
    return FALSE;
  }
  cells = g_strsplit (pairs[row], ",", 3);
  if (cells[0] == NULL || cells[1] == NULL) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
                 "psk-file, row %u: must be pid,pps[,password]", (guint)row + 1);
    return FALSE;
  }
  g_hash_table_replace (values, g_strdup ("pid"), g_strdup (g_strstrip (cells[0])));
  g_hash_table_replace (values, g_strdup ("pps"), g_strdup (g_strstrip (cells[1])));
  if (cells[2] != NULL && *g_strstrip (cells[2]) != '\0')
    g_hash_table_replace (values, g_strdup ("password"), g_strdup (cells[2]));
  return TRUE;
}

/* Names of files count from the folder of the file that they stand in. */
static void
complete_path (GHashTable *values, const char *key, const char *folder)
{
  const char *path = g_hash_table_lookup (values, key);

  if (path != NULL)
    g_hash_table_replace (values, g_strdup (key), g_canonicalize_filename (path, folder));
}

/* One group stands for count machines at addresses one after the other. */
static gboolean
add_group (GPtrArray *list, GHashTable *values, const char *folder, GError **error)
{
  const char *count_text = g_hash_table_lookup (values, "count");
  const char *first = g_hash_table_lookup (values, "address");
  const char *psk_file;
  g_auto (GStrv) pairs = NULL;
  guint64 count = 1;

  complete_path (values, "psk-file", folder);
  complete_path (values, "stick", folder);
  complete_path (values, "mei", folder);
  psk_file = g_hash_table_lookup (values, "psk-file");
  if (count_text != NULL && !g_ascii_string_to_unsigned (count_text, 10, 1, 65536, &count, error)) {
    g_prefix_error (error, "count: ");
    return FALSE;
  }
  if (psk_file != NULL && (pairs = read_pairs (psk_file, error)) == NULL)
    return FALSE;
  for (guint64 i = 0; i < count; i++) {
    GHashTable *one = copy_values (values);
    char *address;

    g_ptr_array_add (list, one);
    address = next_address (first != NULL ? first : "127.0.0.1", i, error);
    if (address == NULL || !use_pair (one, pairs, i, error)) {
      g_free (address);
      return FALSE;
    }
    g_hash_table_replace (one, g_strdup ("address"), address);
    if (i > 0)
      g_hash_table_remove (one, "uuid");
  }
  return TRUE;
}

static gboolean
read_groups (GPtrArray *list, GKeyFile *file, const char *folder, GError **error)
{
  g_auto (GStrv) groups = g_key_file_get_groups (file, NULL);

  for (guint i = 0; groups[i] != NULL; i++) {
    g_auto (GStrv) keys = g_key_file_get_keys (file, groups[i], NULL, NULL);
    g_autoptr (GHashTable) values = new_values ();

    for (guint j = 0; keys[j] != NULL; j++)
      set_value (values, keys[j], g_key_file_get_string (file, groups[i], keys[j], NULL));
    if (!add_group (list, values, folder, error)) {
      g_prefix_error (error, "[%s] ", groups[i]);
      return FALSE;
    }
  }
  return TRUE;
}

GPtrArray *
sim_fleet_read (const SimOptions *options, GError **error)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new_with_free_func ((GDestroyNotify)g_hash_table_unref);

  for (guint i = 0; options->devices != NULL && options->devices[i] != NULL; i++) {
    g_autoptr (GHashTable) values = read_device (options->devices[i], error);
    g_autofree char *here = g_get_current_dir ();

    if (values == NULL || !add_group (list, values, here, error))
      return NULL;
  }
  if (options->fleet_file != NULL) {
    g_autoptr (GKeyFile) file = g_key_file_new ();
    g_autofree char *absolute = g_canonicalize_filename (options->fleet_file, NULL);
    g_autofree char *folder = g_path_get_dirname (absolute);

    if (!g_key_file_load_from_file (file, options->fleet_file, G_KEY_FILE_NONE, error) ||
        !read_groups (list, file, folder, error)) {
      g_prefix_error (error, "%s: ", options->fleet_file);
      return NULL;
    }
  }
  return g_steal_pointer (&list);
}
