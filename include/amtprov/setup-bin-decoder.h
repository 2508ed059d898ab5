/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include <amtprov/setup-bin-header.h>
#include <amtprov/setup-bin-problem.h>
#include <amtprov/setup-bin-record.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_SETUP_BIN_DECODER (amt_prov_setup_bin_decoder_get_type ())
AMT_PROV_EXPORT
G_DECLARE_FINAL_TYPE (
    AmtProvSetupBinDecoder, amt_prov_setup_bin_decoder, AMT_PROV, SETUP_BIN_DECODER, GObject)

AMT_PROV_EXPORT AmtProvSetupBinDecoder *amt_prov_setup_bin_decoder_new (gboolean lenient);
AMT_PROV_EXPORT AmtProvSetupBinHeader *amt_prov_setup_bin_decoder_decode_header (
    AmtProvSetupBinDecoder *self, const guint8 *data, gsize length, GError **error);
AMT_PROV_EXPORT AmtProvSetupBinRecord *amt_prov_setup_bin_decoder_decode_record (
    AmtProvSetupBinDecoder *self, const guint8 *data, gsize length, GError **error);
AMT_PROV_EXPORT gboolean amt_prov_setup_bin_decoder_finish (AmtProvSetupBinDecoder *self,
                                                            guint64 file_size,
                                                            GError **error);
AMT_PROV_EXPORT guint32
amt_prov_setup_bin_decoder_get_next_available (AmtProvSetupBinDecoder *self);
AMT_PROV_EXPORT guint32 amt_prov_setup_bin_decoder_get_n_used (AmtProvSetupBinDecoder *self);
AMT_PROV_EXPORT GPtrArray *amt_prov_setup_bin_decoder_take_problems (AmtProvSetupBinDecoder *self);

G_END_DECLS
