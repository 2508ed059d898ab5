/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <amtprov/error.h>
#include <amtprov/setup-bin-header.h>

#include "wire/setup-bin-private.h"

/* setup-bin.md §2 */
#define OFFSET_GUID          0x00
#define OFFSET_CHUNKS        0x10
#define OFFSET_LENGTH        0x12
#define OFFSET_NUMBER        0x14
#define OFFSET_MAJOR         0x18
#define OFFSET_MINOR         0x19
#define OFFSET_RECORD_CHUNKS 0x24
#define OFFSET_RESERVED      0x26
#define OFFSET_MODULES       0x28

#define FLAG_DO_NOT_CONSUME 1
/* With the zero that ends the list. */
#define MAX_MODULES          ((AMT_PROV_SETUP_BIN_CHUNK - OFFSET_MODULES) / 2 - 1)
#define HEADER_LENGTH(count) (OFFSET_MODULES + 2 * ((count) + 1))
/* Older files have this length and no list. */
#define LENGTH_WITHOUT_LIST HEADER_LENGTH (2)

struct _AmtProvSetupBinHeader {
  gatomicrefcount ref_count;
  guint8 major;
  guint8 minor;
  gboolean consumable;
  guint32 n_records;
  guint32 n_consumed;
  guint16 record_chunks;
  gsize n_modules;
  guint16 modules[MAX_MODULES];
};

G_DEFINE_BOXED_TYPE (AmtProvSetupBinHeader,
                     amt_prov_setup_bin_header,
                     amt_prov_setup_bin_header_ref,
                     amt_prov_setup_bin_header_unref)

typedef struct {
  guint8 major;
  guint8 max_minor;
  guint8 bytes[SETUP_BIN_GUID_LENGTH];
} FileGuid;

/* setup-bin.md §3 */
static const FileGuid guids[] = {
    {1,
     0,
     {0xb5, 0x16, 0xfb, 0x71, 0x87, 0xcb, 0xf9, 0x4a, 0xb4, 0x41, 0xca, 0x7b, 0x38, 0x35, 0x78,
      0xf9}},
    {2,
     1,
     {0x96, 0xb2, 0x81, 0x58, 0xcf, 0x6b, 0x72, 0x4c, 0x8b, 0x91, 0xa1, 0x5e, 0x51, 0x2e, 0x99,
      0xc4}},
    {3,
     0,
     {0xa7, 0xf7, 0xf6, 0xc6, 0x89, 0xc4, 0xf6, 0x47, 0x93, 0xed, 0xe2, 0xe5, 0x02, 0x0d, 0xa5,
      0x1d}},
    {4,
     0,
     {0xaa, 0xa9, 0x34, 0x52, 0xe1, 0x29, 0xa9, 0x44, 0x8d, 0x4d, 0x08, 0x1c, 0x07, 0xb9, 0x63,
      0x53}},
};

static const FileGuid *
find_major (guint major)
{
  for (gsize i = 0; i < G_N_ELEMENTS (guids); i++)
    if (guids[i].major == major)
      return &guids[i];
  return NULL;
}

static const FileGuid *
find_guid (const guint8 *bytes)
{
  for (gsize i = 0; i < G_N_ELEMENTS (guids); i++)
    if (memcmp (guids[i].bytes, bytes, SETUP_BIN_GUID_LENGTH) == 0)
      return &guids[i];
  return NULL;
}

/* One digit, or two with a point between them. */
static gboolean
parse_version (const char *text, guint *major, guint *minor)
{
  const FileGuid *guid;

  if (!g_ascii_isdigit (text[0]) ||
      (text[1] != '\0' && (text[1] != '.' || !g_ascii_isdigit (text[2]) || text[3] != '\0')))
    return FALSE;
  *major = text[0] - '0';
  *minor = text[1] != '\0' ? text[2] - '0' : 0;
  guid = find_major (*major);
  return guid != NULL && *minor <= guid->max_minor;
}

static AmtProvSetupBinHeader *
header_alloc (void)
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
  self = header_alloc ();
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

