/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All machines together: their clock, their timers, their events, and when it is over. */
#include "fleet.h"
#include "mei.h"

#include "stick.h"

#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>

/* After all have arrived the server still verifies; it is over when it has been quiet this long. */
#define QUIET (3 * G_TIME_SPAN_SECOND)

typedef struct {
  SimModel *model;
  GSequenceIter *timer;
  gint64 due;
  gboolean arrived;
} Member;

struct _SimFleet {
  const SimOptions *options;
  GMainContext *context;
  GMainLoop *loop;
  SimCatalog *catalog;
  SimKeyPool *key_pool;
  AmtProvCapabilityRegistry *registry;
  SimNet *net;
  SimMei *mei;
  GPtrArray *settings; /* of SimSettings */
  GPtrArray *members;  /* of Member */
  GHashTable *by_model;
  GSequence *timers; /* of Member, by due */
  GSource *wake;
  GSource *quiet;
  gint64 base_real;
  gint64 base_monotonic;
  guint arrived;
  gboolean reached;
};

static gint64
virtual_now (gpointer data)
{
  SimFleet *self = data;
  gint64 passed = g_get_monotonic_time () - self->base_monotonic;

  return self->base_real + (gint64)((double)passed * self->options->speed);
}

static gint64
to_monotonic (SimFleet *self, gint64 time)
{
  double passed = (double)(time - self->base_real) / self->options->speed;

  return self->base_monotonic + (gint64)passed + 1;
}

static int
compare_due (gconstpointer a, gconstpointer b, gpointer data)
{
  const Member *left = a, *right = b;

  return left->due < right->due ? -1 : left->due > right->due;
}

static void
set_wake (SimFleet *self)
{
  GSequenceIter *first = g_sequence_get_begin_iter (self->timers);

  if (g_sequence_iter_is_end (first))
    g_source_set_ready_time (self->wake, -1);
  else
    g_source_set_ready_time (self->wake,
                             to_monotonic (self, ((Member *)g_sequence_get (first))->due));
}

static void
set_timer (SimFleet *self, Member *member)
{
  gint64 due = sim_model_next_due (member->model);

  if (member->timer != NULL)
    g_sequence_remove (member->timer);
  member->timer = NULL;
  member->due = due;
  if (due != 0)
    member->timer = g_sequence_insert_sorted (self->timers, member, compare_due, NULL);
  set_wake (self);
}

static void
print_json (SimModel *model, const char *event, const char *reason)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;
  const char *const cells[] = {"uuid",    model->settings->uuid,
                               "address", model->settings->address,
                               "amt",     amt_prov_version_get_text (model->settings->amt),
                               "state",   sim_state_name (model->state),
                               "event",   event};

  json_builder_begin_object (builder);
  for (guint i = 0; i < G_N_ELEMENTS (cells); i += 2) {
    json_builder_set_member_name (builder, cells[i]);
    json_builder_add_string_value (builder, cells[i + 1]);
  }
  if (reason != NULL) {
    json_builder_set_member_name (builder, "reason");
    json_builder_add_string_value (builder, reason);
  }
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  text = json_to_string (root, FALSE);
  printf ("%s\n", text);
}

static void
check_arrival (SimFleet *self, Member *member)
{
  gboolean there = self->options->until != NULL &&
                   strcmp (self->options->until, sim_state_name (member->model->state)) == 0;

  if (there != member->arrived)
    self->arrived += there ? 1 : -1;
  member->arrived = there;
}

static void
on_event (SimModel *model, const char *event, const char *reason, gpointer data)
{
  SimFleet *self = data;
  Member *member = g_hash_table_lookup (self->by_model, model);

  if (self->options->json)
    print_json (model, event, reason);
  else
    printf ("%-15s AMT %-5s %-11s %s%s%s\n", model->settings->address,
            amt_prov_version_get_text (model->settings->amt), sim_state_name (model->state), event,
            reason != NULL ? ": " : "", reason != NULL ? reason : "");
  fflush (stdout);
  check_arrival (self, member);
  set_timer (self, member);
}

/* What is asked for on the command line wins over what the machine has from a stick. */
static char *
dup_server (SimFleet *self, SimModel *model)
{
  if (self->options->server != NULL || model->server == NULL || model->server_port == 0)
    return g_strdup (self->options->server != NULL ? self->options->server : model->server);
  return g_strdup_printf ("%s:%u", model->server, model->server_port);
}

static void
tick (SimFleet *self, Member *member)
{
  g_autoptr (AmtProvHello) hello = sim_model_tick (member->model);
  g_autofree char *server = dup_server (self, member->model);

  if (hello != NULL && server != NULL) {
    sim_hello_send (member->model, hello, server);
    sim_model_emit (member->model, "hello-sent", NULL);
  }
  set_timer (self, member);
}

static gboolean
on_wake (gpointer data)
{
  SimFleet *self = data;

  for (;;) {
    GSequenceIter *first = g_sequence_get_begin_iter (self->timers);

    if (g_sequence_iter_is_end (first) ||
        ((Member *)g_sequence_get (first))->due > virtual_now (self))
      break;
    tick (self, g_sequence_get (first));
  }
  set_wake (self);
  return G_SOURCE_CONTINUE;
}

