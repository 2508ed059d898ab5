/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <amtprov/error.h>
#include <amtprov/setup-bin-header.h>

#include "wire/setup-bin-private.h"

G_DEFINE_BOXED_TYPE (AmtProvSetupBinHeader,
                     amt_prov_setup_bin_header,
                     amt_prov_setup_bin_header_ref,
                     amt_prov_setup_bin_header_unref)

/* One digit, or two with a point between them. */
static gboolean
parse_version (const char *text, guint *major, guint *minor)
{
  if (!g_ascii_isdigit (text[0]) ||
      (text[1] != '\0' && (text[1] != '.' || !g_ascii_isdigit (text[2]) || text[3] != '\0')))
    return FALSE;
  *major = text[0] - '0';
  *minor = text[1] != '\0' ? text[2] - '0' : 0;
  return amt_prov_setup_bin_knows_version (*major, *minor);
}

AmtProvSetupBinHeader *
amt_prov_setup_bin_header_alloc (void)
{
  AmtProvSetupBinHeader *self = g_new0 (AmtProvSetupBinHeader, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->record_chunks = 1;
  return self;
}

/**
 * amt_prov_setup_bin_header_new:
 * @version: `1`, `2`, `2.1`, `3` or `4`; `1.0`, `2.0`, `3.0` and `4.0` are taken too
 * @n_records: number of records, at least 1; the file must stay below 4 GiB
 * @consumable: whether a machine marks the record that it has taken as used; with %FALSE one record
 * serves all machines
 * @error: return location for an error
 *
 * Makes the header of a new file: no record is used, a record has one chunk, and the modules are
 * ME and AMT.
 *
 * Returns: (transfer full): a new header; %NULL with %AMT_PROV_ERROR_INVALID_DATA when @version is
 * not known
 *
 * Since: 0.1
 */
AmtProvSetupBinHeader *
amt_prov_setup_bin_header_new (const char *version,
                               guint32 n_records,
                               gboolean consumable,
                               GError **error)
{
  AmtProvSetupBinHeader *self;
  guint major, minor;

  g_return_val_if_fail (version != NULL, NULL);

  if (!parse_version (version, &major, &minor)) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
                 "setup.bin has no version \"%s\"; known are 1, 2, 2.1, 3 and 4", version);
    return NULL;
  }
  self = amt_prov_setup_bin_header_alloc ();
  self->major = major;
  self->minor = minor;
  self->consumable = consumable;
  self->n_records = n_records;
  self->n_modules = 2;
  self->modules[0] = SETUP_BIN_MODULE_ME;
  self->modules[1] = SETUP_BIN_MODULE_AMT;
  return self;
}

/**
 * amt_prov_setup_bin_header_ref:
 * @self: a header
 *
 * Takes another reference.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.1
 */
AmtProvSetupBinHeader *
amt_prov_setup_bin_header_ref (AmtProvSetupBinHeader *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

/**
 * amt_prov_setup_bin_header_unref:
 * @self: (transfer full): a header
 *
 * Gives a reference back.
 *
 * Since: 0.1
 */
void
amt_prov_setup_bin_header_unref (AmtProvSetupBinHeader *self)
{
  g_return_if_fail (self != NULL);

  if (g_atomic_ref_count_dec (&self->ref_count))
    g_free (self);
}

/**
 * amt_prov_setup_bin_header_get_major:
 * @self: a header
 *
 * Gets the major version of the file.
 *
 * Returns: 1 to 4; with a lenient decoder also another number
 *
 * Since: 0.1
 */
guint
amt_prov_setup_bin_header_get_major (AmtProvSetupBinHeader *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->major;
}

/**
 * amt_prov_setup_bin_header_get_minor:
 * @self: a header
 *
 * Gets the minor version of the file.
 *
 * Returns: 0, or 1 for version 2.1; a file may have a greater one that is not known yet
 *
 * Since: 0.1
 */
guint
amt_prov_setup_bin_header_get_minor (AmtProvSetupBinHeader *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->minor;
}

/**
 * amt_prov_setup_bin_header_get_consumable:
 * @self: a header
 *
 * Says whether a machine marks the record that it has taken as used.
 *
 * Returns: %FALSE when the file is never changed and one record serves all machines
 *
 * Since: 0.1
 */
gboolean
amt_prov_setup_bin_header_get_consumable (AmtProvSetupBinHeader *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return self->consumable;
}

/**
 * amt_prov_setup_bin_header_get_n_records:
 * @self: a header
 *
 * Gets how many records the file was made with.
 *
 * Returns: the number of records, used or not
 *
 * Since: 0.1
 */
guint32
amt_prov_setup_bin_header_get_n_records (AmtProvSetupBinHeader *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->n_records;
}

/**
 * amt_prov_setup_bin_header_get_n_consumed:
 * @self: a header
 *
 * Gets how many records the header counts as used. The records themselves may say otherwise, when a
 * machine was switched off between two writes.
 *
 * Returns: the number of used records
 *
 * Since: 0.1
 */
guint32
amt_prov_setup_bin_header_get_n_consumed (AmtProvSetupBinHeader *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->n_consumed;
}

/**
 * amt_prov_setup_bin_header_set_n_consumed:
 * @self: a header
 * @n_consumed: the number of used records
 *
 * Sets how many records the header counts as used: one more for each record that is used
 * (`setup-bin.md §9`, row 3).
 *
 * Since: 0.1
 */
void
amt_prov_setup_bin_header_set_n_consumed (AmtProvSetupBinHeader *self, guint32 n_consumed)
{
  g_return_if_fail (self != NULL);

  self->n_consumed = n_consumed;
}

/**
 * amt_prov_setup_bin_header_get_record_chunks:
 * @self: a header
 *
 * Gets how many chunks each record has.
 *
 * Returns: 1 in every file seen, up to 65535
 *
 * Since: 0.1
 */
guint
amt_prov_setup_bin_header_get_record_chunks (AmtProvSetupBinHeader *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->record_chunks;
}

/**
 * amt_prov_setup_bin_header_set_record_chunks:
 * @self: a header
 * @chunks: chunks of each record, 1 to 65535
 *
 * Sets how many chunks each record has, for variables that need more than 488 bytes. No file with
 * more than one was seen yet.
 *
 * Since: 0.1
 */
void
amt_prov_setup_bin_header_set_record_chunks (AmtProvSetupBinHeader *self, guint chunks)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (chunks >= 1 && chunks <= G_MAXUINT16);

  self->record_chunks = chunks;
}

