/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/amtprov.h>

G_BEGIN_DECLS

/* A folder with a configuration that has one site, and the files that it needs. */
typedef struct {
  char *path;
  AmtProvConfig *config;
  AmtProvSite *site; /* owned by the configuration */
} SiteFolder;

SiteFolder *
site_folder_new (const char *plugins, const char *const *plugin_dirs, const char *groups);
/* With an SQLite store in the folder. */
SiteFolder *site_folder_new_with_store (const char *plugins,
                                        const char *const *plugin_dirs,
                                        const char *groups);
void site_folder_free (SiteFolder *folder);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiteFolder, site_folder_free)

/* Every site has a CA, so that its machines can have TLS; a certificate as for [pki NAME] lies
 * there, too. */
#define SITE_TLS     "[profile]\ntls-ca-certificate=ca.pem\ntls-ca-key=ca.key\ntls="
#define SITE_PKI     "[pki one]\ncertificate=pki.pem\n"
#define SITE_TLS_ON  SITE_TLS "server\n"
#define SITE_TLS_OFF "[profile]\ntls=off\n"

AmtProvFacts *facts_new (const char *release, AmtProvHello *hello);

G_END_DECLS
