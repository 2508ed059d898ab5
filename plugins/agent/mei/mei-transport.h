/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/amtprov.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_MEI_TRANSPORT (amt_prov_mei_transport_get_type ())

/* The firmware of this machine, or of a simulated one:
 *
 *   mei:              the first of the usual device files that is there
 *   mei:/dev/meiN     this device file
 *   mei:unix:PATH     a socket of amtprov-sim
 *   mei:replay:FILE   what was recorded
 *
 * Property "record" (b): record what goes over channels that are opened from now on. Property
 * "recording" (s, read only): what was recorded, as JSON. A recording has what was said in plain.
 */
G_DECLARE_FINAL_TYPE (AmtProvMeiTransport, amt_prov_mei_transport, AMT_PROV, MEI_TRANSPORT, GObject)

G_END_DECLS
