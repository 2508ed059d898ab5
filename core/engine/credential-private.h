/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/credential.h>

G_BEGIN_DECLS

/* The record that was read or given out last: the store puts the new revision into it. */
AmtProvRecord *amt_prov_credential_peek_record (AmtProvCredential *self);
void amt_prov_credential_set_record (AmtProvCredential *self, AmtProvRecord *record);

/* All values as bytes to encrypt, and back; FALSE for bytes that were not made by pack. */
AmtProvSecret *amt_prov_credential_pack (AmtProvCredential *self);
gboolean amt_prov_credential_unpack (AmtProvCredential *self, AmtProvSecret *packed);

/* The notes as the body of a record, floating; NULL when there are none. */
GVariant *amt_prov_credential_write_notes (AmtProvCredential *self);
void amt_prov_credential_read_notes (AmtProvCredential *self, GVariant *body);

G_END_DECLS
