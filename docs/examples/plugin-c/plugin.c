/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <libpeas/peas.h>

#include "branch.h"

/* The one symbol that the module exports. */
AMT_PROV_EXPORT void peas_register_types (PeasObjectModule *module);

void
peas_register_types (PeasObjectModule *module)
{
  peas_object_module_register_extension_type (module, AMT_PROV_TYPE_METHOD, BRANCH_TYPE_METHOD);
  peas_object_module_register_extension_type (module, AMT_PROV_TYPE_TRANSPORT,
                                              BRANCH_TYPE_JUMP_TRANSPORT);
}