/**
 * amt_prov_setup_bin_header_get_modules:
 * @self: a header
 * @n_modules: (out): return location for the number of modules
 *
 * Gets the identifiers of the modules that the records use, as the header lists them. Older files
 * have no list.
 *
 * Returns: (array length=n_modules) (transfer none): the identifiers
 *
 * Since: 0.1
 */
const guint16 *
amt_prov_setup_bin_header_get_modules (AmtProvSetupBinHeader *self, gsize *n_modules)
{
  g_return_val_if_fail (self != NULL, NULL);

  *n_modules = self->n_modules;
  return self->modules;
}

/**
 * amt_prov_setup_bin_header_set_modules:
 * @self: a header
 * @modules: (array length=n_modules): identifiers of modules, none of them 0
 * @n_modules: how many there are
 *
 * Sets the list of modules.
 *
 * Returns: %FALSE when there is a 0 among them or more than the header has room for, and nothing
 * was changed
 *
 * Since: 0.1
 */
gboolean
amt_prov_setup_bin_header_set_modules (AmtProvSetupBinHeader *self,
                                       const guint16 *modules,
                                       gsize n_modules)
{
  g_return_val_if_fail (self != NULL, FALSE);

  if (n_modules > SETUP_BIN_MAX_MODULES)
    return FALSE;
  for (gsize i = 0; i < n_modules; i++)
    if (modules[i] == 0)
      return FALSE;
  self->n_modules = n_modules;
  if (n_modules > 0)
    memcpy (self->modules, modules, n_modules * sizeof *modules);
  return TRUE;
}

/**
 * amt_prov_setup_bin_header_get_record_offset:
 * @self: a header
 * @number: number of a record, from 1
 *
 * Gets where a record begins.
 *
 * Returns: bytes from the start of the file
 *
 * Since: 0.1
 */
guint64
amt_prov_setup_bin_header_get_record_offset (AmtProvSetupBinHeader *self, guint32 number)
{
  g_return_val_if_fail (self != NULL && number >= 1, 0);

  return AMT_PROV_SETUP_BIN_CHUNK +
         (guint64)(number - 1) * amt_prov_setup_bin_header_get_record_size (self);
}

/**
 * amt_prov_setup_bin_header_get_record_size:
 * @self: a header
 *
 * Gets how long each record is.
 *
 * Returns: bytes, a multiple of %AMT_PROV_SETUP_BIN_CHUNK
 *
 * Since: 0.1
 */
gsize
amt_prov_setup_bin_header_get_record_size (AmtProvSetupBinHeader *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return (gsize)self->record_chunks * AMT_PROV_SETUP_BIN_CHUNK;
}

/**
 * amt_prov_setup_bin_header_get_file_size:
 * @self: a header
 *
 * Gets how long the whole file must be.
 *
 * Returns: bytes
 *
 * Since: 0.1
 */
guint64
amt_prov_setup_bin_header_get_file_size (AmtProvSetupBinHeader *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return AMT_PROV_SETUP_BIN_CHUNK +
         (guint64)self->n_records * amt_prov_setup_bin_header_get_record_size (self);
}
