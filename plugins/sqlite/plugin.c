/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sqlite-store.h"

#include <libpeas/peas.h>

AMT_PROV_EXPORT void peas_register_types (PeasObjectModule *module);

void
peas_register_types (PeasObjectModule *module)
{
  peas_object_module_register_extension_type (module, AMT_PROV_TYPE_STORE,
                                              AMT_PROV_TYPE_SQLITE_STORE);
}
