/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "fake-device.h"

#define PID "OKRSGI18"
#define PPS "RPGH4DGB2Y4BTY5A7RR3ZHBCB1TJ9VFX"

#define PSK_CIPHERS "PSK-AES128-CBC-SHA:PSK-AES256-CBC-SHA"
#define RSA_CIPHERS "AES256-SHA:AES128-SHA:AES128-GCM-SHA256"

typedef struct {
  const char *name;
  AmtProvTlsVersion version;
  const char *gnutls;
} Version;

static const Version versions[] = {
    {"1.0", AMT_PROV_TLS_VERSION_1_0, "VERS-TLS1.0"},
    {"1.1", AMT_PROV_TLS_VERSION_1_1, "VERS-TLS1.1"},
    {"1.2", AMT_PROV_TLS_VERSION_1_2, "VERS-TLS1.2"},
};

typedef struct {
  const Version *version;
  gboolean psk;
  gboolean extension;
} Case;

/* Made anew by every run. */
typedef struct {
  GBytes *device;
  GBytes *device_key;
  GPtrArray *chain;
  AmtProvSecret *key;
} Certificates;

static GBytes *
encode_certificate (X509 *certificate)
{
  unsigned char *der = NULL;
  int length = i2d_X509 (certificate, &der);
  g_assert_cmpint (length, >, 0);
  GBytes *bytes = g_bytes_new (der, (gsize)length);

  OPENSSL_free (der);
  return bytes;
}

static X509 *
make_certificate (const char *name, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key, gboolean ca)
{
  X509 *certificate = X509_new ();
  X509_NAME *subject = X509_get_subject_name (certificate);

  X509_set_version (certificate, 2);
  ASN1_INTEGER_set (X509_get_serialNumber (certificate), (long)strlen (name));
  X509_gmtime_adj (X509_getm_notBefore (certificate), -3600);
  X509_gmtime_adj (X509_getm_notAfter (certificate), 86400);
  X509_NAME_add_entry_by_txt (subject, "CN", MBSTRING_ASC, (const guchar *)name, -1, -1, 0);
  X509_set_issuer_name (certificate, issuer == NULL ? subject : X509_get_subject_name (issuer));
  X509_set_pubkey (certificate, key);
  X509_EXTENSION *basic =
      X509V3_EXT_conf_nid (NULL, NULL, NID_basic_constraints, ca ? "CA:TRUE" : "CA:FALSE");
  X509_add_ext (certificate, basic, -1);
  X509_EXTENSION_free (basic);
  g_assert_cmpint (X509_sign (certificate, issuer_key == NULL ? key : issuer_key, EVP_sha256 ()), >,
                   0);
  return certificate;
}

static void
make_certificates (Certificates *out)
{
  EVP_PKEY *root_key = EVP_RSA_gen (2048);
  EVP_PKEY *key = EVP_RSA_gen (2048);
  X509 *root = make_certificate ("Test Root", root_key, NULL, NULL, TRUE);
  X509 *leaf = make_certificate ("prov.corp.example.com", key, root, root_key, FALSE);
  X509 *device = make_certificate ("device", root_key, NULL, NULL, FALSE);
  unsigned char *der = NULL;
  int length = i2d_PrivateKey (key, &der);

  out->key = amt_prov_secret_new (der, (gsize)length);
  OPENSSL_free (der);
  der = NULL;
  length = i2d_PrivateKey (root_key, &der);
  out->device_key = g_bytes_new (der, (gsize)length);
  OPENSSL_free (der);
  out->device = encode_certificate (device);
  out->chain = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);
  g_ptr_array_add (out->chain, encode_certificate (leaf));
  g_ptr_array_add (out->chain, encode_certificate (root));
  X509_free (root);
  X509_free (leaf);
  X509_free (device);
  EVP_PKEY_free (root_key);
  EVP_PKEY_free (key);
}

static void
clear_certificates (Certificates *self)
{
  g_bytes_unref (self->device);
  g_bytes_unref (self->device_key);
  g_ptr_array_unref (self->chain);
  amt_prov_secret_unref (self->key);
}

static Certificates shared;

static GString *
answer_general (const char *request, gpointer data)
{
  g_assert_nonnull (strstr (request, "AMT_GeneralSettings"));
  return fake_soap ("<g:AMT_GeneralSettings><g:DigestRealm>Digest:A</g:DigestRealm>"
                    "</g:AMT_GeneralSettings>");
}

static char *
make_priority (const Version *version, gboolean psk, gboolean extension)
{
  return g_strdup_printf ("NONE:+%s:+AES-128-CBC:+AES-256-CBC:+SHA1:+%s:+CTYPE-X509:+COMP-NULL:"
                          "+SIGN-ALL:%%VERIFY_ALLOW_SIGN_WITH_SHA1%s",
                          version->gnutls, psk ? "PSK" : "RSA",
                          extension ? "" : ":%DISABLE_SAFE_RENEGOTIATION");
}

