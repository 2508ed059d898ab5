/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <openssl/crypto.h>

#include "wire/psk-private.h"
#include "wire/setup-bin-private.h"

/* setup-bin.md §6 */
#define CURRENT_PASSWORD  1
#define NEW_PASSWORD      2
#define MANAGEABILITY     3
#define PID               1
#define PPS               2
#define DNS_SUFFIX        3
#define SERVER_FQDN       4
#define USER_CERTIFICATES 7
#define USER_HASH         8
#define PROVISIONING_MODE 16
#define SERVER_ADDRESS    17
#define HALT_ACTIVE       28
#define MAX_USER_HASHES   3
#define INITIAL_PASSWORD  "admin"

/* One record on its way through the rules. */
typedef struct {
  AmtProvSetupBinCheck *check;
  guint32 number;
  GError **error;
  /* Of the variable that is judged: where it begins, what it is. */
  guint64 offset;
  const AmtProvSetupBinRow *row; /* NULL: not known */
  AmtProvSecret *value;
  /* Of those before it: a bit for each known one, the last of those that stand first, whether there
   * were others. */
  guint64 seen;
  guint last_lead;
  gboolean others;
  guint n_hashes;
  gboolean initial_password;
} Walk;

#define FAIL(walk, rule, ...)                                                                      \
  amt_prov_setup_bin_check_fail ((walk)->check, AMT_PROV_SETUP_BIN_RULE_##rule, (walk)->offset,    \
                                 (walk)->number, (walk)->error, __VA_ARGS__)
#define WARN(walk, rule, ...)                                                                      \
  amt_prov_setup_bin_check_warn ((walk)->check, AMT_PROV_SETUP_BIN_RULE_##rule, (walk)->offset,    \
                                 (walk)->number, __VA_ARGS__)

static gboolean
is (const Walk *walk, guint module, guint id)
{
  return walk->row != NULL && walk->row->module == module && walk->row->id == id;
}

static gboolean
has_seen (const Walk *walk, guint module, guint id)
{
  const AmtProvSetupBinRow *row = amt_prov_setup_bin_row_find (module, id);

  return (walk->seen >> amt_prov_setup_bin_row_index (row) & 1) != 0;
}

static gboolean
is_initial_password (AmtProvSecret *value)
{
  gsize length;
  const guint8 *data = amt_prov_secret_peek (value, &length);

  return length == strlen (INITIAL_PASSWORD) && memcmp (data, INITIAL_PASSWORD, length) == 0;
}

/* MEBx has one rule for both, but for the password of a new machine. */
static gboolean
check_password (Walk *walk)
{
  g_autoptr (GError) reason = NULL;

  if (is (walk, SETUP_BIN_MODULE_ME, CURRENT_PASSWORD)) {
    walk->initial_password = is_initial_password (walk->value);
    return TRUE;
  }
  if (amt_prov_secret_check_password (walk->value, &reason))
    return TRUE;
  return FAIL (walk, PASSWORD, "%s: %s", walk->row->name, reason->message);
}

static gboolean
check_pid (Walk *walk)
{
  AmtProvSetupBinCheck *check = walk->check;
  g_autoptr (GError) reason = NULL;
  char pid[AMT_PROV_PID_LENGTH + 1];
  gpointer other;

  if (!amt_prov_psk_read_pid (amt_prov_secret_peek_text (walk->value), pid, &reason))
    return FAIL (walk, PAIR, "pid: %s", reason->message);
  if (!amt_prov_setup_bin_header_get_consumable (check->header))
    WARN (walk, CONSUMABLE, "every machine gets the PID %s, because the file is not consumable",
          pid);
  other = g_hash_table_lookup (check->pids, pid);
  if (other != NULL)
    return FAIL (walk, PAIR, "PID %s stands in record %u already; each machine needs its own pair",
                 pid, GPOINTER_TO_UINT (other));
  g_hash_table_insert (check->pids, g_string_chunk_insert (check->pid_texts, pid),
                       GUINT_TO_POINTER (walk->number));
  return TRUE;
}

