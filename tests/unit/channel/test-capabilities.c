/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <glib/gstdio.h>

#include "fake-device.h"

/* The built-in capabilities of one release, with some cells overlaid. */
static AmtProvCapabilities *
look_up (const char *release, const char *overlay)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp ("amtprov-channel-XXXXXX", &error);
  g_assert_no_error (error);
  g_autofree char *file = g_build_filename (folder, "overlay.conf", NULL);
  g_autofree char *text = g_strdup_printf ("[%s]\n%s", release, overlay);
  g_file_set_contents (file, text, -1, &error);
  g_assert_no_error (error);
  const char *const folders[] = {folder, NULL};
  g_autoptr (AmtProvCapabilityRegistry) registry =
      amt_prov_capability_registry_new (folders, &error);
  g_assert_no_error (error);
  g_autoptr (AmtProvVersion) version = amt_prov_version_parse (release, &error);
  g_assert_no_error (error);
  AmtProvCapabilities *capabilities = amt_prov_capability_registry_lookup (registry, version);

  g_assert_nonnull (capabilities);
  g_remove (file);
  g_rmdir (folder);
  return capabilities;
}

static void
test_legacy_allowed (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (AmtProvCapabilities) capabilities = look_up (
      "9.5", "tls-min=1.0\ntls-max=1.1\nsecurity-level=0\npsk-ciphers=PSK-AES128-CBC-SHA\n");
  g_autoptr (AmtProvPsk) psk = amt_prov_psk_generate ();
  g_autoptr (AmtProvTlsPolicy) policy =
      amt_prov_tls_policy_new_for_psk (capabilities, TRUE, psk, &error);

  g_assert_no_error (error);
  g_assert_cmpint (amt_prov_tls_policy_get_min_version (policy), ==, AMT_PROV_TLS_VERSION_1_0);
  g_assert_cmpint (amt_prov_tls_policy_get_max_version (policy), ==, AMT_PROV_TLS_VERSION_1_1);
  g_assert_cmpuint (amt_prov_tls_policy_get_security_level (policy), ==, 0);
}

static void
test_legacy_denied (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (AmtProvCapabilities) old = look_up ("9.5", "tls-min=1.0\ntls-max=1.0\n");
  g_autoptr (AmtProvCapabilities) new = look_up (
      "12.0",
      "tls-min=1.1\ntls-max=1.2\nsecurity-level=0\ncertificate-ciphers=AES128-GCM-SHA256\n");
  g_autoptr (AmtProvPsk) psk = amt_prov_psk_generate ();

  g_assert_null (amt_prov_tls_policy_new_for_psk (old, FALSE, psk, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_BLOCKED);
  g_assert_nonnull (strstr (error->message, "at most TLS 1.0 and [security] legacy-tls=deny"));
  g_clear_error (&error);

  g_autoptr (AmtProvTlsPolicy) policy =
      amt_prov_tls_policy_new_for_certificate (new, FALSE, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (amt_prov_tls_policy_get_min_version (policy), ==, AMT_PROV_TLS_VERSION_1_2);
  g_assert_cmpuint (amt_prov_tls_policy_get_security_level (policy), ==, 2);
}

typedef struct {
  guint busy; /* so many answers are 2061 */
  guint asked;
} KeyMaker;

static GString *
answer_key (const char *request, gpointer data)
{
  KeyMaker *maker = data;

  if (strstr (request, "GenerateKeyPair<") == NULL)
    return fake_soap ("<g:AMT_PublicPrivateKeyPair><g:DERKey>AQID</g:DERKey>"
                      "</g:AMT_PublicPrivateKeyPair>");
  if (maker->asked++ < maker->busy)
    return fake_soap ("<g:GenerateKeyPair_OUTPUT><g:ReturnValue>2061</g:ReturnValue>"
                      "</g:GenerateKeyPair_OUTPUT>");
  return fake_soap ("<g:GenerateKeyPair_OUTPUT><g:KeyPair><b:ReferenceParameters>"
                    "<c:SelectorSet><c:Selector Name=\"InstanceID\">zero</c:Selector>"
                    "</c:SelectorSet></b:ReferenceParameters></g:KeyPair>"
                    "<g:ReturnValue>0</g:ReturnValue></g:GenerateKeyPair_OUTPUT>");
}

static gboolean
make_key (KeyMaker *maker, const char *overlay, GError **error)
{
  g_autoptr (AmtProvCapabilities) capabilities = look_up ("9.5", overlay);
  g_autoptr (FakeDevice) device = fake_device_new (NULL, answer_key, maker);
  g_autoptr (AmtProvChannel) channel =
      amt_prov_channel_new ("127.0.0.1", fake_device_get_port (device), NULL, capabilities);
  g_autoptr (AmtProvAction) action = amt_prov_action_new (AMT_PROV_ACTION_MAKE_KEY);

  amt_prov_action_set_int (action, "bits", 2048);
  return run_perform (channel, action, error);
}

#define WAITS "generate-key-pair=yes\nkey-wait-seconds=0\nkey-wait-tries=3\n"

static void
test_key_takes_time (void)
{
  KeyMaker maker = {.busy = 3};
  g_autoptr (GError) error = NULL;

  make_key (&maker, WAITS, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (maker.asked, ==, 4);
}

static void
test_key_takes_too_long (void)
{
  KeyMaker maker = {.busy = 100};
  g_autoptr (GError) error = NULL;

  g_assert_false (make_key (&maker, WAITS, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_TIMEOUT);
  g_assert_cmpuint (maker.asked, ==, 4);
}

static void
test_key_ruled_out (void)
{
  KeyMaker maker = {0};
  g_autoptr (GError) error = NULL;

  g_assert_false (make_key (&maker, "generate-key-pair=no\n", &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_SUPPORTED);
  g_assert_cmpuint (maker.asked, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/channel/capabilities/legacy-allowed", test_legacy_allowed);
  g_test_add_func ("/channel/capabilities/legacy-denied", test_legacy_denied);
  g_test_add_func ("/channel/capabilities/key-takes-time", test_key_takes_time);
  g_test_add_func ("/channel/capabilities/key-takes-too-long", test_key_takes_too_long);
  g_test_add_func ("/channel/capabilities/key-ruled-out", test_key_ruled_out);
  return g_test_run ();
}
