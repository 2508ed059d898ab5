/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What nobody can avoid who makes a setup.bin: writes as many bytes, all of them random ones from
 * the generator that pairs come from, record by record and durably. */
#include <openssl/rand.h>
#include <unistd.h>

#include "bench.h"

#define RECORD      512
#define BUFFER_SIZE (256 * 1024)

int
main (int argc, char **argv)
{
  FILE *file;
  unsigned char record[RECORD];

  bench_need (argc == 3, "usage: write-random FILE RECORDS");
  file = fopen (argv[1], "w");
  bench_need (file != NULL && setvbuf (file, NULL, _IOFBF, BUFFER_SIZE) == 0,
              "the file cannot be made");
  for (long left = atol (argv[2]); left > 0; left--) {
    bench_need (RAND_priv_bytes (record, sizeof record) == 1, "there are no random bytes");
    bench_need (fwrite (record, sizeof record, 1, file) == 1, "the file cannot be written");
  }
  bench_need (fflush (file) == 0 && fsync (fileno (file)) == 0 && fclose (file) == 0,
              "the file cannot be written");
  return 0;
}
