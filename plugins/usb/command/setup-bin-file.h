/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/amtprov.h>

G_BEGIN_DECLS

/* A setup.bin that is read record by record: a file, or what stands in the root of a FAT image. */
typedef struct _UsbReader UsbReader;

UsbReader *usb_reader_open (const char *path, gboolean lenient, GError **error);
void usb_reader_free (UsbReader *self);
AmtProvSetupBinHeader *usb_reader_get_header (UsbReader *self);
AmtProvSetupBinDecoder *usb_reader_get_decoder (UsbReader *self);
/* *record is NULL behind the last one, when all that follows the records has been checked. */
gboolean usb_reader_next (UsbReader *self, AmtProvSetupBinRecord **record, GError **error);

/* A setup.bin that is written record by record. */
typedef struct _UsbWriter UsbWriter;

UsbWriter *usb_writer_create (const char *path, AmtProvSetupBinHeader *header, GError **error);
void usb_writer_free (UsbWriter *self);
/* What may not do what its maker wants is said on stderr. */
gboolean usb_writer_add (UsbWriter *self, AmtProvSetupBinRecord *record, GError **error);
gboolean usb_writer_finish (UsbWriter *self, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsbReader, usb_reader_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsbWriter, usb_writer_free)

G_END_DECLS
