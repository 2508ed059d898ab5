/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What goes wrong at the Nth operation of the program named in FAULT_PROGRAM on files and disks:
 * with FAULT=kill@N it is killed in front of it; with FAULT=full@N there is no space left for it;
 * with FAULT=lost@N what it writes is taken and forgotten. The last two count only what writes. To
 * be preloaded. */
#undef _FILE_OFFSET_BITS
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum { KILL, FULL, LOST } fault;
static long left; /* 0: nothing goes wrong */

__attribute__ ((constructor)) static void
read_fault (void)
{
  const char *text = getenv ("FAULT"), *program = getenv ("FAULT_PROGRAM");

  if (text == NULL || program == NULL || strcmp (program, program_invocation_short_name) != 0)
    return;
  fault = text[0] == 'k' ? KILL : text[0] == 'f' ? FULL : LOST;
  left = atol (strchr (text, '@') + 1);
}

static bool
is_file (int fd)
{
  struct stat status;

  return fstat (fd, &status) == 0 &&
         (S_ISREG (status.st_mode) || S_ISDIR (status.st_mode) || S_ISBLK (status.st_mode));
}

static bool
strike (bool writes)
{
  if (left == 0 || (fault != KILL && !writes) ||
      __atomic_sub_fetch (&left, 1, __ATOMIC_SEQ_CST) > 0)
    return false;
  if (fault == KILL)
    kill (getpid (), SIGKILL);
  errno = ENOSPC;
  return true;
}

/* What writing returns then. */
static ssize_t
struck (size_t length)
{
  return fault == LOST ? (ssize_t)length : -1;
}

#define REAL(name) ((__typeof__ (&name))dlsym (RTLD_NEXT, #name))

ssize_t
write (int fd, const void *data, size_t length)
{
  return is_file (fd) && strike (true) ? struck (length) : REAL (write) (fd, data, length);
}

ssize_t
pwrite (int fd, const void *data, size_t length, off_t offset)
{
  return is_file (fd) && strike (true) ? struck (length) : REAL (pwrite) (fd, data, length, offset);
}

ssize_t
pwrite64 (int fd, const void *data, size_t length, off64_t offset)
{
  return is_file (fd) && strike (true) ? struck (length)
                                       : REAL (pwrite64) (fd, data, length, offset);
}

int
posix_fallocate (int fd, off_t offset, off_t length)
{
  return strike (true) ? ENOSPC : REAL (posix_fallocate) (fd, offset, length);
}

int
posix_fallocate64 (int fd, off64_t offset, off64_t length)
{
  return strike (true) ? ENOSPC : REAL (posix_fallocate64) (fd, offset, length);
}

int
fsync (int fd)
{
  return is_file (fd) && strike (false) ? -1 : REAL (fsync) (fd);
}

int
fdatasync (int fd)
{
  return is_file (fd) && strike (false) ? -1 : REAL (fdatasync) (fd);
}

int
mkdir (const char *path, mode_t mode)
{
  return strike (true) ? -1 : REAL (mkdir) (path, mode);
}

int
rename (const char *from, const char *to)
{
  return strike (false) ? -1 : REAL (rename) (from, to);
}

int
unlink (const char *path)
{
  return strike (false) ? -1 : REAL (unlink) (path);
}

int
rmdir (const char *path)
{
  return strike (false) ? -1 : REAL (rmdir) (path);
}
