/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hello-client.h"

/* ---- the listener ---- */

static void
note_hello (AmtProvHelloListener *listener, AmtProvHello *hello, const char *address, Ear *ear)
{
  g_ptr_array_add (ear->hellos,
                   g_strdup_printf ("%s %s", address, amt_prov_hello_get_uuid (hello)));
}

static void
note_drop (AmtProvHelloListener *listener, const char *address, const char *reason, Ear *ear)
{
  g_ptr_array_add (ear->drops, g_strdup_printf ("%s: %s", address, reason));
}

Ear *
ear_new (const char *const *addresses, guint max_connections, guint max_per_source)
{
  Ear *ear = g_new0 (Ear, 1);

  ear->context = g_main_context_new ();
  g_main_context_push_thread_default (ear->context);
  ear->hellos = g_ptr_array_new_with_free_func (g_free);
  ear->drops = g_ptr_array_new_with_free_func (g_free);
  ear->listener = amt_prov_hello_listener_new (addresses, max_connections, max_per_source);
  g_signal_connect (ear->listener, "hello", G_CALLBACK (note_hello), ear);
  g_signal_connect (ear->listener, "dropped", G_CALLBACK (note_drop), ear);
  return ear;
}

Ear *
ear_new_started (guint max_connections, guint max_per_source)
{
  const char *const addresses[] = {"127.0.0.1:0", NULL};
  Ear *ear = ear_new (addresses, max_connections, max_per_source);
  g_autoptr (GError) error = NULL;

  amt_prov_hello_listener_start (ear->listener, &error);
  g_assert_no_error (error);
  return ear;
}

void
ear_free (Ear *ear)
{
  g_clear_object (&ear->listener);
  g_main_context_pop_thread_default (ear->context);
  g_main_context_unref (ear->context);
  g_ptr_array_unref (ear->hellos);
  g_ptr_array_unref (ear->drops);
  g_free (ear);
}

/* Waits until something has happened. */
void
ear_dispatch (Ear *ear)
{
  while (!g_main_context_iteration (ear->context, TRUE))
    ;
}

/* Handles what has happened already. */
void
ear_settle (Ear *ear)
{
  while (g_main_context_iteration (ear->context, FALSE))
    ;
}

void
ear_wait (Ear *ear, GPtrArray *list, guint length)
{
  while (list->len < length)
    g_main_context_iteration (ear->context, TRUE);
  g_assert_cmpuint (list->len, ==, length);
}

/* ---- the machine ---- */

static GSocketAddress *
parse_address (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnectable) parsed = g_network_address_parse (text, 0, &error);

  g_assert_no_error (error);
  return g_inet_socket_address_new_from_string (
      g_network_address_get_hostname (G_NETWORK_ADDRESS (parsed)),
      g_network_address_get_port (G_NETWORK_ADDRESS (parsed)));
}

Client *
client_new_to (const char *address, const char *from)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketAddress) remote = parse_address (address);
  Client *client = g_new0 (Client, 1);

  client->socket = g_socket_new (g_socket_address_get_family (remote), G_SOCKET_TYPE_STREAM,
                                 G_SOCKET_PROTOCOL_TCP, &error);
  g_assert_no_error (error);
  if (from != NULL) {
    g_autoptr (GSocketAddress) local = g_inet_socket_address_new_from_string (from, 0);

    g_socket_bind (client->socket, local, FALSE, &error);
    g_assert_no_error (error);
  }
  g_socket_connect (client->socket, remote, NULL, &error);
  g_assert_no_error (error);
  g_socket_set_blocking (client->socket, FALSE);
  return client;
}

Client *
client_new (Ear *ear, const char *from)
{
  g_auto (GStrv) addresses = amt_prov_hello_listener_get_addresses (ear->listener);

  g_assert_nonnull (addresses[0]);
  return client_new_to (addresses[0], from);
}

