/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <glib/gstdio.h>

#include "caller.h"
#include "mei/mei-recorder.h"

typedef struct {
  Caller caller;
  char *path;
  char *uri;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  int fd = g_file_open_tmp ("amtprov-replay-XXXXXX", &self->path, NULL);

  g_assert_cmpint (fd, >=, 0);
  g_close (fd, NULL);
  self->uri = g_strconcat ("mei:replay:", self->path, NULL);
  caller_set_up (&self->caller, NULL);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  caller_tear_down (&self->caller, NULL);
  g_unlink (self->path);
  g_free (self->path);
  g_free (self->uri);
}

static void
write_recording (Fixture *self, const char *text)
{
  g_assert_true (g_file_set_contents (self->path, text, -1, NULL));
}

static void
add (MeiRecorder *recorder, const char *op, const char *text)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  amt_prov_mei_recorder_add (recorder, op, bytes);
}

static void
ask (Fixture *self, AmtProvMessageChannel *channel, const char *question, const char *answer)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *got = caller_ask (&self->caller, channel, question, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (got, ==, answer);
}

/* What was recorded is replayed, in any order; another client's answers are not. */
static void
test_order (Fixture *self, gconstpointer data)
{
  g_autoptr (MeiRecorder) recorder = amt_prov_mei_recorder_new ();
  g_autoptr (AmtProvMessageChannel) channel = NULL;
  g_autofree char *json = NULL;
  g_autoptr (GError) error = NULL;
  guint8 guid[AMT_PROV_UUID_LENGTH];

  amt_prov_uuid_to_wire (amt_prov_heci_client_get_guid (AMT_PROV_HECI_CLIENT_MKHI), guid);
  amt_prov_mei_recorder_add_connect (recorder, guid, 4096, 1);
  add (recorder, "write", "a");
  add (recorder, "read", "of another client");
  amt_prov_uuid_to_wire (amt_prov_heci_client_get_guid (AMT_PROV_HECI_CLIENT_PTHI), guid);
  amt_prov_mei_recorder_add_connect (recorder, guid, 5120, 1);
  add (recorder, "write", "a");
  add (recorder, "read", "A");
  add (recorder, "write", "b");
  add (recorder, "read", "B");
  add (recorder, "write", "a");
  add (recorder, "read", "A2");
  add (recorder, "write", "mute");
  add (recorder, "write", "none");
  add (recorder, "read", "");
  json = amt_prov_mei_recorder_to_json (recorder);
  g_assert_nonnull (strstr (json, "\"in_hex\" : \"2800f812b7b42d4baca846e0ff65814c\""));
  g_assert_nonnull (strstr (json, "\"out_hex\" : \"0014000001b42d4baca846e0ff65814c\""));
  write_recording (self, json);
  channel = caller_open_well (&self->caller, self->uri);
  ask (self, channel, "b", "B");
  ask (self, channel, "a", "A");
  ask (self, channel, "none", "");
  ask (self, channel, "a", "A2");
  ask (self, channel, "a", "A2");
  g_assert_null (caller_ask (&self->caller, channel, "mute", &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "not recorded: request 6d757465"));
}

static void
test_bad (Fixture *self, gconstpointer data)
{
  static const struct {
    const char *text;
    const char *why;
  } bad[] = {
      {"[]", "not recorded: a connection to client 2800f812b7b42d4baca846e0ff65814c"},
      {"{}", "a recording is a list of entries"},
      {"", "a recording is a list of entries"},
      {"[1]", "entry 1 of the recording: it is no object"},
      {"[{\"op\":\"ioctl\"}]", "entry 1 of the recording: it has no bytes in hexadecimal digits"},
      {"[{\"op\":\"write\",\"hex\":\"abc\"}]", "it has no bytes"},
      {"[{\"op\":\"write\",\"hex\":\"zz\"}]", "it has no bytes"},
      {"[{\"op\":\"write\",\"hex\":\"00\"},{\"op\":\"poke\",\"hex\":\"00\"}]",
       "entry 2 of the recording: its op is none of ioctl, write and read"},
      {"[", "1:1"},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;

    write_recording (self, bad[i].text);
    g_assert_null (caller_open (&self->caller, self->uri, &error));
    g_assert_nonnull (error);
    if (strstr (error->message, bad[i].why) == NULL)
      g_error ("%s: \"%s\" does not say \"%s\"", bad[i].text, error->message, bad[i].why);
  }
  g_unlink (self->path);
  g_assert_null (caller_open (&self->caller, self->uri, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/replay/order", Fixture, NULL, set_up, test_order, tear_down);
  g_test_add ("/replay/bad", Fixture, NULL, set_up, test_bad, tear_down);
  return g_test_run ();
}
