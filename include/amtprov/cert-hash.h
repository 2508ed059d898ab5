/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include <amtprov/macros.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_CERT_HASH (amt_prov_cert_hash_get_type ())

/**
 * AmtProvHashAlgorithm:
 * @AMT_PROV_HASH_ALGORITHM_SHA1: 20 bytes
 * @AMT_PROV_HASH_ALGORITHM_SHA256: 32 bytes
 * @AMT_PROV_HASH_ALGORITHM_SHA384: 48 bytes
 *
 * The algorithm numbers of hello entries (spec/hello.md §1).
 *
 * Since: 0.1
 */
typedef enum {
  AMT_PROV_HASH_ALGORITHM_SHA1 = 1,
  AMT_PROV_HASH_ALGORITHM_SHA256 = 2,
  AMT_PROV_HASH_ALGORITHM_SHA384 = 3,
} AmtProvHashAlgorithm;

/**
 * AmtProvCertHash:
 *
 * The hash of a root certificate's whole DER form, as an AMT device trusts it.
 *
 * Since: 0.1
 */
typedef struct _AmtProvCertHash AmtProvCertHash;

AMT_PROV_EXPORT GType amt_prov_cert_hash_get_type (void);
AMT_PROV_EXPORT AmtProvCertHash *amt_prov_cert_hash_new (AmtProvHashAlgorithm algorithm,
                                                         const guint8 *hash,
                                                         gsize length,
                                                         GError **error);
AMT_PROV_EXPORT AmtProvCertHash *amt_prov_cert_hash_new_from_hex (const char *hex, GError **error);
AMT_PROV_EXPORT AmtProvCertHash *amt_prov_cert_hash_new_from_der (AmtProvHashAlgorithm algorithm,
                                                                  GBytes *der);
AMT_PROV_EXPORT AmtProvCertHash *amt_prov_cert_hash_ref (AmtProvCertHash *self);
AMT_PROV_EXPORT void amt_prov_cert_hash_unref (AmtProvCertHash *self);
AMT_PROV_EXPORT AmtProvHashAlgorithm amt_prov_cert_hash_get_algorithm (AmtProvCertHash *self);
AMT_PROV_EXPORT const guint8 *amt_prov_cert_hash_get_data (AmtProvCertHash *self, gsize *length);
AMT_PROV_EXPORT char *amt_prov_cert_hash_to_hex (AmtProvCertHash *self);
AMT_PROV_EXPORT gboolean amt_prov_cert_hash_equal (AmtProvCertHash *self, AmtProvCertHash *other);
AMT_PROV_EXPORT const char *amt_prov_hash_algorithm_to_string (AmtProvHashAlgorithm algorithm);
AMT_PROV_EXPORT gsize amt_prov_hash_algorithm_get_length (AmtProvHashAlgorithm algorithm);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AmtProvCertHash, amt_prov_cert_hash_unref)

G_END_DECLS
