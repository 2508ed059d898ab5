/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "site/settings-private.h"

#include <string.h>

#include <amtprov/error.h>

#define SECRET_FILE "file:"

typedef struct {
  char *text;
  guint line;
  AmtProvProvisioningCertificate *certificate; /* of a key that names one */
} Value;

struct _AmtProvSettings {
  gatomicrefcount references;
  char *file;
  char *directory;
  char *group;
  guint line;
  GHashTable *values;
};

G_DEFINE_BOXED_TYPE (AmtProvSettings,
                     amt_prov_settings,
                     amt_prov_settings_ref,
                     amt_prov_settings_unref)

static void
value_free (Value *value)
{
  g_free (value->text);
  g_clear_pointer (&value->certificate, amt_prov_provisioning_certificate_unref);
  g_free (value);
}

static const char *
peek (AmtProvSettings *self, const char *key)
{
  Value *value = g_hash_table_lookup (self->values, key);

  return value ? value->text : NULL;
}

/* `sqlite:amtprov.db` names a file beside the configuration, not one in the folder the daemon
 * happens to run in; what is no file name (`//host`, `name=value`, `:memory:`) stays as it is. */
static char *
resolve_store (const char *text, const char *directory)
{
  const char *rest = strchr (text, ':') + 1;
  g_autofree char *path = NULL;

  if (*rest == '/' || *rest == ':' || strstr (rest, "//") || strchr (rest, '='))
    return g_strdup (text);
  path = g_canonicalize_filename (rest, directory);
  return g_strdup_printf ("%.*s%s", (int)(rest - text), text, path);
}

static void
set_value (AmtProvSettings *self, AmtProvSchemaKey *key, const char *text, guint line)
{
  Value *value = g_new0 (Value, 1);

  value->text = key->type == AMT_PROV_SCHEMA_TYPE_STORE ? resolve_store (text, self->directory)
                                                        : g_strdup (text);
  value->line = line;
  g_hash_table_insert (self->values, g_strdup (key->name), value);
}

static AmtProvSettings *
settings_new (const char *file, const char *group, guint line, AmtProvSchemaGroup *schema)
{
  AmtProvSettings *self = g_new0 (AmtProvSettings, 1);

  g_atomic_ref_count_init (&self->references);
  self->file = g_strdup (file);
  self->directory = g_path_get_dirname (file);
  self->group = g_strdup (group);
  self->line = line;
  self->values =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)value_free);
  if (!g_path_is_absolute (self->directory)) {
    g_autofree char *relative = g_steal_pointer (&self->directory);

    self->directory = g_canonicalize_filename (relative, NULL);
  }
  for (guint i = 0; i < schema->keys->len; i++) {
    AmtProvSchemaKey *key = g_ptr_array_index (schema->keys, i);

    if (key->fallback)
      set_value (self, key, key->fallback, 0);
  }
  return self;
}

/*
 * amt_prov_settings_complain:
 *
 * Adds `FILE:LINE: [GROUP] KEY: …` to @problems. Without a line of its own, a key is reported where
 * its group begins, and a group that is not there in line 1.
 */
void
amt_prov_settings_complain (
    AmtProvSettings *self, const char *key, GPtrArray *problems, const char *format, ...)
{
  g_autoptr (AmtProvRule) rule = amt_prov_settings_dup_rule (self, key);
  guint line = amt_prov_rule_get_line (rule);
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_ptr_array_add (problems, g_strdup_printf ("%s:%u: [%s] %s: %s", self->file, MAX (line, 1),
                                              self->group, key ? key : "", text));
}

static void
read_values (AmtProvSettings *self,
             AmtProvKeyFileGroup *source,
             AmtProvSchemaGroup *schema,
             GPtrArray *problems)
{
  g_autofree char *known = amt_prov_schema_group_list_keys (schema);

  for (guint i = 0; i < source->entries->len; i++) {
    AmtProvKeyFileEntry *entry = g_ptr_array_index (source->entries, i);
    AmtProvSchemaKey *key = amt_prov_schema_group_find_key (schema, entry->key);
    g_autofree char *problem =
        key ? amt_prov_schema_key_check (key, entry->value, self->directory)
            : g_strdup_printf ("there is no such key; allowed are %s", known);

    if (problem)
      g_ptr_array_add (problems, g_strdup_printf ("%s:%u: [%s] %s: %s", self->file, entry->line,
                                                  self->group, entry->key, problem));
    /* A refused value is kept, so that nothing else complains of a missing key. */
    if (key && (key->type != AMT_PROV_SCHEMA_TYPE_STORE || !problem))
      set_value (self, key, entry->value, entry->line);
  }
}

static void
check_required (AmtProvSettings *self, AmtProvSchemaGroup *schema, GPtrArray *problems)
{
  for (guint i = 0; i < schema->keys->len; i++) {
    AmtProvSchemaKey *key = g_ptr_array_index (schema->keys, i);

    if (key->required && !peek (self, key->name))
      amt_prov_settings_complain (self, key->name, problems, "missing; the key is required");
  }
}

