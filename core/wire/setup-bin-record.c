/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <openssl/crypto.h>

#include <amtprov/error.h>
#include <amtprov/setup-bin-record.h>

#include "wire/setup-bin-private.h"

struct _AmtProvSetupBinRecord {
  gatomicrefcount ref_count;
  guint32 number;
  AmtProvSetupBinState state;
  gboolean scrambled;
  GPtrArray *variables;
};

G_DEFINE_BOXED_TYPE (AmtProvSetupBinRecord,
                     amt_prov_setup_bin_record,
                     amt_prov_setup_bin_record_ref,
                     amt_prov_setup_bin_record_unref)

/**
 * amt_prov_setup_bin_record_new:
 * @number: its number in the file, from 1
 *
 * Makes a record without variables that is valid and not scrambled.
 *
 * Returns: (transfer full): a new record
 *
 * Since: 0.1
 */
AmtProvSetupBinRecord *
amt_prov_setup_bin_record_new (guint32 number)
{
  AmtProvSetupBinRecord *self = g_new0 (AmtProvSetupBinRecord, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->number = number;
  self->state = AMT_PROV_SETUP_BIN_STATE_VALID;
  self->variables = g_ptr_array_new_full (8, (GDestroyNotify)amt_prov_setup_bin_variable_unref);
  return self;
}

/**
 * amt_prov_setup_bin_record_ref:
 * @self: a record
 *
 * Takes another reference.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.1
 */
AmtProvSetupBinRecord *
amt_prov_setup_bin_record_ref (AmtProvSetupBinRecord *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

/**
 * amt_prov_setup_bin_record_unref:
 * @self: (transfer full): a record
 *
 * Gives a reference back.
 *
 * Since: 0.1
 */
void
amt_prov_setup_bin_record_unref (AmtProvSetupBinRecord *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_ptr_array_unref (self->variables);
  g_free (self);
}

/**
 * amt_prov_setup_bin_record_get_number:
 * @self: a record
 *
 * Gets the number of the record in its file.
 *
 * Returns: the number, from 1
 *
 * Since: 0.1
 */
guint32
amt_prov_setup_bin_record_get_number (AmtProvSetupBinRecord *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->number;
}

/**
 * amt_prov_setup_bin_record_set_number:
 * @self: a record
 * @number: its number in the file, from 1
 *
 * Sets the number, so that one record can serve as the draft of many.
 *
 * Since: 0.1
 */
void
amt_prov_setup_bin_record_set_number (AmtProvSetupBinRecord *self, guint32 number)
{
  g_return_if_fail (self != NULL);

  self->number = number;
}

/**
 * amt_prov_setup_bin_record_get_state:
 * @self: a record
 *
 * Gets what has become of the record.
 *
 * Returns: the state
 *
 * Since: 0.1
 */
AmtProvSetupBinState
amt_prov_setup_bin_record_get_state (AmtProvSetupBinRecord *self)
{
  g_return_val_if_fail (self != NULL, AMT_PROV_SETUP_BIN_STATE_INVALID);

  return self->state;
}

/**
 * amt_prov_setup_bin_record_set_state:
 * @self: a record
 * @state: the state; with %AMT_PROV_SETUP_BIN_STATE_WIPED its variables are gone
 *
 * Sets what has become of the record. Who takes a record encodes it again, writes it to its place,
 * and counts it in the header (`setup-bin.md §9`, row 3).
 *
 * Since: 0.1
 */
void
amt_prov_setup_bin_record_set_state (AmtProvSetupBinRecord *self, AmtProvSetupBinState state)
{
  g_return_if_fail (self != NULL);

  self->state = state;
  if (state == AMT_PROV_SETUP_BIN_STATE_WIPED)
    g_ptr_array_set_size (self->variables, 0);
}

/**
 * amt_prov_setup_bin_record_get_scrambled:
 * @self: a record
 *
 * Says whether the variables are scrambled in the file (`setup-bin.md §5`). It hides them from
 * nobody.
 *
 * Returns: %TRUE when they are
 *
 * Since: 0.1
 */
gboolean
amt_prov_setup_bin_record_get_scrambled (AmtProvSetupBinRecord *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return self->scrambled;
}

/**
 * amt_prov_setup_bin_record_set_scrambled:
 * @self: a record
 * @scrambled: whether the variables are scrambled in the file
 *
 * Sets whether the variables are scrambled in the file.
 *
 * Since: 0.1
 */
void
amt_prov_setup_bin_record_set_scrambled (AmtProvSetupBinRecord *self, gboolean scrambled)
{
  g_return_if_fail (self != NULL);

  self->scrambled = scrambled;
}

/**
 * amt_prov_setup_bin_record_get_variables:
 * @self: a record
 *
 * Gets the variables in their order.
 *
 * Returns: (element-type AmtProvSetupBinVariable) (transfer none): the variables
 *
 * Since: 0.1
 */
GPtrArray *
amt_prov_setup_bin_record_get_variables (AmtProvSetupBinRecord *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->variables;
}

/**
 * amt_prov_setup_bin_record_find:
 * @self: a record
 * @name: a name, as in `pki-dns-suffix`
 *
 * Finds the first variable of a name.
 *
 * Returns: (transfer none) (nullable): the variable, or %NULL
 *
 * Since: 0.1
 */
AmtProvSetupBinVariable *
amt_prov_setup_bin_record_find (AmtProvSetupBinRecord *self, const char *name)
{
  g_return_val_if_fail (self != NULL, NULL);

  for (guint i = 0; i < self->variables->len; i++)
    if (g_strcmp0 (amt_prov_setup_bin_variable_get_name (self->variables->pdata[i]), name) == 0)
      return self->variables->pdata[i];
  return NULL;
}

/**
 * amt_prov_setup_bin_record_append:
 * @self: a record
 * @variable: a variable
 *
 * Adds a variable behind the others.
 *
 * Since: 0.1
 */
void
amt_prov_setup_bin_record_append (AmtProvSetupBinRecord *self, AmtProvSetupBinVariable *variable)
{
  g_return_if_fail (self != NULL && variable != NULL);

  g_ptr_array_add (self->variables, amt_prov_setup_bin_variable_ref (variable));
}

static int
compare (AmtProvSetupBinVariable *one, AmtProvSetupBinVariable *other)
{
  guint one_module = amt_prov_setup_bin_variable_get_module (one);
  guint other_module = amt_prov_setup_bin_variable_get_module (other);

  if (one_module != other_module)
    return one_module < other_module ? -1 : 1;
  return (int)amt_prov_setup_bin_variable_get_id (one) -
         (int)amt_prov_setup_bin_variable_get_id (other);
}

static gboolean
may_repeat (AmtProvSetupBinVariable *variable)
{
  const AmtProvSetupBinRow *row = amt_prov_setup_bin_variable_get_row (variable);

  return row != NULL && row->type == AMT_PROV_SETUP_BIN_TYPE_HASH;
}

/**
 * amt_prov_setup_bin_record_put:
 * @self: a record
 * @variable: a variable
 *
 * Puts a variable where it belongs: in place of the one with its identifiers, else in front of the
 * first with greater ones, which is an order that firmware takes (`setup-bin.md §7`). A hash is
 * added to those that are there.
 *
 * Since: 0.1
 */
void
amt_prov_setup_bin_record_put (AmtProvSetupBinRecord *self, AmtProvSetupBinVariable *variable)
{
  guint at = 0;

  g_return_if_fail (self != NULL && variable != NULL);

  for (guint i = 0; !may_repeat (variable) && i < self->variables->len; i++)
    if (compare (self->variables->pdata[i], variable) == 0) {
      amt_prov_setup_bin_variable_unref (self->variables->pdata[i]);
      self->variables->pdata[i] = amt_prov_setup_bin_variable_ref (variable);
      return;
    }
  while (at < self->variables->len && compare (self->variables->pdata[at], variable) <= 0)
    at++;
  g_ptr_array_insert (self->variables, at, amt_prov_setup_bin_variable_ref (variable));
}

/**
 * amt_prov_setup_bin_record_put_text:
 * @self: a record
 * @name: a name, as in `pki-dns-suffix`
 * @text: the value; see amt_prov_setup_bin_variable_new_from_text()
 * @error: return location for an error
 *
 * Makes a variable from text and puts it where it belongs.
 *
 * Returns: %FALSE with the error of amt_prov_setup_bin_variable_new_from_text()
 *
 * Since: 0.1
 */
gboolean
amt_prov_setup_bin_record_put_text (AmtProvSetupBinRecord *self,
                                    const char *name,
                                    const char *text,
                                    GError **error)
{
  g_autoptr (AmtProvSetupBinVariable) variable =
      amt_prov_setup_bin_variable_new_from_text (name, text, error);

  if (variable == NULL)
    return FALSE;
  amt_prov_setup_bin_record_put (self, variable);
  return TRUE;
}

/**
 * amt_prov_setup_bin_record_put_psk:
 * @self: a record
 * @psk: a pair
 *
 * Puts a pair into the record, in place of the one that is there. It is written without dashes
 * (`psk.md §1`).
 *
 * Since: 0.1
 */
void
amt_prov_setup_bin_record_put_psk (AmtProvSetupBinRecord *self, AmtProvPsk *psk)
{
  g_return_if_fail (self != NULL && psk != NULL);

  amt_prov_setup_bin_record_put_text (self, "pid", amt_prov_psk_get_pid (psk), NULL);
  amt_prov_setup_bin_record_put_text (self, "pps",
                                      amt_prov_secret_peek_text (amt_prov_psk_get_pps (psk)), NULL);
}

/**
 * amt_prov_setup_bin_record_dup_psk:
 * @self: a record
 *
 * Gets the pair of the record. Some tools store it with dashes, which are taken out.
 *
 * Returns: (transfer full) (nullable): the pair, or %NULL when there is none or it is wrong
 *
 * Since: 0.1
 */
AmtProvPsk *
amt_prov_setup_bin_record_dup_psk (AmtProvSetupBinRecord *self)
{
  AmtProvSetupBinVariable *pid, *pps;

  g_return_val_if_fail (self != NULL, NULL);

  pid = amt_prov_setup_bin_record_find (self, "pid");
  pps = amt_prov_setup_bin_record_find (self, "pps");
  if (pid == NULL || pps == NULL)
    return NULL;
  return amt_prov_psk_new (amt_prov_secret_peek_text (amt_prov_setup_bin_variable_get_value (pid)),
                           amt_prov_secret_peek_text (amt_prov_setup_bin_variable_get_value (pps)),
                           NULL);
}
