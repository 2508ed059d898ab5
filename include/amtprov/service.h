/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <amtprov/macros.h>

G_BEGIN_DECLS

typedef struct _AmtProvProvisioner AmtProvProvisioner;

#define AMT_PROV_TYPE_SERVICE (amt_prov_service_get_type ())

AMT_PROV_EXPORT
G_DECLARE_INTERFACE (AmtProvService, amt_prov_service, AMT_PROV, SERVICE, GObject)

/**
 * AmtProvServiceInterface:
 * @parent_iface: the parent
 * @start: begin to serve. Since: 0.1
 * @stop: serve no more. Since: 0.1
 *
 * The functions that a service implements.
 *
 * Since: 0.1
 */
/**
 * AmtProvServiceInterface::start:
 * @self: a service
 * @provisioner: for whom it works; it must not be kept alive by the service
 * @error: return location for an error
 *
 * Begins to serve, on the thread-default main context: opens what it listens on, and returns. Must
 * not wait for anything.
 *
 * Returns: %TRUE when it serves
 * Since: 0.1
 */
/**
 * AmtProvServiceInterface::stop:
 * @self: a service
 *
 * Takes nothing in any more and lets go of the provisioner. What it has begun to answer may be cut
 * off. Called once after each [vfunc@AmtProv.Service.start] that has worked.
 *
 * Since: 0.1
 */
struct _AmtProvServiceInterface {
  GTypeInterface parent_iface;
  gboolean (*start) (AmtProvService *self, AmtProvProvisioner *provisioner, GError **error);
  void (*stop) (AmtProvService *self);
  /*< private >*/
  gpointer padding[8];
};

AMT_PROV_EXPORT gboolean amt_prov_service_start (AmtProvService *self,
                                                 AmtProvProvisioner *provisioner,
                                                 GError **error);
AMT_PROV_EXPORT void amt_prov_service_stop (AmtProvService *self);
AMT_PROV_EXPORT GSocket *amt_prov_service_open_socket (const char *text, GError **error);

G_END_DECLS
