/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "registry/capabilities-private.h"
#include "registry/capability-key-private.h"

static void
cell_free (gpointer data)
{
  AmtProvCell *cell = data;

  g_free (cell->value);
  g_clear_pointer (&cell->rule, amt_prov_rule_free);
  g_free (cell);
}

AmtProvRow *
amt_prov_row_new (void)
{
  AmtProvRow *self = g_new0 (AmtProvRow, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->cells = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, cell_free);
  return self;
}

AmtProvRow *
amt_prov_row_ref (AmtProvRow *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
amt_prov_row_unref (AmtProvRow *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_hash_table_unref (self->cells);
  g_clear_pointer (&self->roots_sha1, g_ptr_array_unref);
  g_clear_pointer (&self->roots_sha256, g_ptr_array_unref);
  g_free (self);
}

static char *
note_key_of (const char *method_key)
{
  return g_strconcat (method_key, AMT_PROV_METHOD_NOTE_SUFFIX, NULL);
}

void
amt_prov_row_set (AmtProvRow *self, const char *key, const char *value, AmtProvRule *rule)
{
  AmtProvCell *cell = g_new0 (AmtProvCell, 1);

  cell->value = g_strdup (value);
  cell->rule = amt_prov_rule_copy (rule);
  g_hash_table_replace (self->cells, g_strdup (key), cell);
  if (amt_prov_capability_key_is_method (key)) {
    g_autofree char *note_key = note_key_of (key);

    g_hash_table_remove (self->cells, note_key);
  }
}

const AmtProvCell *
amt_prov_row_get (AmtProvRow *self, const char *key)
{
  return g_hash_table_lookup (self->cells, key);
}

gboolean
amt_prov_row_names_methods (AmtProvRow *self)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, self->cells);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    if (amt_prov_capability_key_is_method (key))
      return TRUE;
  return FALSE;
}

/* Newest first: there stand the preferred interface and the strongest suites. */
static void
merge_lists (AmtProvRow *merged, const char *key, GPtrArray *cells, const char *separator)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GString) text = g_string_new (NULL);
  const AmtProvCell *newest = cells->pdata[cells->len - 1];

  for (guint i = cells->len; i > 0; i--) {
    const AmtProvCell *cell = cells->pdata[i - 1];
    g_auto (GStrv) parts = g_strsplit (cell->value, separator, -1);

    for (gsize j = 0; parts[j] != NULL; j++) {
      g_strstrip (parts[j]);
      if (*parts[j] == '\0' || !g_hash_table_add (seen, g_strdup (parts[j])))
        continue;
      if (text->len > 0)
        g_string_append (text, separator);
      g_string_append (text, parts[j]);
    }
  }
  amt_prov_row_set (merged, key, text->str, newest->rule);
}

static gboolean
is_better (const AmtProvCapabilityKey *key, const AmtProvCell *cell, const AmtProvCell *best)
{
  switch (key->merge) {
  case AMT_PROV_MERGE_LOWEST:
    return amt_prov_capability_key_order (key, cell->value) <
           amt_prov_capability_key_order (key, best->value);
  case AMT_PROV_MERGE_HIGHEST:
    return amt_prov_capability_key_order (key, cell->value) >
           amt_prov_capability_key_order (key, best->value);
  case AMT_PROV_MERGE_ANY:
    return g_str_equal (cell->value, "yes") && !g_str_equal (best->value, "yes");
  case AMT_PROV_MERGE_FIRST:
  case AMT_PROV_MERGE_UNION:
  case AMT_PROV_MERGE_JOIN:
  default:
    return FALSE;
  }
}

/* Copies the best cell, and the note that goes with it, from the first row that has it. */
static void
merge_best (AmtProvRow *merged, const AmtProvCapabilityKey *kind, const char *key, GPtrArray *rows)
{
  g_autofree char *note_key = note_key_of (key);
  const AmtProvCell *best = NULL, *note = NULL;

  for (guint i = 0; i < rows->len; i++) {
    const AmtProvCell *cell = amt_prov_row_get (rows->pdata[i], key);

    if (cell == NULL || (best != NULL && !is_better (kind, cell, best)))
      continue;
    best = cell;
    note = amt_prov_row_get (rows->pdata[i], note_key);
  }
  amt_prov_row_set (merged, key, best->value, best->rule);
  if (note != NULL)
    amt_prov_row_set (merged, note_key, note->value, note->rule);
}

static void
merge_key (AmtProvRow *merged, const char *key, GPtrArray *rows)
{
  const AmtProvCapabilityKey *kind = amt_prov_capability_key_find (key);
  g_autoptr (GPtrArray) cells = g_ptr_array_new ();

  /* Notes come along with their method. */
  if (g_str_has_suffix (key, AMT_PROV_METHOD_NOTE_SUFFIX))
    return;
  if (kind->merge != AMT_PROV_MERGE_UNION && kind->merge != AMT_PROV_MERGE_JOIN) {
    merge_best (merged, kind, key, rows);
    return;
  }
  for (guint i = 0; i < rows->len; i++) {
    gpointer cell = (gpointer)amt_prov_row_get (rows->pdata[i], key);

    if (cell != NULL)
      g_ptr_array_add (cells, cell);
  }
  merge_lists (merged, key, cells, kind->merge == AMT_PROV_MERGE_JOIN ? ":" : ";");
}

AmtProvRow *
amt_prov_row_merge (GPtrArray *rows)
{
  AmtProvRow *merged = amt_prov_row_new ();

  for (guint i = 0; i < rows->len; i++) {
    AmtProvRow *row = rows->pdata[i];
    GHashTableIter iter;
    gpointer key;

    g_hash_table_iter_init (&iter, row->cells);
    while (g_hash_table_iter_next (&iter, &key, NULL))
      if (amt_prov_row_get (merged, key) == NULL)
        merge_key (merged, key, rows);
  }
  return merged;
}
