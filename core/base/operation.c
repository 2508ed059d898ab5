/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/operation-private.h"

#include <amtprov/error.h>

/**
 * AmtProvOperation:
 *
 * One call of a plugin function that takes time. The plugin answers it exactly once, from the
 * context of amt_prov_operation_get_context(), with amt_prov_operation_return_object(),
 * amt_prov_operation_return_variant() or amt_prov_operation_return_error(). An operation that is
 * dropped unanswered fails by itself; a second answer is a critical warning. The core puts a time
 * limit on every operation; an answer that comes after that limit, or after the caller has
 * cancelled, is dropped.
 *
 * Since: 0.1
 */
struct _AmtProvOperation {
  GObject parent_instance;

  GTask *task;
  GCancellable *cancellable;
  GPtrArray *sources;
  char *what;
  guint timeout_ms;
  GType expected;
  gboolean nullable;
  gboolean answered;
  /* Answered by the time limit or by the caller: the plugin cannot know and may still answer. */
  gboolean abandoned;
};

enum { SIGNAL_PROGRESS, N_SIGNALS };

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (AmtProvOperation, amt_prov_operation, G_TYPE_OBJECT)

static void
destroy_source (gpointer data)
{
  GSource *source = data;

  g_source_destroy (source);
  g_source_unref (source);
}

static void
drop_sources (AmtProvOperation *self)
{
  g_autoptr (GPtrArray) sources = g_steal_pointer (&self->sources);

  self->sources = g_ptr_array_new_with_free_func (destroy_source);
}

static gboolean
fail_dropped_task (gpointer data)
{
  GTask *task = data;

  g_task_return_new_error (task, AMT_PROV_ERROR, AMT_PROV_ERROR_PLUGIN_FAILED,
                           "%s dropped its operation without an answer", g_task_get_name (task));
  return G_SOURCE_REMOVE;
}

static void
amt_prov_operation_dispose (GObject *object)
{
  AmtProvOperation *self = AMT_PROV_OPERATION (object);

  drop_sources (self);
  if (self->task != NULL && !self->answered) {
    /* Never inline: a script engine that drops the operation while it collects garbage must not be
     * called back from there. */
    g_autoptr (GSource) idle = g_idle_source_new ();

    self->answered = TRUE;
    g_source_set_priority (idle, G_PRIORITY_DEFAULT);
    g_source_set_callback (idle, fail_dropped_task, g_object_ref (self->task), g_object_unref);
    g_source_attach (idle, g_task_get_context (self->task));
  }
  G_OBJECT_CLASS (amt_prov_operation_parent_class)->dispose (object);
}

static void
amt_prov_operation_finalize (GObject *object)
{
  AmtProvOperation *self = AMT_PROV_OPERATION (object);

  g_clear_object (&self->task);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->sources, g_ptr_array_unref);
  g_clear_pointer (&self->what, g_free);
  G_OBJECT_CLASS (amt_prov_operation_parent_class)->finalize (object);
}

static void
amt_prov_operation_class_init (AmtProvOperationClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = amt_prov_operation_dispose;
  object_class->finalize = amt_prov_operation_finalize;

  /**
   * AmtProvOperation::progress:
   * @self: the operation
   * @what: what is being done now
   * @fraction: how much is done, 0 to 1
   *
   * The plugin said how far it is.
   *
   * Since: 0.1
   */
  signals[SIGNAL_PROGRESS] =
      g_signal_new ("progress", AMT_PROV_TYPE_OPERATION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_DOUBLE);
}

static void
amt_prov_operation_init (AmtProvOperation *self)
{
  self->cancellable = g_cancellable_new ();
  self->sources = g_ptr_array_new_with_free_func (destroy_source);
  self->expected = G_TYPE_INVALID;
  self->nullable = TRUE;
}

/* The core's sources hold no reference: they must not keep a dropped operation alive. */
static GWeakRef *
weak_new (AmtProvOperation *self)
{
  GWeakRef *weak = g_new0 (GWeakRef, 1);

  g_weak_ref_init (weak, self);
  return weak;
}

static void
weak_free (gpointer data)
{
  g_weak_ref_clear (data);
  g_free (data);
}

/* Takes error. */
static void
abandon (AmtProvOperation *self, GError *error)
{
  if (self->answered) {
    g_error_free (error);
    return;
  }
  /* First of all: cancelling calls handlers that may answer from inside. */
  self->answered = TRUE;
  self->abandoned = TRUE;
  g_cancellable_cancel (self->cancellable);
  drop_sources (self);
  g_task_return_error (self->task, error);
}

