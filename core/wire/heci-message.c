/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <openssl/crypto.h>

#include <amtprov/error.h>

#include "wire/heci-private.h"
#include "wire/refuse-private.h"

G_DEFINE_BOXED_TYPE (AmtProvHeciMessage,
                     amt_prov_heci_message,
                     amt_prov_heci_message_ref,
                     amt_prov_heci_message_unref)

static AmtProvHeciMessage *
message_alloc (const HeciCommand *command, gboolean response, guint32 status)
{
  AmtProvHeciMessage *self = g_new0 (AmtProvHeciMessage, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->command = command;
  self->response = response;
  self->status = status;
  self->values.by_name =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_variant_unref);
  return self;
}

static char *
describe (const HeciCommand *command, gboolean response)
{
  return g_strdup_printf ("%s %s", command->name, response ? "response" : "request");
}

/**
 * amt_prov_heci_message_new_request:
 * @command: one of amt_prov_heci_list_commands()
 *
 * Makes a request without values. A name that is not known is a mistake of the program.
 *
 * Returns: (transfer full): a new request
 *
 * Since: 0.1
 */
AmtProvHeciMessage *
amt_prov_heci_message_new_request (const char *command)
{
  const HeciCommand *known = amt_prov_heci_command_find_name (command);

  g_return_val_if_fail (known != NULL, NULL);

  return message_alloc (known, FALSE, 0);
}

/**
 * amt_prov_heci_message_new_response:
 * @command: one of amt_prov_heci_list_commands()
 * @status: 0, or why the request is refused: a PT status, of MKHI a result up to 255
 *
 * Makes a response without values. One with a status other than 0 has no body.
 *
 * Returns: (transfer full): a new response
 *
 * Since: 0.1
 */
AmtProvHeciMessage *
amt_prov_heci_message_new_response (const char *command, guint32 status)
{
  const HeciCommand *known = amt_prov_heci_command_find_name (command);

  g_return_val_if_fail (known != NULL, NULL);

  return message_alloc (known, TRUE, status);
}

/**
 * amt_prov_heci_message_decode_request:
 * @client: the firmware client that it came to
 * @bytes: one whole message
 * @error: return location for an error
 *
 * Reads a request as firmware gets it. Numbers and the lengths of texts are not judged: to refuse
 * them is the firmware's part.
 *
 * Returns: (transfer full): a new request; %NULL with %AMT_PROV_ERROR_INVALID_DATA, whose message
 * names offset and field, or %AMT_PROV_ERROR_NOT_SUPPORTED when the command is not known
 *
 * Since: 0.1
 */
AmtProvHeciMessage *
amt_prov_heci_message_decode_request (AmtProvHeciClient client, GBytes *bytes, GError **error)
{
  HeciReader reader = {.what = "HECI request"};
  g_autoptr (AmtProvHeciMessage) self = NULL;
  g_autofree char *what = NULL;
  const HeciCommand *command;
  const HeciField *layout;
  guint32 code;

  reader.data = g_bytes_get_data (bytes, &reader.length);
  if (!amt_prov_heci_head_read_request (client, &reader, &code, error))
    return NULL;
  command = amt_prov_heci_command_find (client, code);
  if (command == NULL) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_SUPPORTED,
                 "HECI request: command 0x%08x is not known", code);
    return NULL;
  }
  reader.what = what = describe (command, FALSE);
  layout = command->other_request != NULL && reader.length - reader.at == command->other_size
               ? command->other_request
               : command->request;
  self = message_alloc (command, FALSE, 0);
  if (!amt_prov_heci_layout_read (layout, &reader, &self->values, error))
    return NULL;
  return g_steal_pointer (&self);
}

/**
 * amt_prov_heci_message_decode_response:
 * @command: the command that was sent
 * @bytes: one whole message
 * @error: return location for an error
 *
 * Reads the response to a command, strictly (`heci.md §2`): version, command, every length and
 * count must fit. A refusal by the firmware is a response too: see
 * amt_prov_heci_message_check_status(). Bytes behind its status are not looked at.
 *
 * Returns: (transfer full): a new response; %NULL with %AMT_PROV_ERROR_INVALID_DATA, whose message
 * names offset and field
 *
 * Since: 0.1
 */
AmtProvHeciMessage *
amt_prov_heci_message_decode_response (const char *command, GBytes *bytes, GError **error)
{
  const HeciCommand *known = amt_prov_heci_command_find_name (command);
  HeciReader reader = {0};
  g_autoptr (AmtProvHeciMessage) self = NULL;
  g_autofree char *what = NULL;

  g_return_val_if_fail (known != NULL, NULL);

  reader.what = what = describe (known, TRUE);
  reader.data = g_bytes_get_data (bytes, &reader.length);
  self = message_alloc (known, TRUE, 0);
  if (!amt_prov_heci_head_read_response (known, &reader, &self->status, error) ||
      (self->status == 0 &&
       !amt_prov_heci_layout_read (known->response, &reader, &self->values, error)))
    return NULL;
  return g_steal_pointer (&self);
}

