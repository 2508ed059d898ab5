/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "site/schema-private.h"

#include <string.h>

#include <amtprov/error.h>

struct _AmtProvSchema {
  gatomicrefcount references;
  GPtrArray *groups;
};

/* In the order of AmtProvSchemaType, with the forms of a value where `allowed` does not say them.
 */
static const struct {
  const char *name;
  const char *forms;
} types[] = {
    {"string", "TEXT"},
    {"int", "NUMBER"},
    {"boolean", "yes;no"},
    {"choice", NULL},
    {"list", "NAME"},
    {"name", "NAME"},
    {"template", "TEXT"},
    {"store", "SCHEME:REST"},
    {"path", "PATH"},
    {"file", "PATH"},
    {"secret", NULL},
    {"password", NULL},
    {"certificate", "PATH"},
    {"addresses", "ADDRESS:PORT;[IPV6]:PORT"},
    {"subnets", "ADDRESS/LENGTH"},
    {"suffixes", "DOMAIN"},
    {"uuids", "UUID"},
};

static void
key_free (AmtProvSchemaKey *key)
{
  g_free (key->name);
  g_free (key->fallback);
  g_free (key->allowed_text);
  g_strfreev (key->allowed);
  g_free (key->key_from);
  g_free (key->passphrase_from);
  g_free (key->initial);
  g_free (key->since);
  g_free (key->help);
  g_free (key);
}

static void
group_free (AmtProvSchemaGroup *group)
{
  g_ptr_array_unref (group->keys);
  g_free (group->since);
  g_free (group->help);
  g_free (group->name);
  g_free (group);
}

AmtProvSchema *
amt_prov_schema_new (void)
{
  AmtProvSchema *self = g_new0 (AmtProvSchema, 1);

  g_atomic_ref_count_init (&self->references);
  self->groups = g_ptr_array_new_with_free_func ((GDestroyNotify)group_free);
  return self;
}

AmtProvSchema *
amt_prov_schema_ref (AmtProvSchema *self)
{
  g_atomic_ref_count_inc (&self->references);
  return self;
}

void
amt_prov_schema_unref (AmtProvSchema *self)
{
  if (!g_atomic_ref_count_dec (&self->references))
    return;
  g_ptr_array_unref (self->groups);
  g_free (self);
}

GPtrArray *
amt_prov_schema_list_groups (AmtProvSchema *self)
{
  return self->groups;
}

static AmtProvSchemaGroup *
find_exact (AmtProvSchema *self, const char *name)
{
  for (guint i = 0; i < self->groups->len; i++) {
    AmtProvSchemaGroup *group = g_ptr_array_index (self->groups, i);

    if (g_str_equal (group->name, name))
      return group;
  }
  return NULL;
}

/*
 * amt_prov_schema_find_group:
 *
 * The group that a header `[ID]` or `[ID NAME]` stands for, by its first word.
 */
AmtProvSchemaGroup *
amt_prov_schema_find_group (AmtProvSchema *self, const char *header)
{
  g_autofree char *id = g_strndup (header, strcspn (header, " \t"));

  return find_exact (self, id);
}

AmtProvSchemaKey *
amt_prov_schema_group_find_key (AmtProvSchemaGroup *group, const char *name)
{
  for (guint i = 0; i < group->keys->len; i++) {
    AmtProvSchemaKey *key = g_ptr_array_index (group->keys, i);

    if (g_str_equal (key->name, name))
      return key;
  }
  return NULL;
}

char *
amt_prov_schema_group_list_keys (AmtProvSchemaGroup *group)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < group->keys->len; i++) {
    AmtProvSchemaKey *key = g_ptr_array_index (group->keys, i);

    g_string_append_printf (text, "%s%s", i ? ", " : "", key->name);
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

const char *
amt_prov_schema_key_get_type_name (AmtProvSchemaKey *key)
{
  return types[key->type].name;
}

/*
 * amt_prov_schema_key_list_allowed:
 *
 * The values that a key takes, or their forms; words in capital letters stand for something else.
 */
char **
amt_prov_schema_key_list_allowed (AmtProvSchemaKey *key)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  if (key->type != AMT_PROV_SCHEMA_TYPE_TEMPLATE)
    return amt_prov_schema_split_list (key->allowed_text ? key->allowed_text
                                                         : types[key->type].forms);
  g_strv_builder_add (builder, types[key->type].forms);
  for (guint i = 0; key->allowed[i]; i++) {
    g_autofree char *variable = g_strdup_printf ("%%{%s}", key->allowed[i]);

    g_strv_builder_add (builder, variable);
  }
  return g_strv_builder_end (builder);
}

