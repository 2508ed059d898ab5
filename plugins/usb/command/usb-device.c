/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "usb-device.h"

#include <amtprov/amtprov.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define BLOCK (1024 * 1024)

const UsbSystem usb_system = {"/sys", "/proc/self/mountinfo"};

static gboolean G_GNUC_PRINTF (2, 3) refuse (GError **error, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_propagate_error (error,
                     g_error_new_valist (AMT_PROV_ERROR, AMT_PROV_ERROR_BLOCKED, format, args));
  va_end (args);
  return FALSE;
}

static gboolean
fail_errno (GError **error, const char *path)
{
  int code = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s: %s", path, g_strerror (code));
  return FALSE;
}

/* ---- whether it may be written ---- */

char *
usb_device_dup_number (const char *device, GError **error)
{
  struct stat status;

  if (stat (device, &status) != 0) {
    fail_errno (error, device);
    return NULL;
  }
  if (!S_ISBLK (status.st_mode)) {
    refuse (error, "%s is no block device: name the stick, such as /dev/sdb, and see lsblk",
            device);
    return NULL;
  }
  return g_strdup_printf ("%u:%u", major (status.st_rdev), minor (status.st_rdev));
}

static char *
read_attribute (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  char *text = NULL;

  return g_file_get_contents (path, &text, NULL, NULL) ? g_strstrip (text) : NULL;
}

/* The numbers of a disk and of its partitions. */
static GHashTable *
list_numbers (const char *folder, const char *number)
{
  GHashTable *numbers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  g_hash_table_add (numbers, g_strdup (number));
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *partition = g_build_filename (folder, name, NULL);
    g_autofree char *mark = read_attribute (partition, "partition");
    char *own = mark != NULL ? read_attribute (partition, "dev") : NULL;

    if (own != NULL)
      g_hash_table_add (numbers, own);
  }
  return numbers;
}

/* Returns where one of them is mounted. Fields of mountinfo: id, parent, number, root, place … */
static char *
find_mount (const char *mountinfo, GHashTable *numbers, GError **error)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  if (!g_file_get_contents (mountinfo, &text, NULL, error))
    return NULL;
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++) {
    g_auto (GStrv) fields = g_strsplit (lines[i], " ", 6);

    if (g_strv_length (fields) >= 5 && g_hash_table_contains (numbers, fields[2]))
      return g_strdup (fields[4]);
  }
  return g_strdup ("");
}

gboolean
usb_device_check (const UsbSystem *system, const char *device, const char *number, GError **error)
{
  g_autofree char *folder = g_build_filename (system->sys, "dev", "block", number, NULL);
  g_autofree char *partition = read_attribute (folder, "partition");
  g_autofree char *removable = read_attribute (folder, "removable");
  g_autoptr (GHashTable) numbers = NULL;
  g_autofree char *place = NULL;

  if (partition != NULL)
    return refuse (error, "%s is a partition: name the whole stick, of which it is number %s",
                   device, partition);
  if (g_strcmp0 (removable, "1") != 0)
    return refuse (error,
                   "%s is not removable, so it is no stick: nothing was written. See lsblk -o "
                   "NAME,RM,SIZE,MODEL for those that are",
                   device);
  numbers = list_numbers (folder, number);
  place = find_mount (system->mountinfo, numbers, error);
  if (place == NULL)
    return FALSE;
  if (*place != '\0')
    return refuse (error, "%s is mounted on %s: nothing was written. Unmount it first", device,
                   place);
  return TRUE;
}

/* ---- writing ---- */

static gboolean
check_size (int image, int target, const char *device, GError **error)
{
  off_t needed = lseek (image, 0, SEEK_END);
  off_t room = lseek (target, 0, SEEK_END);
  struct stat status;

  if (needed < 0 || room < 0 || fstat (target, &status) != 0)
    return fail_errno (error, device);
  if (S_ISBLK (status.st_mode) && room < needed)
    return refuse (error,
                   "%s has %" G_GINT64_FORMAT " bytes, and %" G_GINT64_FORMAT
                   " are needed: take a larger stick",
                   device, (gint64)room, (gint64)needed);
  return TRUE;
}

/* The length that was read; it is less than asked for at the end only. */
static gssize
read_full (int fd, guint8 *data, gsize length, off_t offset)
{
  gsize done = 0;

  while (done < length) {
    gssize n = pread (fd, data + done, length - done, offset + (off_t)done);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return -1;
    if (n == 0)
      break;
    done += (gsize)n;
  }
  return (gssize)done;
}

static gboolean
write_full (int fd, const guint8 *data, gsize length, off_t offset)
{
  gsize done = 0;

  while (done < length) {
    gssize n = pwrite (fd, data + done, length - done, offset + (off_t)done);

    if (n < 0 && errno != EINTR)
      return FALSE;
    if (n > 0)
      done += (gsize)n;
  }
  return TRUE;
}

static gboolean
copy (int image, int target, const char *device, GError **error)
{
  g_autofree guint8 *block = g_malloc (BLOCK);
  off_t offset = 0;
  gssize n;

  while ((n = read_full (image, block, BLOCK, offset)) > 0) {
    if (!write_full (target, block, (gsize)n, offset))
      return fail_errno (error, device);
    offset += n;
  }
  if (n < 0 || fsync (target) != 0)
    return fail_errno (error, device);
  return TRUE;
}

/* What the kernel remembers is thrown away first, so that the medium is read. */
static gboolean
compare (int image, int target, const char *device, GError **error)
{
  g_autofree guint8 *wanted = g_malloc (BLOCK);
  g_autofree guint8 *found = g_malloc (BLOCK);
  off_t offset = 0;
  gssize n;

  ioctl (target, BLKFLSBUF);
  posix_fadvise (target, 0, 0, POSIX_FADV_DONTNEED);
  while ((n = read_full (image, wanted, BLOCK, offset)) > 0) {
    gssize back = read_full (target, found, (gsize)n, offset);

    if (back < 0)
      return fail_errno (error, device);
    if (back != n || memcmp (wanted, found, (gsize)n) != 0) {
      g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
                   "%s does not give back what was written to it, in the MiB from byte "
                   "%" G_GINT64_FORMAT " on: the stick is broken, take another one",
                   device, (gint64)offset);
      return FALSE;
    }
    offset += n;
  }
  return n == 0 || fail_errno (error, device);
}

gboolean
usb_device_write (const char *image, const char *device, GError **error)
{
  int source = open (image, O_RDONLY | O_CLOEXEC);
  /* Exclusive: the kernel refuses a device of which something is in use. */
  int target = source >= 0 ? open (device, O_RDWR | O_EXCL | O_CLOEXEC) : -1;
  gboolean written;

  if (source < 0)
    return fail_errno (error, image);
  written = target >= 0 ? check_size (source, target, device, error) &&
                              copy (source, target, device, error) &&
                              compare (source, target, device, error)
                        : fail_errno (error, device);
  if (target >= 0)
    close (target);
  close (source);
  return written;
}
