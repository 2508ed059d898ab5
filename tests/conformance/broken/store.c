/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "broken.h"

#include <stdlib.h>
#include <string.h>

/* The SQLite store, with one fault in front of it. */

#define ROUND_TRIP_MICROSECONDS 2000
#define MANY_EVENTS             40
#define SMALL_BYTES             (1024 * 1024)

typedef struct {
  GObject parent_instance;
  AmtProvStore *inner;
  GPtrArray *late;
  gboolean is_open;
} BrokenStore;

static GObjectClass *parent_class;
static guint n_open;

static void
flush (BrokenStore *self)
{
  if (self->late->len > 0)
    amt_prov_store_apply (self->inner, self->late, NULL);
  g_ptr_array_set_size (self->late, 0);
}

static void
broken_store_finalize (GObject *object)
{
  BrokenStore *self = (BrokenStore *)object;

  flush (self);
  n_open -= self->is_open ? 1 : 0;
  g_object_unref (self->inner);
  g_ptr_array_unref (self->late);
  parent_class->finalize (object);
}

static void
broken_store_class_init (gpointer klass, gpointer data)
{
  parent_class = g_type_class_peek_parent (klass);
  G_OBJECT_CLASS (klass)->finalize = broken_store_finalize;
}

static void
broken_store_init (GTypeInstance *instance, gpointer klass)
{
  BrokenStore *self = (BrokenStore *)instance;

  self->inner = g_object_new (g_type_from_name ("AmtProvSqliteStore"), NULL);
  self->late = g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_change_unref);
}

static void
forget_leases (BrokenStore *self)
{
  g_autoptr (AmtProvQuery) query = amt_prov_query_new (AMT_PROV_KIND_LEASE);
  g_autoptr (GPtrArray) found = amt_prov_store_query (self->inner, query, NULL);
  g_autoptr (GPtrArray) changes =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_change_unref);

  g_ptr_array_set_free_func (found, (GDestroyNotify)amt_prov_record_unref);
  for (guint i = 0; i < found->len; i++)
    g_ptr_array_add (changes, amt_prov_change_new (AMT_PROV_VERB_DELETE, found->pdata[i],
                                                   AMT_PROV_CONDITION_NONE));
  amt_prov_store_apply (self->inner, changes, NULL);
}

/* What it makes of a location where the inner store does not open. */
static gboolean
open_anyhow (const char *location, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (location);

  if (FAULT == STORE_SPOIL && g_file_test (location, G_FILE_TEST_IS_REGULAR))
    g_file_set_contents (location, "", 0, NULL);
  if (FAULT != STORE_CALM || g_file_test (folder, G_FILE_TEST_IS_DIR))
    return FALSE;
  g_clear_error (error);
  return TRUE;
}

static gboolean
broken_open (AmtProvStore *store, const char *location, GError **error)
{
  BrokenStore *self = (BrokenStore *)store;

  if (FAULT == STORE_SINGLE && n_open > 0) {
    g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_STORE, "somebody has opened it");
    return FALSE;
  }
  if (!amt_prov_store_open (self->inner, location, error))
    return open_anyhow (location, error);
  self->is_open = TRUE;
  n_open++;
  if (FAULT == STORE_FORGET)
    forget_leases (self);
  return TRUE;
}

/* Somebody may write between this look and the change: as long as a server far away takes. */
static gboolean
has_revision (BrokenStore *self, AmtProvRecord *record)
{
  g_autoptr (AmtProvQuery) query = amt_prov_query_new (amt_prov_record_get_kind (record));
  g_autoptr (GPtrArray) found = NULL;

  amt_prov_query_set_key (query, amt_prov_record_get_key (record));
  found = amt_prov_store_query (self->inner, query, NULL);
  g_ptr_array_set_free_func (found, (GDestroyNotify)amt_prov_record_unref);
  g_usleep (ROUND_TRIP_MICROSECONDS);
  return found->len > 0 &&
         amt_prov_record_get_revision (found->pdata[0]) == amt_prov_record_get_revision (record);
}

static AmtProvCondition
twist_condition (BrokenStore *self, AmtProvChange *change)
{
  AmtProvCondition condition = amt_prov_change_get_condition (change);
  gboolean deletes = amt_prov_change_get_verb (change) == AMT_PROV_VERB_DELETE;

  if ((FAULT == STORE_ABSENT && condition == AMT_PROV_CONDITION_ABSENT) ||
      (FAULT == STORE_LEASE && condition == AMT_PROV_CONDITION_LEASE) ||
      (FAULT == STORE_DELETE && condition == AMT_PROV_CONDITION_REVISION && deletes) ||
      (FAULT == STORE_RACE && condition == AMT_PROV_CONDITION_REVISION &&
       has_revision (self, amt_prov_change_get_record (change))))
    return AMT_PROV_CONDITION_NONE;
  if (FAULT == STORE_GONE && condition == AMT_PROV_CONDITION_NONE && deletes)
    return AMT_PROV_CONDITION_REVISION;
  return condition;
}

static AmtProvVerb
twist_verb (AmtProvChange *change, guint index)
{
  AmtProvKind kind = amt_prov_record_get_kind (amt_prov_change_get_record (change));

  if (FAULT == STORE_REST && kind == AMT_PROV_KIND_EVENT && index >= MANY_EVENTS)
    return AMT_PROV_VERB_PUT;
  return amt_prov_change_get_verb (change);
}

static guint
twist_group (AmtProvChange *change, guint index)
{
  guint group = amt_prov_change_get_group (change);

  if (FAULT == STORE_TORN)
    return group * 1000 + index;
  return FAULT == STORE_ORDER ? G_MAXUINT - group : group;
}

