/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "site-folder.h"

#include <openssl/rsa.h>

#include "../site/fixture.h"

/* AMT takes RSA keys only, and one is enough for all tests of a program. */
static EVP_PKEY *
get_leaf_key (void)
{
  static EVP_PKEY *key;

  if (key == NULL)
    key = EVP_RSA_gen (2048);
  return key;
}

static void
write_certificates (const char *folder)
{
  EVP_PKEY *ca_key = key_new_ec ();
  EVP_PKEY *key = get_leaf_key ();
  g_autoptr (Cert) ca = cert_new ("Example CA", ca_key, NULL, CERT_CA);
  g_autoptr (Cert) leaf = cert_new ("prov.example.com", key, ca, CERT_PROVISIONING);
  Cert *ca_only[] = {ca, NULL};
  Cert *chain[] = {leaf, ca, NULL};

  g_free (write_certs (folder, "ca.pem", ca_only, NULL));
  g_free (write_key (folder, "ca.key", ca_key, NULL));
  g_free (write_certs (folder, "pki.pem", chain, key));
  EVP_PKEY_free (ca_key);
}

static SiteFolder *
make_folder (const char *plugins,
             const char *store,
             const char *const *plugin_dirs,
             const char *groups)
{
  SiteFolder *folder = g_new0 (SiteFolder, 1);
  g_autofree char *main = g_strdup_printf ("[amtprov]\nplugins=%s\n%s", plugins, store);
  g_autofree char *text = g_strdup_printf ("[site]\nname=lab\n%s", groups);
  g_autofree char *path = NULL;
  g_autofree char *sites = NULL;
  g_autoptr (GError) error = NULL;

  folder->path = g_dir_make_tmp ("amtprov-site-XXXXXX", &error);
  g_assert_no_error (error);
  path = write_file (folder->path, "amtprov.conf", main);
  g_free (write_file (folder->path, "sites.d/lab.conf", text));
  sites = g_build_filename (folder->path, "sites.d", NULL);
  write_certificates (sites);
  folder->config = amt_prov_config_load (path, plugin_dirs, &error);
  g_assert_no_error (error);
  folder->site = amt_prov_config_find_site (folder->config, "lab");
  g_assert_nonnull (folder->site);
  return folder;
}

/* @groups come behind the site's name. */
SiteFolder *
site_folder_new (const char *plugins, const char *const *plugin_dirs, const char *groups)
{
  return make_folder (plugins, "", plugin_dirs, groups);
}

SiteFolder *
site_folder_new_with_store (const char *plugins, const char *const *plugin_dirs, const char *groups)
{
  return make_folder (
      plugins, "store=sqlite:store.db\nstore-key-file=store.key\n[hello]\nlisten=127.0.0.1:0\n",
      plugin_dirs, groups);
}

void
site_folder_free (SiteFolder *folder)
{
  remove_folder (folder->path);
  g_object_unref (folder->config);
  g_free (folder->path);
  g_free (folder);
}

AmtProvFacts *
facts_new (const char *release, AmtProvHello *hello)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (AmtProvVersion) version =
      release != NULL ? amt_prov_version_parse (release, &error) : NULL;

  g_assert_no_error (error);
  return amt_prov_facts_new (version, hello, NULL);
}
