/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <amtprov/setup-bin-header.h>
#include <amtprov/uuid.h>

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

#define FLAG_DO_NOT_CONSUME  1
#define HEADER_LENGTH(count) (OFFSET_MODULES + 2 * ((count) + 1))
/* Older files have this length and no list. */
#define LENGTH_WITHOUT_LIST HEADER_LENGTH (2)

typedef struct {
  guint8 major;
  guint8 max_minor;
  const char *text;
} FileGuid;

/* setup-bin.md §3 */
static const FileGuid guids[] = {
    {1, 0, "71fb16b5-cb87-4af9-b441-ca7b383578f9"},
    {2, 1, "5881b296-6bcf-4c72-8b91-a15e512e99c4"},
    {3, 0, "c6f6f7a7-c489-47f6-93ed-e2e5020da51d"},
    {4, 0, "5234a9aa-29e1-44a9-8d4d-081c07b96353"},
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
  g_autofree char *text = amt_prov_uuid_from_wire (bytes);

  for (gsize i = 0; i < G_N_ELEMENTS (guids); i++)
    if (g_str_equal (guids[i].text, text))
      return &guids[i];
  return NULL;
}

gboolean
amt_prov_setup_bin_knows_version (guint major, guint minor)
{
  const FileGuid *guid = find_major (major);

  return guid != NULL && minor <= guid->max_minor;
}

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

/* Real firmware ignores a file with a zero chunk count (setup-bin.md §2). */
static gboolean
decode_counts (AmtProvSetupBinCheck *check,
               AmtProvSetupBinHeader *self,
               const guint8 *data,
               GError **error)
{
  guint chunks = wire_get_u16 (data + OFFSET_CHUNKS);
  guint flags = wire_get_u16 (data + SETUP_BIN_OFFSET_FLAGS);

  self->consumable = (flags & FLAG_DO_NOT_CONSUME) == 0;
  self->n_records = wire_get_u32 (data + SETUP_BIN_OFFSET_RECORDS);
  self->n_consumed = wire_get_u32 (data + SETUP_BIN_OFFSET_CONSUMED);
  self->record_chunks = wire_get_u16 (data + OFFSET_RECORD_CHUNKS);
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
  guint length = wire_get_u16 (data + OFFSET_LENGTH);
  gsize end;

  while (self->n_modules < SETUP_BIN_MAX_MODULES) {
    guint16 module = wire_get_u16 (data + OFFSET_MODULES + 2 * self->n_modules);

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
  g_autoptr (AmtProvSetupBinHeader) self = amt_prov_setup_bin_header_alloc ();

  if (length < AMT_PROV_SETUP_BIN_CHUNK) {
    amt_prov_setup_bin_check_stop (length, 0, error, "the file ends within its header of %d bytes",
                                   AMT_PROV_SETUP_BIN_CHUNK);
    return NULL;
  }
  if (!decode_version (check, self, data, error) || !decode_counts (check, self, data, error))
    return NULL;
  if (wire_get_u32 (data + OFFSET_NUMBER) != 0 &&
      !amt_prov_setup_bin_check_fail (check, AMT_PROV_SETUP_BIN_RULE_HEADER, OFFSET_NUMBER, 0,
                                      error, "the number of the header is %u, not 0",
                                      wire_get_u32 (data + OFFSET_NUMBER)))
    return NULL;
  if (wire_get_u16 (data + OFFSET_RESERVED) != 0 &&
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
    amt_prov_uuid_to_wire (guid->text, data + OFFSET_GUID);
  wire_put_u16 (data + OFFSET_CHUNKS, 1);
  wire_put_u16 (data + OFFSET_LENGTH,
                self->n_modules > 0 ? HEADER_LENGTH (self->n_modules) : LENGTH_WITHOUT_LIST);
  data[OFFSET_MAJOR] = self->major;
  data[OFFSET_MINOR] = self->minor;
  wire_put_u16 (data + SETUP_BIN_OFFSET_FLAGS, self->consumable ? 0 : FLAG_DO_NOT_CONSUME);
  wire_put_u32 (data + SETUP_BIN_OFFSET_RECORDS, self->n_records);
  wire_put_u32 (data + SETUP_BIN_OFFSET_CONSUMED, self->n_consumed);
  wire_put_u16 (data + OFFSET_RECORD_CHUNKS, self->record_chunks);
  for (gsize i = 0; i < self->n_modules; i++)
    wire_put_u16 (data + OFFSET_MODULES + 2 * i, self->modules[i]);
  return g_bytes_new_take (data, AMT_PROV_SETUP_BIN_CHUNK);
}
