/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mei-replay.h"

#include <json-glib/json-glib.h>

#include "mei-channel.h"

struct _AmtProvMeiReplay {
  GObject parent_instance;
  char *path;
  /* Request in hex to its answers in hex, in order. */
  GHashTable *answers;
  GQueue asked; /* requests in hex that wait for their answers */
};

static void amt_prov_mei_replay_iface_init (AmtProvMessageChannelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (AmtProvMeiReplay,
                               amt_prov_mei_replay,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (AMT_PROV_TYPE_MESSAGE_CHANNEL,
                                                      amt_prov_mei_replay_iface_init))

static gboolean
amt_prov_mei_replay_send (AmtProvMessageChannel *channel,
                          GBytes *message,
                          AmtProvOperation *operation,
                          GError **error)
{
  AmtProvMeiReplay *self = AMT_PROV_MEI_REPLAY (channel);
  gsize length;
  const guint8 *data = g_bytes_get_data (message, &length);

  g_queue_push_tail (&self->asked, amt_prov_mei_to_hex (data, length));
  amt_prov_operation_return_variant (operation, NULL);
  return TRUE;
}

static GVariant *
from_hex (const char *hex)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  for (; hex[0] != '\0' && hex[1] != '\0'; hex += 2) {
    guint8 byte = g_ascii_xdigit_value (hex[0]) << 4 | g_ascii_xdigit_value (hex[1]);

    g_byte_array_append (bytes, &byte, 1);
  }
  return amt_prov_mei_make_message (bytes->data, bytes->len);
}

static gboolean
amt_prov_mei_replay_receive (AmtProvMessageChannel *channel,
                             AmtProvOperation *operation,
                             GError **error)
{
  AmtProvMeiReplay *self = AMT_PROV_MEI_REPLAY (channel);
  g_autofree char *asked = g_queue_pop_head (&self->asked);
  GQueue *answers = asked != NULL ? g_hash_table_lookup (self->answers, asked) : NULL;

  if (answers == NULL) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_FOUND, "%s: not recorded: request %s",
                 self->path, asked != NULL ? asked : "(none)");
    return FALSE;
  }
  amt_prov_operation_return_variant (operation, from_hex (g_queue_peek_head (answers)));
  if (answers->length > 1)
    g_free (g_queue_pop_head (answers));
  return TRUE;
}

static void
amt_prov_mei_replay_iface_init (AmtProvMessageChannelInterface *iface)
{
  iface->send = amt_prov_mei_replay_send;
  iface->receive = amt_prov_mei_replay_receive;
}

static void
amt_prov_mei_replay_finalize (GObject *object)
{
  AmtProvMeiReplay *self = AMT_PROV_MEI_REPLAY (object);

  g_hash_table_unref (self->answers);
  g_queue_clear_full (&self->asked, g_free);
  g_free (self->path);
  G_OBJECT_CLASS (amt_prov_mei_replay_parent_class)->finalize (object);
}

static void
amt_prov_mei_replay_class_init (AmtProvMeiReplayClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = amt_prov_mei_replay_finalize;
}

static void
free_answers (gpointer data)
{
  g_queue_free_full (data, g_free);
}

static void
amt_prov_mei_replay_init (AmtProvMeiReplay *self)
{
  self->answers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, free_answers);
}

static void
add_answer (AmtProvMeiReplay *self, const char *request, const char *answer)
{
  GQueue *answers = g_hash_table_lookup (self->answers, request);

  if (answers == NULL) {
    answers = g_queue_new ();
    g_hash_table_insert (self->answers, g_strdup (request), answers);
  }
  g_queue_push_tail (answers, g_strdup (answer));
}

static gboolean
refuse (AmtProvMeiReplay *self, guint entry, GError **error, const char *what)
{
  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
               "%s: entry %u of the recording: %s", self->path, entry + 1, what);
  return FALSE;
}

/* Returns: (transfer full) (nullable): the digits in lower case */
static char *
get_hex (JsonObject *entry, const char *member)
{
  g_autofree char *hex =
      g_ascii_strdown (json_object_get_string_member_with_default (entry, member, "-"), -1);
  gsize digits = strspn (hex, "0123456789abcdef");

  return hex[digits] == '\0' && digits % 2 == 0 ? g_steal_pointer (&hex) : NULL;
}

/* What reading a recording has come to. */
typedef struct {
  char *client;
  char *request;
  gboolean found;
} Place;

static void
place_clear (Place *self)
{
  g_free (self->client);
  g_free (self->request);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Place, place_clear)

static gboolean
take_entry (AmtProvMeiReplay *self,
            JsonObject *entry,
            guint i,
            const char *guid,
            Place *place,
            GError **error)
{
  const char *op = json_object_get_string_member_with_default (entry, "op", "");
  gboolean is_connect = g_str_equal (op, "ioctl");
  g_autofree char *hex = get_hex (entry, is_connect ? "in_hex" : "hex");

  if (hex == NULL)
    return refuse (self, i, error, "it has no bytes in hexadecimal digits");
  if (is_connect) {
    place->found |= g_str_equal (hex, guid);
    g_free (place->client);
    place->client = g_steal_pointer (&hex);
  } else if (g_str_equal (op, "write")) {
    g_free (place->request);
    place->request = g_steal_pointer (&hex);
  } else if (!g_str_equal (op, "read")) {
    return refuse (self, i, error, "its op is none of ioctl, write and read");
  } else if (g_strcmp0 (place->client, guid) == 0 && place->request != NULL) {
    add_answer (self, place->request, hex);
  }
  return TRUE;
}

static gboolean
read_recording (AmtProvMeiReplay *self, const char *guid, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_auto (Place) place = {0};
  JsonNode *root;
  JsonArray *entries;

  if (!json_parser_load_from_file (parser, self->path, error))
    return FALSE;
  root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_ARRAY (root)) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
                 "%s: a recording is a list of entries", self->path);
    return FALSE;
  }
  entries = json_node_get_array (root);
  for (guint i = 0; i < json_array_get_length (entries); i++) {
    JsonNode *entry = json_array_get_element (entries, i);

    if (!JSON_NODE_HOLDS_OBJECT (entry))
      return refuse (self, i, error, "it is no object");
    if (!take_entry (self, json_node_get_object (entry), i, guid, &place, error))
      return FALSE;
  }
  if (!place.found)
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_FOUND,
                 "%s: not recorded: a connection to client %s", self->path, guid);
  return place.found;
}

AmtProvMeiReplay *
amt_prov_mei_replay_new (const char *path, const guint8 *guid, GError **error)
{
  g_autoptr (AmtProvMeiReplay) self = g_object_new (AMT_PROV_TYPE_MEI_REPLAY, NULL);
  g_autofree char *wanted = amt_prov_mei_to_hex (guid, AMT_PROV_UUID_LENGTH);

  self->path = g_strdup (path);
  return read_recording (self, wanted, error) ? g_steal_pointer (&self) : NULL;
}
