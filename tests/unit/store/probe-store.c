/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "probe-store.h"

#include <amtprov/error.h>
#include "sqlite-store.h"

struct _ProbeStore {
  GObject parent_instance;
  AmtProvStore *inner;
  GThread *thread;
  GMutex mutex;
  GCond changed;
  guint commits;
  gboolean hold;
  gboolean held;
  gboolean fail;
  char *message;
  AmtProvRecord *next;
};

static void store_init (AmtProvStoreInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (ProbeStore,
                               probe_store,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (AMT_PROV_TYPE_STORE, store_init))

static void
probe_store_finalize (GObject *object)
{
  ProbeStore *self = PROBE_STORE (object);

  g_clear_object (&self->inner);
  g_mutex_clear (&self->mutex);
  g_cond_clear (&self->changed);
  g_free (self->message);
  G_OBJECT_CLASS (probe_store_parent_class)->finalize (object);
}

static void
probe_store_class_init (ProbeStoreClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = probe_store_finalize;
}

static void
probe_store_init (ProbeStore *self)
{
  g_mutex_init (&self->mutex);
  g_cond_init (&self->changed);
  self->inner = g_object_new (AMT_PROV_TYPE_SQLITE_STORE, NULL);
}

static gboolean
probe_open (AmtProvStore *store, const char *location, GError **error)
{
  ProbeStore *self = PROBE_STORE (store);

  self->thread = g_thread_self ();
  return amt_prov_store_open (self->inner, location, error);
}

static gboolean
probe_apply (AmtProvStore *store, GPtrArray *changes, GError **error)
{
  ProbeStore *self = PROBE_STORE (store);
  gboolean fail;

  g_assert_true (self->thread == g_thread_self ());
  g_mutex_lock (&self->mutex);
  self->commits++;
  while (self->hold) {
    self->held = TRUE;
    g_cond_broadcast (&self->changed);
    g_cond_wait (&self->changed, &self->mutex);
  }
  self->held = FALSE;
  fail = self->fail;
  self->fail = FALSE;
  g_mutex_unlock (&self->mutex);
  if (!fail)
    return amt_prov_store_apply (self->inner, changes, error);
  if (self->message != NULL)
    g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_STORE, self->message);
  return FALSE;
}

static GPtrArray *
probe_query (AmtProvStore *store, AmtProvQuery *query, GError **error)
{
  ProbeStore *self = PROBE_STORE (store);

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);
  GPtrArray *found;

  g_assert_true (self->thread == g_thread_self ());
  if (self->next == NULL)
    return amt_prov_store_query (self->inner, query, error);
  found = g_ptr_array_new ();
  g_ptr_array_add (found, g_steal_pointer (&self->next));
  return found;
}

static void
store_init (AmtProvStoreInterface *iface)
{
  iface->open = probe_open;
  iface->apply = probe_apply;
  iface->query = probe_query;
}

ProbeStore *
probe_store_new (void)
{
  return g_object_new (PROBE_TYPE_STORE, NULL);
}

guint
probe_store_get_commits (ProbeStore *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  return self->commits;
}

void
probe_store_hold (ProbeStore *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  self->hold = TRUE;
}

void
probe_store_wait_held (ProbeStore *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  while (!self->held)
    g_cond_wait (&self->changed, &self->mutex);
}

void
probe_store_let_go (ProbeStore *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  self->hold = FALSE;
  g_cond_broadcast (&self->changed);
}

void
probe_store_fail_next (ProbeStore *self, const char *message)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  self->fail = TRUE;
  g_free (self->message);
  self->message = g_strdup (message);
}

void
probe_store_find_next (ProbeStore *self, AmtProvRecord *record)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  self->next = amt_prov_record_ref (record);
}
