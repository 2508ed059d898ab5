/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include <amtprov/macros.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_SETUP_BIN_HEADER (amt_prov_setup_bin_header_get_type ())

/**
 * AMT_PROV_SETUP_BIN_CHUNK:
 *
 * Bytes of a chunk: the header is one, and a record has one or more (`setup-bin.md §2`).
 *
 * Since: 0.1
 */
#define AMT_PROV_SETUP_BIN_CHUNK 512

/**
 * AmtProvSetupBinHeader:
 *
 * The first chunk of setup.bin: version, number of records, and how many of them are used
 * (`setup-bin.md §2`).
 *
 * Since: 0.1
 */
typedef struct _AmtProvSetupBinHeader AmtProvSetupBinHeader;

AMT_PROV_EXPORT GType amt_prov_setup_bin_header_get_type (void);
AMT_PROV_EXPORT AmtProvSetupBinHeader *amt_prov_setup_bin_header_new (const char *version,
                                                                      guint32 n_records,
                                                                      gboolean consumable,
                                                                      GError **error);
AMT_PROV_EXPORT AmtProvSetupBinHeader *amt_prov_setup_bin_header_ref (AmtProvSetupBinHeader *self);
AMT_PROV_EXPORT void amt_prov_setup_bin_header_unref (AmtProvSetupBinHeader *self);
AMT_PROV_EXPORT guint amt_prov_setup_bin_header_get_major (AmtProvSetupBinHeader *self);
AMT_PROV_EXPORT guint amt_prov_setup_bin_header_get_minor (AmtProvSetupBinHeader *self);
AMT_PROV_EXPORT gboolean amt_prov_setup_bin_header_get_consumable (AmtProvSetupBinHeader *self);
AMT_PROV_EXPORT guint32 amt_prov_setup_bin_header_get_n_records (AmtProvSetupBinHeader *self);
AMT_PROV_EXPORT guint32 amt_prov_setup_bin_header_get_n_consumed (AmtProvSetupBinHeader *self);
AMT_PROV_EXPORT void amt_prov_setup_bin_header_set_n_consumed (AmtProvSetupBinHeader *self,
                                                               guint32 n_consumed);
AMT_PROV_EXPORT guint amt_prov_setup_bin_header_get_record_chunks (AmtProvSetupBinHeader *self);
AMT_PROV_EXPORT void amt_prov_setup_bin_header_set_record_chunks (AmtProvSetupBinHeader *self,
                                                                  guint chunks);
AMT_PROV_EXPORT const guint16 *amt_prov_setup_bin_header_get_modules (AmtProvSetupBinHeader *self,
                                                                      gsize *n_modules);
AMT_PROV_EXPORT gboolean amt_prov_setup_bin_header_set_modules (AmtProvSetupBinHeader *self,
                                                                const guint16 *modules,
                                                                gsize n_modules);
AMT_PROV_EXPORT guint64 amt_prov_setup_bin_header_get_record_offset (AmtProvSetupBinHeader *self,
                                                                     guint32 number);
AMT_PROV_EXPORT gsize amt_prov_setup_bin_header_get_record_size (AmtProvSetupBinHeader *self);
AMT_PROV_EXPORT guint64 amt_prov_setup_bin_header_get_file_size (AmtProvSetupBinHeader *self);
AMT_PROV_EXPORT GBytes *amt_prov_setup_bin_header_encode (AmtProvSetupBinHeader *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AmtProvSetupBinHeader, amt_prov_setup_bin_header_unref)

G_END_DECLS
