/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * UsbSystem:
 * @sys: where sysfs is
 * @mountinfo: what is mounted
 *
 * Where the kernel says what block devices there are; another place in tests.
 */
typedef struct {
  const char *sys;
  const char *mountinfo;
} UsbSystem;

extern const UsbSystem usb_system;

/* Whether a stick may be written: a whole, removable device of which nothing is in use. number is
 * MAJOR:MINOR as the kernel writes it. AMT_PROV_ERROR_BLOCKED says why not. */
gboolean
usb_device_check (const UsbSystem *system, const char *device, const char *number, GError **error);
/* NULL when device is no block device. */
char *usb_device_dup_number (const char *device, GError **error);

/* Copies an image to the beginning of a device that is large enough, and reads it back from the
 * medium. */
gboolean usb_device_write (const char *image, const char *device, GError **error);

G_END_DECLS
