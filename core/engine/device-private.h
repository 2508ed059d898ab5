/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/device.h>

G_BEGIN_DECLS

/* Makes the device what a record of it says; a later save states that record's revision. */
void amt_prov_device_adopt_record (AmtProvDevice *self, AmtProvRecord *record);

G_END_DECLS