static AmtProvTlsPolicy *
make_psk_policy (AmtProvTlsVersion min, AmtProvTlsVersion max, const char *pid, const char *pps)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (AmtProvPsk) psk = amt_prov_psk_new (pid, pps, &error);
  AmtProvTlsPolicy *policy = amt_prov_tls_policy_new (min, max, 0, PSK_CIPHERS);

  g_assert_no_error (error);
  amt_prov_tls_policy_set_psk (policy, psk);
  return policy;
}

static AmtProvTlsPolicy *
make_rsa_policy (AmtProvTlsVersion min, AmtProvTlsVersion max)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (AmtProvProvisioningCertificate) certificate =
      amt_prov_provisioning_certificate_new_from_der (shared.chain, shared.key, &error);
  AmtProvTlsPolicy *policy = amt_prov_tls_policy_new (min, max, 0, RSA_CIPHERS);

  g_assert_no_error (error);
  amt_prov_tls_policy_set_certificate (policy, certificate);
  return policy;
}

static gboolean
try_open (FakeDevice *device, AmtProvTlsPolicy *policy, GBytes **peer, GError **error)
{
  g_autoptr (AmtProvChannel) channel = fake_device_new_channel (device, policy);
  gboolean opened = run_open (channel, NULL, error);

  g_assert_true (amt_prov_channel_is_tls (channel));
  if (peer != NULL && amt_prov_channel_get_peer_certificate (channel) != NULL)
    *peer = g_bytes_ref (amt_prov_channel_get_peer_certificate (channel));
  return opened;
}

static void
test_matrix (gconstpointer data)
{
  const Case *test = data;
  g_autofree char *priority = make_priority (test->version, test->psk, test->extension);
  FakeTls tls = {.priority = priority};
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) peer = NULL;

  if (test->psk) {
    tls.pid = PID;
    tls.pps = PPS;
  } else {
    tls.certificate = shared.device;
    tls.key = shared.device_key;
    tls.mutual = TRUE;
  }
  g_autoptr (FakeDevice) device = fake_device_new (&tls, answer_general, NULL);
  g_autoptr (AmtProvTlsPolicy) policy =
      test->psk ? make_psk_policy (AMT_PROV_TLS_VERSION_1_0, AMT_PROV_TLS_VERSION_1_2, PID, PPS)
                : make_rsa_policy (AMT_PROV_TLS_VERSION_1_0, AMT_PROV_TLS_VERSION_1_2);
  gboolean opened = try_open (device, policy, &peer, &error);
  g_assert_no_error (error);
  g_assert_true (opened);
  if (test->psk) {
    g_assert_null (peer);
  } else {
    g_assert_true (g_bytes_equal (peer, shared.device));
    /* The root is sent too. */
    g_assert_cmpuint (fake_device_get_client_chain (device), ==, 2);
  }
}