static gboolean
see_closed (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  gboolean *closed = user_data;
  g_autoptr (GError) error = NULL;
  char buffer[16];
  gssize length = g_socket_receive (socket, buffer, sizeof buffer, NULL, &error);

  g_assert_cmpint (length, <=, 0);
  *closed = length == 0 || !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
  return *closed ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

/* Waits until the other end has closed the connection. */
void
client_wait_closed (Client *client, Ear *ear)
{
  gboolean closed = FALSE;
  g_autoptr (GSource) source = g_socket_create_source (client->socket, G_IO_IN | G_IO_HUP, NULL);

  g_source_set_callback (source, G_SOURCE_FUNC (see_closed), &closed, NULL);
  g_source_attach (source, ear->context);
  while (!closed)
    g_main_context_iteration (ear->context, TRUE);
}

void
client_send (Client *client, GBytes *bytes, gsize from, gsize to)
{
  const char *data = g_bytes_get_data (bytes, NULL);
  g_autoptr (GError) error = NULL;
  gssize sent = g_socket_send (client->socket, data + from, to - from, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpint (sent, ==, (gssize)(to - from));
}

void
client_send_all (Client *client, GBytes *bytes)
{
  client_send (client, bytes, 0, g_bytes_get_size (bytes));
}

/* As machines do: no more bytes will come. */
void
client_close (Client *client)
{
  g_autoptr (GError) error = NULL;

  g_socket_shutdown (client->socket, FALSE, TRUE, &error);
  g_assert_no_error (error);
}

void
client_free (Client *client)
{
  char buffer[16];

  g_assert_cmpint (g_socket_receive (client->socket, buffer, sizeof buffer, NULL, NULL), <=, 0);
  g_object_unref (client->socket);
  g_free (client);
}

/* ---- messages ---- */

GBytes *
bytes_from_hex (const char *hex)
{
  GByteArray *bytes = g_byte_array_new ();

  for (; *hex != '\0'; hex += 2) {
    guint8 byte = (guint8)(g_ascii_xdigit_value (hex[0]) << 4 | g_ascii_xdigit_value (hex[1]));

    g_byte_array_append (bytes, &byte, 1);
  }
  return g_byte_array_free_to_bytes (bytes);
}

/* hello.md §9.1, the first one. */
GBytes *
psk_hello (void)
{
  return bytes_from_hex ("01000200000000003ec2ffd2d19d2d41860a54b2039b72ff303030303033374d");
}

/* hello.md §9.2: a real message. */
static const char real[] =
    "01000300010000003ec2ffd2d19d2d41860a54b2039b72ff180220c3846bf24b9e93ca64274c0ec67c1ecc5e024ffc"
    "acd2d7"
    "4019350e81fe546ae4022045140b3247eb9cc8c5b4f0d7b53091f73292089e6e5a63e2749dd3aca9198eda0220d7a7"
    "a0fb5d"
    "7e2731d771e9484ebcdef71d5f0c3e0a2948782bc83ee0ea699ef402201465fa205397b876faa6f0a9958e5590e40f"
    "cc7faa"
    "4fb7c2c8677521fb5fb65802202ce1cb0bf9d2f9e102993fbe215152c3b2dd0cabde1c68e5319b839154dbb7f50220"
    "9acfab"
    "7e43c8d880d06b262a94deeee4b4659989c3d0caf19baf6405e41ab7df022016af57a9f676b0ab126095aa5ebadef2"
    "2ab311"
    "19d644ac95cd4b93dbf3f26aeb0220960adf0063e96356750c2965dd0a0867da0b9cbd6e77714aeafb2349ab393da3"
    "022068"
    "ad50909b04363c605ef13581a939ff2c96372e3f12325b0a6861e1d59f660302206dc47172e01cbcb0bf62580d895f"
    "e2b8ac"
    "9ad4f873801e0c10b9c837d21eb177022073c176434f1bc6d5adf45b0e76e727287c8de57616c1e6e6141a2b2cbc7d"
    "8e4c02"
    "2043df5774b03e7fef5fe40d931a7bedf1bb2e6b42738c4e6d3841103d3aa7f33902202399561127a57125de8cefea"
    "610ddf"
    "2fa078b5c8067f4e828290bfb860e84b3c022070a73f7f376b60074248904534b11482d5bf0e698ecc498df52577eb"
    "f2e93b"
    "9a02204348a0e9444c78cb265e058d5e8944b4d84f9662bd26db257f8934a443c701610220cb3ccbb76031e5e0138f"
    "8dd39a"
    "23f9de47ffc35e43c1144cea27d46a5ab1cb5f022031ad6648f8104138c738f39ea4320133393e3a18cc02296ef97c"
    "2ac9ef"
    "6731d00220552f7bdcf1a7af9e6ce672017f4f12abf77240c78e761ac203d1d9d20ac89988022067540a47aa5b9f34"
    "570a99"
    "723cfefa96a96ee3f0d9b8bf4def9440b8065d665d0220a267c480b0b29056eb5e8aa7c93add804f5a7df516e969e7"
    "7bcaca"
    "fe8d45607902207224395222cd588c4f2683716922addb41e39b581ac34fa87b39efa896fbb39e0220cbb522d7b7f1"
    "27ad6a"
    "0113865bdf1cd4102e7d0759af635a7cf4720dc963c53b0220179fbc148a3dd00fd24ea13458cc43bfa7f59c8182d7"
    "83a513"
    "f6ebec100c892402202cabeafe37d06ca22aba7391c0033d25982952c453647349763a3ab5ad6ccf69";

GBytes *
real_hello (void)
{
  return bytes_from_hex (real);
}
