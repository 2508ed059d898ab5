/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transport-fixture.h"

#include <string.h>
#include <glib/gstdio.h>

char *folder_of_sockets;
static char *root;

guint
count_entries (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (path, 0, &error);
  guint count = 0;

  g_assert_no_error (error);
  while (g_dir_read_name (dir) != NULL)
    count++;
  return count;
}

/* Without those by which GLib wakes its threads: made when first needed, they stay. */
static guint
count_descriptors (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  const char *name;
  guint count = 0;

  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename ("/proc/self/fd", name, NULL);
    g_autofree char *target = g_file_read_link (path, NULL);

    if (g_strcmp0 (target, "anon_inode:[eventfd]") != 0)
      count++;
  }
  return count;
}

void
set_up (Fixture *self, gconstpointer data)
{
  self->descriptors = count_descriptors ();
  self->context = g_main_context_new ();
  g_main_context_push_thread_default (self->context);
  self->site = g_object_new (AMT_PROV_TYPE_SITE, NULL);
  self->cancellable = g_cancellable_new ();
}

void
settle (Fixture *self)
{
  while (g_main_context_iteration (self->context, FALSE))
    ;
}

void
tear_down (Fixture *self, gconstpointer data)
{
  g_clear_object (&self->channel);
  g_assert_cmpuint (count_entries (folder_of_sockets), ==, 0);
  settle (self);
  if (self->stream != NULL)
    g_assert_true (g_io_stream_is_closed (self->stream));
  g_clear_object (&self->stream);
  g_clear_object (&self->machine);
  g_clear_pointer (&self->device, fake_device_free);
  g_clear_object (&self->transport);
  g_clear_object (&self->asked);
  g_object_unref (self->cancellable);
  g_object_unref (self->site);
  g_main_context_pop_thread_default (self->context);
  g_main_context_unref (self->context);
  g_assert_false (g_main_context_pending (NULL));
  g_assert_cmpuint (count_descriptors (), ==, self->descriptors);
}

/* With @open_limit in milliseconds. */
void
make_channel (Fixture *self, FakeOpen open, AmtProvTlsPolicy *policy, guint open_limit)
{
  guint16 port = self->device != NULL ? fake_device_get_port (self->device) : 16993;

  self->transport = fake_transport_new (open, self);
  self->channel = amt_prov_channel_new_over (self->transport, "fake", self->site, "127.0.0.1", port,
                                             policy, NULL);
  amt_prov_channel_set_limits (self->channel, 1024 * 1024, open_limit, LONG);
}

gboolean
open_device (const char *uri, AmtProvOperation *operation, gpointer data, GError **error)
{
  Fixture *self = data;

  self->opened++;
  return fake_transport_dial (uri, operation, data, error);
}

GString *
answer_general (const char *request, gpointer data)
{
  return fake_soap ("<g:AMT_GeneralSettings><g:DigestRealm>Digest:A</g:DigestRealm>"
                    "</g:AMT_GeneralSettings>");
}

GString *
answer_and_close (const char *request, gpointer data)
{
  g_autoptr (GString) general = answer_general (request, data);
  const char *body = strstr (general->str, "\r\n\r\n");

  g_assert_nonnull (body);
  g_string_insert (general, body - general->str, "\r\nConnection: close");
  return g_steal_pointer (&general);
}

gboolean
cancel (gpointer data)
{
  g_cancellable_cancel (data);
  return G_SOURCE_REMOVE;
}

/* Called when the channel has come so far. */
void
later (Fixture *self, GSourceFunc func, gpointer data)
{
  g_autoptr (GSource) idle = g_idle_source_new ();

  g_source_set_callback (idle, func, data, NULL);
  g_source_attach (idle, self->context);
}

/* In a subprocess the folder has a name that is too long for a socket. */
void
transport_init (int *argc, char ***argv)
{
  g_autofree char *tail = g_strnfill (100, 'x');

  g_test_init (argc, argv, NULL);
  root = g_strdup ("/tmp/amtprov-test-XXXXXX");
  g_assert_nonnull (g_mkdtemp (root));
  folder_of_sockets = g_test_subprocess () ? g_build_filename (root, tail, NULL) : g_strdup (root);
  g_assert_cmpint (g_mkdir_with_parents (folder_of_sockets, 0700), ==, 0);
  g_setenv ("TMPDIR", folder_of_sockets, TRUE);
}

int
transport_run (void)
{
  int result = g_test_run ();

  g_rmdir (folder_of_sockets);
  g_rmdir (root);
  g_free (folder_of_sockets);
  g_free (root);
  return result;
}