/* The fields that say what file this is. Zero chunk counts are what real firmware refuses. */
static gboolean
decode_version (AmtProvSetupBinCheck *check,
                AmtProvSetupBinHeader *self,
                const guint8 *data,
                GError **error)
{
  const FileGuid *guid = find_guid (data + OFFSET_GUID);

  self->major = data[OFFSET_MAJOR];
  self->minor = data[OFFSET_MINOR];
  if (guid == NULL)
    return amt_prov_setup_bin_check_fail (
        check, AMT_PROV_SETUP_BIN_RULE_GUID, OFFSET_GUID, 0, error,
        "the file does not begin with the GUID of a setup.bin of version 1 to 4");
  if (self->major != guid->major)
    return amt_prov_setup_bin_check_fail (
        check, AMT_PROV_SETUP_BIN_RULE_VERSION, OFFSET_MAJOR, 0, error,
        "the version is %u.%u, but the GUID belongs to version %u", self->major, self->minor,
        guid->major);
  if (self->minor > guid->max_minor)
    amt_prov_setup_bin_check_warn (check, AMT_PROV_SETUP_BIN_RULE_VERSION, OFFSET_MINOR, 0,
                                   "version %u.%u is newer than %u.%u, the newest one known",
                                   self->major, self->minor, guid->major, guid->max_minor);
  return TRUE;
}

static gboolean
decode_counts (AmtProvSetupBinCheck *check,
               AmtProvSetupBinHeader *self,
               const guint8 *data,
               GError **error)
{
  guint chunks = setup_bin_get_u16 (data + OFFSET_CHUNKS);
  guint flags = setup_bin_get_u16 (data + SETUP_BIN_OFFSET_FLAGS);

  self->consumable = (flags & FLAG_DO_NOT_CONSUME) == 0;
  self->n_records = setup_bin_get_u32 (data + SETUP_BIN_OFFSET_RECORDS);
  self->n_consumed = setup_bin_get_u32 (data + SETUP_BIN_OFFSET_CONSUMED);
  self->record_chunks = setup_bin_get_u16 (data + OFFSET_RECORD_CHUNKS);
  if (chunks != 1 && !amt_prov_setup_bin_check_fail (
                         check, AMT_PROV_SETUP_BIN_RULE_HEADER, OFFSET_CHUNKS, 0, error,
                         "the header is said to have %u chunks; it has 1%s", chunks,
                         chunks == 0 ? ", and firmware ignores a file that says 0" : ""))
    return FALSE;
  if ((flags & ~FLAG_DO_NOT_CONSUME) != 0 &&
      !amt_prov_setup_bin_check_fail (check, AMT_PROV_SETUP_BIN_RULE_HEADER, SETUP_BIN_OFFSET_FLAGS,
                                      0, error,
                                      "the file flags are 0x%04x; only bit 0 has a meaning", flags))
    return FALSE;
  if (self->record_chunks == 0) {
    self->record_chunks = 1;
    return amt_prov_setup_bin_check_fail (
        check, AMT_PROV_SETUP_BIN_RULE_HEADER, OFFSET_RECORD_CHUNKS, 0, error,
        "a record is said to have 0 chunks, and firmware ignores such a file; 1 is usual");
  }
  return TRUE;
}

static gboolean
decode_modules (AmtProvSetupBinCheck *check,
                AmtProvSetupBinHeader *self,
                const guint8 *data,
                GError **error)
{
  guint length = setup_bin_get_u16 (data + OFFSET_LENGTH);
  gsize end;

  while (self->n_modules < MAX_MODULES) {
    guint16 module = setup_bin_get_u16 (data + OFFSET_MODULES + 2 * self->n_modules);

    if (module == 0)
      break;
    self->modules[self->n_modules++] = module;
  }
  end = OFFSET_MODULES + 2 * self->n_modules;
  if (length != (self->n_modules > 0 ? HEADER_LENGTH (self->n_modules) : LENGTH_WITHOUT_LIST) &&
      !amt_prov_setup_bin_check_fail (
          check, AMT_PROV_SETUP_BIN_RULE_HEADER, OFFSET_LENGTH, 0, error,
          "the header is said to have %u bytes, which does not go with its list of %" G_GSIZE_FORMAT
          " modules",
          length, self->n_modules))
    return FALSE;
  if (!setup_bin_is_filled (data + end, AMT_PROV_SETUP_BIN_CHUNK - end, 0))
    return amt_prov_setup_bin_check_fail (
        check, AMT_PROV_SETUP_BIN_RULE_HEADER, end, 0, error,
        "the header does not end in zeros behind its list of modules");
  return TRUE;
}