static gboolean G_GNUC_PRINTF (5, 6) refuse (
    GError **error, const char *file, guint line, const char *group, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFIG,
               "%s:%u: [%s] %s (the mistake is in the schema, not in your configuration)", file,
               line, group, text);
  return FALSE;
}

static gboolean
parse_type (const char *text, AmtProvSchemaType *type)
{
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    if (g_str_equal (types[i].name, text)) {
      *type = i;
      return TRUE;
    }
  return FALSE;
}

static gboolean
parse_range (const char *text, gint64 *least, gint64 *most)
{
  const char *dots = strstr (text, "..");
  g_autofree char *first = dots ? g_strndup (text, dots - text) : NULL;

  return dots && g_ascii_string_to_signed (first, 10, G_MININT64, G_MAXINT64, least, NULL) &&
         g_ascii_string_to_signed (dots + 2, 10, *least, G_MAXINT64, most, NULL);
}

static char *
list_types (void)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    g_string_append_printf (text, "%s%s", i ? ", " : "", types[i].name);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* Where an attribute that is a text is kept. */
static char **
find_text (AmtProvSchemaKey *key, const char *attribute)
{
  const struct {
    const char *name;
    char **text;
  } texts[] = {
      {"default", &key->fallback}, {"allowed", &key->allowed_text},
      {"initial", &key->initial},  {"key-from", &key->key_from},
      {"since", &key->since},      {"passphrase-from", &key->passphrase_from},
      {"help", &key->help},
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    if (g_str_equal (texts[i].name, attribute))
      return texts[i].text;
  return NULL;
}

static gboolean
set_attribute (AmtProvSchemaKey *key,
               const char *file,
               const char *group,
               AmtProvKeyFileEntry *entry,
               GError **error)
{
  g_autofree char *known = NULL;
  char **text = find_text (key, entry->key);

  if (g_str_equal (entry->key, "type")) {
    if (parse_type (entry->value, &key->type))
      return TRUE;
    known = list_types ();
    return refuse (error, file, entry->line, group, "type: \"%s\" is none of: %s", entry->value,
                   known);
  }
  if (g_str_equal (entry->key, "required")) {
    if (amt_prov_schema_parse_boolean (entry->value, &key->required))
      return TRUE;
    return refuse (error, file, entry->line, group, "required: yes or no, not \"%s\"",
                   entry->value);
  }
  if (!text)
    return refuse (error, file, entry->line, group,
                   "%s: unknown; a key has type, default, initial, allowed, required, key-from, "
                   "passphrase-from, help, since",
                   entry->key);
  *text = g_strdup (entry->value);
  return TRUE;
}

/* A manual is made of them. */
static gboolean
check_words (const char *file,
             AmtProvKeyFileGroup *source,
             const char *help,
             const char *since,
             GError **error)
{
  if (!help || !*help)
    return refuse (error, file, source->line, source->name,
                   "help: missing; say what it is for, in whole sentences");
  if (!since || !*since)
    return refuse (error, file, source->line, source->name,
                   "since: missing; name the first version that has it");
  return TRUE;
}

static gboolean
check_value (AmtProvSchemaKey *key,
             const char *attribute,
             const char *value,
             const char *file,
             AmtProvKeyFileGroup *source,
             GError **error)
{
  g_autofree char *problem = value ? amt_prov_schema_key_check (key, value, "/") : NULL;

  return !problem || refuse (error, file, source->line, source->name, "%s: %s", attribute, problem);
}

static gboolean
finish_key (AmtProvSchemaKey *key, const char *file, AmtProvKeyFileGroup *source, GError **error)
{
  key->least = G_MININT64;
  key->most = G_MAXINT64;
  if (key->type == AMT_PROV_SCHEMA_TYPE_INT && key->allowed_text &&
      !parse_range (key->allowed_text, &key->least, &key->most))
    return refuse (error, file, source->line, source->name,
                   "allowed: a range is written LEAST..MOST, not \"%s\"", key->allowed_text);
  if ((key->type == AMT_PROV_SCHEMA_TYPE_CHOICE || key->type == AMT_PROV_SCHEMA_TYPE_SECRET ||
       key->type == AMT_PROV_SCHEMA_TYPE_PASSWORD) &&
      !key->allowed_text)
    return refuse (error, file, source->line, source->name, "allowed: missing, this type needs it");
  key->allowed = amt_prov_schema_split_list (key->allowed_text ? key->allowed_text : "");
  if (key->fallback && key->required)
    return refuse (error, file, source->line, source->name, "both required and with a default");
  return check_value (key, "default", key->fallback, file, source, error) &&
         check_value (key, "initial", key->initial, file, source, error) &&
         check_words (file, source, key->help, key->since, error);
}

static gboolean
add_key (AmtProvSchemaGroup *group,
         const char *name,
         const char *file,
         AmtProvKeyFileGroup *source,
         GError **error)
{
  AmtProvSchemaKey *key = g_new0 (AmtProvSchemaKey, 1);

  key->name = g_strdup (name);
  g_ptr_array_add (group->keys, key);
  if (!amt_prov_key_file_group_find (source, "type"))
    return refuse (error, file, source->line, source->name, "type: missing");
  for (guint i = 0; i < source->entries->len; i++)
    if (!set_attribute (key, file, source->name, g_ptr_array_index (source->entries, i), error))
      return FALSE;
  return finish_key (key, file, source, error);
}

static gboolean
add_group (AmtProvSchema *self, const char *file, AmtProvKeyFileGroup *source, GError **error)
{
  AmtProvSchemaGroup *group;

  if (find_exact (self, source->name))
    return refuse (error, file, source->line, source->name,
                   "the group is already declared elsewhere");
  group = g_new0 (AmtProvSchemaGroup, 1);
  group->name = g_strdup (source->name);
  group->keys = g_ptr_array_new_with_free_func ((GDestroyNotify)key_free);
  g_ptr_array_add (self->groups, group);
  for (guint i = 0; i < source->entries->len; i++) {
    AmtProvKeyFileEntry *entry = g_ptr_array_index (source->entries, i);

    if (g_str_equal (entry->key, "named")) {
      if (!amt_prov_schema_parse_boolean (entry->value, &group->named))
        return refuse (error, file, entry->line, source->name, "named: yes or no, not \"%s\"",
                       entry->value);
    } else if (g_str_equal (entry->key, "help")) {
      group->help = g_strdup (entry->value);
    } else if (g_str_equal (entry->key, "since")) {
      group->since = g_strdup (entry->value);
    } else {
      return refuse (error, file, entry->line, source->name,
                     "%s: unknown; a group has named, help, since", entry->key);
    }
  }
  return check_words (file, source, group->help, group->since, error);
}

/* The first mistake of a key file is the error. */
AmtProvKeyFile *
amt_prov_schema_parse (const char *file, GBytes *contents, GError **error)
{
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (AmtProvKeyFile) source = amt_prov_key_file_parse (file, contents, problems);

  if (problems->len == 0)
    return g_steal_pointer (&source);
  g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFIG,
                       g_ptr_array_index (problems, 0));
  return NULL;
}

