/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <amtprov/cert-hash.h>
#include <amtprov/uuid.h>

#include "wire/setup-bin-private.h"

#define ROW(m, i, n, kind, least, most)                                                            \
  .module = m, .id = i, .name = n, .type = AMT_PROV_SETUP_BIN_TYPE_##kind, .min_length = least,    \
  .max_length = most
#define RAW(m, i, n, from)                                                                         \
  {                                                                                                \
    ROW (m, i, n, RAW, 0, G_MAXUINT16), from                                                       \
  }
#define TEXT(m, i, n, least, most, from)                                                           \
  {                                                                                                \
    ROW (m, i, n, TEXT, least, most), from                                                         \
  }
#define HIDE(m, i, n, least, most, from)                                                           \
  {                                                                                                \
    ROW (m, i, n, TEXT, least, most), from, .secret = TRUE                                         \
  }
#define GUID(m, i, n, from)                                                                        \
  {                                                                                                \
    ROW (m, i, n, GUID, AMT_PROV_UUID_LENGTH, AMT_PROV_UUID_LENGTH), from                          \
  }
#define IPV4(m, i, n, from)                                                                        \
  {                                                                                                \
    ROW (m, i, n, IPV4, 4, 4), from                                                                \
  }
#define HASH(m, i, n, from)                                                                        \
  {                                                                                                \
    ROW (m, i, n, HASH, 1 + 20 + 1, 1 + 48 + 1 + 32), from                                         \
  }
#define NUMBER(m, i, n, size, least, most, other, from)                                            \
  {                                                                                                \
    ROW (m, i, n, INTEGER, size, size), .min = least, .max = most, .also = other, from             \
  }
#define V1  .major = 1
#define V2  .major = 2
#define V21 .major = 2, .minor = 1
#define V3  .major = 3

/* The password rule has its own check, hence the wide lengths; PID and PPS are taken with dashes,
 * as some tools store them (setup-bin.md §11, row 4). */
static const AmtProvSetupBinRow rows[] = {
    HIDE (1, 1, "current-mebx-password", 1, 32, V1),
    HIDE (1, 2, "new-mebx-password", 1, 32, V1),
    NUMBER (1, 3, "manageability-feature-selection", 1, 0, 1, 0, V1),
    NUMBER (1, 4, "firmware-local-update", 1, 0, 2, 0, V21),
    NUMBER (1, 5, "firmware-update-qualifier", 1, 0, 2, 0, V21),
    GUID (1, 6, "power-package", V21),
    TEXT (2, 1, "pid", 8, 9, V1),
    HIDE (2, 2, "pps", 32, 39, V1),
    TEXT (2, 3, "pki-dns-suffix", 1, 255, V2),
    TEXT (2, 4, "configuration-server-fqdn", 1, 255, V2),
    NUMBER (2, 5, "remote-configuration-enabled", 1, 0, 1, 0, V2),
    NUMBER (2, 6, "pre-installed-certificates-enabled", 1, 0, 1, 0, V2),
    NUMBER (2, 7, "user-defined-certificate-configuration", 1, 0, 2, 0, V2),
    HASH (2, 8, "user-defined-certificate-addition", V2),
    NUMBER (2, 10, "sol-ider", 1, 0, 7, 0, V2),
    TEXT (2, 11, "host-name", 1, 63, V21),
    TEXT (2, 12, "domain-name", 1, 255, V21),
    NUMBER (2, 13, "dhcp", 1, 1, 2, 1, V21),
    NUMBER (2, 14, "secure-firmware-update", 1, 0, 1, 0, V21),
    RAW (2, 15, "ito", V21),
    NUMBER (2, 16, "provisioning-mode", 1, 0, 2, 0, V21),
    IPV4 (2, 17, "provisioning-server-address", V21),
    NUMBER (2, 18, "provisioning-server-port", 2, 1, G_MAXUINT16, 1, V21),
    RAW (2, 19, "static-ipv4-parameters", V21),
    RAW (2, 20, "vlan", V21),
    RAW (2, 21, "password-policy-flag", V21),
    RAW (2, 22, "ipv6-parameters", V3),
    NUMBER (2, 23, "shared-dedicated-fqdn", 1, 0, 1, 0, V3),
    NUMBER (2, 24, "dynamic-dns-update", 1, 0, 1, 0, V3),
    NUMBER (2, 25, "kvm-state", 1, 0, 1, 0, V3),
    NUMBER (2, 26, "opt-in", 1, 0, 1, 255, V3),
    NUMBER (2, 27, "remote-change-of-opt-in", 1, 0, 1, 0, V3),
    NUMBER (2, 28, "me-provisioning-halt-active", 1, 0, 1, 0, V3),
    NUMBER (2, 29, "manual-setup-and-configuration", 1, 0, 1, 0, V3),
    NUMBER (2, 30, "support-channel-identifier", 4, 1, G_MAXUINT16, 1, V3),
    TEXT (2, 31, "support-channel-description", 0, 60, V3),
    TEXT (2, 32, "service-account-number", 0, 32, V3),
    HIDE (2, 33, "enrolment-passcode", 0, 32, V3),
    NUMBER (2, 34, "service-type", 4, 1, 2, 4, V3),
    GUID (2, 35, "service-provider-identifier", V3),
};

