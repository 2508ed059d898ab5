/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <amtprov/action.h>

/**
 * AmtProvAction:
 *
 * One thing that a step asks of a device, with named values: those that the step puts in, and those
 * that the device answers. #AmtProvActionKind says which names each kind takes and gives.
 *
 * Since: 0.1
 */
struct _AmtProvAction {
  GObject parent_instance;
  AmtProvActionKind kind;
  GHashTable *values;
};

G_DEFINE_FINAL_TYPE (AmtProvAction, amt_prov_action, G_TYPE_OBJECT)

typedef enum {
  VALUE_STRING,
  VALUE_INT,
  VALUE_BOOLEAN,
  VALUE_BYTES,
  VALUE_SECRET,
  VALUE_PSK,
} ValueType;

typedef struct {
  const char *name;
  ValueType type;
} NameType;

/* A name has the same type in every action that uses it. */
static const NameType name_types[] = {
    {"bits", VALUE_INT},
    {"build", VALUE_STRING},
    {"certificate", VALUE_BYTES},
    {"certificates", VALUE_BOOLEAN},
    {"changed", VALUE_BOOLEAN},
    {"dhcp", VALUE_BOOLEAN},
    {"dhcp-suffix", VALUE_STRING},
    {"dns1", VALUE_STRING},
    {"dns2", VALUE_STRING},
    {"domain", VALUE_STRING},
    {"gateway", VALUE_STRING},
    {"handle", VALUE_STRING},
    {"host", VALUE_STRING},
    {"hours", VALUE_INT},
    {"ip", VALUE_STRING},
    {"key", VALUE_SECRET},
    {"mask", VALUE_STRING},
    {"mode", VALUE_INT},
    {"mutual", VALUE_BOOLEAN},
    {"offset", VALUE_INT},
    {"otp", VALUE_SECRET},
    {"password", VALUE_SECRET},
    {"ping", VALUE_BOOLEAN},
    {"plain", VALUE_BOOLEAN},
    {"psk", VALUE_PSK},
    {"public-key", VALUE_BYTES},
    {"realm", VALUE_STRING},
    {"redirection", VALUE_BOOLEAN},
    {"release", VALUE_STRING},
    {"roots", VALUE_INT},
    {"sku", VALUE_INT},
    {"state", VALUE_INT},
    {"tls", VALUE_BOOLEAN},
    {"trusted-names", VALUE_STRING},
    {"trusted-suffix", VALUE_STRING},
    {"user", VALUE_STRING},
    {"uuid", VALUE_STRING},
    {"zero-touch", VALUE_BOOLEAN},
};

typedef struct {
  ValueType type;
  union {
    char *string;
    gint64 number;
    GBytes *bytes;
    AmtProvSecret *secret;
    AmtProvPsk *psk;
  } u;
} Value;

static void
value_free (gpointer data)
{
  Value *value = data;

  switch (value->type) {
  case VALUE_STRING:
    g_free (value->u.string);
    break;
  case VALUE_BYTES:
    g_bytes_unref (value->u.bytes);
    break;
  case VALUE_SECRET:
    amt_prov_secret_unref (value->u.secret);
    break;
  case VALUE_PSK:
    amt_prov_psk_unref (value->u.psk);
    break;
  case VALUE_INT:
  case VALUE_BOOLEAN:
    break;
  }
  g_free (value);
}

static const char *
value_type_name (ValueType type)
{
  static const char *const names[] = {"text", "integer", "boolean", "bytes", "secret", "PSK"};

  return names[type];
}

static gboolean
check_type (const char *name, ValueType type)
{
  for (gsize i = 0; i < G_N_ELEMENTS (name_types); i++) {
    if (!g_str_equal (name_types[i].name, name))
      continue;
    if (name_types[i].type == type)
      return TRUE;
    g_critical ("action value '%s' is of type %s, used as %s", name,
                value_type_name (name_types[i].type), value_type_name (type));
    return FALSE;
  }
  g_critical ("no action has a value named '%s'", name);
  return FALSE;
}

static void
put (AmtProvAction *self, const char *name, Value value)
{
  g_hash_table_replace (self->values, g_strdup (name), g_memdup2 (&value, sizeof value));
}

static const Value *
look_up (AmtProvAction *self, const char *name, ValueType type)
{
  if (!check_type (name, type))
    return NULL;
  return g_hash_table_lookup (self->values, name);
}

static void
amt_prov_action_finalize (GObject *object)
{
  AmtProvAction *self = AMT_PROV_ACTION (object);

  g_hash_table_unref (self->values);
  G_OBJECT_CLASS (amt_prov_action_parent_class)->finalize (object);
}

static void
amt_prov_action_class_init (AmtProvActionClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = amt_prov_action_finalize;
}

