/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include <amtprov/cert-hash.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_HELLO (amt_prov_hello_get_type ())

/**
 * AMT_PROV_HELLO_VERSION_PSK:
 *
 * Interface version of a hello that names a PID.
 *
 * Since: 0.1
 */
#define AMT_PROV_HELLO_VERSION_PSK 2
/**
 * AMT_PROV_HELLO_VERSION_PKI:
 *
 * Interface version of a hello that lists root hashes.
 *
 * Since: 0.1
 */
#define AMT_PROV_HELLO_VERSION_PKI 3
/**
 * AMT_PROV_HELLO_MAX_HASHES:
 *
 * The most root hashes a hello may list (33 slots, spec/hello.md §1).
 *
 * Since: 0.1
 */
#define AMT_PROV_HELLO_MAX_HASHES 33

/**
 * AmtProvHello:
 *
 * One hello message: what an unprovisioned machine says of itself. It is not authenticated.
 * Immutable.
 *
 * Since: 0.1
 */
typedef struct _AmtProvHello AmtProvHello;

AMT_PROV_EXPORT GType amt_prov_hello_get_type (void);
AMT_PROV_EXPORT AmtProvHello *amt_prov_hello_new_psk (const char *uuid,
                                                      gboolean admin_credentials_set,
                                                      guint32 retry,
                                                      const char *pid);
AMT_PROV_EXPORT AmtProvHello *amt_prov_hello_new_pki (const char *uuid,
                                                      gboolean admin_credentials_set,
                                                      guint32 retry,
                                                      GPtrArray *hashes);
AMT_PROV_EXPORT AmtProvHello *amt_prov_hello_decode (GBytes *bytes, gsize *used, GError **error);
AMT_PROV_EXPORT GBytes *amt_prov_hello_encode (AmtProvHello *self);
AMT_PROV_EXPORT gboolean amt_prov_hello_measure (const guint8 *data,
                                                 gsize length,
                                                 gsize *need,
                                                 GError **error);
AMT_PROV_EXPORT AmtProvHello *amt_prov_hello_ref (AmtProvHello *self);
AMT_PROV_EXPORT void amt_prov_hello_unref (AmtProvHello *self);
AMT_PROV_EXPORT guint amt_prov_hello_get_interface_version (AmtProvHello *self);
AMT_PROV_EXPORT gboolean amt_prov_hello_get_admin_credentials_set (AmtProvHello *self);
AMT_PROV_EXPORT guint32 amt_prov_hello_get_retry (AmtProvHello *self);
AMT_PROV_EXPORT const char *amt_prov_hello_get_uuid (AmtProvHello *self);
AMT_PROV_EXPORT const char *amt_prov_hello_get_pid (AmtProvHello *self);
AMT_PROV_EXPORT GPtrArray *amt_prov_hello_get_hashes (AmtProvHello *self);
AMT_PROV_EXPORT gboolean amt_prov_hello_has_hash (AmtProvHello *self, AmtProvCertHash *hash);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AmtProvHello, amt_prov_hello_unref)

G_END_DECLS
