/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/record.h>
#include <amtprov/secret.h>

G_BEGIN_DECLS

/* Encrypts and decrypts what a store keeps sealed. The name of the record goes into the seal: bytes
 * moved to another record do not open. Immutable after creation, so any thread may use it. */
typedef struct _AmtProvVault AmtProvVault;

/* Reads the key in @path; with @may_create a missing file is made, mode 0600. */
AmtProvVault *amt_prov_vault_new (const char *path, gboolean may_create, GError **error);
void amt_prov_vault_free (AmtProvVault *self);
GBytes *amt_prov_vault_seal (
    AmtProvVault *self, AmtProvKind kind, const char *key, AmtProvSecret *plain, GError **error);
AmtProvSecret *amt_prov_vault_unseal (
    AmtProvVault *self, AmtProvKind kind, const char *key, GBytes *sealed, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AmtProvVault, amt_prov_vault_free)

G_END_DECLS