/* The rules keep a bit for each row. */
G_STATIC_ASSERT (G_N_ELEMENTS (rows) <= 64);

const AmtProvSetupBinRow *
amt_prov_setup_bin_row_find (guint module, guint id)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    if (rows[i].module == module && rows[i].id == id)
      return &rows[i];
  return NULL;
}

const AmtProvSetupBinRow *
amt_prov_setup_bin_row_find_name (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    if (g_str_equal (rows[i].name, name))
      return &rows[i];
  return NULL;
}

guint
amt_prov_setup_bin_row_index (const AmtProvSetupBinRow *row)
{
  return row - rows;
}

/**
 * amt_prov_setup_bin_variable_list_names:
 *
 * Lists the variables that are known, in the order in which they stand in a record.
 *
 * Returns: (transfer full): their names
 *
 * Since: 0.1
 */
char **
amt_prov_setup_bin_variable_list_names (void)
{
  char **names = g_new0 (char *, G_N_ELEMENTS (rows) + 1);

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    names[i] = g_strdup (rows[i].name);
  return names;
}

/**
 * amt_prov_setup_bin_variable_find_name:
 * @name: a name, as in `pki-dns-suffix`
 * @module: (out): return location for the module identifier
 * @id: (out): return location for the variable identifier
 *
 * Finds the identifiers of a variable.
 *
 * Returns: %TRUE when there is a variable of that name
 *
 * Since: 0.1
 */
gboolean
amt_prov_setup_bin_variable_find_name (const char *name, guint *module, guint *id)
{
  const AmtProvSetupBinRow *row = amt_prov_setup_bin_row_find_name (name);

  *module = row ? row->module : 0;
  *id = row ? row->id : 0;
  return row != NULL;
}

static char *
find_bad_character (const guint8 *data, gsize length)
{
  for (gsize i = 0; i < length; i++)
    if (data[i] < ' ' || data[i] > '~')
      return g_strdup_printf ("character %" G_GSIZE_FORMAT " is not printable ASCII", i + 1);
  return NULL;
}

/* Algorithm, hash, length of the name, name (setup-bin.md §6, 2/8). */
static char *
find_bad_hash (const guint8 *data, gsize length)
{
  gsize hash = amt_prov_hash_algorithm_get_length (data[0]);

  if (hash == 0)
    return g_strdup_printf (
        "hash algorithm %u is not known; known are 1 (SHA-1), 2 (SHA-256), 3 (SHA-384)", data[0]);
  if (length < 1 + hash + 1)
    return g_strdup_printf ("the value has %" G_GSIZE_FORMAT " bytes, too few for a %s hash and "
                            "the length of its name",
                            length, amt_prov_hash_algorithm_to_string (data[0]));
  if (length != 1 + hash + 1 + data[1 + hash])
    return g_strdup_printf ("the name is said to have %u bytes, but %" G_GSIZE_FORMAT " follow",
                            data[1 + hash], length - (1 + hash + 1));
  if (data[1 + hash] > 32)
    return g_strdup_printf ("the name has %u characters, at most 32 are allowed", data[1 + hash]);
  return find_bad_character (data + 1 + hash + 1, data[1 + hash]);
}

static char *
find_bad_length (const AmtProvSetupBinRow *row, gsize length)
{
  if (length >= row->min_length && length <= row->max_length)
    return NULL;
  return row->min_length == row->max_length
             ? g_strdup_printf ("the value has %" G_GSIZE_FORMAT " bytes, not %u", length,
                                row->min_length)
             : g_strdup_printf ("the value has %" G_GSIZE_FORMAT " bytes, allowed are %u to %u",
                                length, row->min_length, row->max_length);
}

gboolean
amt_prov_setup_bin_row_fits (const AmtProvSetupBinRow *row,
                             const guint8 *data,
                             gsize length,
                             char **reason)
{
  char *found = find_bad_length (row, length);

  if (found == NULL && row->type == AMT_PROV_SETUP_BIN_TYPE_TEXT)
    found = find_bad_character (data, length);
  if (found == NULL && row->type == AMT_PROV_SETUP_BIN_TYPE_HASH)
    found = find_bad_hash (data, length);
  *reason = found;
  return found == NULL;
}

guint32
amt_prov_setup_bin_row_get_number (const AmtProvSetupBinRow *row, const guint8 *data)
{
  return row->min_length == 1   ? data[0]
         : row->min_length == 2 ? wire_get_u16 (data)
                                : wire_get_u32 (data);
}

gboolean
amt_prov_setup_bin_row_allows (const AmtProvSetupBinRow *row, guint32 number, char **reason)
{
  *reason = NULL;
  if ((number >= row->min && number <= row->max) || number == row->also)
    return TRUE;
  *reason = row->also > row->max ? g_strdup_printf ("the value is %u; known are %u to %u and %u",
                                                    number, row->min, row->max, row->also)
                                 : g_strdup_printf ("the value is %u; known are %u to %u", number,
                                                    row->min, row->max);
  return FALSE;
}
