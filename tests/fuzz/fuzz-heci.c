/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <amtprov/amtprov.h>

#include "fuzz.h"

#define N_CLIENTS 3

static AmtProvHeciMessage *
decode (const char *command, AmtProvHeciClient client, GBytes *bytes)
{
  g_autoptr (GError) error = NULL;
  AmtProvHeciMessage *message = command != NULL
                                    ? amt_prov_heci_message_decode_response (command, bytes, &error)
                                    : amt_prov_heci_message_decode_request (client, bytes, &error);

  g_assert_true ((message == NULL) == (error != NULL));
  return message;
}

/* What was read and can be written reads as the same values again. */
static void
check_message (AmtProvHeciMessage *message)
{
  g_autoptr (GVariant) values = amt_prov_heci_message_dup_values (message);
  g_autoptr (GBytes) bytes = amt_prov_heci_message_encode (message, NULL);
  g_autoptr (AmtProvHeciMessage) again = NULL;
  g_autoptr (GVariant) same = NULL;

  if (bytes == NULL)
    return;
  again = decode (amt_prov_heci_message_is_response (message)
                      ? amt_prov_heci_message_get_command (message)
                      : NULL,
                  amt_prov_heci_message_get_client (message), bytes);
  g_assert_nonnull (again);
  same = amt_prov_heci_message_dup_values (again);
  g_assert_true (g_variant_equal (values, same));
  g_assert_cmpuint (amt_prov_heci_message_get_status (again), ==,
                    amt_prov_heci_message_get_status (message));
}

/* The first byte says how to read the rest: as a request to a client, or as a response to one of
 * the commands. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (AmtProvHeciMessage) message = NULL;

  if (size == 0)
    return 0;
  bytes = g_bytes_new (data + 1, size - 1);
  if (data[0] < N_CLIENTS) {
    message = decode (NULL, data[0], bytes);
  } else {
    AmtProvHeciClient client = data[0] % N_CLIENTS;
    g_auto (GStrv) commands = amt_prov_heci_list_commands (client);

    message = decode (commands[data[0] / N_CLIENTS % g_strv_length (commands)], client, bytes);
  }
  if (message != NULL)
    check_message (message);
  return 0;
}
