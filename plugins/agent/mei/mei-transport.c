/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mei-transport.h"

#include <string.h>

#include "mei-channel.h"
#include "mei-replay.h"

#define SCHEME "mei"
#define REPLAY "replay:"

struct _AmtProvMeiTransport {
  GObject parent_instance;
  MeiRecorder *recorder;
};

enum { PROP_RECORD = 1, PROP_RECORDING, N_PROPERTIES };

static GParamSpec *properties[N_PROPERTIES];

static void amt_prov_mei_transport_iface_init (AmtProvTransportInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (AmtProvMeiTransport,
                               amt_prov_mei_transport,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (AMT_PROV_TYPE_TRANSPORT,
                                                      amt_prov_mei_transport_iface_init))

static const char *const *
amt_prov_mei_transport_get_schemes (AmtProvTransport *transport)
{
  static const char *const schemes[] = {SCHEME, NULL};

  return schemes;
}

/* One opening, with all its tries. */
typedef struct {
  AmtProvOperation *operation;
  MeiRecorder *recorder;
  char **paths;
  char *service;
  guint8 guid[AMT_PROV_UUID_LENGTH];
  int last_error;
  guint tries;
} Opening;

static void
opening_clear (gpointer data)
{
  Opening *self = data;

  g_object_unref (self->operation);
  g_clear_pointer (&self->recorder, amt_prov_mei_recorder_unref);
  g_strfreev (self->paths);
  g_free (self->service);
}

static void
opening_unref (gpointer data)
{
  g_rc_box_release_full (data, opening_clear);
}

static void
finish (Opening *self, MeiNode *node)
{
  g_autoptr (AmtProvMeiChannel) channel = NULL;

  if (node->fd < 0) {
    amt_prov_operation_return_error (self->operation,
                                     amt_prov_mei_node_make_error (node, self->service));
    return;
  }
  if (self->recorder != NULL)
    amt_prov_mei_recorder_add_connect (self->recorder, self->guid, node->max_length, node->version);
  channel = amt_prov_mei_channel_new (node, self->recorder);
  amt_prov_operation_return_object (self->operation, G_OBJECT (channel));
}

static gboolean try_to_open (gpointer data);

static void
on_tried (GObject *source, GAsyncResult *result, gpointer data)
{
  Opening *self = data;
  g_autoptr (MeiNode) node = g_task_propagate_pointer (G_TASK (result), NULL);
  guint wait;

  self->tries = node->error == self->last_error ? self->tries + 1 : 0;
  self->last_error = node->error;
  wait = amt_prov_mei_node_get_wait (node, self->tries);
  if (node->fd < 0 && wait > 0)
    amt_prov_operation_add_timeout (self->operation, wait, try_to_open, g_rc_box_acquire (self),
                                    opening_unref);
  else
    finish (self, node);
  opening_unref (self);
}

static void
open_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Opening *self = data;

  g_task_return_pointer (task,
                         amt_prov_mei_node_open ((const char *const *)self->paths, self->guid),
                         (GDestroyNotify)amt_prov_mei_node_free);
}

/* The driver blocks until the firmware has answered. */
static gboolean
try_to_open (gpointer data)
{
  Opening *self = data;
  GMainContext *context = amt_prov_operation_get_context (self->operation);
  g_autoptr (GTask) task = NULL;

  g_main_context_push_thread_default (context);
  task = g_task_new (NULL, NULL, on_tried, g_rc_box_acquire (self));
  g_task_set_task_data (task, self, NULL);
  g_task_run_in_thread (task, open_in_thread);
  g_main_context_pop_thread_default (context);
  return G_SOURCE_REMOVE;
}

static char **
list_paths (const char *where)
{
  static const char *const usual[] = {"/dev/mei0", "/dev/mei1", "/dev/mei2",
                                      "/dev/mei3", "/dev/mei",  NULL};
  const char *const one[] = {where, NULL};

  return g_strdupv ((char **)(*where != '\0' ? one : usual));
}

static gboolean
amt_prov_mei_transport_open_messages (AmtProvTransport *transport,
                                      const char *uri,
                                      const char *service,
                                      AmtProvOperation *operation,
                                      GError **error)
{
  AmtProvMeiTransport *self = AMT_PROV_MEI_TRANSPORT (transport);
  const char *where = uri + strlen (SCHEME ":");
  guint8 guid[AMT_PROV_UUID_LENGTH];
  g_autoptr (AmtProvMeiReplay) replay = NULL;
  Opening *opening;

  if (!amt_prov_uuid_to_wire (service, guid)) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
                 "%s: \"%s\" is no GUID of a firmware client", uri, service);
    return FALSE;
  }
  if (g_str_has_prefix (where, REPLAY)) {
    replay = amt_prov_mei_replay_new (where + strlen (REPLAY), guid, error);
    if (replay == NULL)
      return FALSE;
    amt_prov_operation_return_object (operation, G_OBJECT (replay));
    return TRUE;
  }
  opening = g_rc_box_new0 (Opening);
  opening->operation = g_object_ref (operation);
  opening->recorder = self->recorder != NULL ? amt_prov_mei_recorder_ref (self->recorder) : NULL;
  opening->paths = list_paths (where);
  opening->service = g_strdup (service);
  memcpy (opening->guid, guid, sizeof guid);
  try_to_open (opening);
  opening_unref (opening);
  return TRUE;
}

static void
amt_prov_mei_transport_iface_init (AmtProvTransportInterface *iface)
{
  iface->get_schemes = amt_prov_mei_transport_get_schemes;
  iface->open_messages = amt_prov_mei_transport_open_messages;
}

static void
amt_prov_mei_transport_set_property (GObject *object,
                                     guint id,
                                     const GValue *value,
                                     GParamSpec *pspec)
{
  AmtProvMeiTransport *self = AMT_PROV_MEI_TRANSPORT (object);

  g_clear_pointer (&self->recorder, amt_prov_mei_recorder_unref);
  if (g_value_get_boolean (value))
    self->recorder = amt_prov_mei_recorder_new ();
}

static void
amt_prov_mei_transport_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  AmtProvMeiTransport *self = AMT_PROV_MEI_TRANSPORT (object);

  if (id == PROP_RECORD)
    g_value_set_boolean (value, self->recorder != NULL);
  else if (self->recorder != NULL)
    g_value_take_string (value, amt_prov_mei_recorder_to_json (self->recorder));
}

static void
amt_prov_mei_transport_finalize (GObject *object)
{
  AmtProvMeiTransport *self = AMT_PROV_MEI_TRANSPORT (object);

  g_clear_pointer (&self->recorder, amt_prov_mei_recorder_unref);
  G_OBJECT_CLASS (amt_prov_mei_transport_parent_class)->finalize (object);
}

static void
amt_prov_mei_transport_class_init (AmtProvMeiTransportClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = amt_prov_mei_transport_finalize;
  object_class->set_property = amt_prov_mei_transport_set_property;
  object_class->get_property = amt_prov_mei_transport_get_property;
  properties[PROP_RECORD] = g_param_spec_boolean ("record", NULL, NULL, FALSE,
                                                  G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  properties[PROP_RECORDING] = g_param_spec_string ("recording", NULL, NULL, NULL,
                                                    G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}

static void
amt_prov_mei_transport_init (AmtProvMeiTransport *self)
{
}