/*
 * amt_prov_settings_new_default:
 *
 * A group that stands in no file: every key has its default. A required key has none, which is
 * added to @problems.
 */
AmtProvSettings *
amt_prov_settings_new_default (const char *file, AmtProvSchemaGroup *schema, GPtrArray *problems)
{
  AmtProvSettings *self = settings_new (file, schema->name, 0, schema);

  check_required (self, schema, problems);
  return self;
}

static void
take_certificate (AmtProvSettings *self, AmtProvSchemaKey *key, GPtrArray *problems)
{
  Value *value = g_hash_table_lookup (self->values, key->name);
  g_autoptr (GError) error = NULL;
  g_autoptr (AmtProvSecret) passphrase = NULL;
  g_autofree char *path = amt_prov_settings_dup_path (self, key->name);
  g_autofree char *key_path =
      key->key_from ? amt_prov_settings_dup_path (self, key->key_from) : NULL;
  g_autofree char *passphrase_path =
      key->passphrase_from ? amt_prov_settings_dup_path (self, key->passphrase_from) : NULL;

  if (!g_file_test (path, G_FILE_TEST_EXISTS) ||
      (key_path && !g_file_test (key_path, G_FILE_TEST_EXISTS)) ||
      (passphrase_path && !g_file_test (passphrase_path, G_FILE_TEST_EXISTS)))
    return;
  if (passphrase_path) {
    passphrase = amt_prov_secret_new_from_file (passphrase_path, &error);
    if (!passphrase) {
      amt_prov_settings_complain (self, key->passphrase_from, problems, "%s", error->message);
      return;
    }
  }
  value->certificate = amt_prov_provisioning_certificate_new (path, key_path, passphrase, &error);
  if (!value->certificate)
    amt_prov_settings_complain (self, key->name, problems, "%s", error->message);
  else if (!amt_prov_provisioning_certificate_has_key (value->certificate))
    amt_prov_settings_complain (self, key->name, problems,
                                "%s: holds no private key; name the key's file in %s", path,
                                key->key_from ? key->key_from : "a key of its own");
}

/*
 * amt_prov_settings_new:
 *
 * Checks one group of a file against its schema. Every mistake is added to @problems; the settings
 * are of use only if there is none.
 */
AmtProvSettings *
amt_prov_settings_new (const char *file,
                       AmtProvKeyFileGroup *source,
                       AmtProvSchemaGroup *schema,
                       GPtrArray *problems)
{
  AmtProvSettings *self = settings_new (file, source->name, source->line, schema);

  read_values (self, source, schema, problems);
  check_required (self, schema, problems);
  for (guint i = 0; i < schema->keys->len; i++) {
    AmtProvSchemaKey *key = g_ptr_array_index (schema->keys, i);

    if (key->type == AMT_PROV_SCHEMA_TYPE_CERTIFICATE && peek (self, key->name))
      take_certificate (self, key, problems);
  }
  return self;
}

/*
 * amt_prov_settings_is_stated:
 *
 * Whether the key stands in the file, and does not only have a default.
 */
gboolean
amt_prov_settings_is_stated (AmtProvSettings *self, const char *key)
{
  Value *value = g_hash_table_lookup (self->values, key);

  return value && value->line > 0;
}

/**
 * amt_prov_settings_ref:
 * @self: a #AmtProvSettings
 *
 * Takes a reference; may be called from any thread.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.1
 */
AmtProvSettings *
amt_prov_settings_ref (AmtProvSettings *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->references);
  return self;
}

/**
 * amt_prov_settings_unref:
 * @self: (transfer full): a #AmtProvSettings
 *
 * Drops a reference.
 *
 * Since: 0.1
 */
void
amt_prov_settings_unref (AmtProvSettings *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->references))
    return;
  g_hash_table_unref (self->values);
  g_free (self->file);
  g_free (self->directory);
  g_free (self->group);
  g_free (self);
}

/**
 * amt_prov_settings_get_group:
 * @self: a #AmtProvSettings
 *
 * The header of the group without brackets, `ID` or `ID NAME`.
 *
 * Returns: the header
 *
 * Since: 0.1
 */
const char *
amt_prov_settings_get_group (AmtProvSettings *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->group;
}

/**
 * amt_prov_settings_has:
 * @self: a #AmtProvSettings
 * @key: name of a key
 *
 * Whether the key has a value, from the file or by default.
 *
 * Returns: %TRUE if it has
 *
 * Since: 0.1
 */
gboolean
amt_prov_settings_has (AmtProvSettings *self, const char *key)
{
  g_return_val_if_fail (self != NULL && key != NULL, FALSE);

  return peek (self, key) != NULL;
}

/**
 * amt_prov_settings_get_string:
 * @self: a #AmtProvSettings
 * @key: name of a key
 *
 * The value as it stands in the file, or the default. A store (`sqlite:amtprov.db`) has its
 * relative file name already resolved.
 *
 * Returns: (nullable): the text, or %NULL if there is neither
 *
 * Since: 0.1
 */
