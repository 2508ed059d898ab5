/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/tls-policy-private.h"

#include <amtprov/error.h>

typedef struct {
  AmtProvTlsPolicy policy;
  gatomicrefcount refs;
} Counted;

G_DEFINE_BOXED_TYPE (AmtProvTlsPolicy,
                     amt_prov_tls_policy,
                     amt_prov_tls_policy_ref,
                     amt_prov_tls_policy_unref)

static const char *
version_name (AmtProvTlsVersion version)
{
  switch (version) {
  case AMT_PROV_TLS_VERSION_1_0:
    return "1.0";
  case AMT_PROV_TLS_VERSION_1_1:
    return "1.1";
  case AMT_PROV_TLS_VERSION_1_2:
    return "1.2";
  }
  return "?";
}

static AmtProvTlsVersion
parse_version (const char *text, AmtProvTlsVersion otherwise)
{
  if (g_strcmp0 (text, "1.0") == 0)
    return AMT_PROV_TLS_VERSION_1_0;
  if (g_strcmp0 (text, "1.1") == 0)
    return AMT_PROV_TLS_VERSION_1_1;
  if (g_strcmp0 (text, "1.2") == 0)
    return AMT_PROV_TLS_VERSION_1_2;
  return otherwise;
}

/**
 * amt_prov_tls_policy_new:
 * @min: lowest version to offer
 * @max: highest version to offer, not below @min
 * @security_level: OpenSSL's security level, 0 to 5; versions below 1.2 need 0
 * @ciphers: OpenSSL cipher list
 *
 * Makes a policy without credentials. Connecting to a peer without the renegotiation extension is
 * always allowed, as no AMT has it (tls-http.md §6.2); the host name is never checked, and the
 * peer's certificate only where a pin is set.
 *
 * Returns: (transfer full): the policy
 *
 * Since: 0.1
 */
AmtProvTlsPolicy *
amt_prov_tls_policy_new (AmtProvTlsVersion min,
                         AmtProvTlsVersion max,
                         guint security_level,
                         const char *ciphers)
{
  g_return_val_if_fail (ciphers != NULL, NULL);
  g_return_val_if_fail (min <= max && max <= AMT_PROV_TLS_VERSION_1_2, NULL);
  g_return_val_if_fail (security_level <= 5, NULL);

  Counted *counted = g_new0 (Counted, 1);
  g_atomic_ref_count_init (&counted->refs);
  counted->policy.min = min;
  counted->policy.max = max;
  counted->policy.security_level = security_level;
  counted->policy.ciphers = g_strdup (ciphers);
  return &counted->policy;
}

/**
 * amt_prov_tls_policy_ref:
 * @self: a policy
 *
 * Takes a reference.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.1
 */
AmtProvTlsPolicy *
amt_prov_tls_policy_ref (AmtProvTlsPolicy *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_atomic_ref_count_inc (&((Counted *)self)->refs);
  return self;
}

/**
 * amt_prov_tls_policy_unref:
 * @self: (transfer full): a policy
 *
 * Drops a reference.
 *
 * Since: 0.1
 */
void
amt_prov_tls_policy_unref (AmtProvTlsPolicy *self)
{
  g_return_if_fail (self != NULL);
  if (!g_atomic_ref_count_dec (&((Counted *)self)->refs))
    return;
  g_free (self->ciphers);
  g_clear_pointer (&self->psk, amt_prov_psk_unref);
  g_clear_pointer (&self->certificate, amt_prov_provisioning_certificate_unref);
  g_clear_pointer (&self->pin, amt_prov_cert_hash_unref);
  g_free (self);
}