static void
amt_prov_action_init (AmtProvAction *self)
{
  self->values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, value_free);
}

/**
 * amt_prov_action_new:
 * @kind: what to do
 *
 * Makes an action without values.
 *
 * Returns: (transfer full): the action
 *
 * Since: 0.1
 */
AmtProvAction *
amt_prov_action_new (AmtProvActionKind kind)
{
  AmtProvAction *self = g_object_new (AMT_PROV_TYPE_ACTION, NULL);

  self->kind = kind;
  return self;
}

/**
 * amt_prov_action_get_kind:
 * @self: an action
 *
 * Gets what the action does.
 *
 * Returns: the kind
 *
 * Since: 0.1
 */
AmtProvActionKind
amt_prov_action_get_kind (AmtProvAction *self)
{
  g_return_val_if_fail (AMT_PROV_IS_ACTION (self), AMT_PROV_ACTION_GET_IDENTITY);
  return self->kind;
}

/**
 * amt_prov_action_has:
 * @self: an action
 * @name: a name of #AmtProvActionKind
 *
 * Tells whether a value is set.
 *
 * Returns: %TRUE if @name has a value
 *
 * Since: 0.1
 */
gboolean
amt_prov_action_has (AmtProvAction *self, const char *name)
{
  g_return_val_if_fail (AMT_PROV_IS_ACTION (self), FALSE);
  g_return_val_if_fail (name != NULL, FALSE);
  return g_hash_table_contains (self->values, name);
}

/**
 * amt_prov_action_set_string:
 * @self: an action
 * @name: a name of #AmtProvActionKind that takes text
 * @value: (nullable): the text, UTF-8; %NULL unsets it
 *
 * Sets a text. A name of another type is a critical and changes nothing.
 *
 * Since: 0.1
 */
void
amt_prov_action_set_string (AmtProvAction *self, const char *name, const char *value)
{
  g_return_if_fail (AMT_PROV_IS_ACTION (self));
  g_return_if_fail (name != NULL);
  if (!check_type (name, VALUE_STRING))
    return;
  if (value == NULL)
    g_hash_table_remove (self->values, name);
  else
    put (self, name, (Value){VALUE_STRING, {.string = g_strdup (value)}});
}

/**
 * amt_prov_action_set_int:
 * @self: an action
 * @name: a name of #AmtProvActionKind that takes an integer
 * @value: the number, in the unit that the kind documents
 *
 * Sets an integer. A name of another type is a critical and changes nothing.
 *
 * Since: 0.1
 */
void
amt_prov_action_set_int (AmtProvAction *self, const char *name, gint64 value)
{
  g_return_if_fail (AMT_PROV_IS_ACTION (self));
  g_return_if_fail (name != NULL);
  if (check_type (name, VALUE_INT))
    put (self, name, (Value){VALUE_INT, {.number = value}});
}

/**
 * amt_prov_action_set_boolean:
 * @self: an action
 * @name: a name of #AmtProvActionKind that takes a boolean
 * @value: the value
 *
 * Sets a boolean. A name of another type is a critical and changes nothing.
 *
 * Since: 0.1
 */
void
amt_prov_action_set_boolean (AmtProvAction *self, const char *name, gboolean value)
{
  g_return_if_fail (AMT_PROV_IS_ACTION (self));
  g_return_if_fail (name != NULL);
  if (check_type (name, VALUE_BOOLEAN))
    put (self, name, (Value){VALUE_BOOLEAN, {.number = value != FALSE}});
}

/**
 * amt_prov_action_set_bytes:
 * @self: an action
 * @name: a name of #AmtProvActionKind that takes bytes
 * @value: (nullable): the bytes; %NULL unsets them
 *
 * Sets bytes. A name of another type is a critical and changes nothing.
 *
 * Since: 0.1
 */
void
amt_prov_action_set_bytes (AmtProvAction *self, const char *name, GBytes *value)
{
  g_return_if_fail (AMT_PROV_IS_ACTION (self));
  g_return_if_fail (name != NULL);
  if (!check_type (name, VALUE_BYTES))
    return;
  if (value == NULL)
    g_hash_table_remove (self->values, name);
  else
    put (self, name, (Value){VALUE_BYTES, {.bytes = g_bytes_ref (value)}});
}

/**
 * amt_prov_action_set_secret:
 * @self: an action
 * @name: a name of #AmtProvActionKind that takes a secret
 * @value: (nullable): the secret; %NULL unsets it
 *
 * Sets a secret. A name of another type is a critical and changes nothing.
 *
 * Since: 0.1
 */
