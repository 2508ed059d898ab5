/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib/gstdio.h>
#include <string.h>

#include <amtprov/amtprov.h>

#include "usb-device.h"

/* What the kernel would say of a stick 8:16 with a partition 8:17. */
typedef struct {
  char *folder;
  char *mountinfo;
  UsbSystem system;
} Fixture;

static char *
put (Fixture *f, const char *name, const char *text)
{
  char *path = g_build_filename (f->folder, name, NULL);
  g_autofree char *parent = g_path_get_dirname (path);

  g_assert_cmpint (g_mkdir_with_parents (parent, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  return path;
}

static void
put_only (Fixture *f, const char *name, const char *text)
{
  g_free (put (f, name, text));
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->folder = g_dir_make_tmp ("amtprov-XXXXXX", NULL);
  g_assert_nonnull (f->folder);
  put_only (f, "dev/block/8:16/removable", "1\n");
  put_only (f, "dev/block/8:16/dev", "8:16\n");
  put_only (f, "dev/block/8:16/sdb1/partition", "1\n");
  put_only (f, "dev/block/8:16/sdb1/dev", "8:17\n");
  put_only (f, "dev/block/8:17/partition", "1\n");
  put_only (f, "dev/block/8:0/removable", "0\n");
  f->mountinfo = put (f, "mountinfo", "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n");
  f->system = (UsbSystem){f->folder, f->mountinfo};
}

static void
remove_all (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *child = g_build_filename (path, name, NULL);
    remove_all (child);
  }
  g_remove (path);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  remove_all (f->folder);
  g_free (f->folder);
  g_free (f->mountinfo);
}

static void
assert_refused (Fixture *f, const char *number, const char *wanted)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (usb_device_check (&f->system, "/dev/sdb", number, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_BLOCKED);
  g_assert_nonnull (strstr (error->message, "/dev/sdb"));
  g_assert_nonnull (strstr (error->message, wanted));
}

static void
test_stick (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (usb_device_check (&f->system, "/dev/sdb", "8:16", &error));
  g_assert_no_error (error);
}

static void
test_what_is_no_stick (Fixture *f, gconstpointer data)
{
  assert_refused (f, "8:0", "not removable");
  assert_refused (f, "8:32", "not removable");
  assert_refused (f, "8:17", "partition");
}

static void
test_mounted (Fixture *f, gconstpointer data)
{
  put_only (f, "mountinfo", "30 22 8:17 / /media/stick rw - vfat /dev/sdb1 rw\n");
  assert_refused (f, "8:16", "/media/stick");
  put_only (f, "mountinfo", "30 22 8:16 / /media/whole rw - vfat /dev/sdb rw\n");
  assert_refused (f, "8:16", "/media/whole");
  put_only (f, "mountinfo", "30 22 8:160 / /media/other rw - vfat /dev/sdk rw\n");
  g_assert_true (usb_device_check (&f->system, "/dev/sdb", "8:16", NULL));
}

static void
test_mounts_unknown (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_remove (f->mountinfo), ==, 0);
  g_assert_false (usb_device_check (&f->system, "/dev/sdb", "8:16", &error));
  g_assert_nonnull (error);
}

static void
test_no_block_device (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) blocked = NULL, missing = NULL;

  g_assert_null (usb_device_dup_number (f->mountinfo, &blocked));
  g_assert_error (blocked, AMT_PROV_ERROR, AMT_PROV_ERROR_BLOCKED);
  g_assert_null (usb_device_dup_number ("/nowhere/at/all", &missing));
  g_assert_error (missing, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

/* A file takes what a stick takes: the image from the beginning, and what lies behind stays. */
static void
test_write (Fixture *f, gconstpointer data)
{
  g_autofree char *bytes = g_strnfill (3 * 1024 * 1024 + 100, 'a');
  g_autofree char *old = g_strnfill (4 * 1024 * 1024, 'b');
  g_autofree char *image = put (f, "image", bytes);
  g_autofree char *target = put (f, "target", old);
  g_autofree char *found = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;

  usb_device_write (image, target, &error);
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (target, &found, &length, NULL));
  g_assert_cmpuint (length, ==, strlen (old));
  g_assert_true (memcmp (found, bytes, strlen (bytes)) == 0);
  g_assert_true (memcmp (found + strlen (bytes), old, strlen (old) - strlen (bytes)) == 0);
}

/* /dev/full takes nothing; /dev/zero takes everything and gives back zeros. */
static void
test_bad_medium (Fixture *f, gconstpointer data)
{
  g_autofree char *image = put (f, "image", "not zeros");
  g_autoptr (GError) full = NULL, liar = NULL, missing = NULL;

  g_assert_false (usb_device_write (image, "/dev/full", &full));
  g_assert_error (full, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_assert_false (usb_device_write (image, "/dev/zero", &liar));
  g_assert_nonnull (liar);
  g_assert_false (usb_device_write ("/nowhere/at/all", image, &missing));
  g_assert_error (missing, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

#define ADD(name, function)                                                                        \
  g_test_add ("/usb/device/" name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("stick", test_stick);
  ADD ("what-is-no-stick", test_what_is_no_stick);
  ADD ("mounted", test_mounted);
  ADD ("mounts-unknown", test_mounts_unknown);
  ADD ("no-block-device", test_no_block_device);
  ADD ("write", test_write);
  ADD ("bad-medium", test_bad_medium);
  return g_test_run ();
}
