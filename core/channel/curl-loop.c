/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/curl-loop-private.h"

#include <unistd.h>

/* GLib writes to a descriptor of its own whenever a poll record, a condition or a ready time is
 * set. So a record stays until its socket is closed, and what is set here is read before each poll.
 */
struct _AmtProvCurlLoop {
  GSource source;
  CURLM *multi;
  GPtrArray *watches; /* GPollFD: few, as one multi handle serves one machine */
  gint64 due;         /* monotonic, -1 for never */
  AmtProvCurlLoopFunc worked;
  gpointer data;
};

static GPollFD *
find_watch (AmtProvCurlLoop *self, curl_socket_t fd)
{
  for (guint i = 0; i < self->watches->len; i++)
    if (((GPollFD *)self->watches->pdata[i])->fd == fd)
      return self->watches->pdata[i];
  return NULL;
}

static void
remove_watch (AmtProvCurlLoop *self, GPollFD *watch)
{
  g_source_remove_poll (&self->source, watch);
  g_ptr_array_remove_fast (self->watches, watch);
}

static GPollFD *
add_watch (AmtProvCurlLoop *self, curl_socket_t fd)
{
  GPollFD *watch = g_new0 (GPollFD, 1);

  watch->fd = fd;
  g_ptr_array_add (self->watches, watch);
  g_source_add_poll (&self->source, watch);
  return watch;
}

static int
on_watch (CURL *easy, curl_socket_t fd, int what, void *data, void *socket_data)
{
  AmtProvCurlLoop *self = data;
  GPollFD *watch = find_watch (self, fd);
  gboolean idle = what == CURL_POLL_REMOVE || what == CURL_POLL_NONE;

  if (watch == NULL && !idle)
    watch = add_watch (self, fd);
  if (watch != NULL)
    watch->events = (gushort)(idle ? 0
                                   : ((what & CURL_POLL_IN) != 0 ? G_IO_IN | G_IO_HUP : 0) |
                                         ((what & CURL_POLL_OUT) != 0 ? G_IO_OUT : 0) | G_IO_ERR);
  return 0;
}

static int
on_close (void *data, curl_socket_t fd)
{
  AmtProvCurlLoop *self = data;
  GPollFD *watch = find_watch (self, fd);

  if (watch != NULL)
    remove_watch (self, watch);
  return close (fd);
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
  g_autofree curl_socket_t *ready = g_new (curl_socket_t, self->watches->len + 1);
  guint count = 0;
  int running;

  for (guint i = 0; i < self->watches->len; i++)
    if (((GPollFD *)self->watches->pdata[i])->revents != 0)
      ready[count++] = ((GPollFD *)self->watches->pdata[i])->fd;
  for (guint i = 0; i < count; i++) {
    GPollFD *watch = find_watch (self, ready[i]);
    guint seen = watch == NULL ? 0 : watch->revents;
    int action = ((seen & (G_IO_IN | G_IO_HUP)) != 0 ? CURL_CSELECT_IN : 0) |
                 ((seen & G_IO_OUT) != 0 ? CURL_CSELECT_OUT : 0) |
                 ((seen & (G_IO_ERR | G_IO_NVAL)) != 0 ? CURL_CSELECT_ERR : 0);

    if (watch == NULL)
      continue;
    watch->revents = 0;
    /* A connection that ends while it is not used: curl will see when it wants to use it. */
    if (watch->events == 0)
      remove_watch (self, watch);
    else
      curl_multi_socket_action (self->multi, ready[i], action, &running);
  }
}

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
    if (((GPollFD *)self->watches->pdata[i])->revents != 0)
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
  g_ptr_array_unref (((AmtProvCurlLoop *)source)->watches);
}

AmtProvCurlLoop *
amt_prov_curl_loop_new (GMainContext *context, AmtProvCurlLoopFunc worked, gpointer data)
{
  static const GSourceFuncs functions = {
      .prepare = prepare, .check = check, .dispatch = dispatch, .finalize = finalize};
  AmtProvCurlLoop *self =
      (AmtProvCurlLoop *)g_source_new ((GSourceFuncs *)&functions, sizeof (AmtProvCurlLoop));

  self->watches = g_ptr_array_new_with_free_func (g_free);
  self->worked = worked;
  self->data = data;
  self->due = -1;
  self->multi = curl_multi_init ();
  curl_multi_setopt (self->multi, CURLMOPT_SOCKETFUNCTION, on_watch);
  curl_multi_setopt (self->multi, CURLMOPT_SOCKETDATA, self);
  curl_multi_setopt (self->multi, CURLMOPT_TIMERFUNCTION, on_timer_wanted);
  curl_multi_setopt (self->multi, CURLMOPT_TIMERDATA, self);
  curl_multi_setopt (self->multi, CURLMOPT_MAXCONNECTS, 1L);
  g_source_set_can_recurse (&self->source, TRUE);
  g_source_attach (&self->source, context);
  return self;
}

/* Closes its connections; no easy handle may be left in it. */
void
amt_prov_curl_loop_free (AmtProvCurlLoop *self)
{
  curl_multi_cleanup (self->multi);
  g_source_destroy (&self->source);
  g_source_unref (&self->source);
}

void
amt_prov_curl_loop_add (AmtProvCurlLoop *self, CURL *easy)
{
  curl_easy_setopt (easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
  curl_easy_setopt (easy, CURLOPT_CLOSESOCKETDATA, self);
  curl_multi_add_handle (self->multi, easy);
}

void
amt_prov_curl_loop_remove (AmtProvCurlLoop *self, CURL *easy)
{
  curl_multi_remove_handle (self->multi, easy);
}