void
amt_prov_action_set_secret (AmtProvAction *self, const char *name, AmtProvSecret *value)
{
  g_return_if_fail (AMT_PROV_IS_ACTION (self));
  g_return_if_fail (name != NULL);
  if (!check_type (name, VALUE_SECRET))
    return;
  if (value == NULL)
    g_hash_table_remove (self->values, name);
  else
    put (self, name, (Value){VALUE_SECRET, {.secret = amt_prov_secret_ref (value)}});
}

/**
 * amt_prov_action_set_psk:
 * @self: an action
 * @name: a name of #AmtProvActionKind that takes a PID/PPS pair
 * @value: (nullable): the pair; %NULL unsets it
 *
 * Sets a PID/PPS pair. A name of another type is a critical and changes nothing.
 *
 * Since: 0.1
 */
void
amt_prov_action_set_psk (AmtProvAction *self, const char *name, AmtProvPsk *value)
{
  g_return_if_fail (AMT_PROV_IS_ACTION (self));
  g_return_if_fail (name != NULL);
  if (!check_type (name, VALUE_PSK))
    return;
  if (value == NULL)
    g_hash_table_remove (self->values, name);
  else
    put (self, name, (Value){VALUE_PSK, {.psk = amt_prov_psk_ref (value)}});
}

/**
 * amt_prov_action_get_string:
 * @self: an action
 * @name: a name of #AmtProvActionKind that is a text
 *
 * Gets a text.
 *
 * Returns: (nullable) (transfer none): the text, %NULL when unset
 *
 * Since: 0.1
 */
const char *
amt_prov_action_get_string (AmtProvAction *self, const char *name)
{
  g_return_val_if_fail (AMT_PROV_IS_ACTION (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);
  const Value *value = look_up (self, name, VALUE_STRING);
  return value == NULL ? NULL : value->u.string;
}

/**
 * amt_prov_action_get_int:
 * @self: an action
 * @name: a name of #AmtProvActionKind that is an integer
 *
 * Gets an integer.
 *
 * Returns: the number, 0 when unset
 *
 * Since: 0.1
 */
gint64
amt_prov_action_get_int (AmtProvAction *self, const char *name)
{
  g_return_val_if_fail (AMT_PROV_IS_ACTION (self), 0);
  g_return_val_if_fail (name != NULL, 0);
  const Value *value = look_up (self, name, VALUE_INT);
  return value == NULL ? 0 : value->u.number;
}

/**
 * amt_prov_action_get_boolean:
 * @self: an action
 * @name: a name of #AmtProvActionKind that is a boolean
 *
 * Gets a boolean.
 *
 * Returns: the value, %FALSE when unset
 *
 * Since: 0.1
 */
gboolean
amt_prov_action_get_boolean (AmtProvAction *self, const char *name)
{
  g_return_val_if_fail (AMT_PROV_IS_ACTION (self), FALSE);
  g_return_val_if_fail (name != NULL, FALSE);
  const Value *value = look_up (self, name, VALUE_BOOLEAN);
  return value != NULL && value->u.number != 0;
}

/**
 * amt_prov_action_get_bytes:
 * @self: an action
 * @name: a name of #AmtProvActionKind that is bytes
 *
 * Gets bytes.
 *
 * Returns: (nullable) (transfer none): the bytes, %NULL when unset
 *
 * Since: 0.1
 */
GBytes *
amt_prov_action_get_bytes (AmtProvAction *self, const char *name)
{
  g_return_val_if_fail (AMT_PROV_IS_ACTION (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);
  const Value *value = look_up (self, name, VALUE_BYTES);
  return value == NULL ? NULL : value->u.bytes;
}

/**
 * amt_prov_action_get_secret:
 * @self: an action
 * @name: a name of #AmtProvActionKind that is a secret
 *
 * Gets a secret.
 *
 * Returns: (nullable) (transfer none): the secret, %NULL when unset
 *
 * Since: 0.1
 */
AmtProvSecret *
amt_prov_action_get_secret (AmtProvAction *self, const char *name)
{
  g_return_val_if_fail (AMT_PROV_IS_ACTION (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);
  const Value *value = look_up (self, name, VALUE_SECRET);
  return value == NULL ? NULL : value->u.secret;
}

/**
 * amt_prov_action_get_psk:
 * @self: an action
 * @name: a name of #AmtProvActionKind that is a PID/PPS pair
 *
 * Gets a PID/PPS pair.
 *
 * Returns: (nullable) (transfer none): the pair, %NULL when unset
 *
 * Since: 0.1
 */
AmtProvPsk *
amt_prov_action_get_psk (AmtProvAction *self, const char *name)
{
  g_return_val_if_fail (AMT_PROV_IS_ACTION (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);
  const Value *value = look_up (self, name, VALUE_PSK);
  return value == NULL ? NULL : value->u.psk;
}
