/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Says hellos to a port and waits for each connection's end; prints how many a second. */
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib.h>

#include "bench.h"

#define TOGETHER 64

static struct sockaddr_in
loopback (guint32 number, int port)
{
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons ((in_port_t)port)};

  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK + number);
  return address;
}

/* Many machines have many addresses; one alone would also run out of ports. */
static int
say (int port, guint64 number, guint64 machine)
{
  struct sockaddr_in from = loopback (0x10000 + (guint32)(number % 60000), 0);
  struct sockaddr_in to = loopback (0, port);
  /* Version 2: the UUID, its last group the machine's number, and a PID. */
  guint8 hello[32] = {1, 0, 2};
  int fd = socket (AF_INET, SOCK_STREAM, 0);

  hello[15] = 0x40;
  hello[16] = 0x80;
  for (int i = 0; i < 6; i++)
    hello[23 - i] = (guint8)(machine >> (8 * i));
  memcpy (hello + 24, "0000037M", 8);
  bench_need (fd >= 0 && bind (fd, (struct sockaddr *)&from, sizeof from) == 0 &&
                  connect (fd, (struct sockaddr *)&to, sizeof to) == 0 &&
                  send (fd, hello, sizeof hello, 0) == sizeof hello && shutdown (fd, SHUT_WR) == 0,
              "cannot say hello");
  return fd;
}

static void
await_end (int fd)
{
  char buffer[16];

  while (read (fd, buffer, sizeof buffer) > 0)
    ;
  close (fd);
}

int
main (int argc, char **argv)
{
  int open[TOGETHER];
  guint64 count, machines, stride;
  gint64 begin;

  bench_need (argc == 5, "usage: say-hello PORT COUNT MACHINES STRIDE");
  count = g_ascii_strtoull (argv[2], NULL, 10);
  machines = g_ascii_strtoull (argv[3], NULL, 10);
  stride = g_ascii_strtoull (argv[4], NULL, 10);
  bench_need (machines > 0, "no machines");
  begin = g_get_monotonic_time ();
  for (guint64 i = 0; i < count; i += TOGETHER) {
    guint64 some = MIN (TOGETHER, count - i);

    for (guint64 j = 0; j < some; j++)
      open[j] = say (atoi (argv[1]), i + j, (i + j) % machines * stride);
    for (guint64 j = 0; j < some; j++)
      await_end (open[j]);
  }
  printf ("%.1f\n", (double)count * G_USEC_PER_SEC / (double)(g_get_monotonic_time () - begin));
  return 0;
}