static gboolean
on_limit (gpointer data)
{
  g_autoptr (AmtProvOperation) self = g_weak_ref_get (data);

  if (self != NULL)
    abandon (self, g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_TIMEOUT,
                                "%s did not answer within %u ms", self->what, self->timeout_ms));
  return G_SOURCE_REMOVE;
}

static gboolean
on_cancelled (GCancellable *cancellable, gpointer data)
{
  g_autoptr (AmtProvOperation) self = g_weak_ref_get (data);

  if (self != NULL)
    abandon (self, g_error_new (G_IO_ERROR, G_IO_ERROR_CANCELLED, "%s was cancelled", self->what));
  return G_SOURCE_REMOVE;
}

/* Takes source. */
static void
attach (AmtProvOperation *self, GSource *source)
{
  g_source_attach (source, g_task_get_context (self->task));
  g_ptr_array_add (self->sources, source);
}

AmtProvOperation *
amt_prov_operation_new (GTask *task, guint timeout_ms, const char *what)
{
  AmtProvOperation *self = g_object_new (AMT_PROV_TYPE_OPERATION, NULL);
  GCancellable *cancellable = g_task_get_cancellable (task);

  self->task = g_object_ref (task);
  self->what = g_strdup (what);
  self->timeout_ms = timeout_ms;
  g_task_set_name (task, what);
  if (timeout_ms > 0) {
    GSource *source = g_timeout_source_new (timeout_ms);

    g_source_set_callback (source, on_limit, weak_new (self), weak_free);
    attach (self, source);
  }
  if (cancellable != NULL) {
    GSource *source = g_cancellable_source_new (cancellable);

    g_source_set_callback (source, G_SOURCE_FUNC (on_cancelled), weak_new (self), weak_free);
    attach (self, source);
    if (g_cancellable_is_cancelled (cancellable))
      g_cancellable_cancel (self->cancellable);
  }
  return self;
}

void
amt_prov_operation_expect (AmtProvOperation *self, GType type, gboolean nullable)
{
  self->expected = type;
  self->nullable = nullable;
}

void
amt_prov_operation_conclude (AmtProvOperation *self, gboolean started, GError *error)
{
  if (started || self->answered) {
    g_clear_error (&error);
    return;
  }
  if (error == NULL)
    error =
        g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_PLUGIN_FAILED,
                     "%s returned FALSE without an error (an exception in a script?)", self->what);
  amt_prov_operation_return_error (self, error);
}

/**
 * amt_prov_operation_get_cancellable:
 * @self: an operation
 *
 * Gets the cancellable to hand to everything that is done for this operation. It is cancelled when
 * the caller cancels and when the time limit has passed; never cancel it yourself.
 *
 * Returns: (transfer none): the cancellable
 *
 * Since: 0.1
 */
GCancellable *
amt_prov_operation_get_cancellable (AmtProvOperation *self)
{
  g_return_val_if_fail (AMT_PROV_IS_OPERATION (self), NULL);

  return self->cancellable;
}

/**
 * amt_prov_operation_get_context:
 * @self: an operation
 *
 * Gets the context that the operation was started on. Sources belong there, never on the default
 * context; the answer is given from there.
 *
 * Returns: (transfer none): the context
 *
 * Since: 0.1
 */
GMainContext *
amt_prov_operation_get_context (AmtProvOperation *self)
{
  g_return_val_if_fail (AMT_PROV_IS_OPERATION (self), NULL);

  return g_task_get_context (self->task);
}

static void
forget_finished_sources (AmtProvOperation *self)
{
  for (guint i = self->sources->len; i > 0; i--)
    if (g_source_is_destroyed (self->sources->pdata[i - 1]))
      g_ptr_array_remove_index_fast (self->sources, i - 1);
}

/**
 * amt_prov_operation_add_timeout:
 * @self: an operation
 * @milliseconds: after how many milliseconds, and how often, to call
 * @func: (scope notified) (closure user_data) (destroy notify): called until it returns
 * %G_SOURCE_REMOVE
 * @user_data: handed to @func
 * @notify: (nullable): frees @user_data
 *
 * Calls a function later, on the operation's own context. The time-out goes away with the answer;
 * on an operation that has been answered it is not even added.
 *
 * Since: 0.1
 */