const char *
amt_prov_settings_get_string (AmtProvSettings *self, const char *key)
{
  g_return_val_if_fail (self != NULL && key != NULL, NULL);

  return peek (self, key);
}

/**
 * amt_prov_settings_get_int:
 * @self: a #AmtProvSettings
 * @key: name of a key of type int
 *
 * The number, within the range of the schema.
 *
 * Returns: the number, 0 if the key has no value
 *
 * Since: 0.1
 */
gint64
amt_prov_settings_get_int (AmtProvSettings *self, const char *key)
{
  const char *text;

  g_return_val_if_fail (self != NULL && key != NULL, 0);

  text = peek (self, key);
  return text ? g_ascii_strtoll (text, NULL, 10) : 0;
}

/**
 * amt_prov_settings_get_boolean:
 * @self: a #AmtProvSettings
 * @key: name of a key of type boolean
 *
 * The truth value.
 *
 * Returns: the value, %FALSE if the key has none
 *
 * Since: 0.1
 */
gboolean
amt_prov_settings_get_boolean (AmtProvSettings *self, const char *key)
{
  gboolean result = FALSE;
  const char *text;

  g_return_val_if_fail (self != NULL && key != NULL, FALSE);

  text = peek (self, key);
  return text && amt_prov_schema_parse_boolean (text, &result) && result;
}

/**
 * amt_prov_settings_get_list:
 * @self: a #AmtProvSettings
 * @key: name of a key that holds a list
 *
 * The items, which semicolons separate in the file, without space around them.
 *
 * Returns: (transfer full) (array zero-terminated=1): the items, none if the key has no value
 *
 * Since: 0.1
 */
char **
amt_prov_settings_get_list (AmtProvSettings *self, const char *key)
{
  const char *text;

  g_return_val_if_fail (self != NULL && key != NULL, NULL);

  text = peek (self, key);
  return amt_prov_schema_split_list (text ? text : "");
}

/**
 * amt_prov_settings_dup_path:
 * @self: a #AmtProvSettings
 * @key: name of a key that names a file, also as `file:PATH`
 *
 * The absolute path. A relative one counts from the folder of the configuration file.
 *
 * Returns: (transfer full) (nullable) (type filename): the path, or %NULL if the key has no value
 *
 * Since: 0.1
 */
char *
amt_prov_settings_dup_path (AmtProvSettings *self, const char *key)
{
  const char *text;

  g_return_val_if_fail (self != NULL && key != NULL, NULL);

  text = peek (self, key);
  if (!text)
    return NULL;
  if (g_str_has_prefix (text, SECRET_FILE))
    text += strlen (SECRET_FILE);
  return g_canonicalize_filename (text, self->directory);
}

/**
 * amt_prov_settings_load_secret:
 * @self: a #AmtProvSettings
 * @key: name of a key that names a file with a secret, as `file:PATH` or as a path
 * @error: return location for an error
 *
 * Reads the secret from its file, anew with each call.
 *
 * Returns: (transfer full) (nullable): the secret, or %NULL with %AMT_PROV_ERROR_NOT_FOUND if the
 *   key names no file, or with an error of amt_prov_secret_new_from_file()
 *
 * Since: 0.1
 */
AmtProvSecret *
amt_prov_settings_load_secret (AmtProvSettings *self, const char *key, GError **error)
{
  g_autofree char *path = NULL;

  g_return_val_if_fail (self != NULL && key != NULL, NULL);

  path = amt_prov_settings_dup_path (self, key);
  if (path)
    return amt_prov_secret_new_from_file (path, error);
  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_FOUND,
               "%s:%u: [%s] %s: the key names no file", self->file, MAX (self->line, 1),
               self->group, key);
  return NULL;
}

/**
 * amt_prov_settings_get_certificate:
 * @self: a #AmtProvSettings
 * @key: name of a key that names a provisioning certificate
 *
 * The certificate with its private key, as its files were when the configuration was read.
 *
 * Returns: (transfer none) (nullable): the certificate, or %NULL if the key names none
 *
 * Since: 0.1
 */
AmtProvProvisioningCertificate *
amt_prov_settings_get_certificate (AmtProvSettings *self, const char *key)
{
  Value *value;

  g_return_val_if_fail (self != NULL && key != NULL, NULL);

  value = g_hash_table_lookup (self->values, key);
  return value ? value->certificate : NULL;
}

/**
 * amt_prov_settings_dup_rule:
 * @self: a #AmtProvSettings
 * @key: (nullable): name of a key, or %NULL for the group itself
 *
 * Where a value was decided. A key that has its default is reported where the group begins; the
 * line is 0 if the group stands in no file.
 *
 * Returns: (transfer full): the place
 *
 * Since: 0.1
 */
AmtProvRule *
amt_prov_settings_dup_rule (AmtProvSettings *self, const char *key)
{
  Value *value;

  g_return_val_if_fail (self != NULL, NULL);

  value = key ? g_hash_table_lookup (self->values, key) : NULL;
  return amt_prov_rule_new (self->file, self->group, key,
                            value && value->line > 0 ? value->line : self->line);
}
