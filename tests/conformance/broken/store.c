/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "broken.h"

#include <stdlib.h>

/* The SQLite store, with one fault in front of it. Its plugin is loaded, too. */

#define ROUND_TRIP_MICROSECONDS 2000

typedef struct {
  GObject parent_instance;
  AmtProvStore *inner;
  GPtrArray *late;
} BrokenStore;

static GObjectClass *parent_class;

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

  for (guint i = 0; i < found->len; i++)
    g_ptr_array_add (changes, amt_prov_change_new (AMT_PROV_VERB_DELETE, found->pdata[i],
                                                   AMT_PROV_CONDITION_NONE));
  amt_prov_store_apply (self->inner, changes, NULL);
}

static gboolean
broken_open (AmtProvStore *store, const char *location, GError **error)
{
  BrokenStore *self = (BrokenStore *)store;

  if (!amt_prov_store_open (self->inner, location, error))
    return FALSE;
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
  g_usleep (ROUND_TRIP_MICROSECONDS);
  return found->len > 0 &&
         amt_prov_record_get_revision (found->pdata[0]) == amt_prov_record_get_revision (record);
}

static gboolean
loses_condition (BrokenStore *self, AmtProvChange *change)
{
  AmtProvCondition condition = amt_prov_change_get_condition (change);

  return (FAULT == STORE_ABSENT && condition == AMT_PROV_CONDITION_ABSENT) ||
         (FAULT == STORE_LEASE && condition == AMT_PROV_CONDITION_LEASE) ||
         (FAULT == STORE_RACE && condition == AMT_PROV_CONDITION_REVISION &&
          has_revision (self, amt_prov_change_get_record (change)));
}

/* The change as the inner store gets it; the record is the same. */
static AmtProvChange *
twist (BrokenStore *self, AmtProvChange *change, guint index)
{
  AmtProvRecord *record = amt_prov_change_get_record (change);
  GBytes *sealed = amt_prov_record_get_sealed (record);
  AmtProvChange *twisted =
      amt_prov_change_new (amt_prov_change_get_verb (change), record,
                           loses_condition (self, change) ? AMT_PROV_CONDITION_NONE
                                                          : amt_prov_change_get_condition (change));

  amt_prov_change_set_now (twisted, amt_prov_change_get_now (change));
  amt_prov_change_set_group (twisted, FAULT == STORE_TORN
                                          ? amt_prov_change_get_group (change) * 1000 + index
                                          : amt_prov_change_get_group (change));
  if (FAULT == STORE_EMPTY && sealed != NULL && g_bytes_get_size (sealed) == 0)
    amt_prov_record_set_sealed (record, NULL);
  return twisted;
}

static gboolean
is_late (GPtrArray *changes)
{
  AmtProvChange *first = changes->len == 1 ? changes->pdata[0] : NULL;

  return FAULT == STORE_LATE && first != NULL &&
         amt_prov_change_get_verb (first) == AMT_PROV_VERB_PUT &&
         amt_prov_record_get_kind (amt_prov_change_get_record (first)) == AMT_PROV_KIND_EVENT &&
         amt_prov_record_get_key (amt_prov_change_get_record (first)) != NULL;
}

static gboolean
broken_apply (AmtProvStore *store, GPtrArray *changes, GError **error)
{
  BrokenStore *self = (BrokenStore *)store;
  g_autoptr (GPtrArray) twisted =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_change_unref);

  if (is_late (changes)) {
    g_ptr_array_add (self->late, amt_prov_change_ref (changes->pdata[0]));
    amt_prov_change_set_applied (changes->pdata[0], TRUE);
    return TRUE;
  }
  flush (self);
  for (guint i = 0; i < changes->len; i++)
    g_ptr_array_add (twisted, twist (self, changes->pdata[i], i));
  if (!amt_prov_store_apply (self->inner, twisted, error))
    return FALSE;
  for (guint i = 0; i < changes->len; i++)
    amt_prov_change_set_applied (changes->pdata[i], amt_prov_change_is_applied (twisted->pdata[i]));
  return TRUE;
}

static GPtrArray *
broken_query (AmtProvStore *store, AmtProvQuery *query, GError **error)
{
  BrokenStore *self = (BrokenStore *)store;

  flush (self);
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
