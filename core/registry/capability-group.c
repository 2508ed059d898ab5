/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "registry/capability-group-private.h"
#include "registry/capability-key-private.h"

#define RANGE_SEPARATOR ".."
#define NEWEST          "99999.99999.99999.99999"

typedef struct {
  char *key;
  char *value;
  AmtProvRule *rule;
} GroupCell;

static void
group_cell_free (gpointer data)
{
  GroupCell *cell = data;

  g_free (cell->key);
  g_free (cell->value);
  amt_prov_rule_free (cell->rule);
  g_free (cell);
}

void
amt_prov_capability_complain (GPtrArray *problems, AmtProvRule *rule, const char *text)
{
  g_autofree char *place = amt_prov_rule_to_string (rule);

  g_ptr_array_add (problems, g_strdup_printf ("%s: %s", place, text));
}

/* "7.x" begins at 7.0. */
static AmtProvVersion *
parse_low (const char *text)
{
  g_autofree char *first = NULL;

  if (!g_str_has_suffix (text, ".x"))
    return amt_prov_version_parse (text, NULL);
  first = g_strdup_printf ("%.*s.0", (int)strlen (text) - 2, text);
  return amt_prov_version_parse (first, NULL);
}

/* The first release that is no longer meant: 6.0 after "5.x", 5.3 after "5.2" (which means 5.2 and
 * all its maintenance releases). */
static AmtProvVersion *
parse_end (const char *text)
{
  g_autoptr (AmtProvVersion) last = NULL;
  g_autofree char *next = NULL;
  const char *dot;

  if (g_str_equal (text, "x"))
    return amt_prov_version_parse (NEWEST, NULL);
  last = parse_low (text);
  if (last == NULL)
    return NULL;
  if (g_str_has_suffix (text, ".x")) {
    if (strchr (text, '.') != strrchr (text, '.'))
      return NULL;
    next = g_strdup_printf ("%u.0", amt_prov_version_get_major (last) + 1);
  } else {
    dot = strrchr (text, '.');
    next = g_strdup_printf ("%.*s%u", (int)(dot + 1 - text), text,
                            (guint)g_ascii_strtoull (dot + 1, NULL, 10) + 1);
  }
  return amt_prov_version_parse (next, NULL);
}

gboolean
amt_prov_capability_range_parse (const char *text, AmtProvVersion **low, AmtProvVersion **end)
{
  const char *separator = strstr (text, RANGE_SEPARATOR);
  g_autofree char *first = separator ? g_strndup (text, separator - text) : g_strdup (text);
  const char *last = separator ? separator + strlen (RANGE_SEPARATOR) : text;

  *low = parse_low (first);
  *end = parse_end (last);
  return *low && *end && amt_prov_version_compare (*low, *end) < 0;
}

static void
add_cell (AmtProvCapabilityGroup *self,
          const char *file,
          AmtProvKeyFileEntry *entry,
          GPtrArray *problems)
{
  const AmtProvCapabilityKey *key = amt_prov_capability_key_find (entry->key);
  g_autoptr (AmtProvRule) rule = amt_prov_rule_new (file, self->name, entry->key, entry->line);
  g_autofree char *allowed = NULL, *text = NULL;
  GroupCell *cell;

  if (key == NULL) {
    allowed = amt_prov_capability_key_list ();
    text = g_strdup_printf ("unknown key; allowed are %s", allowed);
    amt_prov_capability_complain (problems, rule, text);
    return;
  }
  allowed = amt_prov_capability_key_check (key, entry->value);
  if (allowed != NULL) {
    text = g_strdup_printf ("\"%s\" is wrong; allowed is %s", entry->value, allowed);
    amt_prov_capability_complain (problems, rule, text);
    return;
  }
  cell = g_new0 (GroupCell, 1);
  cell->key = g_strdup (entry->key);
  cell->value = g_strdup (entry->value);
  cell->rule = g_steal_pointer (&rule);
  g_ptr_array_add (self->cells, cell);
}

/* A method cell drops the note that is there, so a group's own notes must come after it. */
static void
add_cells (AmtProvCapabilityGroup *self,
           const char *file,
           AmtProvKeyFileGroup *source,
           GPtrArray *problems,
           gboolean notes)
{
  for (guint i = 0; i < source->entries->len; i++) {
    AmtProvKeyFileEntry *entry = source->entries->pdata[i];

    if (g_str_has_suffix (entry->key, AMT_PROV_METHOD_NOTE_SUFFIX) == notes)
      add_cell (self, file, entry, problems);
  }
}

AmtProvCapabilityGroup *
amt_prov_capability_group_new (const char *file, AmtProvKeyFileGroup *source, GPtrArray *problems)
{
  AmtProvCapabilityGroup *self = g_new0 (AmtProvCapabilityGroup, 1);

  self->name = g_strdup (source->name);
  self->cells = g_ptr_array_new_with_free_func (group_cell_free);
  if (!amt_prov_capability_range_parse (self->name, &self->low, &self->end)) {
    g_autoptr (AmtProvRule) rule = amt_prov_rule_new (file, source->name, NULL, source->line);

    amt_prov_capability_complain (
        problems, rule,
        "a group is a range of AMT releases such as 2.2, 7.x, 2.0..2.1, 3.0..5.x or 20.0..x");
    amt_prov_capability_group_free (self);
    return NULL;
  }
  add_cells (self, file, source, problems, FALSE);
  add_cells (self, file, source, problems, TRUE);
  return self;
}

void
amt_prov_capability_group_free (AmtProvCapabilityGroup *self)
{
  g_free (self->name);
  g_clear_pointer (&self->low, amt_prov_version_free);
  g_clear_pointer (&self->end, amt_prov_version_free);
  g_ptr_array_unref (self->cells);
  g_free (self);
}

gboolean
amt_prov_capability_group_covers (AmtProvCapabilityGroup *self, AmtProvVersion *release)
{
  return amt_prov_version_compare (release, self->low) >= 0 &&
         amt_prov_version_compare (release, self->end) < 0;
}

void
amt_prov_capability_group_apply (AmtProvCapabilityGroup *self, AmtProvRow *row)
{
  for (guint i = 0; i < self->cells->len; i++) {
    GroupCell *cell = self->cells->pdata[i];

    amt_prov_row_set (row, cell->key, cell->value, cell->rule);
  }
}

void
amt_prov_capability_group_collect_methods (AmtProvCapabilityGroup *self, GPtrArray *ids)
{
  for (guint i = 0; i < self->cells->len; i++) {
    GroupCell *cell = self->cells->pdata[i];
    const char *id = cell->key + strlen (AMT_PROV_METHOD_KEY_PREFIX);

    if (amt_prov_capability_key_is_method (cell->key) &&
        !g_ptr_array_find_with_equal_func (ids, id, g_str_equal, NULL))
      g_ptr_array_add (ids, g_strdup (id));
  }
}
