/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <amtprov/amtprov.h>
#include <glib-unix.h>

/* An inventory of machines that is served over TCP: who connects gets a line for each machine of a
 * key file, with its owner and its place. It also hosts amtprov, so a line ends with how far the
 * machine's provisioning is. */

typedef struct {
  GKeyFile *machines; /* group: UUID */
  GHashTable *states; /* UUID → state */
  GMainLoop *loop;
  AmtProvProvisioner *provisioner;
} Inventory;

/* provisioning: begin */
static void
on_device_changed (AmtProvProvisioner *provisioner, AmtProvDevice *device, Inventory *inventory)
{
  AmtProvDeviceState state = amt_prov_device_get_state (device);

  g_hash_table_replace (inventory->states, g_strdup (amt_prov_device_get_uuid (device)),
                        g_strdup (amt_prov_device_state_to_string (state)));
}

static gboolean
start_provisioning (Inventory *inventory, const char *path, GError **error)
{
  g_autoptr (AmtProvConfig) config = amt_prov_config_load (path, NULL, error);

  if (config != NULL)
    inventory->provisioner = amt_prov_provisioner_new (config, error);
  if (inventory->provisioner == NULL)
    return FALSE;
  g_signal_connect (inventory->provisioner, "device-changed", G_CALLBACK (on_device_changed),
                    inventory);
  return amt_prov_provisioner_listen (inventory->provisioner, error);
}
/* provisioning: end */

static void
add_line (Inventory *inventory, const char *uuid, GString *text)
{
  g_autofree char *owner = g_key_file_get_string (inventory->machines, uuid, "owner", NULL);
  g_autofree char *place = g_key_file_get_string (inventory->machines, uuid, "place", NULL);
  const char *state = g_hash_table_lookup (inventory->states, uuid);

  g_string_append_printf (text, "%s\t%s\t%s\t%s\n", uuid, owner != NULL ? owner : "-",
                          place != NULL ? place : "-", state != NULL ? state : "not seen");
}

static void
on_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GSocketConnection) connection = user_data;
  g_autoptr (GError) error = NULL;

  if (!g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, &error))
    g_message ("a client went away: %s", error->message);
}

static gboolean
on_incoming (GSocketService *service,
             GSocketConnection *connection,
             GObject *source,
             Inventory *inventory)
{
  g_auto (GStrv) uuids = g_key_file_get_groups (inventory->machines, NULL);
  GOutputStream *out = g_io_stream_get_output_stream (G_IO_STREAM (connection));
  g_autoptr (GString) text = g_string_new (NULL);
  gsize length;
  char *answer;

  for (guint i = 0; uuids[i] != NULL; i++)
    add_line (inventory, uuids[i], text);
  length = text->len;
  answer = g_string_free (g_steal_pointer (&text), FALSE);
  g_object_set_data_full (G_OBJECT (connection), "answer", answer, g_free);
  g_output_stream_write_all_async (out, answer, length, G_PRIORITY_DEFAULT, NULL, on_written,
                                   g_object_ref (connection));
  return TRUE;
}

static gboolean
start_service (Inventory *inventory, GSocketService *service, GError **error)
{
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) wanted = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) address = NULL;

  if (!g_socket_listener_add_address (G_SOCKET_LISTENER (service), wanted, G_SOCKET_TYPE_STREAM,
                                      G_SOCKET_PROTOCOL_TCP, NULL, &address, error))
    return FALSE;
  g_signal_connect (service, "incoming", G_CALLBACK (on_incoming), inventory);
  g_printerr ("inventory on port %u\n",
              g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address)));
  return TRUE;
}

/* provisioning: begin */
static void
on_drained (GObject *source, GAsyncResult *result, gpointer loop)
{
  g_main_loop_quit (loop);
}
/* provisioning: end */

static gboolean
on_terminate (gpointer user_data)
{
  Inventory *inventory = user_data;

  /* provisioning: begin */
  amt_prov_provisioner_drain_async (inventory->provisioner, NULL, on_drained, inventory->loop);
  /* provisioning: end */
  return G_SOURCE_REMOVE;
}

int
main (int argc, char **argv)
{
  g_autoptr (GKeyFile) machines = g_key_file_new ();
  g_autoptr (GHashTable) states = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GSocketService) service = g_socket_service_new ();
  g_autoptr (GError) error = NULL;
  Inventory inventory = {machines, states, loop, NULL};

  if (argc != 3) {
    g_printerr ("usage: %s MACHINES AMTPROV-CONFIG\n", argv[0]);
    return 2;
  }
  if (g_key_file_load_from_file (machines, argv[1], G_KEY_FILE_NONE, &error) &&
      start_provisioning (&inventory, argv[2], &error) &&
      start_service (&inventory, service, &error)) {
    g_unix_signal_add (SIGTERM, on_terminate, &inventory);
    g_main_loop_run (loop);
  }
  g_clear_object (&inventory.provisioner);
  if (error == NULL)
    return 0;
  g_printerr ("%s: %s\n", argv[0], error->message);
  return 1;
}
