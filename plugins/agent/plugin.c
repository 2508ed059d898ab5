/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <libpeas/peas.h>

#include "agent-method.h"
#include "server.h"

AMT_PROV_EXPORT void peas_register_types (PeasObjectModule *module);

void
peas_register_types (PeasObjectModule *module)
{
  peas_object_module_register_extension_type (module, AMT_PROV_TYPE_METHOD,
                                              AMT_PROV_TYPE_AGENT_METHOD);
  peas_object_module_register_extension_type (module, AMT_PROV_TYPE_SERVICE,
                                              AMT_PROV_TYPE_AGENT_SERVER);
}
