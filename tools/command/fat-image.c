/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fat-image.h"

#include <amtprov/amtprov.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTOR 512
#define LABEL  "AMTPROV"
#define NAME   "::/setup.bin"

/* FAT16 has fewer clusters than this; a cluster has 64 KiB at most. */
#define MAX_CLUSTERS        65000
#define MAX_CLUSTER_SECTORS 64

/* The image is given as an open file, since the mtools find options in some names. */
#define IMAGE_FD 3
#define IMAGE    "/proc/self/fd/3"

static gboolean
fail_code (GError **error, const char *path, int code)
{
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s: %s", path, g_strerror (code));
  return FALSE;
}

static int
open_image (const char *path, int flags, GError **error)
{
  int fd = open (path, flags | O_CLOEXEC, 0600);

  if (fd < 0)
    fail_code (error, path, errno);
  return fd;
}

/* The image is open for it while it runs; input is a file or NULL. */
static GSubprocess *
spawn (const char *image,
       int open_flags,
       const char *input,
       GSubprocessFlags flags,
       const char *const *words,
       GError **error)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (flags);
  GSubprocess *process;
  int fd = open_image (image, open_flags, error);

  if (fd < 0)
    return NULL;
  g_subprocess_launcher_take_fd (launcher, fd, IMAGE_FD);
  g_subprocess_launcher_setenv (launcher, "MTOOLSRC", "/dev/null", TRUE);
  g_subprocess_launcher_setenv (launcher, "LC_ALL", "C", TRUE);
  g_subprocess_launcher_set_stdin_file_path (launcher, input);
  process = g_subprocess_launcher_spawnv (launcher, words, error);
  if (process == NULL)
    g_prefix_error (error, "%s is needed for images of sticks (Debian package mtools): ", words[0]);
  return process;
}

/* Returns what the tool prints, NULL with what it complains about. */
static char *
run_tool (
    const char *image, int open_flags, const char *input, const char *const *words, GError **error)
{
  g_autoptr (GSubprocess) process =
      spawn (image, open_flags, input,
             G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE, words, error);
  g_autofree char *out = NULL, *complaint = NULL;

  if (process == NULL ||
      !g_subprocess_communicate_utf8 (process, NULL, NULL, &out, &complaint, error))
    return NULL;
  if (g_subprocess_get_successful (process))
    return g_steal_pointer (&out);
  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA, "%s: %s says: %s", image,
               words[0], g_strstrip (complaint));
  return NULL;
}

gboolean
amtprov_fat_is_image (const char *path)
{
  guint8 sector[SECTOR];
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  gboolean is_image;

  if (fd < 0)
    return FALSE;
  /* A boot sector begins with a jump and ends with a mark; setup.bin begins with its GUID. */
  is_image = pread (fd, sector, sizeof sector, 0) == sizeof sector &&
             (sector[0] == 0xeb || sector[0] == 0xe9) && sector[510] == 0x55 && sector[511] == 0xaa;
  close (fd);
  return is_image;
}

/* ---- making ---- */

static guint64
image_sectors (guint64 file_size)
{
  /* Room for the tables, the root and the last cluster. */
  guint64 wanted = file_size + file_size / 64 + 1024 * 1024;

  return MAX (wanted, AMTPROV_FAT_MIN_SIZE) / SECTOR;
}

static gboolean
format_image (const char *image, guint64 sectors, GError **error)
{
  g_autofree char *total = g_strdup_printf ("%" G_GUINT64_FORMAT, sectors);
  g_autofree char *cluster = NULL, *out = NULL;
  const char *words[] = {"mformat", "-C", "-i", IMAGE, "-v", LABEL, "-T",
                         total,     "-c", NULL, "::",  NULL, NULL};
  guint size = 4;

  while (sectors / size > MAX_CLUSTERS && size < MAX_CLUSTER_SECTORS)
    size *= 2;
  words[9] = cluster = g_strdup_printf ("%u", size);
  if (sectors / size > MAX_CLUSTERS) {
    words[10] = "-F";
    words[11] = "::";
  }
  out = run_tool (image, O_RDWR | O_CREAT | O_EXCL, NULL, words, error);
  return out != NULL;
}

/* The size comes from the file, so that a full disk is met here and not by the mtools. */
static gboolean
allocate (const char *image, guint64 size, GError **error)
{
  int fd = open_image (image, O_WRONLY, error);
  int code;

  if (fd < 0)
    return FALSE;
  code = posix_fallocate (fd, 0, (off_t)size);
  close (fd);
  return code == 0 || fail_code (error, image, code);
}

static gboolean
copy_into (const char *image, const char *setup_bin, GError **error)
{
  static const char *const words[] = {"mcopy", "-i", IMAGE, "-", NAME, NULL};
  g_autofree char *out = run_tool (image, O_RDWR, setup_bin, words, error);

  return out != NULL;
}

