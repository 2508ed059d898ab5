/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* FAT images, by the mtools. The file is called setup.bin and stands in the root. */

/* Larger sticks than 16 MB are wanted (setup-bin.md §8), and FAT16, which every BIOS reads. */
#define USB_FAT_MIN_SIZE (32 * 1024 * 1024)

/**
 * UsbFatLayout:
 * @found: setup.bin stands in the root
 * @first: it is the first entry there
 * @contiguous: its clusters follow each other
 *
 * What firmware that reads raw sectors wants of a stick.
 */
typedef struct {
  gboolean found;
  gboolean first;
  gboolean contiguous;
} UsbFatLayout;

/* Whether a file is rather a FAT image than a setup.bin. */
gboolean usb_fat_is_image (const char *path);
gboolean usb_fat_create (const char *image, const char *setup_bin, GError **error);
GInputStream *usb_fat_read (const char *image, GError **error);
gboolean usb_fat_examine (const char *image, UsbFatLayout *layout, GError **error);
/* All that usb_fat_examine() tells must hold. */
gboolean usb_fat_check (const char *image, GError **error);

G_END_DECLS
