/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <amtprov/amtprov.h>
#include <openssl/rsa.h>

#include "config-fixture.h"
#include "fixture.h"
#include "site/certificate-file-private.h"
#include "site/schema-private.h"

static void
test_defaults (Fixture *f, gconstpointer data)
{
  g_autoptr (AmtProvConfig) config = NULL;
  AmtProvSettings *hello;
  AmtProvSettings *limits;
  AmtProvSettings *host;
  AmtProvSite *site;
  AmtProvSettings *psk;
  g_autoptr (GPtrArray) groups = NULL;
  g_auto (GStrv) listen = NULL;
  g_auto (GStrv) order = NULL;
  g_autofree char *store = g_strdup_printf ("sqlite:%s/data/amt.db", f->folder);
  g_autofree char *key_file = g_strdup_printf ("%s/store.key", f->folder);
  g_autofree char *got = NULL;

  put (f, "sites.d/lab.conf", NAMED NO_TLS);
  put (f, "sites.d/ignored.txt", "not a site");
  config = load (f);
  hello = amt_prov_config_get_settings (config, "hello");
  limits = amt_prov_config_get_settings (config, "limits");
  host = amt_prov_config_get_settings (config, "amtprov");
  listen = amt_prov_settings_get_list (hello, "listen");
  g_assert_cmpstr (listen[0], ==, "0.0.0.0:9971");
  g_assert_cmpstr (listen[1], ==, "[::]:9971");
  g_assert_cmpint (amt_prov_settings_get_int (limits, "connections"), ==, 256);
  g_assert_cmpint (amt_prov_settings_get_int (limits, "step-seconds"), ==, 60);
  g_assert_cmpstr (amt_prov_settings_get_string (host, "store"), ==, store);
  got = amt_prov_settings_dup_path (host, "store-key-file");
  g_assert_cmpstr (got, ==, key_file);
  g_assert_null (amt_prov_config_get_settings (config, "nothing"));

  g_assert_cmpuint (amt_prov_config_get_sites (config)->len, ==, 1);
  site = amt_prov_config_find_site (config, "lab");
  g_assert_nonnull (site);
  g_assert_null (amt_prov_config_find_site (config, "other"));
  g_assert_cmpint (amt_prov_site_get_admission (site), ==, AMT_PROV_ADMISSION_KNOWN);
  g_assert_cmpint (amt_prov_site_get_legacy_tls (site), ==, AMT_PROV_LEGACY_TLS_AUTO);
  g_assert_cmpuint (amt_prov_site_get_port (site), ==, 16993);
  g_assert_cmpuint (amt_prov_site_get_plain_port (site), ==, 16992);
  order = amt_prov_site_get_method_order (site);
  g_assert_null (order[0]);
  psk = amt_prov_site_get_settings (site, "psk");
  g_assert_true (amt_prov_settings_get_boolean (psk, "rotate"));
  g_assert_false (amt_prov_settings_has (psk, "initial-password"));
  groups = amt_prov_site_list_settings (site, "pki");
  g_assert_cmpuint (groups->len, ==, 0);
}

static void
test_rules (Fixture *f, gconstpointer data)
{
  g_autoptr (AmtProvConfig) config = NULL;
  g_autoptr (AmtProvRule) stated = NULL;
  g_autoptr (AmtProvRule) defaulted = NULL;
  g_autoptr (AmtProvRule) absent = NULL;
  AmtProvSite *site;

  put (f, "sites.d/lab.conf", "# comment\n" NAMED "[security]\nlegacy-tls=deny\n" NO_TLS);
  config = load (f);
  site = amt_prov_config_find_site (config, "lab");
  stated = amt_prov_site_dup_rule (site, "security", "legacy-tls");
  g_assert_cmpuint (amt_prov_rule_get_line (stated), ==, 5);
  g_assert_cmpstr (amt_prov_rule_get_file (stated), ==, amt_prov_site_get_file (site));
  defaulted = amt_prov_site_dup_rule (site, "profile", "ping");
  g_assert_cmpuint (amt_prov_rule_get_line (defaulted), ==, 6);
  absent = amt_prov_site_dup_rule (site, "admission", "policy");
  g_assert_cmpuint (amt_prov_rule_get_line (absent), ==, 0);
  g_assert_cmpint (amt_prov_site_get_legacy_tls (site), ==, AMT_PROV_LEGACY_TLS_DENY);
}

