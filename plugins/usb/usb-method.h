/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/amtprov.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_USB_METHOD (amt_prov_usb_method_get_type ())
G_DECLARE_FINAL_TYPE (AmtProvUsbMethod, amt_prov_usb_method, AMT_PROV, USB_METHOD, GObject)

G_END_DECLS
