/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libpeas/peas.h>

#include <amtprov/method.h>
#include <amtprov/service.h>
#include <amtprov/transport.h>
#include "site/plugin-private.h"

G_BEGIN_DECLS

/* Loads the code of a plugin and holds it against its .plugin file. What it made is in @method,
 * @transport and @service, each NULL where it has none. FALSE: the plugin has a refusal now. */
gboolean amt_prov_plugin_load (PeasEngine *engine,
                               AmtProvPlugin *plugin,
                               AmtProvMethod **method,
                               AmtProvTransport **transport,
                               AmtProvService **service);

G_END_DECLS
