/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/curl-loop-private.h"

struct _AmtProvCurlLoop {
  GSource source;
  CURLM *multi;
  GArray *watches; /* Watch: few, as one multi handle serves one machine */
  gint64 due;      /* monotonic, -1 for never */
  AmtProvCurlLoopFunc worked;
  gpointer data;
};

typedef struct {
  curl_socket_t fd;
  gpointer tag;
} Watch;

static Watch *
find_watch (AmtProvCurlLoop *self, curl_socket_t fd)
{
  for (guint i = 0; i < self->watches->len; i++)
    if (g_array_index (self->watches, Watch, i).fd == fd)
      return &g_array_index (self->watches, Watch, i);
  return NULL;
}

static void
remove_watch (AmtProvCurlLoop *self, Watch *watch)
{
  g_source_remove_unix_fd (&self->source, watch->tag);
  g_array_remove_index_fast (self->watches, (guint)(watch - (Watch *)(void *)self->watches->data));
}

static int
on_watch (CURL *easy, curl_socket_t fd, int what, void *data, void *socket_data)
{
  AmtProvCurlLoop *self = data;
  Watch *watch = find_watch (self, fd);
  Watch new_watch = {.fd = fd};
  GIOCondition condition = ((what & CURL_POLL_IN) != 0 ? G_IO_IN | G_IO_HUP | G_IO_ERR : 0) |
                           ((what & CURL_POLL_OUT) != 0 ? G_IO_OUT | G_IO_ERR : 0);

  if (what == CURL_POLL_REMOVE || what == CURL_POLL_NONE) {
    if (watch != NULL)
      remove_watch (self, watch);
  } else if (watch != NULL) {
    g_source_modify_unix_fd (&self->source, watch->tag, condition);
  } else {
    new_watch.tag = g_source_add_unix_fd (&self->source, fd, condition);
    g_array_append_val (self->watches, new_watch);
  }
  return 0;
}

static int
on_timer_wanted (CURLM *multi, long milliseconds, void *data)
{
  ((AmtProvCurlLoop *)data)->due =
      milliseconds < 0 ? -1 : g_get_monotonic_time () + 1000 * (gint64)milliseconds;
  return 0;
}

static void
serve_sockets (AmtProvCurlLoop *self)
{
  /* Work on one socket may add and remove others. */
  g_autoptr (GArray) watches = g_array_copy (self->watches);
  int running;

  for (guint i = 0; i < watches->len; i++) {
    Watch *watch = find_watch (self, g_array_index (watches, Watch, i).fd);
    GIOCondition condition = watch == NULL ? 0 : g_source_query_unix_fd (&self->source, watch->tag);
    int action = ((condition & (G_IO_IN | G_IO_HUP)) != 0 ? CURL_CSELECT_IN : 0) |
                 ((condition & G_IO_OUT) != 0 ? CURL_CSELECT_OUT : 0) |
                 ((condition & G_IO_ERR) != 0 ? CURL_CSELECT_ERR : 0);

    if (action != 0)
      curl_multi_socket_action (self->multi, watch->fd, action, &running);
  }
}

/* A ready time would do as well, but GLib writes to a descriptor whenever it is set. */
static gboolean
is_due (AmtProvCurlLoop *self)
{
  return self->due >= 0 && self->due <= g_source_get_time (&self->source);
}

static gboolean
prepare (GSource *source, int *timeout)
{
  AmtProvCurlLoop *self = (AmtProvCurlLoop *)source;

  *timeout = -1;
  if (self->due >= 0)
    *timeout = (int)CLAMP ((self->due - g_source_get_time (source) + 999) / 1000, 0, G_MAXINT);
  return *timeout == 0;
}

static gboolean
check (GSource *source)
{
  AmtProvCurlLoop *self = (AmtProvCurlLoop *)source;

  for (guint i = 0; i < self->watches->len; i++)
    if (g_source_query_unix_fd (source, g_array_index (self->watches, Watch, i).tag) != 0)
      return TRUE;
  return is_due (self);
}

static gboolean
dispatch (GSource *source, GSourceFunc callback, gpointer data)
{
  AmtProvCurlLoop *self = (AmtProvCurlLoop *)source;
  gboolean due = is_due (self);
  int running;

  if (due)
    self->due = -1;
  serve_sockets (self);
  if (due)
    curl_multi_socket_action (self->multi, CURL_SOCKET_TIMEOUT, 0, &running);
  self->worked (self->multi, self->data);
  return G_SOURCE_CONTINUE;
}

static void
finalize (GSource *source)
{
  g_array_unref (((AmtProvCurlLoop *)source)->watches);
}

AmtProvCurlLoop *
amt_prov_curl_loop_new (GMainContext *context, AmtProvCurlLoopFunc worked, gpointer data)
{
  static const GSourceFuncs functions = {
      .prepare = prepare, .check = check, .dispatch = dispatch, .finalize = finalize};
  AmtProvCurlLoop *self =
      (AmtProvCurlLoop *)g_source_new ((GSourceFuncs *)&functions, sizeof (AmtProvCurlLoop));

  self->watches = g_array_new (FALSE, FALSE, sizeof (Watch));
  self->worked = worked;
  self->data = data;
  self->due = -1;
  self->multi = curl_multi_init ();
  curl_multi_setopt (self->multi, CURLMOPT_SOCKETFUNCTION, on_watch);
  curl_multi_setopt (self->multi, CURLMOPT_SOCKETDATA, self);
  curl_multi_setopt (self->multi, CURLMOPT_TIMERFUNCTION, on_timer_wanted);
  curl_multi_setopt (self->multi, CURLMOPT_TIMERDATA, self);
  curl_multi_setopt (self->multi, CURLMOPT_MAXCONNECTS, 1L);
  g_source_attach (&self->source, context);
  return self;
}

/* No easy handle may be left in it. */
void
amt_prov_curl_loop_free (AmtProvCurlLoop *self)
{
  curl_multi_cleanup (self->multi);
  g_source_destroy (&self->source);
  g_source_unref (&self->source);
}

CURLM *
amt_prov_curl_loop_get_multi (AmtProvCurlLoop *self)
{
  return self->multi;
}