/*
 * amt_prov_schema_add:
 *
 * Adds a schema file. `[GROUP]` declares a group, with `named=yes` for `[GROUP NAME]` any number of
 * times. `[GROUP KEY]` declares a key with `type`,
 * `default`, `initial` (what a new file has instead of the default), `allowed` (a range, choices,
 * template variables or kinds of secret), `required`, and for a certificate the keys of its private
 * key and passphrase file, `key-from` and `passphrase-from`. Both have `help` and `since`. The
 * first mistake ends it.
 */
gboolean
amt_prov_schema_add (AmtProvSchema *self, AmtProvKeyFile *source, GError **error)
{
  for (guint i = 0; i < source->groups->len; i++) {
    AmtProvKeyFileGroup *entry = g_ptr_array_index (source->groups, i);
    const char *space = strchr (entry->name, ' ');
    AmtProvSchemaGroup *group = space ? amt_prov_schema_find_group (self, entry->name) : NULL;

    if (space && !group)
      return refuse (error, source->file, entry->line, entry->name,
                     "the group [%.*s] must be declared first", (int)(space - entry->name),
                     entry->name);
    if (space ? !add_key (group, space + 1, source->file, entry, error)
              : !add_group (self, source->file, entry, error))
      return FALSE;
  }
  return TRUE;
}

/*
 * amt_prov_schema_add_core:
 *
 * Adds a schema that is built into the library: `amtprov` or `site`.
 */
gboolean
amt_prov_schema_add_core (AmtProvSchema *self, const char *name, GError **error)
{
  g_autofree char *path = g_strdup_printf ("/amtprov/schema/%s.schema", name);
  g_autofree char *label = g_strdup_printf ("resource:%s", path);
  g_autoptr (GBytes) contents = g_resources_lookup_data (path, G_RESOURCE_LOOKUP_FLAGS_NONE, error);
  g_autoptr (AmtProvKeyFile) source =
      contents ? amt_prov_schema_parse (label, contents, error) : NULL;

  return source && amt_prov_schema_add (self, source, error);
}
