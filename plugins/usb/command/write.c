/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "command/command.h"
#include "command/fat-image.h"
#include "setup-bin-file.h"
#include "usb-commands.h"
#include "usb-device.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

/* Only what every machine will read is written. */
static gboolean
check_source (const char *path, GError **error)
{
  g_autoptr (UsbReader) reader = NULL;
  gboolean more = TRUE;

  if (amtprov_fat_is_image (path) && !amtprov_fat_check (path, error))
    return FALSE;
  reader = usb_reader_open (path, FALSE, error);
  if (reader == NULL)
    return FALSE;
  while (more) {
    g_autoptr (AmtProvSetupBinRecord) record = NULL;

    if (!usb_reader_next (reader, &record, error)) {
      g_prefix_error (error, "%s: ", path);
      return FALSE;
    }
    more = record != NULL;
  }
  return TRUE;
}

/* lsblk says it as people know it. */
static gboolean
show_device (const char *device, GError **error)
{
  const char *const words[] = {"lsblk", "-o", "NAME,SIZE,FSTYPE,LABEL,VENDOR,MODEL", device, NULL};
  g_autoptr (GSubprocess) process =
      g_subprocess_newv (words, G_SUBPROCESS_FLAGS_STDOUT_PIPE, error);
  g_autofree char *text = NULL;

  if (process == NULL || !g_subprocess_communicate_utf8 (process, NULL, NULL, &text, NULL, error))
    return FALSE;
  g_print ("%s", text);
  return TRUE;
}

static gboolean
confirm (const char *device, GError **error)
{
  g_autofree char *name = g_path_get_basename (device);
  char answer[256] = "";

  g_print ("All that is on %s will be lost. Type %s to write it: ", device, name);
  fflush (stdout);
  if (fgets (answer, sizeof answer, stdin) != NULL && g_str_equal (g_strstrip (answer), name))
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED,
               "it was not confirmed, nothing was written");
  return FALSE;
}

/* A setup.bin is made an image first. */
static gboolean
write_file (const char *setup_bin, const char *device, GError **error)
{
  g_autofree char *folder = g_dir_make_tmp ("amtprov-XXXXXX", error);
  g_autofree char *image = NULL;
  gboolean written;

  if (folder == NULL)
    return FALSE;
  image = g_build_filename (folder, "stick.img", NULL);
  written = amtprov_fat_create (image, setup_bin, error) && usb_device_write (image, device, error);
  g_unlink (image);
  g_rmdir (folder);
  return written;
}

static gboolean
write_stick (const char *source, const char *device, gboolean yes, GError **error)
{
  g_autofree char *number = NULL;

  if (!check_source (source, error))
    return FALSE;
  number = usb_device_dup_number (device, error);
  if (number == NULL || !usb_device_check (&usb_system, device, number, error) ||
      !show_device (device, error) || (!yes && !confirm (device, error)))
    return FALSE;
  return amtprov_fat_is_image (source) ? usb_device_write (source, device, error)
                                       : write_file (source, device, error);
}

/* amtprov usb write FILE|IMG DEVICE [--yes] */
int
amtprov_usb_write (int argc, char **argv)
{
  static const AmtprovUsage usage = {
      "FILE|IMG DEVICE",
      "Writes a setup.bin, or a stick's image, to a USB stick and reads it back. Shows what is on "
      "the\n"
      "stick and asks first; refuses what is mounted or not removable.",
      "amtprov usb write stick.img /dev/sdb", 2, 2};
  gboolean yes = FALSE;
  const GOptionEntry entries[] = {
      {"yes", 0, 0, G_OPTION_ARG_NONE, &yes, "Write without asking", NULL}, G_OPTION_ENTRY_NULL};
  g_autoptr (GError) error = NULL;

  if (!amtprov_parse_options (&usage, entries, &argc, &argv))
    return AMTPROV_EXIT_USAGE;
  if (!write_stick (argv[1], argv[2], yes, &error))
    return amtprov_report (error);
  g_print ("%s is written and reads back as it should\n", argv[2]);
  return AMTPROV_EXIT_DONE;
}
