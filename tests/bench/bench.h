/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

/* Microseconds of CPU that this process has used. */
static inline double
bench_cpu (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/* For what cannot go wrong while the benchmark is right. */
static inline void
bench_need (int good, const char *what)
{
  if (good)
    return;
  fprintf (stderr, "%s\n", what);
  exit (1);
}