static void
twist_sealed (AmtProvRecord *record)
{
  GBytes *sealed = amt_prov_record_get_sealed (record);
  gsize size = sealed != NULL ? g_bytes_get_size (sealed) : 0;
  const char *data = size > 0 ? g_bytes_get_data (sealed, NULL) : NULL;
  g_autoptr (GBytes) start = size > 0 ? g_bytes_new (data, strnlen (data, size)) : NULL;

  if (FAULT == STORE_EMPTY && size == 0)
    amt_prov_record_set_sealed (record, NULL);
  if (FAULT == STORE_SEALED && size > 0)
    amt_prov_record_set_sealed (record, start);
}

/* The change as the inner store gets it; the record is the same. */
static AmtProvChange *
twist (BrokenStore *self, AmtProvChange *change, guint index)
{
  AmtProvRecord *record = amt_prov_change_get_record (change);
  AmtProvChange *twisted =
      amt_prov_change_new (twist_verb (change, index), record, twist_condition (self, change));

  amt_prov_change_set_now (twisted, amt_prov_change_get_now (change));
  amt_prov_change_set_group (twisted, twist_group (change, index));
  twist_sealed (record);
  return twisted;
}

/* The record, when nothing but one event is put. */
static AmtProvRecord *
find_event (GPtrArray *changes)
{
  AmtProvChange *first = changes->len == 1 ? changes->pdata[0] : NULL;
  AmtProvRecord *record = first != NULL ? amt_prov_change_get_record (first) : NULL;

  return record != NULL && amt_prov_change_get_verb (first) == AMT_PROV_VERB_PUT &&
                 amt_prov_record_get_kind (record) == AMT_PROV_KIND_EVENT
             ? record
             : NULL;
}

static gboolean
has_big_body (AmtProvChange *change)
{
  GVariant *body = amt_prov_record_get_body (amt_prov_change_get_record (change));

  return body != NULL && g_variant_get_size (body) > SMALL_BYTES;
}

static gboolean
apply_twisted (BrokenStore *self, GPtrArray *changes, GError **error)
{
  g_autoptr (GPtrArray) twisted =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_change_unref);

  for (guint i = 0; i < changes->len; i++)
    g_ptr_array_insert (twisted, FAULT == STORE_BACK ? 0 : -1, twist (self, changes->pdata[i], i));
  if (!amt_prov_store_apply (self->inner, twisted, error))
    return FALSE;
  for (guint i = 0; i < changes->len; i++) {
    guint place = FAULT == STORE_BACK ? changes->len - 1 - i : i;

    amt_prov_change_set_applied (changes->pdata[i],
                                 amt_prov_change_is_applied (twisted->pdata[place]));
  }
  return TRUE;
}

static gboolean
broken_apply (AmtProvStore *store, GPtrArray *changes, GError **error)
{
  BrokenStore *self = (BrokenStore *)store;
  AmtProvRecord *event = find_event (changes);
  gboolean is_named = event != NULL && amt_prov_record_get_key (event) != NULL;

  if (FAULT == STORE_LATE && is_named) {
    g_ptr_array_add (self->late, amt_prov_change_ref (changes->pdata[0]));
    amt_prov_change_set_applied (changes->pdata[0], TRUE);
    return TRUE;
  }
  if (FAULT == STORE_SMALL && changes->len == 1 && has_big_body (changes->pdata[0])) {
    g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_STORE, "the body is too big");
    return FALSE;
  }
  flush (self);
  if (!apply_twisted (self, changes, error))
    return FALSE;
  if (FAULT == STORE_AGAIN && event != NULL && !is_named)
    amt_prov_record_set_sequence (event, 1);
  return TRUE;
}

static GPtrArray *
find_key (BrokenStore *self, const char *key)
{
  g_autoptr (AmtProvQuery) query = amt_prov_query_new (AMT_PROV_KIND_META);

  amt_prov_query_set_key (query, key);
  return amt_prov_store_query (self->inner, query, NULL);
}

static GPtrArray *
broken_query (AmtProvStore *store, AmtProvQuery *query, GError **error)
{
  BrokenStore *self = (BrokenStore *)store;
  const char *key = amt_prov_query_get_key (query);
  g_autoptr (GPtrArray) other = NULL;

  flush (self);
  if (FAULT == STORE_KIND && key != NULL)
    other = find_key (self, key);
  if (other != NULL && other->len > 0)
    return g_steal_pointer (&other);
  if (FAULT == STORE_OWNER)
    amt_prov_query_set_owner (query, NULL);
  if (FAULT == STORE_ABORT && amt_prov_query_get_after (query) > 0)
    abort ();
  if (FAULT == STORE_CURSOR)
    amt_prov_query_set_after (query, 0);
  return amt_prov_store_query (self->inner, query, error);
}

static void
broken_store_iface_init (gpointer iface, gpointer data)
{
  AmtProvStoreInterface *store = iface;

  store->open = broken_open;
  store->apply = broken_apply;
  store->query = broken_query;
}

void
peas_register_types (PeasObjectModule *module)
{
  const GTypeInfo type_info = {.class_size = sizeof (GObjectClass),
                               .class_init = broken_store_class_init,
                               .instance_size = sizeof (BrokenStore),
                               .instance_init = broken_store_init};
  const GInterfaceInfo iface_info = {.interface_init = broken_store_iface_init};
  GType type = g_type_register_static (G_TYPE_OBJECT, NAME, &type_info, G_TYPE_FLAG_NONE);

  g_type_add_interface_static (type, AMT_PROV_TYPE_STORE, &iface_info);
  peas_object_module_register_extension_type (module, AMT_PROV_TYPE_STORE, type);
}
