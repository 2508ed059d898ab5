/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The only place that reads the environment: AMT_PROV_PLUGIN_PATH and AMT_PROV_CONFIG_DIR, both
 * ignored in a privileged process. All results belong to the caller. */

/* Entries of AMT_PROV_PLUGIN_PATH (split at ':') first, then the compiled-in folder. */
char **amt_prov_environment_list_plugin_dirs (void);
/* AMT_PROV_CONFIG_DIR, else the compiled-in folder. */
char *amt_prov_environment_dup_config_dir (void);
/* Overlays of the capability files, later ones override: the vendor's, then the site's. */
char **amt_prov_environment_list_capability_dirs (void);

G_END_DECLS
