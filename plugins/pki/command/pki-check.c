/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "command/command.h"

#include <amtprov/amtprov.h>

typedef struct {
  char *certificate;
  char *key;
  char *passphrase;
  char *suffix;
  char *release;
  char *hello;
  gboolean json;
} Options;

static const AmtprovUsage usage = {
    .synopsis = "--cert FILE",
    .summary = "Hold a provisioning certificate against every rule of AMT.",
    .example = "amtprov pki check --cert prov.pem --suffix example.com --amt 16.1",
};

static void
options_clear (Options *options)
{
  g_free (options->certificate);
  g_free (options->key);
  g_free (options->passphrase);
  g_free (options->suffix);
  g_free (options->release);
  g_free (options->hello);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static AmtProvProvisioningCertificate *
load_certificate (const Options *options, GError **error)
{
  g_autoptr (AmtProvSecret) passphrase = NULL;

  if (options->passphrase != NULL) {
    passphrase = amt_prov_secret_new_from_file (options->passphrase, error);
    if (passphrase == NULL)
      return NULL;
  }
  return amt_prov_provisioning_certificate_new (options->certificate, options->key, passphrase,
                                                error);
}

static AmtProvCapabilities *
find_release (const char *text, GError **error)
{
  g_auto (GStrv) folders = amt_prov_config_get_default_capability_dirs ();
  g_autoptr (AmtProvCapabilityRegistry) registry = NULL;
  g_autoptr (AmtProvVersion) release = amt_prov_version_parse (text, error);
  AmtProvCapabilities *capabilities;

  if (release == NULL)
    return NULL;
  registry = amt_prov_capability_registry_new ((const char *const *)folders, error);
  if (registry == NULL)
    return NULL;
  capabilities = amt_prov_capability_registry_lookup (registry, release);
  if (capabilities == NULL)
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_FOUND,
                 "no capability file knows AMT %s; there is no such release", text);
  return capabilities;
}

static AmtProvHello *
read_hello (const char *path, GError **error)
{
  g_autoptr (GBytes) bytes = amtprov_read_input (path, error);
  gsize used;
  AmtProvHello *hello = bytes != NULL ? amt_prov_hello_decode (bytes, &used, error) : NULL;

  if (hello == NULL)
    g_prefix_error (error, "%s: ", path);
  return hello;
}

static const char *
result_word (AmtProvCheck *check)
{
  switch (amt_prov_check_get_result (check)) {
  case AMT_PROV_CHECK_RESULT_PASS:
    return "pass";
  case AMT_PROV_CHECK_RESULT_FAIL:
    return "fail";
  case AMT_PROV_CHECK_RESULT_UNKNOWN:
  default:
    return "unknown";
  }
}

static gboolean
is_usable (GPtrArray *checks)
{
  for (guint i = 0; i < checks->len; i++)
    if (amt_prov_check_get_result (checks->pdata[i]) == AMT_PROV_CHECK_RESULT_FAIL)
      return FALSE;
  return TRUE;
}

static void
print_as_text (GPtrArray *checks)
{
  for (guint i = 0; i < checks->len; i++)
    g_print ("%-7s %s: %s\n", result_word (checks->pdata[i]),
             amt_prov_check_get_id (checks->pdata[i]),
             amt_prov_check_get_sentence (checks->pdata[i]));
}

static void
print_as_json (GPtrArray *checks)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "checks");
  json_builder_begin_array (builder);
  for (guint i = 0; i < checks->len; i++) {
    json_builder_begin_object (builder);
    json_builder_set_member_name (builder, "id");
    json_builder_add_string_value (builder, amt_prov_check_get_id (checks->pdata[i]));
    json_builder_set_member_name (builder, "result");
    json_builder_add_string_value (builder, result_word (checks->pdata[i]));
    json_builder_set_member_name (builder, "sentence");
    json_builder_add_string_value (builder, amt_prov_check_get_sentence (checks->pdata[i]));
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "usable");
  json_builder_add_boolean_value (builder, is_usable (checks));
  json_builder_end_object (builder);
  amtprov_print_json (builder);
}

static int
check (const Options *options)
{
  g_autoptr (AmtProvProvisioningCertificate) certificate = NULL;
  g_autoptr (AmtProvCapabilities) capabilities = NULL;
  g_autoptr (AmtProvHello) hello = NULL;
  g_autoptr (GPtrArray) checks = NULL;
  g_autoptr (GError) error = NULL;

  certificate = load_certificate (options, &error);
  if (certificate == NULL)
    return amtprov_report (error);
  if (options->release != NULL) {
    capabilities = find_release (options->release, &error);
    if (capabilities == NULL)
      return amtprov_report (error);
  }
  if (options->hello != NULL) {
    hello = read_hello (options->hello, &error);
    if (hello == NULL)
      return amtprov_report (error);
  }
  checks =
      amt_prov_provisioning_certificate_check (certificate, options->suffix, hello, capabilities);
  if (options->json)
    print_as_json (checks);
  else
    print_as_text (checks);
  return is_usable (checks) ? AMTPROV_EXIT_DONE : AMTPROV_EXIT_FAILED;
}

/* Failed if AMT would refuse the certificate. */
static int
run_check (int argc, char **argv)
{
  g_auto (Options) options = {0};
  const GOptionEntry entries[] = {
      {"cert", 0, 0, G_OPTION_ARG_FILENAME, &options.certificate,
       "Certificate and chain, PEM or PKCS#12", "FILE"},
      {"key", 0, 0, G_OPTION_ARG_FILENAME, &options.key,
       "Private key, if it is not in the same file", "FILE"},
      {"pass-file", 0, 0, G_OPTION_ARG_FILENAME, &options.passphrase,
       "File with the passphrase of key or bundle", "FILE"},
      {"suffix", 0, 0, G_OPTION_ARG_STRING, &options.suffix, "DNS suffix of the machine", "S"},
      {"amt", 0, 0, G_OPTION_ARG_STRING, &options.release, "AMT release of the machine", "RELEASE"},
      {"hello", 0, 0, G_OPTION_ARG_FILENAME, &options.hello, "A hello of the machine", "FILE"},
      {"json", 0, 0, G_OPTION_ARG_NONE, &options.json, "Print JSON", NULL},
      {NULL},
  };

  if (!amtprov_parse_options (&usage, entries, &argc, &argv))
    return AMTPROV_EXIT_USAGE;
  if (options.certificate == NULL)
    return amtprov_usage_error ("--cert FILE is missing");
  return check (&options);
}

int
main (int argc, char **argv)
{
  static const AmtprovCommand commands[] = {
      {"pki check", "--cert FILE", "hold a provisioning certificate against every rule of AMT",
       run_check},
  };

  return amtprov_run_group ("pki", "Provisioning certificates, for bare-metal PKI.", commands,
                            G_N_ELEMENTS (commands), argc, argv);
}
