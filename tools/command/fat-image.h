/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* FAT images, by the mtools. The file is called setup.bin and stands in the root. */

/* Larger sticks than 16 MB are wanted (setup-bin.md §8), and FAT16, which every BIOS reads. */
#define AMTPROV_FAT_MIN_SIZE (32 * 1024 * 1024)

/**
 * AmtprovFatLayout:
 * @found: setup.bin stands in the root
 * @first: it is the first entry there
 * @contiguous: its clusters follow each other
 * @first_cluster: the first of them
 * @fat32: the image is not FAT16, the only one that AMT 2 to 5 read (setup-bin.md §8)
 *
 * What firmware that reads raw sectors wants of a stick.
 */
typedef struct {
  gboolean found;
  gboolean first;
  gboolean contiguous;
  guint first_cluster;
  gboolean fat32;
} AmtprovFatLayout;

/* Whether a file is rather a FAT image than a setup.bin. */
gboolean amtprov_fat_is_image (const char *path);
gboolean amtprov_fat_create (const char *image, const char *setup_bin, GError **error);
GInputStream *amtprov_fat_read (const char *image, GError **error);
gboolean amtprov_fat_examine (const char *image, AmtprovFatLayout *layout, GError **error);
/* All that amtprov_fat_examine() tells must hold. */
gboolean amtprov_fat_check (const char *image, GError **error);
/* The same, and where in the image its first byte stands. From there on it can be read and written
 * as firmware does. */
gboolean amtprov_fat_locate (const char *image, guint64 *offset, GError **error);

G_END_DECLS
