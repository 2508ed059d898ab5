/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/record.h>
#include <amtprov/secret.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_CREDENTIAL (amt_prov_credential_get_type ())

/**
 * AmtProvCredential:
 *
 * A secret in the store. Type and id name it (`psk` and a PID, `admin` and a UUID …), the owner is
 * the machine it belongs to, the state says where it stands in its life. Its values are encrypted
 * at rest under the names given here.
 *
 * Since: 0.1
 */
typedef struct _AmtProvCredential AmtProvCredential;

AMT_PROV_EXPORT GType amt_prov_credential_get_type (void);
AMT_PROV_EXPORT AmtProvCredential *
amt_prov_credential_new (const char *type, const char *id, const char *owner, const char *state);
AMT_PROV_EXPORT AmtProvCredential *amt_prov_credential_ref (AmtProvCredential *self);
AMT_PROV_EXPORT void amt_prov_credential_unref (AmtProvCredential *self);
AMT_PROV_EXPORT const char *amt_prov_credential_get_credential_type (AmtProvCredential *self);
AMT_PROV_EXPORT const char *amt_prov_credential_get_id (AmtProvCredential *self);
AMT_PROV_EXPORT const char *amt_prov_credential_get_owner (AmtProvCredential *self);
AMT_PROV_EXPORT void amt_prov_credential_set_owner (AmtProvCredential *self, const char *owner);
AMT_PROV_EXPORT const char *amt_prov_credential_get_state (AmtProvCredential *self);
AMT_PROV_EXPORT void amt_prov_credential_set_state (AmtProvCredential *self, const char *state);
AMT_PROV_EXPORT AmtProvSecret *amt_prov_credential_get_value (AmtProvCredential *self,
                                                              const char *name);
AMT_PROV_EXPORT void
amt_prov_credential_set_value (AmtProvCredential *self, const char *name, AmtProvSecret *value);
AMT_PROV_EXPORT const char *amt_prov_credential_get_note (AmtProvCredential *self,
                                                          const char *name);
AMT_PROV_EXPORT void
amt_prov_credential_set_note (AmtProvCredential *self, const char *name, const char *text);
AMT_PROV_EXPORT guint64 amt_prov_credential_get_revision (AmtProvCredential *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AmtProvCredential, amt_prov_credential_unref)

G_END_DECLS
