/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/store-thread-private.h"

#include <amtprov/error.h>

/* One caller's wish. Who waits for it is either a task or a thread that sleeps on `done`. */
typedef struct {
  GPtrArray *changes;
  AmtProvQuery *query;
  GTask *task;
  GPtrArray *records;
  GError *error;
  gboolean done;
} Request;

struct _AmtProvStoreThread {
  GThread *thread;
  AmtProvStore *store;
  char *location;
  GMutex mutex;
  GCond work;
  GCond answer;
  GPtrArray *queue;
  gboolean opened;
  gboolean stopping;
  GError *error;
};

static void
request_free (Request *request)
{
  g_clear_pointer (&request->changes, g_ptr_array_unref);
  g_clear_pointer (&request->query, amt_prov_query_unref);
  g_clear_pointer (&request->records, g_ptr_array_unref);
  g_clear_object (&request->task);
  g_clear_error (&request->error);
  g_free (request);
}

static void
deliver (Request *request)
{
  GTask *task = request->task;

  if (request->error != NULL)
    g_task_return_error (task, g_steal_pointer (&request->error));
  else if (request->query != NULL)
    g_task_return_pointer (task, g_steal_pointer (&request->records),
                           (GDestroyNotify)g_ptr_array_unref);
  else
    g_task_return_boolean (task, TRUE);
}

static gboolean
deliver_all (gpointer data)
{
  GPtrArray *requests = data;

  for (guint i = 0; i < requests->len; i++)
    deliver (requests->pdata[i]);
  return G_SOURCE_REMOVE;
}

/* The answers travel with the only references on the tasks: were the last one dropped in this
 * thread, the database would be disposed here and this thread would wait for its own end. */
static void
hand_over (GPtrArray *requests)
{
  GTask *task = ((Request *)requests->pdata[0])->task;
  g_autoptr (GSource) source = g_idle_source_new ();
  g_autoptr (GMainContext) context = g_main_context_ref (g_task_get_context (task));

  g_source_set_priority (source, g_task_get_priority (task));
  g_source_set_static_name (source, "AmtProvDatabase answer");
  g_source_set_callback (source, deliver_all, requests, (GDestroyNotify)g_ptr_array_unref);
  g_source_attach (source, context);
}

static gboolean
go_together (Request *a, Request *b)
{
  return g_task_get_context (a->task) == g_task_get_context (b->task) &&
         g_task_get_priority (a->task) == g_task_get_priority (b->task);
}

static void
wake (AmtProvStoreThread *self, Request *request)
{
  g_mutex_lock (&self->mutex);
  request->done = TRUE;
  g_cond_broadcast (&self->answer);
  g_mutex_unlock (&self->mutex);
}

/* One source for all that the same context waits for. */
static void
finish (AmtProvStoreThread *self, GPtrArray *requests)
{
  GPtrArray *together = NULL;

  for (guint i = 0; i < requests->len; i++) {
    Request *request = requests->pdata[i];

    if (request->task == NULL) {
      wake (self, request);
      continue;
    }
    if (together != NULL && !go_together (together->pdata[0], request))
      hand_over (g_steal_pointer (&together));
    if (together == NULL)
      together = g_ptr_array_new_with_free_func ((GDestroyNotify)request_free);
    g_ptr_array_add (together, request);
  }
  if (together != NULL)
    hand_over (together);
}

static const char *
kind_name (AmtProvKind kind)
{
  static const char *const names[] = {"meta", "device", "credential", "journal", "lease", "event"};

  return (guint)kind < G_N_ELEMENTS (names) ? names[kind] : "unknown";
}

static const char *
condition_text (AmtProvCondition condition)
{
  switch (condition) {
  case AMT_PROV_CONDITION_ABSENT:
    return "it exists already";
  case AMT_PROV_CONDITION_REVISION:
    return "somebody else changed it; read it again";
  case AMT_PROV_CONDITION_LEASE:
    return "somebody else holds it";
  default:
    return "another change of the same request was refused";
  }
}

/* The store tells per group, not per change: the conditional change of the group is the likely one,
 * so it is the one that is named. */