/* The floors that hold where a site forbids old TLS. */
static AmtProvTlsPolicy *
new_from_capabilities (AmtProvCapabilities *capabilities,
                       const char *ciphers_key,
                       gboolean legacy_allowed,
                       guint strict_level,
                       GError **error)
{
  const char *ciphers = amt_prov_capabilities_get_string (capabilities, ciphers_key);
  AmtProvTlsVersion max = parse_version (amt_prov_capabilities_get_string (capabilities, "tls-max"),
                                         AMT_PROV_TLS_VERSION_1_2);
  AmtProvTlsVersion min =
      parse_version (amt_prov_capabilities_get_string (capabilities, "tls-min"), max);
  guint level = (guint)CLAMP (amt_prov_capabilities_get_int (capabilities, "security-level"), 0, 5);

  if (ciphers == NULL || *ciphers == '\0') {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_SUPPORTED,
                 "this release has no '%s' in the capability files: it cannot be reached this way",
                 ciphers_key);
    return NULL;
  }
  if (!legacy_allowed) {
    if (max < AMT_PROV_TLS_VERSION_1_2) {
      g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_BLOCKED,
                   "this release speaks at most TLS %s and [security] legacy-tls=deny forbids it; "
                   "set legacy-tls=auto for a site that must keep such machines",
                   version_name (max));
      return NULL;
    }
    min = AMT_PROV_TLS_VERSION_1_2;
    level = MAX (level, strict_level);
  }
  return amt_prov_tls_policy_new (MIN (min, max), max, level, ciphers);
}

/**
 * amt_prov_tls_policy_new_for_psk:
 * @capabilities: what the release can do; `tls-min`, `tls-max`, `psk-ciphers`, `security-level`
 * @legacy_allowed: %FALSE where the site forbids TLS below 1.2 and security level 0
 * @psk: the pair; the PID is the identity, the 32 characters of the PPS are the key
 * @error: return location
 *
 * Makes the policy for TLS-PSK (psk.md §4).
 *
 * Returns: (transfer full) (nullable): the policy, or %NULL with %AMT_PROV_ERROR_BLOCKED where the
 * site forbids what the release needs, or %AMT_PROV_ERROR_NOT_SUPPORTED without PSK suites
 *
 * Since: 0.1
 */
AmtProvTlsPolicy *
amt_prov_tls_policy_new_for_psk (AmtProvCapabilities *capabilities,
                                 gboolean legacy_allowed,
                                 AmtProvPsk *psk,
                                 GError **error)
{
  g_return_val_if_fail (capabilities != NULL, NULL);
  g_return_val_if_fail (psk != NULL, NULL);

  AmtProvTlsPolicy *self =
      new_from_capabilities (capabilities, "psk-ciphers", legacy_allowed, 1, error);
  if (self != NULL)
    amt_prov_tls_policy_set_psk (self, psk);
  return self;
}

/**
 * amt_prov_tls_policy_new_for_certificate:
 * @capabilities: what the release can do; `tls-min`, `tls-max`, `certificate-ciphers`,
 * `security-level`
 * @legacy_allowed: %FALSE where the site forbids TLS below 1.2 and security levels below 2
 * @certificate: (nullable): our certificate, sent with its whole chain; %NULL to show none
 * @error: return location
 *
 * Makes the policy for TLS with certificates (pki.md §7).
 *
 * Returns: (transfer full) (nullable): the policy, or %NULL with %AMT_PROV_ERROR_BLOCKED where the
 * site forbids what the release needs, or %AMT_PROV_ERROR_NOT_SUPPORTED without suites
 *
 * Since: 0.1
 */
AmtProvTlsPolicy *
amt_prov_tls_policy_new_for_certificate (AmtProvCapabilities *capabilities,
                                         gboolean legacy_allowed,
                                         AmtProvProvisioningCertificate *certificate,
                                         GError **error)
{
  g_return_val_if_fail (capabilities != NULL, NULL);

  AmtProvTlsPolicy *self =
      new_from_capabilities (capabilities, "certificate-ciphers", legacy_allowed, 2, error);
  if (self != NULL)
    amt_prov_tls_policy_set_certificate (self, certificate);
  return self;
}

/**
 * amt_prov_tls_policy_copy_limited:
 * @self: a policy
 * @max: highest version of the copy
 *
 * Copies a policy with a lower highest version, and a lowest one that is not above it: the second
 * attempt after alert 20 (tls-http.md §6.4).
 *
 * Returns: (transfer full): the copy
 *
 * Since: 0.1
 */
