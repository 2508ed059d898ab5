/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/site.h>
#include "site/schema-private.h"

G_BEGIN_DECLS

/* How closely a site's [match] group fits a machine: the kind first, then how much of it. */
typedef enum {
  AMT_PROV_SITE_FIT_NONE = -1,
  AMT_PROV_SITE_FIT_ANY = 0,
  AMT_PROV_SITE_FIT_SUBNET = 0x10000,
  AMT_PROV_SITE_FIT_SUFFIX = 0x20000,
  AMT_PROV_SITE_FIT_UUID = 0x30000,
} AmtProvSiteFit;

/* The scheme that needs no plugin. */
#define AMT_PROV_TRANSPORT_TCP "tcp"

AmtProvSite *amt_prov_site_new (const char *file, GPtrArray *settings, GPtrArray *problems);
int
amt_prov_site_fit (AmtProvSite *self, GInetAddress *address, const char *uuid, const char *suffix);
void amt_prov_site_check_providers (AmtProvSite *self, GPtrArray *plugins, GPtrArray *problems);
void amt_prov_site_check_admission (AmtProvSite *self,
                                    GPtrArray *plugins,
                                    AmtProvSchema *schema,
                                    GPtrArray *problems);
void amt_prov_site_check_overlap (AmtProvSite *self, AmtProvSite *earlier, GPtrArray *problems);

G_END_DECLS
