/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The least that a server of libsoup can do over TLS: bare-soup PORT PEM. It answers everything
 * with 200 and as many bytes as a report is answered with, until it is stopped. */
#include <libsoup/soup.h>

#include "bench.h"

static const char answer[] =
    "{\"machine\":\"00000000-0000-4000-8000-000000000000\",\"site\":\"office\",\"order\":\"go\","
    "\"reason\":\"AMT 3.0 and later take PKI that a local agent starts (amt.conf [12.x] "
    "method.agent)\",\"otp\":\"0123456789abcdef\",\"suffix\":null,\"follow\":"
    "\"/v1/machines/00000000-0000-4000-8000-000000000000\",\"retry_after\":null}";

static void
on_request (SoupServer *server,
            SoupServerMessage *message,
            const char *path,
            GHashTable *query,
            gpointer user_data)
{
  soup_server_message_set_status (message, 200, NULL);
  soup_server_message_set_response (message, "application/json", SOUP_MEMORY_STATIC, answer,
                                    sizeof answer - 1);
}

int
main (int argc, char **argv)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GTlsCertificate) certificate = NULL;
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (SoupServer) server = NULL;

  bench_need (argc == 3, "usage: bare-soup PORT PEM");
  certificate = g_tls_certificate_new_from_file (argv[2], NULL);
  bench_need (certificate != NULL, "cannot read the certificate");
  address = g_inet_socket_address_new_from_string ("127.0.0.1", (guint)atoi (argv[1]));
  server = soup_server_new ("tls-certificate", certificate, NULL);
  soup_server_add_handler (server, NULL, on_request, NULL, NULL);
  bench_need (soup_server_listen (server, address, SOUP_SERVER_LISTEN_HTTPS, NULL),
              "cannot listen");
  printf ("ready\n");
  fflush (stdout);
  g_main_loop_run (loop);
  return 0;
}