gboolean
amtprov_fat_create (const char *image, const char *setup_bin, GError **error)
{
  struct stat status;
  guint64 sectors;

  if (stat (setup_bin, &status) != 0)
    return fail_code (error, setup_bin, errno);
  sectors = image_sectors ((guint64)status.st_size);
  return format_image (image, sectors, error) && allocate (image, sectors * SECTOR, error) &&
         copy_into (image, setup_bin, error) && amtprov_fat_check (image, error);
}

/* ---- looking ---- */

/* What minfo says of FAT32 only. */
#define BIG_TABLE "\nBig fatlen="

static char *
read_facts (const char *image, GError **error)
{
  static const char *const show[] = {"minfo", "-i", IMAGE, "::", NULL};

  return run_tool (image, O_RDONLY, NULL, show, error);
}

gboolean
amtprov_fat_examine (const char *image, AmtprovFatLayout *layout, GError **error)
{
  static const char *const list[] = {"mdir", "-a", "-b", "-i", IMAGE, "::/", NULL};
  static const char *const show[] = {"mshowfat", "-i", IMAGE, NAME, NULL};
  g_autofree char *names = run_tool (image, O_RDONLY, NULL, list, error);
  g_autofree char *facts = names != NULL ? read_facts (image, error) : NULL;
  g_autofree char *clusters = NULL;
  g_auto (GStrv) lines = NULL;
  const char *range;

  memset (layout, 0, sizeof *layout);
  if (facts == NULL)
    return FALSE;
  layout->fat32 = strstr (facts, BIG_TABLE) != NULL;
  lines = g_strsplit (names, "\n", -1);
  for (guint i = 0; lines[i] != NULL && !layout->found; i++) {
    layout->found = g_ascii_strcasecmp (lines[i], NAME) == 0;
    layout->first = layout->found && i == 0;
  }
  if (!layout->found)
    return TRUE;
  clusters = run_tool (image, O_RDONLY, NULL, show, error);
  if (clusters == NULL)
    return FALSE;
  /* One range of clusters, as in “::/setup.bin <2-41>”. */
  range = strchr (clusters, '<');
  layout->contiguous = range != NULL && strchr (range + 1, '<') == NULL;
  if (range != NULL)
    layout->first_cluster = (guint)g_ascii_strtoull (range + 1, NULL, 10);
  return TRUE;
}

static gboolean
refuse (GError **error, const char *image, const char *reason)
{
  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA, "%s: %s", image, reason);
  return FALSE;
}

static gboolean
check_layout (const char *image, AmtprovFatLayout *layout, GError **error)
{
  if (!amtprov_fat_examine (image, layout, error))
    return FALSE;
  if (!layout->found)
    return refuse (error, image, "there is no setup.bin in the root of the image");
  if (!layout->contiguous)
    return refuse (error, image,
                   "setup.bin is fragmented, and a BIOS reads its sectors one after the other; "
                   "make the image again with amtprov usb create --image");
  if (!layout->first)
    return refuse (error, image,
                   "setup.bin is not the first file in the root; make the image again with amtprov "
                   "usb create --image");
  return TRUE;
}

gboolean
amtprov_fat_check (const char *image, GError **error)
{
  AmtprovFatLayout layout;

  return check_layout (image, &layout, error);
}

static guint64
find_fact (const char *facts, const char *name)
{
  const char *at = strstr (facts, name);

  return at != NULL ? g_ascii_strtoull (at + strlen (name), NULL, 10) : 0;
}

gboolean
amtprov_fat_locate (const char *image, guint64 *offset, GError **error)
{
  AmtprovFatLayout layout;
  g_autofree char *facts = NULL;
  guint64 sector, table, start;

  if (!check_layout (image, &layout, error) || (facts = read_facts (image, error)) == NULL)
    return FALSE;
  sector = find_fact (facts, "\nsector size: ");
  table = find_fact (facts, "\nsectors per fat: ");
  if (table == 0)
    table = find_fact (facts, BIG_TABLE);
  /* The boot sectors, the tables, and the root with 32 bytes for each name; then the clusters, of
   * which the first has number 2. */
  start = find_fact (facts, "\nreserved (boot) sectors: ") * sector +
          find_fact (facts, "\nfats: ") * table * sector +
          find_fact (facts, "\nmax available root directory slots: ") * 32;
  *offset = start + (layout.first_cluster - 2) * find_fact (facts, "\ncluster size: ") * sector;
  return TRUE;
}

GInputStream *
amtprov_fat_read (const char *image, GError **error)
{
  static const char *const copy[] = {"mcopy", "-i", IMAGE, NAME, "-", NULL};
  g_autoptr (GSubprocess) process = NULL;
  AmtprovFatLayout layout;

  if (!amtprov_fat_examine (image, &layout, error))
    return NULL;
  if (!layout.found) {
    refuse (error, image, "there is no setup.bin in the root of the image");
    return NULL;
  }
  process = spawn (image, O_RDONLY, NULL, G_SUBPROCESS_FLAGS_STDOUT_PIPE, copy, error);
  return process != NULL ? g_object_ref (g_subprocess_get_stdout_pipe (process)) : NULL;
}