/**
 * amt_prov_heci_message_encode:
 * @self: a message
 * @error: return location for an error
 *
 * Writes the message. The bytes are wiped when the last reference to them goes.
 *
 * Returns: (transfer full): the bytes; %NULL with %AMT_PROV_ERROR_INVALID_DATA when a value is not
 * set or does not fit
 *
 * Since: 0.1
 */
GBytes *
amt_prov_heci_message_encode (AmtProvHeciMessage *self, GError **error)
{
  HeciWriter writer = {0};
  AmtProvSecret *wiped = NULL;
  g_autofree char *what = NULL;
  const guint8 *data;
  gsize length;

  g_return_val_if_fail (self != NULL, NULL);

  writer.what = what = describe (self->command, self->response);
  writer.length = amt_prov_heci_head_get_size (self->command, self->response);
  if (self->status == 0 && !amt_prov_heci_layout_write (self->response ? self->command->response
                                                                       : self->command->request,
                                                        &writer, &self->values, error))
    goto out;
  if (self->response)
    amt_prov_heci_head_write_response (self->command, self->status, writer.data, writer.length);
  else
    amt_prov_heci_head_write_request (self->command, writer.data, writer.length);
  wiped = amt_prov_secret_new (writer.data, writer.length);
out:
  OPENSSL_cleanse (writer.data, writer.length);
  if (wiped == NULL)
    return NULL;
  data = amt_prov_secret_peek (wiped, &length);
  return g_bytes_new_with_free_func (data, length, (GDestroyNotify)amt_prov_secret_unref, wiped);
}

/**
 * amt_prov_heci_message_ref:
 * @self: a message
 *
 * Takes another reference.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.1
 */
AmtProvHeciMessage *
amt_prov_heci_message_ref (AmtProvHeciMessage *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

/**
 * amt_prov_heci_message_unref:
 * @self: (transfer full): a message
 *
 * Gives a reference back.
 *
 * Since: 0.1
 */
void
amt_prov_heci_message_unref (AmtProvHeciMessage *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_hash_table_unref (self->values.by_name);
  g_clear_pointer (&self->values.secret, amt_prov_secret_unref);
  g_free (self);
}

/**
 * amt_prov_heci_message_get_client:
 * @self: a message
 *
 * Gets the firmware client that the message is for, or comes from.
 *
 * Returns: the client
 *
 * Since: 0.1
 */
AmtProvHeciClient
amt_prov_heci_message_get_client (AmtProvHeciMessage *self)
{
  g_return_val_if_fail (self != NULL, AMT_PROV_HECI_CLIENT_PTHI);

  return self->command->client;
}

/**
 * amt_prov_heci_message_get_command:
 * @self: a message
 *
 * Gets the name of the command.
 *
 * Returns: the name
 *
 * Since: 0.1
 */
const char *
amt_prov_heci_message_get_command (AmtProvHeciMessage *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->command->name;
}

/**
 * amt_prov_heci_message_is_response:
 * @self: a message
 *
 * Tells which way the message goes.
 *
 * Returns: %TRUE for a response
 *
 * Since: 0.1
 */
gboolean
amt_prov_heci_message_is_response (AmtProvHeciMessage *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return self->response;
}

/**
 * amt_prov_heci_message_get_status:
 * @self: a response
 *
 * Gets the status of a response; see amt_prov_pt_status_to_string().
 *
 * Returns: 0 when the command was done, and for a request
 *
 * Since: 0.1
 */
guint32
amt_prov_heci_message_get_status (AmtProvHeciMessage *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->status;
}

/**
 * amt_prov_heci_message_check_status:
 * @self: a response
 * @error: return location for an error
 *
 * Turns the refusal of a command into an error.
 *
 * Returns: %TRUE when the status is 0; %FALSE with %AMT_PROV_ERROR_REFUSED, which carries the
 * PT status
 *
 * Since: 0.1
 */
gboolean
amt_prov_heci_message_check_status (AmtProvHeciMessage *self, GError **error)
{
  const char *name;
  g_autofree char *text = NULL;

  g_return_val_if_fail (self != NULL, FALSE);

  if (self->status == 0)
    return TRUE;
  name = self->command->client == AMT_PROV_HECI_CLIENT_MKHI
             ? NULL
             : amt_prov_pt_status_to_string (self->status);
  text = name != NULL ? g_strdup_printf ("%s: the firmware answered %u (%s)", self->command->name,
                                         self->status, name)
                      : g_strdup_printf ("%s: the firmware answered 0x%x", self->command->name,
                                         self->status);
  g_propagate_error (error, amt_prov_error_new_refused (self->status, 0, text));
  return FALSE;
}