AmtProvSetupBinHeader *
amt_prov_setup_bin_header_decode (AmtProvSetupBinCheck *check,
                                  const guint8 *data,
                                  gsize length,
                                  GError **error)
{
  g_autoptr (AmtProvSetupBinHeader) self = header_alloc ();

  if (length < AMT_PROV_SETUP_BIN_CHUNK) {
    amt_prov_setup_bin_check_stop (length, 0, error, "the file ends within its header of %d bytes",
                                   AMT_PROV_SETUP_BIN_CHUNK);
    return NULL;
  }
  if (!decode_version (check, self, data, error) || !decode_counts (check, self, data, error))
    return NULL;
  if (setup_bin_get_u32 (data + OFFSET_NUMBER) != 0 &&
      !amt_prov_setup_bin_check_fail (check, AMT_PROV_SETUP_BIN_RULE_HEADER, OFFSET_NUMBER, 0,
                                      error, "the number of the header is %u, not 0",
                                      setup_bin_get_u32 (data + OFFSET_NUMBER)))
    return NULL;
  if (setup_bin_get_u16 (data + OFFSET_RESERVED) != 0 &&
      !amt_prov_setup_bin_check_fail (check, AMT_PROV_SETUP_BIN_RULE_HEADER, OFFSET_RESERVED, 0,
                                      error, "the reserved field of the header is not 0"))
    return NULL;
  if (!decode_modules (check, self, data, error))
    return NULL;
  return g_steal_pointer (&self);
}

/**
 * amt_prov_setup_bin_header_encode:
 * @self: a header
 *
 * Writes the chunk that a file begins with. The encoder does the same with checks; this is for the
 * one who counts a used record in a file that stands.
 *
 * Returns: (transfer full): %AMT_PROV_SETUP_BIN_CHUNK bytes
 *
 * Since: 0.1
 */
GBytes *
amt_prov_setup_bin_header_encode (AmtProvSetupBinHeader *self)
{
  guint8 *data;
  const FileGuid *guid;

  g_return_val_if_fail (self != NULL, NULL);

  data = g_malloc0 (AMT_PROV_SETUP_BIN_CHUNK);
  guid = find_major (self->major);
  if (guid != NULL)
    memcpy (data + OFFSET_GUID, guid->bytes, SETUP_BIN_GUID_LENGTH);
  setup_bin_put_u16 (data + OFFSET_CHUNKS, 1);
  setup_bin_put_u16 (data + OFFSET_LENGTH,
                     self->n_modules > 0 ? HEADER_LENGTH (self->n_modules) : LENGTH_WITHOUT_LIST);
  data[OFFSET_MAJOR] = self->major;
  data[OFFSET_MINOR] = self->minor;
  setup_bin_put_u16 (data + SETUP_BIN_OFFSET_FLAGS, self->consumable ? 0 : FLAG_DO_NOT_CONSUME);
  setup_bin_put_u32 (data + SETUP_BIN_OFFSET_RECORDS, self->n_records);
  setup_bin_put_u32 (data + SETUP_BIN_OFFSET_CONSUMED, self->n_consumed);
  setup_bin_put_u16 (data + OFFSET_RECORD_CHUNKS, self->record_chunks);
  for (gsize i = 0; i < self->n_modules; i++)
    setup_bin_put_u16 (data + OFFSET_MODULES + 2 * i, self->modules[i]);
  return g_bytes_new_take (data, AMT_PROV_SETUP_BIN_CHUNK);
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

  if (n_modules > MAX_MODULES)
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
