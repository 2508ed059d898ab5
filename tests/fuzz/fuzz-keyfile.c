/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <amtprov/amtprov.h>

#include "fuzz.h"
#include "registry/capability-group-private.h"
#include "registry/key-file-private.h"
#include "registry/root-table-private.h"

/* The bytes as a key file, and each of its groups as a capability group and as a root. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (AmtProvKeyFile) file = amt_prov_key_file_parse ("fuzz.conf", bytes, problems);
  AmtProvRootTable *roots = amt_prov_root_table_new ();
  g_autoptr (AmtProvRow) row = amt_prov_row_new ();

  for (guint i = 0; i < file->groups->len; i++) {
    AmtProvKeyFileGroup *source = file->groups->pdata[i];
    AmtProvCapabilityGroup *group = amt_prov_capability_group_new (file->file, source, problems);

    amt_prov_root_table_add (roots, file->file, source, problems);
    if (group == NULL)
      continue;
    amt_prov_capability_group_apply (group, row);
    amt_prov_capability_group_free (group);
  }
  amt_prov_root_table_resolve (roots, row, problems);
  amt_prov_root_table_free (roots);
  for (guint i = 0; i < problems->len; i++)
    g_assert_true (g_str_has_prefix (problems->pdata[i], "fuzz.conf:"));
  return 0;
}
