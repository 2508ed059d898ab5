/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "engine/plugin-loader-private.h"

#include <gmodule.h>
#include <string.h>

#include <amtprov/store.h>
#include "engine/method-private.h"

/* The loader of C modules is a part of libpeas itself. */
#define LOADER_PACKAGES "libpeas-1.0-0, which has it in Debian 12, and python3-gi, which it needs"

/* libpeas would say it too, but not in one sentence. */
static gboolean
find_module (AmtProvPlugin *plugin)
{
  g_autofree char *folder = g_path_get_dirname (plugin->file);
  g_autofree char *name = g_strdup_printf ("lib%s." G_MODULE_SUFFIX, plugin->module);
  g_autofree char *path = g_build_filename (folder, name, NULL);

  if (amt_prov_plugin_is_script (plugin) || g_file_test (path, G_FILE_TEST_EXISTS))
    return TRUE;
  amt_prov_plugin_refuse (plugin, "its module %s is not there: install it, or remove %s", path,
                          plugin->file);
  return FALSE;
}

static gboolean
load_code (PeasEngine *engine, AmtProvPlugin *plugin, PeasPluginInfo *info)
{
  g_autoptr (GError) error = NULL;

  if (info == NULL) {
    amt_prov_plugin_refuse (plugin, "libpeas does not take %s", plugin->file);
    return FALSE;
  }
  if (!find_module (plugin))
    return FALSE;
  if (amt_prov_plugin_is_script (plugin))
    peas_engine_enable_loader (engine, plugin->loader);
  if (peas_engine_load_plugin (engine, info))
    return TRUE;
  peas_plugin_info_is_available (info, &error);
  if (g_error_matches (error, PEAS_PLUGIN_INFO_ERROR, PEAS_PLUGIN_INFO_ERROR_LOADER_NOT_FOUND))
    amt_prov_plugin_refuse (plugin,
                            "the loader %s of libpeas is not there or does not start: "
                            "install " LOADER_PACKAGES,
                            plugin->loader);
  else
    amt_prov_plugin_refuse (plugin, "its code cannot be loaded: the messages before this one say "
                                    "why");
  return FALSE;
}

/* An extension that the file names, and no other. */
static gboolean
create (PeasEngine *engine,
        AmtProvPlugin *plugin,
        PeasPluginInfo *info,
        const char *kind,
        GType type,
        PeasExtension **extension)
{
  gboolean has = peas_engine_provides_extension (engine, info, type);
  gboolean names = FALSE;

  for (guint i = 0; plugin->provides[i] != NULL; i++)
    names |= g_str_has_prefix (plugin->provides[i], kind);
  if (has && names) {
    *extension = peas_engine_create_extension (engine, info, type, NULL);
    if (*extension != NULL)
      return TRUE;
    amt_prov_plugin_refuse (plugin, "its code did not make its %s (an exception in a script?)",
                            kind);
    return FALSE;
  }
  if (has != names)
    amt_prov_plugin_refuse (plugin,
                            names ? "X-AmtProvProvides names a %s, but its code has none"
                                  : "its code has a %s, but X-AmtProvProvides names none",
                            kind);
  return has == names;
}

static gboolean
check_method (AmtProvPlugin *plugin, AmtProvMethod *method)
{
  const char *id = amt_prov_method_get_id (method);

  if (id == NULL || *id == '\0')
    amt_prov_plugin_refuse (plugin, "its method does not say its id (an exception in a script?)");
  else if (!amt_prov_plugin_provides (plugin, "method", id))
    amt_prov_plugin_refuse (plugin,
                            "its method has the id %s, but X-AmtProvProvides does not name "
                            "method:%s",
                            id, id);
  amt_prov_method_set_rank (method, plugin->rank);
  return plugin->refusal == NULL;
}

static gboolean
check_transport (AmtProvPlugin *plugin, AmtProvTransport *transport)
{
  const char *const *schemes = amt_prov_transport_get_schemes (transport);

  for (guint i = 0; schemes != NULL && schemes[i] != NULL; i++)
    if (!amt_prov_plugin_provides (plugin, "transport", schemes[i]))
      amt_prov_plugin_refuse (plugin,
                              "its transport serves %s, but X-AmtProvProvides does not name "
                              "transport:%s",
                              schemes[i], schemes[i]);
  for (guint i = 0; plugin->provides[i] != NULL; i++) {
    const char *scheme = strchr (plugin->provides[i], ':') + 1;

    if (g_str_has_prefix (plugin->provides[i], "transport:") &&
        (schemes == NULL || !g_strv_contains (schemes, scheme)))
      amt_prov_plugin_refuse (plugin,
                              "X-AmtProvProvides names %s, but its transport does not serve %s",
                              plugin->provides[i], scheme);
  }
  return plugin->refusal == NULL;
}

/* Stores are made when one is to be opened. */
static gboolean
check_store (PeasEngine *engine, AmtProvPlugin *plugin, PeasPluginInfo *info)
{
  g_autoptr (PeasExtension) store = NULL;

  return create (engine, plugin, info, "store", AMT_PROV_TYPE_STORE, &store);
}

gboolean
amt_prov_plugin_load (PeasEngine *engine,
                      AmtProvPlugin *plugin,
                      AmtProvMethod **method,
                      AmtProvTransport **transport,
                      AmtProvService **service)
{
  PeasPluginInfo *info = peas_engine_get_plugin_info (engine, plugin->module);

  return load_code (engine, plugin, info) &&
         create (engine, plugin, info, "method", AMT_PROV_TYPE_METHOD, (PeasExtension **)method) &&
         (*method == NULL || check_method (plugin, *method)) &&
         create (engine, plugin, info, "transport", AMT_PROV_TYPE_TRANSPORT,
                 (PeasExtension **)transport) &&
         (*transport == NULL || check_transport (plugin, *transport)) &&
         create (engine, plugin, info, "service", AMT_PROV_TYPE_SERVICE,
                 (PeasExtension **)service) &&
         check_store (engine, plugin, info);
}
