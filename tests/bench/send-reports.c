/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports machines over connections that are kept: send-reports URL TOKEN ROOT FIRST COUNT
 * CONNECTIONS. ROOT is the hash of the site's root, FIRST the number of the first machine. Prints
 * how many a second were answered with 200. */
#include <curl/curl.h>
#include <string.h>
#include <time.h>

#include "bench.h"

typedef struct {
  CURL *easy;
  const char *root;
  char body[512];
} Slot;

static size_t
drop (char *data, size_t size, size_t count, void *user_data)
{
  return size * count;
}

static double
now (void)
{
  struct timespec time;

  clock_gettime (CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void
begin (CURLM *multi, Slot *slot, unsigned number)
{
  snprintf (slot->body, sizeof slot->body,
            "{\"uuid\":\"12345678-0000-4000-8000-%012x\",\"amt\":\"12.0.45\",\"sku\":\"16392\","
            "\"provisioning_state\":\"pre\",\"host\":\"pc-%u\",\"os\":\"Debian GNU/Linux\","
            "\"os_version\":\"12\",\"addresses\":[\"192.0.2.17\"],\"hashes\":[{\"algorithm\":"
            "\"sha256\",\"hash\":\"%s\",\"active\":true}]}",
            number, number, slot->root);
  curl_easy_setopt (slot->easy, CURLOPT_POSTFIELDS, slot->body);
  curl_easy_setopt (slot->easy, CURLOPT_POSTFIELDSIZE, (long)strlen (slot->body));
  bench_need (curl_multi_add_handle (multi, slot->easy) == CURLM_OK, "cannot begin");
}

static void
open_slot (Slot *slot, const char *url, const char *root, struct curl_slist *headers)
{
  slot->easy = curl_easy_init ();
  slot->root = root;
  curl_easy_setopt (slot->easy, CURLOPT_URL, url);
  curl_easy_setopt (slot->easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt (slot->easy, CURLOPT_SSL_VERIFYPEER, 0L);
  curl_easy_setopt (slot->easy, CURLOPT_SSL_VERIFYHOST, 0L);
  curl_easy_setopt (slot->easy, CURLOPT_WRITEFUNCTION, drop);
  curl_easy_setopt (slot->easy, CURLOPT_PRIVATE, slot);
}

/* Takes what has come, and sends as many new ones. */
static unsigned
turn (CURLM *multi, unsigned first, unsigned *sent, unsigned count)
{
  unsigned done = 0;
  CURLMsg *message;
  int left;

  while ((message = curl_multi_info_read (multi, &left)) != NULL) {
    CURL *easy = message->easy_handle;
    CURLcode result = message->data.result;
    long status = 0;
    Slot *slot;

    bench_need (result == CURLE_OK, curl_easy_strerror (result));
    curl_easy_getinfo (easy, CURLINFO_RESPONSE_CODE, &status);
    bench_need (status == 200, "a report was not answered with 200");
    curl_easy_getinfo (easy, CURLINFO_PRIVATE, (char **)&slot);
    curl_multi_remove_handle (multi, easy);
    done++;
    if (*sent < count)
      begin (multi, slot, first + (*sent)++);
  }
  return done;
}

int
main (int argc, char **argv)
{
  CURLM *multi = curl_multi_init ();
  struct curl_slist *headers = NULL;
  unsigned first, count, connections, sent = 0, done = 0;
  char token[256];
  double began;
  Slot *slots;

  bench_need (argc == 7, "usage: send-reports URL TOKEN ROOT FIRST COUNT CONNECTIONS");
  first = (unsigned)atoi (argv[4]);
  count = (unsigned)atoi (argv[5]);
  connections = (unsigned)atoi (argv[6]);
  snprintf (token, sizeof token, "Authorization: Bearer %s", argv[2]);
  headers = curl_slist_append (headers, token);
  headers = curl_slist_append (headers, "Content-Type: application/json");
  slots = calloc (connections, sizeof *slots);
  curl_multi_setopt (multi, CURLMOPT_MAXCONNECTS, (long)connections);
  began = now ();
  for (unsigned i = 0; i < connections && sent < count; i++) {
    open_slot (&slots[i], argv[1], argv[3], headers);
    begin (multi, &slots[i], first + sent++);
  }
  while (done < count) {
    int running;

    bench_need (curl_multi_perform (multi, &running) == CURLM_OK, "cannot go on");
    done += turn (multi, first, &sent, count);
    if (done < count)
      curl_multi_poll (multi, NULL, 0, 1000, NULL);
  }
  printf ("%.1f\n", count / (now () - began));
  for (unsigned i = 0; i < connections; i++)
    curl_easy_cleanup (slots[i].easy);
  curl_multi_cleanup (multi);
  curl_slist_free_all (headers);
  free (slots);
  return 0;
}