static void
test_main_mistakes (Fixture *f, gconstpointer data)
{
  const Mistake mistakes[] = {
      {"[amtprov]\nstores=x:y\n", "2: [amtprov] stores: ", "allowed are store, store-key-file"},
      {"[amtprov]\nstore=nothing\n", "2: [amtprov] store: ", "SCHEME:REST"},
      {"[amtprovd]\n", "1: [amtprovd]: ", "allowed are [amtprov], [hello], [limits]"},
      {"[hello]\nlisten=::1:9971\n", "2: [hello] listen: ", "[IPV6]:PORT"},
      {"[hello]\nlisten=127.0.0.1\n", "2: [hello] listen: ", "ADDRESS:PORT"},
      {"[hello]\nlisten=127.0.0.1:70000\n", "2: [hello] listen: ", "ADDRESS:PORT"},
      {"[hello]\nlisten=\n", "2: [hello] listen: ", "empty"},
      {"[limits]\nconnections=0\n", "2: [limits] connections: ", "1..65535"},
      {"[limits]\nconnections=many\n", "2: [limits] connections: ", "whole number"},
      {"[limits]\nsessions=5\nsessions=6\n", "3: [limits] sessions: ", "already there in line 2"},
      {"[limits]\n[limits]\n", "2: [limits]: ", "already there in line 1"},
      {"[hello x]\n", "1: [hello x]: ", "takes no name"},
      {"sessions=5\n", "1: sessions: ", "below a [GROUP]"},
      {"[limits\n", "1: ", "written [NAME]"},
      {"[limits]\nnonsense\n", "2: ", "KEY=VALUE"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (mistakes); i++) {
    put (f, "amtprov.conf", mistakes[i].text);
    assert_problem (f, "amtprov.conf", mistakes[i].place, mistakes[i].wanted);
  }
}

static void
test_site_mistakes (Fixture *f, gconstpointer data)
{
  const Mistake mistakes[] = {
      {"[site]\n" NO_TLS, "1: [site] name: ", "required"},
      {NO_TLS, "1: [site] name: ", "required"},
      {"[site]\nname=a b\n" NO_TLS, "2: [site] name: ", "no name"},
      {NAMED NO_TLS "ping=perhaps\n", "5: [profile] ping: ", "yes, no, true, false, 1, 0"},
      {NAMED "[profile]\ntls=maybe\n", "4: [profile] tls: ", ""},
      {NAMED NO_TLS "window-extension=25\n", "5: [profile] window-extension: ", "0..24"},
      {NAMED NO_TLS "hostname=%{serial}\n", "5: [profile] hostname: ", "%{host}, %{fqdn}"},
      {NAMED NO_TLS "hostname=100%\n", "5: [profile] hostname: ", "begins no variable"},
      {NAMED NO_TLS "admin-password=keep\n",
       "5: [profile] admin-password: ", "generate, file:PATH"},
      {NAMED NO_TLS "admin-password=P@ssw0rd\n", "5: [profile] admin-password: ", "none of"},
      {NAMED NO_TLS "mebx-password=file:none\n", "5: [profile] mebx-password: ", "none"},
      {NAMED NO_TLS "mebx-password=file:weak\n", "5: [profile] mebx-password: ", "weak"},
      {NAMED NO_TLS "[match]\nsubnets=10.0.0.1/8\n", "6: [match] subnets: ", "ADDRESS/LENGTH"},
      {NAMED NO_TLS "[match]\nsuffixes=a..b\n", "6: [match] suffixes: ", "example.com"},
      {NAMED NO_TLS "[match]\nuuids=12\n", "6: [match] uuids: ", "32 hexadecimal"},
      {NAMED NO_TLS "[methods]\norder=smoke\n", "6: [methods] order: ", "[amtprov] plugins"},
      {NAMED NO_TLS "[psk]\nrotate=often\n", "6: [psk] rotate: ", "yes, no"},
      {NAMED NO_TLS "[psk x]\n", "5: [psk x]: ", "takes no name"},
      {NAMED NO_TLS "[pki]\n", "5: [pki]: ", "write [pki NAME]"},
      {NAMED NO_TLS "[pki x]\n", "5: [pki x] certificate: ", "required"},
      {NAMED NO_TLS "[pki x]\ncertificate=no.pem\n",
       "6: [pki x] certificate: ", "there is no file"},
      {NAMED NO_TLS "[pki x]\ncertificate=weak\n", "6: [pki x] certificate: ", "neither PEM"},
      {NAMED "[profile]\ntls=server\n", "3: [profile] tls-ca-certificate: ", "or write tls=off"},
      {NAMED, "1: [profile] tls-ca-certificate: ", "or write tls=off"},
      {NAMED "[profile]\ntls-ca-certificate=no.pem\n",
       "4: [profile] tls-ca-certificate: ", "no file"},
      {NAMED "[profile]\ntls-ca-certificate=weak\n",
       "4: [profile] tls-ca-certificate: ", "neither"},
      {NAMED NO_TLS "[smoke]\n", "5: [smoke]: ", "plugins that are named in [amtprov] plugins"},
  };

  put (f, "sites.d/weak", "short\n");
  for (guint i = 0; i < G_N_ELEMENTS (mistakes); i++) {
    put (f, "sites.d/lab.conf", mistakes[i].text);
    assert_problem (f, "sites.d/lab.conf", mistakes[i].place, mistakes[i].wanted);
  }
}

static void
test_all_mistakes (Fixture *f, gconstpointer data)
{
  g_auto (GStrv) problems = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *all = NULL;

  put (f, "amtprov.conf", "[limits]\nsessions=x\n[nothing]\n");
  put (f, "sites.d/a.conf", "[site]\nname=a\n[profile]\ntls=off\nping=x\n");
  put (f, "sites.d/b.conf", "[site]\nname=a\n[profile]\ntls=off\ndhcp=x\n");
  problems = check (f);
  /* Two of the main file, one of each site, the same name, two that take all machines. */
  g_assert_cmpuint (g_strv_length (problems), ==, 6);
  g_assert_null (amt_prov_config_load (f->main_file, (const char *const *)f->plugin_dirs, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFIG);
  all = g_strjoinv ("\n", problems);
  g_assert_cmpstr (error->message, ==, all);
}

static void
test_overlaps (Fixture *f, gconstpointer data)
{
  const char *const matches[] = {
      "subnets=10.1.0.0/16;10.2.0.0/16",
      "suffixes=Example.COM.",
      "uuids=00112233445566778899AABBCCDDEEFF",
  };
  const char *const others[] = {
      "subnets=10.2.0.0/16",
      "suffixes=example.com",
      "uuids=00112233-4455-6677-8899-aabbccddeeff",
  };
  const char *const keys[] = {"subnets", "suffixes", "uuids"};

  for (guint i = 0; i < G_N_ELEMENTS (matches); i++) {
    g_autofree char *a = g_strdup_printf ("[site]\nname=a\n" NO_TLS "[match]\n%s\n", matches[i]);
    g_autofree char *b = g_strdup_printf ("[site]\nname=b\n" NO_TLS "[match]\n%s\n", others[i]);
    g_autofree char *place = g_strdup_printf ("6: [match] %s: ", keys[i]);

    put (f, "sites.d/a.conf", a);
    put (f, "sites.d/b.conf", b);
    assert_problem (f, "sites.d/b.conf", place, "stands in site a too");
  }
  put (f, "sites.d/a.conf", "[site]\nname=a\n" NO_TLS);
  put (f, "sites.d/b.conf", "[site]\nname=b\n" NO_TLS);
  assert_problem (f, "sites.d/b.conf", "1: [match] subnets: ", "only one may");
  put (f, "sites.d/b.conf", "[site]\nname=a\n" NO_TLS "[match]\nsuffixes=example.com\n");
  assert_problem (f, "sites.d/b.conf", "2: [site] name: ", "choose another");
}

static void
write_certificates (Fixture *f)
{
  g_autoptr (EVP_PKEY) key = EVP_RSA_gen (2048);
  g_autoptr (EVP_PKEY) leaf_key = EVP_RSA_gen (2048);
  g_autoptr (Cert) root = cert_new ("Root", key, NULL, CERT_CA);
  g_autoptr (Cert) leaf = cert_new ("prov.example.com", leaf_key, root, CERT_PROVISIONING);
  Cert *chain[] = {root, leaf, NULL};
  Cert *authority[] = {root, NULL};
  g_autofree char *a = NULL;
  g_autofree char *b = NULL;
  g_autofree char *c = NULL;
  g_autofree char *d = NULL;

  put (f, "sites.d/README", "certificates of the site\n");
  a = write_certs (f->folder, "sites.d/prov.pem", chain, NULL);
  b = write_key (f->folder, "sites.d/prov.key", leaf_key, "sesame");
  c = write_certs (f->folder, "sites.d/ca.pem", authority, NULL);
  d = write_key (f->folder, "sites.d/ca.key", key, NULL);
  put (f, "sites.d/pass", "sesame\n");
  put (f, "sites.d/strong", "Gr8.Secret-1\n");
}

#define PKI "[pki main]\ncertificate=prov.pem\nkey=prov.key\npassphrase-file=pass\n"

static void
test_certificates (Fixture *f, gconstpointer data)
{
  g_autoptr (AmtProvConfig) config = NULL;
  g_autoptr (GPtrArray) groups = NULL;
  g_autoptr (AmtProvSecret) secret = NULL;
  g_autofree char *path = NULL;
  AmtProvSite *site;
  AmtProvProfile *profile;

  write_certificates (f);
  put (f, "sites.d/lab.conf",
       NAMED PKI "[profile]\ntls=mutual\ntls-ca-certificate=ca.pem\ntls-ca-key=ca.key\n"
                 "admin-password=file:strong\nmebx-password=keep\n");
  config = load (f);
  site = amt_prov_config_find_site (config, "lab");
  profile = amt_prov_site_get_profile (site);
  g_assert_cmpint (amt_prov_profile_get_tls_mode (profile), ==, AMT_PROV_TLS_MODE_MUTUAL);
  g_assert_nonnull (amt_prov_profile_get_certificate_authority (profile));
  g_assert_cmpint (amt_prov_profile_get_admin_password_policy (profile), ==,
                   AMT_PROV_PASSWORD_POLICY_FILE);
  g_assert_cmpstr (amt_prov_secret_peek_text (amt_prov_profile_get_admin_password (profile)), ==,
                   "Gr8.Secret-1");
  g_assert_cmpint (amt_prov_profile_get_mebx_password_policy (profile), ==,
                   AMT_PROV_PASSWORD_POLICY_KEEP);
  g_assert_null (amt_prov_profile_get_mebx_password (profile));
  groups = amt_prov_site_list_settings (site, "pki");
  g_assert_cmpuint (groups->len, ==, 1);
  path = amt_prov_settings_dup_path (groups->pdata[0], "certificate");
  g_assert_true (g_path_is_absolute (path));
  g_assert_true (amt_prov_provisioning_certificate_has_key (
      amt_prov_settings_get_certificate (groups->pdata[0], "certificate")));
  g_assert_null (amt_prov_settings_get_certificate (groups->pdata[0], "passphrase-file"));
  g_assert_null (amt_prov_settings_get_certificate (groups->pdata[0], "nothing"));
  secret = amt_prov_settings_load_secret (groups->pdata[0], "passphrase-file", NULL);
  g_assert_cmpstr (amt_prov_secret_peek_text (secret), ==, "sesame");

  put (f, "sites.d/lab.conf", NAMED NO_TLS "[pki main]\ncertificate=prov.pem\n");
  assert_problem (f, "sites.d/lab.conf", "6: [pki main] certificate: ", "holds no private key");
  put (f, "sites.d/lab.conf", NAMED NO_TLS "[pki main]\ncertificate=prov.pem\nkey=prov.key\n");
  assert_problem (f, "sites.d/lab.conf", "6: [pki main] certificate: ", "no passphrase");
}

static void
test_any_with_passwords (Fixture *f, gconstpointer data)
{
  g_autoptr (AmtProvConfig) config = NULL;

  write_certificates (f);
  put (f, "sites.d/lab.conf",
       NAMED NO_TLS "admin-password=file:strong\n" PKI "[admission]\npolicy=any\n");
  assert_problem (f, "sites.d/lab.conf", "11: [admission] policy: ", "admin-password");
  put (f, "sites.d/lab.conf",
       NAMED NO_TLS "mebx-password=file:strong\n" PKI "[admission]\npolicy=any\n");
  assert_problem (f, "sites.d/lab.conf", "11: [admission] policy: ", "mebx-password");
  put (f, "sites.d/lab.conf", NAMED NO_TLS PKI "[admission]\npolicy=any\n");
  config = load (f);
  g_assert_cmpint (amt_prov_site_get_admission (amt_prov_config_find_site (config, "lab")), ==,
                   AMT_PROV_ADMISSION_ANY);
}

static void
assert_site (AmtProvConfig *config,
             const char *address,
             const char *uuid,
             const char *suffix,
             const char *name)
{
  g_autoptr (GInetAddress) peer = address ? g_inet_address_new_from_string (address) : NULL;
  AmtProvSite *site = amt_prov_config_match_site (config, peer, uuid, suffix);

  g_assert_cmpstr (site ? amt_prov_site_get_name (site) : NULL, ==, name);
}

static void
test_match (Fixture *f, gconstpointer data)
{
  const char *own = "00112233-4455-6677-8899-aabbccddeeff";
  const char *upper = "00112233-4455-6677-8899-AABBCCDDEEFF";
  const char *other = "ffffffff-4455-6677-8899-aabbccddeeff";
  g_autoptr (AmtProvConfig) config = NULL;
  g_autoptr (AmtProvConfig) closed = NULL;

  put (f, "sites.d/net.conf", "[site]\nname=net\n" NO_TLS "[match]\nsubnets=10.0.0.0/8;fd00::/8\n");
  put (f, "sites.d/subnet.conf", "[site]\nname=subnet\n" NO_TLS "[match]\nsubnets=10.1.0.0/16\n");
  put (f, "sites.d/com.conf", "[site]\nname=com\n" NO_TLS "[match]\nsuffixes=example.com\n");
  put (f, "sites.d/lab.conf",
       "[site]\nname=lab\n" NO_TLS "[match]\nsuffixes=lab.example.com\nsubnets=192.0.2.0/24\n");
  put (f, "sites.d/uuid.conf",
       "[site]\nname=uuid\n" NO_TLS "[match]\nuuids=00112233445566778899aabbccddeeff\n");
  closed = load (f);
  assert_site (closed, "198.51.100.1", other, NULL, NULL);
  put (f, "sites.d/rest.conf", "[site]\nname=rest\n" NO_TLS);
  config = load (f);
  assert_site (config, "10.2.0.1", other, NULL, "net");
  assert_site (config, "10.1.0.1", other, NULL, "subnet");
  assert_site (config, "::ffff:10.1.0.1", other, NULL, "subnet");
  assert_site (config, "fd00::1", other, NULL, "net");
  assert_site (config, "10.1.0.1", other, "corp.example.com", "com");
  assert_site (config, "10.1.0.1", other, "x.LAB.example.com.", "lab");
  assert_site (config, "10.1.0.1", other, "notexample.com", "subnet");
  assert_site (config, "10.1.0.1", own, "lab.example.com", "uuid");
  assert_site (config, NULL, upper, NULL, "uuid");
  assert_site (config, "192.0.2.9", other, NULL, "lab");
  assert_site (config, "198.51.100.1", other, NULL, "rest");
  assert_site (config, NULL, NULL, NULL, "rest");
}

static void
test_missing_file (Fixture *f, gconstpointer data)
{
  g_autofree char *path = g_build_filename (f->folder, "nothing.conf", NULL);
  g_auto (GStrv) problems = amt_prov_config_check (path, NULL);

  g_assert_cmpuint (g_strv_length (problems), ==, 1);
  g_assert_true (g_str_has_prefix (problems[0], path));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/site/config/defaults", test_defaults);
  ADD ("/site/config/rules", test_rules);
  ADD ("/site/config/main-mistakes", test_main_mistakes);
  ADD ("/site/config/site-mistakes", test_site_mistakes);
  ADD ("/site/config/all-mistakes", test_all_mistakes);
  ADD ("/site/config/overlaps", test_overlaps);
  ADD ("/site/config/certificates", test_certificates);
  ADD ("/site/config/any-with-passwords", test_any_with_passwords);
  ADD ("/site/config/match", test_match);
  ADD ("/site/config/missing-file", test_missing_file);
  return g_test_run ();
}
