/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The least that a hello port can do: accept, read, close, until it is stopped. */
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

static int
listen_on (int port)
{
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons ((in_port_t)port)};
  const int yes = 1;
  int fd = socket (AF_INET, SOCK_STREAM, 0);

  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  bench_need (bind (fd, (struct sockaddr *)&address, sizeof address) == 0 &&
                  listen (fd, SOMAXCONN) == 0,
              "cannot listen");
  return fd;
}

int
main (int argc, char **argv)
{
  char buffer[2048];
  int listening;

  bench_need (argc == 2, "usage: bare-listener PORT");
  listening = listen_on (atoi (argv[1]));
  printf ("ready\n");
  fflush (stdout);
  for (;;) {
    int fd = accept (listening, NULL, NULL);

    bench_need (fd >= 0, "cannot accept");
    while (read (fd, buffer, sizeof buffer) > 0)
      ;
    close (fd);
  }
}