AmtProvTlsPolicy *
amt_prov_tls_policy_copy_limited (AmtProvTlsPolicy *self, AmtProvTlsVersion max)
{
  g_return_val_if_fail (self != NULL, NULL);

  AmtProvTlsVersion highest = MIN (self->max, max);
  AmtProvTlsPolicy *copy = amt_prov_tls_policy_new (MIN (self->min, highest), highest,
                                                    self->security_level, self->ciphers);
  amt_prov_tls_policy_set_psk (copy, self->psk);
  amt_prov_tls_policy_set_certificate (copy, self->certificate);
  amt_prov_tls_policy_set_pin (copy, self->pin);
  return copy;
}

/**
 * amt_prov_tls_policy_set_psk:
 * @self: a policy
 * @psk: (nullable): the pair to use, or %NULL for none
 *
 * Sets the PID/PPS pair. To be called before the policy is in use.
 *
 * Since: 0.1
 */
void
amt_prov_tls_policy_set_psk (AmtProvTlsPolicy *self, AmtProvPsk *psk)
{
  g_return_if_fail (self != NULL);

  AmtProvPsk *old = self->psk;
  self->psk = psk == NULL ? NULL : amt_prov_psk_ref (psk);
  g_clear_pointer (&old, amt_prov_psk_unref);
}

/**
 * amt_prov_tls_policy_set_certificate:
 * @self: a policy
 * @certificate: (nullable): our certificate with its key, or %NULL for none
 *
 * Sets the certificate that we show. The whole chain is sent, the root too: the device knows only
 * its hash (pki.md §2 rule 8). To be called before the policy is in use.
 *
 * Since: 0.1
 */
void
amt_prov_tls_policy_set_certificate (AmtProvTlsPolicy *self,
                                     AmtProvProvisioningCertificate *certificate)
{
  g_return_if_fail (self != NULL);

  AmtProvProvisioningCertificate *old = self->certificate;
  self->certificate =
      certificate == NULL ? NULL : amt_prov_provisioning_certificate_ref (certificate);
  g_clear_pointer (&old, amt_prov_provisioning_certificate_unref);
}

/**
 * amt_prov_tls_policy_set_pin:
 * @self: a policy
 * @pin: (nullable): hash of the DER form of the certificate that the device must show, or %NULL to
 * take any
 *
 * Pins the device's certificate: with another one the handshake fails with %AMT_PROV_ERROR_TLS. To
 * be called before the policy is in use.
 *
 * Since: 0.1
 */
void
amt_prov_tls_policy_set_pin (AmtProvTlsPolicy *self, AmtProvCertHash *pin)
{
  g_return_if_fail (self != NULL);

  AmtProvCertHash *old = self->pin;
  self->pin = pin == NULL ? NULL : amt_prov_cert_hash_ref (pin);
  g_clear_pointer (&old, amt_prov_cert_hash_unref);
}

/**
 * amt_prov_tls_policy_get_min_version:
 * @self: a policy
 *
 * Gets the lowest version offered.
 *
 * Returns: the version
 *
 * Since: 0.1
 */
AmtProvTlsVersion
amt_prov_tls_policy_get_min_version (AmtProvTlsPolicy *self)
{
  g_return_val_if_fail (self != NULL, AMT_PROV_TLS_VERSION_1_2);
  return self->min;
}

/**
 * amt_prov_tls_policy_get_max_version:
 * @self: a policy
 *
 * Gets the highest version offered.
 *
 * Returns: the version
 *
 * Since: 0.1
 */
AmtProvTlsVersion
amt_prov_tls_policy_get_max_version (AmtProvTlsPolicy *self)
{
  g_return_val_if_fail (self != NULL, AMT_PROV_TLS_VERSION_1_2);
  return self->max;
}

/**
 * amt_prov_tls_policy_get_security_level:
 * @self: a policy
 *
 * Gets OpenSSL's security level.
 *
 * Returns: 0 to 5
 *
 * Since: 0.1
 */
guint
amt_prov_tls_policy_get_security_level (AmtProvTlsPolicy *self)
{
  g_return_val_if_fail (self != NULL, 0);
  return self->security_level;
}
