/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "registry/key-file-private.h"

#include <string.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

static void
entry_free (AmtProvKeyFileEntry *entry)
{
  g_free (entry->key);
  g_free (entry->value);
  g_free (entry);
}

static void
group_free (AmtProvKeyFileGroup *group)
{
  g_ptr_array_unref (group->entries);
  g_free (group->name);
  g_free (group);
}

void
amt_prov_key_file_free (AmtProvKeyFile *self)
{
  g_ptr_array_unref (self->groups);
  g_free (self->file);
  g_free (self);
}

AmtProvKeyFileGroup *
amt_prov_key_file_find_group (AmtProvKeyFile *self, const char *name)
{
  for (guint i = 0; i < self->groups->len; i++) {
    AmtProvKeyFileGroup *group = g_ptr_array_index (self->groups, i);

    if (g_str_equal (group->name, name))
      return group;
  }
  return NULL;
}

AmtProvKeyFileEntry *
amt_prov_key_file_group_find (AmtProvKeyFileGroup *group, const char *key)
{
  for (guint i = 0; i < group->entries->len; i++) {
    AmtProvKeyFileEntry *entry = g_ptr_array_index (group->entries, i);

    if (g_str_equal (entry->key, key))
      return entry;
  }
  return NULL;
}

static void G_GNUC_PRINTF (4, 5)
    complain (GPtrArray *problems, const char *file, guint line, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_ptr_array_add (problems, g_strdup_printf ("%s:%u: %s", file, line, text));
}

/* The entries of a group that cannot be used are read all the same, into a group that nobody sees,
 * so that one mistake gives one message. */
static AmtProvKeyFileGroup *
begin_group (AmtProvKeyFile *self, char *text, guint line, GPtrArray *problems)
{
  AmtProvKeyFileGroup *group = g_new0 (AmtProvKeyFileGroup, 1);
  AmtProvKeyFileGroup *twin;
  gsize length = strlen (text);

  group->line = line;
  group->entries = g_ptr_array_new_with_free_func ((GDestroyNotify)entry_free);
  if (length < 3 || text[length - 1] != ']' || strpbrk (text + 1, "[]") != text + length - 1) {
    complain (problems, self->file, line, "a group is written [NAME], not \"%s\"", text);
    group->name = g_strdup ("");
  } else {
    group->name = g_strstrip (g_strndup (text + 1, length - 2));
  }
  twin = *group->name ? amt_prov_key_file_find_group (self, group->name) : NULL;
  if (twin) {
    complain (problems, self->file, line,
              "[%s]: the group is already there in line %u; put its keys together", group->name,
              twin->line);
    *group->name = '\0';
  }
  g_ptr_array_add (self->groups, group);
  return group;
}

static void
add_entry (
    AmtProvKeyFile *self, AmtProvKeyFileGroup *group, char *text, guint line, GPtrArray *problems)
{
  char *equals = strchr (text, '=');
  AmtProvKeyFileEntry *entry;
  AmtProvKeyFileEntry *twin;

  if (!equals || equals == text) {
    complain (problems, self->file, line,
              "expected KEY=VALUE, [GROUP] or a comment that begins with #");
    return;
  }
  *equals = '\0';
  g_strstrip (text);
  if (!group) {
    complain (problems, self->file, line, "%s: a key must stand below a [GROUP]", text);
    return;
  }
  twin = amt_prov_key_file_group_find (group, text);
  if (twin) {
    complain (problems, self->file, line, "[%s] %s: the key is already there in line %u",
              group->name, text, twin->line);
    return;
  }
  entry = g_new0 (AmtProvKeyFileEntry, 1);
  entry->key = g_strdup (text);
  entry->value = g_strstrip (g_strdup (equals + 1));
  entry->line = line;
  g_ptr_array_add (group->entries, entry);
}

static void
drop_refused_groups (AmtProvKeyFile *self)
{
  for (guint i = self->groups->len; i > 0; i--) {
    AmtProvKeyFileGroup *group = g_ptr_array_index (self->groups, i - 1);

    if (!*group->name)
      g_ptr_array_remove_index (self->groups, i - 1);
  }
}

/*
 * amt_prov_key_file_parse:
 *
 * Reads groups and keys. Each mistake adds one `FILE:LINE: …` text to @problems, and reading goes
 * on. Blank lines and lines that begin with # are skipped; space around names and values is
 * dropped.
 */
AmtProvKeyFile *
amt_prov_key_file_parse (const char *file, GBytes *contents, GPtrArray *problems)
{
  AmtProvKeyFile *self = g_new0 (AmtProvKeyFile, 1);
  gsize length;
  const char *data = g_bytes_get_data (contents, &length);
  AmtProvKeyFileGroup *group = NULL;
  g_autofree char *text = g_strndup (data ? data : "", length);
  g_auto (GStrv) lines = NULL;
  const char *start = text;

  self->file = g_strdup (file);
  self->groups = g_ptr_array_new_with_free_func ((GDestroyNotify)group_free);
  if (g_str_has_prefix (text, BYTE_ORDER_MARK))
    start += strlen (BYTE_ORDER_MARK);
  lines = g_strsplit (start, "\n", -1);
  for (guint i = 0; lines[i]; i++) {
    char *line = g_strstrip (lines[i]);

    if (!g_utf8_validate (line, -1, NULL))
      complain (problems, file, i + 1, "the line is not UTF-8 text");
    else if (*line == '[')
      group = begin_group (self, line, i + 1, problems);
    else if (*line && *line != '#')
      add_entry (self, group, line, i + 1, problems);
  }
  if (strlen (text) != length)
    complain (problems, file, g_strv_length (lines),
              "the line holds a NUL byte; what follows it is not read");
  drop_refused_groups (self);
  return self;
}

/*
 * amt_prov_key_file_load:
 *
 * Reads a file. One that cannot be read adds one problem and gives NULL.
 */
AmtProvKeyFile *
amt_prov_key_file_load (const char *path, GPtrArray *problems)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;
  char *contents = NULL;
  gsize length = 0;

  if (!g_file_get_contents (path, &contents, &length, &error)) {
    g_ptr_array_add (problems, g_strdup_printf ("%s: %s", path, error->message));
    return NULL;
  }
  bytes = g_bytes_new_take (contents, length);
  return amt_prov_key_file_parse (path, bytes, problems);
}
