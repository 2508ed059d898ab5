/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mei-channel.h"

#include <errno.h>
#include <glib-unix.h>
#include <poll.h>
#include <unistd.h>

struct _AmtProvMeiChannel {
  GObject parent_instance;
  char *path;
  int fd;
  guint32 max_length;
  MeiRecorder *recorder;
  GQueue unanswered; /* GBytes: requests that are not recorded yet */
};

static void amt_prov_mei_channel_iface_init (AmtProvMessageChannelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (AmtProvMeiChannel,
                               amt_prov_mei_channel,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (AMT_PROV_TYPE_MESSAGE_CHANNEL,
                                                      amt_prov_mei_channel_iface_init))

typedef struct {
  AmtProvMeiChannel *channel;
  AmtProvOperation *operation;
  GBytes *message; /* that waits to be sent */
} Wait;

static Wait *
wait_new (AmtProvMeiChannel *channel, AmtProvOperation *operation, GBytes *message)
{
  Wait *self = g_new0 (Wait, 1);

  self->channel = g_object_ref (channel);
  self->operation = g_object_ref (operation);
  self->message = message != NULL ? g_bytes_ref (message) : NULL;
  return self;
}

static void
wait_free (gpointer data)
{
  Wait *self = data;

  g_object_unref (self->channel);
  g_object_unref (self->operation);
  g_clear_pointer (&self->message, g_bytes_unref);
  g_free (self);
}

static GError *
make_error (AmtProvMeiChannel *self, int error)
{
  if (error == ENODEV || error == EPIPE || error == ECONNRESET || error == EBADF)
    return g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_CONNECTION,
                        "%s: the firmware has ended the connection (it resets)", self->path);
  return g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_CONNECTION, "%s: %s", self->path,
                      g_strerror (error));
}

static void
watch (AmtProvMeiChannel *self, GIOCondition condition, GUnixFDSourceFunc callback, Wait *wait)
{
  g_autoptr (GSource) source = g_unix_fd_source_new (self->fd, condition | G_IO_ERR | G_IO_HUP);
  g_autoptr (GSource) cancelled =
      g_cancellable_source_new (amt_prov_operation_get_cancellable (wait->operation));

  g_source_set_callback (source, G_SOURCE_FUNC (callback), wait, wait_free);
  g_source_set_dummy_callback (cancelled);
  g_source_add_child_source (source, cancelled);
  g_source_attach (source, amt_prov_operation_get_context (wait->operation));
}

/* TRUE: the operation has its answer. */
static gboolean
try_to_send (AmtProvMeiChannel *self, GBytes *message, AmtProvOperation *operation)
{
  gsize length;
  const void *data = g_bytes_get_data (message, &length);

  if (TEMP_FAILURE_RETRY (write (self->fd, data, length)) >= 0) {
    if (self->recorder != NULL)
      g_queue_push_tail (&self->unanswered, g_bytes_ref (message));
    amt_prov_operation_return_variant (operation, NULL);
    return TRUE;
  }
  if (errno == EAGAIN)
    return FALSE;
  amt_prov_operation_return_error (operation, make_error (self, errno));
  return TRUE;
}

static gboolean
on_writable (int fd, GIOCondition condition, gpointer data)
{
  Wait *wait = data;

  if (g_cancellable_is_cancelled (amt_prov_operation_get_cancellable (wait->operation)) ||
      try_to_send (wait->channel, wait->message, wait->operation))
    return G_SOURCE_REMOVE;
  if ((condition & (G_IO_ERR | G_IO_HUP)) == 0)
    return G_SOURCE_CONTINUE;
  amt_prov_operation_return_error (wait->operation, make_error (wait->channel, ENODEV));
  return G_SOURCE_REMOVE;
}

static gboolean
amt_prov_mei_channel_send (AmtProvMessageChannel *channel,
                           GBytes *message,
                           AmtProvOperation *operation,
                           GError **error)
{
  AmtProvMeiChannel *self = AMT_PROV_MEI_CHANNEL (channel);

  if (g_bytes_get_size (message) > self->max_length) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL,
                 "%s: a message of %" G_GSIZE_FORMAT " bytes is longer than the %u that the "
                 "firmware takes",
                 self->path, g_bytes_get_size (message), self->max_length);
    return FALSE;
  }
  /* Kernels before 4.17 do not poll for write (heci.md §1.2): there the time limit ends it. */
  if (!try_to_send (self, message, operation))
    watch (self, G_IO_OUT, on_writable, wait_new (self, operation, message));
  return TRUE;
}

