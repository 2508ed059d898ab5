/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <amtprov/error.h>

#include "engine/intake.h"
#include "engine/window-private.h"

/* When the setup windows of machines close (hello.md §6). A machine that was not set up until then
 * says no hello any more, and is `waiting`: somebody must start it anew. Its row has the time, in
 * the fact `window-closes`; here it stands in the order in which it is due, so that there is one
 * timer, for the first. */

typedef struct {
  char *uuid;
  gint64 closes; /* microseconds, real time */
} Window;

struct _AmtProvWindows {
  AmtProvProvisioner *provisioner; /* unowned: it owns this */
  GSequence *order;                /* Window, the first to close first */
  GHashTable *places;              /* UUID → GSequenceIter */
  GSource *timer;
};

static void
window_free (gpointer data)
{
  Window *window = data;

  g_free (window->uuid);
  g_free (window);
}

static int
compare (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const Window *first = a, *second = b;

  return (first->closes > second->closes) - (first->closes < second->closes);
}

AmtProvWindows *
amt_prov_windows_new (AmtProvProvisioner *provisioner)
{
  AmtProvWindows *self = g_new0 (AmtProvWindows, 1);

  self->provisioner = provisioner;
  self->order = g_sequence_new (window_free);
  self->places = g_hash_table_new (g_str_hash, g_str_equal);
  return self;
}

static void
stop_timer (AmtProvWindows *self)
{
  if (self->timer != NULL)
    g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
}

void
amt_prov_windows_free (AmtProvWindows *self)
{
  stop_timer (self);
  g_hash_table_unref (self->places);
  g_sequence_free (self->order);
  g_free (self);
}

/* ---- what the row says ---- */

gint64
amt_prov_window_get_end (AmtProvDevice *device)
{
  const char *text = amt_prov_device_get_fact (device, "window-closes");
  g_autoptr (GDateTime) time = text != NULL ? g_date_time_new_from_iso8601 (text, NULL) : NULL;

  return time != NULL ? g_date_time_to_unix (time) * G_USEC_PER_SEC : 0;
}

static char *
format_end (gint64 hours)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autoptr (GDateTime) end = g_date_time_add_hours (now, (int)hours);

  return g_date_time_format (end, "%Y-%m-%dT%H:%M:%SZ");
}

char *
amt_prov_window_dup_new_end (AmtProvDevice *device,
                             AmtProvHello *hello,
                             AmtProvCapabilities *capabilities)
{
  const char *key = amt_prov_hello_get_pid (hello) != NULL ? "psk-window-hours"
                    : amt_prov_device_get_fact (device, "enrolled") != NULL
                        ? "delayed-window-hours"
                        : "bare-metal-window-hours";
  gboolean open =
      amt_prov_hello_get_retry (hello) > 0 && amt_prov_window_get_end (device) > g_get_real_time ();

  return open ? NULL : format_end (amt_prov_capabilities_get_int (capabilities, key));
}

void
amt_prov_session_note_window (AmtProvSession *self, gint64 hours)
{
  g_autofree char *end = format_end (hours);

  amt_prov_session_set_fact (self, "window-closes", end);
}

/* Of an operational machine a hello says nothing. */
void
amt_prov_session_note_hello (AmtProvSession *self)
{
  g_autofree char *end =
      amt_prov_window_dup_new_end (self->device, self->hello, self->capabilities);

  if (end != NULL && !self->was_operational)
    amt_prov_session_set_fact (self, "window-closes", end);
}

/* ---- the states that no session gives ---- */

typedef struct {
  AmtProvProvisioner *provisioner;
  AmtProvDevice *device;
  AmtProvDeviceState state;
} Mark;

static void
mark_free (Mark *self)
{
  g_object_unref (self->provisioner);
  g_clear_object (&self->device);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Mark, mark_free)

static void
marked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Mark) self = user_data;
  g_autoptr (GError) error = NULL;

  /* In conflict is a machine on which a session works by now. */
  if (amt_prov_database_apply_finish (AMT_PROV_DATABASE (source), result, &error))
    amt_prov_provisioner_emit_changed (self->provisioner, self->device);
  else if (!g_error_matches (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFLICT))
    g_warning ("%s: %s", amt_prov_device_get_uuid (self->device), error->message);
}

static gboolean
has_stopped (AmtProvDevice *device)
{
  AmtProvDeviceState state = amt_prov_device_get_state (device);
  gint64 end = amt_prov_window_get_end (device);

  return (state == AMT_PROV_DEVICE_STATE_HELLO || state == AMT_PROV_DEVICE_STATE_FAILED ||
          state == AMT_PROV_DEVICE_STATE_BLOCKED) &&
         end > 0 && end <= g_get_real_time ();
}