static gboolean
check_pps (Walk *walk)
{
  g_autoptr (GError) reason = NULL;
  char pps[AMT_PROV_PPS_LENGTH + 1];
  gboolean good = amt_prov_psk_read_pps (amt_prov_secret_peek_text (walk->value), pps, &reason);

  OPENSSL_cleanse (pps, sizeof pps);
  return good || FAIL (walk, PAIR, "pps: %s", reason->message);
}

static gboolean
check_hash (Walk *walk, const guint8 *data)
{
  guint major = amt_prov_setup_bin_header_get_major (walk->check->header);

  if (++walk->n_hashes > MAX_USER_HASHES)
    return FAIL (walk, ORDER, "%s stands here for the fourth time; firmware takes %d",
                 walk->row->name, MAX_USER_HASHES);
  if (major < 3 && data[0] != AMT_PROV_HASH_ALGORITHM_SHA1)
    WARN (walk, VERSION, "%s: files of version %u know SHA-1 only", walk->row->name, major);
  if (major == 2 && !has_seen (walk, SETUP_BIN_MODULE_AMT, USER_CERTIFICATES))
    WARN (
        walk, ORDER,
        "%s: in a file of version 2 user-defined-certificate-configuration should stand before it",
        walk->row->name);
  return TRUE;
}

static gboolean
check_number (Walk *walk, const guint8 *data)
{
  guint32 number = amt_prov_setup_bin_row_get_number (walk->row, data);
  g_autofree char *reason = NULL;

  if (!amt_prov_setup_bin_row_allows (walk->row, number, &reason))
    return FAIL (walk, VALUE, "%s: %s", walk->row->name, reason);
  if (number == 0 && is (walk, SETUP_BIN_MODULE_AMT, PROVISIONING_MODE))
    WARN (walk, VALUE, "%s: the value is 0, which some take for enterprise; write 1 for that",
          walk->row->name);
  return TRUE;
}

static gboolean
check_value (Walk *walk)
{
  g_autofree char *reason = NULL;
  gsize length;
  const guint8 *data = amt_prov_secret_peek (walk->value, &length);

  if (!amt_prov_setup_bin_row_fits (walk->row, data, length, &reason))
    return FAIL (walk, VALUE, "%s: %s", walk->row->name, reason);
  if (is (walk, SETUP_BIN_MODULE_ME, CURRENT_PASSWORD) ||
      is (walk, SETUP_BIN_MODULE_ME, NEW_PASSWORD))
    return check_password (walk);
  if (is (walk, SETUP_BIN_MODULE_AMT, PID))
    return check_pid (walk);
  if (is (walk, SETUP_BIN_MODULE_AMT, PPS))
    return check_pps (walk);
  if (walk->row->type == AMT_PROV_SETUP_BIN_TYPE_HASH)
    return check_hash (walk, data);
  if (walk->row->type == AMT_PROV_SETUP_BIN_TYPE_INTEGER)
    return check_number (walk, data);
  return TRUE;
}

static void
check_version (Walk *walk)
{
  guint major = amt_prov_setup_bin_header_get_major (walk->check->header);
  guint minor = amt_prov_setup_bin_header_get_minor (walk->check->header);

  if (walk->row->major > major || (walk->row->major == major && walk->row->minor > minor))
    WARN (walk, VERSION, "%s came with version %u.%u, the file has version %u.%u", walk->row->name,
          walk->row->major, walk->row->minor, major, minor);
}

