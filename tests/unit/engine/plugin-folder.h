/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/amtprov.h>

/* A folder with .plugin files of a test's own, whose modules are real ones. */

typedef struct {
  char *path;
} PluginFolder;

/* The head of a .plugin file that speaks for a plugin of this ABI. */
#define ABI "X-AmtProvAbi=1\n"

PluginFolder *plugin_folder_new (void);
void plugin_folder_free (PluginFolder *folder);
void plugin_folder_write (PluginFolder *folder, const char *name, const char *text);
void
plugin_folder_add (PluginFolder *folder, const char *name, const char *real, const char *lines);
AmtProvPluginSet *plugin_folder_load (const char *folder, const char *enabled);

void assert_loaded (AmtProvPluginSet *set, const char *name);
void assert_refused (AmtProvPluginSet *set, const char *name, const char *reason);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PluginFolder, plugin_folder_free)