void
amt_prov_operation_add_timeout (AmtProvOperation *self,
                                guint milliseconds,
                                GSourceFunc func,
                                gpointer user_data,
                                GDestroyNotify notify)
{
  GSource *source;

  g_return_if_fail (AMT_PROV_IS_OPERATION (self));

  if (self->answered) {
    if (notify != NULL)
      notify (user_data);
    return;
  }
  forget_finished_sources (self);
  source = g_timeout_source_new (milliseconds);
  g_source_set_callback (source, func, user_data, notify);
  attach (self, source);
}

/**
 * amt_prov_operation_progress:
 * @self: an operation
 * @what: what is being done now, for the person who watches
 * @fraction: how much is done, 0 to 1; values outside are cut
 *
 * Says how far the operation is. Ignored once it has been answered.
 *
 * Since: 0.1
 */
void
amt_prov_operation_progress (AmtProvOperation *self, const char *what, double fraction)
{
  g_return_if_fail (AMT_PROV_IS_OPERATION (self));

  if (!self->answered)
    g_signal_emit (self, signals[SIGNAL_PROGRESS], 0, what, CLAMP (fraction, 0.0, 1.0));
}

/* Whether this is the one answer. */
static gboolean
begin_answer (AmtProvOperation *self)
{
  if (self->abandoned)
    return FALSE;
  if (self->answered) {
    g_critical ("%s answered its operation a second time", self->what);
    return FALSE;
  }
  self->answered = TRUE;
  drop_sources (self);
  return TRUE;
}

static gboolean
is_expected (AmtProvOperation *self, gpointer result, GType type)
{
  if (self->expected == G_TYPE_INVALID)
    return TRUE;
  if (result == NULL)
    return self->nullable || self->expected == G_TYPE_NONE;
  return self->expected == G_TYPE_NONE || g_type_is_a (type, self->expected);
}

/* Takes result. */
static void
return_result (AmtProvOperation *self, gpointer result, GType type, GDestroyNotify destroy)
{
  if (is_expected (self, result, type)) {
    g_task_return_pointer (self->task, result, result ? destroy : NULL);
    return;
  }
  g_task_return_new_error (self->task, AMT_PROV_ERROR, AMT_PROV_ERROR_PLUGIN_FAILED,
                           "%s answered with %s where %s is needed", self->what,
                           result ? g_type_name (type) : "nothing", g_type_name (self->expected));
  if (result != NULL)
    destroy (result);
}

/**
 * amt_prov_operation_return_object:
 * @self: an operation
 * @object: (nullable) (transfer none): the result; %NULL where the function gives none
 *
 * Answers with an object.
 *
 * Since: 0.1
 */
void
amt_prov_operation_return_object (AmtProvOperation *self, GObject *object)
{
  g_autoptr (AmtProvOperation) keep = NULL;

  g_return_if_fail (AMT_PROV_IS_OPERATION (self));
  g_return_if_fail (object == NULL || G_IS_OBJECT (object));

  keep = g_object_ref (self);
  if (begin_answer (self))
    return_result (self, object ? g_object_ref (object) : NULL,
                   object ? G_OBJECT_TYPE (object) : G_TYPE_NONE, g_object_unref);
}

/**
 * amt_prov_operation_return_variant:
 * @self: an operation
 * @variant: (nullable) (transfer none): the result; a floating one is consumed
 *
 * Answers with a value.
 *
 * Since: 0.1
 */
void
amt_prov_operation_return_variant (AmtProvOperation *self, GVariant *variant)
{
  g_autoptr (AmtProvOperation) keep = NULL;
  g_autoptr (GVariant) result = NULL;

  g_return_if_fail (AMT_PROV_IS_OPERATION (self));

  keep = g_object_ref (self);
  result = variant ? g_variant_ref_sink (variant) : NULL;
  if (begin_answer (self))
    return_result (self, g_steal_pointer (&result), G_TYPE_VARIANT,
                   (GDestroyNotify)g_variant_unref);
}

/**
 * amt_prov_operation_return_error:
 * @self: an operation
 * @error: (transfer full): what went wrong; %AMT_PROV_ERROR_BLOCKED when a person must act
 *
 * Answers with a failure.
 *
 * Since: 0.1
 */
void
amt_prov_operation_return_error (AmtProvOperation *self, GError *error)
{
  g_autoptr (AmtProvOperation) keep = NULL;

  g_return_if_fail (AMT_PROV_IS_OPERATION (self));
  g_return_if_fail (error != NULL);

  keep = g_object_ref (self);
  if (begin_answer (self))
    g_task_return_error (self->task, error);
  else
    g_error_free (error);
}