static GError *
conflict (Request *request)
{
  g_autoptr (GString) what = g_string_new (NULL);
  guint conditional = 0;

  for (guint i = 0; i < request->changes->len; i++) {
    AmtProvChange *change = request->changes->pdata[i];
    AmtProvRecord *record = amt_prov_change_get_record (change);
    AmtProvCondition condition = amt_prov_change_get_condition (change);

    if (condition == AMT_PROV_CONDITION_NONE || ++conditional > 3)
      continue;
    g_string_append_printf (what, "%s%s %s: %s", what->len > 0 ? ", or " : "",
                            kind_name (amt_prov_record_get_kind (record)),
                            amt_prov_record_get_key (record) != NULL
                                ? amt_prov_record_get_key (record)
                                : "without a key",
                            condition_text (condition));
  }
  if (conditional > 3)
    g_string_append_printf (what, ", or one of %u more", conditional - 3);
  return g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_CONFLICT,
                      "the store refused a change, so none of its %u changes was made: %s",
                      request->changes->len, what->str);
}

static gboolean
was_applied (Request *request)
{
  for (guint i = 0; i < request->changes->len; i++) {
    if (!amt_prov_change_is_applied (request->changes->pdata[i]))
      return FALSE;
  }
  return TRUE;
}

static gboolean
was_cancelled (Request *request)
{
  GCancellable *cancellable = request->task != NULL ? g_task_get_cancellable (request->task) : NULL;

  return g_cancellable_set_error_if_cancelled (cancellable, &request->error);
}

static void
commit (AmtProvStoreThread *self, GPtrArray *requests)
{
  g_autoptr (GPtrArray) together = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;
  gboolean made = TRUE;

  for (guint i = 0; i < requests->len; i++) {
    Request *request = requests->pdata[i];

    if (request->changes == NULL || was_cancelled (request))
      continue;
    for (guint j = 0; j < request->changes->len; j++) {
      AmtProvChange *change = request->changes->pdata[j];

      amt_prov_change_set_group (change, i);
      amt_prov_change_set_applied (change, FALSE);
      g_ptr_array_add (together, change);
    }
  }
  if (together->len > 0)
    made = amt_prov_store_apply (self->store, together, &error);
  for (guint i = 0; i < requests->len; i++) {
    Request *request = requests->pdata[i];

    if (request->changes == NULL || request->error != NULL)
      continue;
    if (!made && request->changes->len > 0)
      request->error = g_error_copy (error);
    else if (!was_applied (request))
      request->error = conflict (request);
  }
}

static void
read_records (AmtProvStoreThread *self, Request *request)
{
  if (request->query == NULL || was_cancelled (request))
    return;
  request->records = amt_prov_store_query (self->store, request->query, &request->error);
  if (request->records != NULL)
    g_ptr_array_set_free_func (request->records, (GDestroyNotify)amt_prov_record_unref);
}

static void
serve (AmtProvStoreThread *self, GPtrArray *requests)
{
  commit (self, requests);
  for (guint i = 0; i < requests->len; i++)
    read_records (self, requests->pdata[i]);
  finish (self, requests);
}

/* Returns NULL when there is nothing left to do and nothing will come. */
static GPtrArray *
take_all (AmtProvStoreThread *self)
{
  GPtrArray *requests = NULL;

  g_mutex_lock (&self->mutex);
  while (self->queue->len == 0 && !self->stopping)
    g_cond_wait (&self->work, &self->mutex);
  if (self->queue->len > 0) {
    requests = self->queue;
    self->queue = g_ptr_array_new ();
  }
  g_mutex_unlock (&self->mutex);
  return requests;
}

static gpointer
run (gpointer data)
{
  AmtProvStoreThread *self = data;
  g_autoptr (GMainContext) context = g_main_context_new ();
  GError *error = NULL;
  gboolean opened;
  GPtrArray *requests;

  /* A store that uses GIO inside its blocking calls must not find the host's default context. */
  g_main_context_push_thread_default (context);
  opened = amt_prov_store_open (self->store, self->location, &error);
  g_mutex_lock (&self->mutex);
  self->opened = opened;
  self->error = error;
  self->stopping = !opened;
  g_cond_broadcast (&self->answer);
  g_mutex_unlock (&self->mutex);
  while ((requests = take_all (self)) != NULL) {
    serve (self, requests);
    g_ptr_array_unref (requests);
  }
  g_clear_object (&self->store);
  g_main_context_pop_thread_default (context);
  return NULL;
}

