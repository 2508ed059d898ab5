/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <libpeas/peas.h>

#include "mei-transport.h"

AMT_PROV_EXPORT void peas_register_types (PeasObjectModule *module);

void
peas_register_types (PeasObjectModule *module)
{
  peas_object_module_register_extension_type (module, AMT_PROV_TYPE_TRANSPORT,
                                              AMT_PROV_TYPE_MEI_TRANSPORT);
}
