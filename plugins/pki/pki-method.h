/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/amtprov.h>

G_BEGIN_DECLS

#define METHOD_ID "pki"

#define AMT_PROV_TYPE_PKI_METHOD (amt_prov_pki_method_get_type ())
G_DECLARE_FINAL_TYPE (AmtProvPkiMethod, amt_prov_pki_method, AMT_PROV, PKI_METHOD, GObject)

/* A certificate that a site names, and what is wrong with it for one machine. */
typedef struct {
  char *group; /* "pki NAME" */
  AmtProvProvisioningCertificate *certificate;
} Candidate;

/* pki-candidates.c */
GPtrArray *amt_prov_pki_load_candidates (AmtProvSite *site, GError **error);
GPtrArray *amt_prov_pki_choose (GPtrArray *candidates, AmtProvSession *session, char **complaints);
char *amt_prov_pki_describe (Candidate *candidate, AmtProvSession *session);

G_END_DECLS
