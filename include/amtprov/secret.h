/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include <amtprov/macros.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_SECRET (amt_prov_secret_get_type ())

/**
 * AmtProvSecret:
 *
 * Bytes that must not leak: a password, a PPS, a private key. Shared by reference, immutable, wiped
 * from memory when the last reference goes. It has no text form on purpose.
 *
 * Since: 0.1
 */
typedef struct _AmtProvSecret AmtProvSecret;

AMT_PROV_EXPORT GType amt_prov_secret_get_type (void);
AMT_PROV_EXPORT AmtProvSecret *amt_prov_secret_new (const guint8 *data, gsize length);
AMT_PROV_EXPORT AmtProvSecret *amt_prov_secret_new_text (const char *text);
AMT_PROV_EXPORT AmtProvSecret *amt_prov_secret_new_from_file (const char *path, GError **error);
AMT_PROV_EXPORT AmtProvSecret *amt_prov_secret_generate_password (void);
AMT_PROV_EXPORT gboolean amt_prov_secret_check_password (AmtProvSecret *self, GError **error);
AMT_PROV_EXPORT AmtProvSecret *amt_prov_secret_ref (AmtProvSecret *self);
AMT_PROV_EXPORT void amt_prov_secret_unref (AmtProvSecret *self);
AMT_PROV_EXPORT const guint8 *amt_prov_secret_peek (AmtProvSecret *self, gsize *length);
AMT_PROV_EXPORT const char *amt_prov_secret_peek_text (AmtProvSecret *self);
AMT_PROV_EXPORT gboolean amt_prov_secret_equal (AmtProvSecret *self, AmtProvSecret *other);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AmtProvSecret, amt_prov_secret_unref)

G_END_DECLS
