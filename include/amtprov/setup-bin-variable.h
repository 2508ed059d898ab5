/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include <amtprov/cert-hash.h>
#include <amtprov/secret.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_SETUP_BIN_VARIABLE (amt_prov_setup_bin_variable_get_type ())

/**
 * AmtProvSetupBinType:
 * @AMT_PROV_SETUP_BIN_TYPE_RAW: bytes: the variable is not known, its layout is not, or the value
 * does not fit it
 * @AMT_PROV_SETUP_BIN_TYPE_TEXT: printable ASCII
 * @AMT_PROV_SETUP_BIN_TYPE_INTEGER: a number of 8, 16 or 32 bits
 * @AMT_PROV_SETUP_BIN_TYPE_GUID: a GUID
 * @AMT_PROV_SETUP_BIN_TYPE_IPV4: an IPv4 address
 * @AMT_PROV_SETUP_BIN_TYPE_HASH: the hash of a root certificate with a name
 *
 * How the value of a variable is to be read.
 *
 * Since: 0.1
 */
typedef enum {
  AMT_PROV_SETUP_BIN_TYPE_RAW,
  AMT_PROV_SETUP_BIN_TYPE_TEXT,
  AMT_PROV_SETUP_BIN_TYPE_INTEGER,
  AMT_PROV_SETUP_BIN_TYPE_GUID,
  AMT_PROV_SETUP_BIN_TYPE_IPV4,
  AMT_PROV_SETUP_BIN_TYPE_HASH,
} AmtProvSetupBinType;

/**
 * AmtProvSetupBinVariable:
 *
 * One setting in a record of setup.bin: module, identifier and the bytes of the value, known or not
 * (`setup-bin.md §5`, `§6`). Immutable. The value is kept as a secret whatever it is, so that
 * passwords and keys are wiped with the rest.
 *
 * Since: 0.1
 */
typedef struct _AmtProvSetupBinVariable AmtProvSetupBinVariable;

AMT_PROV_EXPORT GType amt_prov_setup_bin_variable_get_type (void);
AMT_PROV_EXPORT AmtProvSetupBinVariable *
amt_prov_setup_bin_variable_new (guint module, guint id, AmtProvSecret *value, GError **error);
AMT_PROV_EXPORT AmtProvSetupBinVariable *
amt_prov_setup_bin_variable_new_from_text (const char *name, const char *text, GError **error);
AMT_PROV_EXPORT AmtProvSetupBinVariable *
amt_prov_setup_bin_variable_ref (AmtProvSetupBinVariable *self);
AMT_PROV_EXPORT void amt_prov_setup_bin_variable_unref (AmtProvSetupBinVariable *self);
AMT_PROV_EXPORT guint amt_prov_setup_bin_variable_get_module (AmtProvSetupBinVariable *self);
AMT_PROV_EXPORT guint amt_prov_setup_bin_variable_get_id (AmtProvSetupBinVariable *self);
AMT_PROV_EXPORT const char *amt_prov_setup_bin_variable_get_name (AmtProvSetupBinVariable *self);
AMT_PROV_EXPORT AmtProvSetupBinType
amt_prov_setup_bin_variable_get_value_type (AmtProvSetupBinVariable *self);
AMT_PROV_EXPORT gboolean amt_prov_setup_bin_variable_is_secret (AmtProvSetupBinVariable *self);
AMT_PROV_EXPORT AmtProvSecret *
amt_prov_setup_bin_variable_get_value (AmtProvSetupBinVariable *self);
AMT_PROV_EXPORT guint32 amt_prov_setup_bin_variable_get_integer (AmtProvSetupBinVariable *self);
AMT_PROV_EXPORT AmtProvCertHash *
amt_prov_setup_bin_variable_dup_hash (AmtProvSetupBinVariable *self, char **name);
AMT_PROV_EXPORT char *amt_prov_setup_bin_variable_dup_text (AmtProvSetupBinVariable *self);
AMT_PROV_EXPORT char **amt_prov_setup_bin_variable_list_names (void);
AMT_PROV_EXPORT gboolean amt_prov_setup_bin_variable_find_name (const char *name,
                                                                guint *module,
                                                                guint *id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AmtProvSetupBinVariable, amt_prov_setup_bin_variable_unref)

G_END_DECLS
