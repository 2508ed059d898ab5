/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "registry/capability-group-private.h"
#include "registry/capability-key-private.h"
#include "registry/root-table-private.h"

typedef struct {
  char *name;
  AmtProvCertHash *sha1;
  AmtProvCertHash *sha256;
} Root;

static void
root_free (gpointer data)
{
  Root *root = data;

  g_free (root->name);
  g_clear_pointer (&root->sha1, amt_prov_cert_hash_unref);
  g_clear_pointer (&root->sha256, amt_prov_cert_hash_unref);
  g_free (root);
}

AmtProvRootTable *
amt_prov_root_table_new (void)
{
  AmtProvRootTable *self = g_new0 (AmtProvRootTable, 1);

  self->roots = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, root_free);
  return self;
}

void
amt_prov_root_table_free (AmtProvRootTable *self)
{
  g_hash_table_unref (self->roots);
  g_free (self);
}

static AmtProvCertHash *
parse_hash (const char *text,
            AmtProvHashAlgorithm algorithm,
            AmtProvRule *rule,
            GPtrArray *problems)
{
  g_autoptr (AmtProvCertHash) hash = amt_prov_cert_hash_new_from_hex (text, NULL);
  g_autofree char *allowed = NULL;

  if (hash != NULL && amt_prov_cert_hash_get_algorithm (hash) == algorithm)
    return g_steal_pointer (&hash);
  allowed = g_strdup_printf ("\"%s\" is wrong; allowed are %" G_GSIZE_FORMAT " hexadecimal digits",
                             text, 2 * amt_prov_hash_algorithm_get_length (algorithm));
  amt_prov_capability_complain (problems, rule, allowed);
  return NULL;
}

static void
read_entry (
    Root *root, const char *file, const char *id, AmtProvKeyFileEntry *entry, GPtrArray *problems)
{
  g_autoptr (AmtProvRule) rule = amt_prov_rule_new (file, id, entry->key, entry->line);

  if (g_str_equal (entry->key, "name"))
    root->name = g_strdup (entry->value);
  else if (g_str_equal (entry->key, "sha1"))
    root->sha1 = parse_hash (entry->value, AMT_PROV_HASH_ALGORITHM_SHA1, rule, problems);
  else if (g_str_equal (entry->key, "sha256"))
    root->sha256 = parse_hash (entry->value, AMT_PROV_HASH_ALGORITHM_SHA256, rule, problems);
  else
    amt_prov_capability_complain (problems, rule,
                                  "unknown key; allowed for a root are name, sha1, sha256");
}

void
amt_prov_root_table_add (AmtProvRootTable *self,
                         const char *file,
                         AmtProvKeyFileGroup *source,
                         GPtrArray *problems)
{
  Root *root = g_new0 (Root, 1);
  guint before = problems->len;

  for (guint i = 0; i < source->entries->len; i++)
    read_entry (root, file, source->name, source->entries->pdata[i], problems);
  if (problems->len == before && (root->name == NULL || (!root->sha1 && !root->sha256))) {
    g_autoptr (AmtProvRule) rule = amt_prov_rule_new (file, source->name, NULL, source->line);

    amt_prov_capability_complain (problems, rule, "a root needs name and sha1 or sha256");
  }
  g_hash_table_replace (self->roots, g_strdup (source->name), root);
}

static void
complain_once (GPtrArray *problems, AmtProvRule *rule, const char *id, const char *what)
{
  g_autofree char *text = g_strdup_printf ("root \"%s\" %s", id, what);
  g_autofree char *place = amt_prov_rule_to_string (rule);
  g_autofree char *full = g_strdup_printf ("%s: %s", place, text);

  if (!g_ptr_array_find_with_equal_func (problems, full, g_str_equal, NULL))
    g_ptr_array_add (problems, g_steal_pointer (&full));
}

static GPtrArray *
resolve_list (AmtProvRootTable *self,
              const AmtProvCell *cell,
              AmtProvHashAlgorithm algorithm,
              GPtrArray *problems)
{
  g_auto (GStrv) ids = amt_prov_capability_value_split (cell->value);
  GPtrArray *hashes = g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_cert_hash_unref);

  for (gsize i = 0; ids[i] != NULL; i++) {
    Root *root = g_hash_table_lookup (self->roots, ids[i]);
    AmtProvCertHash *hash = NULL;

    if (root != NULL)
      hash = algorithm == AMT_PROV_HASH_ALGORITHM_SHA1 ? root->sha1 : root->sha256;
    if (hash != NULL)
      g_ptr_array_add (hashes, amt_prov_cert_hash_ref (hash));
    else
      complain_once (problems, cell->rule, ids[i],
                     root ? "has no hash of this algorithm in roots.conf"
                          : "is not in any roots.conf; add a group with name, sha1 or sha256");
  }
  return hashes;
}

void
amt_prov_root_table_resolve (AmtProvRootTable *self, AmtProvRow *row, GPtrArray *problems)
{
  const AmtProvCell *sha1 = amt_prov_row_get (row, "roots-sha1");
  const AmtProvCell *sha256 = amt_prov_row_get (row, "roots-sha256");

  if (sha1 != NULL)
    row->roots_sha1 = resolve_list (self, sha1, AMT_PROV_HASH_ALGORITHM_SHA1, problems);
  if (sha256 != NULL)
    row->roots_sha256 = resolve_list (self, sha256, AMT_PROV_HASH_ALGORITHM_SHA256, problems);
}

const char *
amt_prov_root_table_find_name (AmtProvRootTable *self, AmtProvCertHash *hash)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->roots);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    Root *root = value;

    if ((root->sha1 && amt_prov_cert_hash_equal (root->sha1, hash)) ||
        (root->sha256 && amt_prov_cert_hash_equal (root->sha256, hash)))
      return root->name;
  }
  return NULL;
}