static gboolean
dispatch_wake (GSource *source, GSourceFunc callback, gpointer data)
{
  return callback (data);
}

static gboolean
on_quiet (gpointer data)
{
  SimFleet *self = data;

  if (self->arrived < self->members->len || sim_net_get_idle (self->net) < QUIET)
    return G_SOURCE_CONTINUE;
  self->reached = TRUE;
  g_main_loop_quit (self->loop);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_time_up (gpointer data)
{
  SimFleet *self = data;

  self->reached = self->arrived == self->members->len;
  g_main_loop_quit (self->loop);
  return G_SOURCE_CONTINUE;
}

static gboolean
add_member (SimFleet *self, GHashTable *values, GError **error)
{
  SimClock clock = {virtual_now, self, self->options->speed};
  SimSettings *settings = sim_settings_new (values, error);
  Member *member;

  if (settings == NULL)
    return FALSE;
  g_ptr_array_add (self->settings, settings);
  member = g_new0 (Member, 1);
  g_ptr_array_add (self->members, member);
  member->model =
      sim_model_new (settings, self->catalog, self->key_pool, self->registry, &clock, error);
  if (member->model == NULL)
    return FALSE;
  g_hash_table_insert (self->by_model, member->model, member);
  sim_model_set_observer (member->model, on_event, self);
  return sim_net_add (self->net, member->model, error) &&
         sim_mei_add (self->mei, member->model, error);
}

static void
member_free (gpointer data)
{
  Member *self = data;

  sim_model_free (self->model);
  g_free (self);
}

static GSourceFuncs *
wake_functions (void)
{
  static GSourceFuncs functions = {NULL, NULL, dispatch_wake, NULL, NULL, NULL};

  return &functions;
}

SimFleet *
sim_fleet_new (const SimOptions *options, GMainContext *context, GError **error)
{
  g_autoptr (SimFleet) self = g_new0 (SimFleet, 1);
  g_autoptr (GPtrArray) list = NULL;

  self->options = options;
  self->context = g_main_context_ref (context);
  self->base_real = g_get_real_time ();
  self->base_monotonic = g_get_monotonic_time ();
  self->key_pool = sim_key_pool_new ();
  self->net = sim_net_new (context, options->trace);
  self->mei = sim_mei_new (self->net);
  self->settings = g_ptr_array_new_with_free_func ((GDestroyNotify)sim_settings_free);
  self->members = g_ptr_array_new_with_free_func (member_free);
  self->by_model = g_hash_table_new (NULL, NULL);
  self->timers = g_sequence_new (NULL);
  self->wake = g_source_new (wake_functions (), sizeof (GSource));
  g_source_set_callback (self->wake, on_wake, self, NULL);
  g_source_attach (self->wake, context);
  self->catalog = sim_catalog_new (error);
  self->registry = self->catalog != NULL ? amt_prov_capability_registry_new (NULL, error) : NULL;
  list = self->registry != NULL ? sim_fleet_read (options, error) : NULL;
  if (list == NULL)
    return NULL;
  for (guint i = 0; i < list->len; i++) {
    if (!add_member (self, list->pdata[i], error)) {
      g_prefix_error (error, "machine %u: ", i + 1);
      return NULL;
    }
  }
  return g_steal_pointer (&self);
}

static void
drop_source (GSource **source)
{
  if (*source != NULL) {
    g_source_destroy (*source);
    g_source_unref (*source);
  }
}

void
sim_fleet_free (SimFleet *self)
{
  sim_mei_free (self->mei);
  sim_net_free (self->net);
  drop_source (&self->wake);
  drop_source (&self->quiet);
  g_sequence_free (self->timers);
  g_hash_table_unref (self->by_model);
  g_ptr_array_unref (self->members);
  g_ptr_array_unref (self->settings);
  sim_key_pool_free (self->key_pool);
  g_clear_pointer (&self->catalog, sim_catalog_free);
  g_clear_object (&self->registry);
  g_main_context_unref (self->context);
  g_free (self);
}

static GSource *
add_timeout (SimFleet *self, guint milliseconds, GSourceFunc callback)
{
  GSource *source = g_timeout_source_new (milliseconds);

  g_source_set_callback (source, callback, self, NULL);
  g_source_attach (source, self->context);
  return source;
}

static void
power_on (SimModel *model)
{
  sim_stick_boot (model);
  sim_model_start (model);
}

int
sim_fleet_run (SimFleet *self, GMainLoop *loop)
{
  GSource *limit = NULL;

  self->loop = loop;
  if (self->options->until != NULL)
    self->quiet = add_timeout (self, 250, on_quiet);
  if (self->options->timeout > 0)
    limit = add_timeout (self, (guint)self->options->timeout * 1000, on_time_up);
  for (guint i = 0; i < self->members->len; i++)
    power_on (((Member *)self->members->pdata[i])->model);
  g_main_loop_run (loop);
  drop_source (&limit);
  return self->options->until == NULL || self->reached || self->arrived == self->members->len ? 0
                                                                                              : 1;
}