GVariant *
amt_prov_mei_make_message (const guint8 *data, gsize length)
{
  AmtProvSecret *secret = amt_prov_secret_new (data, length);

  return g_variant_new_from_data (G_VARIANT_TYPE_BYTESTRING, amt_prov_secret_peek (secret, NULL),
                                  length, TRUE, (GDestroyNotify)amt_prov_secret_unref, secret);
}

/* Reading nothing is an empty message, or the end of a socket. */
static gboolean
has_ended (int fd)
{
  struct pollfd look = {.fd = fd};

  return poll (&look, 1, 0) == 1 && (look.revents & (POLLHUP | POLLERR)) != 0;
}

/* A request stands before its answer in a recording, also where others were sent meanwhile. */
static void
record_request (AmtProvMeiChannel *self)
{
  g_autoptr (GBytes) request = g_queue_pop_head (&self->unanswered);

  if (request != NULL)
    amt_prov_mei_recorder_add (self->recorder, "write", request);
}

static void
answer_with (AmtProvMeiChannel *self, const guint8 *data, gsize length, AmtProvOperation *operation)
{
  g_autoptr (GVariant) message = g_variant_ref_sink (amt_prov_mei_make_message (data, length));
  g_autoptr (GBytes) bytes = g_variant_get_data_as_bytes (message);

  if (self->recorder != NULL) {
    record_request (self);
    amt_prov_mei_recorder_add (self->recorder, "read", bytes);
  }
  amt_prov_operation_return_variant (operation, message);
}

static gboolean
on_readable (int fd, GIOCondition condition, gpointer data)
{
  Wait *wait = data;
  AmtProvMeiChannel *self = wait->channel;
  g_autofree guint8 *buffer = NULL;
  gssize length;

  if (g_cancellable_is_cancelled (amt_prov_operation_get_cancellable (wait->operation)))
    return G_SOURCE_REMOVE;
  buffer = g_malloc (self->max_length);
  length = read (fd, buffer, self->max_length);
  if (length < 0 && (errno == EAGAIN || errno == EINTR) && (condition & G_IO_ERR) == 0)
    return G_SOURCE_CONTINUE;
  if (length < 0)
    amt_prov_operation_return_error (wait->operation, make_error (self, errno));
  else if (length == 0 && has_ended (fd))
    amt_prov_operation_return_error (wait->operation, make_error (self, ENODEV));
  else
    answer_with (self, buffer, length, wait->operation);
  if (length > 0)
    explicit_bzero (buffer, length);
  return G_SOURCE_REMOVE;
}

static gboolean
amt_prov_mei_channel_receive (AmtProvMessageChannel *channel,
                              AmtProvOperation *operation,
                              GError **error)
{
  AmtProvMeiChannel *self = AMT_PROV_MEI_CHANNEL (channel);

  if (self->fd < 0) {
    g_propagate_error (error, make_error (self, EBADF));
    return FALSE;
  }
  watch (self, G_IO_IN, on_readable, wait_new (self, operation, NULL));
  return TRUE;
}

static void
amt_prov_mei_channel_close (AmtProvMessageChannel *channel)
{
  AmtProvMeiChannel *self = AMT_PROV_MEI_CHANNEL (channel);

  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
  while (!g_queue_is_empty (&self->unanswered))
    record_request (self);
}

static void
amt_prov_mei_channel_iface_init (AmtProvMessageChannelInterface *iface)
{
  iface->send = amt_prov_mei_channel_send;
  iface->receive = amt_prov_mei_channel_receive;
  iface->close = amt_prov_mei_channel_close;
}

static void
amt_prov_mei_channel_finalize (GObject *object)
{
  AmtProvMeiChannel *self = AMT_PROV_MEI_CHANNEL (object);

  amt_prov_mei_channel_close (AMT_PROV_MESSAGE_CHANNEL (self));
  g_clear_pointer (&self->recorder, amt_prov_mei_recorder_unref);
  g_free (self->path);
  G_OBJECT_CLASS (amt_prov_mei_channel_parent_class)->finalize (object);
}

static void
amt_prov_mei_channel_class_init (AmtProvMeiChannelClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = amt_prov_mei_channel_finalize;
}

static void
amt_prov_mei_channel_init (AmtProvMeiChannel *self)
{
  self->fd = -1;
}

AmtProvMeiChannel *
amt_prov_mei_channel_new (MeiNode *node, MeiRecorder *recorder)
{
  AmtProvMeiChannel *self = g_object_new (AMT_PROV_TYPE_MEI_CHANNEL, NULL);

  self->path = g_strdup (node->path);
  self->fd = node->fd;
  node->fd = -1;
  self->max_length = node->max_length;
  self->recorder = recorder != NULL ? amt_prov_mei_recorder_ref (recorder) : NULL;
  return self;
}