/* setup-bin.md §7 */
static gboolean
check_order (Walk *walk)
{
  guint module = walk->row->module, id = walk->row->id;
  gboolean repeated = (walk->seen >> amt_prov_setup_bin_row_index (walk->row) & 1) != 0;

  if (repeated && walk->row->type != AMT_PROV_SETUP_BIN_TYPE_HASH)
    return FAIL (walk, ORDER, "%s stands in the record twice", walk->row->name);
  if (module == SETUP_BIN_MODULE_ME && id <= MANAGEABILITY &&
      (walk->others || walk->last_lead > id))
    return FAIL (walk, ORDER,
                 "%s comes too late: current-mebx-password, new-mebx-password and "
                 "manageability-feature-selection stand first, in this order",
                 walk->row->name);
  if (module == SETUP_BIN_MODULE_AMT &&
      (id == DNS_SUFFIX || id == SERVER_FQDN || id == SERVER_ADDRESS) &&
      has_seen (walk, SETUP_BIN_MODULE_AMT, HALT_ACTIVE))
    return FAIL (walk, ORDER, "%s must stand before me-provisioning-halt-active", walk->row->name);
  return TRUE;
}

static gboolean
check_variable (Walk *walk)
{
  if (walk->row == NULL) {
    walk->others = TRUE;
    return TRUE;
  }
  if (!check_order (walk))
    return FALSE;
  check_version (walk);
  if (!check_value (walk))
    return FALSE;
  walk->seen |= G_GUINT64_CONSTANT (1) << amt_prov_setup_bin_row_index (walk->row);
  if (walk->row->module == SETUP_BIN_MODULE_ME && walk->row->id <= MANAGEABILITY)
    walk->last_lead = walk->row->id;
  else
    walk->others = TRUE;
  return TRUE;
}

/* What can be said when all variables were seen; the offset is that of the record. */
static gboolean
check_whole (Walk *walk)
{
  gboolean current = has_seen (walk, SETUP_BIN_MODULE_ME, CURRENT_PASSWORD);
  gboolean pid = has_seen (walk, SETUP_BIN_MODULE_AMT, PID);
  gboolean pps = has_seen (walk, SETUP_BIN_MODULE_AMT, PPS);

  if (pid != pps && !FAIL (walk, PAIR, "the record has a %s without its %s", pid ? "PID" : "PPS",
                           pid ? "PPS" : "PID"))
    return FALSE;
  if (walk->initial_password && !has_seen (walk, SETUP_BIN_MODULE_ME, NEW_PASSWORD))
    return FAIL (
        walk, ORDER,
        "current-mebx-password is that of a new machine, so new-mebx-password must follow");
  if (!current)
    WARN (walk, PASSWORD, "the record has no current-mebx-password, so a machine cannot log in");
  return TRUE;
}

static void
count (AmtProvSetupBinCheck *check, AmtProvSetupBinRecord *record)
{
  guint32 number = amt_prov_setup_bin_record_get_number (record);

  check->n_records++;
  if (amt_prov_setup_bin_record_get_state (record) != AMT_PROV_SETUP_BIN_STATE_VALID)
    check->n_used++;
  else if (check->next_available == 0)
    check->next_available = number;
}

gboolean
amt_prov_setup_bin_check_record (AmtProvSetupBinCheck *self,
                                 AmtProvSetupBinRecord *record,
                                 GError **error)
{
  GPtrArray *variables = amt_prov_setup_bin_record_get_variables (record);
  guint32 number = amt_prov_setup_bin_record_get_number (record);
  guint64 start = amt_prov_setup_bin_header_get_record_offset (self->header, number);
  Walk walk = {
      .check = self, .number = number, .error = error, .offset = start + SETUP_BIN_RECORD_HEAD};

  count (self, record);
  for (guint i = 0; i < variables->len; i++) {
    AmtProvSetupBinVariable *variable = variables->pdata[i];

    walk.row = amt_prov_setup_bin_variable_get_row (variable);
    walk.value = amt_prov_setup_bin_variable_get_value (variable);
    if (!check_variable (&walk))
      return FALSE;
    walk.offset += amt_prov_setup_bin_variable_get_size (variable);
  }
  walk.offset = start;
  if (variables->len > 0)
    return check_whole (&walk);
  return amt_prov_setup_bin_record_get_state (record) != AMT_PROV_SETUP_BIN_STATE_VALID ||
         FAIL (&walk, RECORD, "the record is valid but has no variables");
}
