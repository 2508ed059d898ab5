/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mei-recorder.h"

#include <amtprov/amtprov.h>
#include <json-glib/json-glib.h>
#include <string.h>

/* IOCTL_MEI_CONNECT_CLIENT as a number, whatever machine replays it (heci.md §1.1). */
#define CONNECT_REQUEST "0xc0104801"

struct _MeiRecorder {
  gatomicrefcount ref_count;
  JsonArray *entries;
};

MeiRecorder *
amt_prov_mei_recorder_new (void)
{
  MeiRecorder *self = g_new0 (MeiRecorder, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->entries = json_array_new ();
  return self;
}

MeiRecorder *
amt_prov_mei_recorder_ref (MeiRecorder *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
amt_prov_mei_recorder_unref (MeiRecorder *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  json_array_unref (self->entries);
  g_free (self);
}

char *
amt_prov_mei_to_hex (const guint8 *data, gsize length)
{
  GString *text = g_string_sized_new (2 * length);

  for (gsize i = 0; i < length; i++)
    g_string_append_printf (text, "%02x", data[i]);
  return g_string_free (text, FALSE);
}

void
amt_prov_mei_recorder_add_connect (MeiRecorder *self,
                                   const guint8 *guid,
                                   guint32 max_length,
                                   guint8 version)
{
  JsonObject *entry = json_object_new ();
  /* What the answer does not overwrite stays as it was. */
  guint8 out[AMT_PROV_UUID_LENGTH];
  g_autofree char *in_hex = amt_prov_mei_to_hex (guid, sizeof out);
  g_autofree char *out_hex = NULL;

  memcpy (out, guid, sizeof out);
  max_length = GUINT32_TO_LE (max_length);
  memcpy (out, &max_length, sizeof max_length);
  out[sizeof max_length] = version;
  out_hex = amt_prov_mei_to_hex (out, sizeof out);
  json_object_set_string_member (entry, "op", "ioctl");
  json_object_set_string_member (entry, "request", CONNECT_REQUEST);
  json_object_set_string_member (entry, "in_hex", in_hex);
  json_object_set_string_member (entry, "out_hex", out_hex);
  json_array_add_object_element (self->entries, entry);
}

void
amt_prov_mei_recorder_add (MeiRecorder *self, const char *op, GBytes *message)
{
  JsonObject *entry = json_object_new ();
  gsize length;
  const guint8 *data = g_bytes_get_data (message, &length);
  g_autofree char *hex = amt_prov_mei_to_hex (data, length);

  json_object_set_string_member (entry, "op", op);
  json_object_set_string_member (entry, "hex", hex);
  json_array_add_object_element (self->entries, entry);
}

char *
amt_prov_mei_recorder_to_json (MeiRecorder *self)
{
  g_autoptr (JsonNode) root = json_node_alloc ();

  json_node_init_array (root, self->entries);
  return json_to_string (root, TRUE);
}
