/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/eoi-private.h"

#define SECURITY "SecurityAdministration"
#define NETWORK  "NetworkAdministration"
#define TIME     "NetworkTime"

/* eoi.md §3, with its marks: H and M are certain, L is not. The place to correct what real firmware
 * turns out to call otherwise. */
static const AmtProvEoiOperation operations[] = {
    {"GetCoreVersion", SECURITY, TRUE},
    {"GetUuid", SECURITY, FALSE},
    {"GetDigestRealm", SECURITY, TRUE},
    {"GetProvisioningState", SECURITY, FALSE},
    {"GetProvisioningServerOTP", SECURITY, FALSE},
    {"ExtendProvisioningPeriod", SECURITY, FALSE},
    {"SetMEBxPassword", SECURITY, TRUE},
    {"SetAdminAclEntryEx", SECURITY, TRUE},
    {"SetTLSPSK", SECURITY, FALSE},
    {"SetRNGKey", SECURITY, FALSE},
    {"SetTLSKeyAndCertificate", SECURITY, FALSE},
    {"CertStoreAddCertificate", SECURITY, FALSE},
    {"SetTlsOptions", SECURITY, FALSE},
    {"GetEnabledInterfaces", SECURITY, FALSE},
    {"SetEnabledInterfaces", SECURITY, FALSE},
    {"CommitChanges", SECURITY, TRUE},
    {"GetHostName", NETWORK, TRUE},
    {"SetHostName", NETWORK, TRUE},
    {"GetDomainName", NETWORK, TRUE},
    {"SetDomainName", NETWORK, TRUE},
    {"EnumerateInterfaces", NETWORK, TRUE},
    {"GetInterfaceSettings", NETWORK, TRUE},
    {"SetInterfaceSettings", NETWORK, TRUE},
    {"GetLowAccuracyTimeSynch", TIME, TRUE},
    {"SetHighAccuracyTimeSynch", TIME, TRUE},
};

const AmtProvEoiOperation *
amt_prov_eoi_find_operation (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (operations); i++)
    if (g_str_equal (operations[i].name, name))
      return &operations[i];
  return NULL;
}