static void
test_wrong_psk (void)
{
  g_autofree char *priority = make_priority (&versions[0], TRUE, FALSE);
  FakeTls tls = {.priority = priority, .pid = PID, .pps = PPS};
  g_autoptr (FakeDevice) device = fake_device_new (&tls, answer_general, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (AmtProvTlsPolicy) policy = make_psk_policy (
      AMT_PROV_TLS_VERSION_1_0, AMT_PROV_TLS_VERSION_1_0, PID, "093CLJ7PV9ZHMZX3UDNFXFOLP89DN4CH");

  g_assert_false (try_open (device, policy, NULL, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_TLS);
  g_assert_cmpint (amt_prov_error_get_tls_alert (error), ==, 20);
  g_assert_nonnull (strstr (error->message, "alert 20 bad_record_mac"));
  g_assert_null (strstr (error->message, "093CLJ"));
}

static void
test_unknown_pid (void)
{
  g_autofree char *priority = make_priority (&versions[2], TRUE, FALSE);
  FakeTls tls = {.priority = priority, .pid = "QFFTUD9B", .pps = PPS};
  g_autoptr (FakeDevice) device = fake_device_new (&tls, answer_general, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (AmtProvTlsPolicy) policy =
      make_psk_policy (AMT_PROV_TLS_VERSION_1_0, AMT_PROV_TLS_VERSION_1_2, PID, PPS);

  g_assert_false (try_open (device, policy, NULL, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_TLS);
}

static void
test_refused_certificate (gconstpointer data)
{
  const Version *version = data;
  g_autofree char *priority = make_priority (version, FALSE, FALSE);
  FakeTls tls = {.priority = priority,
                 .certificate = shared.device,
                 .key = shared.device_key,
                 .mutual = TRUE,
                 .refuse_client = TRUE};
  g_autoptr (FakeDevice) device = fake_device_new (&tls, answer_general, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (AmtProvTlsPolicy) policy =
      make_rsa_policy (AMT_PROV_TLS_VERSION_1_0, AMT_PROV_TLS_VERSION_1_2);

  g_assert_false (try_open (device, policy, NULL, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_TLS);
  g_assert_cmpint (amt_prov_error_get_tls_alert (error), ==, 46);
  g_assert_nonnull (strstr (error->message, "certificate_unknown"));
}

static void
test_pin (void)
{
  g_autofree char *priority = make_priority (&versions[2], FALSE, FALSE);
  FakeTls tls = {.priority = priority, .certificate = shared.device, .key = shared.device_key};
  g_autoptr (FakeDevice) device = fake_device_new (&tls, answer_general, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (AmtProvTlsPolicy) policy =
      amt_prov_tls_policy_new (AMT_PROV_TLS_VERSION_1_2, AMT_PROV_TLS_VERSION_1_2, 0, RSA_CIPHERS);
  g_autoptr (AmtProvCertHash) right =
      amt_prov_cert_hash_new_from_der (AMT_PROV_HASH_ALGORITHM_SHA256, shared.device);
  g_autoptr (AmtProvCertHash) wrong =
      amt_prov_cert_hash_new_from_der (AMT_PROV_HASH_ALGORITHM_SHA256, shared.chain->pdata[0]);

  amt_prov_tls_policy_set_pin (policy, right);
  gboolean opened = try_open (device, policy, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (opened);

  amt_prov_tls_policy_set_pin (policy, wrong);
  g_assert_false (try_open (device, policy, NULL, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_TLS);
  g_assert_nonnull (strstr (error->message, "pinned"));
  g_assert_cmpint (amt_prov_error_get_tls_alert (error), ==, -1);
}

static void
test_no_common_version (void)
{
  g_autofree char *priority = make_priority (&versions[0], TRUE, FALSE);
  FakeTls tls = {.priority = priority, .pid = PID, .pps = PPS};
  g_autoptr (FakeDevice) device = fake_device_new (&tls, answer_general, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (AmtProvTlsPolicy) policy =
      make_psk_policy (AMT_PROV_TLS_VERSION_1_2, AMT_PROV_TLS_VERSION_1_2, PID, PPS);

  g_assert_false (try_open (device, policy, NULL, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_TLS);
}

static void
test_limited_copy (void)
{
  g_autoptr (AmtProvTlsPolicy) policy =
      make_psk_policy (AMT_PROV_TLS_VERSION_1_1, AMT_PROV_TLS_VERSION_1_2, PID, PPS);
  g_autoptr (AmtProvTlsPolicy) copy =
      amt_prov_tls_policy_copy_limited (policy, AMT_PROV_TLS_VERSION_1_0);

  g_assert_cmpint (amt_prov_tls_policy_get_min_version (copy), ==, AMT_PROV_TLS_VERSION_1_0);
  g_assert_cmpint (amt_prov_tls_policy_get_max_version (copy), ==, AMT_PROV_TLS_VERSION_1_0);
  g_assert_cmpint (amt_prov_tls_policy_get_max_version (policy), ==, AMT_PROV_TLS_VERSION_1_2);
  g_assert_cmpuint (amt_prov_tls_policy_get_security_level (copy), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  make_certificates (&shared);
  for (gsize i = 0; i < G_N_ELEMENTS (versions); i++) {
    for (int bits = 0; bits < 4; bits++) {
      Case test = {&versions[i], (bits & 1) != 0, (bits & 2) != 0};
      g_autofree char *path =
          g_strdup_printf ("/channel/tls/%s/%s/%s", versions[i].name, test.psk ? "psk" : "mutual",
                           test.extension ? "with-extension" : "without-extension");
      g_test_add_data_func_full (path, g_memdup2 (&test, sizeof test), test_matrix, g_free);
    }
    g_autofree char *path =
        g_strdup_printf ("/channel/tls/%s/refused-certificate", versions[i].name);
    g_test_add_data_func (path, &versions[i], test_refused_certificate);
  }
  g_test_add_func ("/channel/tls/wrong-psk", test_wrong_psk);
  g_test_add_func ("/channel/tls/unknown-pid", test_unknown_pid);
  g_test_add_func ("/channel/tls/pin", test_pin);
  g_test_add_func ("/channel/tls/no-common-version", test_no_common_version);
  g_test_add_func ("/channel/tls/limited-copy", test_limited_copy);
  int result = g_test_run ();
  clear_certificates (&shared);
  return result;
}
