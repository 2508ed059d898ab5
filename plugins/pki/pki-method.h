/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/amtprov.h>

G_BEGIN_DECLS

#define METHOD_ID "pki"

#define AMT_PROV_TYPE_PKI_METHOD (amt_prov_pki_method_get_type ())
G_DECLARE_FINAL_TYPE (AmtProvPkiMethod, amt_prov_pki_method, AMT_PROV, PKI_METHOD, GObject)

G_END_DECLS