static gboolean
can_be_in_line (AmtProvDevice *device)
{
  AmtProvDeviceState state = amt_prov_device_get_state (device);

  return state == AMT_PROV_DEVICE_STATE_KNOWN || state == AMT_PROV_DEVICE_STATE_WAITING ||
         state == AMT_PROV_DEVICE_STATE_FAILED;
}

static void
row_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Mark) self = user_data;
  AmtProvDatabase *database = AMT_PROV_DATABASE (source);
  g_autoptr (GPtrArray) records = amt_prov_database_query_finish (database, result, NULL);
  g_autoptr (GPtrArray) changes =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_change_unref);
  g_autoptr (AmtProvRecord) row = NULL;
  gboolean closed = self->state == AMT_PROV_DEVICE_STATE_WAITING;

  if (records == NULL || records->len == 0)
    return;
  self->device = amt_prov_device_new_from_record (records->pdata[0]);
  if (closed ? !has_stopped (self->device) : !can_be_in_line (self->device))
    return;
  amt_prov_device_set_state (self->device, self->state);
  row = amt_prov_device_to_record (self->device);
  g_ptr_array_add (changes,
                   amt_prov_change_new (AMT_PROV_VERB_PUT, row, AMT_PROV_CONDITION_REVISION));
  if (closed)
    g_ptr_array_add (changes,
                     amt_prov_event_change (amt_prov_device_get_uuid (self->device), self->state,
                                            "its setup window has closed: start it anew, "
                                            "with an agent or in its MEBx"));
  amt_prov_database_apply_async (database, changes, NULL, marked, g_steal_pointer (&self));
}

static void
mark (AmtProvProvisioner *provisioner, const char *uuid, AmtProvDeviceState state)
{
  g_autoptr (AmtProvQuery) query = amt_prov_query_new (AMT_PROV_KIND_DEVICE);
  Mark *self = g_new0 (Mark, 1);

  self->provisioner = g_object_ref (provisioner);
  self->state = state;
  amt_prov_query_set_key (query, uuid);
  amt_prov_database_query_async (provisioner->database, query, provisioner->cancellable, row_read,
                                 self);
}

void
amt_prov_provisioner_mark_in_line (AmtProvProvisioner *self, const char *uuid)
{
  mark (self, uuid, AMT_PROV_DEVICE_STATE_HELLO);
}

/* ---- the order ---- */

static void set_timer (AmtProvWindows *self);

static gboolean
first_is_due (gpointer user_data)
{
  AmtProvWindows *self = user_data;

  while (!g_sequence_is_empty (self->order)) {
    GSequenceIter *first = g_sequence_get_begin_iter (self->order);
    Window *window = g_sequence_get (first);

    if (window->closes > g_get_real_time ())
      break;
    /* Of a machine in work its session decides. */
    if (!g_hash_table_contains (self->provisioner->in_work, window->uuid))
      mark (self->provisioner, window->uuid, AMT_PROV_DEVICE_STATE_WAITING);
    g_hash_table_remove (self->places, window->uuid);
    g_sequence_remove (first);
  }
  set_timer (self);
  return G_SOURCE_REMOVE;
}

static void
set_timer (AmtProvWindows *self)
{
  Window *first;

  stop_timer (self);
  if (g_sequence_is_empty (self->order))
    return;
  first = g_sequence_get (g_sequence_get_begin_iter (self->order));
  self->timer = g_timeout_source_new (0);
  g_source_set_ready_time (self->timer,
                           g_get_monotonic_time () + MAX (first->closes - g_get_real_time (), 0));
  g_source_set_callback (self->timer, first_is_due, self, NULL);
  g_source_attach (self->timer, g_main_context_get_thread_default ());
}

static void
forget (AmtProvWindows *self, const char *uuid)
{
  GSequenceIter *place = g_hash_table_lookup (self->places, uuid);

  if (place == NULL)
    return;
  g_hash_table_remove (self->places, uuid);
  g_sequence_remove (place);
}

void
amt_prov_provisioner_watch_window (AmtProvProvisioner *provisioner, AmtProvDevice *device)
{
  AmtProvWindows *self = provisioner->windows;
  gint64 closes = amt_prov_window_get_end (device);
  Window *window;

  if (self == NULL)
    return;
  forget (self, amt_prov_device_get_uuid (device));
  if (closes > 0) {
    window = g_new0 (Window, 1);
    window->uuid = g_strdup (amt_prov_device_get_uuid (device));
    window->closes = closes;
    g_hash_table_insert (self->places, window->uuid,
                         g_sequence_insert_sorted (self->order, window, compare, NULL));
  }
  set_timer (self);
}
