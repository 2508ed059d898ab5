/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <amtprov/profile.h>
#include <amtprov/settings.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_SITE (amt_prov_site_get_type ())

/**
 * AmtProvAdmission:
 * @AMT_PROV_ADMISSION_KNOWN: only machines whose UUID was imported
 * @AMT_PROV_ADMISSION_OTP: only machines with a one-time password in the store
 * @AMT_PROV_ADMISSION_ANY: every machine that says hello
 *
 * Which machines a site takes in.
 *
 * Since: 0.1
 */
typedef enum {
  AMT_PROV_ADMISSION_KNOWN,
  AMT_PROV_ADMISSION_OTP,
  AMT_PROV_ADMISSION_ANY,
} AmtProvAdmission;

/**
 * AmtProvLegacyTls:
 * @AMT_PROV_LEGACY_TLS_AUTO: TLS below 1.2 where the release can do no better
 * @AMT_PROV_LEGACY_TLS_DENY: never below TLS 1.2
 *
 * Whether a site speaks old TLS to old machines.
 *
 * Since: 0.1
 */
typedef enum {
  AMT_PROV_LEGACY_TLS_AUTO,
  AMT_PROV_LEGACY_TLS_DENY,
} AmtProvLegacyTls;

AMT_PROV_EXPORT
G_DECLARE_FINAL_TYPE (AmtProvSite, amt_prov_site, AMT_PROV, SITE, GObject)

AMT_PROV_EXPORT const char *amt_prov_site_get_name (AmtProvSite *self);
AMT_PROV_EXPORT const char *amt_prov_site_get_file (AmtProvSite *self);
AMT_PROV_EXPORT char **amt_prov_site_get_method_order (AmtProvSite *self);
AMT_PROV_EXPORT AmtProvRule *
amt_prov_site_dup_rule (AmtProvSite *self, const char *group, const char *key);
AMT_PROV_EXPORT AmtProvAdmission amt_prov_site_get_admission (AmtProvSite *self);
AMT_PROV_EXPORT AmtProvLegacyTls amt_prov_site_get_legacy_tls (AmtProvSite *self);
AMT_PROV_EXPORT const char *amt_prov_site_get_transport (AmtProvSite *self);
AMT_PROV_EXPORT guint16 amt_prov_site_get_port (AmtProvSite *self);
AMT_PROV_EXPORT guint16 amt_prov_site_get_plain_port (AmtProvSite *self);
AMT_PROV_EXPORT AmtProvProfile *amt_prov_site_get_profile (AmtProvSite *self);
AMT_PROV_EXPORT AmtProvSettings *amt_prov_site_get_settings (AmtProvSite *self, const char *group);
AMT_PROV_EXPORT GPtrArray *amt_prov_site_list_settings (AmtProvSite *self, const char *prefix);
AMT_PROV_EXPORT GPtrArray *amt_prov_site_choose_certificates (AmtProvSite *self,
                                                              const char *prefix,
                                                              const char *suffix,
                                                              AmtProvHello *hello,
                                                              AmtProvCapabilities *capabilities,
                                                              GError **error);

G_END_DECLS
