/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include <amtprov/psk.h>
#include <amtprov/setup-bin-variable.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_SETUP_BIN_RECORD (amt_prov_setup_bin_record_get_type ())

/**
 * AmtProvSetupBinState:
 * @AMT_PROV_SETUP_BIN_STATE_VALID: the next machine may take it
 * @AMT_PROV_SETUP_BIN_STATE_USED: a machine has taken it; the variables still stand in it
 * @AMT_PROV_SETUP_BIN_STATE_WIPED: a machine has taken it and filled it with zeros
 * @AMT_PROV_SETUP_BIN_STATE_INVALID: its type says that it is no data
 *
 * What has become of a record (`setup-bin.md §4`, `§9`).
 *
 * Since: 0.1
 */
typedef enum {
  AMT_PROV_SETUP_BIN_STATE_VALID,
  AMT_PROV_SETUP_BIN_STATE_USED,
  AMT_PROV_SETUP_BIN_STATE_WIPED,
  AMT_PROV_SETUP_BIN_STATE_INVALID,
} AmtProvSetupBinState;

/**
 * AmtProvSetupBinRecord:
 *
 * A record of setup.bin: what one machine reads (`setup-bin.md §4`).
 *
 * Since: 0.1
 */
typedef struct _AmtProvSetupBinRecord AmtProvSetupBinRecord;

AMT_PROV_EXPORT GType amt_prov_setup_bin_record_get_type (void);
AMT_PROV_EXPORT AmtProvSetupBinRecord *amt_prov_setup_bin_record_new (guint32 number);
AMT_PROV_EXPORT AmtProvSetupBinRecord *amt_prov_setup_bin_record_ref (AmtProvSetupBinRecord *self);
AMT_PROV_EXPORT void amt_prov_setup_bin_record_unref (AmtProvSetupBinRecord *self);
AMT_PROV_EXPORT guint32 amt_prov_setup_bin_record_get_number (AmtProvSetupBinRecord *self);
AMT_PROV_EXPORT void amt_prov_setup_bin_record_set_number (AmtProvSetupBinRecord *self,
                                                           guint32 number);
AMT_PROV_EXPORT AmtProvSetupBinState
amt_prov_setup_bin_record_get_state (AmtProvSetupBinRecord *self);
AMT_PROV_EXPORT void amt_prov_setup_bin_record_set_state (AmtProvSetupBinRecord *self,
                                                          AmtProvSetupBinState state);
AMT_PROV_EXPORT gboolean amt_prov_setup_bin_record_get_scrambled (AmtProvSetupBinRecord *self);
AMT_PROV_EXPORT void amt_prov_setup_bin_record_set_scrambled (AmtProvSetupBinRecord *self,
                                                              gboolean scrambled);
AMT_PROV_EXPORT GPtrArray *amt_prov_setup_bin_record_get_variables (AmtProvSetupBinRecord *self);
AMT_PROV_EXPORT AmtProvSetupBinVariable *
amt_prov_setup_bin_record_find (AmtProvSetupBinRecord *self, const char *name);
AMT_PROV_EXPORT void amt_prov_setup_bin_record_append (AmtProvSetupBinRecord *self,
                                                       AmtProvSetupBinVariable *variable);
AMT_PROV_EXPORT void amt_prov_setup_bin_record_put (AmtProvSetupBinRecord *self,
                                                    AmtProvSetupBinVariable *variable);
AMT_PROV_EXPORT gboolean amt_prov_setup_bin_record_put_text (AmtProvSetupBinRecord *self,
                                                             const char *name,
                                                             const char *text,
                                                             GError **error);
AMT_PROV_EXPORT void amt_prov_setup_bin_record_put_psk (AmtProvSetupBinRecord *self,
                                                        AmtProvPsk *psk);
AMT_PROV_EXPORT AmtProvPsk *amt_prov_setup_bin_record_dup_psk (AmtProvSetupBinRecord *self);
AMT_PROV_EXPORT AmtProvSecret *
amt_prov_setup_bin_record_encode (AmtProvSetupBinRecord *self, guint chunks, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AmtProvSetupBinRecord, amt_prov_setup_bin_record_unref)

G_END_DECLS
