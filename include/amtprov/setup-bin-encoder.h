/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include <amtprov/setup-bin-header.h>
#include <amtprov/setup-bin-problem.h>
#include <amtprov/setup-bin-record.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_SETUP_BIN_ENCODER (amt_prov_setup_bin_encoder_get_type ())
AMT_PROV_EXPORT
G_DECLARE_FINAL_TYPE (
    AmtProvSetupBinEncoder, amt_prov_setup_bin_encoder, AMT_PROV, SETUP_BIN_ENCODER, GObject)

AMT_PROV_EXPORT AmtProvSetupBinEncoder *amt_prov_setup_bin_encoder_new (void);
AMT_PROV_EXPORT GBytes *amt_prov_setup_bin_encoder_encode_header (AmtProvSetupBinEncoder *self,
                                                                  AmtProvSetupBinHeader *header,
                                                                  GError **error);
AMT_PROV_EXPORT AmtProvSecret *amt_prov_setup_bin_encoder_encode_record (
    AmtProvSetupBinEncoder *self, AmtProvSetupBinRecord *record, GError **error);
AMT_PROV_EXPORT gboolean amt_prov_setup_bin_encoder_finish (AmtProvSetupBinEncoder *self,
                                                            GError **error);
AMT_PROV_EXPORT GPtrArray *amt_prov_setup_bin_encoder_take_problems (AmtProvSetupBinEncoder *self);

G_END_DECLS