AmtProvStoreThread *
amt_prov_store_thread_new (AmtProvStore *store, const char *location, GError **error)
{
  AmtProvStoreThread *self = g_new0 (AmtProvStoreThread, 1);
  gboolean opened;

  g_mutex_init (&self->mutex);
  g_cond_init (&self->work);
  g_cond_init (&self->answer);
  self->queue = g_ptr_array_new ();
  self->store = g_object_ref (store);
  self->location = g_strdup (location);
  self->thread = g_thread_try_new ("amtprov-store", run, self, error);
  if (self->thread == NULL) {
    g_clear_object (&self->store);
    amt_prov_store_thread_free (self);
    return NULL;
  }
  g_mutex_lock (&self->mutex);
  while (!self->opened && self->error == NULL)
    g_cond_wait (&self->answer, &self->mutex);
  opened = self->opened;
  g_mutex_unlock (&self->mutex);
  if (!opened) {
    amt_prov_store_thread_stop (self);
    g_propagate_error (error, g_steal_pointer (&self->error));
    amt_prov_store_thread_free (self);
    return NULL;
  }
  return self;
}

void
amt_prov_store_thread_stop (AmtProvStoreThread *self)
{
  g_mutex_lock (&self->mutex);
  self->stopping = TRUE;
  g_cond_broadcast (&self->work);
  g_mutex_unlock (&self->mutex);
  if (self->thread != NULL)
    g_thread_join (g_steal_pointer (&self->thread));
}

void
amt_prov_store_thread_free (AmtProvStoreThread *self)
{
  amt_prov_store_thread_stop (self);
  g_ptr_array_unref (self->queue);
  g_clear_error (&self->error);
  g_mutex_clear (&self->mutex);
  g_cond_clear (&self->work);
  g_cond_clear (&self->answer);
  g_free (self->location);
  g_free (self);
}

static void
push (AmtProvStoreThread *self, Request *request)
{
  g_autoptr (GPtrArray) alone = NULL;
  gboolean refused;

  g_mutex_lock (&self->mutex);
  refused = self->stopping;
  if (!refused) {
    g_ptr_array_add (self->queue, request);
    g_cond_signal (&self->work);
  }
  g_mutex_unlock (&self->mutex);
  if (!refused)
    return;
  request->error = g_error_new_literal (AMT_PROV_ERROR, AMT_PROV_ERROR_STORE,
                                        "the database is closed: its owner has disposed of it");
  alone = g_ptr_array_new ();
  g_ptr_array_add (alone, request);
  finish (self, alone);
}

static Request *
request_new (GPtrArray *changes, AmtProvQuery *query, GTask *task)
{
  Request *request = g_new0 (Request, 1);

  /* The array of a script does not own what is in it. */
  if (changes != NULL) {
    request->changes = g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_change_unref);
    g_ptr_array_extend (request->changes, changes, (GCopyFunc)amt_prov_change_ref, NULL);
  }
  request->query = query != NULL ? amt_prov_query_ref (query) : NULL;
  request->task = task;
  return request;
}

void
amt_prov_store_thread_push_apply (AmtProvStoreThread *self, GPtrArray *changes, GTask *task)
{
  /* A change that was made stays made: cancelling later must not hide it. */
  g_task_set_check_cancellable (task, FALSE);
  push (self, request_new (changes, NULL, task));
}

void
amt_prov_store_thread_push_query (AmtProvStoreThread *self, AmtProvQuery *query, GTask *task)
{
  push (self, request_new (NULL, query, task));
}

static void
wait_for (AmtProvStoreThread *self, Request *request)
{
  push (self, request);
  g_mutex_lock (&self->mutex);
  while (!request->done)
    g_cond_wait (&self->answer, &self->mutex);
  g_mutex_unlock (&self->mutex);
}

gboolean
amt_prov_store_thread_apply (AmtProvStoreThread *self, GPtrArray *changes, GError **error)
{
  Request *request = request_new (changes, NULL, NULL);
  gboolean made;

  wait_for (self, request);
  made = request->error == NULL;
  if (!made)
    g_propagate_error (error, g_steal_pointer (&request->error));
  request_free (request);
  return made;
}

GPtrArray *
amt_prov_store_thread_query (AmtProvStoreThread *self, AmtProvQuery *query, GError **error)
{
  Request *request = request_new (NULL, query, NULL);
  GPtrArray *records;

  wait_for (self, request);
  records = g_steal_pointer (&request->records);
  if (request->error != NULL)
    g_propagate_error (error, g_steal_pointer (&request->error));
  request_free (request);
  return records;
}
