/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "wire/heci-private.h"

static const HeciField *
get_layout (const HeciCommand *command, gboolean response)
{
  return response ? command->response : command->request;
}

static const HeciField *
find_field (AmtProvHeciMessage *self, const char *name)
{
  const HeciField *field = get_layout (self->command, self->response);

  for (; field != NULL && field->name != NULL; field++)
    if (g_str_equal (field->name, name))
      return field;
  return NULL;
}

static const HeciField *
find_secret (AmtProvHeciMessage *self)
{
  const HeciField *field = get_layout (self->command, self->response);

  for (; field != NULL && field->name != NULL; field++)
    if (field->secret)
      return field;
  return NULL;
}

/**
 * amt_prov_heci_message_set_value:
 * @self: a message
 * @name: the name of a value that this message has
 * @value: (transfer floating): the value, of the type that amt_prov_heci_list_values() gives
 *
 * Sets a value. Whether it fits is judged when the message is encoded. A name or type that the
 * message does not have is a mistake of the program.
 *
 * Since: 0.1
 */
void
amt_prov_heci_message_set_value (AmtProvHeciMessage *self, const char *name, GVariant *value)
{
  g_autoptr (GVariant) mine = g_variant_ref_sink (value);
  const HeciField *field;
  const GVariantType *type;

  g_return_if_fail (self != NULL);

  field = find_field (self, name);
  type = field != NULL ? amt_prov_heci_field_get_value_type (field) : NULL;
  g_return_if_fail (type != NULL && g_variant_is_of_type (mine, type));

  g_hash_table_insert (self->values.by_name, (gpointer)field->name, g_steal_pointer (&mine));
}

/**
 * amt_prov_heci_message_get_value:
 * @self: a message
 * @name: the name of a value
 *
 * Gets a value.
 *
 * Returns: (transfer none) (nullable): the value, or %NULL when it is not there
 *
 * Since: 0.1
 */
GVariant *
amt_prov_heci_message_get_value (AmtProvHeciMessage *self, const char *name)
{
  g_return_val_if_fail (self != NULL, NULL);

  return g_hash_table_lookup (self->values.by_name, name);
}

static GVariant *
get_typed (AmtProvHeciMessage *self, const char *name, const GVariantType *type)
{
  GVariant *value = amt_prov_heci_message_get_value (self, name);

  g_return_val_if_fail (value == NULL || g_variant_is_of_type (value, type), NULL);

  return value;
}

/**
 * amt_prov_heci_message_get_number:
 * @self: a message
 * @name: the name of a value of type `u`
 *
 * Gets a number.
 *
 * Returns: the number, or 0 when it is not there
 *
 * Since: 0.1
 */
guint32
amt_prov_heci_message_get_number (AmtProvHeciMessage *self, const char *name)
{
  GVariant *value = get_typed (self, name, G_VARIANT_TYPE_UINT32);

  return value != NULL ? g_variant_get_uint32 (value) : 0;
}

/**
 * amt_prov_heci_message_get_boolean:
 * @self: a message
 * @name: the name of a value of type `b`
 *
 * Gets a boolean.
 *
 * Returns: the boolean, or %FALSE when it is not there
 *
 * Since: 0.1
 */
gboolean
amt_prov_heci_message_get_boolean (AmtProvHeciMessage *self, const char *name)
{
  GVariant *value = get_typed (self, name, G_VARIANT_TYPE_BOOLEAN);

  return value != NULL && g_variant_get_boolean (value);
}

/**
 * amt_prov_heci_message_get_string:
 * @self: a message
 * @name: the name of a value of type `s`
 *
 * Gets a text. What the firmware says may have any character, also such that a terminal obeys.
 *
 * Returns: (nullable): the text, or %NULL when it is not there
 *
 * Since: 0.1
 */
const char *
amt_prov_heci_message_get_string (AmtProvHeciMessage *self, const char *name)
{
  GVariant *value = get_typed (self, name, G_VARIANT_TYPE_STRING);

  return value != NULL ? g_variant_get_string (value, NULL) : NULL;
}

/**
 * amt_prov_heci_message_dup_values:
 * @self: a message
 *
 * Gets all values by their names, but for the secret, in their order on the wire.
 *
 * Returns: (transfer full): a dictionary of type `a{sv}`
 *
 * Since: 0.1
 */
GVariant *
amt_prov_heci_message_dup_values (AmtProvHeciMessage *self)
{
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  const HeciField *field;

  g_return_val_if_fail (self != NULL, NULL);

  for (field = get_layout (self->command, self->response); field != NULL && field->name != NULL;
       field++) {
    GVariant *value = amt_prov_heci_message_get_value (self, field->name);

    if (value != NULL)
      g_variant_builder_add (&builder, "{sv}", field->name, value);
  }
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

/**
 * amt_prov_heci_message_set_secret:
 * @self: a message that has one
 * @secret: the one-time password, or the password of the local system account
 *
 * Sets the value that must not leak. No message has more than one.
 *
 * Since: 0.1
 */
void
amt_prov_heci_message_set_secret (AmtProvHeciMessage *self, AmtProvSecret *secret)
{
  AmtProvSecret *mine;

  g_return_if_fail (self != NULL && find_secret (self) != NULL);
  g_return_if_fail (secret != NULL);

  mine = amt_prov_secret_ref (secret);
  g_clear_pointer (&self->values.secret, amt_prov_secret_unref);
  self->values.secret = mine;
}

/**
 * amt_prov_heci_message_get_secret:
 * @self: a message
 *
 * Gets the value that must not leak.
 *
 * Returns: (transfer none) (nullable): the secret, or %NULL when the message has none
 *
 * Since: 0.1
 */
AmtProvSecret *
amt_prov_heci_message_get_secret (AmtProvHeciMessage *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->values.secret;
}

/**
 * amt_prov_heci_list_values:
 * @command: one of amt_prov_heci_list_commands()
 * @response: whether of the response or of the request
 *
 * Lists the values of a message in their order on the wire: name and type, which is that of a
 * #GVariant, or empty for the secret.
 *
 * Returns: (transfer full): names and types, of type `a(ss)`
 *
 * Since: 0.1
 */
GVariant *
amt_prov_heci_list_values (const char *command, gboolean response)
{
  const HeciCommand *known = amt_prov_heci_command_find_name (command);
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a(ss)"));
  const HeciField *field;

  g_return_val_if_fail (known != NULL, NULL);

  for (field = get_layout (known, response); field != NULL && field->name != NULL; field++) {
    const GVariantType *type = amt_prov_heci_field_get_value_type (field);
    g_autofree char *text = type != NULL ? g_variant_type_dup_string (type) : g_strdup ("");

    if (field->type != HECI_PADDING)
      g_variant_builder_add (&builder, "(ss)", field->name, text);
  }
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}
